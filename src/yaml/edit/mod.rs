//! Changes to a YAML text that leave the rest of it as it is: comments, order, quotes, line ends.
//!
//! A change replaces a few characters; many changes at once are placed on one layout of the text. Then the text is read
//! again and must hold exactly the data that the changes mean; where it does not (an anchor that others use, a layout
//! that nobody foresaw), they are refused and the text stays. Nothing here knows what the text is about.

mod data;
mod inline;
mod layout;
mod refusal;
mod splices;

use super::{Dialect, Locator, parse};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::Node;
use crate::source::{FileId, Location};
use data::{at, doomed, push, put, take};
use smol_str::SmolStr;
use splices::Splicer;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// A step down into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum YamlStep {
    /// To the value of a key.
    Key(SmolStr),
    /// To an item of a list, counted from 0.
    Item(usize),
}

impl From<&str> for YamlStep {
    fn from(key: &str) -> Self {
        YamlStep::Key(key.into())
    }
}

impl From<usize> for YamlStep {
    fn from(item: usize) -> Self {
        YamlStep::Item(item)
    }
}

/// One change of a document.
#[derive(Clone, Debug)]
pub struct TextEdit {
    /// Where, in the document as it stands.
    pub path: Vec<YamlStep>,
    /// What happens there.
    pub what: EditAction,
}

/// What happens at the end of a path.
#[derive(Clone, Debug)]
pub enum EditAction {
    /// A value comes there; mappings on the way that are missing are made.
    Set(Node),
    /// What stands there goes, and with it mappings that lose their last entry, but none of the first `keep` parts of the
    /// path.
    Cut {
        /// How many parts stay whatever they lose.
        keep: usize,
    },
    /// An item comes behind the last one of the list there, which is made if it is missing.
    Push(Node),
}

/// A text on its way from one change to the next.
#[derive(Clone, Debug)]
pub struct YamlDocument {
    text: String,
    data: Node,
    /// The file that holds the text as it is.
    file: Option<FileId>,
}

impl YamlDocument {
    /// The only document of `text`.
    pub fn new(text: &str) -> Result<Self> {
        Ok(YamlDocument { text: text.to_owned(), data: read(text)?, file: None })
    }

    /// The only document of a file that holds `text`.
    pub fn in_file(text: &str, file: FileId) -> Result<Self> {
        let data = parsed(text, &|line, column, len| Location::new(file, line, column, len))?;
        Ok(YamlDocument { text: text.to_owned(), data, file: Some(file) })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its data; the places in it are those of the text as it was opened.
    pub fn data(&self) -> &Node {
        &self.data
    }

    /// Makes all `edits` or none, and says of each whether it changed anything: values are set, then parts cut from the last
    /// to the first, then items pushed. The text is what it would be if that was done one after the other, as long as the
    /// edits are about parts that lie apart; one that needs what another one makes is refused, and to cut and push in one
    /// list takes two turns. Where that cannot be, it says which edits are at fault and why.
    pub fn change(&mut self, edits: &[TextEdit]) -> Result<Vec<bool>, Vec<(usize, Diagnostic)>> {
        let (document, done) = self.with(edits).ok_or_else(|| self.faults(edits, 0))?;
        *self = document;
        Ok(done)
    }

    /// The document with `edits` made, if its text comes to hold the data that they mean.
    fn with(&self, edits: &[TextEdit]) -> Option<(YamlDocument, Vec<bool>)> {
        let mut order: Vec<usize> = (0..edits.len()).collect();
        // Each item is cut while those before it stand, so that places count from there.
        order.sort_by_key(|&i| match &edits[i].what {
            EditAction::Set(_) => (0, None),
            EditAction::Cut { .. } => (1, Some(Reverse(&edits[i].path))),
            EditAction::Push(_) => (2, None),
        });
        let mut data = self.data.clone();
        let mut done = vec![false; edits.len()];
        let mut todo: Vec<(&[YamlStep], &EditAction)> = Vec::new();
        for i in order {
            let TextEdit { path, what } = &edits[i];
            let path = match what {
                EditAction::Set(value) if at(&data, path) == Some(value) => continue,
                EditAction::Set(value) => put(&mut data, path, value).then_some(path.as_slice())?,
                EditAction::Push(item) => push(&mut data, path, item).then_some(path.as_slice())?,
                EditAction::Cut { keep } => {
                    let Some(path) = doomed(&data, path, *keep) else { continue };
                    take(&mut data, path);
                    path
                }
            };
            todo.push((path, what));
            done[i] = true;
        }
        if todo.is_empty() {
            return Some((self.clone(), done));
        }
        let mut draft = Splicer::new(&self.text)?;
        // Where a list begins only the first item has a place, so that they come together.
        let mut pushed: BTreeMap<&[YamlStep], Vec<&Node>> = BTreeMap::new();
        for (path, what) in todo {
            match what {
                EditAction::Set(value) => draft.set(path, value)?,
                EditAction::Cut { .. } => draft.cut(path)?,
                EditAction::Push(item) => pushed.entry(path).or_default().push(item),
            }
        }
        pushed.into_iter().try_for_each(|(path, items)| draft.append(path, &items))?;
        let text = draft.finish()?;
        (read(&text).ok()? == data).then_some((YamlDocument { text, data, file: None }, done))
    }

    /// What to say of edits that cannot be made all at once: which of them cannot be made at all. The first one is number
    /// `from`.
    fn faults(&self, edits: &[TextEdit], from: usize) -> Vec<(usize, Diagnostic)> {
        let (left, right) = edits.split_at(edits.len() / 2);
        let halves =
            [(left, from), (right, from + left.len())].into_iter().filter(|(half, _)| half.len() < edits.len());
        let failing = halves.filter(|(half, _)| !half.is_empty() && self.with(half).is_none());
        let found: Vec<(usize, Diagnostic)> = failing.flat_map(|(half, from)| self.faults(half, from)).collect();
        match edits {
            [first, ..] if found.is_empty() => vec![(from, refusal::why(self, first))],
            _ => found,
        }
    }

    /// Where a stretch of the text is, as long as it is that of a file.
    fn place(&self, range: &Range<usize>) -> Location {
        let (Some(file), before) = (self.file, &self.text[..range.start]) else { return Location::NONE };
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[line..].trim_start_matches('\u{feff}').chars().count() + 1;
        Location::new(file, before.matches('\n').count() + 1, column, self.text[range.clone()].chars().count())
    }
}

/// A value as text on one line, for behind a key.
pub fn line(node: &Node) -> String {
    inline::inline(node, inline::InlineContext::Line)
}

fn read(text: &str) -> Result<Node> {
    parsed(text, &|_, _, _| Location::NONE)
}

fn parsed(text: &str, places: &Locator) -> Result<Node> {
    let documents = parse(text, Dialect::Kubernetes, places)?;
    let count = documents.len();
    match <[Node; 1]>::try_from(documents) {
        Ok([node]) => Ok(node),
        Err(_) => Err(Diagnostic::new(Code::Yaml, format!("the text holds {count} documents instead of one")).into()),
    }
}

#[cfg(test)]
mod tests;
