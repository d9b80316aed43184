//! Where one document of a text ends and the next begins: at every line that starts with `---`, as kustomize splits.
//!
//! The first line of a text is no separator. Whether a piece holds a document is the reader's business.

/// A piece of a text, with the line break that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DocumentText<'t> {
    /// The text.
    pub text: &'t str,
    /// How many lines stand before it.
    pub line: usize,
    /// What follows the `---` that ends it, if that is neither blank nor a comment.
    pub trailing: Option<&'t str>,
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
        // What stands behind the dashes in a last line that does not end is a document to kustomize.
        if length.is_none() && trailing.is_some() {
            break;
        }
        pieces.push(DocumentText { text: &text[start..dashes], line, trailing });
        line += count(&text[start..end]);
        // The line break behind the dashes is spent: it cannot begin the next separator.
        (start, search) = (end, end);
    }
    pieces.push(DocumentText { text: &text[start..], line, trailing: None });
    pieces
}

fn count(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}
