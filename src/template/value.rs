//! Values of expressions, converted to YAML nodes and to text.

use super::context::NodeObject;
use super::number::{self, NumberTexts, SourceNumber};
use super::placeholder::{self, TextPart};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::TEMPLATE_VALUE_DEPTH;
use crate::node::{Map, Node, Tag};
use crate::reserved;
use crate::source::Location;
use crate::yaml;
use minijinja::Value;
use minijinja::value::ValueKind;
use std::borrow::Cow;
use std::fmt;

/// The help for an expression that inspects captured text.
pub(super) const CAPTURED_TEXT_HELP: &str = "a macro, a `set` block and `caller()` return captured text, which a template can write but not inspect; \
                                             assign the value itself: `{% set x = … %}`";

const TYPES_HELP: &str = "use a string, number, boolean, list or mapping";

/// Why a value cannot be used where its expression is.
#[derive(Clone, Debug)]
pub(super) enum ValueError {
    /// The value is a part of captured text, or contains one.
    CapturedText,
    /// YAML or a string cannot represent the value.
    Unsupported {
        /// What is wrong, to follow the name of the value.
        problem: Cow<'static, str>,
        /// What to try.
        help: &'static str,
    },
}

impl ValueError {
    fn unsupported(problem: impl Into<Cow<'static, str>>, help: &'static str) -> Self {
        ValueError::Unsupported { problem: problem.into(), help }
    }

    /// The diagnostic about `subject`.
    pub(super) fn diagnostic(&self, subject: &str) -> Diagnostic {
        let help = match self {
            ValueError::CapturedText => CAPTURED_TEXT_HELP,
            ValueError::Unsupported { help, .. } => help,
        };
        Diagnostic::new(Code::Template, format!("{subject} {self}")).help(help)
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValueError::CapturedText => "contains captured text, which cannot be inspected",
            ValueError::Unsupported { problem, .. } => problem,
        })
    }
}

impl std::error::Error for ValueError {}

/// The values of placeholders, by number.
#[derive(Clone, Copy)]
pub(super) struct PlaceholderValues<'v> {
    values: &'v [Value],
    /// What is written for numbers with a text of their own.
    texts: NumberTexts,
}

impl<'v> PlaceholderValues<'v> {
    /// The values of one rendering. Numbers of the spec are written as they are there.
    pub(super) fn of(values: &'v [Value]) -> Self {
        PlaceholderValues { values, texts: NumberTexts::Source }
    }

    /// No placeholders have values.
    pub(super) fn none() -> Self {
        PlaceholderValues::of(&[])
    }

    /// The same values, with other texts of numbers.
    pub(super) fn with(self, texts: NumberTexts) -> Self {
        PlaceholderValues { texts, ..self }
    }

    /// Whether the values are those of another rendering if both write numbers as these `texts`.
    pub(super) fn agree(self, other: PlaceholderValues, texts: NumberTexts) -> bool {
        let (ours, theirs) = (self.with(texts), other.with(texts));
        let is_equal = |(our, their): (&Value, &Value)| {
            computed(our).kind() == computed(their).kind() && ours.display(our) == theirs.display(their)
        };
        ours.values.len() == theirs.values.len() && ours.values.iter().zip(theirs.values).all(is_equal)
    }

    /// Whether `expanded` is `text` with values in place of placeholders.
    pub(super) fn expand_to(self, text: &str, expanded: &str) -> bool {
        let parts = placeholder::split(text);
        parts.and_then(|parts| parts.iter().try_fold(expanded, |rest, part| self.strip_part(rest, part))) == Some("")
    }

