//! Placeholders: what stands in a rendered text where a value belongs.
//!
//! A placeholder is the number of a value between two characters of plane 16, which nobody assigns. Values and templates
//! that hold one of these characters are refused, so whatever looks like a placeholder is one.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::Location;
use smol_str::SmolStr;
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
    text.char_indices().find(|(_, c)| is_reserved(*c))
}

fn is_reserved(c: char) -> bool {
    matches!(c, OPEN..=UNMARK)
}

/// The complaint about one of them where it is not one of ours.
pub(super) fn refusal(c: char) -> Diagnostic {
    Diagnostic::new(
        Code::Template,
        format!("the character U+{:X} stands in the text, which pleach keeps for itself", u32::from(c)),
    )
    .help("no standard gives it a meaning: take it out")
}

/// Writes the placeholder of value `number`.
pub(super) fn write(out: &mut impl Write, number: usize) -> std::fmt::Result {
    write!(out, "{OPEN}{number}{CLOSE}")
}

/// How many bytes the placeholder of value `number` has.
pub(super) fn len(number: usize) -> usize {
    OPEN.len_utf8() + number.to_string().len() + CLOSE.len_utf8()
}

/// One `{{ … }}` of a template.
#[derive(Clone, Debug)]
pub(super) struct Hole {
    /// Where it stands.
    pub(super) at: Location,
    /// What stands in it.
    pub(super) expression: SmolStr,
}

impl Default for Hole {
    fn default() -> Self {
        Hole { at: Location::NONE, expression: "…".into() }
    }
}

/// Complaints that quote the text, with `{{ … }}` for the placeholders in it.
pub(super) fn named(errors: Diagnostics, holes: &[Hole]) -> Diagnostics {
    let name = |text: &str| {
        let name = |piece: Piece<&str>| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Hole(number) => format!("{{{{ {} }}}}", holes.get(number).map_or("…", |hole| &hole.expression)),
        };
        pieces(text).map_or_else(|| text.replace(is_reserved, ""), |pieces| pieces.into_iter().map(name).collect())
    };
    errors.map(|error| error.map_texts(name))
}

/// A stretch of rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<T = SmolStr> {
    /// What the template says.
    Text(T),
    /// The place of a value.
    Hole(usize),
}

impl Piece<&str> {
    /// The same, kept for later.
    pub(super) fn keep(self) -> Piece {
        match self {
            Piece::Text(text) => Piece::Text(text.into()),
            Piece::Hole(number) => Piece::Hole(number),
        }
    }
}

/// `text` cut at its placeholders; `None` if one of them was cut apart.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece<&str>>> {
    let mut parts = text.split(OPEN);
    let mut pieces = vec![Piece::Text(parts.next()?)];
    for part in parts {
        let (number, rest) = part.split_once(CLOSE)?;
        number.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
        pieces.extend([Piece::Hole(number.parse().ok()?), Piece::Text(rest)]);
    }
    pieces.retain(|piece| *piece != Piece::Text(""));
    let whole = |piece: &Piece<&str>| !matches!(piece, Piece::Text(text) if reserved(text).is_some());
    pieces.iter().all(whole).then_some(pieces)
}

/// Whether `text` is one placeholder and nothing else.
pub(super) fn is_one(text: &str) -> bool {
    text.starts_with(OPEN) && matches!(pieces(text).as_deref(), Some([Piece::Hole(_)]))
}

/// How many placeholders stand in `text`.
pub(super) fn count(text: &str) -> usize {
    if text.as_bytes().contains(&LEAD) { text.matches(OPEN).count() } else { 0 }
}
