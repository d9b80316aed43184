//! Numbers whose text in the spec is not the text of their value, such as `1.10` and `0012`.
//!
//! The engine has no value that is a number and keeps a text. If a branch has such numbers, its templates are rendered
//! three times: with the values, which decides what the template does, with objects that write the text of the spec between
//! marks, and with objects that write it without marks. If the marked texts give the first result when values replace them, and
//! the last one when texts replace them, then the template writes these numbers and does nothing else with their text.
//! Otherwise the number is an error.

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

/// How templates get the numbers of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceNumbers {
    /// All as values.
    Values,
    /// Some of those whose text is not that of their value as [`SourceNumber`].
    WithText(NumberChoice, NumberMarks),
    /// The number at this location as a string.
    StringAt(Location),
}

/// Numbers whose text is not that of their value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberChoice {
    /// All of them.
    All,
    /// The one at this location.
    At(Location),
}

/// Whether numbers write marks around their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberMarks {
    Yes,
    No,
}

/// A number with its text in the spec.
#[derive(Debug)]
pub(super) struct SourceNumber {
    pub(super) value: Value,
    text: SmolStr,
    marks: NumberMarks,
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
        match self.marks {
            NumberMarks::Yes => write!(f, "{NUMBER_OPEN}{}{NUMBER_CLOSE}", self.text),
            NumberMarks::No => f.write_str(&self.text),
        }
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
    match numbers {
        SourceNumbers::WithText(choice, marks) if choice.has(node) && has_own_text(text, &value) => {
            Value::from_object(SourceNumber { value, text: text.into(), marks })
        }
        SourceNumbers::StringAt(at) if at == node.at => Value::from(text),
        SourceNumbers::Values | SourceNumbers::WithText(..) | SourceNumbers::StringAt(_) => value,
    }
}

impl NumberChoice {
    fn has(self, node: &Node) -> bool {
        match self {
            NumberChoice::All => true,
            NumberChoice::At(at) => at == node.at,
        }
    }
}

/// Whether the text of a number is not what the engine and YAML write for its value.
fn has_own_text(text: &str, value: &Value) -> bool {
    value.to_string() != text || canonical(text) != text
}

/// The numbers in `node` whose text is not that of their value.
pub(super) fn with_own_text(node: &Node) -> Vec<Node> {
    let mut numbers = all(node);
    numbers.retain(|number| {
        let text = number.as_text().unwrap_or_default();
        parse(text).is_some_and(|value| has_own_text(text, &value))
    });
    numbers
}

/// The numbers in `node`.
pub(super) fn all(node: &Node) -> Vec<Node> {
    match &node.value {
        Data::Scalar(scalar) if matches!(scalar.tag, Tag::Int | Tag::Float) => vec![node.clone()],
        Data::Scalar(_) => Vec::new(),
        Data::Seq(items) => items.iter().flat_map(all).collect(),
        Data::Map(map) => map.iter().flat_map(|entry| all(&entry.value)).collect(),
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
        NumberTexts::Value => out.push_str(&canonical(&number.text)),
        NumberTexts::Marked if number.marks == NumberMarks::Yes => {
            let _ = write!(out, "{WRITTEN_NUMBER_OPEN}{}{NUMBER_CLOSE}", number.text);
        }
        NumberTexts::Source | NumberTexts::Marked => out.push_str(&number.text),
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
        .help(format!("{}; write `{canonical}` if it is only computed with", quote_help(text)))
}

/// The help for a number that may be meant as text.
pub(super) fn quote_help(text: &str) -> String {
    format!("quote it if it is text: `\"{text}\"`")
}
