//! A string with its source location.

use crate::node::Node;
use crate::source::Location;
use crate::yaml::{Fields, STRING};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

/// A string of a kustomization and its location.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    /// The string.
    pub(crate) text: SmolStr,
    /// Its location.
    pub(crate) at: Location,
}

impl Text {
    /// The string of a scalar node.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        node.as_str().map(|text| Text { text: text.into(), at: node.at })
    }

    /// The string as a node with the same location.
    pub(crate) fn node(&self) -> Node {
        Node::str(self.text.clone()).placed(self.at)
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Text {
    /// Equal strings; locations do not matter.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Into<SmolStr>> From<T> for Text {
    /// A string that is not in a file.
    fn from(text: T) -> Self {
        Text { text: text.into(), at: Location::NONE }
    }
}

/// A string that is there and not empty.
pub(crate) fn text(fields: &mut Fields, name: &'static str) -> Option<Text> {
    fields.text(name).and_then(Text::of).filter(|text| !text.is_empty())
}

/// A list of strings.
pub(crate) fn texts(fields: &mut Fields, name: &'static str) -> Vec<Text> {
    fields.strs(name).into_iter().filter_map(Text::of).collect()
}

/// Keys and values: labels or annotations.
pub(crate) type TextMap = BTreeMap<SmolStr, Text>;

/// A mapping of strings to strings; `null` is the empty string.
pub(crate) fn pairs(fields: &mut Fields, name: &'static str) -> TextMap {
    let pairs = fields.entries(name, |key, node, errors| {
        if node.is_null() {
            return Some((key.text.clone(), Text { text: "".into(), at: node.at }));
        }
        let text = Text::of(node);
        if text.is_none() {
            errors.wrong_type(&format!("{name}.{}", key.text), STRING, node);
        }
        Some((key.text.clone(), text?))
    });
    pairs.into_iter().collect()
}
