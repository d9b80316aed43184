//! `null` in the settings of a branch, which removes a default: without such a default, it has no effect.

use super::section::Section;
use super::{Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::node::{Map, MapEntry, Node};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

type ImageAliases = BTreeMap<SmolStr, Placed<SmolStr>>;

/// The fields whose entries `null` removes, besides `values`.
const FIELDS: [&str; 4] = ["annotations", "images", "labels", "replicas"];

/// A warning for each `null` in `defaults`, which removes nothing. A value can be `null`.
pub(super) fn in_defaults(section: &Section, aliases: &ImageAliases) -> Vec<Diagnostic> {
    FIELDS.iter().flat_map(|field| entries(section, field, None, aliases)).collect()
}

/// A warning for each `null` of a branch that removes nothing.
pub(super) fn in_branch(section: &Section, defaults: Option<&Node>, aliases: &ImageAliases) -> Vec<Diagnostic> {
    let default = |field: &str| defaults.and_then(|defaults| defaults.get(field)?.as_map());
    let mut found: Vec<Diagnostic> =
        FIELDS.iter().flat_map(|field| entries(section, field, default(field), aliases)).collect();
    values(section.map("values"), default("values"), &mut vec!["values"], &mut found);
    found.extend(slots(section, default("images"), aliases));
    found
}

fn entries(section: &Section, field: &'static str, defaults: Option<&Map>, aliases: &ImageAliases) -> Vec<Diagnostic> {
    let set = set(field, [defaults], aliases);
    let unneeded = nulls(section.map(field)).filter(|entry| !set.contains(resolved(field, entry, aliases)));
    unneeded.map(|entry| warning(&[field], entry, defaults)).collect()
}

/// Images that a version in `slots` removes, although the branch does not have them.
fn slots(branch: &Section, defaults: Option<&Map>, aliases: &ImageAliases) -> Vec<Diagnostic> {
    let set = set("images", [defaults, branch.map("images")], aliases);
    let versions = branch.section("slots").and_then(|slots| slots.map("versions")).into_iter().flatten();
    let removed = versions.flat_map(|version| nulls(version.value.get("images").and_then(Node::as_map)));
    let warning = |entry: &MapEntry| {
        let message = format!("`{}: null` has no effect: the branch does not set this image", entry.key.text);
        spec_error(message).at(entry.key.at).help("remove it, or correct the name")
    };
    removed.filter(|entry| !set.contains(resolved("images", entry, aliases))).map(warning).collect()
}

/// The names that mappings set, of which the later ones override the first.
fn set<'n, const N: usize>(
    field: &str,
    maps: [Option<&'n Map>; N],
    aliases: &'n ImageAliases,
) -> BTreeSet<&'n SmolStr> {
    let mut names = BTreeSet::new();
    for entry in maps.into_iter().flatten().flatten() {
        let name = resolved(field, entry, aliases);
        if entry.value.is_null() {
            names.remove(name)
        } else {
            names.insert(name)
        };
    }
    names
}

fn nulls(map: Option<&Map>) -> impl Iterator<Item = &MapEntry> {
    map.into_iter().flatten().filter(|entry| entry.value.is_null())
}

/// The name of an entry: of an image in the manifests, whose key may be an alias.
fn resolved<'n>(field: &str, entry: &'n MapEntry, aliases: &'n ImageAliases) -> &'n SmolStr {
    let key = &entry.key.text;
    aliases.get(key).filter(|_| field == "images").map_or(key, |name| &name.value)
}

fn values<'n>(own: Option<&'n Map>, defaults: Option<&Map>, path: &mut Vec<&'n str>, found: &mut Vec<Diagnostic>) {
    for entry in own.into_iter().flatten() {
        let default = defaults.and_then(|map| map.get(&entry.key.text));
        if entry.value.is_null() && default.is_none() {
            found.push(warning(path, entry, defaults));
        }
        path.push(&entry.key.text);
        values(entry.value.as_map(), default.and_then(Node::as_map), path, found);
        path.pop();
    }
}

/// The warning about an entry of the mapping at `path`.
fn warning(path: &[&str], entry: &MapEntry, defaults: Option<&Map>) -> Diagnostic {
    let path = format!("{}.{}", path.join("."), entry.key.text);
    let message = format!("`{path}: null` has no effect: it removes a default, and `defaults` does not set `{path}`");
    let set = defaults.into_iter().flatten().filter(|default| !default.value.is_null());
    let set = set.map(|default| default.key.text.as_str()).filter(|key| *key != entry.key.text);
    spec_error(message).at(entry.key.at).suggest(&entry.key.text, set).help("remove it, or correct the name")
}
