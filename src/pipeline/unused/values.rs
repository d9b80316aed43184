//! Values that no template reads.

use super::{TemplateReads, settings};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::spec::Spec;
use std::collections::BTreeSet;

/// Values that no template reads and whose name no template and no pattern has.
pub(super) fn warnings(spec: &Spec, reads: &TemplateReads) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let all: Vec<&Node> = settings(spec).map(|settings| &settings.values).collect();
    unread(&all, &mut Vec::new(), reads, &mut warnings);
    warnings
}

/// Reports the keys of mappings, which are at the same path in several settings, that are not read.
fn unread<'n>(mappings: &[&'n Node], path: &mut Vec<&'n str>, reads: &TemplateReads, warnings: &mut Vec<Diagnostic>) {
    let mut known = BTreeSet::new();
    let entries = || mappings.iter().filter_map(|node| node.as_map()).flatten();
    for entry in entries() {
        let key = entry.key.text.as_str();
        if !known.insert(key) {
            continue;
        }
        let same: Vec<&Node> = entries().filter(|other| other.key.text == key).map(|other| &other.value).collect();
        path.push(key);
        if reads.mention(path) || same.iter().any(|node| reads.has(node)) {
            unread(&same, path, reads, warnings);
        } else {
            let message = format!("no template reads the value `{}`", path.join("."));
            warnings.push(Diagnostic::new(Code::Spec, message).at(entry.key.at));
        }
        path.pop();
    }
}
