//! Reads the claims of a branch from its objects.

use super::reader::ClaimReader;
use super::{Claim, Claimed, route, service};
use crate::annotation::{NAMESPACE_ANNOTATION, NAMESPACE_KEPT};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::scope::{GroupKind, Scopes};
use smol_str::SmolStr;

/// All claims that the objects of a branch with this namespace make.
pub(crate) fn claims(resources: &[Resource], scopes: &Scopes, namespace: &str) -> Vec<Claim> {
    let of_object = |resource: &Resource| {
        let gvk = resource.gvk();
        let object: SmolStr = format!("{} {}", gvk.kind, resource.name()).into();
        let mut reader = ClaimReader { node: &resource.node, gvk, namespace, claims: Vec::new() };
        outside_of_namespaces(&mut reader, scopes, resource.name());
        kept(&mut reader, resource.namespace(), resource.name());
        route::read(&mut reader);
        service::read(&mut reader);
        let mut claims = reader.claims;
        for claim in &mut claims {
            claim.object = object.clone();
            claim.at = claim.at.or(resource.origin);
        }
        claims
    };
    resources.iter().flat_map(of_object).collect()
}

/// Claims an object that stays in a namespace which is not the branch's.
fn kept(reader: &mut ClaimReader, namespace: &str, name: &str) {
    let annotation = reader.annotation(NAMESPACE_ANNOTATION).and_then(Node::as_text);
    if annotation == Some(NAMESPACE_KEPT) && !namespace.is_empty() && namespace != reader.namespace {
        let (kind, namespace) = (GroupKind::of(&reader.gvk), namespace.into());
        reader.claim(reader.node, Claimed::KeptObject { kind, namespace, name: name.into() });
    }
}

fn outside_of_namespaces(reader: &mut ClaimReader, scopes: &Scopes, name: &str) {
    // The plan compares the namespaces of branches.
    let is_own_namespace = reader.is("", "Namespace") && name == reader.namespace;
    if scopes.is_cluster_scoped(&reader.gvk) && !is_own_namespace {
        reader.claim(reader.node, Claimed::Object { kind: GroupKind::of(&reader.gvk), name: name.into() });
    }
}
