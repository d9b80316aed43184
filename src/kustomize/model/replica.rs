//! Entries of `replicas`.

use super::text::{Text, text};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};

/// An entry of `replicas`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// The name of the workload, original or current.
    pub(crate) name: Text,
    /// The number of replicas.
    pub(crate) count: i64,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// An entry of `replicas`.
pub(crate) fn replica(node: &Node, errors: &mut FieldErrors) -> Option<Replica> {
    Fields::read(node, "an entry of `replicas`", errors, |fields| {
        Some(Replica {
            name: text(fields, "name").unwrap_or_default(),
            count: fields.int("count", i64::MIN..=i64::MAX).unwrap_or_default(),
            at: node.at,
        })
    })
}
