//! Entries of the spec about objects, of which no branch has one, `secrets` and `imageFields`, and options of patches.

use super::{UsedParts, settings};
use crate::checks;
use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::kustomize::PatchOptions;
use crate::node::{MapEntry, Node};
use crate::resource::Resource;
use crate::schema::secret;
use crate::spec::{ImageField, Placed};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The objects of all branches.
fn objects<'a>(build: &'a UsedParts) -> impl Iterator<Item = &'a Resource> {
    build.branches.iter().flat_map(|built| built.objects.iter().chain(&built.shared))
}

/// Entries of `imageFields` that are fields of no object.
pub(super) fn image_fields(build: &UsedParts) -> Vec<Diagnostic> {
    let is_in = |field: &ImageField, object: &Resource| {
        let mut found = false;
        if field.selects(&object.gvk()) {
            field.each(&object.node, &mut |_| found = true);
        }
        found
    };
    let is_needed = |field: &&ImageField| {
        objects(build).any(|object| field.selects(&object.gvk()) && field.is_needed_for(&object.node))
    };
    let unknown = build.inputs.spec.image_fields.iter().filter(|field| !is_needed(field));
    let warning = |field: &ImageField| {
        let (why, help) = if objects(build).any(|object| is_in(field, object)) {
            (format!("pleach knows {field} as the image of a pod"), "remove it")
        } else {
            (format!("no object of any branch has {field}"), "remove it, or correct `group`, `kind` or `path`")
        };
        let message = format!("{why}, so this entry of `imageFields` has no effect");
        Diagnostic::new(Code::Spec, message).at(field.at).help(help)
    };
    unknown.map(warning).collect()
}

/// Options of patches that changed nothing in any branch.
pub(super) fn patch_options(build: &UsedParts) -> Vec<Diagnostic> {
    let mut options = PatchOptions::new();
    for (at, (name, why)) in build.branches.iter().flat_map(|built| &built.patch_options) {
        let (_, known) = options.entry(*at).or_insert((name, *why));
        *known = known.and(*why);
    }
    let unneeded = options.into_iter().filter_map(|(at, (name, why))| Some((at, name, why?)));
    let warning = |(at, name, why)| {
        let message = format!("`{name}` has no effect: {why}");
        Diagnostic::new(Code::Overlay, message).at(at).help("remove it, or correct the patch")
    };
    unneeded.map(warning).collect()
}

/// Entries of `secrets.allow` and `secrets.keys` that match nothing in any branch.
pub(super) fn secrets(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let secrets = || objects(build).filter(|resource| secret::may_have_values(&resource.gvk()));
    let names: BTreeSet<SmolStr> = secrets().map(|secret| secret.original_id().name.clone()).collect();
    let has_values =
        |name: &str| secrets().any(|secret| secret.original_id().name == name && checks::has_values(secret));
    let unneeded = spec.secrets.allow.iter().filter(|name| !has_values(&name.value)).map(|name| {
        let Placed { value: name, at } = name;
        if names.contains(name) {
            let message = format!("the Secret `{name}` contains no values, so this entry has no effect");
            return Diagnostic::new(Code::Spec, message).at(*at).help("remove it");
        }
        let known = names.iter().map(SmolStr::as_str);
        Diagnostic::new(Code::Spec, format!("no branch has a Secret `{name}`")).at(*at).suggest(name, known)
    });
    let has_key = |pattern: &str| {
        settings(spec).any(|settings| has_key(&settings.values, pattern))
            || objects(build).any(|resource| has_key(&resource.node, pattern))
    };
    let unknown_keys = spec.secrets.keys.iter().filter(|key| !has_key(&key.value)).map(|key| {
        let message = format!("no value and no object has a key that matches `{}`", key.value);
        Diagnostic::new(Code::Spec, message).at(key.at)
    });
    unneeded.chain(unknown_keys).collect()
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
