//! Lines and columns of a text.

use std::ops::Range;

/// The number of bytes between two known positions of a [`TextPositions`].
const STEP: usize = 256;

/// The line and column of an offset, both counted from 1. The column is in characters.
///
/// This reads the text from its start. [`TextPositions`] finds many positions in one text.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
}

/// Finds positions in a text, in constant time for each position of a line of any length.
#[derive(Debug)]
pub(crate) struct TextPositions<T> {
    text: T,
    /// The offset of each line.
    lines: Vec<usize>,
    /// The number of characters that begin before each multiple of [`STEP`].
    characters: Vec<usize>,
}

impl<T: AsRef<str>> TextPositions<T> {
    /// The positions of `text`.
    pub(crate) fn new(text: T) -> Self {
        let lines = std::iter::once(0).chain(text.as_ref().match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut before = 0;
        let characters = text.as_ref().as_bytes().chunks(STEP).map(|chunk| {
            let so_far = before;
            before += starts(chunk);
            so_far
        });
        TextPositions { characters: characters.collect(), lines, text }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        self.text.as_ref()
    }

    /// The line and column of an offset.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        (line, self.characters(self.lines[line - 1]..offset) + 1)
    }

    /// The end of a line, without the line break.
    pub(crate) fn end_of_line(&self, line: usize) -> usize {
        let end = self.lines.get(line).map_or(self.text().len(), |next| next - 1);
        end - usize::from(self.text()[..end].ends_with('\r'))
    }

    /// The offset of a line and column. If the text is shorter, its end.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let Some(line) = self.lines.get(line.saturating_sub(1)) else { return self.text().len() };
        let character = self.before(*line) + column.saturating_sub(1);
        let step = self.characters.partition_point(|before| *before <= character).saturating_sub(1);
        let rest = &self.text().as_bytes()[(step * STEP).min(self.text().len())..];
        let first = self.characters.get(step).copied().unwrap_or_default();
        let found = rest.iter().enumerate().filter(|(_, byte)| is_start(**byte)).nth(character - first);
        found.map_or(self.text().len(), |(at, _)| step * STEP + at)
    }

    /// The number of characters in a range.
    pub(crate) fn characters(&self, range: Range<usize>) -> usize {
        self.before(range.end).saturating_sub(self.before(range.start))
    }

    /// The number of characters that begin before `offset`.
    fn before(&self, offset: usize) -> usize {
        let offset = offset.min(self.text().len());
        let step = (offset / STEP).min(self.characters.len().saturating_sub(1));
        let first = self.characters.get(step).copied().unwrap_or_default();
        first + starts(&self.text().as_bytes()[step * STEP..offset])
    }
}

/// The number of characters that begin in `bytes`.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| is_start(**byte)).count()
}

/// Whether a character in UTF-8 begins with this byte.
fn is_start(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_each_character() {
        let long = "aé€😀".repeat(STEP);
        for text in ["", "a", "\n", "a\nbé\n\nc", &"x".repeat(STEP), &"x".repeat(STEP + 1), &format!("{long}\n{long}z")]
        {
            let positions = TextPositions::new(text);
            for at in text.char_indices().map(|(at, _)| at).chain([text.len()]) {
                let (line, column) = position(text, at);
                assert_eq!(positions.position(at), (line, column), "{at}");
                assert_eq!(positions.offset(line, column), at, "{line}:{column}");
                assert_eq!(positions.characters(0..at), text[..at].chars().count(), "{at}");
            }
        }
    }

    #[test]
    fn positions_outside_of_the_text_are_its_end() {
        let positions = TextPositions::new("é\nb");
        assert_eq!([positions.offset(9, 1), positions.offset(2, 9), positions.offset(0, 0)], [4, 4, 0]);
        assert_eq!([1, 2, 3].map(|line| TextPositions::new("a\r\nb\n").end_of_line(line)), [1, 4, 5]);
    }
}
