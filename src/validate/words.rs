//! Unquoted words that some readers of YAML take for something else than kustomize does.

use crate::error::{Error, Kind};
use crate::node::{Node, Scalar, Value};
use crate::source::Place;
use crate::yaml;

/// Warns of such words among keys and values.
pub(super) fn check(node: &Node, warnings: &mut Vec<Error>) {
    match &node.value {
        Value::Scalar(scalar) => word(scalar, node.at, warnings),
        Value::Seq(items) => items.iter().for_each(|item| check(item, warnings)),
        Value::Map(map) => {
            for entry in map {
                // The words in question are short.
                if entry.key.text.len() <= 3 {
                    let key = &entry.key;
                    word(&Scalar { text: key.text.clone(), tag: key.tag, style: key.style }, key.at, warnings);
                }
                check(&entry.value, warnings);
            }
        }
    }
}

fn word(scalar: &Scalar, at: Place, warnings: &mut Vec<Error>) {
    if let Some(other) = yaml::ambiguous(scalar) {
        let message = format!("some readers of YAML take `{}` for {other}", scalar.text);
        warnings.push(Error::new(Kind::Yaml, message).at(at).help("put it in quotes"));
    }
}
