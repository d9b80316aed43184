//! Typed reading of mappings, with every fault collected at its place.
//!
//! ```ignore
//! fn image(node: &Node, faults: &mut Faults) -> Option<Image> {
//!     Fields::read(node, "an image", faults, |fields| {
//!         Some(Image { name: fields.required("name", Fields::str)?, tag: fields.str("newTag") })
//!     })
//! }
//! ```
//!
//! Every field that the closure reads is known; all others are reported as unknown when it returns. `null` counts as
//! absent. An error never stops the reading: what cannot be read is `None` or left out, and [`Faults::check`] reports it.

use super::number;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::{Entry, Key, Node, Tag};
use crate::source::Location;

/// Types as complaints call them.
pub const STRING: &str = "a string";
const INTEGER: &str = "an integer";

/// The faults found so far, and how names are compared.
#[derive(Debug)]
pub struct Faults {
    code: Code,
    case: Case,
    unknown: Unknown,
    errors: Vec<Diagnostic>,
}

/// What becomes of fields that nobody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknown {
    /// They are complained about.
    Refused,
    /// They are nothing.
    Ignored,
}

/// Whether `namePrefix` and `nameprefix` are the same field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They are not.
    Counts,
    /// They are, as in a kustomization; of two spellings the last in byte order counts.
    Ignored,
}

impl Faults {
    /// No faults yet; those to come are about `kind`.
    pub fn new(code: Code) -> Self {
        Faults { code, case: Case::Counts, unknown: Unknown::Refused, errors: Vec::new() }
    }

    /// The same, for texts in which field names may be written in any case.
    pub fn ignoring_case(code: Code) -> Self {
        Faults { case: Case::Ignored, ..Faults::new(code) }
    }

    /// The same, for texts that may hold more than what is read.
    #[must_use]
    pub fn ignoring_unknown(self) -> Self {
        Faults { unknown: Unknown::Ignored, ..self }
    }

    /// Adds a fault at a place and hands it out for help and notes.
    pub fn say(&mut self, at: Location, message: impl Into<String>) {
        self.push(Diagnostic::new(self.code, message).at(at));
    }

    /// Adds a fault.
    pub fn push(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    /// Adds what another step complained about.
    pub fn extend(&mut self, errors: Diagnostics) {
        self.errors.extend(errors);
    }

    /// `value`, or the faults if there are any.
    pub fn check<T>(self, value: T) -> Result<T> {
        Diagnostics::check(self.errors, value)
    }

    /// Says that `name` is not of the wanted type.
    pub fn wrong(&mut self, name: &str, wanted: &str, node: &Node) {
        let error = Diagnostic::new(self.code, format!("`{name}` must be {wanted}, but this is {}", node.kind_name()));
        let help = node.as_scalar().and_then(|scalar| match (wanted, scalar.tag) {
            (STRING, _) => Some(format!("put it in quotes: `\"{}\"`", scalar.text)),
            (INTEGER, Tag::Int) => Some(format!("it can be at most {}", i64::MAX)),
            (INTEGER, Tag::Str) if scalar.text.parse::<i64>().is_ok() => {
                Some(format!("write it without quotes: `{}`", scalar.text))
            }
            _ => None,
        });
        let error = error.at(node.at);
        self.push(match help {
            Some(help) => error.help(help),
            None => error,
        });
    }
}

/// The fields of one mapping while it is read.
#[derive(Debug)]
pub struct Fields<'n, 'f> {
    at: Location,
    what: &'f str,
    /// Each entry and whether it was asked for.
    entries: Vec<(&'n Entry, bool)>,
    known: Vec<&'static str>,
    faults: &'f mut Faults,
}

impl<'n, 'f> Fields<'n, 'f> {
    /// What `read` makes of the only one of `documents`, which is `what` and stands in the file at `at`. Where `read` gives
    /// up it must have complained.
    pub fn only<T>(
        documents: &'n [Node],
        what: &str,
        code: Code,
        at: Location,
        read: impl FnOnce(&mut Fields<'n, '_>) -> Option<T>,
    ) -> Result<T> {
        let [document] = documents else {
            let message = format!("{what} is one document, and this has {}", documents.len());
            return Err(Diagnostic::new(code, message).at(at).into());
        };
        let mut faults = Faults::new(code);
        let made = Fields::read(document, what, &mut faults, read);
        faults.check(made).map(|made| made.expect("without faults it was read"))
    }

    /// Asks for `apiVersion` and `kind`, and complains about others than these.
    pub fn header(&mut self, api_version: &str, kind: &str) {
        for (name, want) in [("apiVersion", api_version), ("kind", kind)] {
            if self.required(name, Fields::str).is_some_and(|got| got != want) {
                let at = self.at(name);
                self.faults().say(at, format!("`{name}` is not `{want}`"));
            }
        }
    }

    /// What `read` makes of the fields of `node`, which is `what` (``an image``); complains about what is no mapping
    /// and about fields that `read` did not ask for.
    pub fn read<T>(
        node: &'n Node,
        what: &'f str,
        faults: &'f mut Faults,
        read: impl FnOnce(&mut Fields<'n, '_>) -> Option<T>,
    ) -> Option<T> {
        let Some(map) = node.as_map() else {
            faults.say(node.at, format!("{what} must be a mapping, but this is {}", node.kind_name()));
            return None;
        };
        let entries = map.iter().map(|entry| (entry, false)).collect();
        let mut fields = Fields { at: node.at, what, entries, known: Vec::new(), faults };
        let made = read(&mut fields);
        fields.complain_of_unknown();
        made
    }

