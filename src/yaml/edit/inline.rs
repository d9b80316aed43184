//! Values as text on one line, to be inserted into an existing text.

use super::super::Quoting;
use super::super::scalar::quoting;
use crate::node::{Node, Tag, Value};
use granit_parser::ScalarStyle;

/// The context in which a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InlineContext {
    /// After a key or dash that begins a line.
    Line,
    /// Within brackets or braces.
    Flow,
}

/// A value on one line, mappings and lists in braces and brackets.
pub(super) fn inline(node: &Node, context: InlineContext) -> String {
    match &node.value {
        Value::Scalar(scalar) if scalar.tag == Tag::Str => string_text(&scalar.text, context),
        Value::Scalar(scalar) => scalar.text.to_string(),
        Value::Seq(items) => format!("[{}]", joined(items.iter().map(|item| inline(item, InlineContext::Flow)))),
        Value::Map(map) => {
            let pair = |key: &str, value| {
                format!("{}: {}", string_text(key, InlineContext::Flow), inline(value, InlineContext::Flow))
            };
            format!("{{{}}}", joined(map.iter().map(|entry| pair(&entry.key.text, &entry.value))))
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// A string, quoted if it would be read as another type in this context.
pub(super) fn string_text(text: &str, context: InlineContext) -> String {
    let mut out = String::new();
    super::super::write_string(&mut out, text);
    let plain = quoting::form(text, Quoting::Safe) == quoting::ScalarForm::Plain;
    if plain
        && context == InlineContext::Flow
        && (text.contains([',', '[', ']', '{', '}']) || text.starts_with(['?', ':']))
    {
        return quoted(text);
    }
    out
}

/// A string in the quoting style of the string that it replaces.
pub(super) fn string_text_like(style: ScalarStyle, text: &str, context: InlineContext) -> String {
    let escapes = text.chars().any(|c| quoting::is_break(c) || !quoting::is_printable(c));
    match style {
        ScalarStyle::DoubleQuoted => quoted(text),
        ScalarStyle::SingleQuoted if !escapes => format!("'{}'", text.replace('\'', "''")),
        _ => string_text(text, context),
    }
}

/// A string in double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    super::super::write_double_quoted(&mut out, text);
    out
}
