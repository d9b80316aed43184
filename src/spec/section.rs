//! A mapping of the spec, asked for its keys without a word about its shape: what has the wrong type is not there, and the
//! schema has said why.

use crate::node::{Map, Node, Tag};
use crate::schema::branches as schema;
use crate::source::Location;
use smol_str::SmolStr;

/// A mapping, and which part of the schema describes it.
pub(super) struct Section<'a> {
    part: &'static str,
    map: Option<&'a Map>,
    /// Where it begins.
    pub(super) at: Location,
}

impl<'a> Section<'a> {
    pub(super) fn new(part: &'static str, node: &'a Node) -> Self {
        Section { part, map: node.as_map(), at: node.at }
    }

    /// The mapping under `key`, if there is one.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        self.node(key).filter(|node| node.as_map().is_some()).map(|node| Section::new(key, node))
    }

    /// What stands under `key`, if anything but null.
    pub(super) fn node(&self, key: &'static str) -> Option<&'a Node> {
        debug_assert!(schema::has_key(self.part, key), "the schema knows no `{key}` in `{}`", self.part);
        self.map?.get(key).filter(|node| !node.is_null())
    }

    /// The string under `key`.
    pub(super) fn text(&self, key: &'static str) -> Option<SmolStr> {
        self.node(key).and_then(text)
    }

    /// The items of the list under `key`.
    pub(super) fn list(&self, key: &'static str) -> Option<&'a [Node]> {
        self.node(key)?.as_seq()
    }

    /// The mapping under `key`.
    pub(super) fn map(&self, key: &'static str) -> Option<&'a Map> {
        self.node(key)?.as_map()
    }

    /// Where the value of `key` stands.
    pub(super) fn place(&self, key: &'static str) -> Location {
        self.node(key).map_or(Location::NONE, |node| node.at)
    }

    /// Where `key` itself stands.
    pub(super) fn key_place(&self, key: &'static str) -> Option<Location> {
        self.node(key)?;
        self.map?.entry(key).map(|entry| entry.key.at)
    }
}

/// The text of a string; an unquoted date is one too.
pub(super) fn text(node: &Node) -> Option<SmolStr> {
    node.as_scalar().filter(|scalar| matches!(scalar.tag, Tag::Str | Tag::Timestamp)).map(|scalar| scalar.text.clone())
}
