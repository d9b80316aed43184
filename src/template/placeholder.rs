//! Placeholders: the position of a value in a rendered text.
//!
//! A placeholder is the number of a value between two [`reserved`] characters. The spec and templates that contain one are
//! refused, so no other text can look like a placeholder.

use crate::diagnostic::Diagnostics;
use crate::reserved;
use crate::source::Location;
use smol_str::SmolStr;
use std::fmt::Write;

/// Begins a placeholder.
pub(super) const OPEN: char = reserved::FIRST;
/// Ends a placeholder.
pub(super) const CLOSE: char = '\u{10FF01}';
/// Begins a source mark: the position of the next character in a traced template.
pub(super) const MARK_OPEN: char = '\u{10FF02}';
/// Ends a source mark.
pub(super) const MARK_CLOSE: char = '\u{10FF03}';
/// Begins the text of a number of the spec where the engine writes the number as a part of a string.
pub(super) const NUMBER_OPEN: char = '\u{10FF04}';
/// Begins the text of a number of the spec where an expression writes it.
pub(super) const WRITTEN_NUMBER_OPEN: char = '\u{10FF05}';
/// Ends the text of a number.
pub(super) const NUMBER_CLOSE: char = reserved::LAST;

/// Whether `text` has placeholders or source marks, also incomplete ones.
pub(super) fn is_captured(text: &str) -> bool {
    reserved::may_be_in(text) && text.contains(|c| matches!(c, OPEN..=MARK_CLOSE))
}

/// Writes the placeholder of value `number`.
pub(super) fn write(out: &mut impl Write, number: usize) -> std::fmt::Result {
    write!(out, "{OPEN}{number}{CLOSE}")
}

/// The length of the placeholder of value `number`, in bytes.
pub(super) fn len(number: usize) -> usize {
    OPEN.len_utf8() + number.to_string().len() + CLOSE.len_utf8()
}

/// One `{{ … }}` of a template.
#[derive(Clone, Debug)]
pub(super) struct Placeholder {
    /// Its source location.
    pub(super) at: Location,
    /// The text between the braces.
    pub(super) expression: SmolStr,
}

impl Default for Placeholder {
    fn default() -> Self {
        Placeholder { at: Location::NONE, expression: "…".into() }
    }
}

/// Replaces the placeholders in the texts of diagnostics by their expressions in braces.
pub(super) fn show_expressions(errors: Diagnostics, placeholders: &[Placeholder]) -> Diagnostics {
    let show = |text: &str| {
        let show_part = |part: TextPart<&str>| match part {
            TextPart::Text(text) => text.to_owned(),
            TextPart::Placeholder(number) => {
                format!("{{{{ {} }}}}", placeholders.get(number).map_or("…", |placeholder| &placeholder.expression))
            }
        };
        split(text)
            .map_or_else(|| text.replace(reserved::is_reserved, ""), |parts| parts.into_iter().map(show_part).collect())
    };
    errors.map(|error| error.map_texts(show))
}

/// A part of a rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextPart<T = SmolStr> {
    /// Text of the template.
    Text(T),
    /// The position of the value with this number.
    Placeholder(usize),
}

impl TextPart<&str> {
    /// The part with its own copy of the text.
    pub(super) fn into_owned(self) -> TextPart {
        match self {
            TextPart::Text(text) => TextPart::Text(text.into()),
            TextPart::Placeholder(number) => TextPart::Placeholder(number),
        }
    }
}

/// Splits `text` at its placeholders. `None` if one of them is incomplete.
pub(super) fn split(text: &str) -> Option<Vec<TextPart<&str>>> {
    let mut segments = text.split(OPEN);
    let mut parts = vec![TextPart::Text(segments.next()?)];
    for segment in segments {
        let (number, rest) = segment.split_once(CLOSE)?;
        number.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
        parts.extend([TextPart::Placeholder(number.parse().ok()?), TextPart::Text(rest)]);
    }
    parts.retain(|part| *part != TextPart::Text(""));
    let is_complete = |part: &TextPart<&str>| !matches!(part, TextPart::Text(text) if is_captured(text));
    parts.iter().all(is_complete).then_some(parts)
}

/// The offsets and numbers of the placeholders in `text`.
pub(super) fn positions(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.match_indices(OPEN).filter_map(|(at, open)| {
        let number = &text[at + open.len()..];
        let end = number.find(|c: char| !c.is_ascii_digit()).filter(|end| number[*end..].starts_with(CLOSE))?;
        Some((at, number[..end].parse().ok()?))
    })
}

/// Whether `text` is exactly one placeholder.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.starts_with(OPEN) && matches!(split(text).as_deref(), Some([TextPart::Placeholder(_)]))
}

/// The number of placeholders in `text`.
pub(super) fn count(text: &str) -> usize {
    if reserved::may_be_in(text) { text.matches(OPEN).count() } else { 0 }
}
