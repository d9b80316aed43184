//! `clusterScoped:`, custom kinds outside of namespaces.

use super::section::{Section, text};
use super::{Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::schema::scope::{self, GroupKind, Scope};

/// Reads the kinds.
pub(super) fn kinds(top: &Section, faults: &mut Vec<Diagnostic>) -> Vec<Placed<GroupKind>> {
    let mut kinds: Vec<Placed<GroupKind>> = Vec::new();
    for node in top.list("clusterScoped").unwrap_or_default() {
        let Some(name) = text(node) else { continue };
        let kind = GroupKind::parse(&name);
        let error = |message: String| spec_error(message).at(node.at);
        if let Some(first) = kinds.iter().find(|known| known.value == kind) {
            faults.push(error(format!("duplicate kind `{kind}`")).note(first.at, "first here"));
        }
        match scope::of(&kind) {
            Some(Scope::Cluster) => faults.push(
                error(format!("`{kind}` has no effect: pleach knows that the kind is outside of namespaces"))
                    .help("remove it"),
            ),
            Some(Scope::Namespaced) => {
                faults.push(error(format!("objects of the kind `{kind}` are in namespaces")).help("remove it"));
            }
            None => kinds.push(Placed { value: kind, at: node.at }),
        }
    }
    kinds
}
