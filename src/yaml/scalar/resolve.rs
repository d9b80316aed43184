//! The type of a plain scalar.
//!
//! The rules are those of go-yaml v3 (resources) and v2 (kustomizations, patches). The writer uses them to decide which
//! strings need quotes.

use super::super::Dialect;
use super::{date, number};
use crate::node::{Node, Tag};

/// The type of a plain scalar.
pub(crate) fn resolve(text: &str, dialect: Dialect) -> Tag {
    match dialect {
        Dialect::Kubernetes if number::signed_digits(text, "0o", 8).is_some() => Tag::Int,
        Dialect::Kubernetes => core(text),
        Dialect::Yaml11 if is_old_bool(text) => Tag::Bool,
        Dialect::Yaml11 => match core(text) {
            // v2 reads dates as strings if the target has no type.
            Tag::Timestamp => Tag::Str,
            tag => tag,
        },
    }
}

/// A scalar whose text is exactly `text` for every reader: a number or boolean in its canonical form, or else a string.
pub(crate) fn scalar_with_text(text: &str) -> Node {
    let is_canonical = || {
        let mut canonical = String::new();
        // Readers differ in exponents.
        number::write_canonical(&mut canonical, text).is_ok() && canonical == text && !text.contains('e')
    };
    match (core(text), text) {
        (Tag::Bool, "true" | "false") => Node::plain(text, Tag::Bool),
        (tag @ (Tag::Int | Tag::Float), _) if is_canonical() => Node::plain(text, tag),
        _ => Node::str(text),
    }
}

/// The type that both dialects have in common.
pub(crate) fn core(text: &str) -> Tag {
    let Some(&first) = text.as_bytes().first() else { return Tag::Null };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' => word_tag(text),
        b'.' if matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") => Tag::Float,
        b'.' if number::parse_float(text).is_some() => Tag::Float,
        b'+' | b'-' | b'0'..=b'9' => number_tag(text),
        _ => Tag::Str,
    }
}

fn word_tag(text: &str) -> Tag {
    match text {
        "~" | "null" | "Null" | "NULL" => Tag::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Tag::Bool,
        _ => Tag::Str,
    }
}

fn number_tag(text: &str) -> Tag {
    if matches!(text, "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF") {
        Tag::Float
    } else if date::parse(text).is_some() {
        Tag::Timestamp
    } else if number::parse_int(text).is_some() {
        Tag::Int
    } else if number::parse_float(text).is_some() {
        Tag::Float
    } else {
        Tag::Str
    }
}

/// Whether YAML 1.1 reads `text` as a boolean and YAML 1.2 does not.
pub(crate) fn is_old_bool(text: &str) -> bool {
    // Few strings are that short.
    text.len() <= 3
        && matches!(
            text,
            "y" | "Y"
                | "yes"
                | "Yes"
                | "YES"
                | "n"
                | "N"
                | "no"
                | "No"
                | "NO"
                | "on"
                | "On"
                | "ON"
                | "off"
                | "Off"
                | "OFF"
        )
}
