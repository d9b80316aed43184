//! The errors of the JSON Schema as diagnostics about a value of the spec.

use super::super::example::example;
use super::{SCHEMA, has_key, keys, resolved};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::limits::DIAGNOSTICS;
use crate::node::{Node, Tag};
use crate::source::Location;
use crate::yaml::quoted_boolean_help;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError};
use serde_json::Value as Json;

/// The value of the spec that a diagnostic is about, with its schema.
pub(super) struct SchemaSubject<'a> {
    node: &'a Node,
    pub(super) schema: &'static Json,
    /// Its name in a message.
    name: String,
    /// The path of its field, such as `hosts.services` or `patches[0].target`, within its branch; empty for the whole spec.
    path: String,
    /// The field that has it as one of its entries, with the schema of the field.
    owner: Option<(String, &'static Json)>,
}

impl<'a> SchemaSubject<'a> {
    /// The value of the spec at the location of an error of the validator.
    pub(super) fn of(spec: &'a Node, fault: &ValidationError) -> Self {
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
    pub(super) fn fits(&self, key: &str, known: &str) -> bool {
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

    /// The diagnostics about an error of the validator.
    pub(super) fn diagnostics(self, fault: &ValidationErrorKind) -> Vec<Diagnostic> {
        use ValidationErrorKind as Fault;
        let (name, text) = (&self.name, self.node.as_text());
        let shown = text.map_or_else(|| self.node.kind_name().to_owned(), |text| format!("`{text}`"));
        let error = match fault {
            Fault::AdditionalProperties { unexpected } => {
                return self.unknown_fields(unexpected);
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

    /// Whether a text matches the `pattern` of the schema.
    fn fits_pattern(&self, text: &str) -> bool {
        let pattern = serde_json::json!({ "pattern": self.schema["pattern"] });
        let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
        options.build(&pattern).is_ok_and(|validator| validator.is_valid(&text.into()))
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
            ("string", Some(text)) => match self.schema["patternErrorMessage"].as_str() {
                Some(help) if !self.fits_pattern(text) => error.help(help),
                _ => error.help(format!("put it in quotes: `\"{text}\"`")),
            },
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

    /// The errors about unknown fields, in the order of the file.
    fn unknown_fields(&self, keys: &[String]) -> Vec<Diagnostic> {
        let mut keys: Vec<(Location, &String)> = keys.iter().map(|key| (self.key_at(key), key)).collect();
        keys.sort();
        // Only those that are shown have a help.
        let error = |(i, (at, key)): (usize, &(Location, &String))| {
            if i < DIAGNOSTICS { self.unknown(key) } else { self.unknown_field(key, *at) }
        };
        keys.iter().enumerate().map(error).collect()
    }

    fn key_at(&self, key: &str) -> Location {
        self.node.as_map().and_then(|map| map.entry(key)).map_or(Location::NONE, |entry| entry.key.at)
    }

    fn unknown_field(&self, key: &str, at: Location) -> Diagnostic {
        spec_error(format!("unknown field `{}`", self.field(key))).at(at)
    }

    /// The error about an unknown field.
    pub(super) fn unknown(&self, key: &str) -> Diagnostic {
        let error = self.unknown_field(key, self.key_at(key));
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

fn has_field(schema: &Json, key: &str) -> bool {
    schema["properties"].get(key).is_some()
}

fn shown_example(schema: &Json) -> Option<String> {
    example(schema, &|schema| match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
        Some(name) => SCHEMA["definitions"][name].clone(),
        None => schema.clone(),
    })
}

/// The words in backticks as a list: `` `a`, `b` and `c` `` with the conjunction `and`.
fn listed(words: &[&str], conjunction: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {conjunction} {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
