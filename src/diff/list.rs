//! The comparison of lists: items by their keys, or in order.

use super::change::value_text;
use crate::node::Node;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The items of a list with what identifies them.
pub(super) struct KeyedItems<'n> {
    /// In the order of the list.
    pub(super) items: Vec<(SmolStr, &'n Node)>,
    positions: BTreeMap<SmolStr, usize>,
}

impl<'n> KeyedItems<'n> {
    /// The items of a list by `keys`, or scalars by themselves if there are none. `None` if an item has no key, or two have the same.
    pub(super) fn of(items: &'n [Node], keys: &[SmolStr]) -> Option<Self> {
        let items: Option<Vec<(SmolStr, &Node)>> = items.iter().map(|item| Some((key(item, keys)?, item))).collect();
        let items = items?;
        let positions: BTreeMap<SmolStr, usize> =
            items.iter().enumerate().map(|(i, (key, _))| (key.clone(), i)).collect();
        (positions.len() == items.len()).then_some(KeyedItems { items, positions })
    }

    /// The item with a key.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.positions.get(key).map(|at| self.items[*at].1)
    }

    /// The keys that another list has as well.
    fn common(&self, others: &KeyedItems) -> Vec<&str> {
        self.items.iter().map(|(key, _)| key.as_str()).filter(|key| others.get(key).is_some()).collect()
    }
}

/// What identifies an item: `web` for a key `name`, `port=80,protocol=TCP` for others. A key that is missing is left out, because it
/// has a default.
fn key(item: &Node, keys: &[SmolStr]) -> Option<SmolStr> {
    let [first, others @ ..] = keys else { return item.as_scalar().map(|_| line(item)) };
    item.as_map()?;
    let mut text = String::new();
    for key in keys {
        let Some(value) = item.get(key) else { continue };
        value.as_scalar()?;
        if first == "name" && others.is_empty() {
            text.push_str(&line(value));
        } else {
            let _ = write!(text, "{}{key}={}", if text.is_empty() { "" } else { "," }, line(value));
        }
    }
    (!text.is_empty()).then(|| text.into())
}

/// A scalar on one line.
fn line(value: &Node) -> SmolStr {
    match value_text(value) {
        text if text.contains('\n') => serde_json::Value::from(value.as_text()).to_string().into(),
        text => text,
    }
}

/// The keys that both lists have, in the order of each, if the orders differ.
pub(super) fn reordered(before: &KeyedItems, after: &KeyedItems) -> Option<(SmolStr, SmolStr)> {
    let (old, new) = (before.common(after), after.common(before));
    (old != new).then(|| (old.join(", ").into(), new.join(", ").into()))
}

/// An item of a list that is compared in order.
#[derive(Debug)]
pub(super) enum OrderedPair<'n> {
    /// An item that became another: its position after.
    Both(usize, &'n Node, &'n Node),
    /// A removed item: its position before.
    Before(usize, &'n Node),
    /// An added item: its position after.
    After(usize, &'n Node),
}

/// The items that differ. Items between the same equal ones are pairs.
pub(super) fn ordered<'n>(before: &'n [Node], after: &'n [Node]) -> Vec<OrderedPair<'n>> {
    let mut ids: BTreeMap<SmolStr, usize> = BTreeMap::new();
    let mut id = |item: &Node| {
        let next = ids.len();
        *ids.entry(value_text(item)).or_insert(next)
    };
    let old: Vec<usize> = before.iter().map(&mut id).collect();
    let new: Vec<usize> = after.iter().map(&mut id).collect();
    let mut pairs = Vec::new();
    let mut replace = |old: std::ops::Range<usize>, new: std::ops::Range<usize>| {
        let count = old.len().min(new.len());
        let (old_start, new_start) = (old.start, new.start);
        pairs.extend(
            (0..count).map(|i| OrderedPair::Both(new_start + i, &before[old_start + i], &after[new_start + i])),
        );
        pairs.extend((old_start + count..old.end).map(|at| OrderedPair::Before(at, &before[at])));
        pairs.extend((new_start + count..new.end).map(|at| OrderedPair::After(at, &after[at])));
    };
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match op {
            DiffOp::Equal { .. } => {}
            op => replace(op.old_range(), op.new_range()),
        }
    }
    pairs
}
