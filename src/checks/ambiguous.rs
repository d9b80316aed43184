//! Unquoted words that some YAML readers read as another type than kustomize does.

use super::{CheckInput, Finding};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{MapEntry, Node, Scalar, Style, Tag, Value};
use crate::source::Location;
use crate::yaml;

/// A warning for each such word among keys and values.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let mut warnings = Vec::new();
    for object in &input.objects {
        words(object.node(), &mut warnings);
    }
    warnings.into_iter().map(Finding::warning).collect()
}

fn words(node: &Node, warnings: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Scalar(Scalar { text, tag, style }) => word(text, *tag, *style, node.at, warnings),
        Value::Seq(items) => items.iter().for_each(|item| words(item, warnings)),
        Value::Map(map) => {
            for MapEntry { key, value } in map {
                word(&key.text, key.tag, key.style, key.at, warnings);
                words(value, warnings);
            }
        }
    }
}

fn word(text: &str, tag: Tag, style: Style, at: Location, warnings: &mut Vec<Diagnostic>) {
    // A step that inserts a text of a kustomization has it without quotes. The location includes the quotes in the file.
    let is_quoted_in_file = usize::from(at.len) > text.chars().count();
    if let Some(other) = yaml::ambiguous(text, tag, style).filter(|_| !is_quoted_in_file) {
        let message = format!("some YAML readers read `{text}` as {other}");
        warnings.push(Diagnostic::new(Code::Yaml, message).at(at).help("put it in quotes"));
    }
}
