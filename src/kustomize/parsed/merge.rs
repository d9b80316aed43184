//! The parsed values of an object after a strategic merge patch.
//!
//! The locations in the object show what came from where: a value with the location of the patch has the position in the
//! patch. kustomize passes over the whole object, and makes all lists anew that merge by keys.

use super::follow::{entry_style, locate, made_entries};
use super::read;
use crate::node::{Map, Node, Value};
use crate::resource::ParsedNode;
use crate::resource::parsed::{ParsedKind, STR, is_note, style};
use crate::schema::merge::{MergeSchema, MergeShape};
use crate::source::{FileId, Location};
use crate::yaml::{self, Dialect};
use std::collections::BTreeMap;

/// The parsed values of a patch.
pub(crate) struct ParsedPatch {
    parsed: ParsedNode,
    /// Whether kustomize makes its identity, labels and annotations anew.
    is_made: bool,
}

impl ParsedPatch {
    /// The `nth` patch in a text. `is_made` says whether kustomize makes its identity, labels and annotations anew, as it does
    /// with a `target`.
    pub(crate) fn read(text: &str, nth: usize, node: &Node, is_made: bool) -> Option<Self> {
        let at = |line, column, length| Location::new(FileId(0), line, column, length);
        let own = yaml::parse(text, Dialect::Kubernetes, &at).ok()?;
        // kustomize gives some comments of a patch to values of the object.
        let mut parsed = read::object(text, own.get(nth)?).filter(|parsed| !parsed.has_comments())?;
        for field in ["labels", "annotations"].into_iter().filter(|_| is_made) {
            let Some(map) = node.at_path(&["metadata", field]) else {
                parsed.get_mut("metadata")?.retain(|key| key != field);
                continue;
            };
            let made = made_entries(map.as_map()?.iter().map(|entry| (entry.key.text.as_str(), &entry.value)));
            *parsed.get_mut("metadata")?.get_mut(field)? = made;
        }
        locate(&mut parsed, node)?;
        Some(ParsedPatch { parsed, is_made })
    }

    /// Makes the values of an object those of the patched `object`.
    pub(super) fn merge(&self, parsed: &mut ParsedNode, object: &Node, schema: &MergeSchema) -> Option<()> {
        let mut values = BTreeMap::new();
        index(&self.parsed, &mut values);
        let merge = ParsedMerge { values, schema };
        *parsed = merge.value(object, (Some(parsed), Some(&self.parsed)), merge.shape(None, object))?;
        // kustomize sets what a patch may not change.
        for key in ["kind", "apiVersion"].into_iter().filter(|key| *key == "kind" || self.is_made) {
            set_again(parsed, key, object.get(key))?;
        }
        let metadata = parsed.get_mut("metadata")?;
        for key in ["name", "namespace"] {
            let value = object.at_path(&["metadata", key]);
            if key == "name" || value.and_then(Node::as_text).is_some_and(|text| !text.is_empty()) {
                set_again(metadata, key, value)?;
            }
        }
        Some(())
    }
}

fn set_again(parent: &mut ParsedNode, key: &str, value: Option<&Node>) -> Option<()> {
    let old = parent.get_mut(key)?;
    let style = old.style;
    *old = ParsedNode::made(ParsedKind::Scalar, &value?.as_scalar()?.text, ("", style));
    old.origin = value?.at;
    Some(())
}

/// The values by their locations and kinds; `None` for several with the same.
type ValuesByOrigin<'p> = BTreeMap<(Location, u8), Option<&'p ParsedNode>>;

fn index<'p>(parsed: &'p ParsedNode, values: &mut ValuesByOrigin<'p>) {
    let is_new = !values.contains_key(&(parsed.origin, parsed.kind as u8));
    values.insert((parsed.origin, parsed.kind as u8), is_new.then_some(parsed));
    let step = if parsed.kind == ParsedKind::Map { 2 } else { 1 };
    parsed.content.iter().skip(step - 1).step_by(step).for_each(|value| index(value, values));
}

struct ParsedMerge<'p> {
    /// Those of the patch.
    values: ValuesByOrigin<'p>,
    schema: &'p MergeSchema,
}

impl<'p> ParsedMerge<'p> {
    /// The shape of a value, which a nested object defines itself.
    fn shape(&self, known: Option<MergeShape>, node: &Node) -> Option<MergeShape> {
        known.or_else(|| {
            let text = |key| node.get(key).and_then(Node::as_text);
            self.schema.kind(text("apiVersion")?, text("kind")?)
        })
    }

