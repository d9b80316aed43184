//! Which kinds are outside of namespaces, for the output of branches and for teardown plans.
//!
//! The kustomize engine does not use this module: as in kustomize, it knows the kinds of Kubernetes 1.21 only
//! ([`Gvk::is_cluster_scoped`]).

use super::Gvk;
use crate::node::Node;
use serde::Deserialize;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

/// A kind, whatever its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKind {
    /// The API group; empty for the core group.
    pub(crate) group: SmolStr,
    /// The kind.
    pub(crate) kind: SmolStr,
}

impl GroupKind {
    /// The kind of an object.
    pub(crate) fn of(gvk: &Gvk) -> Self {
        GroupKind { group: gvk.group.clone(), kind: gvk.kind.clone() }
    }

    /// Reads `Kind.group`, or `Kind` for the core group.
    pub(crate) fn parse(text: &str) -> Self {
        let (kind, group) = text.split_once('.').unwrap_or((text, ""));
        GroupKind { group: group.into(), kind: kind.into() }
    }
}

impl fmt::Display for GroupKind {
    /// `Kind.group`, as `kubectl` writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

/// Whether the objects of a kind are in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// They are outside of namespaces.
    Cluster,
    /// Each is in a namespace.
    Namespaced,
}

impl Scope {
    /// The kind and scope that a `CustomResourceDefinition` defines.
    pub(crate) fn defined_by(object: &Node) -> Option<(GroupKind, Scope)> {
        let gvk = Gvk::of(object);
        if gvk.group != "apiextensions.k8s.io" || gvk.kind != "CustomResourceDefinition" {
            return None;
        }
        let text = |path: &[&str]| object.str_at(path).filter(|text| !text.is_empty());
        let (group, kind) = (text(&["spec", "group"])?, text(&["spec", "names", "kind"])?);
        let scope = match text(&["spec", "scope"])? {
            "Cluster" => Scope::Cluster,
            "Namespaced" => Scope::Namespaced,
            _ => return None,
        };
        Some((GroupKind { group: group.into(), kind: kind.into() }, scope))
    }
}

/// The scopes that a workspace defines. They come before those that pleach knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scopes(BTreeMap<GroupKind, Scope>);

impl Scopes {
    /// Sets the scope of a kind that has none yet.
    pub(crate) fn add(&mut self, kind: GroupKind, scope: Scope) {
        self.0.entry(kind).or_insert(scope);
    }

    /// Whether objects of this kind are outside of namespaces. A kind of unknown scope is not.
    pub(crate) fn is_cluster_scoped(&self, gvk: &Gvk) -> bool {
        match self.0.get(&GroupKind::of(gvk)) {
            Some(scope) => *scope == Scope::Cluster,
            None => is_cluster_scoped(gvk),
        }
    }

    /// The scopes of the known kinds that `matches` selects.
    pub(crate) fn of_kinds(&self, matches: impl Fn(&GroupKind) -> bool) -> Vec<Scope> {
        let own = self.0.iter().map(|(kind, scope)| (kind, *scope));
        let of_table = |kinds: &'static BTreeSet<GroupKind>, scope| kinds.iter().map(move |kind| (kind, scope));
        let known = of_table(&KNOWN.cluster, Scope::Cluster).chain(of_table(&KNOWN.namespaced, Scope::Namespaced));
        let known = known.filter(|(kind, _)| !self.0.contains_key(kind));
        own.chain(known).filter(|(kind, _)| matches(kind)).map(|(_, scope)| scope).collect()
    }
}

/// The scope of a kind of Kubernetes or of a well-known project.
pub(crate) fn of(kind: &GroupKind) -> Option<Scope> {
    let all_of_group = GroupKind { group: kind.group.clone(), kind: SmolStr::new_static("*") };
    if KNOWN.cluster.contains(kind) || KNOWN.cluster.contains(&all_of_group) {
        Some(Scope::Cluster)
    } else {
        KNOWN.namespaced.contains(kind).then_some(Scope::Namespaced)
    }
}

/// Whether objects of this kind are outside of namespaces, as far as pleach knows without a workspace.
pub(crate) fn is_cluster_scoped(gvk: &Gvk) -> bool {
    // Some kinds of Kubernetes 1.21 no longer exist in 1.25.
    of(&GroupKind::of(gvk)) == Some(Scope::Cluster) || gvk.is_cluster_scoped()
}

struct KnownScopes {
    cluster: BTreeSet<GroupKind>,
    namespaced: BTreeSet<GroupKind>,
}

