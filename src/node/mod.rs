//! A YAML value with its source location.
//!
//! Trees are shared: cloning a node copies a pointer, and changing it copies only the path to it. A scalar keeps
//! its text, tag and style apart, because kustomize changes one without the others. Nothing here reads or writes YAML.

mod map;

pub(crate) use map::{Map, MapEntry, MapKey};

use crate::source::Location;
use smol_str::SmolStr;
use std::sync::Arc;

/// One value of a YAML document and its source location.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where the value begins; [`Location::NONE`] for a value that is not from a file.
    pub(crate) at: Location,
    /// The value.
    pub(crate) value: Value,
}

/// The three kinds of YAML values. Anchors, aliases and merge keys are expanded on reading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A string, number, boolean, date or null.
    Scalar(Scalar),
    /// A list.
    Seq(Arc<Vec<Node>>),
    /// A mapping with string keys.
    Map(Map),
}

/// A scalar: its text, the type that the text resolves to, and how it was written.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    /// The content after unquoting and unfolding; `0644` stays `0644`.
    pub(crate) text: SmolStr,
    /// The type.
    pub(crate) tag: Tag,
    /// How it was written.
    pub(crate) style: Style,
}

/// The type of a scalar under the dialect of kustomize (YAML 1.2 core with the 1.1 integers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// `!!str`.
    Str,
    /// `!!null`: `null`, `~`, or nothing at all.
    Null,
    /// `!!bool`.
    Bool,
    /// `!!int`, in any base.
    Int,
    /// `!!float`.
    Float,
    /// `!!timestamp`: an unquoted date.
    Timestamp,
}

impl Tag {
    /// The tag as YAML text, such as `!!str`.
    pub(crate) fn yaml(self) -> &'static str {
        match self {
            Tag::Str => "!!str",
            Tag::Null => "!!null",
            Tag::Bool => "!!bool",
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            Tag::Timestamp => "!!timestamp",
        }
    }
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes; for a null, as nothing at all within brackets or braces.
    Quoted,
    /// As a literal block, behind `|`.
    Block,
    /// As a folded block, behind `>`.
    Folded,
}

impl PartialEq for Scalar {
    /// Compares the data; the style is ignored.
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag && self.text == other.text
    }
}

impl PartialEq for Node {
    /// Compares the data; source locations are ignored.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Scalar {
    /// A string. The writer chooses a style that keeps it a string.
    pub(crate) fn str(text: impl Into<SmolStr>) -> Self {
        Scalar { text: text.into(), tag: Tag::Str, style: Style::Quoted }
    }
}

impl Node {
    /// `value` at `at`.
    pub(crate) fn new(value: Value, at: Location) -> Self {
        Node { at, value }
    }

    /// A string without a source location.
    pub(crate) fn str(text: impl Into<SmolStr>) -> Self {
        Node::new(Value::Scalar(Scalar::str(text)), Location::NONE)
    }

    /// An integer without a source location.
    pub(crate) fn int(number: i64) -> Self {
        Node::plain(number.to_string(), Tag::Int)
    }

    /// A boolean without a source location.
    pub(crate) fn bool(truth: bool) -> Self {
        Node::plain(if truth { "true" } else { "false" }, Tag::Bool)
    }

    /// `null`.
    pub(crate) fn null() -> Self {
        Node::plain("null", Tag::Null)
    }

    /// A plain scalar with a given tag and without a source location.
    pub(crate) fn plain(text: impl Into<SmolStr>, tag: Tag) -> Self {
        Node::new(Value::Scalar(Scalar { text: text.into(), tag, style: Style::Plain }), Location::NONE)
    }

    /// A list without a source location.
    pub(crate) fn seq(items: impl IntoIterator<Item = Node>) -> Self {
        Node::new(Value::Seq(Arc::new(items.into_iter().collect())), Location::NONE)
    }

    /// An empty mapping without a source location.
    pub(crate) fn map() -> Self {
        Node::new(Value::Map(Map::default()), Location::NONE)
    }

    /// The same value with the source location `at`.
    #[must_use]
    pub(crate) fn placed(mut self, at: Location) -> Self {
        self.at = at;
        self
    }

    /// The scalar, if it is one.
    pub(crate) fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a string; `None` for any other type, numbers included.
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.as_scalar().filter(|s| s.tag == Tag::Str).map(|s| s.text.as_str())
    }

    /// The text of a scalar of any type except null.
    pub(crate) fn as_text(&self) -> Option<&str> {
        self.as_scalar().filter(|s| s.tag != Tag::Null).map(|s| s.text.as_str())
    }

    /// The value of a boolean in any spelling.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        self.as_scalar()
            .filter(|s| s.tag == Tag::Bool)
            .map(|s| matches!(s.text.as_bytes(), [b't' | b'T' | b'y' | b'Y', ..] | [b'o' | b'O', b'n' | b'N']))
    }

    /// The items of a list.
    pub(crate) fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a list, mutably. Copies the list if it is shared.
    pub(crate) fn as_seq_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::Seq(items) => Some(Arc::make_mut(items)),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, mutably.
    pub(crate) fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether it is `null` in any spelling.
    pub(crate) fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|s| s.tag == Tag::Null)
    }

    /// The value of `key`, if this is a mapping that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value of `key`, mutably.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(key)
    }

    /// The value at a path of mapping keys.
    pub(crate) fn at_path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The string at a path of mapping keys.
    pub(crate) fn str_at(&self, path: &[&str]) -> Option<&str> {
        self.at_path(path)?.as_str()
    }

    /// The mapping of `key`, created if it does not exist or is null. `None` if the value is not a mapping.
    pub(crate) fn map_entry(&mut self, key: &str) -> Option<&mut Node> {
        let map = self.as_map_mut()?;
        if map.get(key).is_none_or(Node::is_null) {
            map.insert(key, Node::map());
        }
        map.get_mut(key).filter(|node| node.as_map().is_some())
    }

    /// The number of nodes in it, with itself and with keys, as if nothing was shared.
    pub(crate) fn node_count(&self) -> usize {
        match &self.value {
            Value::Scalar(_) => 1,
            Value::Seq(items) => 1 + items.iter().map(Node::node_count).sum::<usize>(),
            Value::Map(map) => 1 + map.iter().map(|entry| 1 + entry.value.node_count()).sum::<usize>(),
        }
    }

    /// The kind of value for an error message.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Scalar(scalar) => match scalar.tag {
                Tag::Str => "a string",
                Tag::Null => "null",
                Tag::Bool => "a boolean",
                Tag::Int => "an integer",
                Tag::Float => "a number",
                Tag::Timestamp => "a date",
            },
        }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Node::str(text)
    }
}

impl<const N: usize> From<[(&'static str, Node); N]> for Node {
    /// A mapping with the given entries.
    fn from(entries: [(&'static str, Node); N]) -> Self {
        entries.into_iter().collect::<Map>().into()
    }
}

impl From<Map> for Node {
    fn from(map: Map) -> Self {
        Node::new(Value::Map(map), Location::NONE)
    }
}
