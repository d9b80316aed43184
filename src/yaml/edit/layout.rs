//! The byte ranges of the values of a YAML text.
//!
//! Unlike a [`Node`](crate::node::Node), a part has an end position, and aliases and merge keys are not expanded.

use super::YamlStep;
use crate::yaml::read::{parser_options, spaces_within_brackets};
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use std::ops::Range;

/// One value of a text.
#[derive(Debug)]
pub(super) struct LayoutPart {
    /// The bytes from its first to its last character, without the line break after it. The range of an empty value is the
    /// position where a value can be inserted.
    pub(super) span: Range<usize>,
    /// The kind of value.
    pub(super) shape: LayoutShape,
}

impl LayoutPart {
    /// Removes the part at a path, so that later edits do not find it.
    pub(super) fn remove(&mut self, path: &[YamlStep]) {
        let child = match (path, &mut self.shape) {
            ([YamlStep::Item(i)], LayoutShape::Seq(_, items)) if *i < items.len() => return drop(items.remove(*i)),
            ([YamlStep::Key(key)], LayoutShape::Map(_, pairs)) => return pairs.retain(|pair| pair.key != *key),
            ([YamlStep::Item(i), ..], LayoutShape::Seq(_, items)) => items.get_mut(*i),
            ([YamlStep::Key(key), ..], LayoutShape::Map(_, pairs)) => {
                pairs.iter_mut().find(|pair| pair.key == *key).map(|pair| &mut pair.value)
            }
            _ => None,
        };
        if let Some(child) = child {
            child.remove(&path[1..]);
        }
    }
}

/// The kind of a part.
#[derive(Debug)]
pub(super) enum LayoutShape {
    /// A scalar that is written out.
    Scalar(ScalarStyle),
    /// An empty value: nothing follows the colon or dash.
    Nothing,
    /// `*name`.
    Alias,
    /// A list.
    Seq(CollectionStyle, Vec<LayoutPart>),
    /// A mapping.
    Map(CollectionStyle, Vec<LayoutPair>),
}

/// Whether a collection is written in brackets or braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CollectionStyle {
    /// No: each entry begins a line.
    Block,
    /// Yes.
    Flow,
}

/// An entry of a mapping.
#[derive(Debug)]
pub(super) struct LayoutPair {
    /// The text of the key.
    pub(super) key: String,
    /// The range of the key.
    pub(super) at: Range<usize>,
    /// The value.
    pub(super) value: LayoutPart,
}

/// A collection that is not complete.
struct LayoutFrame {
    start: usize,
    style: CollectionStyle,
    content: LayoutContent,
}

enum LayoutContent {
    Seq(Vec<LayoutPart>),
    Map(Vec<LayoutPair>, Option<(String, Range<usize>)>),
}

/// The layout of the only document of a text. `None` if the text is not one valid document.
pub(super) fn layout(text: &str) -> Option<LayoutPart> {
    // A tab and a space have the same length, so the ranges are those of the text.
    parsed(text).or_else(|| parsed(&spaces_within_brackets(text)?))
}

