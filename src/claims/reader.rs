//! What the readers of claims use: the object, and the claims as they are collected.

use super::{ALL_HOSTS, Claim, ClaimPart, Claimed};
use crate::name::DnsName;
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::Gvk;
use smol_str::SmolStr;

/// The claims of one object, as they are collected.
pub(super) struct ClaimReader<'a> {
    pub(super) node: &'a Node,
    pub(super) gvk: Gvk,
    /// The namespace of the branch.
    pub(super) namespace: &'a str,
    /// The namespace of the object, which is another one if it stays there.
    pub(super) own_namespace: &'a str,
    pub(super) claims: Vec<Claim>,
}

impl<'a> ClaimReader<'a> {
    /// A reader of an object of a branch with this namespace.
    pub(super) fn new(resource: &'a Resource, namespace: &'a str, own_namespace: &'a str) -> Self {
        ClaimReader { node: &resource.node, gvk: resource.gvk(), namespace, own_namespace, claims: Vec::new() }
    }

    /// Whether the object has this API group and kind.
    pub(super) fn is(&self, group: &str, kind: &str) -> bool {
        self.gvk.group == group && self.gvk.kind == kind
    }

    /// `spec` of the object.
    pub(super) fn spec(&self) -> Option<&'a Node> {
        self.node.get("spec")
    }

    /// An annotation of the object.
    pub(super) fn annotation(&self, key: &str) -> Option<&'a Node> {
        self.node.at_path(&["metadata", "annotations", key])
    }

    /// Adds a claim that is written at `node`.
    pub(super) fn claim(&mut self, node: &Node, claimed: Claimed) {
        self.claim_part(node, claimed, ClaimPart::Whole);
    }

    /// Adds a claim of a part that is written at `node`.
    pub(super) fn claim_part(&mut self, node: &Node, claimed: Claimed, part: ClaimPart) {
        self.claims.push(Claim { claimed, part, object: SmolStr::default(), at: node.at });
    }

    /// Adds a host that the branch serves and other branches can serve too.
    pub(super) fn serves(&mut self, node: &Node, host: &str) {
        self.claim(node, Claimed::Listener { host: host.into() });
    }

    /// Adds all hosts.
    pub(super) fn serves_all(&mut self, node: &Node) {
        self.serves(node, ALL_HOSTS);
    }
}

/// The items of a list in a mapping.
pub(super) fn items<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n Node> + use<'n> {
    node.get(key).and_then(Node::as_seq).unwrap_or_default().iter()
}

/// A host in normal form; `None` if it is empty.
pub(super) fn host_name(text: &str) -> Option<SmolStr> {
    let text = text.trim();
    let host = DnsName::target(text).map_or_else(|_| text.to_lowercase().into(), |name| name.as_str().into());
    Some(host).filter(|host: &SmolStr| !host.is_empty())
}

/// A host in normal form; `None` if it is empty or has a meaning within one cluster only.
pub(super) fn public_host(text: &str) -> Option<SmolStr> {
    let is_internal =
        |host: &SmolStr| !host.contains('.') || [".svc", ".cluster.local"].iter().any(|end| host.ends_with(end));
    host_name(text).filter(|host| !is_internal(host))
}

/// The text of a value, for comparison: the scalars with the keys before them.
pub(super) fn compact(node: &Node) -> String {
    if let Some(map) = node.as_map() {
        let mut entries: Vec<String> =
            map.iter().map(|entry| format!("{}={}", entry.key.text, compact(&entry.value))).collect();
        entries.sort_unstable();
        entries.join(" ")
    } else if let Some(items) = node.as_seq() {
        let mut items: Vec<String> = items.iter().map(compact).collect();
        items.sort_unstable();
        items.join(", ")
    } else {
        node.as_text().unwrap_or_default().to_owned()
    }
}
