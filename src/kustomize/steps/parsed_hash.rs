//! The hash of an object of any kind, which kustomize makes from all that it knows of the values of an object.

use super::{hash, json};
use crate::resource::ParsedNode;
use std::fmt::Write;

/// The ten characters.
pub(super) fn of(parsed: &ParsedNode) -> String {
    let mut out = String::new();
    write(&mut out, parsed);
    hash::digest(&out)
}

/// Writes a value as Go writes its struct.
fn write(out: &mut String, node: &ParsedNode) {
    let ParsedNode { kind, style, tag, text, place: (line, column), comments, .. } = node;
    let _ = write!(out, "{{\"Kind\":{},\"Style\":{style},\"Tag\":\"{tag}\",\"Value\":", *kind as u8);
    json::string(out, text);
    out.push_str(",\"Anchor\":\"\",\"Alias\":null,\"Content\":");
    for (i, part) in node.content.iter().enumerate() {
        out.push(if i == 0 { '[' } else { ',' });
        write(out, part);
    }
    out.push_str(match (node.content.is_empty(), node.was_filled) {
        (false, _) => "]",
        (true, true) => "[]",
        (true, false) => "null",
    });
    out.push_str(",\"HeadComment\":");
    json::string(out, &comments.head);
    out.push_str(",\"LineComment\":");
    json::string(out, &comments.line);
    out.push_str(",\"FootComment\":\"\"");
    let _ = write!(out, ",\"Line\":{line},\"Column\":{column}}}");
}
