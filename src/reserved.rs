//! Characters that pleach uses while it renders templates, so that the spec and templates must not contain them.
//!
//! They are private-use characters of plane 16, which have no standard meaning.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::source::Location;

/// The first reserved character.
pub(crate) const FIRST: char = '\u{10FF00}';
/// The last reserved character.
pub(crate) const LAST: char = '\u{10FF06}';

/// The first byte of the characters in UTF-8. Few other characters begin with it.
const FIRST_BYTE: u8 = 0xF4;

/// Whether a character is reserved.
pub(crate) fn is_reserved(c: char) -> bool {
    matches!(c, FIRST..=LAST)
}

/// Whether a text can have a reserved character, which is known faster than whether it has one.
pub(crate) fn may_be_in(text: &str) -> bool {
    text.as_bytes().contains(&FIRST_BYTE)
}

/// The first reserved character of a text, with its offset.
pub(crate) fn find(text: &str) -> Option<(usize, char)> {
    if !may_be_in(text) {
        return None;
    }
    text.char_indices().find(|(_, c)| is_reserved(*c))
}

/// The error about a reserved character.
pub(crate) fn error(code: Code, c: char) -> Diagnostic {
    Diagnostic::new(code, format!("the character U+{:X} is reserved for pleach", u32::from(c)))
        .help("remove it: it is a private-use character without a standard meaning")
}

/// The errors about texts and keys in a node.
pub(crate) fn errors(node: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    add_errors(node, &mut found);
    found
}

fn add_errors(node: &Node, found: &mut Vec<Diagnostic>) {
    let of_text = |text: &str, at: Location| find(text).map(|(_, c)| error(Code::Spec, c).at(at));
    match &node.value {
        Value::Scalar(scalar) => found.extend(of_text(&scalar.text, node.at)),
        Value::Seq(items) => items.iter().for_each(|item| add_errors(item, found)),
        Value::Map(map) => {
            for entry in map {
                found.extend(of_text(&entry.key.text, entry.key.at));
                add_errors(&entry.value, found);
            }
        }
    }
}
