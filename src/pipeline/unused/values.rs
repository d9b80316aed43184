//! Values that no template reads.

use super::{TemplateReads, settings};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{MapEntry, Node};
use crate::spec::{BranchEntry, Pattern, Spec};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Values that no template reads and whose name no template and no pattern has.
pub(super) fn warnings(spec: &Spec, reads: &TemplateReads) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let all: Vec<&Node> = settings(spec).map(|settings| &settings.values).collect();
    unread(&all, &mut Vec::new(), reads, &mut warnings);
    warnings
}

/// Values of branches on App Engine that no pattern reads: such a branch has no templates.
pub(super) fn of_app_engine(spec: &Spec) -> Vec<Diagnostic> {
    let has_values = |entry: &&BranchEntry| entry.settings.values.as_map().is_some_and(|values| !values.is_empty());
    let engines = spec.branches.iter().filter(has_values).filter_map(|entry| Some((entry, entry.app_engine.as_ref()?)));
    let mut warnings = Vec::new();
    for (entry, engine) in engines {
        let hosts = entry.settings.hosts.names.iter().chain(&spec.defaults.hosts.names).flatten();
        let contents = hosts.clone().filter_map(|host| host.content.as_deref());
        let objects = contents.chain(spec.zones.values().map(|zone| &zone.content));
        let objects = objects.filter_map(|content| content.address_from.as_ref());
        let patterns = objects.flat_map(|from| from.namespace.iter().chain([&from.name]));
        let patterns = patterns.chain(hosts.map(|host| &host.name)).chain([&engine.service, &engine.version]);
        let read: BTreeSet<&[SmolStr]> = patterns.flat_map(Pattern::values).collect();
        without_pattern(&entry.settings.values, &mut Vec::new(), &read, &mut warnings);
    }
    warnings
}

/// Reports the entries of a mapping at a path that are not among the paths that are `read`. `null` removes a default.
fn without_pattern<'n>(
    values: &'n Node,
    path: &mut Vec<&'n SmolStr>,
    read: &BTreeSet<&[SmolStr]>,
    warnings: &mut Vec<Diagnostic>,
) {
    for entry in values.as_map().into_iter().flatten().filter(|entry| !entry.value.is_null()) {
        path.push(&entry.key.text);
        if read.iter().any(|read| read.iter().zip(&*path).filter(|(a, b)| a == *b).count() == path.len()) {
            without_pattern(&entry.value, path, read, warnings);
        } else {
            let path = path.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(".");
            let message = format!("the value `{path}` has no effect for a branch on App Engine: no pattern reads it");
            warnings.push(Diagnostic::new(Code::Spec, message).at(entry.key.at).help("remove it"));
        }
        path.pop();
    }
}

/// Reports the keys of mappings, which are at the same path in several settings, that are not read.
fn unread<'n>(mappings: &[&'n Node], path: &mut Vec<&'n str>, reads: &TemplateReads, warnings: &mut Vec<Diagnostic>) {
    let mut by_key: BTreeMap<&str, Vec<&MapEntry>> = BTreeMap::new();
    for entry in mappings.iter().filter_map(|node| node.as_map()).flatten() {
        by_key.entry(&entry.key.text).or_default().push(entry);
    }
    for (key, entries) in by_key {
        let same: Vec<&Node> = entries.iter().map(|entry| &entry.value).collect();
        path.push(key);
        if same.iter().any(|node| reads.has(node)) || reads.mention_value(path) {
            unread(&same, path, reads, warnings);
        } else {
            let message = format!("no template reads the value `{}`", path.join("."));
            warnings.push(Diagnostic::new(Code::Spec, message).at(entries[0].key.at));
        }
        path.pop();
    }
}
