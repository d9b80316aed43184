//! A libFuzzer program for all targets. The variable `PLEACH_FUZZ_TARGET` names the one to run.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pleach::fuzz::{Target, YamlData, target};
use serde_yaml::Value;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("PLEACH_FUZZ_TARGET").expect("PLEACH_FUZZ_TARGET names a target");
    target(&name).unwrap_or_else(|| panic!("unknown target `{name}`"))
});

fuzz_target!(|data: &[u8]| TARGET(data, read));

/// Reads the documents of a text with another YAML library.
fn read(text: &str) -> Result<Vec<YamlData>, String> {
    let documents = serde_yaml::Deserializer::from_str(text);
    let values = documents.map(|document| serde::Deserialize::deserialize(document).map(data));
    values.collect::<Result<_, serde_yaml::Error>>().map_err(|error| error.to_string())
}

fn data(value: Value) -> YamlData {
    match value {
        Value::String(text) => YamlData::Text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => YamlData::Other,
        Value::Sequence(items) => YamlData::List(items.into_iter().map(data).collect()),
        Value::Mapping(entries) => {
            let key = |key: Value| match key {
                Value::String(text) => Some(text),
                _ => None,
            };
            YamlData::Mapping(entries.into_iter().map(|(name, value)| (key(name), data(value))).collect())
        }
        Value::Tagged(tagged) => data(tagged.value),
    }
}
