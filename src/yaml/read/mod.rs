//! Reading of YAML.
//!
//! A text is checked for characters that are not allowed, and split into documents. The events of the parser become
//! shared trees. Aliases and merge keys are expanded.

mod builder;
mod cache;
mod characters;
mod embedded;
mod escapes;
mod indentation;
mod key;
mod lines;
mod merge_keys;
mod parser_error;
mod separators;
mod tabs;
mod tagged;

pub(crate) use cache::DocumentCache;
pub(crate) use embedded::scalar_locator;
pub(super) use key::key_type_error;
pub(crate) use merge_keys::apply_merge_key;
pub(super) use tabs::spaces_within_brackets;

use super::{Dialect, Locator};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::limits::{DOCUMENT_DEPTH, TEXT_DOCUMENTS};
use crate::node::Node;
use crate::source::{File, Location};
use builder::{NodeBuilder, NodeCount};

/// What else a reader needs to know about a text.
pub(super) struct ReadOptions {
    /// Whether a scalar is a placeholder.
    is_placeholder: fn(&str) -> bool,
    /// What to do with a template expression in the text.
    braces_help: &'static str,
}

/// For a text that cannot be a template.
const DATA: ReadOptions = ReadOptions { is_placeholder: |_| false, braces_help: "put `{{ … }}` in quotes" };
/// For a file that can become a template.
const MANIFEST: ReadOptions = ReadOptions {
    braces_help: "put `{{ … }}` in quotes, or add `.j2` to the file name to make the file a template",
    ..DATA
};

/// The documents of a file that are not empty.
pub(crate) fn documents(file: &File, dialect: Dialect) -> Result<Vec<Node>> {
    documents_with(file, dialect, &DATA)
}

fn documents_with(file: &File, dialect: Dialect, options: &ReadOptions) -> Result<Vec<Node>> {
    let text = file.text().map_err(|at| {
        Diagnostic::new(Code::Yaml, "the file is not valid UTF-8")
            .at(at)
            .help("save the file as UTF-8, the only encoding that Kubernetes reads")
    })?;
    read(text, dialect, &|line, column, len| Location::new(file.id, line, column, len), options)
}

/// The documents of `text` that are not empty. `locate` returns the source locations of its lines and columns.
pub(crate) fn parse(text: &str, dialect: Dialect, locate: &Locator) -> Result<Vec<Node>> {
    read(text, dialect, locate, &DATA)
}

/// The objects in a text that pleach has written, without source locations.
pub(crate) fn objects(text: &str) -> Result<Vec<Node>> {
    parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE)
}

/// The documents of a text with placeholders: scalars for which `is_placeholder` returns `true`. A `<<` whose value is or
/// has a placeholder stays an entry of the mapping. The caller merges it with [`apply_merge_key`].
pub(crate) fn parse_with_placeholders(
    text: &str,
    dialect: Dialect,
    locate: &Locator,
    is_placeholder: fn(&str) -> bool,
) -> Result<Vec<Node>> {
    read(text, dialect, locate, &ReadOptions { is_placeholder, ..DATA })
}

fn read(text: &str, dialect: Dialect, locate: &Locator, options: &ReadOptions) -> Result<Vec<Node>> {
    let text = characters::clean(text, locate)?;
    let mut documents = Vec::new();
    let mut errors = Vec::new();
    let mut nodes = NodeCount::default();
    for (number, piece) in separators::pieces(&text).enumerate() {
        let locate = |line: usize, column: usize, len: usize| locate(line + piece.line, column, len);
        if number == TEXT_DOCUMENTS {
            let message = format!("the text has more than {TEXT_DOCUMENTS} documents");
            errors.push(Diagnostic::new(Code::Yaml, message).at(locate(1, 1, 0)));
            break;
        }
        let counted = nodes;
        let mut document = NodeBuilder::new(piece.text, dialect, &locate, options, &mut nodes).document();
        if let (Err(_), Some(text)) = (&document, spaces_within_brackets(piece.text)) {
            let mut again = counted;
            if let Ok(read) = NodeBuilder::new(&text, dialect, &locate, options, &mut again).document() {
                (document, nodes) = (Ok(read), again);
            }
        }
        match document {
            Ok(Some(node)) if !node.is_null() => documents.push(node),
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
        if nodes.is_exceeded() {
            break;
        }
        if let Some(trailing) = piece.trailing {
            let line = piece.text.matches('\n').count() + 1;
            let message = format!("unexpected text after `---`: `{trailing}`");
            errors.push(
                Diagnostic::new(Code::Yaml, message)
                    .at(locate(line, 1, 3))
                    .help("put the document on the line below `---`"),
            );
        }
    }
    Diagnostics::check(errors, documents)
}

/// How the parser reads the data of a text: without comments, and with aliases as they are written.
pub(super) fn parser_options() -> granit_parser::Options {
    granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DOCUMENT_DEPTH + 1,
        block_nesting_limit: DOCUMENT_DEPTH + 1,
    }
}
