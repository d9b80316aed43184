//! YAML in and out.
//!
//! [`parse`] reads the data that kustomize would read from the same text, with the place of every node and key;
//! [`write()`] prints the one canonical form that kustomize prints. [`Fields`] reads a mapping into a type and collects
//! every fault. Nothing else knows the YAML crate, and nothing here knows Kubernetes.

mod cache;
mod date;
pub mod edit;
mod escape;
mod fields;
mod fold;
mod folded;
mod input;
mod inset;
mod merge;
pub mod number;
mod order;
mod quote;
mod read;
mod resolve;
mod split;
mod syntax;
mod tab;
mod write;

pub use cache::Cache;
pub use fields::{Case, Faults, Fields, STRING};
pub use inset::inset;
pub use merge::merge;
pub use read::{parse, parse_with_holes};
pub use resolve::resolve;
pub use write::{document, double_quoted, stream, string, write};

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::{Node, Style, Tag};
use crate::source::{File, Location};

/// Whose rules say what a plain scalar is, and what becomes of a key that stands twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Resources and strategic merge patches: `yes`, `no`, `on` and `off` are strings, a second key is refused.
    Kubernetes,
    /// Kustomizations and JSON patches: `yes`, `no`, `on` and `off` are booleans, the last of two keys counts.
    Yaml11,
}

/// What to do about strings that kustomize leaves unquoted although some reader takes them for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// What kustomize does, byte for byte.
    Kustomize,
    /// Quote them.
    Safe,
}

/// From a line and column of a text and a length to a place in a file; all in characters, counted from 1.
pub type Places<'a> = dyn Fn(usize, usize, usize) -> Location + 'a;

/// The documents of a file that are not empty.
pub fn documents(file: &File, dialect: Dialect) -> Result<Vec<Node>> {
    let text = file.text().map_err(|at| {
        Diagnostic::new(Code::Yaml, "this is not UTF-8")
            .at(at)
            .help("save the file as UTF-8; Kubernetes reads nothing else")
    })?;
    parse(text, dialect, &|line, column, len| Location::new(file.id, line, column, len))
}

/// What some other reader of Kubernetes YAML takes an unquoted word for, if it does not take it for what pleach does.
#[inline]
pub fn ambiguous(text: &str, tag: Tag, style: Style) -> Option<&'static str> {
    match (style, tag) {
        (Style::Plain, Tag::Str) if resolve::is_old_bool(text) => Some("a boolean"),
        (Style::Plain, Tag::Timestamp) => Some("a string"),
        _ => None,
    }
}
