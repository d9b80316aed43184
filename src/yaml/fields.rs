//! Reads mappings into types and collects all errors with their source locations.
//!
//! ```ignore
//! fn image(node: &Node, errors: &mut FieldErrors) -> Option<Image> {
//!     Fields::read(node, "an image", errors, |fields| {
//!         Some(Image { name: fields.required("name", Fields::str)?, tag: fields.str("newTag") })
//!     })
//! }
//! ```
//!
//! A field that the closure does not read is an unknown field, which is an error. A field that is `null` counts as absent.
//! An error never stops the reading: a value that cannot be read is `None` or left out, and [`FieldErrors::check`] returns
//! the errors.

use super::number;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::limits::{DIAGNOSTICS, TEXT_ERRORS};
use crate::node::{MapEntry, MapKey, Node, Tag};
use crate::source::Location;
use std::ops::RangeInclusive;

/// Types as error messages call them.
pub(crate) const STRING: &str = "a string";
const INTEGER: &str = "an integer";
const BOOLEAN: &str = "`true` or `false`";

/// The errors found so far, and how field names are compared.
#[derive(Debug)]
pub(crate) struct FieldErrors {
    code: Code,
    case: FieldCase,
    unknown: UnknownFields,
    errors: Vec<Diagnostic>,
}

/// Whether unknown fields are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnknownFields {
    Refused,
    Ignored,
}

/// Whether `namePrefix` and `nameprefix` are the same field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldCase {
    /// They are different fields.
    Sensitive,
    /// They are the same, as in a kustomization. Of two spellings, the last in byte order counts.
    Insensitive,
}

impl FieldErrors {
    /// No errors yet. The errors to come get this `code`.
    pub(crate) fn new(code: Code) -> Self {
        FieldErrors { code, case: FieldCase::Sensitive, unknown: UnknownFields::Refused, errors: Vec::new() }
    }

    /// The same, for texts whose field names may be written in any case.
    pub(crate) fn ignoring_case(code: Code) -> Self {
        FieldErrors { case: FieldCase::Insensitive, ..FieldErrors::new(code) }
    }

    /// The same, for texts that may have fields which are not read.
    #[must_use]
    pub(crate) fn ignoring_unknown(self) -> Self {
        FieldErrors { unknown: UnknownFields::Ignored, ..self }
    }

    /// Adds an error with a message and its location.
    pub(crate) fn report(&mut self, at: Location, message: impl Into<String>) {
        self.push(Diagnostic::new(self.code, message).at(at));
    }

    /// Adds an error, up to [`TEXT_ERRORS`].
    pub(crate) fn push(&mut self, error: Diagnostic) {
        if self.errors.len() < TEXT_ERRORS {
            self.errors.push(error);
        }
    }

    /// Returns `value`, or the errors if any were found.
    pub(crate) fn check<T>(self, value: T) -> Result<T> {
        Diagnostics::check(self.errors, value)
    }

    /// Reports that the value of `name` is not of the `expected` type.
    pub(crate) fn wrong_type(&mut self, name: &str, expected: &str, node: &Node) {
        let message = format!("`{name}` must be {expected}, got {}", node.kind_name());
        let error = Diagnostic::new(self.code, message).at(node.at);
        let help = node.as_scalar().and_then(|scalar| match (expected, scalar.tag) {
            (STRING, _) => Some(format!("put it in quotes: `\"{}\"`", scalar.text)),
            (INTEGER, Tag::Str) if scalar.text.parse::<i64>().is_ok() => {
                Some(format!("remove the quotes: `{}`", scalar.text))
            }
            (BOOLEAN, Tag::Str) => quoted_boolean_help(&scalar.text),
            _ => None,
        });
        self.push(help.into_iter().fold(error, Diagnostic::help));
    }
}

/// The help for a string where a boolean is expected, if the string is a boolean in quotes.
pub(crate) fn quoted_boolean_help(text: &str) -> Option<String> {
    let value = match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => "true",
        "false" | "no" | "off" | "n" => "false",
        _ => return None,
    };
    Some(format!("remove the quotes and write `{value}`"))
}

