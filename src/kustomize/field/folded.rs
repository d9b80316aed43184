//! Folded texts (`>`) after kustomize has printed them and read them again, which changes some.

use crate::node::{Node, Scalar, Style, Tag, Value};
use crate::yaml;

/// The value after it was printed and read, or `None` if nothing changes.
pub(crate) fn printed(node: &Node) -> Option<Node> {
    let value = match &node.value {
        Value::Scalar(scalar) if scalar.tag == Tag::Str && scalar.style == Style::Folded => {
            let text = yaml::folded(&scalar.text).into();
            Value::Scalar(Scalar { text, tag: Tag::Str, style: Style::Block })
        }
        Value::Scalar(_) => return None,
        Value::Seq(items) => {
            let new: Vec<Option<Node>> = items.iter().map(printed).collect();
            if new.iter().all(Option::is_none) {
                return None;
            }
            let items = items.iter().zip(new).map(|(item, new)| new.unwrap_or_else(|| item.clone()));
            Value::Seq(items.collect::<Vec<_>>().into())
        }
        Value::Map(fields) => {
            let mut new = None;
            for entry in fields {
                if let Some(value) = printed(&entry.value) {
                    new.get_or_insert_with(|| fields.clone()).insert(entry.key.clone(), value);
                }
            }
            Value::Map(new?)
        }
    };
    Some(Node::new(value, node.at))
}
