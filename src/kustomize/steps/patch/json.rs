//! What is left of a value after kustomize's way through JSON, which only objects with a JSON patch take.
//!
//! Go reads every number of a JSON text as a 64-bit float: integers beyond 2^53 are rounded, and `1000000` becomes
//! `1e+06`, which shows where it is used as text.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, MapEntry, Node, Scalar, Style, Tag, Value};
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;

/// A value as it comes back from JSON.
pub(super) fn normal(value: &Node) -> Result<Node, Diagnostic> {
    Ok(changed(value)?.unwrap_or_else(|| value.clone()))
}

/// The same, or `None` if nothing changes.
fn changed(node: &Node) -> Result<Option<Node>, Diagnostic> {
    let value = match &node.value {
        Value::Scalar(scalar) => scalar_of(scalar).map_err(|error| error.at(node.at))?.map(Value::Scalar),
        Value::Seq(items) => {
            let new = items.iter().map(changed).collect::<Result<Vec<_>, Diagnostic>>()?;
            new.iter().any(Option::is_some).then(|| {
                let items = items.iter().zip(new).map(|(item, new)| new.unwrap_or_else(|| item.clone()));
                Value::Seq(items.collect::<Vec<_>>().into())
            })
        }
        Value::Map(fields) => map_of(fields)?.map(Value::Map),
    };
    Ok(value.map(|value| Node::new(value, node.at)))
}

fn map_of(fields: &Map) -> Result<Option<Map>, Diagnostic> {
    let mut new: Option<Map> = None;
    for MapEntry { key, value } in fields {
        if key.tag != Tag::Str {
            let message =
                format!("the key `{}` must be a string, got {}", key.text, Node::plain("", key.tag).kind_name());
            return Err(Diagnostic::new(Code::Resource, message).at(key.at).help("put it in quotes"));
        }
        if let Some(value) = changed(value)? {
            new.get_or_insert_with(|| fields.clone()).insert(key.clone(), value);
        }
    }
    Ok(new)
}

fn scalar_of(scalar: &Scalar) -> Result<Option<Scalar>, Diagnostic> {
    let text: SmolStr = match scalar.tag {
        Tag::Str | Tag::Timestamp => scalar.text.clone(),
        // Nothing within braces.
        Tag::Null if scalar.style == Style::Quoted => return Ok(Some(Scalar::str(""))),
        Tag::Null => SmolStr::new_static("null"),
        Tag::Bool
            if Node::new(Value::Scalar(scalar.clone()), crate::source::Location::NONE).as_bool() == Some(true) =>
        {
            SmolStr::new_static("true")
        }
        Tag::Bool => SmolStr::new_static("false"),
        Tag::Int | Tag::Float => {
            yaml::number::go_float(&scalar.text).map_err(|why| Diagnostic::new(Code::Resource, why))?.into()
        }
    };
    let tag = match scalar.tag {
        Tag::Int | Tag::Float => yaml::resolve(&text, Dialect::Kubernetes),
        tag => tag,
    };
    let style = match tag {
        Tag::Str if text.contains('\n') => Style::Block,
        Tag::Str if needs_quotes(&text) => Style::Quoted,
        _ => Style::Plain,
    };
    let is_same = text == scalar.text && tag == scalar.tag && style == scalar.style;
    Ok((!is_same).then_some(Scalar { text, tag, style }))
}

/// A string in the style that kustomize gives to those it makes itself.
pub(super) fn string(text: &str) -> Scalar {
    let style = if needs_quotes(text) { Style::Quoted } else { Style::Plain };
    Scalar { style, ..Scalar::str(text) }
}

fn needs_quotes(text: &str) -> bool {
    [Dialect::Kubernetes, Dialect::Yaml11].iter().any(|dialect| yaml::resolve(text, *dialect) != Tag::Str)
}
