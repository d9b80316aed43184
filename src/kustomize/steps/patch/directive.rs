//! `$patch` directives: instructions in a strategic merge patch.
//!
//! Other directives of kubectl (`$setElementOrder/…`, `$deleteFromPrimitiveList/…`, `$retainKeys`) mean nothing to
//! kustomize: they stay in the object, which [`leak`] reports.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, MapKey, Node};

/// The key of a directive.
pub(super) const KEY: &str = "$patch";

/// What a patch does to the value in the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// The patch is merged into it; the same as no directive.
    Merge,
    /// The patch replaces it.
    Replace,
    /// It is removed.
    Delete,
}

impl Directive {
    fn named(value: &Node) -> Result<Self, Diagnostic> {
        match value.as_scalar().map_or("", |scalar| scalar.text.as_str()) {
            "merge" => Ok(Directive::Merge),
            "replace" => Ok(Directive::Replace),
            "delete" => Ok(Directive::Delete),
            word => Err(Diagnostic::new(Code::Overlay, format!("unknown `$patch` directive `{word}`"))
                .at(value.at)
                .suggest(word, ["merge", "replace", "delete"])
                .help("use `merge`, `replace` or `delete`")),
        }
    }

    /// The directive of a mapping.
    pub(super) fn of_map(map: &Map) -> Result<Self, Diagnostic> {
        map.get(KEY).map_or(Ok(Directive::Merge), Directive::named)
    }

    /// The directive of a list, which is an element with nothing but a directive, and the list without it. The first
    /// element with a directive decides.
    pub(super) fn of_list(list: &[Node]) -> Result<Option<(Self, Vec<Node>)>, Diagnostic> {
        let first = list.iter().filter_map(Node::as_map).find(|map| map.has(KEY));
        let Some(value) = first.filter(|map| map.len() == 1).and_then(|map| map.get(KEY)) else { return Ok(None) };
        let directive = Directive::named(value)?;
        let is_same = |node: &Node| node.get(KEY).is_some_and(|other| other.as_text() == value.as_text());
        let is_nothing = |node: &Node| node.is_null() || node.as_map().is_some_and(Map::is_empty);
        Ok(Some((directive, list.iter().filter(|node| !is_same(node) && !is_nothing(node)).cloned().collect())))
    }
}

/// A diagnostic about a key that is a directive to kubectl, but a field to kustomize.
pub(super) fn leak(key: &MapKey) -> Option<Diagnostic> {
    let text = &key.text;
    let is_directive = ["$setElementOrder/", "$deleteFromPrimitiveList/"].iter().any(|start| text.starts_with(start));
    (is_directive || text == "$retainKeys").then(|| {
        Diagnostic::new(Code::Overlay, format!("kustomize treats `{text}` as a field of the object"))
            .at(key.at)
            .help("`$patch` is the only directive that it supports")
    })
}
