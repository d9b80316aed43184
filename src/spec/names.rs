//! Names of services, and lists of them.

use super::section::text;
use super::{Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Names with their source locations.
pub(crate) type NameList = Vec<Placed<SmolStr>>;

/// Reads a list of names and reports duplicates. `what` is what they name.
pub(super) fn read(list: &[Node], what: &str, faults: &mut Vec<Diagnostic>) -> NameList {
    let mut seen = BTreeSet::new();
    let names = list.iter().filter_map(|node| {
        let name = text(node)?;
        if !seen.insert(name.clone()) {
            faults.push(spec_error(format!("duplicate {what} `{name}`")).at(node.at));
            return None;
        }
        Some(Placed { value: name, at: node.at })
    });
    names.collect()
}
