//! The JSON Schema of the spec, for editors and for the first check of a spec.
//!
//! The schema defines which fields exist and which types they have. Validation errors become diagnostics with source
//! locations. The module `spec` reads the values and checks everything that a schema cannot express.

use super::example::example;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::node::{Map, MapEntry, MapKey, Node, Tag};
use crate::source::Location;
use crate::yaml::{number, quoted_boolean_help};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value as Json;
use std::sync::LazyLock;

/// The schema as text, as `pleach schema` prints it.
pub(crate) const TEXT: &str = include_str!("../../schema/branches.schema.json");

static SCHEMA: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(TEXT).expect("the schema is JSON"));
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(&SCHEMA).expect("the schema is a schema")
});

/// Validates a spec: unknown and missing fields, wrong types, invalid values.
pub(crate) fn check(spec: &Node) -> Vec<Diagnostic> {
    let json = json(spec);
    VALIDATOR.iter_errors(&json).flat_map(|fault| SchemaSubject::of(spec, &fault).diagnostics(fault.kind())).collect()
}

/// The spec with each unknown field that is close to a known one renamed to it, and the errors for these fields. So one
/// misspelled field is one error.
pub(crate) fn with_known_fields(mut spec: Node) -> (Node, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    loop {
        let json = json(&spec);
        let mut found = Vec::new();
        for fault in VALIDATOR.iter_errors(&json) {
            let ValidationErrorKind::AdditionalProperties { unexpected } = fault.kind() else { continue };
            let subject = SchemaSubject::of(&spec, &fault);
            let path: Vec<LocationSegment<'static>> = fault.instance_path().segments().map(owned).collect();
            for key in unexpected {
                let Some(near) = nearest(key, keys(subject.schema)).filter(|near| subject.fits(key, near)) else {
                    continue;
                };
                found.push((path.clone(), key.clone(), near, subject.unknown(key)));
            }
        }
        let before = errors.len();
        for (path, key, near, error) in found {
            if at_path(&mut spec, &path).and_then(Node::as_map_mut).is_some_and(|map| rename(map, &key, near)) {
                errors.push(error);
            }
        }
        if errors.len() == before {
            return (spec, errors);
        }
    }
}

fn owned(segment: LocationSegment) -> LocationSegment<'static> {
    match segment {
        LocationSegment::Property(name) => LocationSegment::Property(name.into_owned().into()),
        LocationSegment::Index(i) => LocationSegment::Index(i),
    }
}

fn at_path<'n>(spec: &'n mut Node, path: &[LocationSegment]) -> Option<&'n mut Node> {
    path.iter().try_fold(spec, |node, segment| match segment {
        LocationSegment::Property(name) => node.get_mut(name),
        LocationSegment::Index(i) => node.as_seq_mut()?.get_mut(*i),
    })
}

/// Renames a key of a mapping, unless the mapping has the new one.
fn rename(map: &mut Map, key: &str, new: &str) -> bool {
    if map.has(new) {
        return false;
    }
    let renamed = map.iter().map(|entry| {
        let at = entry.key.at;
        let key = if entry.key.text == key { MapKey { at, ..MapKey::from(new) } } else { entry.key.clone() };
        MapEntry { key, value: entry.value.clone() }
    });
    *map = Map::from_entries(renamed.collect()).expect("the mapping does not have the new key");
    true
}

/// Whether a definition of the schema (`branch`, `pin`, …, or `spec` for the spec itself) has the field `key`.
pub(crate) fn has_key(part: &str, key: &str) -> bool {
    let part = if part == "spec" { &*SCHEMA } else { &SCHEMA["definitions"][part] };
    part["properties"].get(key).is_some()
}

/// The fields of a branch.
pub(crate) fn branch_keys() -> impl Iterator<Item = &'static str> {
    keys(&SCHEMA["definitions"]["branch"])
}

