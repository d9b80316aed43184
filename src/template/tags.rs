//! The positions of tags and text in a template, found without compiling it.
//!
//! This module knows only the syntax that finds the end of a tag: strings, brackets, comments and raw blocks.

use super::placeholder::{MARK_CLOSE, MARK_OPEN};
use crate::source::FileId;
use std::ops::Range;

/// The end of the tag that begins at `start` with `{{`, `{%` or `{#`.
pub(super) fn end(source: &str, start: usize) -> usize {
    let bytes = source.as_bytes();
    let close: &[u8] = match bytes.get(start + 1) {
        Some(b'#') => {
            return source[start + 2..].find("#}").map_or(source.len(), |at| start + 2 + at + 2);
        }
        Some(b'{') => b"}}",
        _ => b"%}",
    };
    let mut depth = 0;
    let mut quote = None;
    let mut at = start + 2;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, _) if depth == 0 && bytes[at..].starts_with(close) => return at + 2,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    source.len()
}

/// The content of the tag at `range`, without braces, whitespace control and surrounding blanks.
pub(super) fn inner(source: &str, range: Range<usize>) -> &str {
    let tag = source.get(range).unwrap_or("");
    let tag = tag.get(2..tag.len().saturating_sub(2)).unwrap_or("");
    tag.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim()
}

/// The name at the start of the content of a tag, such as `if`. Empty if it begins with something else.
pub(super) fn first_word(content: &str) -> &str {
    content.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
}

/// The next tag at or after `from`.
pub(super) fn next(source: &str, from: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    (from..bytes.len().saturating_sub(1)).find(|&i| bytes[i] == b'{' && matches!(bytes[i + 1], b'{' | b'%' | b'#'))
}

/// The tag that ends a raw block. `from` is the end of the tag that begins it.
pub(super) fn end_of_raw(source: &str, from: usize) -> Option<Range<usize>> {
    source[from..].match_indices("{%").find_map(|(at, open)| {
        let start = from + at;
        let word = source[start + open.len()..].trim_start_matches(['-', '+']).trim_start();
        let close = word.strip_prefix("endraw")?.trim_start().trim_start_matches(['-', '+']).strip_prefix("%}")?;
        Some(start..source.len() - close.len())
    })
}

/// The tags of `source`, without what is in raw blocks.
pub(super) fn all(source: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    let mut end_of_block = None;
    std::iter::from_fn(move || {
        let tag = match end_of_block.take() {
            Some(tag) => tag,
            None => next(source, from).map(|start| start..end(source, start))?,
        };
        from = tag.end;
        if source[tag.start..].starts_with("{%") && inner(source, tag.clone()) == "raw" {
            end_of_block = end_of_raw(source, from);
            from = if end_of_block.is_some() { from } else { source.len() };
        }
        Some(tag)
    })
}

/// The ranges of text between the tags of `source`, including empty ranges.
fn texts(source: &str) -> Vec<Range<usize>> {
    let mut done = 0;
    let ends = std::iter::once(source.len()..source.len());
    all(source).chain(ends).map(|tag| std::mem::replace(&mut done, tag.end)..tag.start).collect()
}

/// A source mark for every line of text and every tag, with the offset before which it is inserted. With these marks, the
/// source location of each character of the rendered text is known.
pub(super) fn marks(source: &str, file: FileId) -> Vec<(usize, String)> {
    let of_text = |Range { start, end }: Range<usize>| {
        let lines = source[start..end].match_indices('\n').map(move |(at, _)| start + at + 1);
        let tag = Some(end).filter(|_| start < end);
        std::iter::once(start).chain(lines.filter(move |at| *at < end)).chain(tag)
    };
    let mark = |at| (at, format!("{MARK_OPEN}{}:{at}{MARK_CLOSE}", file.0));
    texts(source).into_iter().flat_map(of_text).map(mark).collect()
}

/// The offsets of the tags with the name `word`, such as `autoescape`.
pub(super) fn named(source: &str, word: &str) -> impl Iterator<Item = usize> {
    let is_found = move |tag: &Range<usize>| {
        source[tag.start..].starts_with("{%") && first_word(inner(source, tag.clone())) == word
    };
    all(source).filter(is_found).map(|tag| tag.start)
}
