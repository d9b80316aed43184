//! The keys of the spec, from its JSON Schema.

use super::{HEADER, cell, code, plain};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// What is written below the tables of the objects, by the title of the object.
const INTRODUCTION: &str = "\
The spec is the file `branches.yaml`. The files of `branches.d/`, if there are any, contain one [branch](#branch) each.
An unknown key is an error. `pleach schema` prints the JSON Schema of these tables; an editor with a YAML language server checks
and completes the file if its first line is `# yaml-language-server: $schema=schema/branches.schema.json`.

A type such as *[zone](#zone)* links to the table of its keys. A key with the default *none* can be left out, unless it is
*required*.

";

/// The text of the page.
pub(super) fn page() -> String {
    let root = schema();
    let mut text = format!("# Keys of the spec\n\n{HEADER}{INTRODUCTION}");
    for (heading, definition) in objects(&root) {
        section(&mut text, &root, &heading, definition);
    }
    text
}

pub(super) fn schema() -> Json {
    serde_json::from_str(crate::schema::branches::TEXT).unwrap()
}

/// The objects with keys of their own: first the spec, then in the order in which they are mentioned.
fn objects(root: &Json) -> Vec<(String, &Json)> {
    let mut found = vec![("spec".to_owned(), root)];
    let mut next = 0;
    while next < found.len() {
        let mut mentioned = Vec::new();
        mentions(found[next].1, &mut mentioned);
        for name in mentioned {
            let definition = &root["definitions"][&name];
            if !found.iter().any(|(known, _)| *known == name) && has_keys(definition) {
                found.push((name, definition));
            }
        }
        next += 1;
    }
    found
}

fn has_keys(definition: &Json) -> bool {
    definition["properties"].is_object() || mentioned(&definition["items"]).is_some()
}

fn mentioned(part: &Json) -> Option<String> {
    Some(part["$ref"].as_str()?.trim_start_matches("#/definitions/").to_owned())
}

/// The definitions that a part of the schema refers to.
fn mentions(part: &Json, found: &mut Vec<String>) {
    found.extend(mentioned(part));
    for keyword in ["properties", "items", "additionalProperties"] {
        match &part[keyword] {
            Json::Object(parts) if keyword == "properties" => parts.values().for_each(|part| mentions(part, found)),
            Json::Null => {}
            part => mentions(part, found),
        }
    }
}

/// A heading, the description and the table of an object.
fn section(text: &mut String, root: &Json, heading: &str, definition: &Json) {
    let Some(properties) = definition["properties"].as_object() else { return };
    let description = definition["description"].as_str().unwrap();
    let _ = write!(text, "## {heading}\n\n{description}\n\n");
    text.push_str("| key | type | default | description |\n|---|---|---|---|\n");
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    rows(text, root, "", properties, &required);
    let examples = examples(root, properties);
    if !examples.is_empty() {
        let _ = write!(text, "\nExamples, one per line:\n\n```yaml\n{examples}```\n");
    }
    text.push('\n');
}

fn rows(text: &mut String, root: &Json, above: &str, keys: &serde_json::Map<String, Json>, required: &[&str]) {
    for (key, part) in keys {
        let resolved = resolve(root, part);
        let default = match &resolved["default"] {
            _ if required.contains(&key.as_str()) => "*required*".to_owned(),
            Json::Null => "none".to_owned(),
            value => code(&flow(value)),
        };
        let description = cell(&described(resolved));
        let _ = writeln!(text, "| `{above}{key}` | {} | {default} | {description} |", kind(root, part));
        // An object without a definition of its own has its keys here.
        if let (None, Some(below)) = (mentioned(part), part["properties"].as_object()) {
            rows(text, root, &format!("{above}{key}."), below, &[]);
        }
    }
}

fn resolve<'a>(root: &'a Json, part: &'a Json) -> &'a Json {
    mentioned(part).map_or(part, |name| &root["definitions"][name])
}

/// The description, with the constraints that the type does not show.
fn described(part: &Json) -> String {
    let mut text = part["description"].as_str().unwrap().to_owned();
    let limits = ["minimum", "maximum"].map(|limit| part[limit].as_u64());
    match limits {
        [Some(minimum), Some(maximum)] => write!(text, " From {minimum} to {maximum}.").expect("a string grows"),
        [Some(minimum), None] => write!(text, " At least {minimum}.").expect("a string grows"),
        _ => {}
    }
    text
}

/// The type of a value, with links to the objects that it consists of.
fn kind(root: &Json, part: &Json) -> String {
    if let Some(name) = mentioned(part) {
        let definition = &root["definitions"][&name];
        if definition["type"] == "object" && definition["properties"].is_object() {
            return format!("[{name}](#{})", name.to_lowercase());
        }
        let own = format!(" or [{name}](#{})", name.to_lowercase());
        return kind(root, definition) + if definition["properties"].is_object() { &own } else { "" };
    }
    if let Some(values) = part["enum"].as_array() {
        return values.iter().map(|value| code(&flow(value))).collect::<Vec<_>>().join(", ");
    }
    if !part["const"].is_null() {
        return code(&flow(&part["const"]));
    }
    let names: Vec<&str> = match &part["type"] {
        Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    };
    let one = |name: &&str| match *name {
        "array" => format!("list of {}", in_brackets(&kind(root, &part["items"]))),
        "object" if part["additionalProperties"].is_object() => {
            format!("mapping of names to {}", in_brackets(&kind(root, &part["additionalProperties"])))
        }
        "object" if part["properties"].is_object() => "mapping".to_owned(),
        "object" => "mapping of any data".to_owned(),
        "null" => "`null`".to_owned(),
        name => name.to_owned(),
    };
    // `hosts` is a list, or a mapping that has its own table.
    let is_own = |name: &&&str| **name == "object" && part["properties"].is_object() && names.len() > 1;
    names.iter().filter(|name| !is_own(name)).map(one).collect::<Vec<_>>().join(" or ")
}

fn in_brackets(kind: &str) -> String {
    if kind.contains(" or ") { format!("({kind})") } else { kind.to_owned() }
}

/// A line for each example of each key.
fn examples(root: &Json, keys: &serde_json::Map<String, Json>) -> String {
    let mut text = String::new();
    for (key, part) in keys {
        for example in resolve(root, part)["examples"].as_array().into_iter().flatten() {
            let _ = writeln!(text, "{key}: {}", flow(example));
        }
    }
    text
}

/// A value as YAML on one line.
fn flow(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| format!("{}: {}", plain(key), flow(value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::String(text) => plain(text),
        other => other.to_string(),
    }
}

#[test]
fn every_key_of_the_spec_has_a_description_and_shows_a_value() {
    let root = schema();
    let mut offenders = Vec::new();
    for (heading, definition) in objects(&root) {
        for (key, part) in definition["properties"].as_object().into_iter().flatten() {
            let part = resolve(&root, part);
            let is_described = part["description"].as_str().is_some_and(|text| text.ends_with('.'));
            let shows = ["default", "examples", "enum", "const", "properties"].iter().any(|it| !part[*it].is_null());
            if !is_described || !shows {
                offenders.push(format!("{heading}.{key}"));
            }
        }
    }
    assert_eq!(offenders, [""; 0], "without a sentence, or without a default, example or list of values");
}