    fn of_patch(&self, node: &Node, kind: ParsedKind) -> Option<&'p ParsedNode> {
        *self.values.get(&(node.at, kind as u8))?
    }

    /// A value of the patched object. `sides` are the value before and that of the patch, if it is known which it is.
    fn value(&self, node: &Node, sides: ParsedSides, shape: Option<MergeShape>) -> Option<ParsedNode> {
        match &node.value {
            Value::Map(map) => self.map(map, node, sides, self.shape(shape, node)),
            Value::Seq(items) => self.list(items, node, sides, shape),
            Value::Scalar(scalar) => {
                let (old, _) = sides;
                let kept = old.filter(|old| old.kind == ParsedKind::Scalar && old.origin == node.at);
                let mut new = kept.or_else(|| self.of_patch(node, ParsedKind::Scalar))?.clone();
                match old.filter(|_| kept.is_none()) {
                    Some(old) => new.style = old.style,
                    None if new.tag == "!!null" => new.place = (0, 0),
                    None if new.tag == STR && new.style == style::PLAIN => new.style = entry_style(&new.text),
                    None => {}
                }
                (new.text == scalar.text).then_some(new)
            }
        }
    }

    fn map(&self, map: &Map, node: &Node, (old, patch): ParsedSides, shape: Option<MergeShape>) -> Option<ParsedNode> {
        let kept = old.filter(|old| old.kind == ParsedKind::Map && old.origin == node.at);
        let base = kept.or_else(|| self.of_patch(node, ParsedKind::Map))?;
        let mut new = base.clone();
        new.style = match old.filter(|_| kept.is_none()) {
            Some(replaced) => replaced.style,
            None => style_of(base, patch, map.is_empty())?,
        };
        new.was_filled |= !new.content.is_empty();
        new.content.clear();
        let field = |name: &str| self.schema.field(shape?, name);
        let of_patch = |name: &str| patch.and_then(|patch| patch.get(name));
        for (key, value) in base.entries() {
            if let Some(node) = map.get(&key.text) {
                let sides = (kept.map(|_| value), of_patch(&key.text));
                new.push(key.clone(), self.value(node, sides, field(&key.text))?);
            } else if is_note(&key.text) {
                new.push(key.clone(), value.clone());
            }
        }
        for entry in map.iter().filter(|entry| base.get(&entry.key.text).is_none()) {
            let name = &entry.key.text;
            let mut value = self.value(&entry.value, (None, of_patch(name)), field(name))?;
            if value.kind == ParsedKind::Seq && value.place == (0, 0) {
                value.style = style::PLAIN;
            }
            new.push(ParsedNode::key(name), value);
        }
        Some(new)
    }

    fn list(
        &self,
        items: &[Node],
        node: &Node,
        (old, patch): ParsedSides,
        shape: Option<MergeShape>,
    ) -> Option<ParsedNode> {
        let replaced = old;
        let old = old.filter(|old| old.kind == ParsedKind::Seq);
        let Some(keys) = shape.and_then(|shape| self.schema.keys(shape)) else {
            let kept = old.filter(|old| old.origin == node.at);
            let mut new = kept.or_else(|| self.of_patch(node, ParsedKind::Seq))?.clone();
            new.style = replaced.filter(|_| kept.is_none()).map_or(new.style, |old| old.style);
            locate(&mut new, node)?;
            return Some(new);
        };
        let base = old.or_else(|| self.of_patch(node, ParsedKind::Seq))?;
        if items.is_empty() {
            return base.content.is_empty().then(|| base.clone());
        }
        let mut new = ParsedNode::made(ParsedKind::Seq, "", ("", style_of(base, patch, false)?));
        new.origin = node.at;
        for item in items {
            let parsed = if keys.is_empty() {
                member(&item.as_scalar()?.text, (old, patch))?
            } else {
                let mut same = old.into_iter().flat_map(|old| &old.content).filter(|old| old.origin == item.at);
                let first = same.next();
                if same.next().is_some() {
                    return None;
                }
                self.value(item, (first, None), self.schema.items(shape?))?
            };
            new.content.push(parsed);
        }
        locate(&mut new, node)?;
        Some(new)
    }
}

/// A value before and that of the patch.
type ParsedSides<'s> = (Option<&'s ParsedNode>, Option<&'s ParsedNode>);

/// The style of a mapping or list, which something empty takes from what is put into it.
fn style_of(base: &ParsedNode, patch: Option<&ParsedNode>, is_empty: bool) -> Option<u8> {
    if is_empty || !base.content.is_empty() { Some(base.style) } else { Some(patch?.style) }
}

/// A member of a set. One that both sides have stays what it is.
fn member(text: &str, (old, patch): ParsedSides) -> Option<ParsedNode> {
    let find = |list: Option<&ParsedNode>| list?.content.iter().find(|item| item.text == text).cloned();
    match (find(old), find(patch)) {
        (Some(old), Some(_)) => Some(old),
        (Some(one), None) | (None, Some(one)) => Some(ParsedNode::made(ParsedKind::Scalar, text, ("", one.style))),
        (None, None) => None,
    }
}