static KNOWN: LazyLock<KnownScopes> = LazyLock::new(|| {
    let table: ScopeTable =
        serde_json::from_str(include_str!("../../schema/scopes.json")).expect("the embedded table is valid");
    let custom: BTreeMap<&str, Vec<&str>> =
        serde_json::from_str(include_str!("../../schema/custom-scopes.json")).expect("the embedded table is valid");
    let kinds = |names: &[&str]| -> BTreeSet<GroupKind> { names.iter().map(|name| GroupKind::parse(name)).collect() };
    let mut cluster = kinds(&table.cluster);
    for (group, kinds) in custom {
        cluster.extend(kinds.into_iter().map(|kind| GroupKind { group: group.into(), kind: kind.into() }));
    }
    KnownScopes { cluster, namespaced: kinds(&table.namespaced) }
});

/// `schema/scopes.json`, which `schema/scopes.sh` generates: the kinds of Kubernetes 1.25 to 1.37, as `Kind.group`.
/// `schema/custom-scopes.json` is written by hand: kinds outside of namespaces by API group; `*` stands for all of the group.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeTable<'a> {
    #[serde(borrow)]
    cluster: Vec<&'a str>,
    #[serde(borrow)]
    namespaced: Vec<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    const CLUSTER: Option<Scope> = Some(Scope::Cluster);

    #[test]
    fn the_scopes_of_kubernetes_and_of_well_known_projects_are_known() {
        for (version, kind, want) in [
            ("v1", "Namespace", CLUSTER),
            ("v1", "ConfigMap", Some(Scope::Namespaced)),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", CLUSTER),
            ("rbac.authorization.k8s.io/v1", "Role", Some(Scope::Namespaced)),
            ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", CLUSTER),
            ("admissionregistration.k8s.io/v1beta1", "MutatingAdmissionPolicyBinding", CLUSTER),
            ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", CLUSTER),
            ("networking.k8s.io/v1", "ServiceCIDR", CLUSTER),
            ("resource.k8s.io/v1", "DeviceClass", CLUSTER),
            ("resource.k8s.io/v1", "ResourceClaim", Some(Scope::Namespaced)),
            ("storage.k8s.io/v1", "VolumeAttributesClass", CLUSTER),
            ("cert-manager.io/v1", "ClusterIssuer", CLUSTER),
            ("cert-manager.io/v1", "Issuer", None),
            ("external-secrets.io/v1", "ClusterSecretStore", CLUSTER),
            ("gateway.networking.k8s.io/v1", "GatewayClass", CLUSTER),
            ("gateway.networking.k8s.io/v1", "Gateway", None),
            ("karpenter.sh/v1", "NodePool", CLUSTER),
            ("constraints.gatekeeper.sh/v1beta1", "K8sRequiredLabels", CLUSTER),
            ("apps/v1", "Namespace", None),
            ("", "", None),
        ] {
            let gvk = Gvk::new(version, kind);
            assert_eq!(of(&GroupKind::of(&gvk)), want, "{version} {kind}");
            assert_eq!(is_cluster_scoped(&gvk), want == CLUSTER, "{version} {kind}");
        }
        assert!(is_cluster_scoped(&Gvk::new("policy/v1beta1", "PodSecurityPolicy")));
        let both: Vec<_> = KNOWN.cluster.intersection(&KNOWN.namespaced).collect();
        assert!(both.is_empty(), "{both:?}");
    }

    fn definition(rest: &str) -> Option<(GroupKind, Scope)> {
        let text = format!("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n{rest}");
        let nodes = yaml::parse(&text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
        Scope::defined_by(&nodes[0])
    }

    #[test]
    fn a_workspace_defines_scopes() {
        let (kind, scope) =
            definition("  {group: x.io, names: {kind: Tenant}, scope: Cluster}\n").expect("the definition is complete");
        assert_eq!((kind.to_string().as_str(), scope), ("Tenant.x.io", Scope::Cluster));
        for bad in ["  {group: x.io, scope: Cluster}\n", "  {group: x.io, names: {kind: T}, scope: Other}\n", "  []\n"]
        {
            assert_eq!(definition(bad), None, "{bad}");
        }
        let (tenant, issuer) = (Gvk::new("x.io/v2", "Tenant"), Gvk::new("cert-manager.io/v1", "ClusterIssuer"));
        let mut scopes = Scopes::default();
        assert!(!scopes.is_cluster_scoped(&tenant) && scopes.is_cluster_scoped(&issuer));
        scopes.add(kind, Scope::Cluster);
        scopes.add(GroupKind::of(&issuer), Scope::Namespaced);
        assert!(scopes.is_cluster_scoped(&tenant) && !scopes.is_cluster_scoped(&issuer));
    }
}
