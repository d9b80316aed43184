//! What is known of Kubernetes kinds: data from `schema/`, embedded.

mod gvk;

pub use gvk::Gvk;

/// Whether objects of this kind stand outside of namespaces.
pub fn is_cluster_scoped(_gvk: &Gvk) -> bool {
    false
}
