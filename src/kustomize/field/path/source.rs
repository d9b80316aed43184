//! The path of a field that is read.

use super::syntax::{query, split, wrong};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;

/// The way to one field that is read.
pub(crate) struct SourcePath(Vec<SourcePart>);

enum SourcePart {
    Key(String),
    Index(usize),
    Last,
    /// The first item with that text under a key, or that text itself if the key is empty.
    Item {
        key: String,
        text: String,
    },
}

impl SourcePath {
    /// Reads a path.
    pub(crate) fn new(path: &str) -> Result<Self, Diagnostic> {
        SourcePath::of(&split(path))
    }

    /// The path with these parts.
    pub(crate) fn of(parts: &[String]) -> Result<Self, Diagnostic> {
        let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).map(SourcePart::new);
        parts.collect::<Result<_, _>>().map(SourcePath)
    }

    /// Reads a path in which `ports[0]` is the same as `ports.0`.
    pub(crate) fn indexed(path: &str) -> Result<Self, Diagnostic> {
        let mut parts = Vec::new();
        for part in split(path) {
            let index = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
            match index.filter(|(_, index)| !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit())) {
                Some((name, index)) => parts.extend([name.to_owned(), index.to_owned()]),
                None => parts.push(part),
            }
        }
        let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).map(SourcePart::new);
        parts.collect::<Result<_, _>>().map(SourcePath)
    }

    /// The value at this part of the path, if it exists.
    pub(crate) fn find<'n>(&self, object: &'n Node) -> Result<Option<&'n Node>, Diagnostic> {
        let mut node = object;
        for part in &self.0 {
            match part.step(node)? {
                Some(next) => node = next,
                None => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    /// The same value, to change it.
    pub(crate) fn find_mut<'n>(&self, object: &'n mut Node) -> Option<&'n mut Node> {
        self.0.iter().try_fold(object, |node, part| part.step_mut(node))
    }
}

impl SourcePart {
    fn new(part: &str) -> Result<Self, Diagnostic> {
        if let Ok(index) = part.parse::<i64>() {
            let negative = |_| Diagnostic::new(Code::Overlay, format!("the position `{part}` is below zero"));
            return usize::try_from(index).map(SourcePart::Index).map_err(negative);
        }
        match query(part) {
            Some(query) => query.map(|(key, text)| SourcePart::Item { key, text }),
            None if part == "-" => Ok(SourcePart::Last),
            None => Ok(SourcePart::Key(part.to_owned())),
        }
    }

    fn step<'n>(&self, node: &'n Node) -> Result<Option<&'n Node>, Diagnostic> {
        if node.is_null() {
            return Ok(None);
        }
        let items = |part: &str| node.as_seq().ok_or_else(|| wrong(node, part, "a list"));
        match self {
            SourcePart::Key(key) => Ok(node.as_map().ok_or_else(|| wrong(node, key, "a mapping"))?.get(key)),
            SourcePart::Index(index) => Ok(items(&index.to_string())?.get(*index)),
            SourcePart::Last => {
                let empty = || Diagnostic::new(Code::Overlay, "an empty list has no last item").note(node.at, "this");
                items("-")?.last().map(Some).ok_or_else(empty)
            }
            SourcePart::Item { key, text } => {
                let items = items(&format!("[{key}={text}]"))?;
                Ok(position(items, key, text).and_then(|i| items.get(i)))
            }
        }
    }

    fn step_mut<'n>(&self, node: &'n mut Node) -> Option<&'n mut Node> {
        match self {
            SourcePart::Key(key) => node.get_mut(key),
            SourcePart::Index(index) => node.as_seq_mut()?.get_mut(*index),
            SourcePart::Last => node.as_seq_mut()?.last_mut(),
            SourcePart::Item { key, text } => {
                let i = position(node.as_seq()?, key, text)?;
                node.as_seq_mut()?.get_mut(i)
            }
        }
    }
}

/// The first item with a text under a key.
fn position(items: &[Node], key: &str, text: &str) -> Option<usize> {
    let is = |node: &Node| node.as_scalar().map_or("", |scalar| &scalar.text) == text;
    items.iter().position(|item| if key.is_empty() { is(item) } else { item.get(key).is_some_and(is) })
}

#[cfg(test)]
mod tests {
    use super::SourcePath;
    use crate::kustomize::field::path::texts::{parse, write};

    #[test]
    fn sources() {
        let object = parse("{a: {b.c: 1}, l: [{n: x, v: 2}, {n: 'y', v: 3}], s: [p, q], e: [], z: null}");
        let find = |path: &str| {
            let path = SourcePath::new(path).map_err(|error| error.to_string())?;
            path.find(&object).map(|found| found.map(write)).map_err(|error| error.to_string())
        };
        for (path, want) in [
            (r"a.b\.c", Some("1")),
            ("a.[b.c]", Some("1")),
            ("l.[n=y].v", Some("3")),
            ("l.0.v", Some("2")),
            ("l.-.v", Some("3")),
            ("l.7", None),
            ("s.[=q]", Some("q")),
            ("s.[=]", None),
            ("z.x", None),
            (" a ..[b.c]", Some("1")),
            ("x.y", None),
        ] {
            assert_eq!(find(path), Ok(want.map(str::to_owned)), "{path}");
        }
        for path in ["s.x", "a.0", "e.-", "a.-1", "s.[x]", "s.0.x"] {
            assert!(find(path).is_err(), "{path}");
        }
        let indexed = SourcePath::indexed("l[1].v").unwrap();
        assert_eq!(indexed.find(&object).unwrap().map(write).as_deref(), Some("3"));
    }
}
