//! What pleach knows about Kubernetes kinds, from the data in `schema/`, and the JSON Schema of the spec.

pub mod branches;
pub mod fieldspec;
mod gvk;
pub mod merge;
pub mod name;
pub mod order;

pub use gvk::Gvk;

/// Whether objects of this kind are outside of namespaces.
pub fn is_cluster_scoped(gvk: &Gvk) -> bool {
    merge::is_cluster_scoped(gvk)
}