    /// The rest of `expanded` after a part that it begins with.
    fn strip_part<'p>(self, expanded: &'p str, part: &TextPart<&str>) -> Option<&'p str> {
        let number = match part {
            TextPart::Text(text) => return expanded.strip_prefix(text),
            TextPart::Placeholder(number) => *number,
        };
        let value = self.values.get(number)?;
        match value.as_str() {
            Some(text) if !placeholder::is_captured(text) => expanded.strip_prefix(text),
            _ => expanded.strip_prefix(self.display(value).as_str()),
        }
    }

    /// The offset in `text` of the first difference to `expanded`. Only characters for which `is_compared` is true are
    /// compared.
    pub(super) fn first_difference(
        self,
        text: &str,
        expanded: &str,
        is_compared: impl Fn(char) -> bool,
    ) -> Option<usize> {
        let Some(parts) = placeholder::split(text) else { return Some(0) };
        let mut expanded = expanded.chars().filter(|c| is_compared(*c));
        let mut at = 0;
        for part in parts {
            match part {
                TextPart::Text(text) => {
                    let difference = text.char_indices().find(|(_, c)| is_compared(*c) && expanded.next() != Some(*c));
                    if let Some((offset, _)) = difference {
                        return Some(at + offset);
                    }
                    at += text.len();
                }
                TextPart::Placeholder(number) => {
                    let value = self.values.get(number).map(|value| self.display(value));
                    let is_equal = |value: String| value.chars().all(|c| !is_compared(c) || expanded.next() == Some(c));
                    if !value.is_some_and(is_equal) {
                        return Some(at);
                    }
                    at += placeholder::len(number);
                }
            }
        }
        expanded.next().map(|_| at)
    }

    /// The value with this number.
    pub(super) fn get(self, number: usize) -> Option<&'v Value> {
        self.values.get(number)
    }

    /// Writes value `number` as text.
    pub(super) fn write_text(self, out: &mut String, number: usize) -> Result<(), ValueError> {
        match self.values.get(number) {
            Some(value) => self.write_value_text(out, value),
            None => Err(ValueError::CapturedText),
        }
    }

    /// Writes a value as a part of a string.
    pub(super) fn write_value_text(self, out: &mut String, value: &Value) -> Result<(), ValueError> {
        const NO_TEXT_HELP: &str = "make the expression the whole YAML value, without quotes or other text, to keep its type; or convert it with `| toyaml` or \
                                    `| tojson`";
        if let Some(number) = source_number(value) {
            number::write(out, number, self.texts);
            return Ok(());
        }
        match value.kind() {
            ValueKind::String => self.write_string(out, value),
            ValueKind::Number => write_number(out, value).map(drop),
            ValueKind::Bool => {
                out.push_str(if value.is_true() { "true" } else { "false" });
                Ok(())
            }
            ValueKind::None => Err(ValueError::unsupported(
                "is null, which cannot be part of a string",
                "give it a value, or replace null: `| default(\"\", true)`",
            )),
            ValueKind::Map => {
                Err(ValueError::unsupported("is a mapping, which cannot be part of a string", NO_TEXT_HELP))
            }
            ValueKind::Seq | ValueKind::Iterable => {
                Err(ValueError::unsupported("is a list, which cannot be part of a string", NO_TEXT_HELP))
            }
            _ => Err(unsupported_type(value)),
        }
    }

    /// Writes a string. Captured text in a value is written with its values in place of placeholders.
    fn write_string(self, out: &mut String, value: &Value) -> Result<(), ValueError> {
        let text = value.as_str().unwrap_or("");
        if reserved::find(text).is_none() {
            out.push_str(text);
            return Ok(());
        }
        if !placeholder::is_captured(text) {
            number::expand(out, text, self.texts);
            return Ok(());
        }
        let parts = if value.is_safe() { placeholder::split(text) } else { None };
        for part in parts.ok_or(ValueError::CapturedText)? {
            match part {
                TextPart::Text(text) => number::expand(out, text, self.texts),
                TextPart::Placeholder(number) => self.write_text(out, number)?,
            }
        }
        Ok(())
    }

    /// Any value as text, for comparison. Equal values have equal texts.
    pub(super) fn display(self, value: &Value) -> String {
        let mut text = String::new();
        if let Some(number) = source_number(value) {
            return self.display(&number.value);
        }
        match value.kind() {
            ValueKind::String if self.write_string(&mut text, value).is_ok() => text,
            ValueKind::Seq | ValueKind::Map => self.yaml(value).unwrap_or_else(|_| value.to_string()),
            _ => value.to_string(),
        }
    }

    /// A value as YAML.
    pub(super) fn yaml(self, value: &Value) -> Result<String, ValueError> {
        let node = self.node(value, Location::NONE)?;
        let mut text = String::new();
        yaml::write(&mut text, &node, yaml::Quoting::Safe).map_err(|error| {
            ValueError::unsupported(format!("cannot be written as YAML: {error}"), "Kubernetes could not read it")
        })?;
        Ok(text)
    }

    /// The node of value `number`, which is a whole YAML value.
    pub(super) fn numbered_node(self, number: usize, at: Location) -> Result<Node, ValueError> {
        self.node(self.values.get(number).ok_or(ValueError::CapturedText)?, at)
    }

    fn node(self, value: &Value, at: Location) -> Result<Node, ValueError> {
        self.nested_node(value, at, TEMPLATE_VALUE_DEPTH)
    }

    /// The node of a value that may nest `depth` levels deep.
    fn nested_node(self, value: &Value, at: Location, depth: usize) -> Result<Node, ValueError> {
        if let Some(object) = value.downcast_object_ref::<NodeObject>() {
            return Ok(object.whole().clone().placed(at));
        }
        if let Some(number) = source_number(value) {
            return self.nested_node(&number.value, at, depth);
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(ValueError::unsupported(
                "is nested too deeply",
                "lists and mappings can be nested 64 levels deep",
            ));
        };
        let node = match value.kind() {
            ValueKind::String => {
                let mut text = String::new();
                self.write_string(&mut text, value)?;
                Node::str(text)
            }
            ValueKind::Number => {
                let mut text = String::new();
                let tag = write_number(&mut text, value)?;
                Node::plain(text, tag)
            }
            ValueKind::Bool => Node::bool(value.is_true()),
            ValueKind::None => Node::null(),
            ValueKind::Seq | ValueKind::Iterable => {
                let items = value.try_iter().map_err(|error| unreadable(&error))?;
                Node::seq(items.map(|item| self.nested_node(&item, at, depth)).collect::<Result<Vec<_>, _>>()?)
            }
            ValueKind::Map => self.mapping_node(value, at, depth)?,
            _ => return Err(unsupported_type(value)),
        };
        Ok(node.placed(at))
    }

    fn mapping_node(self, value: &Value, at: Location, depth: usize) -> Result<Node, ValueError> {
        let mut map = Map::default();
        for key in value.try_iter().map_err(|error| unreadable(&error))? {
            let mut text = String::new();
            self.write_value_text(&mut text, &key)?;
            let item = value.get_item(&key).map_err(|error| unreadable(&error))?;
            if map.has(&text) {
                return Err(ValueError::unsupported(
                    format!("has the key `{text}` twice"),
                    "keys are strings: `1` and `\"1\"` are the same key",
                ));
            }
            map.insert(text, self.nested_node(&item, at, depth)?);
        }
        Ok(map.into())
    }
}

