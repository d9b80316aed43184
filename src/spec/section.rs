//! A mapping of the spec. A value of the wrong type reads as absent, because the check against the JSON Schema reports it.

use super::Placed;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, Node, Tag};
use crate::schema::branches as schema;
use crate::source::Location;
use smol_str::SmolStr;

/// A mapping and the name of the schema definition that describes it.
pub(super) struct Section<'a> {
    part: &'static str,
    map: Option<&'a Map>,
    /// The start of the mapping.
    pub(super) at: Location,
}

impl<'a> Section<'a> {
    pub(super) fn new(part: &'static str, node: &'a Node) -> Self {
        Section { part, map: node.as_map(), at: node.at }
    }

    /// The mapping under `key`, as a section with the same definition name.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        self.node(key).filter(|node| node.as_map().is_some()).map(|node| Section::new(key, node))
    }

    /// The value of `key`. `null` counts as absent.
    pub(super) fn node(&self, key: &'static str) -> Option<&'a Node> {
        debug_assert!(schema::has_key(self.part, key), "the schema has no `{key}` in `{}`", self.part);
        self.map?.get(key).filter(|node| !node.is_null())
    }

    /// The string under `key`.
    pub(super) fn text(&self, key: &'static str) -> Option<SmolStr> {
        self.node(key).and_then(text)
    }

    /// The string under `key` with its location.
    pub(super) fn placed(&self, key: &'static str) -> Option<Placed<SmolStr>> {
        self.node(key).and_then(placed)
    }

    /// The strings in the list under `key` with their locations.
    pub(super) fn placed_list(&self, key: &'static str) -> Vec<Placed<SmolStr>> {
        self.list(key).unwrap_or_default().iter().filter_map(placed).collect()
    }

    /// The items of the list under `key`.
    pub(super) fn list(&self, key: &'static str) -> Option<&'a [Node]> {
        self.node(key)?.as_seq()
    }

    /// The mapping under `key`.
    pub(super) fn map(&self, key: &'static str) -> Option<&'a Map> {
        self.node(key)?.as_map()
    }

    /// The location of the value of `key`.
    pub(super) fn place(&self, key: &'static str) -> Location {
        self.node(key).map_or(Location::NONE, |node| node.at)
    }

    /// The location of `key` itself.
    pub(super) fn key_place(&self, key: &'static str) -> Option<Location> {
        self.node(key)?;
        self.map?.entry(key).map(|entry| entry.key.at)
    }

    /// An error for each of `keys` that is set, because it has no effect: `why` completes the sentence.
    pub(super) fn without_effect(
        &self,
        code: Code,
        keys: &[&'static str],
        why: &str,
        help: impl Into<String>,
    ) -> Vec<Diagnostic> {
        let help = help.into();
        let set = keys.iter().filter_map(|key| Some((key, self.key_place(key)?)));
        set.map(|(key, at)| Diagnostic::new(code, format!("`{key}` has no effect {why}")).at(at).help(help.clone()))
            .collect()
    }
}

fn placed(node: &Node) -> Option<Placed<SmolStr>> {
    Some(Placed { value: text(node)?, at: node.at })
}

/// The text of a string or of an unquoted date.
pub(super) fn text(node: &Node) -> Option<SmolStr> {
    node.as_scalar().filter(|scalar| matches!(scalar.tag, Tag::Str | Tag::Timestamp)).map(|scalar| scalar.text.clone())
}
