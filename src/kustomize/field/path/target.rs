//! The path of fields that are written.

use super::super::{key, plain};
use super::syntax::{query, split, wrong};
use crate::diagnostic::{Code, Diagnostic};
use crate::kustomize::model::expression::{self, Expression};
use crate::node::{Node, Style, Value};
use crate::source::Location;
use crate::work::WorkCounter;
use crate::yaml::{self, Quoting};

/// The way to fields that are written.
pub(crate) struct TargetPath<'w> {
    parts: Vec<TargetPart>,
    work: &'w WorkCounter,
}

enum TargetPart {
    Key(String),
    Index(usize),
    Every,
    /// The items whose text under a key fits, or whose own text if the key is empty.
    Items {
        key: String,
        text: String,
        pattern: ValuePattern,
    },
}

/// A regular expression that need not fit the whole text.
enum ValuePattern {
    Literal,
    Regex(Box<Expression>),
}

/// What is made of a field that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Create {
    /// Nothing.
    Nothing,
    /// An empty value of the kind that the field is going to have.
    Like(NodeForm),
}

/// The three kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeForm {
    Scalar,
    Seq,
    Map,
}

impl NodeForm {
    /// The kind of a value.
    pub(crate) fn of(node: &Node) -> Self {
        match node.value {
            Value::Scalar(_) => NodeForm::Scalar,
            Value::Seq(_) => NodeForm::Seq,
            Value::Map(_) => NodeForm::Map,
        }
    }

    /// What kustomize makes in front of a part.
    fn of_parent(part: &TargetPart) -> Self {
        match part {
            TargetPart::Index(_) | TargetPart::Items { .. } => NodeForm::Seq,
            TargetPart::Key(_) | TargetPart::Every => NodeForm::Map,
        }
    }

    /// What it makes in front of the rest of a path.
    fn before(rest: &[TargetPart], end: NodeForm) -> Self {
        rest.first().map_or(end, NodeForm::of_parent)
    }

    fn blank(self) -> Node {
        match self {
            NodeForm::Scalar => plain("", Location::NONE),
            NodeForm::Seq => Node::seq([]),
            NodeForm::Map => Node::map(),
        }
    }
}

/// How a path reached a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// It was there.
    Found,
    /// It was made.
    Made,
    /// kustomize makes it inside of a null, which swallows it.
    Lost,
}

impl Reached {
    fn made(self) -> Self {
        if self == Reached::Lost { self } else { Reached::Made }
    }
}

impl<'w> TargetPath<'w> {
    /// Reads a path. Its expressions are compiled and compared as work.
    pub(crate) fn new(path: &str, work: &'w WorkCounter) -> Result<Self, Diagnostic> {
        TargetPath::of(&split(path.strip_prefix('.').unwrap_or(path)), work)
    }

    /// The path with these parts.
    pub(crate) fn of(parts: &[String], work: &'w WorkCounter) -> Result<Self, Diagnostic> {
        let parts = parts.iter().map(|part| TargetPart::new(part, work)).collect::<Result<_, _>>()?;
        Ok(TargetPath { parts, work })
    }

    /// The number of its parts.
    pub(crate) fn depth(&self) -> usize {
        self.parts.len()
    }

    /// Calls `visit` for every field that the path reaches and returns their number.
    pub(crate) fn each(
        &self,
        object: &mut Node,
        create: Create,
        visit: &mut dyn FnMut(&mut Node, Reached) -> Result<(), Diagnostic>,
    ) -> Result<usize, Diagnostic> {
        TargetWalk { create, work: self.work, visit }.each(object, &self.parts, Reached::Found)
    }
}

impl TargetPart {
    fn new(part: &str, work: &WorkCounter) -> Result<Self, Diagnostic> {
        if part.is_empty() {
            return Err(Diagnostic::new(Code::Overlay, "a part of the path is empty"));
        }
        if let Ok(index) = part.parse::<usize>() {
            return Ok(TargetPart::Index(index));
        }
        match query(part) {
            Some(query) => {
                let (key, text) = query?;
                Ok(TargetPart::Items { pattern: ValuePattern::new(&text, work)?, key, text })
            }
            None if part == "*" => Ok(TargetPart::Every),
            None => Ok(TargetPart::Key(part.to_owned())),
        }
    }
}

