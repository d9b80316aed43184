//! Reads the claims of a branch from its objects.

use super::reader::ClaimReader;
use super::{Claim, Claimed, route, service};
use crate::annotation::{NAMESPACE_ANNOTATION, NAMESPACE_KEPT};
use crate::resource::Resource;
use crate::schema::scope::{GroupKind, Scopes};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// All claims that the objects of a branch with this namespace make.
pub(crate) fn claims(resources: &[Resource], scopes: &Scopes, namespace: &str) -> Vec<Claim> {
    let of_object = |resource: &Resource| {
        let own_namespace = if is_kept(resource) { resource.namespace() } else { namespace };
        let reader = ClaimReader::new(resource, namespace, own_namespace);
        read(reader, resource, |reader| {
            outside_of_namespaces(reader, scopes, resource.name());
            if own_namespace != namespace {
                in_namespace(reader, resource);
            }
            route::read(reader);
            service::read(reader);
        })
    };
    resources.iter().flat_map(of_object).collect()
}

/// The namespaces in which branches with these claims keep objects.
pub(crate) fn kept_namespaces<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> BTreeSet<&'a str> {
    let namespace = |claim: &'a Claim| match &claim.claimed {
        Claimed::NamespacedObject { namespace, .. } => Some(namespace.as_str()),
        _ => None,
    };
    claims.into_iter().filter_map(namespace).collect()
}

/// The claims of the objects in the namespace of a branch, in which another branch keeps objects.
pub(crate) fn own_objects(resources: &[Resource], namespace: &str) -> Vec<Claim> {
    let own = resources.iter().filter(|resource| resource.namespace() == namespace);
    own.flat_map(|resource| {
        let reader = ClaimReader::new(resource, namespace, namespace);
        read(reader, resource, |reader| in_namespace(reader, resource))
    })
    .collect()
}

/// The claims of one object.
fn read(mut reader: ClaimReader, resource: &Resource, read: impl FnOnce(&mut ClaimReader)) -> Vec<Claim> {
    read(&mut reader);
    let object: SmolStr = format!("{} {}", reader.gvk.kind, resource.name()).into();
    let mut claims = reader.claims;
    for claim in &mut claims {
        claim.object = object.clone();
        claim.at = claim.at.or(resource.origin);
    }
    claims
}

/// Whether an object stays in the namespace of its manifest.
fn is_kept(resource: &Resource) -> bool {
    let annotation = resource.node.str_at(&["metadata", "annotations", NAMESPACE_ANNOTATION]);
    annotation == Some(NAMESPACE_KEPT) && !resource.namespace().is_empty()
}

fn in_namespace(reader: &mut ClaimReader, resource: &Resource) {
    let (kind, namespace) = (GroupKind::of(&reader.gvk), resource.namespace().into());
    reader.claim(reader.node, Claimed::NamespacedObject { kind, namespace, name: resource.name().into() });
}

fn outside_of_namespaces(reader: &mut ClaimReader, scopes: &Scopes, name: &str) {
    // The plan compares the namespaces of branches.
    let is_own_namespace = reader.is("", "Namespace") && name == reader.namespace;
    if scopes.is_cluster_scoped(&reader.gvk) && !is_own_namespace {
        reader.claim(reader.node, Claimed::Object { kind: GroupKind::of(&reader.gvk), name: name.into() });
    }
}
