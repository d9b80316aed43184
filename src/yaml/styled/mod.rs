//! A YAML text of which values change: styles, comments and the order of keys stay as go-yaml v3 keeps them.
//!
//! It writes the text anew: without blank lines, with lists at the indentation of their keys and flow collections on one line. A
//! text that go-yaml would tear apart, such as one with comments in unusual positions, is refused.

mod comments;
mod layout;
mod write;

use super::{Dialect, read};
use crate::node::Node;
use crate::source::{FileId, Location};
use comments::TextComments;
use layout::TextLayout;
use std::collections::BTreeSet;

/// The file of locations in the text, which is no file.
const WITHIN: FileId = FileId(u32::MAX - 1);

/// A line and a column, both counted from 1.
type TextPoint = (u32, u16);

/// A YAML document with its styles and comments.
pub(crate) struct StyledText {
    /// The document. Values that keep their location keep their style.
    pub(crate) document: Node,
    /// Whether other documents follow it, which are not written.
    pub(crate) has_more: bool,
    /// The positions of scalars in single quotes.
    single: BTreeSet<TextPoint>,
    /// The positions of collections in brackets and braces, and the number of collections around them.
    flow: BTreeSet<(TextPoint, usize)>,
    comments: TextComments,
}

impl StyledText {
    /// Reads the first document of `text`, or says why its text cannot be kept. `None` if it is no list or mapping.
    pub(crate) fn read(text: &str) -> Result<Option<Self>, &'static str> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        if text.lines().any(|line| line.len() > usize::from(u16::MAX)) {
            return Err("has a line of more than 65,535 bytes");
        }
        let layout = TextLayout::of(&text)?;
        let locate = |line: usize, column: usize, length: usize| Location::new(WITHIN, line, column, length);
        let Ok(documents) = read::parse(&text, Dialect::Kubernetes, &locate) else {
            return if read::parse(&text, Dialect::Yaml11, &locate).is_ok() {
                Err("has a key twice")
            } else {
                Ok(None)
            };
        };
        let has_more = documents.len() > 1;
        let Some(document) = documents.into_iter().next().filter(|document| document.as_scalar().is_none()) else {
            return Ok(None);
        };
        let comments = TextComments::of(&text, &layout)?;
        Ok(Some(StyledText { document, has_more, single: layout.single, flow: layout.flow, comments }))
    }

    /// The text, without a line break at its end.
    pub(crate) fn write(&self) -> String {
        write::document(self)
    }
}

/// The position of what is in the text.
fn position(at: Location) -> Option<TextPoint> {
    (at.file() == Some(WITHIN)).then_some((at.line, at.column))
}
