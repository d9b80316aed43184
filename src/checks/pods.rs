//! Containers: named, with an image, and with strings where numbers are so easily written.

use super::{CheckInput, CheckedObject, Finding};
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use std::collections::BTreeSet;

/// The pod, or the template of the pods that a workload makes.
pub(super) fn template<'a>(object: &CheckedObject<'a>) -> Option<&'a Node> {
    let path: &[&str] = match (object.gvk.group.as_str(), object.gvk.kind.as_str()) {
        ("", "Pod") => &[],
        ("", "ReplicationController" | "PodTemplate")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job") => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    object.node().at_path(path)
}

/// Checks the containers of every object that has some.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let mut faults = Vec::new();
    for object in &input.objects {
        containers(object, &mut faults);
    }
    Finding::errors(faults)
}

fn containers(object: &CheckedObject, faults: &mut Vec<Diagnostic>) {
    let Some(pod) = template(object).and_then(|template| template.get("spec")) else { return };
    let mut names = BTreeSet::new();
    for list in ["initContainers", "containers"] {
        for container in pod.get(list).and_then(Node::as_seq).into_iter().flatten() {
            let Some(name) = container.get("name").and_then(Node::as_text) else {
                faults.push(object.fault(container, format!("a container of `{object}` has no name")));
                continue;
            };
            if !names.insert(name) {
                faults.push(object.fault(container, format!("`{object}` has two containers named `{name}`")));
            }
            if container.get("image").and_then(Node::as_text).is_none_or(str::is_empty) {
                faults.push(object.fault(container, format!("container `{name}` of `{object}` has no image")));
            }
            strings(object, name, container, faults);
        }
    }
}

/// The fields of a container that are strings and often get a number or a boolean by mistake.
fn strings(object: &CheckedObject, container: &str, node: &Node, faults: &mut Vec<Diagnostic>) {
    let mut wrong = |what: String, value: &Node| {
        let message =
            format!("{what} of container `{container}` in `{object}` must be a string, got {}", value.kind_name());
        faults.push(object.fault(value, message).help("put it in quotes"));
    };
    for variable in node.get("env").and_then(Node::as_seq).into_iter().flatten() {
        if let Some(value) = variable.get("value").filter(|value| value.as_str().is_none() && !value.is_null()) {
            let name = variable.get("name").and_then(Node::as_text).unwrap_or_default();
            wrong(format!("the variable `{name}`"), value);
        }
    }
    for field in ["command", "args"] {
        for item in node.get(field).and_then(Node::as_seq).into_iter().flatten() {
            if item.as_str().is_none() {
                wrong(format!("an item of `{field}`"), item);
            }
        }
    }
}
