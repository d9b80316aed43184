//! Text to nodes.
//!
//! A text is checked for forbidden characters and split into documents. The parser's events become shared trees with
//! anchors, aliases and merge keys expanded.

mod builder;
mod cache;
mod characters;
mod embedded;
mod escapes;
mod key;
mod merge_keys;
mod parser_error;
mod separators;
mod tabs;
mod tagged;

pub use cache::DocumentCache;
pub use embedded::inset;
pub(super) use key::no_string;
pub use merge_keys::merge;

use super::{Dialect, Locator};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::Node;
use crate::source::{File, Location};
use builder::NodeBuilder;

/// How many documents one text may hold.
const MAX_DOCUMENTS: usize = 10_000;

/// The documents of a file that are not empty.
pub fn documents(file: &File, dialect: Dialect) -> Result<Vec<Node>> {
    let text = file.text().map_err(|at| {
        Diagnostic::new(Code::Yaml, "this is not UTF-8")
            .at(at)
            .help("save the file as UTF-8; Kubernetes reads nothing else")
    })?;
    parse(text, dialect, &|line, column, len| Location::new(file.id, line, column, len))
}

/// The documents of `text` that are not empty; `place` says where its lines and columns stand in a file.
pub fn parse(text: &str, dialect: Dialect, place: &Locator) -> Result<Vec<Node>> {
    parse_with_placeholders(text, dialect, place, |_| false)
}

/// The documents of a text in which the scalars that `is_placeholder` tells stand for values yet to come: what `<<` would merge
/// stays under that key if one of them is in it, for the module `merge`.
pub fn parse_with_placeholders(
    text: &str,
    dialect: Dialect,
    place: &Locator,
    is_placeholder: fn(&str) -> bool,
) -> Result<Vec<Node>> {
    let text = characters::clean(text, place)?;
    let pieces = separators::pieces(&text);
    if pieces.len() > MAX_DOCUMENTS {
        let message = format!("the file holds {} documents; {MAX_DOCUMENTS} is the limit", pieces.len());
        return Err(Diagnostic::new(Code::Yaml, message).at(place(1, 1, 0)).into());
    }
    let mut documents = Vec::new();
    let mut complaints = Vec::new();
    for piece in pieces {
        let place = |line: usize, column: usize, len: usize| place(line + piece.line, column, len);
        match NodeBuilder::new(piece.text, dialect, &place, is_placeholder).document() {
            Ok(Some(node)) if !node.is_null() => documents.push(node),
            Ok(_) => {}
            Err(error) => complaints.push(error),
        }
        if let Some(trailing) = piece.trailing {
            let line = piece.text.matches('\n').count() + 1;
            let message = format!("`{trailing}` stands behind the `---` that begins a document");
            complaints.push(
                Diagnostic::new(Code::Yaml, message)
                    .at(place(line, 1, 3))
                    .help("put the document on the line below `---`"),
            );
        }
    }
    Diagnostics::check(complaints, documents)
}
