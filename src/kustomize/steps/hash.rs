//! The hash of a generated object's content, which is appended to its name.
//!
//! SHA-256 over the JSON that Go writes of kind, data and (empty) name; of its hexadecimal digits the first ten, without
//! those that could form words.

use super::json;
use crate::node::Node;
use crate::resource::Resource;
use sha2::{Digest, Sha256};

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
        Some(data) => json::write(&mut json, data),
        None => json.push_str("\"\""),
    }
    json.push_str(",\"kind\":");
    json::string(&mut json, kind);
    json.push_str(",\"name\":\"\"");
    if kind == "Secret" {
        json.push(',');
        optional(&mut json, node, "stringData");
        json.push_str("\"type\":");
        json::string(&mut json, text("type"));
    }
    json.push('}');
    digest(&json)
}

/// The ten characters for a text.
pub(super) fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
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
        json::string(json, key);
        json.push(':');
        json::write(json, map);
        json.push(',');
    }
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
}
