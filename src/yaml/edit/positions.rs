//! Positions of lines, columns and dashes in a YAML text.

/// The position of the dash of the item that begins at `start`.
pub(super) fn dash(text: &str, start: usize) -> Option<usize> {
    let mut before = text[..start].trim_end();
    // Comments, an anchor and a tag may be between the two.
    while !before.ends_with('-') {
        let line = line_start(text, before.len());
        let comment = comment(&before[line..]);
        let word = before.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
        let end = match comment {
            Some(comment) => line + comment,
            None if before[word..].starts_with(['&', '!']) => word,
            None => return None,
        };
        before = before[..end].trim_end();
    }
    Some(before.len() - 1)
}

/// The position of the comment in a line without scalars.
pub(super) fn comment(line: &str) -> Option<usize> {
    line.match_indices('#').map(|(at, _)| at).find(|&at| at == 0 || line[..at].ends_with([' ', '\t']))
}

/// The number of characters before `at` in its line. They must be spaces or dashes.
pub(super) fn column(text: &str, at: usize) -> Option<usize> {
    let before = &text[line_start(text, at)..at];
    before.chars().all(|c| matches!(c, ' ' | '-')).then_some(before.len())
}

/// The indentation of the line of `at`.
pub(super) fn column_of_line(text: &str, at: usize) -> usize {
    let line = &text[line_start(text, at)..];
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether only white space precedes `at` in its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at].trim().is_empty()
}

/// The start of the line of `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |line_break| line_break + 1)
}

/// The start of the line below the line of `at`.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |line_break| at + line_break + 1)
}

/// Whether the line above `start` is blank.
pub(super) fn is_blank_above(text: &str, start: usize) -> bool {
    start > 0 && text[line_start(text, start - 1)..start].trim().is_empty()
}
