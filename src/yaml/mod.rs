//! Reading, writing and editing of YAML.
//!
//! [`parse`] reads the same data that kustomize reads from a text, with the source location of every node and key.
//! [`write()`] writes the canonical form that kustomize writes. [`Fields`] reads a mapping into a type and collects all
//! errors. No other module uses the YAML parser, and this module does not know Kubernetes.

pub(crate) mod edit;
mod fields;
mod read;
mod scalar;
mod styled;
mod write;

pub(crate) use fields::{FieldErrors, Fields, STRING, quoted_boolean_help};
pub(crate) use read::{
    DocumentCache, apply_merge_key, documents, objects, parse, parse_with_placeholders, scalar_locator,
};
pub(crate) use scalar::number;
pub(crate) use scalar::resolve::{resolve, scalar_with_text};
pub(crate) use styled::StyledText;
pub(crate) use write::{date_text, document, folded, stream, unfolded, write, write_double_quoted, write_string};

use crate::node::{Style, Tag};
use crate::source::Location;

/// The rules for the types of plain scalars and for duplicate keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dialect {
    /// Resources and strategic merge patches: `yes`, `no`, `on` and `off` are strings, and a duplicate key is an error.
    Kubernetes,
    /// Kustomizations and JSON patches: `yes`, `no`, `on` and `off` are booleans, and the last of duplicate keys counts.
    Yaml11,
}

/// Whether to quote strings that kustomize does not quote although some readers read them as another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// Do not quote them: the output is byte-equal to that of kustomize.
    Kustomize,
    /// Quote them.
    Safe,
}

/// Returns the source location of a line, column and length of a text. Lines and columns are counted from 1, columns and
/// lengths in characters.
pub(crate) type Locator<'a> = dyn Fn(usize, usize, usize) -> Location + 'a;

/// The type that some other readers of Kubernetes YAML give to an unquoted word, if it is not the type that pleach gives it.
#[inline]
pub(crate) fn ambiguous(text: &str, tag: Tag, style: Style) -> Option<&'static str> {
    match (style, tag) {
        (Style::Plain, Tag::Str) if scalar::resolve::is_old_bool(text) => Some("a boolean"),
        (Style::Plain, Tag::Timestamp) => Some("a string"),
        _ => None,
    }
}
