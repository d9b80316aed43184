//! Lists that merge by the keys of their elements, or as sets of scalars.
//!
//! The elements of the patch come first. This file handles lists in which every element has all keys and no two
//! have the same; other lists are handled in [`super::irregular`].

use super::directive::Directive;
use super::irregular::Sides;
use super::strategic::{Merge, Merged, with_items};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, Node};
use crate::schema::merge::MergeShape;
use smol_str::SmolStr;
use std::cmp::Ordering;

/// The keys of a list that merges, and the shape of its elements.
#[derive(Clone, Copy)]
pub(super) struct Keyed<'a> {
    /// The name of the field, for messages.
    pub(super) name: &'a str,
    /// None for a set of scalars.
    pub(super) keys: &'a [SmolStr],
    pub(super) items: Option<MergeShape>,
}

/// The text that identifies an element: that of a key, or of the element itself if there are no keys.
pub(super) fn text<'n>(element: &'n Node, key: &str) -> &'n str {
    let node = if key.is_empty() { Some(element) } else { element.get(key) };
    node.and_then(Node::as_scalar).map_or("", |scalar| scalar.text.as_str())
}

impl Merge<'_> {
    /// A list of the object with that of the patch; `None` if the patch deletes it.
    pub(super) fn list(&mut self, target: &Node, patch: &Node, keyed: Keyed) -> Result<Merged, Diagnostic> {
        let (items, changes) = (elements(target), elements(patch));
        match Directive::of_list(changes)? {
            Some((Directive::Delete, _)) => Ok(Merged::Gone),
            Some((Directive::Replace, changes)) => {
                let patch = with_items(patch, changes);
                Ok(self.own_list(&patch, keyed)?.or(&patch).into())
            }
            Some((Directive::Merge, changes)) => self.merged_list(target, items, &changes, keyed),
            None => self.merged_list(target, items, changes, keyed),
        }
    }

    fn merged_list(
        &mut self,
        target: &Node,
        items: &[Node],
        changes: &[Node],
        keyed: Keyed,
    ) -> Result<Merged, Diagnostic> {
        let Some(keys) = Regular::of(&[items, changes], keyed.keys) else {
            return self.irregular_list(target, Sides::Both(items, changes), keyed);
        };
        let mut first = Vec::with_capacity(items.len() + changes.len());
        let mut taken = vec![None; items.len()];
        let mut sorted: Vec<usize> = (0..items.len()).collect();
        sorted.sort_unstable_by(|a, b| keys.order(&items[*a], &items[*b]));
        for change in changes {
            match sorted.binary_search_by(|i| keys.order(&items[*i], change)) {
                Ok(found) => {
                    let i = sorted[found];
                    let merged = self.element(&items[i], change, keyed)?;
                    if keys.several() {
                        taken[i] = Some(merged);
                    } else {
                        first.extend(merged);
                        taken[i] = Some(None);
                    }
                }
                Err(_) => first.extend(self.added(keyed.name, change, keyed.items)?.filter(is_something)),
            }
        }
        for (item, taken) in items.iter().zip(taken) {
            match taken {
                Some(merged) => first.extend(merged),
                None => first.extend(self.settle(keyed.name, item, keyed.items)?.or(item).filter(is_something)),
            }
        }
        Ok(Merged::New(with_items(target, first)))
    }

    /// An element of the object with its counterpart in the patch.
    fn element(&mut self, item: &Node, change: &Node, keyed: Keyed) -> Result<Option<Node>, Diagnostic> {
        if let Some(Directive::Replace) = change.as_map().map(Directive::of_map).transpose()? {
            self.lose(
                Diagnostic::new(Code::Overlay, format!("kustomize drops this element of `{}`", keyed.name))
                    .at(change.at)
                    .help("`$patch: replace` has no effect on an element that the object has too"),
            );
            return Ok(Some(item.clone()));
        }
        if change.as_scalar().is_some() {
            return Ok(Some(item.clone()));
        }
        Ok(self.both(keyed.name, item, change, keyed.items)?.filter(is_something))
    }

    /// A list that only the patch has.
    pub(super) fn own_list(&mut self, patch: &Node, keyed: Keyed) -> Result<Merged, Diagnostic> {
        let items = elements(patch);
        if Regular::of(&[items], keyed.keys).is_none() {
            return self.irregular_list(patch, Sides::Patch(items), keyed);
        }
        each_element(patch, |item| self.own(keyed.name, item, keyed.items))
    }

    /// A list of the object that the patch does not have.
    pub(super) fn settled_list(&mut self, target: &Node, keyed: Keyed) -> Result<Merged, Diagnostic> {
        let items = elements(target);
        if Regular::of(&[items], keyed.keys).is_none() {
            return self.irregular_list(target, Sides::Target(items), keyed);
        }
        each_element(target, |item| self.settle(keyed.name, item, keyed.items))
    }
}

/// The elements of a list.
fn elements(list: &Node) -> &[Node] {
    list.as_seq().unwrap_or_default()
}

/// Whether an element is more than `null` and `{}`, which go from a list that merges.
pub(super) fn is_something(element: &Node) -> bool {
    !element.is_null() && !element.as_map().is_some_and(Map::is_empty)
}

/// The list that `each` makes of every element.
fn each_element(list: &Node, mut each: impl FnMut(&Node) -> Result<Merged, Diagnostic>) -> Result<Merged, Diagnostic> {
    let outcomes = elements(list).iter().map(&mut each).collect::<Result<Vec<_>, Diagnostic>>()?;
    if outcomes.iter().all(|outcome| matches!(outcome, Merged::Same)) {
        return Ok(Merged::Same);
    }
    let items = elements(list).iter().zip(outcomes).filter_map(|(item, outcome)| outcome.or(item).filter(is_something));
    Ok(Merged::New(with_items(list, items.collect())))
}

/// What identifies the elements of a regular list: those keys that elements have, and each has them all.
struct Regular<'a>(Vec<&'a str>);

impl<'a> Regular<'a> {
    fn of(sides: &[&[Node]], keys: &'a [SmolStr]) -> Option<Self> {
        let all = || sides.iter().copied().flatten();
        let set = |element: &Node, key: &str| {
            let node = if key.is_empty() { Some(element) } else { element.get(key) };
            node.is_some_and(|node| !node.is_null() && !text(element, key).is_empty())
        };
        let scalars = if keys.is_empty() { Some("") } else { None };
        let keys = scalars.into_iter().chain(keys.iter().map(SmolStr::as_str));
        let used = Regular(keys.filter(|key| all().any(|element| set(element, key))).collect());
        let complete = all().all(|element| !used.0.is_empty() && used.0.iter().all(|key| set(element, key)));
        (complete && sides.iter().all(|side| used.are_distinct(side))).then_some(used)
    }

    fn are_distinct(&self, side: &[Node]) -> bool {
        let mut sorted: Vec<&Node> = side.iter().collect();
        sorted.sort_unstable_by(|a, b| self.order(a, b));
        sorted.is_sorted_by(|a, b| self.order(a, b).is_lt())
    }

    fn order(&self, a: &Node, b: &Node) -> Ordering {
        let texts = |element| self.0.iter().map(move |key| text(element, key));
        texts(a).cmp(texts(b))
    }

    /// With several keys kustomize leaves a merged element at its old position, with one it moves it to the front.
    fn several(&self) -> bool {
        self.0.len() > 1
    }
}
