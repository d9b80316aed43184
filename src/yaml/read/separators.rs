//! Splits a text into documents as kustomize does: at every line that starts with `---`.
//!
//! The first line of a text is not a separator. A piece may have no document.

/// A piece of a text, with the line break that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DocumentText<'t> {
    /// The text.
    pub(crate) text: &'t str,
    /// The number of lines before it.
    pub(crate) line: usize,
    /// The text after the `---` that ends it, if it is neither blank nor a comment.
    pub(crate) trailing: Option<&'t str>,
}

/// The pieces of `text`, whose line breaks are plain `\n`.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = DocumentText<'_>> {
    let mut rest = Some((0, 0));
    std::iter::from_fn(move || {
        let (start, line) = rest?;
        let piece = ended_by_separator(text, start, line);
        rest = piece.map(|(_, end)| (end, line + count(&text[start..end])));
        Some(piece.map_or(DocumentText { text: &text[start..], line, trailing: None }, |(piece, _)| piece))
    })
}

/// The piece that begins at `start` and ends with a separator, and the end of the separator. The line break after a separator
/// cannot also begin the next one.
fn ended_by_separator(text: &str, start: usize, line: usize) -> Option<(DocumentText<'_>, usize)> {
    let dashes = start + text[start..].find("\n---")? + 1;
    let length = text[dashes..].find('\n');
    let end = length.map_or(text.len(), |length| dashes + length + 1);
    let tail = text[dashes + 3..end].trim();
    let trailing = (!tail.is_empty() && !tail.starts_with('#')).then_some(tail);
    // If the last line has no line break, kustomize reads the text after the dashes as a document.
    let is_text = length.is_none() && trailing.is_some();
    (!is_text).then_some((DocumentText { text: &text[start..dashes], line, trailing }, end))
}

fn count(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}
