//! Counts the work for one branch, so that no kustomization can make a build run without end.
//!
//! Trees are shared, so a kustomization can make a value of any size with little work. The work is therefore counted where a
//! value is copied, as if nothing was shared, before anything visits the result.

use crate::diagnostic::{self, Code, Diagnostic, Diagnostics};
use crate::limits::{BRANCH_STEPS, DOCUMENT_DEPTH, NEAREST_CANDIDATES};
use crate::node::{Node, Value};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The steps for a folder with a kustomization.
const FOLDER: usize = 100;
/// The steps for an object that is added to others.
const OBJECT: usize = 4;
/// The number of values, or of objects that are visited, in one step.
const VALUES: usize = 8;
/// The number of fields that a step searches in one object, in one step.
const FIELDS: usize = 2;
/// The number of keys that are searched in a mapping in one step.
const KEYS: usize = 4;
/// The steps for an entry that is added to a mapping, which takes memory until the output is written.
const ENTRY: usize = 3;
/// The number of items of a list or mapping that move in one step.
const MOVED: usize = 64;
/// The number of bytes of text in one step.
const BYTES: usize = 64;
/// The number of pairs of characters that are compared in one step, for a suggestion.
const CELLS: usize = 128;
/// The number of such pairs that are as much work as the rest of a comparison of two names.
const NAMES: usize = 100;
/// The number of values that are visited in one step.
const VISITED: usize = 16;
/// The number of bytes of a text, times those of a regular expression that it is compared with, in one step.
const MATCHED: usize = 16 << 10;
/// A regular expression of more bytes is slower: of twice as many twice as slow, but not more than [`SLOWEST`] times.
const FAST_EXPRESSION: usize = 2 << 10;
const SLOWEST: usize = 8;
/// The number of bytes of a regular expression that are read in one step.
const PATTERN: usize = 4;

/// The steps done so far for one branch.
#[derive(Debug, Default)]
pub(crate) struct WorkCounter(AtomicUsize);

/// The size of a value as if nothing was shared.
#[derive(Clone, Copy, Debug, Default)]
struct ValueSize {
    values: usize,
    bytes: usize,
}

impl WorkCounter {
    /// Counts a folder that is applied to `objects`. Errors of this and of all other methods have no source location.
    pub(crate) fn folder(&self, objects: usize) -> Result<(), Diagnostic> {
        self.count(FOLDER + objects)
    }

    /// Counts objects that are added to others.
    pub(crate) fn objects(&self, objects: usize) -> Result<(), Diagnostic> {
        self.count(objects.saturating_mul(OBJECT))
    }

    /// Counts objects that a selector is compared with.
    pub(crate) fn compared(&self, objects: usize) -> Result<(), Diagnostic> {
        self.count(1 + objects / VALUES)
    }

    /// Counts the fields of one object that are searched. Their paths have so many bytes.
    pub(crate) fn searched(&self, fields: usize, bytes: usize) -> Result<(), Diagnostic> {
        self.count(fields / FIELDS + bytes / BYTES)
    }

    /// Counts keys that are searched in a mapping.
    pub(crate) fn found(&self, keys: usize) -> Result<(), Diagnostic> {
        self.count(keys / KEYS)
    }

    /// Counts entries that are added to a mapping.
    pub(crate) fn added(&self, entries: usize) -> Result<(), Diagnostic> {
        self.count(entries.saturating_mul(ENTRY))
    }

    /// Counts field specs that are merged, or objects whose ids are compared.
    pub(crate) fn merged(&self, specs: usize) -> Result<(), Diagnostic> {
        self.count(specs)
    }

    /// Counts a list or mapping that is copied without the values in its items.
    pub(crate) fn copied(&self, items: usize) -> Result<(), Diagnostic> {
        self.count(items / VALUES)
    }

    /// Counts items of a list or mapping that move because one before them is added or removed.
    pub(crate) fn moved(&self, items: usize) -> Result<(), Diagnostic> {
        self.count(items / MOVED)
    }

    /// Counts a text that is made.
    pub(crate) fn text(&self, bytes: usize) -> Result<(), Diagnostic> {
        self.count(1 + bytes / BYTES)
    }

    /// Counts a regular expression that is read.
    pub(crate) fn pattern(&self, bytes: usize) -> Result<(), Diagnostic> {
        self.count(1 + bytes / PATTERN)
    }

    /// Counts a text that is compared with a regular expression.
    pub(crate) fn matched(&self, text_bytes: usize, expression_bytes: usize) -> Result<(), Diagnostic> {
        let slowness = (expression_bytes / FAST_EXPRESSION).clamp(1, SLOWEST);
        self.count(text_bytes.saturating_mul(expression_bytes).saturating_mul(slowness) / MATCHED)
    }

    /// Counts a value that is visited, with everything in it.
    pub(crate) fn visited(&self, node: &Node) -> Result<(), Diagnostic> {
        let mut size = ValueSize::default();
        let is_counted = self.measure(node, 0, &mut size);
        self.count(1 + size.values / VISITED)?;
        is_counted
    }

