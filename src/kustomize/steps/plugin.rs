//! The configuration of a built-in plugin: an object with the fields that the step of the same name reads.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::model::text::{TextMap, pairs};
use crate::node::{Node, Scalar, Tag, Value};
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpec;
use crate::yaml::{FieldErrors, Fields, number};
use std::sync::Arc;

/// Reads the configuration of a plugin. Unknown fields are ignored, as in kustomize.
pub(crate) fn read<T>(plugin: &Resource, read: impl FnOnce(&mut Fields) -> T) -> Result<T> {
    let mut errors = FieldErrors::ignoring_case(Code::Overlay).ignoring_unknown();
    let mut value = None;
    Fields::read(&strings(&plugin.node, &UNCONVERTED), "a plugin", &mut errors, |fields| {
        value = Some(read(fields));
        Some(())
    });
    let value = value.ok_or_else(|| error(plugin, "the configuration of a plugin must be a mapping"))?;
    errors.check(value)
}

/// Fields of plugins that are no strings. kustomize takes numbers and booleans for strings everywhere else.
const TYPED: [&str; 10] = [
    "allowkindchange",
    "allownamechange",
    "count",
    "create",
    "disablenamesuffixhash",
    "filepathposition",
    "immutable",
    "index",
    "optional",
    "unsetonly",
];

/// A field that is a string, but that kustomize does not convert in the configuration of a plugin.
const UNCONVERTED: [&str; 1] = ["sourcevalue"];

/// The same configuration with its numbers and booleans as strings where strings are expected, except in the fields
/// `unconverted`.
pub(crate) fn strings(node: &Node, unconverted: &[&str]) -> Node {
    let value = match &node.value {
        Value::Map(map) => {
            let fields = map.iter().map(|entry| {
                let key = entry.key.text.to_lowercase();
                let stays = TYPED.contains(&key.as_str()) || unconverted.contains(&key.as_str());
                (entry.key.clone(), if stays { entry.value.clone() } else { strings(&entry.value, unconverted) })
            });
            Value::Map(fields.collect())
        }
        Value::Seq(items) => Value::Seq(Arc::new(items.iter().map(|item| strings(item, unconverted)).collect())),
        Value::Scalar(scalar) => match scalar.tag {
            Tag::Int | Tag::Float => {
                let mut text = String::new();
                let _ = number::write_canonical(&mut text, &scalar.text);
                Value::Scalar(Scalar { text: text.into(), tag: Tag::Str, style: scalar.style })
            }
            Tag::Bool => {
                let text = if node.as_bool() == Some(true) { "true" } else { "false" };
                Value::Scalar(Scalar { text: text.into(), tag: Tag::Str, style: scalar.style })
            }
            Tag::Str | Tag::Null | Tag::Timestamp => return node.clone(),
        },
    };
    Node::new(value, node.at)
}

/// The name of a built-in plugin.
pub(crate) fn kind(plugin: &Resource) -> Result<String, Diagnostic> {
    let gvk = plugin.gvk();
    if gvk.group.is_empty() && gvk.version == "builtin" {
        return Ok(gvk.kind.to_string());
    }
    Err(error(plugin, format!("the plugin `{}` is a program, but a build does not run programs", gvk.kind))
        .help("run it once and list its output in `resources`, or use a built-in plugin: `apiVersion: builtin`"))
}

/// An error in the configuration of a plugin.
pub(crate) fn error(plugin: &Resource, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Overlay, message).at(plugin.origin)
}

/// Reads the field specs of a plugin, which replace those of the kustomization.
pub(crate) fn specs(fields: &mut Fields) -> Vec<FieldSpec> {
    fields.list("fieldSpecs", FieldSpec::read_lenient)
}

/// Reads the labels or annotations of a plugin and its field specs.
pub(crate) fn pairs_and_specs(plugin: &Resource, name: &'static str) -> Result<(TextMap, Vec<FieldSpec>)> {
    read(plugin, |fields| (pairs(fields, name), specs(fields)))
}

/// Reads a field of a plugin as the entry of a kustomization is read.
pub(crate) fn entry<T>(
    fields: &mut Fields,
    name: &'static str,
    read: fn(&Node, &mut FieldErrors) -> Option<T>,
) -> Option<T> {
    fields.node(name).and_then(|node| read(node, fields.errors()))
}
