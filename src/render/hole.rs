//! Placeholders: what stands in a rendered text where a value belongs.
//!
//! A placeholder is the number of a value between two characters of plane 16, which nobody assigns. Values and templates
//! that hold one of these characters are refused, so whatever looks like a placeholder is one.

use crate::error::{Error, Kind};
use std::fmt::Write;

/// Begins a placeholder.
pub(super) const OPEN: char = '\u{10FF00}';
/// Ends a placeholder.
pub(super) const CLOSE: char = '\u{10FF01}';
/// Begins a mark, with which a traced template says where its next character stands.
pub(super) const MARK: char = '\u{10FF02}';
/// Ends a mark.
pub(super) const UNMARK: char = '\u{10FF03}';

/// The byte that begins [`OPEN`] and few other characters.
const LEAD: u8 = 0xF4;

/// The first character of `text` that belongs to placeholders and marks, with its offset.
pub(super) fn reserved(text: &str) -> Option<(usize, char)> {
    if !text.as_bytes().contains(&LEAD) {
        return None;
    }
    text.char_indices().find(|(_, c)| matches!(*c, OPEN..=UNMARK))
}

/// The complaint about one of them where it is not one of ours.
pub(super) fn refusal(c: char) -> Error {
    Error::new(Kind::Template, format!("the character U+{:X} stands in the text, which pleach keeps for itself", u32::from(c)))
        .help("no standard gives it a meaning: take it out")
}

/// Writes the placeholder of value `number`.
pub(super) fn write(out: &mut impl Write, number: usize) -> std::fmt::Result {
    write!(out, "{OPEN}{number}{CLOSE}")
}

/// A stretch of rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What the template says.
    Text(String),
    /// The place of a value.
    Hole(usize),
}

/// `text` cut at its placeholders; `None` if one of them was cut apart.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut parts = text.split(OPEN);
    let mut pieces = vec![Piece::Text(parts.next()?.to_owned())];
    for part in parts {
        let (number, rest) = part.split_once(CLOSE)?;
        number.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
        pieces.push(Piece::Hole(number.parse().ok()?));
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    let whole = |piece: &Piece| !matches!(piece, Piece::Text(text) if reserved(text).is_some());
    pieces.iter().all(whole).then_some(pieces)
}

/// How many placeholders stand in `text`.
pub(super) fn count(text: &str) -> usize {
    if text.as_bytes().contains(&LEAD) { text.matches(OPEN).count() } else { 0 }
}
