//! What makes a document a Kubernetes object, and lists of objects taken apart.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::{Map, Node};
use std::collections::VecDeque;

/// The objects of documents: the items of a `List` follow everything else, as in kustomize. Documents that are
/// empty mappings are dropped.
pub(crate) fn objects(documents: &[Node]) -> Result<Vec<Node>> {
    let mut queue: VecDeque<Node> = documents.iter().filter(|node| !is_empty(node)).cloned().collect();
    let mut objects = Vec::with_capacity(queue.len());
    let mut diagnostics = Vec::new();
    while let Some(node) = queue.pop_front() {
        if let Err(error) = check(&node) {
            diagnostics.push(error);
            continue;
        }
        let is_list = node.str_at(&["kind"]).is_some_and(|kind| kind.ends_with("List"));
        let Some(items) = node.get("items").filter(|_| is_list) else {
            objects.push(node);
            continue;
        };
        if let Some(items) = items.as_seq() {
            queue.extend(items.iter().filter(|item| !is_empty(item)).cloned());
        } else if !items.is_null() {
            diagnostics.push(new_error(items, format!("`items` must be a list, got {}", items.kind_name())));
        }
    }
    Diagnostics::check(diagnostics, objects)
}

fn is_empty(node: &Node) -> bool {
    node.is_null() || node.as_map().is_some_and(Map::is_empty)
}

/// Every document has a `kind`, and a `metadata.name` unless it is a list.
fn check(node: &Node) -> Result<(), Diagnostic> {
    if node.as_map().is_none() {
        return Err(new_error(node, format!("a Kubernetes object must be a mapping, got {}", node.kind_name())));
    }
    let text = |path: &[&str]| node.at_path(path).and_then(Node::as_text).unwrap_or("");
    let kind = text(&["kind"]);
    if kind.is_empty() {
        return Err(new_error(node, "this object has no `kind`"));
    }
    if !kind.ends_with("List") && text(&["metadata", "name"]).is_empty() {
        return Err(new_error(node, format!("this {kind} has no `metadata.name`")));
    }
    match wrong_annotations(node).filter(|node| node.as_seq().is_some_and(|items| !items.is_empty())) {
        Some(list) => Err(new_error(list, no_annotations(list))),
        None => Ok(()),
    }
}

/// Annotations that are not a mapping. kustomize refuses a list with items and drops everything else.
pub(crate) fn wrong_annotations(node: &Node) -> Option<&Node> {
    let annotations = node.at_path(&["metadata", "annotations"]);
    annotations.filter(|annotations| !annotations.is_null() && annotations.as_map().is_none())
}

/// The message about them.
pub(crate) fn no_annotations(wrong: &Node) -> String {
    format!("`metadata.annotations` must be a mapping, got {}", wrong.kind_name())
}

fn new_error(node: &Node, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Resource, message).at(node.at)
}
