//! The JSON Schema of the spec, for editors and for the first check of a spec.
//!
//! The schema defines which fields exist and which types they have. Validation errors become diagnostics with source
//! locations. The module `spec` reads the values and checks everything that a schema cannot express.

mod part;
mod subject;

use crate::diagnostic::{Diagnostic, nearest};
use crate::limits::{DIAGNOSTICS, SPEC_ERRORS};
use crate::node::{Map, MapEntry, MapKey, Node, Tag};
use crate::yaml::number;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, Validator};
use part::SpecPart;
use serde_json::Value as Json;
use std::sync::LazyLock;
use subject::SchemaSubject;

/// The schema as text, as `pleach schema` prints it.
pub(crate) const TEXT: &str = include_str!("../../../schema/branches.schema.json");

static SCHEMA: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(TEXT).expect("the schema is JSON"));
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(&SCHEMA).expect("the schema is a schema")
});

/// A spec with the errors of its validation.
pub(crate) struct ValidatedSpec {
    /// The spec, with each unknown field that is close to a known one renamed to it: one misspelled field is one error.
    pub(crate) node: Node,
    /// The errors for these fields.
    pub(crate) misspelled: Vec<Diagnostic>,
    /// The other errors: unknown and missing fields, wrong types, invalid values.
    pub(crate) errors: Vec<Diagnostic>,
}

/// Validates a spec. It stops after [`SPEC_ERRORS`] errors.
pub(crate) fn validate(spec: Node) -> ValidatedSpec {
    let (mut misspelled, mut errors, mut unknown) = (Vec::new(), Vec::new(), 0);
    let mut parts = SpecPart::all(&spec);
    for part in &mut parts {
        while unknown < SPEC_ERRORS && part.rename_unknown_fields(&mut misspelled, &mut unknown) {}
        if errors.len() < SPEC_ERRORS {
            errors.extend(part.errors());
        }
    }
    errors.truncate(SPEC_ERRORS);
    let node = if misspelled.is_empty() { spec } else { SpecPart::joined(parts) };
    ValidatedSpec { node, misspelled, errors }
}

impl SpecPart {
    fn errors(&self) -> Vec<Diagnostic> {
        let json = json(&self.node);
        let faults = VALIDATOR.iter_errors(&json).filter(|fault| self.has(fault)).take(SPEC_ERRORS);
        faults.flat_map(|fault| SchemaSubject::of(&self.node, &fault).diagnostics(fault.kind())).collect()
    }

    /// Renames unknown fields that are close to known ones, adds the errors, and counts the `unknown` fields. Returns whether it
    /// renamed any.
    fn rename_unknown_fields(&mut self, errors: &mut Vec<Diagnostic>, unknown: &mut usize) -> bool {
        let spec = &mut self.node;
        let json = json(spec);
        let mut found = Vec::new();
        for fault in VALIDATOR.iter_errors(&json) {
            let ValidationErrorKind::AdditionalProperties { unexpected } = fault.kind() else { continue };
            *unknown += unexpected.len();
            if *unknown > SPEC_ERRORS {
                break;
            }
            let subject = SchemaSubject::of(spec, &fault);
            let path: Vec<LocationSegment<'static>> = fault.instance_path().segments().map(owned).collect();
            for key in unexpected.iter().take(DIAGNOSTICS) {
                let Some(near) = nearest(key, keys(subject.schema)).filter(|near| subject.fits(key, near)) else {
                    continue;
                };
                found.push((path.clone(), key.clone(), near, subject.unknown(key)));
            }
        }
        let before = errors.len();
        for (path, key, near, error) in found {
            if at_path(spec, &path).and_then(Node::as_map_mut).is_some_and(|map| rename(map, &key, near)) {
                errors.push(error);
            }
        }
        errors.len() > before
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

fn resolved(schema: &'static Json) -> &'static Json {
    let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/definitions/"));
    name.map_or(schema, |name| &SCHEMA["definitions"][name])
}

fn keys(schema: &Json) -> impl Iterator<Item = &str> {
    schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys().map(String::as_str))
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