/// The number of the spec that `value` is, if it has a text of its own.
pub(super) fn source_number(value: &Value) -> Option<&SourceNumber> {
    value.downcast_object_ref()
}

/// The value to compute with: of a number of the spec, that without its text.
pub(super) fn computed(value: &Value) -> Value {
    source_number(value).map_or_else(|| value.clone(), |number| number.value.clone())
}

/// Whether a value is or contains a number of the spec that has a text of its own.
pub(super) fn has_source_number(value: &Value) -> bool {
    let has_item = || value.try_iter().is_ok_and(|mut items| items.any(|item| has_source_number(&item)));
    let has_entry =
        |key: Value| has_source_number(&key) || value.get_item(&key).is_ok_and(|item| has_source_number(&item));
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => has_item(),
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| keys.any(has_entry)),
        _ => source_number(value).is_some(),
    }
}

/// Writes a number in its canonical form and returns its tag.
fn write_number(out: &mut String, value: &Value) -> Result<Tag, ValueError> {
    let text = value.to_string();
    match yaml::number::write_canonical(out, &text) {
        Ok(()) => Ok(if value.is_integer() { Tag::Int } else { Tag::Float }),
        Err(_) => Err(ValueError::unsupported(
            format!("is {text}, which is not a JSON number"),
            "Kubernetes does not support infinity and NaN",
        )),
    }
}

fn unsupported_type(value: &Value) -> ValueError {
    match value.kind() {
        ValueKind::Plain => ValueError::unsupported("is a macro or function, not a value", "call it: `name()`"),
        ValueKind::Undefined => ValueError::unsupported("is undefined or has an undefined part", "give it a value"),
        kind => ValueError::unsupported(format!("has the type {kind}, which YAML does not support"), TYPES_HELP),
    }
}

fn unreadable(error: &minijinja::Error) -> ValueError {
    ValueError::unsupported(format!("cannot be read: {error}"), TYPES_HELP)
}
