//! The keys of mappings.

use super::super::{Dialect, number};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{MapKey, Node, Scalar, Tag, Value};

/// The key of a mapping from its node. In a Kubernetes object, a key of another type is kept, because a patch may use it
/// to name a field; the writer refuses it. In other texts it becomes the string that JSON has for it.
pub(super) fn key(node: Node, dialect: Dialect) -> Result<MapKey, Diagnostic> {
    let at = node.at;
    let kind = node.kind_name();
    let truth = node.as_bool();
    match node.value {
        Value::Scalar(scalar) if scalar.text.is_empty() && scalar.tag == Tag::Null => {
            Err(Diagnostic::new(Code::Yaml, "a key is missing before the colon").at(at))
        }
        Value::Scalar(Scalar { text, tag, style }) if tag == Tag::Str || dialect == Dialect::Kubernetes => {
            Ok(MapKey { text, tag, style, at })
        }
        Value::Scalar(scalar) => {
            let mut text = truth.map(|truth| truth.to_string()).unwrap_or_default();
            if matches!(scalar.tag, Tag::Int | Tag::Float) {
                number::write_canonical(&mut text, &scalar.text)
                    .map_err(|why| Diagnostic::new(Code::Yaml, why).at(at))?;
            }
            if text.is_empty() {
                return Err(key_type_error(&scalar.text, kind).at(at));
            }
            Ok(MapKey { at, ..MapKey::from(text) })
        }
        _ => Err(Diagnostic::new(Code::Yaml, format!("a key must be a string, got {kind}")).at(at)),
    }
}

/// The error for a scalar key that is not a string.
pub(in super::super) fn key_type_error(key: &str, kind: &str) -> Diagnostic {
    Diagnostic::new(Code::Yaml, format!("the key `{key}` must be a string, got {kind}"))
        .help(format!("put it in quotes: `\"{key}\"`"))
}
