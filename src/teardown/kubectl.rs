//! Plans as YAML that `kubectl delete -f -` takes: objects outside of namespaces, then namespaces.

use super::footprint::Object;
use super::plan_file::TeardownPlan;
use crate::diagnostic::Result;
use crate::node::{Map, Node};
use crate::schema::Gvk;
use crate::yaml::{self, Quoting};
use std::collections::BTreeSet;

/// What calls servers of the branch goes first: as long as it is there, nothing that it watches may be deletable.
const FIRST: [&str; 2] = ["admissionregistration.k8s.io", "apiregistration.k8s.io"];

/// The objects of some plans, each once.
pub fn render<'a>(plans: impl IntoIterator<Item = &'a TeardownPlan> + Clone) -> Result<String> {
    let objects: BTreeSet<&Object> = plans.clone().into_iter().flat_map(|plan| &plan.left.objects).collect();
    let (first, then): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|object| FIRST.contains(&object.gvk.group.as_str()));
    let namespaces: BTreeSet<&str> =
        plans.into_iter().flat_map(|plan| &plan.left.namespaces).map(AsRef::as_ref).collect();
    let objects = first.into_iter().chain(then).map(|object| node(&object.gvk, &object.name));
    let namespace = Gvk::new("v1", "Namespace");
    let nodes: Vec<Node> = objects.chain(namespaces.into_iter().map(|name| node(&namespace, name))).collect();
    Ok(yaml::stream(&nodes, |out, node| yaml::write(out, node, Quoting::Safe))?)
}

fn node(gvk: &Gvk, name: &str) -> Node {
    let metadata: Map = [("name", Node::str(name))].into_iter().collect();
    let object: Map = [
        ("apiVersion", Node::str(gvk.api_version())),
        ("kind", Node::str(gvk.kind.clone())),
        ("metadata", metadata.into()),
    ]
    .into_iter()
    .collect();
    object.into()
}
