//! What is read, is written so that every reader reads the same.

use super::{Reader, YamlData};
use crate::node::{Node, Tag, Value};
use crate::source::Location;
use crate::yaml::{Dialect, Quoting, parse, write};

/// Reads a text, writes it, and reads that again, also with another reader.
pub(super) fn round_trip(data: &[u8], read: Reader) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in [Dialect::Kubernetes, Dialect::Yaml11] {
        let Ok(documents) = parse(text, dialect, &|_, _, _| Location::NONE) else { continue };
        for document in &documents {
            for quoting in [Quoting::Safe, Quoting::Kustomize] {
                let mut written = String::new();
                if write(&mut written, document, quoting).is_err() {
                    continue;
                }
                let again = parse(&written, Dialect::Kubernetes, &|_, _, _| Location::NONE);
                let again = again.unwrap_or_else(|errors| panic!("{errors:?}\n{written}"));
                assert_eq!(again.len(), 1, "{written}");
                let mut second = String::new();
                write(&mut second, &again[0], quoting).expect("what was read from a written text can be written");
                assert_eq!(second, written, "writing is its own fixed point");
                if quoting == Quoting::Safe {
                    let other = read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
                    assert!(other.len() == 1 && is_equal(document, &other[0]), "{other:?}\n{written}");
                }
            }
        }
    }
}

/// Whether another reader understands a value as pleach does.
fn is_equal(node: &Node, data: &YamlData) -> bool {
    match (&node.value, data) {
        (Value::Scalar(scalar), YamlData::Text(text)) => match scalar.tag {
            Tag::Str => scalar.text == *text,
            // A date is a string for many readers.
            tag => tag == Tag::Timestamp,
        },
        (Value::Scalar(scalar), YamlData::Other) => scalar.tag != Tag::Str,
        (Value::Seq(items), YamlData::List(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| is_equal(item, other))
        }
        (Value::Map(map), YamlData::Mapping(others)) => {
            let find = |name: &str| others.iter().find(|(key, _)| key.as_deref() == Some(name));
            let is_equal = |entry: &crate::node::MapEntry| match find(&entry.key.text) {
                Some((_, other)) => is_equal(&entry.value, other),
                // The key is a number or a boolean for the other reader.
                None => true,
            };
            map.len() == others.len() && map.iter().all(is_equal)
        }
        _ => false,
    }
}
