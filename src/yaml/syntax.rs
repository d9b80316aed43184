//! What the parser refuses, in plain sentences.

use super::Places;
use crate::diagnostic::{Code, Diagnostic};
use granit_parser::ScanError;

/// The parser's error as a complaint.
pub(super) fn complaint(error: &ScanError, text: &str, place: &Places) -> Diagnostic {
    let mark = error.marker();
    let complaint = Diagnostic::new(Code::Yaml, error.kind().to_string()).at(place(mark.line(), mark.col() + 1, 1));
    hint_of_braces(complaint, text, mark.byte_offset())
}

/// Adds what to do about a template's braces that stand where YAML reads a mapping.
pub(super) fn hint_of_braces(error: Diagnostic, text: &str, offset: Option<usize>) -> Diagnostic {
    let line_of = |offset: usize| {
        let start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
        text[start..].lines().next()
    };
    match offset.and_then(line_of) {
        Some(line) if line.contains("{{") => error.help("put `{{ … }}` in quotes; only a `.j2` file is a template"),
        _ => error,
    }
}
