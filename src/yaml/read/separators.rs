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
pub(super) fn pieces(text: &str) -> Vec<DocumentText<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut line, mut search) = (0, 0, 0);
    while let Some(found) = text[search..].find("\n---") {
        let dashes = search + found + 1;
        let length = text[dashes..].find('\n');
        let end = length.map_or(text.len(), |length| dashes + length + 1);
        let tail = text[dashes + 3..end].trim();
        let trailing = (!tail.is_empty() && !tail.starts_with('#')).then_some(tail);
        // If the last line has no line break, kustomize reads the text after the dashes as a document.
        if length.is_none() && trailing.is_some() {
            break;
        }
        pieces.push(DocumentText { text: &text[start..dashes], line, trailing });
        line += count(&text[start..end]);
        // The line break after the dashes cannot also begin the next separator.
        (start, search) = (end, end);
    }
    pieces.push(DocumentText { text: &text[start..], line, trailing: None });
    pieces
}

fn count(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}