/// The fields of one mapping while it is read.
#[derive(Debug)]
pub(crate) struct Fields<'n, 'f> {
    at: Location,
    what: &'f str,
    /// Each entry, and whether its field is known.
    entries: Vec<(&'n MapEntry, bool)>,
    known: Vec<&'static str>,
    errors: &'f mut FieldErrors,
}

impl<'n, 'f> Fields<'n, 'f> {
    /// Reads the only document of a file whose location is `at`. The document is `what`. If `read` returns `None`, it must
    /// have reported an error.
    pub(crate) fn only<T>(
        documents: &'n [Node],
        what: &str,
        code: Code,
        at: Location,
        read: impl FnOnce(&mut Fields<'n, '_>) -> Option<T>,
    ) -> Result<T> {
        let [document] = documents else {
            let message = format!("{what} must be one document, got {}", documents.len());
            return Err(Diagnostic::new(code, message).at(at).into());
        };
        let mut errors = FieldErrors::new(code);
        let made = Fields::read(document, what, &mut errors, read);
        errors.check(made).map(|made| made.expect("`read` returns `None` only with an error"))
    }

    /// Reads `apiVersion` and `kind`, and reports other values than these.
    pub(crate) fn header(&mut self, api_version: &str, kind: &str) {
        for (name, expected) in [("apiVersion", api_version), ("kind", kind)] {
            if let Some(value) = self.required(name, Fields::str).filter(|value| *value != expected) {
                let at = self.at(name);
                self.errors().report(at, format!("`{name}` must be `{expected}`, got `{value}`"));
            }
        }
    }

    /// Reads the fields of `node`, which is `what` (`an image`). Reports a node that is not a mapping, and the fields that
    /// `read` does not read.
    pub(crate) fn read<T>(
        node: &'n Node,
        what: &'f str,
        errors: &'f mut FieldErrors,
        read: impl FnOnce(&mut Fields<'n, '_>) -> Option<T>,
    ) -> Option<T> {
        let Some(map) = node.as_map() else {
            errors.report(node.at, format!("{what} must be a mapping, got {}", node.kind_name()));
            return None;
        };
        let entries = map.iter().map(|entry| (entry, false)).collect();
        let mut fields = Fields { at: node.at, what, entries, known: Vec::new(), errors };
        let made = read(&mut fields);
        fields.report_unknown();
        made
    }

    fn report_unknown(&mut self) {
        if self.errors.unknown == UnknownFields::Ignored {
            return;
        }
        let unknown = self.entries.iter().filter(|(_, known)| !known).map(|(entry, _)| &entry.key);
        let mut unknown: Vec<&MapKey> = unknown.collect();
        unknown.sort_by_key(|key| key.at);
        for key in unknown {
            let name = key.text.as_str();
            let error = Diagnostic::new(self.errors.code, format!("unknown field `{name}`")).at(key.at);
            // The others are not shown.
            let is_shown = self.errors.errors.len() < DIAGNOSTICS;
            let known = self.known.iter().copied().filter(|_| is_shown);
            self.errors.push(error.suggest(name, known));
        }
    }

    /// The collected errors, to add others.
    pub(crate) fn errors(&mut self) -> &mut FieldErrors {
        self.errors
    }

    /// The entry of a field, even if it is `null`.
    fn entry(&mut self, name: &'static str) -> Option<&'n MapEntry> {
        let case = self.errors.case;
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let mut found = None;
        for (entry, known) in &mut self.entries {
            let same = match case {
                FieldCase::Sensitive => entry.key.text == name,
                FieldCase::Insensitive => entry.key.text.eq_ignore_ascii_case(name),
            };
            if same {
                *known = true;
                found = Some(*entry);
            }
        }
        found
    }

    /// The location of a field's value, or of the mapping if the field does not exist.
    pub(crate) fn at(&mut self, name: &'static str) -> Location {
        self.entry(name).map_or(self.at, |entry| entry.value.at.or(entry.key.at))
    }

    /// The location of a field's name, or of the mapping if the field does not exist.
    pub(crate) fn key_at(&mut self, name: &'static str) -> Location {
        self.entry(name).map_or(self.at, |entry| entry.key.at)
    }

    /// Whether the field exists and is not `null`.
    pub(crate) fn has(&mut self, name: &'static str) -> bool {
        self.node(name).is_some()
    }

    /// A field of any type.
    pub(crate) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value).filter(|node| !node.is_null())
    }

