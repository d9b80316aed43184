//! What kustomize knows of an object besides its data: the style, tag and position of every value.
//!
//! kustomize hashes them together with the data, for objects of any kind. So an object with the annotation that requests
//! such a hash has this tree besides its data, as kustomize would have it at that moment.

use super::Id;
use crate::annotation::{BOOKS_DOMAIN, ORIGIN_ANNOTATION, TRANSFORMATIONS_ANNOTATION};
use crate::source::Location;
use smol_str::SmolStr;

/// A value as go-yaml v3 has it.
#[derive(Clone, Debug)]
pub(crate) struct ParsedNode {
    /// What it is.
    pub(crate) kind: ParsedKind,
    /// How it is written, in the numbers of go-yaml.
    pub(crate) style: u8,
    /// Its tag; empty for most values that kustomize made.
    pub(crate) tag: &'static str,
    /// The text of a scalar.
    pub(crate) text: SmolStr,
    /// The line and column in the document where it was parsed; 0 for a value that kustomize made.
    pub(crate) place: (u32, u16),
    /// The items of a list; the keys and values of a mapping by turns.
    pub(crate) content: Vec<ParsedNode>,
    /// Its comments.
    pub(crate) comments: Comments,
    /// Whether it had content, which Go prints in another way than none at all.
    pub(crate) was_filled: bool,
    /// The location of the same value in the tree of the object, to find values that were replaced.
    pub(crate) origin: Location,
}

/// The comments of a value or key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comments {
    /// Above it.
    pub(crate) head: SmolStr,
    /// Beside it.
    pub(crate) line: SmolStr,
}

/// The kinds of values, with the numbers of go-yaml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParsedKind {
    /// A list.
    Seq = 2,
    /// A mapping.
    Map = 4,
    /// A scalar.
    Scalar = 8,
}

/// The styles of go-yaml.
pub(crate) mod style {
    /// Plain, or a block of lines.
    pub(crate) const PLAIN: u8 = 0;
    /// In double quotes.
    pub(crate) const DOUBLE: u8 = 2;
    /// In single quotes.
    pub(crate) const SINGLE: u8 = 4;
    /// Behind `|`.
    pub(crate) const LITERAL: u8 = 8;
    /// Behind `>`.
    pub(crate) const FOLDED: u8 = 16;
    /// In brackets or braces.
    pub(crate) const FLOW: u8 = 32;
}

/// The tag of texts.
pub(crate) const STR: &str = "!!str";

/// The annotations in which kustomize notes the history of an object. The tree has them, the object does not.
const NOTES: [&str; 5] = ["previousNames", "previousNamespaces", "previousKinds", "prefixes", "suffixes"];

/// Whether kustomize notes something in the annotation `key`.
pub(crate) fn is_note(key: &str) -> bool {
    key.strip_prefix(BOOKS_DOMAIN).is_some_and(|name| NOTES.contains(&name))
        || [ORIGIN_ANNOTATION, TRANSFORMATIONS_ANNOTATION].contains(&key)
}

impl ParsedNode {
    /// A value that kustomize made.
    pub(crate) fn made(kind: ParsedKind, text: &str, (tag, style): (&'static str, u8)) -> Self {
        ParsedNode {
            kind,
            style,
            tag,
            text: text.into(),
            place: (0, 0),
            content: Vec::new(),
            comments: Comments::default(),
            was_filled: false,
            origin: Location::NONE,
        }
    }

    /// A key that kustomize made.
    pub(crate) fn key(text: &str) -> Self {
        ParsedNode::made(ParsedKind::Scalar, text, ("", style::PLAIN))
    }

    /// Whether it or a value in it has a comment.
    pub(crate) fn has_comments(&self) -> bool {
        self.comments != Comments::default() || self.content.iter().any(ParsedNode::has_comments)
    }

    /// The entries of a mapping.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&ParsedNode, &ParsedNode)> {
        self.content.chunks_exact(2).filter(|_| self.kind == ParsedKind::Map).map(|pair| (&pair[0], &pair[1]))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&ParsedNode> {
        self.entries().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }

    /// The value of a key, mutably.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut ParsedNode> {
        let i = self.entries().position(|(name, _)| name.text == key)?;
        self.content.get_mut(2 * i + 1)
    }

    /// Adds an entry at the end.
    pub(crate) fn push(&mut self, key: ParsedNode, value: ParsedNode) {
        self.content.extend([key, value]);
    }

    /// Keeps the entries whose keys `keep` accepts.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        if self.content.chunks_exact(2).all(|pair| keep(&pair[0].text)) {
            return;
        }
        self.was_filled = true;
        let mut entries = std::mem::take(&mut self.content).into_iter();
        while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
            if keep(&key.text) {
                self.content.extend([key, value]);
            }
        }
    }

    /// Sets an entry to a text. A value that is replaced keeps its style; a new one has `style`.
    pub(crate) fn set(&mut self, key: &str, text: &str, style: u8) {
        let style = self.get(key).map_or(style, |old| old.style);
        let new = ParsedNode::made(ParsedKind::Scalar, text, (STR, style));
        if let Some(old) = self.get_mut(key) {
            *old = new;
        } else {
            self.push(ParsedNode::key(key), new);
        }
    }

    fn annotations(&mut self) -> Option<&mut ParsedNode> {
        self.get_mut("metadata")?.get_mut("annotations").filter(|node| node.kind == ParsedKind::Map)
    }

    /// Adds the present id of the object to the notes.
    pub(super) fn note_id(&mut self, id: &Id) -> Option<()> {
        self.note("previousNames", &id.name)?;
        self.note("previousNamespaces", id.effective_namespace())?;
        self.note("previousKinds", &id.gvk.kind)
    }

    /// Adds a text to a list in the notes.
    pub(super) fn note(&mut self, list: &str, text: &str) -> Option<()> {
        let annotations = self.annotations()?;
        if text.is_empty() {
            return Some(());
        }
        let key = format!("{BOOKS_DOMAIN}{list}");
        let text = annotations.get(&key).map_or_else(|| text.to_owned(), |old| format!("{},{text}", old.text));
        annotations.set(&key, &text, style::SINGLE);
        Some(())
    }
}
