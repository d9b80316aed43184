//! Edits of a YAML text that keep everything else: comments, order, quotes, line ends.
//!
//! An edit replaces a few characters. Several edits are applied to one layout of the text. The new text is then parsed and
//! must have exactly the intended data. If it does not, for example because of an anchor that is used elsewhere, the edits
//! are refused and the text does not change. This module does not know the meaning of the text.

mod data;
mod inline;
mod layout;
mod positions;
mod refusal;
mod splices;

use super::{Dialect, Locator, parse};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::Node;
use crate::source::{FileId, Location};
use data::{path_to_remove, push_item, remove_value, set_value, value_at};
use smol_str::SmolStr;
use splices::Splicer;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// A step down into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum YamlStep {
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
pub(crate) struct TextEdit {
    /// The path in the document before the edits.
    pub(crate) path: Vec<YamlStep>,
    /// What to do there.
    pub(crate) what: EditAction,
}

/// What an edit does at its path.
#[derive(Clone, Debug)]
pub(crate) enum EditAction {
    /// Sets the value. Missing mappings on the path are created.
    Set(Node),
    /// Removes the value, and mappings that become empty, except the first `keep` steps of the path.
    Cut {
        /// The number of steps that are kept even if they become empty.
        keep: usize,
    },
    /// Adds an item to the end of the list, which is created if it does not exist.
    Push(Node),
    /// Sets the value of a key of the document. If the key does not exist, it is added below the key `above`.
    SetBelow {
        /// The value.
        value: Node,
        /// The key above a new one.
        above: &'static str,
    },
}

/// A YAML document that can be edited.
#[derive(Clone, Debug)]
pub(crate) struct YamlDocument {
    text: String,
    data: Node,
    /// The file that has this text, until the first edit.
    file: Option<FileId>,
}

impl YamlDocument {
    /// The only document of `text`.
    pub(crate) fn new(text: &str) -> Result<Self> {
        Ok(YamlDocument { text: text.to_owned(), data: read(text)?, file: None })
    }

    /// The only document of a file whose content is `text`.
    pub(crate) fn in_file(text: &str, file: FileId) -> Result<Self> {
        let data = parse_one(text, &|line, column, len| Location::new(file, line, column, len))?;
        Ok(YamlDocument { text: text.to_owned(), data, file: Some(file) })
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The data. Its source locations are those of the original text.
    pub(crate) fn data(&self) -> &Node {
        &self.data
    }

    /// Applies all `edits` or none, and returns for each whether it changed anything. The order is: set values, cut parts from
    /// the last to the first, push items. For edits of separate parts, the text is the same as when they are applied one
    /// after the other. An edit that needs the result of another edit is refused, so to cut and push in one list takes two
    /// calls. The error lists the edits that cannot be applied, each with its reason.
    pub(crate) fn change(&mut self, edits: &[TextEdit]) -> Result<Vec<bool>, Vec<(usize, Diagnostic)>> {
        let (document, done) = self.apply(edits).ok_or_else(|| self.failures(edits, 0))?;
        *self = document;
        Ok(done)
    }

    /// The document with `edits` applied, if the new text has the intended data.
    fn apply(&self, edits: &[TextEdit]) -> Option<(YamlDocument, Vec<bool>)> {
        let mut order: Vec<usize> = (0..edits.len()).collect();
        // Items are cut from the last to the first, so that earlier positions stay valid.
        order.sort_by_key(|&i| match &edits[i].what {
            EditAction::Set(_) | EditAction::SetBelow { .. } => (0, None),
            EditAction::Cut { .. } => (1, Some(Reverse(&edits[i].path))),
            EditAction::Push(_) => (2, None),
        });
        let mut data = self.data.clone();
        let mut done = vec![false; edits.len()];
        let mut todo: Vec<(&[YamlStep], &EditAction)> = Vec::new();
        for i in order {
            let TextEdit { path, what } = &edits[i];
            let path = match what {
                EditAction::Set(value) | EditAction::SetBelow { value, .. } if value_at(&data, path) == Some(value) => {
                    continue;
                }
                EditAction::Set(value) | EditAction::SetBelow { value, .. } => {
                    set_value(&mut data, path, value).then_some(path.as_slice())?
                }
                EditAction::Push(item) => push_item(&mut data, path, item).then_some(path.as_slice())?,
                EditAction::Cut { keep } => {
                    let Some(path) = path_to_remove(&data, path, *keep) else { continue };
                    remove_value(&mut data, path);
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
        // The items of a new list are inserted together.
        let mut pushed: BTreeMap<&[YamlStep], Vec<&Node>> = BTreeMap::new();
        for (path, what) in todo {
            match what {
                EditAction::Set(value) => draft.set(path, value)?,
                EditAction::SetBelow { value, above } => match path {
                    [YamlStep::Key(key)] if value_at(&self.data, path).is_none() => {
                        draft.add_below(above, key, value)?;
                    }
                    _ => draft.set(path, value)?,
                },
                EditAction::Cut { .. } => draft.cut(path)?,
                EditAction::Push(item) => pushed.entry(path).or_default().push(item),
            }
        }
        pushed.into_iter().try_for_each(|(path, items)| draft.append(path, &items))?;
        let text = draft.finish()?;
        (read(&text).ok()? == data).then_some((YamlDocument { text, data, file: None }, done))
    }

    /// The errors of edits that cannot be applied together: those of the edits that fail alone. The first edit has the index
    /// `from`.
    fn failures(&self, edits: &[TextEdit], from: usize) -> Vec<(usize, Diagnostic)> {
        let (left, right) = edits.split_at(edits.len() / 2);
        let halves =
            [(left, from), (right, from + left.len())].into_iter().filter(|(half, _)| half.len() < edits.len());
        let failing = halves.filter(|(half, _)| !half.is_empty() && self.apply(half).is_none());
        let found: Vec<(usize, Diagnostic)> = failing.flat_map(|(half, from)| self.failures(half, from)).collect();
        match edits {
            [first, ..] if found.is_empty() => vec![(from, refusal::explain(self, first))],
            _ => found,
        }
    }

    /// The source location of a range, if the text is still that of the file.
    fn location(&self, range: &Range<usize>) -> Location {
        let (Some(file), before) = (self.file, &self.text[..range.start]) else { return Location::NONE };
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[line..].trim_start_matches('\u{feff}').chars().count() + 1;
        Location::new(file, before.matches('\n').count() + 1, column, self.text[range.clone()].chars().count())
    }
}

/// A value as text on one line, to be written after a key.
pub(crate) fn line(node: &Node) -> String {
    inline::inline(node, inline::InlineContext::Line)
}

fn read(text: &str) -> Result<Node> {
    parse_one(text, &|_, _, _| Location::NONE)
}

fn parse_one(text: &str, locate: &Locator) -> Result<Node> {
    let documents = parse(text, Dialect::Kubernetes, locate)?;
    let count = documents.len();
    match <[Node; 1]>::try_from(documents) {
        Ok([node]) => Ok(node),
        Err(_) => Err(Diagnostic::new(Code::Yaml, format!("the text must be one document, got {count}")).into()),
    }
}

#[cfg(test)]
mod tests;