impl ValuePattern {
    fn new(text: &str, work: &WorkCounter) -> Result<Self, Diagnostic> {
        if !text.contains(|c| "\\.+*?()|[]{}^$".contains(c)) {
            return Ok(ValuePattern::Literal);
        }
        let refused =
            |why| Diagnostic::new(Code::Overlay, format!("`{text}` is not a valid regular expression: {why}"));
        work.pattern(text.len())?;
        let expression = expression::checked(expression::compile(text).map_err(refused), work)?;
        expression.count(work)?;
        Ok(ValuePattern::Regex(Box::new(expression)))
    }

    fn fits(&self, wanted: &str, node: &Node, work: &WorkCounter) -> Result<bool, Diagnostic> {
        work.value(node, 0)?;
        let written = written(node);
        match self {
            ValuePattern::Literal => Ok(written.contains(wanted)),
            ValuePattern::Regex(expression) => expression.is_match(written.trim(), work),
        }
    }
}

/// A value as its file has it, quotes and all: kustomize looks for the expression in that.
fn written(node: &Node) -> String {
    let Some(scalar) = node.as_scalar() else {
        let mut out = String::new();
        return yaml::write(&mut out, node, Quoting::Kustomize).map_or_else(|_| String::new(), |()| out);
    };
    match scalar.style {
        Style::Plain => scalar.text.to_string(),
        Style::Quoted => format!("\"{}\"", scalar.text),
        Style::Block => format!("|\n  {}", scalar.text),
        Style::Folded => format!(">\n  {}", scalar.text),
    }
}

/// A path on its way through an object.
struct TargetWalk<'a> {
    create: Create,
    work: &'a WorkCounter,
    visit: &'a mut dyn FnMut(&mut Node, Reached) -> Result<(), Diagnostic>,
}

impl TargetWalk<'_> {
    fn each(&mut self, node: &mut Node, path: &[TargetPart], reached: Reached) -> Result<usize, Diagnostic> {
        let Some((part, rest)) = path.split_first() else { return (self.visit)(node, reached).map(|()| 1) };
        if node.is_null() {
            return self.null(node, path);
        }
        match part {
            TargetPart::Key(key) => {
                if node.as_map().is_none() {
                    return Err(wrong(node, key, "a mapping"));
                }
                let map = node.as_map_mut().expect("it was a mapping a line ago");
                let mut reached = reached;
                if let (false, Create::Like(end)) = (map.has(key), self.create) {
                    self.work.moved(map.count_from(key))?;
                    map.insert(self::key(key, Location::NONE), NodeForm::before(rest, end).blank());
                    reached = reached.made();
                }
                map.get_mut(key).map_or(Ok(0), |child| self.each(child, rest, reached))
            }
            TargetPart::Index(index) => {
                let (item, reached) = nth(list(node, &index.to_string())?, *index, rest, self.create, reached)?;
                self.each(item, rest, reached)
            }
            TargetPart::Every => {
                let items = list(node, "*")?;
                self.work.found(items.len())?;
                items.iter_mut().try_fold(0, |count, item| Ok(count + self.each(item, rest, reached)?))
            }
            TargetPart::Items { .. } => self.items(node, part, rest, reached),
        }
    }

    /// The items that a part selects by their texts.
    fn items(
        &mut self,
        node: &mut Node,
        part: &TargetPart,
        rest: &[TargetPart],
        reached: Reached,
    ) -> Result<usize, Diagnostic> {
        let TargetPart::Items { key, text, pattern } = part else { return Ok(0) };
        let work = self.work;
        let fits = |item: &Node| {
            let value = if key.is_empty() { Some(item) } else { item.get(key) };
            value.map_or(Ok(false), |value| pattern.fits(text, value, work))
        };
        // In a list of strings the path selects the item itself, whatever follows in it.
        let rest = if key.is_empty() { &[] } else { rest };
        let items = list(node, &format!("[{key}={text}]"))?;
        work.found(items.len())?;
        let mut count = 0;
        for item in items.iter_mut() {
            if fits(item)? {
                count += self.each(item, rest, reached)?;
            }
        }
        if count > 0 || self.create == Create::Nothing {
            return Ok(count);
        }
        let item = item(key, text);
        if !fits(&item)? {
            let message =
                format!("`[{key}={text}]` cannot be created, because the expression does not match its own text");
            return Err(Diagnostic::new(Code::Overlay, message));
        }
        items.push(item);
        self.each(items.last_mut().expect("one was just added"), rest, reached.made())
    }

    /// The path continues below a null. What kustomize creates there is lost.
    fn null(&mut self, node: &Node, path: &[TargetPart]) -> Result<usize, Diagnostic> {
        match (&path[0], self.create) {
            (TargetPart::Every, _) => Ok(0),
            (_, Create::Like(_)) => self.each(&mut NodeForm::of_parent(&path[0]).blank(), path, Reached::Lost),
            (TargetPart::Index(index), Create::Nothing) => Err(wrong(node, &index.to_string(), "a list")),
            (_, Create::Nothing) => Ok(0),
        }
    }
}

