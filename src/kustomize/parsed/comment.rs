//! The comments of a document and the values that go-yaml gives them to.
//!
//! A comment beside a value belongs to it, or to the key if the value is below. Lines of comments belong to the key or item below.
//! Any other comment makes the values of the object unknown, such as one below a value with a blank line after it.

use crate::resource::ParsedNode;
use crate::resource::parsed::{ParsedKind, style};
use std::ops::Range;

/// Gives the comments of a document to the values of its object.
pub(super) fn attach(parsed: &mut ParsedNode, document: &[&str]) -> Option<()> {
    let lines = classified(document)?;
    let mut i = 0;
    while i < lines.len() {
        let next = match lines[i] {
            LineKind::Content(Some(comment)) => {
                let (content, text) = document[i].split_at(comment);
                beside(parsed, number(i)?, content)?.comments.line = text.trim_end().into();
                i + 1
            }
            LineKind::Comment(_) => {
                let next = (i..lines.len()).find(|i| !matches!(lines[*i], LineKind::Comment(_))).unwrap_or(lines.len());
                CommentBlock { document, lines: &lines, range: i..next }.attach(parsed)?;
                next
            }
            LineKind::Content(None) | LineKind::Blank | LineKind::Block => i + 1,
        };
        i = next;
    }
    Some(())
}

fn number(line: usize) -> Option<u32> {
    u32::try_from(line + 1).ok()
}

/// Lines of comments, one below the other.
struct CommentBlock<'d> {
    document: &'d [&'d str],
    lines: &'d [LineKind],
    range: Range<usize>,
}

impl CommentBlock<'_> {
    fn attach(&self, parsed: &mut ParsedNode) -> Option<()> {
        let text = self.document[self.range.clone()].iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n");
        let is_content = |i: &usize| matches!(self.lines[*i], LineKind::Content(_));
        let below = (self.range.end..self.lines.len()).find(|i| self.lines[*i] != LineKind::Blank);
        let is_apart = |i: usize| self.lines.get(i).is_none_or(|line| *line == LineKind::Blank);
        let is_top = !self.lines[..self.range.start].iter().any(|line| *line != LineKind::Blank);
        match below.filter(is_content) {
            // It belongs to the document.
            _ if is_top && is_apart(self.range.end) => {}
            None if below.is_none() && self.indent()? == 0 && is_apart(self.range.start - 1) => {}
            Some(below) if !is_apart(self.range.end) => self.at(parsed, below)?.comments.head = text.into(),
            Some(below) if is_apart(self.range.start - 1) => {
                self.at(parsed, below)?.comments.head = format!("{text}\n").into();
            }
            _ => return None,
        }
        Some(())
    }

    /// The indentation of all its lines.
    fn indent(&self) -> Option<usize> {
        let first = self.lines[self.range.start];
        let is_even = self.lines[self.range.clone()].iter().all(|line| *line == first);
        if let (true, LineKind::Comment(indent)) = (is_even, first) { Some(indent) } else { None }
    }

    /// The key or item with which a line begins, if that has the same indentation.
    fn at<'n>(&self, parsed: &'n mut ParsedNode, line: usize) -> Option<&'n mut ParsedNode> {
        below(parsed, number(line)?).filter(|_| self.indent() == Some(indentation(self.document[line])))
    }
}

/// What a line of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineKind {
    Blank,
    /// A comment with this indentation.
    Comment(usize),
    /// Something else, with the position of the comment at its end.
    Content(Option<usize>),
    /// A line of a text behind `|` or `>`.
    Block,
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The kinds of the lines; `None` if a text in quotes has several lines.
fn classified(document: &[&str]) -> Option<Vec<LineKind>> {
    let mut lines = Vec::with_capacity(document.len());
    // The indentation of the line with the mark of a block, and that of its text.
    let mut block: Option<(usize, Option<usize>)> = None;
    for line in document {
        let (text, indent) = (line.trim(), indentation(line));
        if let Some((parent, within)) = block {
            let is_within = within.map_or(indent > parent, |within| indent >= within);
            if text.is_empty() || is_within {
                block = Some((parent, within.or((!text.is_empty()).then_some(indent))));
                lines.push(LineKind::Block);
                continue;
            }
            block = None;
        }
        lines.push(if text.is_empty() {
            LineKind::Blank
        } else if text.starts_with('#') {
            LineKind::Comment(indent)
        } else {
            let comment = comment_in(line).ok()?;
            let content = line[..comment.unwrap_or(line.len())].trim_end();
            let mark = content.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
            if mark.ends_with(" |") || mark.ends_with(" >") {
                block = Some((indent, None));
            }
            LineKind::Content(comment)
        });
    }
    Some(lines)
}

/// The position of the comment in a line, or an error if the line ends within quotes.
fn comment_in(line: &str) -> Result<Option<usize>, char> {
    let mut quote = None;
    let mut before = ' ';
    let mut chars = line.char_indices();
    while let Some((i, c)) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') => _ = chars.next(),
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') if " [{,:\t".contains(before) => quote = Some(c),
            (None, '#') if before == ' ' || before == '\t' => return Ok(Some(i)),
            _ => {}
        }
        before = c;
    }
    quote.map_or(Ok(None), Err)
}

/// The value that a comment at the end of a line belongs to, or its key.
fn beside<'n>(node: &'n mut ParsedNode, line: u32, content: &str) -> Option<&'n mut ParsedNode> {
    let is_whole = |value: &ParsedNode| {
        let rest = content.chars().skip(usize::from(value.place.1).saturating_sub(1));
        let (opened, closed) = rest.fold((0, 0), |(opened, closed), c| match c {
            '[' | '{' => (opened + 1, closed),
            ']' | '}' => (opened, closed + 1),
            _ => (opened, closed),
        });
        value.kind == ParsedKind::Scalar || value.style == style::FLOW && opened == closed
    };
    let is_blank =
        |value: &ParsedNode| value.kind == ParsedKind::Scalar && value.tag == "!!null" && value.text.is_empty();
    if node.style == style::FLOW {
        return None;
    }
    let step = if node.kind == ParsedKind::Map { 2 } else { 1 };
    for parts in node.content.chunks_exact_mut(step) {
        let (keys, value) = parts.split_at_mut(step - 1);
        let value = &mut value[0];
        match keys {
            [key] if key.place.0 == line && (value.place.0 > line || is_blank(value)) => return Some(key),
            _ if value.place.0 == line && is_whole(value) => return Some(value),
            _ => {}
        }
        if let Some(found) = beside(value, line, content) {
            return Some(found);
        }
    }
    None
}

/// The key or item with which a line begins.
fn below(node: &mut ParsedNode, line: u32) -> Option<&mut ParsedNode> {
    if node.style == style::FLOW {
        return None;
    }
    let step = if node.kind == ParsedKind::Map { 2 } else { 1 };
    for parts in node.content.chunks_exact_mut(step) {
        if parts[0].place.0 == line {
            return Some(&mut parts[0]);
        }
        if let Some(found) = below(&mut parts[step - 1], line) {
            return Some(found);
        }
    }
    None
}
