//! Entries of `replacements`.

use super::selector::{Selector, object, selector};
use super::text::{Text, text, texts};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};

/// An entry of `replacements`.
#[derive(Clone, Debug)]
pub(crate) enum ReplacementEntry {
    /// A file with one replacement or a list of them.
    Path(Text),
    /// A replacement.
    Inline(Box<Replacement>),
}

/// A value copied from one object to others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replacement {
    /// Where the value comes from.
    pub(crate) source: Option<ReplacementSource>,
    /// The value itself, instead of a source.
    pub(crate) value: Option<Text>,
    /// Where the value is written.
    pub(crate) targets: Vec<ReplacementTarget>,
    /// Whether a target may match nothing; an addition of pleach.
    pub(crate) optional: bool,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// Where the value of a replacement comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementSource {
    /// The object; exact texts, no label or annotation selectors.
    pub(crate) object: Selector,
    /// The field in it; `metadata.name` if there is none.
    pub(crate) field_path: Option<Text>,
    /// Which part of the field.
    pub(crate) options: FieldOptions,
}

/// Where the value of a replacement is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementTarget {
    /// The objects.
    pub(crate) select: Option<Selector>,
    /// Those of them that are spared.
    pub(crate) reject: Vec<Selector>,
    /// The fields in them; `metadata.name` if there are none.
    pub(crate) field_paths: Vec<Text>,
    /// Which part of the fields.
    pub(crate) options: FieldOptions,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// Which part of a field a replacement reads or writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOptions {
    /// What separates the parts.
    pub(crate) delimiter: Option<Text>,
    /// Which of the parts.
    pub(crate) index: i64,
    /// Whether a missing field is made.
    pub(crate) create: bool,
    /// The location of the options.
    pub(crate) at: Location,
}

/// An entry of `replacements`.
pub(crate) fn replacement_entry(node: &Node, errors: &mut FieldErrors) -> Option<ReplacementEntry> {
    Fields::read(node, "a replacement", errors, |fields| {
        let replacement = replacement_of(fields, node);
        let Some(path) = text(fields, "path") else { return Some(ReplacementEntry::Inline(Box::new(replacement))) };
        if replacement.source.is_some() || !replacement.targets.is_empty() {
            fields.errors().report(path.at, "a replacement has either a `path` or a `source` and `targets`");
        }
        Some(ReplacementEntry::Path(path))
    })
}

/// A replacement of a file.
pub(crate) fn replacement(node: &Node, errors: &mut FieldErrors) -> Option<Replacement> {
    Fields::read(node, "a replacement", errors, |fields| Some(replacement_of(fields, node)))
}

fn replacement_of(fields: &mut Fields, node: &Node) -> Replacement {
    Replacement {
        source: fields.node("source").and_then(|node| source(node, fields.errors())),
        // An empty value is a value.
        value: fields.text("sourceValue").and_then(Text::of),
        targets: fields.list("targets", target),
        optional: fields.bool("optional").unwrap_or_default(),
        at: node.at,
    }
}

fn source(node: &Node, errors: &mut FieldErrors) -> Option<ReplacementSource> {
    Fields::read(node, "a source", errors, |fields| {
        Some(ReplacementSource {
            object: object(fields, node),
            field_path: text(fields, "fieldPath"),
            options: field_options(fields),
        })
    })
}

fn target(node: &Node, errors: &mut FieldErrors) -> Option<ReplacementTarget> {
    Fields::read(node, "a target", errors, |fields| {
        Some(ReplacementTarget {
            select: fields.node("select").and_then(|node| selector(node, fields.errors())),
            reject: fields.list("reject", selector),
            field_paths: texts(fields, "fieldPaths"),
            options: field_options(fields),
            at: node.at,
        })
    })
}

fn field_options(fields: &mut Fields) -> FieldOptions {
    let Some(node) = fields.node("options") else { return FieldOptions::default() };
    let read = Fields::read(node, "`options`", fields.errors(), |fields| {
        fields.str("encoding");
        Some(FieldOptions {
            delimiter: text(fields, "delimiter"),
            index: fields.int("index", i64::MIN..=i64::MAX).unwrap_or_default(),
            create: fields.bool("create").unwrap_or_default(),
            at: node.at,
        })
    });
    read.unwrap_or_default()
}
