//! Examples of the schema of the spec, for the help of a diagnostic.

use serde_json::{Map, Value as Json};

/// The longest example.
const LONGEST: usize = 120;

/// An example of a value with this schema, as YAML on one line. `resolve` follows references.
pub(super) fn example(schema: &Json, resolve: &dyn Fn(&Json) -> Json) -> Option<String> {
    let text = flow(&value(schema, resolve)?);
    (text.chars().count() <= LONGEST).then_some(text)
}

fn value(schema: &Json, resolve: &dyn Fn(&Json) -> Json) -> Option<Json> {
    let schema = resolve(schema);
    let own = [&schema["const"], &schema["examples"][0], &schema["enum"][0]];
    if let Some(own) = own.into_iter().find(|value| !value.is_null()) {
        return Some(own.clone());
    }
    if schema["type"] == "boolean" {
        return Some(Json::Bool(true));
    }
    let properties = schema["properties"].as_object()?;
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let fields = properties.iter().filter(|(key, _)| required.is_empty() || required.contains(&key.as_str()));
    let fields = fields.filter_map(|(key, schema)| Some((key.clone(), value(schema, resolve)?)));
    let fields: Map<String, Json> = fields.take(required.len().max(1)).collect();
    (!fields.is_empty()).then_some(Json::Object(fields))
}

/// A value as YAML on one line.
fn flow(value: &Json) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Json::String(text) if is_plain(text) => text.clone(),
        Json::Array(items) => format!("[{}]", joined(items.iter().map(flow).collect())),
        Json::Object(map) => {
            format!("{{{}}}", joined(map.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect()))
        }
        other => other.to_string(),
    }
}

/// Whether a string needs no quotes anywhere.
fn is_plain(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '/' | '-' | '.' | '_' | ':');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_word) && !text.contains(": ")
}
