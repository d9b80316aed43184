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
use data::{path_to_remove, path_to_write, push_item, remove_value, set_value, value_at};
use refusal::Refusals;
use smol_str::SmolStr;
use splices::Splicer;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The most edits of which is reported that they cannot be applied.
const MAX_REFUSALS: usize = 10;

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

    /// The value at a path.
    pub(crate) fn value(&self, path: &[YamlStep]) -> Option<&Node> {
        value_at(&self.data, path)
    }

    /// Applies all `edits` or none, and returns for each whether it changed anything. The order is: set values, cut parts from
    /// the last to the first, push items. For edits of separate parts, the text is the same as when they are applied one
    /// after the other. Values of a mapping that does not exist are written with it, in the order of their keys. To cut and
    /// push in one list takes two calls. The error lists the edits that cannot be applied, each with its reason.
    pub(crate) fn change(&mut self, edits: &[TextEdit]) -> Result<Vec<bool>, Vec<(usize, Diagnostic)>> {
        let (document, done) = self.apply(edits).ok_or_else(|| self.failures(edits))?;
        *self = document;
        Ok(done)
    }

    /// The document with `edits` applied, if the new text has the intended data.
    fn apply(&self, edits: &[TextEdit]) -> Option<(YamlDocument, Vec<bool>)> {
        let mut data = self.data.clone();
        let mut done = vec![false; edits.len()];
        let mut changes = TextChanges::default();
        for (done, TextEdit { path, what }) in done.iter_mut().zip(edits) {
            let (EditAction::Set(value) | EditAction::SetBelow { value, .. }) = what else { continue };
            if value_at(&data, path) == Some(value) {
                continue;
            }
            set_value(&mut data, path, value).then_some(())?;
            match what {
                EditAction::SetBelow { above, .. } if value_at(&self.data, path).is_none() => {
                    changes.below.push((path, above));
                }
                _ => changes.set.push(path_to_write(&self.data, path)),
            }
            *done = true;
        }
        let with_values = data.clone();
        // Items are removed from the last to the first, so that earlier positions stay valid.
        let mut cuts: Vec<usize> = (0..edits.len()).collect();
        cuts.sort_by_key(|&i| Reverse(&edits[i].path));
        for i in cuts {
            let TextEdit { path, what: EditAction::Cut { keep } } = &edits[i] else { continue };
            let Some(path) = path_to_remove(&data, path, *keep) else { continue };
            remove_value(&mut data, path);
            changes.cut.push(path);
            done[i] = true;
        }
        for (done, TextEdit { path, what }) in done.iter_mut().zip(edits) {
            let EditAction::Push(item) = what else { continue };
            push_item(&mut data, path, item).then_some(())?;
            changes.pushed.entry(path).or_default().push(item);
            *done = true;
        }
        if !done.contains(&true) {
            return Some((self.clone(), done));
        }
        let text = changes.apply(&self.text, &with_values)?;
        (read(&text).ok()? == data).then_some((YamlDocument { text, data, file: None }, done))
    }

    /// The first errors of edits that cannot be applied together: those of edits that fail alone. Each needs the text to be read again.
    fn failures(&self, edits: &[TextEdit]) -> Vec<(usize, Diagnostic)> {
        let refusals = Refusals::of(self);
        let fails = |i: &usize| self.apply(std::slice::from_ref(&edits[*i])).is_none();
        let shared = (0..edits.len()).filter(|i| refusals.is_of_shared_part(&edits[*i]));
        let mut failing: Vec<usize> = shared.take(MAX_REFUSALS).filter(fails).collect();
        if failing.is_empty() {
            self.find_failing(edits, 0, &mut failing);
        }
        failing.into_iter().map(|i| (i, refusals.explain(&edits[i]))).collect()
    }

    /// Adds the numbers of edits that fail alone, or of the first one if only some of them together fail. The first edit has the
    /// number `from`.
    fn find_failing(&self, edits: &[TextEdit], from: usize, failing: &mut Vec<usize>) {
        let before = failing.len();
        let (left, right) = edits.split_at(edits.len() / 2);
        for (half, from) in [(left, from), (right, from + left.len())] {
            let is_smaller = !half.is_empty() && half.len() < edits.len();
            if is_smaller && failing.len() < MAX_REFUSALS && self.apply(half).is_none() {
                self.find_failing(half, from, failing);
            }
        }
        if failing.len() == before && !edits.is_empty() {
            failing.push(from);
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

/// What changes in the text.
#[derive(Default)]
struct TextChanges<'e> {
    /// The paths of values to write.
    set: Vec<&'e [YamlStep]>,
    /// The paths of new keys of the document, each with the key above it.
    below: Vec<(&'e [YamlStep], &'e str)>,
    /// The paths of values to remove.
    cut: Vec<&'e [YamlStep]>,
    /// New items by the path of their list. They are inserted together.
    pushed: BTreeMap<&'e [YamlStep], Vec<&'e Node>>,
}

impl TextChanges<'_> {
    /// The text with the changes. `data` has the values to write.
    fn apply(self, text: &str, data: &Node) -> Option<String> {
        let mut draft = Splicer::new(text)?;
        // Of two values that are written after the same line, that of the inner mapping comes first.
        let mut set = outermost(self.set);
        set.sort_by_key(|path| Reverse(path.len()));
        set.into_iter().try_for_each(|path| draft.set(path, value_at(data, path)?))?;
        for (path, above) in self.below {
            let [YamlStep::Key(key)] = path else { return None };
            draft.add_below(above, key, value_at(data, path)?)?;
        }
        draft.cut(outermost(self.cut))?;
        self.pushed.into_iter().try_for_each(|(path, items)| draft.append(path, &items))?;
        draft.finish()
    }
}

/// The paths without duplicates and without those below another one, in the same order.
fn outermost(paths: Vec<&[YamlStep]>) -> Vec<&[YamlStep]> {
    let all: BTreeSet<&[YamlStep]> = paths.iter().copied().collect();
    let is_below = |path: &[YamlStep]| (0..path.len()).any(|len| all.contains(&path[..len]));
    let mut seen = BTreeSet::new();
    paths.into_iter().filter(|path| seen.insert(*path) && !is_below(path)).collect()
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
