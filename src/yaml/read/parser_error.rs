//! Errors of the YAML parser.

use super::super::Locator;
use crate::diagnostic::{Code, Diagnostic};
use granit_parser::ScanError;

/// The diagnostic for an error of the parser, or for the conflict markers of a merge if the text has them.
pub(super) fn diagnostic(error: &ScanError, text: &str, locate: &Locator) -> Diagnostic {
    if let Some(line) = conflict_marker(text) {
        return Diagnostic::new(Code::Yaml, "the file has the conflict markers of a merge")
            .at(locate(line, 1, MARKER))
            .help("resolve the conflict: keep one side or join both, and delete the marked lines");
    }
    let mark = error.marker();
    let diagnostic = Diagnostic::new(Code::Yaml, error.kind().to_string()).at(locate(mark.line(), mark.col() + 1, 1));
    with_braces_help(diagnostic, text, mark.byte_offset())
}

/// The length of a conflict marker.
const MARKER: usize = 7;

/// The line, counted from 1, of the first conflict marker, if a later line ends the conflict.
fn conflict_marker(text: &str) -> Option<usize> {
    let first = text.lines().position(|line| line.starts_with("<<<<<<< "))?;
    text.lines().skip(first).any(|line| line.starts_with(">>>>>>> ")).then_some(first + 1)
}

/// Adds a help if the line of the error has a template expression, whose braces YAML reads as a mapping.
pub(super) fn with_braces_help(error: Diagnostic, text: &str, offset: Option<usize>) -> Diagnostic {
    let line_of = |offset: usize| {
        let start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
        text[start..].lines().next()
    };
    match offset.and_then(line_of) {
        Some(line) if line.contains("{{") => {
            error.help("put `{{ … }}` in quotes, or add `.j2` to the file name to make the file a template")
        }
        _ => error,
    }
}
