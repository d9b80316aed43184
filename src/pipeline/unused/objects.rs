//! Entries of the spec about objects, of which no branch has one, `secrets` and `imageFields`, and options of patches.

use super::{UsedParts, settings};
use crate::checks;
use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::kustomize::PatchOptions;
use crate::node::Node;
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
    let with_values: BTreeSet<SmolStr> =
        secrets().filter(|secret| checks::has_values(secret)).map(|secret| secret.original_id().name.clone()).collect();
    let unneeded = spec.secrets.allow.iter().filter(|name| !with_values.contains(&name.value)).map(|name| {
        let Placed { value: name, at } = name;
        if names.contains(name) {
            let message = format!("the Secret `{name}` contains no values, so this entry has no effect");
            return Diagnostic::new(Code::Spec, message).at(*at).help("remove it");
        }
        let known = names.iter().map(SmolStr::as_str);
        Diagnostic::new(Code::Spec, format!("no branch has a Secret `{name}`")).at(*at).suggest(name, known)
    });
    let mut keys = BTreeSet::new();
    if !spec.secrets.keys.is_empty() {
        settings(spec).for_each(|settings| add_keys(&settings.values, &mut keys));
        objects(build).for_each(|resource| add_keys(&resource.node, &mut keys));
    }
    let has_key = |pattern: &str| keys.contains(pattern) || keys.iter().any(|key| glob::matches(pattern, key));
    let unknown_keys = spec.secrets.keys.iter().filter(|key| !has_key(&key.value)).map(|key| {
        let message = format!("no value and no object has a key that matches `{}`", key.value);
        Diagnostic::new(Code::Spec, message).at(key.at)
    });
    unneeded.chain(unknown_keys).collect()
}

/// Adds the keys in and below a node, and the `name` of entries such as environment variables.
fn add_keys<'n>(node: &'n Node, keys: &mut BTreeSet<&'n str>) {
    for entry in node.as_map().into_iter().flat_map(|map| map.iter()) {
        keys.insert(&entry.key.text);
        keys.extend(entry.value.as_str().filter(|_| entry.key.text == "name"));
        add_keys(&entry.value, keys);
    }
    for item in node.as_seq().unwrap_or_default() {
        add_keys(item, keys);
    }
}
