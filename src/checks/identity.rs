//! What names an object: kind, name, namespace, and that no other object has the same.

use super::namespaces::is_kept;
use super::{CheckInput, CheckedObject, Finding};
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::schema::name::{
    self, has_path_segments, is_api_version, is_kind, is_label, is_label_with_letter, is_path_segment, is_subdomain,
};
use std::collections::BTreeMap;

/// Checks kind, name and namespace of every object, and that no two objects are the same.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let mut faults = Vec::new();
    for object in &input.objects {
        identity(object, input.namespace, &mut faults);
    }
    duplicates(&input.objects, &mut faults);
    Finding::errors(faults)
}

/// Checks kind, name and namespace.
fn identity(object: &CheckedObject, namespace: &str, faults: &mut Vec<Diagnostic>) {
    for key in ["apiVersion", "kind"] {
        let is_valid = if key == "kind" { is_kind } else { is_api_version };
        let value = object.node().get(key).filter(|value| !value.is_null());
        match value.map(|value| (value, value.as_str())) {
            None | Some((_, Some(""))) => {
                faults.push(object.fault(object.node(), format!("the object has no `{key}`")));
            }
            Some((value, Some(text))) if !is_valid(text) => {
                faults.push(object.fault(value, format!("`{text}` is not a valid `{key}`")));
            }
            Some((_, Some(_))) => {}
            Some((value, None)) => {
                faults.push(object.fault(value, format!("`{key}` must be a string, got {}", value.kind_name())));
            }
        }
    }
    if object.gvk.kind.is_empty() {
        return;
    }
    match object.node().at_path(&["metadata", "name"]) {
        Some(node) if node.as_text().is_some_and(|text| !text.is_empty()) => self::name(object, node, faults),
        _ => {
            let fault = object.fault(object.node(), format!("a `{}` has no name", object.gvk.kind));
            let generated = object.node().at_path(&["metadata", "generateName"]).is_some();
            faults.push(if generated {
                fault.help("`generateName` makes another object with every apply; give it a `name`")
            } else {
                fault
            });
        }
    }
    let Some(node) = object.node().at_path(&["metadata", "namespace"]).filter(|node| !node.is_null()) else { return };
    let other = node.as_text().is_none_or(|text| text != namespace);
    if other && is_kept(object) && !node.as_text().is_some_and(is_label) {
        let shown = node.as_text().unwrap_or_default();
        faults.push(object.fault(node, format!("`{shown}` is not a valid name of a namespace")));
    }
    if other && !object.gvk.is_cluster_scoped() && !is_kept(object) {
        let shown = node.as_text().unwrap_or_default();
        let message = format!("`{object}` is in the namespace `{shown}`, which is not the branch's");
        faults.push(
            object
                .fault(node, message)
                .help("leave `namespace` out, or set the annotation `pleach.dev/namespace: keep`"),
        );
    }
}

fn name(object: &CheckedObject, node: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(text) = node.as_str() else {
        let message = format!("`metadata.name` of `{object}` must be a string, got {}", node.kind_name());
        faults.push(object.fault(node, message).help("put it in quotes"));
        return;
    };
    let (fits, grammar) = grammar(object, text);
    if !fits {
        faults
            .push(object.fault(node, format!("`{text}` is not a valid name of a `{}`", object.gvk.kind)).help(grammar));
    }
}

/// Whether a name fits the kind of an object, and what names of that kind are.
fn grammar(object: &CheckedObject, text: &str) -> (bool, String) {
    const CHARACTERS: &str = "of a-z, 0-9 and `-`, with a letter or digit at both ends";
    let group = object.gvk.group.as_str();
    match (group, object.gvk.kind.as_str()) {
        ("", "Namespace") => (is_label(text), format!("it is at most {} {CHARACTERS}", name::LABEL)),
        ("", "Service") => (
            is_label_with_letter(text),
            format!("it is at most {} {CHARACTERS}, and begins with a letter", name::LABEL),
        ),
        // The controller puts 11 characters behind the name to make that of a job, which is the value of a label.
        ("batch", "CronJob") => short(text, name::LABEL - 11),
        ("batch", "Job") => short(text, name::LABEL),
        _ if has_path_segments(group) => {
            (is_path_segment(text), "it is neither `.` nor `..` and has no `/` or `%`".to_owned())
        }
        _ => short(text, name::SUBDOMAIN),
    }
}

/// A DNS name of limited length.
fn short(text: &str, longest: usize) -> (bool, String) {
    let fits = text.len() <= longest && is_subdomain(text);
    (
        fits,
        format!("it is at most {longest} of a-z, 0-9, `-` and `.`, with a letter or digit before and after each dot"),
    )
}

/// Finds objects that are one object for a cluster, which does not compare versions.
fn duplicates(objects: &[CheckedObject], faults: &mut Vec<Diagnostic>) {
    let mut seen = BTreeMap::new();
    for object in objects {
        let resource = object.resource;
        let id = (&object.gvk.group, &object.gvk.kind, resource.namespace(), resource.name());
        if let Some(first) = seen.insert(id, resource.origin) {
            let fault = object.fault(&resource.node, format!("two objects are `{object}`"));
            faults.push(fault.note(first, "the first one"));
        }
    }
}