    /// A field that must exist, read with `get`: `fields.required("name", Fields::str)`.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        if !self.has(name) {
            let message = format!("{} has no `{name}`", self.what);
            self.errors.report(self.at, message);
        }
        get(self, name)
    }

    /// A field read with `get`, which returns `None` for a value that is not of the `expected` type.
    fn typed<T>(&mut self, name: &'static str, expected: &str, get: impl FnOnce(&'n Node) -> Option<T>) -> Option<T> {
        let node = self.node(name)?;
        let value = get(node);
        if value.is_none() {
            self.errors.wrong_type(name, expected, node);
        }
        value
    }

    /// A string.
    pub(crate) fn str(&mut self, name: &'static str) -> Option<&'n str> {
        self.typed(name, STRING, Node::as_str)
    }

    /// A string as a node, for its location.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<&'n Node> {
        self.typed(name, STRING, |node| node.as_str().map(|_| node))
    }

    /// A boolean.
    pub(crate) fn bool(&mut self, name: &'static str) -> Option<bool> {
        self.typed(name, BOOLEAN, Node::as_bool)
    }

    /// An integer in a range.
    pub(crate) fn int(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let node = self.node(name)?;
        let value = int(node);
        if value.is_some_and(|value| range.contains(&value)) {
            return value;
        }
        // A decimal number that does not fit into 64 bits is a float.
        let is_whole = |text: &str| text.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit());
        let is_number = |tag, text: &str| tag == Tag::Int || tag == Tag::Float && (value.is_some() || is_whole(text));
        match node.as_scalar().filter(|scalar| is_number(scalar.tag, &scalar.text)) {
            Some(scalar) => {
                let (least, most, text) = (range.start(), range.end(), &scalar.text);
                self.errors.report(node.at, format!("`{name}` must be between {least} and {most}, got {text}"));
            }
            None => self.errors.wrong_type(name, INTEGER, node),
        }
        None
    }

    /// A mapping with any keys.
    pub(crate) fn map(&mut self, name: &'static str) -> Option<&'n Node> {
        self.typed(name, "a mapping", |node| node.as_map().map(|_| node))
    }

    /// The items of a list, each read with `each`; empty if the field is absent.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        mut each: impl FnMut(&'n Node, &mut FieldErrors) -> Option<T>,
    ) -> Vec<T> {
        let items = self.typed(name, "a list", Node::as_seq).unwrap_or_default();
        items.iter().filter_map(|item| each(item, self.errors)).collect()
    }

    /// A list of strings, as nodes for their locations.
    pub(crate) fn strs(&mut self, name: &'static str) -> Vec<&'n Node> {
        self.list(name, |node, errors| {
            if node.as_str().is_none() {
                errors.wrong_type(name, "a list of strings", node);
            }
            node.as_str().map(|_| node)
        })
    }

    /// A list of strings without its null and empty items.
    pub(crate) fn non_empty_strs(&mut self, name: &'static str) -> Vec<&'n Node> {
        self.non_null(name, |node, errors| {
            if node.as_str().is_none() {
                errors.wrong_type(name, "a list of strings", node);
            }
            node.as_str().filter(|text| !text.is_empty()).map(|_| node)
        })
    }

    /// A list without its null items.
    pub(crate) fn non_null<T>(
        &mut self,
        name: &'static str,
        mut each: impl FnMut(&'n Node, &mut FieldErrors) -> Option<T>,
    ) -> Vec<T> {
        self.list(name, |node, errors| if node.is_null() { None } else { each(node, errors) })
    }

    /// The entries of a mapping in the byte order of their keys, each read with `each`; empty if the field is absent.
    pub(crate) fn entries<T>(
        &mut self,
        name: &'static str,
        mut each: impl FnMut(&'n MapKey, &'n Node, &mut FieldErrors) -> Option<T>,
    ) -> Vec<T> {
        let Some(map) = self.map(name).and_then(Node::as_map) else { return Vec::new() };
        map.iter().filter_map(|entry| each(&entry.key, &entry.value, self.errors)).collect()
    }
}

/// The value of an integer, in any base.
fn int(node: &Node) -> Option<i64> {
    let scalar = node.as_scalar().filter(|scalar| matches!(scalar.tag, Tag::Int | Tag::Float))?;
    let mut text = String::new();
    number::write_canonical(&mut text, &scalar.text).ok()?;
    text.parse().ok()
}
