//! Teardown plans as YAML for `kubectl delete -f -`: objects, then namespaces.

use super::ListedPlan;
use crate::diagnostic::Result;
use crate::node::{Map, Node};
use crate::schema::Gvk;
use crate::teardown::ClusterObject;
use crate::yaml::{self, Quoting};
use std::collections::BTreeSet;

/// API groups whose objects make the API server call services of the branch. They are deleted first: if such a service does not
/// respond, the API server may refuse to delete other objects.
const DELETED_FIRST: [&str; 2] = ["admissionregistration.k8s.io", "apiregistration.k8s.io"];

/// The objects of all plans without duplicates.
pub(crate) fn render(plans: &[ListedPlan]) -> Result<String> {
    let objects: BTreeSet<&ClusterObject> = plans.iter().flat_map(|listed| &listed.plan.footprint.objects).collect();
    let (first, then): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|object| DELETED_FIRST.contains(&object.gvk.group.as_str()));
    let namespaces: BTreeSet<&str> =
        plans.iter().flat_map(|listed| &listed.plan.footprint.namespaces).map(AsRef::as_ref).collect();
    let objects = first.into_iter().chain(then).map(|object| node(&object.gvk, &object.name, &object.namespace));
    let namespace = Gvk::new("v1", "Namespace");
    let nodes: Vec<Node> = objects.chain(namespaces.into_iter().map(|name| node(&namespace, name, ""))).collect();
    Ok(yaml::stream(&nodes, |out, node| yaml::write(out, node, Quoting::Safe))?)
}

fn node(gvk: &Gvk, name: &str, namespace: &str) -> Node {
    let mut metadata: Map = [("name", Node::str(name))].into_iter().collect();
    if !namespace.is_empty() {
        metadata.insert("namespace", Node::str(namespace));
    }
    let object: Map = [
        ("apiVersion", Node::str(gvk.api_version())),
        ("kind", Node::str(gvk.kind.clone())),
        ("metadata", metadata.into()),
    ]
    .into_iter()
    .collect();
    object.into()
}