    /// Adds ``did you mean `x`?`` to an error if one of `names` is close to `word`. Becomes the error of the work limit if it
    /// takes too much.
    pub(crate) fn suggest<'n>(
        &self,
        error: Diagnostic,
        word: &str,
        names: impl Iterator<Item = &'n str>,
    ) -> Diagnostic {
        match self.nearest(word, names) {
            Ok(Some(near)) => error.help(format!("did you mean `{near}`?")),
            Ok(None) => error,
            Err(limit) => limit.at(error.parts().at),
        }
    }

    /// The name that is probably meant by a word, if one is similar.
    pub(crate) fn nearest<'n>(
        &self,
        word: &str,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Option<&'n str>, Diagnostic> {
        let names: Vec<&str> = names.take(NEAREST_CANDIDATES).collect();
        let length = word.chars().count();
        let is_similar = |name: &&&str| name.chars().count().abs_diff(length) <= 1 + length / 3;
        let similar = names.iter().filter(is_similar).count();
        self.count((names.len() + similar.saturating_mul(length.saturating_mul(length) + NAMES)) / CELLS)?;
        Ok(diagnostic::nearest(word, names))
    }

    /// Counts a value that is visited or copied, with everything in it. The copy is `depth` levels deep in its object.
    pub(crate) fn value(&self, node: &Node, depth: usize) -> Result<(), Diagnostic> {
        let mut size = ValueSize::default();
        let is_counted = self.measure(node, depth, &mut size);
        self.count(size.steps())?;
        is_counted
    }

    /// Adds the size of `node` to `size`. It stops when the limit is exceeded, because a shared tree can be of any size.
    fn measure(&self, node: &Node, depth: usize, size: &mut ValueSize) -> Result<(), Diagnostic> {
        size.values += 1;
        if self.done() + size.steps() > BRANCH_STEPS {
            return Ok(());
        }
        check_depth(depth)?;
        match &node.value {
            Value::Scalar(scalar) => size.bytes += scalar.text.len(),
            Value::Seq(items) => {
                for item in items.iter() {
                    self.measure(item, depth + 1, size)?;
                }
            }
            Value::Map(map) => {
                for entry in map {
                    size.bytes += entry.key.text.len();
                    self.measure(&entry.value, depth + 1, size)?;
                }
            }
        }
        Ok(())
    }

    /// The steps done so far.
    pub(crate) fn done(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Forgets the steps after the first `done`, to do them again in another order.
    pub(crate) fn reset(&self, done: usize) {
        self.0.store(done, Ordering::Relaxed);
    }

    /// Whether the limit is exceeded.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.done() > BRANCH_STEPS
    }

    fn count(&self, steps: usize) -> Result<(), Diagnostic> {
        // More steps than the limit are as many as one more.
        let steps = steps.min(BRANCH_STEPS + 1);
        if self.0.fetch_add(steps, Ordering::Relaxed) + steps <= BRANCH_STEPS {
            return Ok(());
        }
        let message = format!("the kustomizations of the branch exceed the work limit of {BRANCH_STEPS} steps");
        let error = Diagnostic::new(Code::Overlay, message).of_work_limit();
        Err(error.help("look for a folder that is listed many times, or a value that is copied into itself"))
    }
}

/// The errors of a build. If it exceeds the limit, all steps after that fail, so only the first error is reported.
pub(crate) fn reported(errors: Diagnostics) -> Diagnostics {
    let first = errors.iter().find(|error| error.parts().is_of_work_limit).cloned();
    first.map_or(errors, Diagnostics::from)
}

/// Refuses a value that is more than [`DOCUMENT_DEPTH`] levels deep in its object.
pub(crate) fn check_depth(depth: usize) -> Result<(), Diagnostic> {
    if depth <= DOCUMENT_DEPTH {
        return Ok(());
    }
    let message = format!("lists and mappings are nested more than {DOCUMENT_DEPTH} levels deep");
    Err(Diagnostic::new(Code::Overlay, message))
}

impl ValueSize {
    fn steps(self) -> usize {
        1 + self.values / VALUES + self.bytes / BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that contains 2 to the power of `doublings` values, with little memory.
    fn doubled(doublings: usize) -> Node {
        (0..doublings).fold(Node::str("x"), |node, _| Node::seq([node.clone(), node]))
    }

    #[test]
    fn shared_values_count_in_full() {
        let work = WorkCounter::default();
        work.value(&doubled(10), 0).unwrap();
        assert_eq!(work.done(), 1 + 2047 / VALUES + 1024 / BYTES);
    }

    #[test]
    fn a_value_of_any_size_ends_with_an_error() {
        let work = WorkCounter::default();
        assert!(work.value(&doubled(60), 0).is_err());
        assert!(work.is_exceeded());
        // Every later step fails too.
        assert!(work.text(0).is_err());
    }

    #[test]
    fn depth_is_limited() {
        let deep = (0..DOCUMENT_DEPTH).fold(Node::str("x"), |node, _| Node::seq([node]));
        let work = WorkCounter::default();
        assert!(work.value(&deep, 0).is_ok());
        let error = work.value(&deep, 1).unwrap_err();
        assert_eq!(error.to_string(), "lists and mappings are nested more than 400 levels deep");
        assert!(!work.is_exceeded());
    }
}
