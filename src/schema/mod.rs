//! What pleach knows about Kubernetes kinds, from the data in `schema/`, and the JSON Schema of the spec.

pub(crate) mod branches;
pub(crate) mod copied_labels;
mod example;
pub(crate) mod fieldspec;
mod gvk;
pub(crate) mod immutable;
pub(crate) mod merge;
pub(crate) mod name;
pub(crate) mod namespace;
pub(crate) mod order;
pub(crate) mod quantity;
pub(crate) mod scope;
pub(crate) mod secret;

pub(crate) use gvk::Gvk;

/// Whether objects of this kind are outside of namespaces.
pub(crate) fn is_cluster_scoped(gvk: &Gvk) -> bool {
    merge::is_cluster_scoped(gvk)
}