    fn complain_of_unknown(&mut self) {
        if self.faults.unknown == Unknown::Ignored {
            return;
        }
        for (entry, _) in self.entries.iter().filter(|(_, known)| !known) {
            let name = entry.key.text.as_str();
            let error = Diagnostic::new(self.faults.code, format!("unknown field `{name}`")).at(entry.key.at);
            self.faults.errors.push(error.suggest(name, self.known.iter().copied()));
        }
    }

    /// Where faults go that `read` finds by itself.
    pub fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    /// The entry of a field, `null` or not.
    fn entry(&mut self, name: &'static str) -> Option<&'n Entry> {
        let case = self.faults.case;
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let mut found = None;
        for (entry, known) in &mut self.entries {
            let same = match case {
                Case::Counts => entry.key.text == name,
                Case::Ignored => entry.key.text.eq_ignore_ascii_case(name),
            };
            if same {
                *known = true;
                found = Some(*entry);
            }
        }
        found
    }

    /// Where a field's value stands, or the whole mapping if there is no such field.
    pub fn at(&mut self, name: &'static str) -> Location {
        self.entry(name).map_or(self.at, |entry| entry.value.at.or(entry.key.at))
    }

    /// Where a field's name stands, or the whole mapping if there is no such field.
    pub fn key_at(&mut self, name: &'static str) -> Location {
        self.entry(name).map_or(self.at, |entry| entry.key.at)
    }

    /// Whether the field is there and not `null`.
    pub fn has(&mut self, name: &'static str) -> bool {
        self.node(name).is_some()
    }

    /// A field of any type.
    pub fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value).filter(|node| !node.is_null())
    }

    /// What `get` finds under `name`, which must be there: `fields.required("name", Fields::str)`.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        get: impl FnOnce(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        if !self.has(name) {
            let message = format!("{} needs a `{name}`", self.what);
            self.faults.say(self.at, message);
        }
        get(self, name)
    }

    /// What `get` makes of a field, or a complaint that it is not what is wanted.
    fn typed<T>(&mut self, name: &'static str, wanted: &str, get: impl FnOnce(&'n Node) -> Option<T>) -> Option<T> {
        let node = self.node(name)?;
        let value = get(node);
        if value.is_none() {
            self.faults.wrong(name, wanted, node);
        }
        value
    }

    /// A string.
    pub fn str(&mut self, name: &'static str) -> Option<&'n str> {
        self.typed(name, STRING, Node::as_str)
    }

    /// A string as a node, for its place.
    pub fn text(&mut self, name: &'static str) -> Option<&'n Node> {
        self.typed(name, STRING, |node| node.as_str().map(|_| node))
    }

    /// A boolean.
    pub fn bool(&mut self, name: &'static str) -> Option<bool> {
        self.typed(name, "`true` or `false`", Node::as_bool)
    }

    /// An integer.
    pub fn int(&mut self, name: &'static str) -> Option<i64> {
        self.typed(name, INTEGER, int)
    }

    /// A mapping of whatever keys.
    pub fn map(&mut self, name: &'static str) -> Option<&'n Node> {
        self.typed(name, "a mapping", |node| node.as_map().map(|_| node))
    }

    /// What `each` makes of the items of a list; nothing if the field is absent.
    pub fn list<T>(&mut self, name: &'static str, mut each: impl FnMut(&'n Node, &mut Faults) -> Option<T>) -> Vec<T> {
        let items = self.typed(name, "a list", Node::as_seq).unwrap_or_default();
        items.iter().filter_map(|item| each(item, self.faults)).collect()
    }

    /// A list of strings, as nodes for their places.
    pub fn strs(&mut self, name: &'static str) -> Vec<&'n Node> {
        self.list(name, |node, faults| {
            if node.as_str().is_none() {
                faults.wrong(name, "a list of strings", node);
            }
            node.as_str().map(|_| node)
        })
    }

    /// The same, in which entries that are null or empty say nothing.
    pub fn some_strs(&mut self, name: &'static str) -> Vec<&'n Node> {
        self.some(name, |node, faults| {
            if node.as_str().is_none() {
                faults.wrong(name, "a list of strings", node);
            }
            node.as_str().filter(|text| !text.is_empty()).map(|_| node)
        })
    }

    /// A list in which entries that are null say nothing.
    pub fn some<T>(&mut self, name: &'static str, mut each: impl FnMut(&'n Node, &mut Faults) -> Option<T>) -> Vec<T> {
        self.list(name, |node, faults| if node.is_null() { None } else { each(node, faults) })
    }

    /// What `each` makes of the entries of a mapping, in the byte order of the keys; nothing if the field is absent.
    pub fn entries<T>(
        &mut self,
        name: &'static str,
        mut each: impl FnMut(&'n Key, &'n Node, &mut Faults) -> Option<T>,
    ) -> Vec<T> {
        let Some(map) = self.map(name).and_then(Node::as_map) else { return Vec::new() };
        map.iter().filter_map(|entry| each(&entry.key, &entry.value, self.faults)).collect()
    }

    /// A mapping of strings to strings.
    pub fn map_of_str(&mut self, name: &'static str) -> Vec<(&'n Key, &'n str)> {
        self.entries(name, |key, node, faults| {
            if node.as_str().is_none() {
                faults.wrong(&key.text, "a string", node);
            }
            node.as_str().map(|text| (key, text))
        })
    }
}

/// The value of an integer, in any base.
fn int(node: &Node) -> Option<i64> {
    let scalar = node.as_scalar().filter(|scalar| matches!(scalar.tag, Tag::Int | Tag::Float))?;
    let mut text = String::new();
    number::write_canonical(&mut text, &scalar.text).ok()?;
    text.parse().ok()
}
