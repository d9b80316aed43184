//! A rendered text with placeholders, parsed once and shared by every branch that renders to the same text.
//!
//! The text depends on the control flow of a template only, so there are few. What is kept beside the documents is the
//! plan of their holes; putting values in is for `fill`.

use super::placeholder::{self, Hole, Piece};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::{Node, Style, Value as Data};
use crate::source::{FileId, Location};
use crate::yaml::Dialect;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// How many bytes of text the shapes of one engine may have before they are forgotten and made anew.
const MAX_BYTES: usize = 4 << 20;

/// The documents of one rendered text and where their holes are.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) documents: Vec<(Node, Option<Plan>)>,
    /// By number.
    pub(super) holes: Vec<Hole>,
}

/// Which parts of a node are to be filled.
#[derive(Debug)]
pub(super) enum Plan {
    /// The node is the value of this number.
    Value(usize),
    /// A scalar with values in its text.
    Text(Vec<Piece>),
    /// These items of a list.
    Seq(Vec<(usize, Plan)>),
    /// These values and keys of a mapping, by their position in it.
    Map { entries: Vec<(usize, Plan)>, keys: Vec<(usize, Vec<Piece>)>, merge: bool },
}

impl Shape {
    /// The plan for `documents`, which were read from `text`.
    pub(super) fn new(text: &str, documents: Vec<Node>, holes: Vec<Hole>) -> Result<Self> {
        let mut planner = Planner { filled: vec![false; holes.len()], complaints: Vec::new() };
        let documents: Vec<_> = documents
            .into_iter()
            .map(|node| {
                let plan = planner.node(&node);
                (node, plan)
            })
            .collect();
        for (number, hole) in holes.iter().enumerate().filter(|(number, _)| !planner.filled[*number]) {
            if let Some(what) = nameless(text, number) {
                let message = format!("`{}` stands in {what}, which must be known before values are", hole.expression);
                planner.complaints.push(
                    Diagnostic::new(Code::Template, message)
                        .at(hole.at)
                        .help("put values into strings, keys or whole values"),
                );
            }
        }
        Diagnostics::check(planner.complaints, Shape { documents, holes })
    }
}

struct Planner {
    filled: Vec<bool>,
    complaints: Vec<Diagnostic>,
}

impl Planner {
    fn node(&mut self, node: &Node) -> Option<Plan> {
        match &node.value {
            Data::Scalar(scalar) => {
                let pieces = self.pieces(&scalar.text, node.at)?;
                match pieces[..] {
                    [Piece::Hole(number)] if scalar.style == Style::Plain => Some(Plan::Value(number)),
                    _ => Some(Plan::Text(pieces)),
                }
            }
            Data::Seq(items) => {
                let plans = items.iter().enumerate().filter_map(|(i, item)| Some((i, self.node(item)?)));
                let plans: Vec<_> = plans.collect();
                (!plans.is_empty()).then_some(Plan::Seq(plans))
            }
            Data::Map(map) => {
                let mut entries = Vec::new();
                let mut keys = Vec::new();
                let mut merge = false;
                for (i, entry) in map.iter().enumerate() {
                    keys.extend(self.pieces(&entry.key.text, entry.key.at).map(|pieces| (i, pieces)));
                    if let Some(plan) = self.node(&entry.value) {
                        merge |= entry.key.text == "<<" && entry.key.style == Style::Plain;
                        entries.push((i, plan));
                    }
                }
                let empty = entries.is_empty() && keys.is_empty();
                (!empty).then_some(Plan::Map { entries, keys, merge })
            }
        }
    }

    /// The pieces of a text that has holes.
    fn pieces(&mut self, text: &str, at: Location) -> Option<Vec<Piece>> {
        placeholder::reserved(text)?;
        let pieces = placeholder::pieces(text);
        if pieces.is_none() {
            self.complaints.push(cut(at));
        }
        for piece in pieces.iter().flatten() {
            if let Piece::Hole(number) = piece {
                match self.filled.get_mut(*number) {
                    Some(filled) => *filled = true,
                    None => self.complaints.push(cut(at)),
                }
            }
        }
        Some(pieces?.into_iter().map(Piece::keep).collect())
    }
}

fn cut(at: Location) -> Diagnostic {
    Diagnostic::new(Code::Template, "captured text was cut apart").at(at).help(super::fill::CAPTURED)
}

/// The part of YAML's syntax in which the placeholder of value `number` stands, if it is one that is gone after reading
/// and no comment.
fn nameless(text: &str, number: usize) -> Option<&'static str> {
    let placeholder = format!("{}{number}{}", placeholder::OPEN, placeholder::CLOSE);
    text.match_indices(&placeholder).find_map(|(at, _)| {
        let line = text[..at].rsplit('\n').next().unwrap_or("");
        if line.starts_with('#') || line.contains(" #") || line.contains("\t#") {
            return None;
        }
        let word = line.rsplit(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}')).next()?;
        match (line.chars().next(), word.chars().next()) {
            (Some('%'), _) => Some("a directive"),
            (_, Some('&')) => Some("an anchor"),
            (_, Some('*')) => Some("an alias"),
            (_, Some('!')) => Some("a tag"),
            _ => None,
        }
    })
}

/// Shapes by file, dialect and text.
#[derive(Debug, Default)]
pub(super) struct Shapes(RwLock<Table>);

type Parsed = Result<Arc<Shape>>;

#[derive(Debug, Default)]
struct Table {
    by_text: BTreeMap<(FileId, Dialect), BTreeMap<Box<str>, Parsed>>,
    bytes: usize,
}

impl Shapes {
    /// The shape of `text`, made by `make` if it is new.
    pub(super) fn get(
        &self,
        file: FileId,
        dialect: Dialect,
        text: &str,
        make: impl FnOnce() -> Result<Shape>,
    ) -> Parsed {
        const LOCK: &str = "no thread panics while it holds the shapes";
        let known = |table: &Table| table.by_text.get(&(file, dialect)).and_then(|shapes| shapes.get(text)).cloned();
        if let Some(shape) = known(&self.0.read().expect(LOCK)) {
            return shape;
        }
        let shape = make().map(Arc::new);
        let mut table = self.0.write().expect(LOCK);
        if let Some(shape) = known(&table) {
            return shape;
        }
        if table.bytes + text.len() > MAX_BYTES {
            *table = Table::default();
        }
        table.bytes += text.len();
        table.by_text.entry((file, dialect)).or_default().insert(text.into(), shape.clone());
        shape
    }
}
