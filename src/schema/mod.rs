//! What is known of Kubernetes kinds: data from `schema/`, embedded.

pub mod branches;
pub mod fieldspec;
mod gvk;
pub mod merge;
pub mod name;
pub mod order;

pub use gvk::Gvk;

/// Whether objects of this kind stand outside of namespaces.
pub fn is_cluster_scoped(gvk: &Gvk) -> bool {
    merge::is_cluster_scoped(gvk)
}
