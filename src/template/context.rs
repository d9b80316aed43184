//! The variables of a branch as templates see them.
//!
//! Lists and mappings stay nodes and are read lazily: a context costs nothing to create, and a value that is a whole YAML
//! value in a document keeps its source locations in the spec.

use super::placeholder;
use crate::diagnostic::{Result, gather};
use crate::node::{Node, Tag, Value as Data};
use crate::yaml::number;
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use std::sync::Arc;

/// The variables of one branch.
#[derive(Clone, Debug)]
pub(crate) struct TemplateContext {
    variables: Node,
    root: Value,
}

impl TemplateContext {
    /// The context with the keys of the mapping `variables` as names. Text with a character that is reserved for
    /// placeholders is refused.
    pub(crate) fn new(variables: &Node) -> Result<Self> {
        check_reserved(variables)?;
        Ok(TemplateContext { root: value(variables), variables: variables.clone() })
    }

    /// The variables as a value of the template engine.
    pub(super) fn root(&self) -> Value {
        self.root.clone()
    }

    /// The variables as a node, for suggestions in errors.
    pub(super) fn variables(&self) -> &Node {
        &self.variables
    }
}

fn check_reserved(node: &Node) -> Result<()> {
    let check_text = |text: &str, at| match placeholder::reserved(text) {
        None => Ok(()),
        Some((_, c)) => Err(placeholder::reserved_character_error(c).at(at)),
    };
    match &node.value {
        Data::Scalar(scalar) => Ok(check_text(&scalar.text, node.at)?),
        Data::Seq(items) => gather(items.iter(), check_reserved).map(drop),
        Data::Map(map) => gather(map, |entry| {
            check_text(&entry.key.text, entry.key.at)?;
            check_reserved(&entry.value)
        })
        .map(drop),
    }
}

/// Converts a node to a value of the template engine.
fn value(node: &Node) -> Value {
    let Data::Scalar(scalar) = &node.value else {
        return Value::from_object(NodeObject(node.clone()));
    };
    let text = scalar.text.as_str();
    match scalar.tag {
        Tag::Str | Tag::Timestamp => Value::from(text),
        Tag::Null => Value::from(()),
        Tag::Bool => Value::from(node.as_bool()),
        Tag::Int | Tag::Float => match (number::parse_int(text), number::parse_float(text)) {
            (Some(number), _) => i64::try_from(number).map_or_else(|_| Value::from(number), Value::from),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(text),
        },
    }
}

/// A list or mapping of the spec.
#[derive(Debug)]
pub(super) struct NodeObject(pub(super) Node);

impl Object for NodeObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.0.as_map().is_some() { ObjectRepr::Map } else { ObjectRepr::Seq }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match &self.0.value {
            Data::Map(map) => map.get(key.as_str()?).map(value),
            Data::Seq(items) => items.get(key.as_usize()?).map(value),
            Data::Scalar(_) => None,
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key).map(value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.0.value {
            Data::Scalar(_) => Enumerator::Empty,
            Data::Seq(items) => Enumerator::Seq(items.len()),
            Data::Map(map) => {
                let map = map.clone();
                Enumerator::KeyValueIter(Box::new((0..map.len()).map(move |i| {
                    let entry = map.iter().nth(i).expect("the map does not change while it is read");
                    (Value::from(entry.key.text.as_str()), value(&entry.value))
                })))
            }
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match &self.0.value {
            Data::Scalar(_) => None,
            Data::Seq(items) => Some(items.len()),
            Data::Map(map) => Some(map.len()),
        }
    }
}
