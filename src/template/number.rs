//! Numbers whose text in the spec is not the text of their value, such as `1.10` and `0012`.
//!
//! The engine has no value that is a number and keeps a text. If a branch has such numbers, its templates are rendered
//! twice: first with the values, which decides what the template does, then with objects that write the text of the spec
//! between marks. If the marked texts, replaced by values, give the first result, then the template writes these numbers
//! and does nothing else with their text, so the texts of the spec replace the values. Otherwise the number is an error.

use super::placeholder::{NUMBER_CLOSE, NUMBER_OPEN, WRITTEN_NUMBER_OPEN};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Tag, Value as Data};
use crate::source::{File, Location};
use crate::yaml::number;
use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use smol_str::SmolStr;
use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::sync::Arc;

/// Which numbers of the spec are given to templates as [`SourceNumber`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceNumbers {
    /// None: all numbers are values.
    None,
    /// All whose text is not that of their value.
    All,
    /// Only the number at this location.
    At(Location),
}

/// A number with its text in the spec.
#[derive(Debug)]
pub(super) struct SourceNumber {
    pub(super) text: SmolStr,
    pub(super) value: Value,
}

impl Object for SourceNumber {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.value.is_true()
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<Ordering> {
        other.downcast_ref::<SourceNumber>().map(|other| self.value.cmp(&other.value))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NUMBER_OPEN}{}{NUMBER_CLOSE}", self.text)
    }
}

/// The value of a number of the spec. Infinity and NaN have none.
fn parse(text: &str) -> Option<Value> {
    let int = number::parse_int(text).map(|int| i64::try_from(int).map_or_else(|_| Value::from(int), Value::from));
    int.or_else(|| number::parse_float(text).map(Value::from))
}

/// The text that a template writes for a number.
fn canonical(text: &str) -> String {
    let mut out = String::new();
    let _ = number::write_canonical(&mut out, text);
    out
}

/// A number of the spec as a value of the engine.
pub(super) fn value(node: &Node, text: &str, numbers: SourceNumbers) -> Value {
    let Some(value) = parse(text) else { return Value::from(text) };
    let is_source = match numbers {
        SourceNumbers::None => false,
        SourceNumbers::All => has_own_text(text, &value),
        SourceNumbers::At(at) => at == node.at && has_own_text(text, &value),
    };
    if is_source { Value::from_object(SourceNumber { text: text.into(), value }) } else { value }
}

/// Whether the text of a number is not what the engine and YAML write for its value.
fn has_own_text(text: &str, value: &Value) -> bool {
    value.to_string() != text || canonical(text) != text
}

/// Collects the numbers below `node` whose text is not that of their value.
pub(super) fn collect(node: &Node, numbers: &mut Vec<Node>) {
    match &node.value {
        Data::Scalar(scalar) => {
            let is_number = matches!(scalar.tag, Tag::Int | Tag::Float);
            if is_number && parse(&scalar.text).is_some_and(|value| has_own_text(&scalar.text, &value)) {
                numbers.push(node.clone());
            }
        }
        Data::Seq(items) => items.iter().for_each(|item| collect(item, numbers)),
        Data::Map(map) => map.iter().for_each(|entry| collect(&entry.value, numbers)),
    }
}

/// What is written for the marked texts of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberTexts {
    /// The text of the spec.
    Source,
    /// The text of the value.
    Value,
    /// The text of the spec, still marked.
    Marked,
}

/// Writes a number as an expression of a text does.
pub(super) fn write(out: &mut String, number: &SourceNumber, texts: NumberTexts) {
    match texts {
        NumberTexts::Source => out.push_str(&number.text),
        NumberTexts::Value => out.push_str(&canonical(&number.text)),
        NumberTexts::Marked => {
            let _ = write!(out, "{WRITTEN_NUMBER_OPEN}{}{NUMBER_CLOSE}", number.text);
        }
    }
}

/// Writes a text that can have marked numbers. Marks that a template has torn apart are dropped, or, for values, written.
pub(super) fn expand(out: &mut String, text: &str, texts: NumberTexts) {
    let is_mark = |c: char| matches!(c, NUMBER_OPEN | WRITTEN_NUMBER_OPEN | NUMBER_CLOSE);
    match texts {
        NumberTexts::Marked => out.push_str(text),
        NumberTexts::Source => out.extend(text.chars().filter(|c| !is_mark(*c))),
        NumberTexts::Value => {
            let mut rest = text;
            while let Some((before, number)) = rest.split_once([NUMBER_OPEN, WRITTEN_NUMBER_OPEN]) {
                let is_written = rest[before.len()..].starts_with(WRITTEN_NUMBER_OPEN);
                out.push_str(before);
                let whole = number.split_once(NUMBER_CLOSE).and_then(|(text, rest)| Some((text, parse(text)?, rest)));
                rest = match whole {
                    Some((text, _, rest)) if is_written => {
                        out.push_str(&canonical(text));
                        rest
                    }
                    Some((_, value, rest)) => {
                        let _ = write!(out, "{value}");
                        rest
                    }
                    None => {
                        out.push(NUMBER_OPEN);
                        number
                    }
                };
            }
            out.push_str(rest);
        }
    }
}

/// A text that can have marked numbers.
pub(super) fn expanded(text: &str, texts: NumberTexts) -> String {
    let mut out = String::with_capacity(text.len());
    expand(&mut out, text, texts);
    out
}

/// The error about a number that a template both writes and inspects.
pub(super) fn error(number: &Node, file: &File) -> Diagnostic {
    let text = number.as_text().unwrap_or("");
    let canonical = canonical(text);
    let message =
        format!("the number `{text}` would become `{canonical}` in a template, which does more than write it");
    Diagnostic::new(Code::Template, message)
        .at(number.at)
        .note(file.location(), "in this template")
        .help(format!("quote it if it is text: `\"{text}\"`; write `{canonical}` if it is only computed with"))
}
