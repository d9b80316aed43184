//! Entries of the spec about objects, of which no branch has one: `secrets` and `imageFields`.

use super::{UsedParts, settings};
use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::node::{MapEntry, Node};
use crate::resource::Resource;
use crate::spec::ImageField;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The objects of all branches.
fn objects<'a>(build: &'a UsedParts) -> impl Iterator<Item = &'a Resource> {
    build.branches.iter().flat_map(|built| built.objects.iter().chain(&built.shared))
}

/// Entries of `imageFields` that are fields of no object.
pub(super) fn image_fields(build: &UsedParts) -> Vec<Diagnostic> {
    let is_in = |field: &&ImageField, object: &Resource| {
        let mut found = false;
        if field.selects(&object.gvk()) {
            field.each(&object.node, &mut |_| found = true);
        }
        found
    };
    let unknown =
        build.inputs.spec.image_fields.iter().filter(|field| !objects(build).any(|object| is_in(field, object)));
    let warning = |field: &ImageField| {
        let message = format!("no object of any branch has {field}, so this entry of `imageFields` has no effect");
        Diagnostic::new(Code::Spec, message).at(field.at).help("remove it, or correct `group`, `kind` or `path`")
    };
    unknown.map(warning).collect()
}

/// Entries of `secrets.allow` and `secrets.keys` that match nothing in any branch.
pub(super) fn secrets(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let is_secret = |resource: &Resource| resource.gvk().kind == "Secret" && resource.gvk().group.is_empty();
    let names: BTreeSet<SmolStr> = objects(build)
        .filter(|resource| is_secret(resource))
        .map(|resource| resource.original_id().name.clone())
        .collect();
    let unknown_names = spec.secrets.allow.iter().filter(|name| !names.contains(&name.value)).map(|name| {
        let message = format!("no branch has a Secret `{}`", name.value);
        let known = names.iter().map(SmolStr::as_str);
        Diagnostic::new(Code::Spec, message).at(name.at).suggest(&name.value, known)
    });
    let has_key = |pattern: &str| {
        settings(spec).any(|settings| has_key(&settings.values, pattern))
            || objects(build).any(|resource| has_key(&resource.node, pattern))
    };
    let unknown_keys = spec.secrets.keys.iter().filter(|key| !has_key(&key.value)).map(|key| {
        let message = format!("no value and no object has a key that matches `{}`", key.value);
        Diagnostic::new(Code::Spec, message).at(key.at)
    });
    unknown_names.chain(unknown_keys).collect()
}

/// Whether a key in or below a node matches a pattern, or the `name` of an entry such as an environment variable.
fn has_key(node: &Node, pattern: &str) -> bool {
    let of_entry = |entry: &MapEntry| {
        let is_name = entry.key.text == "name" && entry.value.as_str().is_some_and(|name| glob::matches(pattern, name));
        is_name || glob::matches(pattern, &entry.key.text) || has_key(&entry.value, pattern)
    };
    node.as_map().is_some_and(|map| map.iter().any(of_entry))
        || node.as_seq().is_some_and(|items| items.iter().any(|item| has_key(item, pattern)))
}
