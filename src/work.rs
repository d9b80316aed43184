//! Counts the work for one branch, so that no kustomization can make a build run without end.
//!
//! Trees are shared, so a kustomization can make a value of any size with little work. The work is therefore counted where a
//! value is copied, as if nothing was shared, before anything visits the result.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::{BRANCH_STEPS, DOCUMENT_DEPTH};
use crate::node::{Node, Value};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The steps for a folder with a kustomization.
const FOLDER: usize = 100;
/// The steps for an object that is added to others.
const OBJECT: usize = 4;
/// The number of values, or of objects that are visited, in one step.
const VALUES: usize = 8;
/// The number of field specs that are as much work as one object.
const SPECS: usize = 1;
/// The number of items of a list or mapping that move in one step.
const MOVED: usize = 64;
/// The number of bytes of text in one step.
const BYTES: usize = 64;
/// The number of bytes of a text, times those of a regular expression that it is compared with, in one step.
const MATCHED: usize = 32 << 10;

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

    /// Counts objects whose fields are searched for each of `specs` field specs.
    pub(crate) fn searched(&self, objects: usize, specs: usize) -> Result<(), Diagnostic> {
        self.count(1 + objects.saturating_mul(1 + specs / SPECS) / VALUES)
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

    /// Counts a text that is compared with a regular expression.
    pub(crate) fn matched(&self, text_bytes: usize, expression_bytes: usize) -> Result<(), Diagnostic> {
        self.count(text_bytes.saturating_mul(expression_bytes) / MATCHED)
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