fn json(node: &Node) -> Json {
    use crate::node::Value;
    match &node.value {
        Value::Map(map) => {
            map.iter().map(|entry| (entry.key.text.as_str().to_owned(), json(&entry.value))).collect::<Json>()
        }
        Value::Seq(items) => items.iter().map(json).collect(),
        Value::Scalar(scalar) => match scalar.tag {
            Tag::Null => Json::Null,
            Tag::Bool => Json::Bool(node.as_bool() == Some(true)),
            Tag::Int | Tag::Float => {
                let mut text = String::new();
                // JSON has no infinity. As a string, such a number is valid where any value is, and only there.
                let finite = number::write_canonical(&mut text, &scalar.text).is_ok();
                finite
                    .then(|| serde_json::from_str(&text).ok())
                    .flatten()
                    .unwrap_or_else(|| scalar.text.as_str().into())
            }
            Tag::Str | Tag::Timestamp => scalar.text.as_str().into(),
        },
    }
}

/// The value of the spec that a diagnostic is about, with its schema.
struct SchemaSubject<'a> {
    node: &'a Node,
    schema: &'static Json,
    /// Its name in a message.
    name: String,
    /// The path of its field, such as `hosts.services` or `patches[0].target`, within its branch; empty for the whole spec.
    path: String,
    /// The field that has it as one of its entries, with the schema of the field.
    owner: Option<(String, &'static Json)>,
}

impl<'a> SchemaSubject<'a> {
    fn of(spec: &'a Node, fault: &ValidationError) -> Self {
        let (name, path) = ("the spec".to_owned(), String::new());
        let mut subject = SchemaSubject { node: spec, schema: &SCHEMA, name, path, owner: None };
        let mut key = String::new();
        for segment in fault.instance_path().segments() {
            let is_entry = subject.schema["additionalProperties"].is_object();
            subject.owner = is_entry.then(|| (key.clone(), subject.schema));
            let (node, schema) = match &segment {
                LocationSegment::Property(name) => {
                    let schema = subject.schema["properties"].get(&**name);
                    (subject.node.get(name), schema.unwrap_or(&subject.schema["additionalProperties"]))
                }
                LocationSegment::Index(i) => {
                    (subject.node.as_seq().and_then(|items| items.get(*i)), &subject.schema["items"])
                }
            };
            subject.node = node.expect("the validator saw this very spec");
            subject.schema = resolved(schema);
            match &segment {
                LocationSegment::Property(name) => subject.path = subject.field(name),
                // A branch may have a file of its own, where its fields are at the top.
                LocationSegment::Index(_) if subject.path == "branches" => subject.path.clear(),
                LocationSegment::Index(i) => subject.path = format!("{}[{i}]", subject.path),
            }
            subject.name = match segment {
                LocationSegment::Property(name) => {
                    let shown = if is_entry { format!("`{}`", subject.path) } else { format!("`{name}`") };
                    key = name.into_owned();
                    shown
                }
                LocationSegment::Index(_) => match subject.schema["title"].as_str() {
                    Some(title) => format!("this {title}"),
                    None => format!("this entry of `{key}`"),
                },
            };
        }
        subject
    }

    /// Whether the value of the field `key` has a type that the field `known` can have.
    fn fits(&self, key: &str, known: &str) -> bool {
        let types = &resolved(&self.schema["properties"][known])["type"];
        let is = |kind: &Json| {
            self.node.get(key).is_some_and(|node| match kind.as_str() {
                Some("array") => node.as_seq().is_some(),
                Some("object") => node.as_map().is_some(),
                Some("null") => node.is_null(),
                _ => node.as_scalar().is_some(),
            })
        };
        types.is_null() || is(types) || types.as_array().is_some_and(|types| types.iter().any(is))
    }

