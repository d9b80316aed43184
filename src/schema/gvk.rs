//! Group, version and kind of an object.

use crate::node::Node;
use smol_str::SmolStr;

/// Group, version and kind. A missing `apiVersion` leaves group and version empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Gvk {
    /// The API group; empty for the core group.
    pub(crate) group: SmolStr,
    /// The version within the group.
    pub(crate) version: SmolStr,
    /// The kind.
    pub(crate) kind: SmolStr,
}

impl Gvk {
    /// Splits `apiVersion` at its slash.
    pub(crate) fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Gvk { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// The group, version and kind in a document's `apiVersion` and `kind`.
    pub(crate) fn of(node: &Node) -> Self {
        let text = |key| node.get(key).and_then(Node::as_text).unwrap_or("");
        Gvk::new(text("apiVersion"), text("kind"))
    }

    /// `group/version`, or the version alone for the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether objects of this kind are outside of namespaces for kustomize: a kind that is not built into Kubernetes
    /// 1.21 counts as namespaced. The output of branches uses [`super::scope`].
    pub(crate) fn is_cluster_scoped(&self) -> bool {
        super::is_cluster_scoped(self)
    }
}
