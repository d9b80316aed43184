//! The comparison of two values: the paths at which they differ.
//!
//! The order of keys, quotes and comments do not count. Lists are compared by the keys that the schema of their kind has; the items of
//! a list of an unknown kind by the first of [`USUAL_KEYS`] that identifies all of them. All other lists are compared in order.

use super::change::{ValueChange, value_text};
use super::lines;
use super::list::{self, KeyedItems};
use crate::node::{Map, Node, Value};
use crate::schema::merge::{MergeSchema, MergeShape};
use smol_str::{SmolStr, format_smolstr};
use std::fmt::Write;

/// What identifies the items of lists of unknown kinds.
pub(super) const USUAL_KEYS: [&str; 3] = ["name", "key", "id"];

/// The path of a field and what became of its value.
pub(super) type PathChange = (SmolStr, ValueChange<SmolStr>);

/// What is known of the lists in a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Its kind is not known.
    Unknown,
    /// Its kind is known, and it has no list with keys.
    Plain,
    /// Its kind is known.
    Known(MergeShape),
}

/// Compares two values and keeps the changes.
pub(super) struct FieldComparer<'s> {
    schema: &'s MergeSchema,
    path: String,
    changes: Vec<PathChange>,
}

/// The changes from one object to another.
pub(super) fn compare(schema: &MergeSchema, before: &Node, after: &Node) -> Vec<PathChange> {
    let text = |key| after.get(key).and_then(Node::as_text).unwrap_or_default();
    let shape = schema.kind(text("apiVersion"), text("kind")).map_or(Shape::Unknown, Shape::Known);
    let mut comparer = FieldComparer { schema, path: String::new(), changes: Vec::new() };
    comparer.values(before, after, shape);
    comparer.changes
}

impl FieldComparer<'_> {
    fn values(&mut self, before: &Node, after: &Node, shape: Shape) {
        if before == after {
            return;
        }
        match (&before.value, &after.value) {
            (Value::Map(before), Value::Map(after)) => self.maps(before, after, shape),
            (Value::Seq(before), Value::Seq(after)) => self.lists(before, after, shape),
            _ => {
                let value = match (before.as_str(), after.as_str()) {
                    (Some(before), Some(after)) if before.contains('\n') || after.contains('\n') => {
                        ValueChange::Lines(lines::hunks(before, after))
                    }
                    _ => ValueChange::Replaced(value_text(before), value_text(after)),
                };
                self.push(value);
            }
        }
    }

    fn maps(&mut self, before: &Map, after: &Map, shape: Shape) {
        let mut new = after.iter().peekable();
        for old in before {
            while let Some(entry) = new.next_if(|entry| entry.key.text < old.key.text) {
                self.at_key(&entry.key.text, |comparer| comparer.push(ValueChange::Added(value_text(&entry.value))));
            }
            let same = new.next_if(|entry| entry.key.text == old.key.text);
            let shape = self.field(shape, &old.key.text);
            self.at_key(&old.key.text, |comparer| match same {
                Some(same) => comparer.values(&old.value, &same.value, shape),
                None => comparer.push(ValueChange::Removed(value_text(&old.value))),
            });
        }
        for entry in new {
            self.at_key(&entry.key.text, |comparer| comparer.push(ValueChange::Added(value_text(&entry.value))));
        }
    }

    fn lists(&mut self, before: &[Node], after: &[Node], shape: Shape) {
        let items = self.items(shape);
        let by_key = |keys: &[SmolStr]| Some((KeyedItems::of(before, keys)?, KeyedItems::of(after, keys)?));
        let keyed = match shape {
            Shape::Known(list) => self.schema.keys(list).and_then(by_key),
            Shape::Plain => None,
            Shape::Unknown => USUAL_KEYS.iter().find_map(|key| by_key(&[SmolStr::from(*key)])),
        };
        match keyed {
            Some((before, after)) => self.keyed_lists(&before, &after, items),
            None => self.ordered_lists(before, after, items),
        }
    }

    fn keyed_lists(&mut self, before: &KeyedItems, after: &KeyedItems, shape: Shape) {
        for (key, old) in &before.items {
            let new = after.get(key);
            self.at_item(key, |comparer| match new {
                Some(new) => comparer.values(old, new, shape),
                None => comparer.push(ValueChange::Removed(value_text(old))),
            });
        }
        for (key, new) in after.items.iter().filter(|(key, _)| before.get(key).is_none()) {
            self.at_item(key, |comparer| comparer.push(ValueChange::Added(value_text(new))));
        }
        if let Some((before, after)) = list::reordered(before, after) {
            self.push(ValueChange::Reordered(before, after));
        }
    }

    fn ordered_lists(&mut self, before: &[Node], after: &[Node], shape: Shape) {
        for pair in list::ordered(before, after) {
            match pair {
                list::OrderedPair::Both(at, old, new) => {
                    self.at_item(&format_smolstr!("{at}"), |comparer| comparer.values(old, new, shape));
                }
                list::OrderedPair::Before(at, old) => {
                    self.at_item(&format_smolstr!("{at}"), |c| c.push(ValueChange::Removed(value_text(old))));
                }
                list::OrderedPair::After(at, new) => {
                    self.at_item(&format_smolstr!("{at}"), |c| c.push(ValueChange::Added(value_text(new))));
                }
            }
        }
    }

    fn push(&mut self, value: ValueChange<SmolStr>) {
        self.changes.push((self.path.as_str().into(), value));
    }

    fn at_key(&mut self, key: &str, compare: impl FnOnce(&mut Self)) {
        let end = self.path.len();
        if is_simple(key) {
            self.path.push_str(if end == 0 { "" } else { "." });
            self.path.push_str(key);
        } else {
            let _ = write!(self.path, "[{}]", serde_json::Value::from(key));
        }
        compare(self);
        self.path.truncate(end);
    }

    fn at_item(&mut self, key: &str, compare: impl FnOnce(&mut Self)) {
        let end = self.path.len();
        let _ = write!(self.path, "[{key}]");
        compare(self);
        self.path.truncate(end);
    }

    fn field(&self, shape: Shape, name: &str) -> Shape {
        match shape {
            Shape::Unknown => Shape::Unknown,
            Shape::Plain => Shape::Plain,
            Shape::Known(shape) => self.schema.field(shape, name).map_or(Shape::Plain, Shape::Known),
        }
    }

    fn items(&self, shape: Shape) -> Shape {
        match shape {
            Shape::Known(shape) => self.schema.items(shape).map_or(Shape::Plain, Shape::Known),
            other => other,
        }
    }
}

/// Whether a key is written without quotes in a path.
fn is_simple(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