    /// The path of one of its fields.
    fn field(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn diagnostics(self, fault: &ValidationErrorKind) -> Vec<Diagnostic> {
        use ValidationErrorKind as Fault;
        let (name, text) = (&self.name, self.node.as_text());
        let shown = text.map_or_else(|| self.node.kind_name().to_owned(), |text| format!("`{text}`"));
        let error = match fault {
            Fault::AdditionalProperties { unexpected } => {
                return unexpected.iter().map(|key| self.unknown(key)).collect();
            }
            Fault::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                let what = &self.schema["properties"][key];
                let verb = if what["const"].is_null() { "such as" } else { "add" };
                let error = spec_error(format!("{name} has no `{key}`"));
                shown_example(what)
                    .into_iter()
                    .fold(error, |error, example| error.help(format!("{verb} `{key}: {example}`")))
            }
            Fault::Type { kind } => self.wrong_type(kind),
            // Another type is an error of its own.
            Fault::Enum { .. } if self.schema["type"] == "string" && !is_string(self.node) => return Vec::new(),
            Fault::Enum { options } => {
                let options: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
                let text = text.unwrap_or_default();
                match self.schema["enumErrorMessages"][text].as_str() {
                    Some(help) => spec_error(format!("{name} has the invalid value {shown}")).help(help),
                    None => spec_error(format!("{name} must be {}, got {shown}", listed(&options, "or")))
                        .suggest(text, options),
                }
            }
            Fault::Constant { expected_value } => {
                let expected = expected_value.as_str().unwrap_or_default();
                let error = spec_error(format!("{name} must be `{expected}`, got {shown}"));
                error.help(format!("write `{}: {expected}`", self.path))
            }
            Fault::Pattern { .. } => {
                let error = spec_error(format!("{name} has the invalid value {shown}"));
                let help = self.schema["patternErrorMessage"].as_str();
                help.into_iter().fold(error, Diagnostic::help)
            }
            Fault::MinLength { .. } | Fault::MinItems { .. } => spec_error(format!("{name} must not be empty")),
            Fault::MaxLength { limit } => spec_error(format!("{name} must have at most {limit} characters")),
            Fault::MaxItems { limit: 1 } => spec_error(format!("{name} must have at most one entry")),
            Fault::MaxItems { limit } => spec_error(format!("{name} must have at most {limit} entries")),
            Fault::Minimum { .. } | Fault::Maximum { .. } => {
                let range = match (&self.schema["minimum"], &self.schema["maximum"]) {
                    (least, Json::Null) => format!("at least {least}"),
                    (Json::Null, most) => format!("at most {most}"),
                    (least, most) => format!("between {least} and {most}"),
                };
                spec_error(format!("{name} must be {range}, got {}", text.unwrap_or(&shown)))
            }
            other => spec_error(format!("{name} violates the rule `{}` of the schema", other.keyword())),
        };
        vec![error.at(self.node.at)]
    }

    fn wrong_type(&self, expected: &TypeKind) -> Diagnostic {
        let expected = match expected {
            TypeKind::Single(one) => one.to_string(),
            TypeKind::Multiple(many) => {
                many.iter().map(|one| one.to_string()).find(|one| one != "null").unwrap_or_default()
            }
        };
        let words = match expected.as_str() {
            "array" => "a list",
            "object" => "a mapping",
            "integer" => "an integer",
            "boolean" => "`true` or `false`",
            _ => "a string",
        };
        let error = spec_error(format!("{} must be {words}, got {}", self.name, self.node.kind_name()));
        match (expected.as_str(), self.node.as_text()) {
            ("string", Some(text)) => error.help(format!("put it in quotes: `\"{text}\"`")),
            ("boolean", Some(text)) => quoted_boolean_help(text).into_iter().fold(error, Diagnostic::help),
            ("integer", Some(text)) if text.parse::<i64>().is_ok() => {
                error.help(format!("remove the quotes: `{text}`"))
            }
            ("array", Some(text)) if resolved(&self.schema["items"])["type"] == "string" => {
                error.help(format!("for a list of one entry, write `[{text}]`"))
            }
            ("array", None) if self.node.is_null() => error.help("for an empty list, write `[]`"),
            ("object", None) if self.node.is_null() => error.help("for an empty mapping, write `{}`"),
            ("object", Some(text)) if text.split_once(':').is_some_and(|(key, _)| has_field(self.schema, key)) => {
                error.help(format!("write a space after the colon: `{}`", text.replacen(':', ": ", 1)))
            }
            _ => self.with_example(error),
        }
    }

    /// The error with an example of the value, or of the mapping that has it.
    fn with_example(&self, error: Diagnostic) -> Diagnostic {
        let key = self.path.rsplit('.').next().unwrap_or_default();
        if std::ptr::eq(self.schema, &raw const *SCHEMA) {
            return error;
        }
        let is_item = key.is_empty() || key.ends_with(']');
        let own = shown_example(self.schema).map(|example| match key {
            _ if is_item => format!("- {example}"),
            key => format!("{key}: {example}"),
        });
        let of_owner = || {
            let (key, schema) = self.owner.as_ref()?;
            Some(format!("{key}: {}", shown_example(schema)?))
        };
        match of_owner().or(own) {
            Some(example) => error.help(format!("such as `{example}`")),
            None => error,
        }
    }

