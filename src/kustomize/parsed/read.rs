//! The parsed values of an object in a text.
//!
//! Known are those of documents without anchors and tags.

use super::comment;
use crate::node::{MapEntry, Node, Scalar, Style, Tag, Value};
use crate::resource::ParsedNode;
use crate::resource::parsed::{ParsedKind, style};
use crate::source::Location;

/// The values of the object `node`, whose locations are those in `text`.
pub(super) fn object(text: &str, node: &Node) -> Option<ParsedNode> {
    let lines: Vec<&str> = text.lines().collect();
    let start = (node.at.line as usize).checked_sub(1)?;
    let separators = separators(&lines);
    let next = separators.partition_point(|line| *line < start);
    let above = next.checked_sub(1).map_or(0, |last| separators[last] + 1);
    let below = separators.get(next).copied().unwrap_or(lines.len());
    let document = lines.get(above..below)?;
    let has_comments = document.iter().any(|line| line.starts_with('#') || line.contains(" #") || line.contains("\t#"));
    let mut parsed = ParsedText { above: u32::try_from(above).ok()?, lines: lines.clone() }.node(node)?;
    if has_comments {
        comment::attach(&mut parsed, document)?;
    }
    Some(parsed)
}

/// The lines at which kustomize takes a text apart: lines of dashes, but not the first line, and not the second of two.
fn separators(lines: &[&str]) -> Vec<usize> {
    let mut separators: Vec<usize> = Vec::new();
    for i in (1..lines.len()).filter(|i| lines[*i].starts_with("---")) {
        if separators.last() != Some(&(i - 1)) {
            separators.push(i);
        }
    }
    separators
}

/// The document of an object.
struct ParsedText<'t> {
    /// The number of lines of the text above it.
    above: u32,
    lines: Vec<&'t str>,
}

