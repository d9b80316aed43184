//! The variables of a branch as templates see them.
//!
//! Lists and mappings stay nodes and are read lazily: a context costs nothing to create, and a value that is a whole YAML
//! value in a document keeps its source locations in the spec. The context records which values templates read.

use super::number::{self, SourceNumbers};
use crate::diagnostic::{Diagnostics, Result};
use crate::limits::BRANCH_TEMPLATE_STEPS;
use crate::node::{Node, Tag, Value as Data};
use crate::reserved;
use crate::source::Location;
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The variables of one branch.
#[derive(Clone, Debug)]
pub(crate) struct TemplateContext {
    variables: Node,
    root: Value,
    /// The numbers whose text is not that of their value.
    numbers: Vec<Node>,
    reads: Arc<RecordedReads>,
    /// The steps of the templates rendered so far.
    steps: Arc<AtomicU64>,
}

/// The source locations of the values that templates have read.
#[derive(Debug, Default)]
struct RecordedReads(Mutex<Reads>);

#[derive(Debug, Default)]
struct Reads {
    locations: BTreeSet<Location>,
    /// The addresses of the lists and mappings that are recorded with everything in them.
    wholes: BTreeSet<usize>,
}

impl RecordedReads {
    fn lock(&self) -> MutexGuard<'_, Reads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reads {
    /// Records a value with everything in it.
    fn whole(&mut self, node: &Node) {
        self.locations.insert(node.at);
        match &node.value {
            Data::Seq(items) if self.wholes.insert(items.as_ptr().addr()) => {
                items.iter().for_each(|item| self.whole(item));
            }
            Data::Map(map) if self.wholes.insert(map.iter().as_slice().as_ptr().addr()) => {
                map.iter().for_each(|entry| self.whole(&entry.value));
            }
            _ => {}
        }
    }
}

impl TemplateContext {
    /// The context with the keys of the mapping `variables` as names. Text with a reserved character is
    /// refused.
    pub(crate) fn new(variables: &Node) -> Result<Self> {
        let reads = Arc::new(RecordedReads::default());
        Diagnostics::check(reserved::errors(variables), ())?;
        Ok(TemplateContext {
            root: value(variables, &reads, SourceNumbers::Values),
            variables: variables.clone(),
            numbers: number::with_own_text(variables),
            reads,
            steps: Arc::default(),
        })
    }

    /// Counts the steps of a template. Returns whether all are within the limit of a branch.
    pub(super) fn count(&self, steps: u64) -> bool {
        self.steps.fetch_add(steps, Ordering::Relaxed) + steps <= BRANCH_TEMPLATE_STEPS
    }

    /// The source locations of the values that templates have read so far. A list or mapping that is used as a whole counts
    /// with everything in it.
    pub(crate) fn read_locations(&self) -> BTreeSet<Location> {
        self.reads.lock().locations.clone()
    }

    /// The variables as a value of the template engine.
    pub(super) fn root(&self) -> Value {
        self.root.clone()
    }

    /// The variables with such numbers.
    pub(super) fn root_with(&self, numbers: SourceNumbers) -> Value {
        value(&self.variables, &self.reads, numbers)
    }

    /// The numbers whose text is not that of their value.
    pub(super) fn numbers(&self) -> &[Node] {
        &self.numbers
    }

    /// The variables as a node, for suggestions in errors.
    pub(super) fn variables(&self) -> &Node {
        &self.variables
    }
}

/// Converts a node to a value of the template engine. A scalar counts as read.
fn value(node: &Node, reads: &Arc<RecordedReads>, numbers: SourceNumbers) -> Value {
    let Data::Scalar(scalar) = &node.value else {
        return Value::from_object(NodeObject { node: node.clone(), reads: Arc::clone(reads), numbers });
    };
    reads.lock().locations.insert(node.at);
    let text = scalar.text.as_str();
    match scalar.tag {
        // A long text is shared.
        Tag::Str | Tag::Timestamp if scalar.text.is_heap_allocated() => Arc::<str>::from(scalar.text.clone()).into(),
        Tag::Str | Tag::Timestamp => Value::from(text),
        Tag::Null => Value::from(()),
        Tag::Bool => Value::from(node.as_bool()),
        Tag::Int | Tag::Float => number::value(node, text, numbers),
    }
}

/// A list or mapping of the spec.
#[derive(Debug)]
pub(super) struct NodeObject {
    node: Node,
    reads: Arc<RecordedReads>,
    numbers: SourceNumbers,
}

impl NodeObject {
    /// The node, which does not count as read.
    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    /// The node, which counts as read with everything in it.
    pub(super) fn whole(&self) -> &Node {
        self.reads.lock().whole(&self.node);
        &self.node
    }
}

impl Object for NodeObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.node.as_map().is_some() { ObjectRepr::Map } else { ObjectRepr::Seq }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let node = match &self.node.value {
            Data::Map(map) => map.get(key.as_str()?),
            Data::Seq(items) => items.get(key.as_usize()?),
            Data::Scalar(_) => None,
        };
        node.map(|node| value(node, &self.reads, self.numbers))
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.node.get(key).map(|node| value(node, &self.reads, self.numbers))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.whole().value {
            Data::Scalar(_) => Enumerator::Empty,
            Data::Seq(items) => Enumerator::Seq(items.len()),
            Data::Map(map) => {
                let (map, reads, numbers) = (map.clone(), Arc::clone(&self.reads), self.numbers);
                Enumerator::KeyValueIter(Box::new((0..map.len()).map(move |i| {
                    let entry = map.iter().nth(i).expect("the map does not change while it is read");
                    (Value::from(entry.key.text.as_str()), value(&entry.value, &reads, numbers))
                })))
            }
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match &self.whole().value {
            Data::Scalar(_) => None,
            Data::Seq(items) => Some(items.len()),
            Data::Map(map) => Some(map.len()),
        }
    }
}