/// The item of a list at an index, which may be the next one if it is to be created.
fn nth<'n>(
    items: &'n mut Vec<Node>,
    index: usize,
    rest: &[TargetPart],
    create: Create,
    mut reached: Reached,
) -> Result<(&'n mut Node, Reached), Diagnostic> {
    if let (true, Create::Like(end)) = (items.len() == index, create) {
        items.push(NodeForm::before(rest, end).blank());
        reached = reached.made();
    }
    let count = items.len();
    let short = || Diagnostic::new(Code::Overlay, format!("the list has no item `{index}`; number of items: {count}"));
    Ok((items.get_mut(index).ok_or_else(short)?, reached))
}

fn list<'n>(node: &'n mut Node, part: &str) -> Result<&'n mut Vec<Node>, Diagnostic> {
    if node.as_seq().is_none() {
        return Err(wrong(node, part, "a list"));
    }
    Ok(node.as_seq_mut().expect("it was a list a line ago"))
}

fn item(key: &str, text: &str) -> Node {
    let text = plain(text, Location::NONE);
    if key.is_empty() {
        return text;
    }
    let mut map = crate::node::Map::default();
    map.insert(self::key(key, Location::NONE), text);
    map.into()
}

#[cfg(test)]
mod tests {
    use super::{Create, NodeForm, TargetPath, WorkCounter};
    use crate::kustomize::field::path::texts::{parse, write};

    #[test]
    fn targets() {
        let set = |object: &str, path: &str, create: Create| {
            let mut node = parse(object);
            let work = WorkCounter::default();
            let path = TargetPath::new(path, &work).map_err(|error| error.to_string())?;
            let count = path.each(&mut node, create, &mut |field, _| {
                *field = "N".into();
                Ok(())
            });
            count.map(|count| format!("{count} {}", write(&node))).map_err(|error| error.to_string())
        };
        let make = Create::Like(NodeForm::Scalar);
        for (object, path, create, want) in [
            ("{a: {b: 1}}", "a.b", Create::Nothing, "1 a:;  b: \"N\""),
            ("{a: {b: 1}}", "a.c", Create::Nothing, "0 a:;  b: 1"),
            ("{a: [{b: 1}, {c: 2}]}", "a.*.b", Create::Nothing, "1 a:;- b: \"N\";- c: 2"),
            ("{a: [{b: 1}, {c: 2}]}", "a.*.b", make, "2 a:;- b: \"N\";- b: \"N\";  c: 2"),
            ("{a: [ax, b, xa]}", "a.[=a]", Create::Nothing, "2 a:;- \"N\";- b;- \"N\""),
            (
                "{a: [{k: a, v: 1}, {k: 'a', v: 2}]}",
                "a.[k=^a$].v",
                Create::Nothing,
                "1 a:;- k: a;  v: \"N\";- k: a;  v: 2",
            ),
            ("{}", "a.[k=1].v", make, "1 a:;- k: 1;  v: \"N\""),
            ("{}", "a.0.b", make, "1 a:;- b: \"N\""),
            ("{a: null}", "a.b", make, "1 a: null"),
            ("{a: null}", "a.b", Create::Nothing, "0 a: null"),
            ("{a: null}", "a", Create::Nothing, "1 a: \"N\""),
        ] {
            assert_eq!(set(object, path, create).as_deref(), Ok(want), "{object} {path} {create:?}");
        }
        for (object, path) in [
            ("{a: 1}", "a.b"),
            ("{a: {}}", "a.0"),
            ("{a: {}}", "a.*"),
            ("{a: []}", "a.1"),
            ("{a: []}", "a.[k=^x$].v"),
            ("{a: {}}", "a..b"),
            ("{a: []}", "a.[k]"),
            ("{a: []}", "a.[k=(]"),
            ("{}", "a.*.b"),
        ] {
            assert!(set(object, path, make).is_err(), "{object} {path}");
        }
    }
}