    fn unknown(&self, key: &str) -> Diagnostic {
        let at = self.node.as_map().and_then(|map| map.entry(key)).map_or(Location::NONE, |entry| entry.key.at);
        let error = spec_error(format!("unknown field `{}`", self.field(key))).at(at);
        let keys: Vec<&str> = keys(self.schema).collect();
        let elsewhere: Vec<&str> =
            [("spec", "the top of branches.yaml"), ("defaults", "`defaults`"), ("branch", "a branch")]
                .into_iter()
                .filter(|(part, _)| has_key(part, key))
                .map(|(_, place)| place)
                .collect();
        let item = key.strip_prefix('-').filter(|item| has_key("branch", item));
        match nearest(key, keys.iter().copied()) {
            _ if item.is_some() => error.help(format!("a list item has a space after `-`: `- {}`", &key[1..])),
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if !elsewhere.is_empty() => error.help(format!("it belongs to {}", elsewhere.join(" or to "))),
            None => error.help(format!("known fields are {}", listed(&keys, "and"))),
        }
    }
}

fn spec_error(message: String) -> Diagnostic {
    Diagnostic::new(Code::Spec, message)
}

fn is_string(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| matches!(scalar.tag, Tag::Str | Tag::Timestamp))
}

fn resolved(schema: &'static Json) -> &'static Json {
    let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/definitions/"));
    name.map_or(schema, |name| &SCHEMA["definitions"][name])
}

fn has_field(schema: &Json, key: &str) -> bool {
    schema["properties"].get(key).is_some()
}

fn shown_example(schema: &Json) -> Option<String> {
    example(schema, &|schema| match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
        Some(name) => SCHEMA["definitions"][name].clone(),
        None => schema.clone(),
    })
}

fn keys(schema: &Json) -> impl Iterator<Item = &str> {
    schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys().map(String::as_str))
}

/// The words in backticks as a list: `` `a`, `b` and `c` `` with the conjunction `and`.
fn listed(words: &[&str], conjunction: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {conjunction} {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Visits every schema of a value, with its path.
    fn parts(schema: &Json, path: &str, visit: &mut dyn FnMut(&str, &Json)) {
        for (keyword, below) in schema.as_object().into_iter().flatten() {
            match (keyword.as_str(), below) {
                ("properties" | "definitions", Json::Object(parts_below)) => {
                    for (name, below) in parts_below {
                        parts(below, &format!("{path}/{name}"), visit);
                    }
                }
                ("items" | "additionalProperties", Json::Object(_)) => parts(below, &format!("{path}/*"), visit),
                _ => {}
            }
        }
        visit(path, schema);
    }

    #[test]
    fn examples_and_defaults_are_valid() {
        let mut examples = 0;
        parts(&SCHEMA, "", &mut |path, part| {
            let mut alone = part.clone();
            alone["definitions"] = SCHEMA["definitions"].clone();
            let validator = jsonschema::validator_for(&alone).unwrap();
            for example in part["examples"].as_array().into_iter().flatten().chain(part.get("default")) {
                assert!(validator.is_valid(example), "{path}: {example}");
                examples += 1;
            }
        });
        assert!(examples > 20, "{examples}");
    }

    #[test]
    fn every_field_has_a_description() {
        parts(&SCHEMA, "", &mut |path, part| {
            let has_description = part.get("description").is_some() || part.get("$ref").is_some();
            let plain = path.ends_with('*')
                || path.contains("/target/")
                || path.contains("/options")
                || path.ends_with("/patch");
            assert!(has_description || plain, "{path} has no description");
            assert!(
                part.get("properties").is_none() || part["additionalProperties"] == false,
                "{path} allows unknown fields"
            );
            let pattern = part.get("pattern").is_some();
            assert_eq!(
                pattern,
                part.get("patternErrorMessage").is_some(),
                "{path} must have a `pattern` and a `patternErrorMessage`, or neither"
            );
            let explained = part["enumErrorMessages"].as_object();
            let is_valid =
                |value: &String| part["enum"].as_array().is_none_or(|all| all.contains(&value.as_str().into()));
            assert!(!explained.is_some_and(|all| all.keys().any(is_valid)), "{path} explains a valid value");
        });
    }
}
