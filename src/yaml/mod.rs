//! YAML in and out.
//!
//! [`parse`] reads the data that kustomize would read from the same text, with the place of every node and key;
//! [`write()`] prints the one canonical form that kustomize prints. [`Fields`] reads a mapping into a type and collects
//! every fault. Nothing else knows the YAML crate, and nothing here knows Kubernetes.

pub mod edit;
mod fields;
mod read;
mod scalar;
mod write;

pub use fields::{FieldErrors, Fields, STRING, quoted_boolean_help};
pub use read::{DocumentCache, documents, inset, merge, parse, parse_with_placeholders};
pub use scalar::number;
pub use scalar::resolve::resolve;
pub use write::{document, double_quoted, stream, string, write};

use crate::node::{Style, Tag};
use crate::source::Location;

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
pub type Locator<'a> = dyn Fn(usize, usize, usize) -> Location + 'a;

/// What some other reader of Kubernetes YAML takes an unquoted word for, if it does not take it for what pleach does.
#[inline]
pub fn ambiguous(text: &str, tag: Tag, style: Style) -> Option<&'static str> {
    match (style, tag) {
        (Style::Plain, Tag::Str) if scalar::resolve::is_old_bool(text) => Some("a boolean"),
        (Style::Plain, Tag::Timestamp) => Some("a string"),
        _ => None,
    }
}
