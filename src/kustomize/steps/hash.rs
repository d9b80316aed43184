//! The hash of a generated object's content, which is appended to its name.
//!
//! SHA-256 over the JSON that Go writes of kind, data and (empty) name; of its hexadecimal digits the first ten, without
//! those that could form words.

use crate::node::{Node, Tag, Value};
use crate::resource::Resource;
use crate::yaml::number;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The ten characters.
pub(crate) fn of(resource: &Resource) -> String {
    let node = &resource.node;
    let kind = node.get("kind").and_then(Node::as_text).unwrap_or("");
    let text = |key: &str| node.get(key).and_then(Node::as_text).unwrap_or("");
    let mut json = String::from("{");
    if kind == "ConfigMap" {
        optional(&mut json, node, "binaryData");
    }
    json.push_str("\"data\":");
    match node.get("data") {
        Some(data) => value(&mut json, data),
        None => json.push_str("\"\""),
    }
    json.push_str(",\"kind\":");
    string(&mut json, kind);
    json.push_str(",\"name\":\"\"");
    if kind == "Secret" {
        json.push(',');
        optional(&mut json, node, "stringData");
        json.push_str("\"type\":");
        string(&mut json, text("type"));
    }
    json.push('}');
    let digest = Sha256::digest(json.as_bytes());
    digest[..5]
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(ALPHABET[usize::from(digit)]))
        .collect()
}

/// The hexadecimal digits, with those replaced that look like letters or vowels.
const ALPHABET: &[u8; 16] = b"gh2k456789mbcdtf";

/// A member that is there only if it is a mapping, and a comma behind it.
fn optional(json: &mut String, node: &Node, key: &str) {
    if let Some(map) = node.get(key).filter(|value| value.as_map().is_some()) {
        string(json, key);
        json.push(':');
        value(json, map);
        json.push(',');
    }
}

/// JSON as Go writes it, keys in byte order.
fn value(json: &mut String, node: &Node) {
    match &node.value {
        Value::Map(map) => {
            json.push('{');
            for (i, entry) in map.iter().enumerate() {
                if i > 0 {
                    json.push(',');
                }
                string(json, &entry.key.text);
                json.push(':');
                value(json, &entry.value);
            }
            json.push('}');
        }
        Value::Seq(items) => {
            json.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    json.push(',');
                }
                value(json, item);
            }
            json.push(']');
        }
        Value::Scalar(scalar) => match scalar.tag {
            Tag::Null => json.push_str("null"),
            Tag::Bool => json.push_str(if node.as_bool() == Some(true) { "true" } else { "false" }),
            Tag::Int | Tag::Float => {
                if number::write_canonical(json, &scalar.text).is_err() {
                    json.push_str("null");
                }
            }
            Tag::Str | Tag::Timestamp => string(json, &scalar.text),
        },
    }
}

/// A string as Go's `encoding/json` writes it, which is fit for HTML.
fn string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            _ => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use crate::node::{Map, Node};
    use crate::resource::Resource;

    fn hash(kind: &str, fields: &[(&str, &[(&str, &str)])]) -> String {
        let strings = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (*k, Node::str(*v))).collect::<Map>().into();
        let mut map: Map = fields.iter().map(|(field, pairs)| (*field, strings(pairs))).collect();
        map.insert("kind", kind.into());
        if kind == "Secret" {
            map.insert("type", "Opaque".into());
        }
        super::of(&Resource::new(map.into()))
    }

    /// What kubectl printed.
    #[test]
    fn known_hashes() {
        assert_eq!(hash("ConfigMap", &[]), "6ct58987ht");
        assert_eq!(hash("ConfigMap", &[("data", &[("a", "b")])]), "4h2mbtbbt6");
        assert_eq!(hash("Secret", &[("data", &[])]), "46f8b28mk5");
        assert_eq!(hash("Secret", &[]), "8226t8dd99", "no data is not empty data");
    }

    #[test]
    fn strings_are_written_as_go_writes_them() {
        let mut json = String::new();
        super::string(&mut json, "<a href=\"x\">\u{2028}\u{8}\u{1}\u{7f}é\n\\");
        assert_eq!(json, r#""\u003ca href=\"x\"\u003e\u2028\b\u0001\u{7f}é\n\\""#.replace(r"\u{7f}", "\u{7f}"));
    }
}
