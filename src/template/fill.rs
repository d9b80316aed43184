//! Values into the holes of a parsed template.
//!
//! A value comes in as data, after the text was read: whatever it holds, it cannot change what stands around it. Only
//! the path down to a hole is copied; everything else stays shared by all branches.

use super::context::Given;
use super::placeholder::{self, Hole, Piece};
use super::shape::{Plan, Shape};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::{Map, MapEntry, Node, Scalar, Style, Tag, Value as Data};
use crate::source::Location;
use crate::yaml;
use minijinja::Value;
use minijinja::value::ValueKind;
use std::sync::Arc;

/// How deep a value may nest; templates can build what no spec holds.
const MAX_DEPTH: usize = 64;

/// What a use of captured text needs to be told.
pub(super) const CAPTURED: &str = "what a macro, a `set` block or `caller()` returns is text of the template, which can be put into a document but \
                                   not looked into; name the value itself: `{% set x = … %}`";

/// The documents of `shape` with `values` in their holes.
pub(super) fn documents(shape: &Shape, values: &[Value]) -> Result<Vec<Node>> {
    let mut filler = Filler { holes: &shape.holes, values: Values(values), complaints: Vec::new() };
    let documents = shape.documents.iter().map(|(node, plan)| match plan {
        Some(plan) => filler.node(node, plan),
        None => node.clone(),
    });
    let documents = documents.filter(|node| !node.is_null()).collect();
    Diagnostics::check(filler.complaints, documents)
}

struct Filler<'s> {
    holes: &'s [Hole],
    values: Values<'s>,
    complaints: Vec<Diagnostic>,
}

impl Filler<'_> {
    fn node(&mut self, node: &Node, plan: &Plan) -> Node {
        match (plan, &node.value) {
            (Plan::Value(number), _) => self.value(*number, node.at),
            (Plan::Text(pieces), Data::Scalar(scalar)) => {
                // What a plain text turns out to be with its values is a string, even if it spells something else.
                let style = if scalar.style == Style::Plain { Style::Quoted } else { scalar.style };
                let text = self.text(pieces, node.at).into();
                Node::new(Data::Scalar(Scalar { text, tag: Tag::Str, style }), node.at)
            }
            (Plan::Seq(plans), Data::Seq(items)) => {
                let mut items = Vec::clone(items);
                for (i, plan) in plans {
                    items[*i] = self.node(&items[*i], plan);
                }
                Node::new(Data::Seq(Arc::new(items)), node.at)
            }
            (Plan::Map { entries, keys, merge }, Data::Map(map)) => {
                let mut map = map.clone();
                let mut plans = entries.iter().peekable();
                for (i, (_, value)) in map.iter_mut().enumerate() {
                    if let Some((_, plan)) = plans.next_if(|(at, _)| *at == i) {
                        *value = self.node(value, plan);
                    }
                }
                if !keys.is_empty() {
                    map = self.keys(&map, keys);
                }
                if *merge {
                    self.merge(&mut map);
                }
                Node::new(Data::Map(map), node.at)
            }
            _ => unreachable!("a plan is made from the node it is used on"),
        }
    }

    fn complain(&mut self, fault: &Fault, number: usize, at: Location) {
        let hole = self.holes.get(number).cloned().unwrap_or_default();
        self.complaints.push(fault.about(&format!("`{}`", hole.expression)).at(hole.at).at(at));
    }

    fn value(&mut self, number: usize, at: Location) -> Node {
        let made = match self.values.0.get(number) {
            Some(value) => self.values.node(value, at, MAX_DEPTH),
            None => Err(Fault::captured()),
        };
        made.unwrap_or_else(|fault| {
            self.complain(&fault, number, at);
            Node::null()
        })
    }

    fn text(&mut self, pieces: &[Piece], at: Location) -> String {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Hole(number) => {
                    if let Err(fault) = self.values.text(&mut text, *number) {
                        self.complain(&fault, *number, at);
                    }
                }
            }
        }
        text
    }

    fn keys(&mut self, map: &Map, keys: &[(usize, Vec<Piece>)]) -> Map {
        let mut entries: Vec<MapEntry> = map.iter().cloned().collect();
        for (i, pieces) in keys {
            let key = &mut entries[*i].key;
            key.text = self.text(pieces, key.at).into();
            key.style = Style::Quoted;
        }
        Map::from_entries(entries).unwrap_or_else(|(first, second)| {
            let (first, second) = if first.at <= second.at { (first, second) } else { (second, first) };
            let message = format!("the key `{}` stands twice in this mapping", first.text);
            self.complaints.push(Diagnostic::new(Code::Template, message).at(second.at).note(first.at, "first here"));
            Map::default()
        })
    }

    fn merge(&mut self, map: &mut Map) {
        let Some(key) = map.entry("<<").map(|entry| entry.key.clone()) else { return };
        let Some(value) = map.remove("<<") else { return };
        if let Err(error) = yaml::merge(map, key.at, &value) {
            let help = "an empty mapping merges nothing: `| default({}, true)`";
            self.complaints.push(if value.is_null() { error.help(help) } else { error });
        }
    }
}

