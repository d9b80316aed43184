//! Entries of `replicas`.

use super::text::{Text, text};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{Faults, Fields};

/// An entry of `replicas`.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    /// The name of the workload, at first or now.
    pub name: Text,
    /// How many.
    pub count: i64,
    /// The location of the entry.
    pub at: Location,
}

/// An entry of `replicas`.
pub(crate) fn replica(node: &Node, faults: &mut Faults) -> Option<Replica> {
    Fields::read(node, "an entry of `replicas`", faults, |fields| {
        Some(Replica {
            name: text(fields, "name").unwrap_or_default(),
            count: fields.int("count").unwrap_or_default(),
            at: node.at,
        })
    })
}