impl ParsedText<'_> {
    fn node(&self, node: &Node) -> Option<ParsedNode> {
        let first = self.char_at(node.at)?;
        match &node.value {
            Value::Scalar(scalar) => self.scalar(scalar, node.at),
            Value::Map(map) => {
                let mut entries: Vec<&MapEntry> = map.iter().collect();
                entries.sort_by_key(|entry| entry.key.at);
                let is_flow = first == '{';
                if !is_flow && entries.first().is_none_or(|entry| !is_same_place(entry.key.at, node.at)) {
                    return None;
                }
                let style = if is_flow { style::FLOW } else { style::PLAIN };
                let mut parsed = self.value(ParsedKind::Map, ("!!map", style), node.at, node.at.column)?;
                for MapEntry { key, value } in entries {
                    let text = Scalar { text: key.text.clone(), tag: key.tag, style: key.style };
                    let is_blank =
                        !is_flow && value.as_scalar().is_some_and(|s| s.tag == Tag::Null && s.text.is_empty());
                    let value = if is_blank { self.blank(key.at, value.at)? } else { self.node(value)? };
                    parsed.push(self.scalar(&text, key.at)?, value);
                }
                Some(parsed)
            }
            Value::Seq(items) => {
                // The parser reports the dash of a list that is more indented than its key, or else what follows the dash.
                let starts_with_item = items.first().is_some_and(|item| is_same_place(item.at, node.at));
                let starts_with_block = items
                    .first()
                    .and_then(Node::as_scalar)
                    .is_some_and(|item| matches!((item.style, first), (Style::Block, '|') | (Style::Folded, '>')));
                let (style, column) = match first {
                    _ if starts_with_item || starts_with_block => (style::PLAIN, self.dash(node.at)?),
                    '-' => (style::PLAIN, node.at.column),
                    '[' => (style::FLOW, node.at.column),
                    _ => return None,
                };
                let is_list = |item: &Node| item.as_seq().is_some() && self.char_at(item.at) != Some('[');
                if style == style::PLAIN && items.iter().any(is_list) {
                    return None;
                }
                let mut parsed = self.value(ParsedKind::Seq, ("!!seq", style), node.at, column)?;
                parsed.content = items.iter().map(|item| self.node(item)).collect::<Option<_>>()?;
                Some(parsed)
            }
        }
    }

    fn scalar(&self, scalar: &Scalar, at: Location) -> Option<ParsedNode> {
        let first = self.char_at(at)?;
        let (style, line, column) = match (scalar.style, first) {
            (Style::Plain, first) if scalar.text.starts_with(first) => (style::PLAIN, at.line, at.column),
            (Style::Quoted, '"') => (style::DOUBLE, at.line, at.column),
            (Style::Quoted, '\'') => (style::SINGLE, at.line, at.column),
            (Style::Block, _) => self.header(at, style::LITERAL, '|')?,
            (Style::Folded, _) => self.header(at, style::FOLDED, '>')?,
            _ => return None,
        };
        let mut mark = at;
        mark.line = line;
        let parsed = self.value(ParsedKind::Scalar, (scalar.tag.yaml(), style), mark, column)?;
        Some(ParsedNode { text: scalar.text.clone(), origin: at, ..parsed })
    }

    /// Nothing at all, behind the colon of a key.
    fn blank(&self, key: Location, origin: Location) -> Option<ParsedNode> {
        let column = key.column.checked_add(key.len).filter(|_| key.len > 0)?;
        let mut at = key;
        at.column = column;
        if self.char_at(at) != Some(':') {
            return None;
        }
        let blank = self.value(ParsedKind::Scalar, (Tag::Null.yaml(), style::PLAIN), at, column + 1)?;
        Some(ParsedNode { origin, ..blank })
    }

    fn value(
        &self,
        kind: ParsedKind,
        (tag, style): (&'static str, u8),
        at: Location,
        column: u16,
    ) -> Option<ParsedNode> {
        if self.is_decorated(at.line, column)? {
            return None;
        }
        let place = (at.line.checked_sub(self.above)?, column);
        Some(ParsedNode { place, origin: at, ..ParsedNode::made(kind, "", (tag, style)) })
    }

    /// Whether an anchor or a tag is in front of a value.
    fn is_decorated(&self, line: u32, column: u16) -> Option<bool> {
        let end = (line as usize).checked_sub(1)?;
        let before: String = self.lines.get(end)?.chars().take(usize::from(column) - 1).collect();
        let above = self.lines[..end].iter().rev().copied();
        let word = std::iter::once(before.as_str()).chain(above).find_map(|line| line.split_whitespace().next_back());
        Some(word.is_some_and(|word| word.len() > 1 && word.starts_with(['&', '!'])))
    }

    fn line(&self, at: Location) -> Option<&str> {
        self.lines.get((at.line as usize).checked_sub(1)?).copied()
    }

    fn char_at(&self, at: Location) -> Option<char> {
        self.line(at)?.chars().nth(usize::from(at.column).checked_sub(1)?)
    }

    /// The column of the dash in front of an item.
    fn dash(&self, at: Location) -> Option<u16> {
        let before: String = self.line(at)?.chars().take(usize::from(at.column) - 1).collect();
        u16::try_from(before.trim_end().strip_suffix('-')?.chars().count() + 1).ok()
    }

    /// The position of the mark of a block whose text begins at `at`.
    fn header(&self, at: Location, style: u8, mark: char) -> Option<(u8, u32, u16)> {
        self.line(at)?;
        let above = self.lines.get(..at.line as usize - 1)?;
        let line = above.iter().rposition(|line| !line.trim().is_empty())?;
        let before = above[line].trim_end().trim_end_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        let column = before.strip_suffix(mark)?.chars().count() + 1;
        Some((style, u32::try_from(line + 1).ok()?, u16::try_from(column).ok()?))
    }
}

fn is_same_place(one: Location, other: Location) -> bool {
    (one.file(), one.line, one.column) == (other.file(), other.line, other.column)
}
