//! The parsed values of an object after a strategic merge patch.
//!
//! The locations in the object show what came from where: a value with the location of the patch has the position in the
//! patch. kustomize passes over the whole object, and makes all lists anew that merge by keys.

use super::follow::{locate, made_entries};
use super::read;
use crate::node::{Map, Node, Tag, Value};
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
        let mut parsed = read::object(text, own.get(nth)?)?;
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
        *parsed = merge.value(object, Some(parsed), merge.shape(None, object))?;
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

    /// A value of the patched object; `old` is that of the object before.
    fn value(&self, node: &Node, old: Option<&ParsedNode>, shape: Option<MergeShape>) -> Option<ParsedNode> {
        match &node.value {
            Value::Map(map) => self.map(map, node, old, self.shape(shape, node)),
            Value::Seq(items) => self.list(items, node, old, shape),
            Value::Scalar(scalar) => {
                let kept = old.filter(|old| old.kind == ParsedKind::Scalar && old.origin == node.at);
                let mut new = kept.or_else(|| self.of_patch(node, ParsedKind::Scalar))?.clone();
                match old.filter(|_| kept.is_none()) {
                    Some(old) => new.style = old.style,
                    None if new.tag == "!!null" => new.place = (0, 0),
                    None => {
                        let is_word = yaml::resolve(&new.text, Dialect::Yaml11) == Tag::Bool;
                        if is_word && new.tag == STR && new.style == style::PLAIN {
                            new.style = style::DOUBLE;
                        }
                    }
                }
                (new.text == scalar.text).then_some(new)
            }
        }
    }

    fn map(&self, map: &Map, node: &Node, old: Option<&ParsedNode>, shape: Option<MergeShape>) -> Option<ParsedNode> {
        let kept = old.filter(|old| old.kind == ParsedKind::Map && old.origin == node.at);
        let base = kept.or_else(|| self.of_patch(node, ParsedKind::Map))?;
        let mut new = ParsedNode { content: Vec::new(), ..base.clone() };
        let field = |name: &str| self.schema.field(shape?, name);
        for (key, value) in base.entries() {
            if let Some(node) = map.get(&key.text) {
                new.push(key.clone(), self.value(node, kept.map(|_| value), field(&key.text))?);
            } else if is_note(&key.text) {
                new.push(key.clone(), value.clone());
            }
        }
        for entry in map.iter().filter(|entry| base.get(&entry.key.text).is_none()) {
            let key = ParsedNode::key(&entry.key.text);
            new.push(key, self.value(&entry.value, None, field(&entry.key.text))?);
        }
        Some(new)
    }

    fn list(
        &self,
        items: &[Node],
        node: &Node,
        old: Option<&ParsedNode>,
        shape: Option<MergeShape>,
    ) -> Option<ParsedNode> {
        let old = old.filter(|old| old.kind == ParsedKind::Seq);
        let Some(keys) = shape.and_then(|shape| self.schema.keys(shape)) else {
            let kept = old.filter(|old| old.origin == node.at);
            let mut new = kept.or_else(|| self.of_patch(node, ParsedKind::Seq))?.clone();
            locate(&mut new, node)?;
            return Some(new);
        };
        let base = old.or_else(|| self.of_patch(node, ParsedKind::Seq))?;
        if items.is_empty() {
            return base.content.is_empty().then(|| base.clone());
        }
        let mut new = ParsedNode::made(ParsedKind::Seq, "", ("", base.style));
        for item in items {
            let item = if keys.is_empty() {
                let mut made = ParsedNode::made(ParsedKind::Scalar, &item.as_scalar()?.text, ("", style::PLAIN));
                made.origin = item.at;
                made
            } else {
                let mut same = old.into_iter().flat_map(|old| &old.content).filter(|old| old.origin == item.at);
                let first = same.next();
                if same.next().is_some() {
                    return None;
                }
                self.value(item, first, shape.and_then(|shape| self.schema.items(shape)))?
            };
            new.content.push(item);
        }
        new.origin = node.at;
        Some(new)
    }
}
