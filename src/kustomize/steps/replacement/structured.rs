//! Fields within JSON that is the text of a field, such as `data.config\.json.database.host`.
//!
//! kustomize writes the whole text anew: keys in order, with line breaks if it had some. YAML, which it also writes anew, is
//! refused.

use crate::diagnostic::Diagnostic;
use crate::kustomize::field::path::{Create, Reached, SourcePath, TargetPath, split};
use crate::kustomize::steps::json;
use crate::node::{Node, Tag, Value};
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect};

/// What became of the fields within JSON that a path reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonFields {
    /// There are none: the path is for the object.
    Missing,
    /// They have the value.
    Changed,
    /// They cannot have the value, or the text has keys that are no strings: kustomize leaves the text as it was.
    Kept,
}

/// Changes the fields within JSON that a path reaches.
pub(super) fn replace(
    object: &mut Node,
    path: &str,
    create: Create,
    counter: &WorkCounter,
    visit: &mut dyn FnMut(&mut Node, Reached) -> Result<(), Diagnostic>,
) -> Result<JsonFields, Diagnostic> {
    let parts = split(path);
    let Some((outer, inner)) = (1..parts.len()).map(|i| parts.split_at(i)).find(|(outer, _)| is_json(object, outer))
    else {
        return Ok(JsonFields::Missing);
    };
    let Some(text) = SourcePath::of(outer).ok().and_then(|outer| outer.find_mut(object)) else {
        return Ok(JsonFields::Missing);
    };
    let Value::Scalar(scalar) = &text.value else { return Ok(JsonFields::Missing) };
    // It is read, written as one line, and perhaps as several.
    counter.text(4 * scalar.text.len())?;
    let at = text.at;
    let documents = yaml::parse(&scalar.text, Dialect::Kubernetes, &|_, _, _| at);
    let Some(mut document) = documents.ok().and_then(|documents| documents.into_iter().next()) else {
        return Ok(JsonFields::Missing);
    };
    let mut is_refused = false;
    let mut visit = |field: &mut Node, reached| visit(field, reached).inspect_err(|_| is_refused = true);
    let count = TargetPath::of(inner, counter).and_then(|inner| inner.each(&mut document, create, &mut visit));
    match count {
        Err(error) if error.parts().is_of_work_limit => return Err(error),
        Err(_) if is_refused => return Ok(JsonFields::Kept),
        Err(_) | Ok(0) => return Ok(JsonFields::Missing),
        Ok(_) if !has_texts_as_keys(&document) => return Ok(JsonFields::Kept),
        Ok(_) => {}
    }
    let mut new = String::new();
    json::write(&mut new, &document);
    if scalar.text.contains('\n') && scalar.text.contains("  ") {
        new = json::indented(&new);
    }
    counter.text(new.len())?;
    let mut scalar = scalar.clone();
    scalar.text = new.into();
    text.value = Value::Scalar(scalar);
    Ok(JsonFields::Changed)
}

/// Whether the text at a path begins as JSON does.
fn is_json(object: &Node, path: &[String]) -> bool {
    let Ok(path) = SourcePath::of(path) else { return false };
    let text = path.find(object).ok().flatten().and_then(Node::as_str);
    text.is_some_and(|text| text.trim_start().starts_with(['{', '[']))
}

/// Whether JSON can have all keys.
fn has_texts_as_keys(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => true,
        Value::Seq(items) => items.iter().all(has_texts_as_keys),
        Value::Map(map) => map.iter().all(|entry| entry.key.tag == Tag::Str && has_texts_as_keys(&entry.value)),
    }
}
