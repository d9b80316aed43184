//! The parsed values of an object after a step that changed some fields.
//!
//! The object shows what was changed: a value has another text or location than before, or a key is new. How kustomize
//! has the new value depends on the step only.

use crate::node::{Node, Scalar, Value};
use crate::resource::ParsedNode;
use crate::resource::parsed::{ParsedKind, STR, is_note, style};
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What a step writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// A text with its tag.
    Text,
    /// A label or annotation: a text that is quoted if it would be something else without.
    Entry,
    /// A value without a tag.
    Untagged,
    /// A number.
    Number,
    /// The text of another value into the field as it is.
    Content,
    /// A copy of a list or mapping, which is not followed.
    Whole,
}

/// Lets the values follow the changes of the object.
pub(super) fn follow(parsed: &mut ParsedNode, object: &Node, written: Written) -> Option<()> {
    if written == Written::Whole {
        return None;
    }
    let mut follower = Follower { written, styles: BTreeMap::new() };
    follower.changed(parsed, object, "")?;
    follower.added(parsed, object)
}

struct Follower {
    written: Written,
    /// The styles of the entries that were replaced, by their keys. New entries share the last value; `None` if it is not known.
    styles: BTreeMap<SmolStr, Option<u8>>,
}

impl Follower {
    /// Changes what is there. `key` is that of the value.
    fn changed(&mut self, parsed: &mut ParsedNode, node: &Node, key: &str) -> Option<()> {
        let is_same = parsed.origin == node.at;
        match (&node.value, parsed.kind) {
            (Value::Map(map), ParsedKind::Map) if is_same => {
                parsed.retain(|key| map.has(key) || is_note(key));
                for pair in parsed.content.chunks_exact_mut(2) {
                    let key = pair[0].text.clone();
                    if let Some(value) = map.get(&key) {
                        self.changed(&mut pair[1], value, &key)?;
                    }
                }
            }
            (Value::Map(_), ParsedKind::Scalar) if parsed.tag == "!!null" => {
                (parsed.kind, parsed.tag) = (ParsedKind::Map, "!!map");
            }
            (Value::Seq(items), ParsedKind::Seq) if is_same && items.len() == parsed.content.len() => {
                parsed.content.iter_mut().zip(items.iter()).try_for_each(|(old, new)| self.changed(old, new, key))?;
            }
            (Value::Scalar(new), ParsedKind::Scalar) => {
                if !is_same || parsed.text != new.text {
                    self.replace(parsed, new, key);
                }
            }
            _ => return None,
        }
        parsed.origin = node.at;
        Some(())
    }

    /// A scalar that a step has set keeps its quotes.
    fn replace(&mut self, parsed: &mut ParsedNode, new: &Scalar, key: &str) {
        if self.written == Written::Content {
            parsed.text = new.text.clone();
            return;
        }
        let known = self.styles.entry(key.into()).or_insert(Some(parsed.style));
        *known = known.filter(|style| *style == parsed.style);
        *parsed = ParsedNode::made(ParsedKind::Scalar, &new.text, (self.written.tag(), parsed.style));
    }

    /// Adds what is new.
    fn added(&self, parsed: &mut ParsedNode, node: &Node) -> Option<()> {
        match &node.value {
            Value::Map(map) => {
                for pair in parsed.content.chunks_exact_mut(2) {
                    if let Some(value) = map.get(&pair[0].text) {
                        self.added(&mut pair[1], value)?;
                    }
                }
                let made: Vec<_> = map.iter().filter(|entry| parsed.get(&entry.key.text).is_none()).collect();
                // The order of entries that a step has made on the way to others is not known.
                let on_the_way = made.iter().filter(|entry| entry.value.as_scalar().is_none()).count();
                if on_the_way > 1 {
                    return None;
                }
                for entry in made {
                    parsed.push(ParsedNode::key(&entry.key.text), self.made(&entry.value, &entry.key.text)?);
                }
            }
            Value::Seq(items) => {
                parsed.content.iter_mut().zip(items.iter()).try_for_each(|(old, new)| self.added(old, new))?;
            }
            Value::Scalar(_) => {}
        }
        Some(())
    }

