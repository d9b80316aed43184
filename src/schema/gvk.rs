//! Group, version and kind: what says which fields an object has.

use crate::node::Node;
use smol_str::SmolStr;

/// Group, version and kind. A missing `apiVersion` leaves group and version empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvk {
    /// The API group; empty for the core group.
    pub group: SmolStr,
    /// The version within the group.
    pub version: SmolStr,
    /// The kind.
    pub kind: SmolStr,
}

impl Gvk {
    /// Splits `apiVersion` at its slash.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Gvk { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// The kind of a document, as its `apiVersion` and `kind` say.
    pub fn of(node: &Node) -> Self {
        let text = |key| node.get(key).and_then(Node::as_text).unwrap_or("");
        Gvk::new(text("apiVersion"), text("kind"))
    }

    /// `group/version`, or the version alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether objects of this kind stand outside of namespaces, as far as kustomize knows: kinds that are not built
    /// into Kubernetes 1.21 count as namespaced.
    pub fn is_cluster_scoped(&self) -> bool {
        super::is_cluster_scoped(self)
    }
}