/// Why a value cannot stand where its hole is.
pub(super) struct Fault {
    what: String,
    help: &'static str,
}

impl Fault {
    fn new(what: impl Into<String>, help: &'static str) -> Self {
        Fault { what: what.into(), help }
    }

    /// The value is a piece of captured text, or has one in it.
    pub(super) fn captured() -> Self {
        Fault::new("holds captured text, which cannot be looked into", CAPTURED)
    }

    /// The same for the template engine, which tells the expression and has no word for help but another line.
    pub(super) fn in_template(&self, kind: minijinja::ErrorKind) -> minijinja::Error {
        minijinja::Error::new(kind, format!("{}\n{}", self.what, self.help))
    }

    /// The complaint about `subject`.
    pub(super) fn about(&self, subject: &str) -> Diagnostic {
        Diagnostic::new(Code::Template, format!("{subject} {}", self.what)).help(self.help)
    }
}

/// The values behind placeholders, by number.
#[derive(Clone, Copy)]
pub(super) struct Values<'v>(pub(super) &'v [Value]);

impl Values<'_> {
    /// Whether `pasted` is `text` with values for placeholders.
    pub(super) fn are_pasted(self, text: &str, pasted: &str) -> bool {
        let pieces = placeholder::pieces(text);
        pieces.and_then(|pieces| pieces.iter().try_fold(pasted, |rest, piece| self.behind(rest, piece))) == Some("")
    }

    /// What of `pasted` stands behind a piece that it begins with.
    fn behind<'p>(self, pasted: &'p str, piece: &Piece<&str>) -> Option<&'p str> {
        let number = match piece {
            Piece::Text(text) => return pasted.strip_prefix(text),
            Piece::Hole(number) => *number,
        };
        let value = self.0.get(number)?;
        match value.as_str() {
            Some(text) if placeholder::reserved(text).is_none() => pasted.strip_prefix(text),
            _ => pasted.strip_prefix(self.anything(value).as_str()),
        }
    }

    /// Where in `text` it is not `pasted` with placeholders for values, as far as the characters that `counts` tells.
    pub(super) fn diverge(self, text: &str, pasted: &str, counts: impl Fn(char) -> bool) -> Option<usize> {
        let Some(pieces) = placeholder::pieces(text) else { return Some(0) };
        let mut pasted = pasted.chars().filter(|c| counts(*c));
        let mut at = 0;
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    let other = text.char_indices().find(|(_, c)| counts(*c) && pasted.next() != Some(*c));
                    if let Some((within, _)) = other {
                        return Some(at + within);
                    }
                    at += text.len();
                }
                Piece::Hole(number) => {
                    let value = self.0.get(number).map(|value| self.anything(value));
                    if !value.is_some_and(|value| value.chars().all(|c| !counts(c) || pasted.next() == Some(c))) {
                        return Some(at);
                    }
                    at += placeholder::len(number);
                }
            }
        }
        pasted.next().map(|_| at)
    }

    /// Writes value `number` as text.
    fn text(self, out: &mut String, number: usize) -> Result<(), Fault> {
        match self.0.get(number) {
            Some(value) => self.text_of(out, value),
            None => Err(Fault::captured()),
        }
    }

    /// Writes a value as it stands inside of a string.
    pub(super) fn text_of(self, out: &mut String, value: &Value) -> Result<(), Fault> {
        const WHOLE: &str =
            "put whole, without quotes or text beside it, it keeps its type; `| toyaml` and `| tojson` make text of it";
        match value.kind() {
            ValueKind::String => self.string(out, value),
            ValueKind::Number => number(out, value).map(drop),
            ValueKind::Bool => {
                out.push_str(if value.is_true() { "true" } else { "false" });
                Ok(())
            }
            ValueKind::None => Err(Fault::new(
                "is null, which has no text",
                "give it a value, or say what stands for null: `| default(\"\", true)`",
            )),
            ValueKind::Map => Err(Fault::new("is a mapping, which has no text", WHOLE)),
            ValueKind::Seq | ValueKind::Iterable => Err(Fault::new("is a list, which has no text", WHOLE)),
            _ => Err(strange(value)),
        }
    }

    /// Writes a string; captured text inside of a value is what it would be if its values had been pasted.
    fn string(self, out: &mut String, value: &Value) -> Result<(), Fault> {
        let text = value.as_str().unwrap_or("");
        if placeholder::reserved(text).is_none() {
            out.push_str(text);
            return Ok(());
        }
        let pieces = if value.is_safe() { placeholder::pieces(text) } else { None };
        for piece in pieces.ok_or_else(Fault::captured)? {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Hole(number) => self.text(out, number)?,
            }
        }
        Ok(())
    }

    /// Any value as some text, the same for equal values.
    pub(super) fn anything(self, value: &Value) -> String {
        let mut text = String::new();
        match value.kind() {
            ValueKind::String if self.string(&mut text, value).is_ok() => text,
            ValueKind::Seq | ValueKind::Map => self.yaml(value).unwrap_or_else(|_| value.to_string()),
            _ => value.to_string(),
        }
    }

    /// A value as YAML.
    pub(super) fn yaml(self, value: &Value) -> Result<String, Fault> {
        let node = self.node(value, Location::NONE, MAX_DEPTH)?;
        let mut text = String::new();
        yaml::write(&mut text, &node, yaml::Quoting::Safe).map_err(|error| {
            Fault::new(format!("cannot be written as YAML: {error}"), "Kubernetes could not read it")
        })?;
        Ok(text)
    }

    /// The node of a value that is put whole.
    pub(super) fn node(self, value: &Value, at: Location, depth: usize) -> Result<Node, Fault> {
        if let Some(Given(node)) = value.downcast_object_ref() {
            return Ok(node.clone().placed(at));
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Fault::new(
                "is nested too deep",
                "lists and mappings of values may stand 64 deep in each other",
            ));
        };
        let node = match value.kind() {
            ValueKind::String => {
                let mut text = String::new();
                self.string(&mut text, value)?;
                Node::str(text)
            }
            ValueKind::Number => {
                let mut text = String::new();
                let tag = number(&mut text, value)?;
                Node::plain(text, tag)
            }
            ValueKind::Bool => Node::bool(value.is_true()),
            ValueKind::None => Node::null(),
            ValueKind::Seq | ValueKind::Iterable => {
                let items = value.try_iter().map_err(|error| broken(&error))?;
                Node::seq(items.map(|item| self.node(&item, at, depth)).collect::<Result<Vec<_>, _>>()?)
            }
            ValueKind::Map => {
                let mut map = Map::default();
                for key in value.try_iter().map_err(|error| broken(&error))? {
                    let mut text = String::new();
                    self.text_of(&mut text, &key)?;
                    let item = value.get_item(&key).map_err(|error| broken(&error))?;
                    if map.has(&text) {
                        return Err(Fault::new(
                            format!("has the key `{text}` twice"),
                            "keys are text: 1 and \"1\" are one",
                        ));
                    }
                    map.insert(text, self.node(&item, at, depth)?);
                }
                Node::from(map)
            }
            _ => return Err(strange(value)),
        };
        Ok(node.placed(at))
    }
}

/// Writes a number in its canonical form and says which kind it is.
fn number(out: &mut String, value: &Value) -> Result<Tag, Fault> {
    let text = value.to_string();
    match yaml::number::write_canonical(out, &text) {
        Ok(()) => Ok(if value.is_integer() { Tag::Int } else { Tag::Float }),
        Err(_) => {
            Err(Fault::new(format!("is {text}, which is no number of JSON"), "Kubernetes has no infinity and no NaN"))
        }
    }
}

fn strange(value: &Value) -> Fault {
    match value.kind() {
        ValueKind::Plain => Fault::new("is a macro or function, not a value", "call it: `name()`"),
        ValueKind::Undefined => Fault::new("is undefined or has an undefined part", "give it a value"),
        kind => Fault::new(
            format!("is of the type {kind}, which YAML does not have"),
            "use a string, number, boolean, list or mapping",
        ),
    }
}

fn broken(error: &minijinja::Error) -> Fault {
    Fault::new(format!("cannot be read: {error}"), "use a string, number, boolean, list or mapping")
}
