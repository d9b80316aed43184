//! Edits of the data of a document, independent of its text.

use super::YamlStep;
use crate::node::{Node, Value};
use std::sync::Arc;

/// The value at a path.
pub(super) fn value_at<'n>(node: &'n Node, path: &[YamlStep]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match step {
        YamlStep::Key(key) => node.get(key),
        YamlStep::Item(item) => node.as_seq()?.get(*item),
    })
}

/// The path to write so that `path` has a value: `path` itself, or the outermost part of it that is missing or empty.
pub(super) fn path_to_write<'p>(node: &Node, path: &'p [YamlStep]) -> &'p [YamlStep] {
    let is_missing = |len: &usize| match value_at(node, &path[..*len]).map(|node| &node.value) {
        Some(Value::Map(map)) => map.is_empty(),
        Some(Value::Seq(_)) => false,
        Some(Value::Scalar(_)) | None => true,
    };
    &path[..(0..path.len()).find(is_missing).unwrap_or(path.len())]
}

/// Sets the value at a path. Returns `false` if a value on the path is not a mapping.
pub(super) fn set_value(node: &mut Node, path: &[YamlStep], value: &Node) -> bool {
    match path {
        [] => {
            *node = value.clone();
            true
        }
        [YamlStep::Key(key), rest @ ..] => {
            if node.is_null() {
                *node = Node::map();
            }
            let Some(map) = node.as_map_mut() else { return false };
            if !map.has(key) {
                map.insert(key.clone(), Node::null());
            }
            map.get_mut(key).is_some_and(|child| set_value(child, rest, value))
        }
        [YamlStep::Item(item), rest @ ..] => {
            node.as_seq_mut().and_then(|items| items.get_mut(*item)).is_some_and(|child| set_value(child, rest, value))
        }
    }
}

/// Adds an item to the list at a path. Returns `false` if the value there is not a list.
pub(super) fn push_item(node: &mut Node, path: &[YamlStep], item: &Node) -> bool {
    if value_at(node, path).is_none_or(Node::is_null) && !set_value(node, path, &Node::seq([])) {
        return false;
    }
    let list = path.iter().try_fold(node, |node, step| match step {
        YamlStep::Key(key) => node.get_mut(key),
        YamlStep::Item(item) => node.as_seq_mut()?.get_mut(*item),
    });
    list.and_then(Node::as_seq_mut).map(|list| list.push(item.clone())).is_some()
}

/// The path to remove so that the value at `path` is removed: `path` itself or, below the first `keep` steps, the outermost
/// mapping that has no other entries. `None` if the value does not exist.
pub(super) fn path_to_remove<'p>(node: &Node, path: &'p [YamlStep], keep: usize) -> Option<&'p [YamlStep]> {
    value_at(node, path)?;
    let mut path = path;
    while let [above @ .., _] = path {
        match value_at(node, above).map(|node| &node.value) {
            Some(Value::Map(map)) if map.len() == 1 && above.len() > keep => path = above,
            _ => break,
        }
    }
    Some(path)
}

/// Removes the value at a path.
pub(super) fn remove_value(node: &mut Node, path: &[YamlStep]) {
    match (path, &mut node.value) {
        ([YamlStep::Key(key)], Value::Map(map)) => drop(map.remove(key)),
        ([YamlStep::Item(item)], Value::Seq(items)) if *item < items.len() => drop(Arc::make_mut(items).remove(*item)),
        ([YamlStep::Key(key), rest @ ..], Value::Map(map)) => {
            if let Some(child) = map.get_mut(key) {
                remove_value(child, rest);
            }
        }
        ([YamlStep::Item(item), rest @ ..], Value::Seq(items)) => {
            if let Some(child) = Arc::make_mut(items).get_mut(*item) {
                remove_value(child, rest);
            }
        }
        _ => {}
    }
}