fn parsed(text: &str) -> Option<LayoutPart> {
    let mut frames: Vec<LayoutFrame> = Vec::new();
    let mut root = None;
    for next in Parser::new_from_str_with_options(text, parser_options()) {
        let (event, span) = next.ok()?;
        let at = bytes(&span)?;
        let part = match event {
            Event::Scalar(value, style, ..) => match frames.last_mut() {
                Some(LayoutFrame { content: LayoutContent::Map(_, key @ None), .. }) => {
                    *key = Some((value.into_owned(), at));
                    continue;
                }
                _ => scalar(text, style, at, frames.last()),
            },
            Event::Alias(_) | Event::UnresolvedAlias(_) => LayoutPart { span: at, shape: LayoutShape::Alias },
            Event::SequenceStart(style, ..) => {
                // If the dashes are below the key, the parser reports the position after the first dash.
                let above = frames
                    .last()
                    .filter(|frame| style_of(style) == CollectionStyle::Block && frame.colon(text).is_some());
                let dash = above.and_then(|frame| frame.dash(text));
                let start = dash.unwrap_or(at.start);
                frames.push(LayoutFrame { start, style: style_of(style), content: LayoutContent::Seq(Vec::new()) });
                continue;
            }
            Event::MappingStart(style, ..) => {
                frames.push(LayoutFrame {
                    start: at.start,
                    style: style_of(style),
                    content: LayoutContent::Map(Vec::new(), None),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => frames.pop()?.close(at.end),
            _ => continue,
        };
        match frames.last_mut().map(|frame| &mut frame.content) {
            Some(LayoutContent::Seq(items)) => items.push(part),
            Some(LayoutContent::Map(pairs, key)) => {
                let (key, at) = key.take()?;
                pairs.push(LayoutPair { key, at, value: part });
            }
            None if root.is_none() => root = Some(part),
            None => return None,
        }
    }
    root
}

fn bytes(span: &Span) -> Option<Range<usize>> {
    Some(span.start.byte_offset()?..span.end.byte_offset()?)
}

fn style_of(style: StructureStyle) -> CollectionStyle {
    if style == StructureStyle::Flow { CollectionStyle::Flow } else { CollectionStyle::Block }
}

fn scalar(text: &str, style: ScalarStyle, at: Range<usize>, frame: Option<&LayoutFrame>) -> LayoutPart {
    let after_colon = frame.and_then(|frame| frame.colon(text));
    if style == ScalarStyle::Plain && at.is_empty() {
        // The parser reports the position of the next token.
        let dash = frame.and_then(|frame| frame.dash(text)).map(|dash| dash + 1);
        let here = after_colon.or(dash).unwrap_or(at.start);
        return LayoutPart { span: here..here, shape: LayoutShape::Nothing };
    }
    let end = at.start + text[at.clone()].trim_end().len();
    // The span of the parser does not include the header of a block.
    let header = match (style, after_colon) {
        (ScalarStyle::Literal | ScalarStyle::Folded, Some(from)) => {
            text[from..at.start].find(['|', '>']).map(|header| from + header)
        }
        (ScalarStyle::Literal | ScalarStyle::Folded, None) => text[..at.start].rfind(['|', '>']),
        _ => None,
    };
    let start = header.unwrap_or(at.start);
    LayoutPart { span: start..end.max(start), shape: LayoutShape::Scalar(style) }
}

impl LayoutFrame {
    /// The position after the colon of the key that has no value yet.
    fn colon(&self, text: &str) -> Option<usize> {
        let LayoutContent::Map(_, Some((_, key))) = &self.content else { return None };
        text[key.end..].find(':').map(|colon| key.end + colon + 1)
    }

    /// The dash of the next item: of this block list, or of the list that is the value of the pending key.
    fn dash(&self, text: &str) -> Option<usize> {
        let from = match &self.content {
            LayoutContent::Seq(_) if self.style == CollectionStyle::Flow => return None,
            LayoutContent::Seq(items) => match items.last() {
                Some(item) => item.span.end,
                None => return Some(self.start),
            },
            LayoutContent::Map(..) => self.colon(text)?,
        };
        let mut start = from + text[from..].find('\n')? + 1;
        // Only comments, anchors and tags can precede it.
        for line in text[start..].split_inclusive('\n') {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            if line[blanks..].starts_with('-') {
                return Some(start + blanks);
            }
            start += line.len();
        }
        None
    }

    fn close(self, end: usize) -> LayoutPart {
        let last = match &self.content {
            LayoutContent::Seq(items) => items.last().map(|item| item.span.end),
            LayoutContent::Map(pairs, _) => pairs.last().map(|pair| pair.value.span.end),
        };
        // The parser ends a block at the next token, after blanks and comments.
        let end = if self.style == CollectionStyle::Block { last.unwrap_or(self.start) } else { end };
        let shape = match self.content {
            LayoutContent::Seq(items) => LayoutShape::Seq(self.style, items),
            LayoutContent::Map(pairs, _) => LayoutShape::Map(self.style, pairs),
        };
        LayoutPart { span: self.start..end, shape }
    }
}
