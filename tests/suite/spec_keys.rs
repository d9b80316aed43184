//! Every key of the spec occurs in a golden workspace, so that a build with it is compared with an expected output.

use crate::tests::kit::root;
use serde_json::Value as Json;
use serde_yaml::Value as Yaml;
use std::collections::BTreeSet;
use std::path::Path;

/// A schema with the name of its definition, or `spec`, as the start of the names of its keys.
#[derive(Clone)]
struct Part<'s> {
    name: String,
    schema: &'s Json,
}

/// Visits the keys of a schema, such as `branch.images`, each with the schema of its value.
struct Keys<'s>(&'s Json);

impl<'s> Keys<'s> {
    fn top(&self) -> Part<'s> {
        Part { name: "spec".to_owned(), schema: self.0 }
    }

    /// The definition that a schema refers to, or the schema itself under the name of its key.
    fn part(&self, schema: &'s Json, name: &str) -> Part<'s> {
        match schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/definitions/")) {
            Some(definition) => self.part(&self.0["definitions"][definition], definition),
            None => Part { name: name.to_owned(), schema },
        }
    }

    /// The schemas that a value may match besides the schema itself.
    fn alternatives(&self, part: &Part<'s>) -> Vec<Part<'s>> {
        let all = ["anyOf", "oneOf"].into_iter().filter_map(|key| part.schema[key].as_array()).flatten();
        all.map(|schema| self.part(schema, &part.name)).collect()
    }

    fn properties(&self, part: &Part<'s>) -> Vec<(&'s str, Part<'s>)> {
        let all = part.schema["properties"].as_object().into_iter().flatten();
        all.map(|(key, schema)| (key.as_str(), self.part(schema, &format!("{}.{key}", part.name)))).collect()
    }

    /// The schema of the entries of a list, or of a mapping with any keys.
    fn entry(&self, part: &Part<'s>, keyword: &str) -> Option<Part<'s>> {
        part.schema[keyword].as_object().map(|_| self.part(&part.schema[keyword], &part.name))
    }

    /// Adds the keys of a schema.
    fn all(&self, part: &Part<'s>, keys: &mut BTreeSet<String>) {
        for (key, below) in self.properties(part) {
            if keys.insert(format!("{}.{key}", part.name)) {
                self.all(&below, keys);
            }
        }
        let entries = ["items", "additionalProperties"].into_iter().filter_map(|keyword| self.entry(part, keyword));
        for below in entries.chain(self.alternatives(part)) {
            self.all(&below, keys);
        }
    }

    /// Removes the keys that a value has.
    fn remove_used(&self, value: &Yaml, part: &Part<'s>, keys: &mut BTreeSet<String>) {
        for below in self.alternatives(part) {
            self.remove_used(value, &below, keys);
        }
        for item in value.as_sequence().into_iter().flatten() {
            if let Some(below) = self.entry(part, "items") {
                self.remove_used(item, &below, keys);
            }
        }
        let properties = self.properties(part);
        for (key, value) in value.as_mapping().into_iter().flatten() {
            let Some(key) = key.as_str() else { continue };
            match properties.iter().find(|(known, _)| *known == key) {
                Some((_, below)) => {
                    keys.remove(&format!("{}.{key}", part.name));
                    self.remove_used(value, below, keys);
                }
                None => {
                    if let Some(below) = self.entry(part, "additionalProperties") {
                        self.remove_used(value, &below, keys);
                    }
                }
            }
        }
    }
}

fn yaml(path: &Path) -> Yaml {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_key_of_the_spec_is_in_a_golden_workspace() {
    let schema: Json = serde_json::from_str(crate::schema::branches::TEXT).unwrap();
    let keys = Keys(&schema);
    let mut unused = BTreeSet::new();
    keys.all(&keys.top(), &mut unused);
    assert!(unused.len() > 100, "{unused:?}");
    for case in std::fs::read_dir(root().join("tests/golden")).unwrap() {
        let case = case.unwrap().path();
        keys.remove_used(&yaml(&case.join("branches.yaml")), &keys.top(), &mut unused);
        for file in std::fs::read_dir(case.join("branches.d")).into_iter().flatten() {
            let branch = keys.part(&schema["definitions"]["branch"], "branch");
            keys.remove_used(&yaml(&file.unwrap().path()), &branch, &mut unused);
        }
    }
    assert_eq!(unused, BTreeSet::new(), "no golden workspace has these keys");
}