    fn made(&self, node: &Node, key: &str) -> Option<ParsedNode> {
        let mut made = match &node.value {
            Value::Scalar(new) => {
                let style = match (self.written, self.styles.get(key)) {
                    (Written::Entry, Some(shared)) => (*shared)?,
                    (Written::Entry, None) => entry_style(&new.text),
                    _ => style::PLAIN,
                };
                ParsedNode::made(ParsedKind::Scalar, &new.text, (self.written.tag(), style))
            }
            Value::Map(map) if self.written == Written::Entry || map.len() == 1 => {
                let mut made = ParsedNode::made(ParsedKind::Map, "", ("", style::PLAIN));
                for entry in map {
                    made.push(ParsedNode::key(&entry.key.text), self.made(&entry.value, &entry.key.text)?);
                }
                made
            }
            Value::Map(_) | Value::Seq(_) => return None,
        };
        made.origin = node.at;
        Some(made)
    }
}

impl Written {
    /// What a copy of a value writes.
    pub(crate) fn copy_of(value: &Node) -> Self {
        if value.as_scalar().is_some() { Written::Content } else { Written::Whole }
    }

    fn tag(self) -> &'static str {
        match self {
            Written::Text | Written::Entry => STR,
            Written::Untagged | Written::Content | Written::Whole => "",
            Written::Number => "!!int",
        }
    }
}

/// The style of a text that kustomize makes an entry of a mapping: in quotes if YAML 1.1 reads something else without.
pub(super) fn entry_style(text: &str) -> u8 {
    if text.is_empty() || text.contains('\n') {
        return style::PLAIN;
    }
    let read = yaml::parse(text, Dialect::Yaml11, &|_, _, _| crate::source::Location::NONE);
    // The parser leaves out a document that is null.
    let is_text = read.map_or(true, |documents| documents.first().is_some_and(|node| node.as_str().is_some()));
    if is_text { style::PLAIN } else { style::DOUBLE }
}

/// A mapping of texts that kustomize makes at once.
pub(super) fn made_entries<'e>(entries: impl IntoIterator<Item = (&'e str, &'e Node)>) -> ParsedNode {
    let mut made = ParsedNode::made(ParsedKind::Map, "", ("", style::PLAIN));
    for (key, node) in entries {
        let text = node.as_scalar().map_or("", |scalar| scalar.text.as_str());
        let mut value = made_text(text);
        value.origin = node.at;
        made.push(ParsedNode::key(key), value);
    }
    made
}

/// A text in such a mapping.
pub(super) fn made_text(text: &str) -> ParsedNode {
    let style = if text.contains('\n') { style::LITERAL } else { entry_style(text) };
    ParsedNode::made(ParsedKind::Scalar, text, (STR, style))
}

/// Sets the locations of the values to those of a tree, if both have the same data.
pub(super) fn locate(parsed: &mut ParsedNode, node: &Node) -> Option<()> {
    match (&node.value, parsed.kind) {
        (Value::Map(map), ParsedKind::Map) => {
            let noted = parsed.entries().filter(|(key, _)| is_note(&key.text) && !map.has(&key.text)).count();
            if parsed.content.len() != 2 * (map.len() + noted) {
                return None;
            }
            for pair in parsed.content.chunks_exact_mut(2) {
                match map.get(&pair[0].text) {
                    Some(value) => locate(&mut pair[1], value)?,
                    None if is_note(&pair[0].text) => {}
                    None => return None,
                }
            }
        }
        (Value::Seq(items), ParsedKind::Seq) if items.len() == parsed.content.len() => {
            parsed.content.iter_mut().zip(items.iter()).try_for_each(|(old, new)| locate(old, new))?;
        }
        (Value::Scalar(scalar), ParsedKind::Scalar) if scalar.text == parsed.text => {}
        _ => return None,
    }
    parsed.origin = node.at;
    Some(())
}
