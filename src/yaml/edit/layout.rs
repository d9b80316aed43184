//! Where the parts of a YAML text stand in it, byte by byte.
//!
//! Unlike a [`Node`](crate::node::Node) a part knows where it ends, and aliases and merge keys are not expanded.

use super::Step;
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use std::ops::Range;

/// One value of a text.
#[derive(Debug)]
pub(super) struct Part {
    /// The bytes from its first to its last character, without a line break behind it. A value that is nothing at all
    /// stands where it could be written.
    pub(super) span: Range<usize>,
    /// What it is.
    pub(super) shape: Shape,
}

impl Part {
    /// Takes out what stands at the end of a path, for those that look at this afterwards.
    pub(super) fn forget(&mut self, path: &[Step]) {
        let child = match (path, &mut self.shape) {
            ([Step::Item(i)], Shape::Seq(_, items)) if *i < items.len() => return drop(items.remove(*i)),
            ([Step::Key(key)], Shape::Map(_, pairs)) => return pairs.retain(|pair| pair.key != *key),
            ([Step::Item(i), ..], Shape::Seq(_, items)) => items.get_mut(*i),
            ([Step::Key(key), ..], Shape::Map(_, pairs)) => {
                pairs.iter_mut().find(|pair| pair.key == *key).map(|pair| &mut pair.value)
            }
            _ => None,
        };
        if let Some(child) = child {
            child.forget(&path[1..]);
        }
    }
}

/// What a part is.
#[derive(Debug)]
pub(super) enum Shape {
    /// Text in some style.
    Scalar(ScalarStyle),
    /// Nothing: what stands behind a colon or dash that nothing follows.
    Nothing,
    /// `*name`.
    Alias,
    /// A list.
    Seq(Look, Vec<Part>),
    /// A mapping.
    Map(Look, Vec<Pair>),
}

/// Whether a collection stands in brackets or braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It does not; its parts begin lines.
    Block,
    /// It does.
    Flow,
}

/// An entry of a mapping.
#[derive(Debug)]
pub(super) struct Pair {
    /// The text of the key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) at: Range<usize>,
    /// The value.
    pub(super) value: Part,
}

/// A collection that is not complete.
struct Frame {
    start: usize,
    look: Look,
    content: Content,
}

enum Content {
    Seq(Vec<Part>),
    Map(Vec<Pair>, Option<(String, Range<usize>)>),
}

/// The only document of a text; `None` for a text that has none, several, or none that can be read.
pub(super) fn layout(text: &str) -> Option<Part> {
    let options = granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
    };
    let mut frames: Vec<Frame> = Vec::new();
    let mut root = None;
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.ok()?;
        let at = bytes(&span)?;
        let part = match event {
            Event::Scalar(value, style, ..) => match frames.last_mut() {
                Some(Frame { content: Content::Map(_, key @ None), .. }) => {
                    *key = Some((value.into_owned(), at));
                    continue;
                }
                _ => scalar(text, style, at, frames.last()),
            },
            Event::Alias(_) | Event::UnresolvedAlias(_) => Part { span: at, shape: Shape::Alias },
            Event::SequenceStart(style, ..) => {
                // Where the dashes stand below the key, the parser names the place behind the first one.
                let above = frames.last().filter(|frame| look(style) == Look::Block && frame.colon(text).is_some());
                let dash = above.and_then(|frame| frame.dash(text));
                let start = dash.unwrap_or(at.start);
                frames.push(Frame { start, look: look(style), content: Content::Seq(Vec::new()) });
                continue;
            }
            Event::MappingStart(style, ..) => {
                frames.push(Frame { start: at.start, look: look(style), content: Content::Map(Vec::new(), None) });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => frames.pop()?.close(at.end),
            _ => continue,
        };
        match frames.last_mut().map(|frame| &mut frame.content) {
            Some(Content::Seq(items)) => items.push(part),
            Some(Content::Map(pairs, key)) => {
                let (key, at) = key.take()?;
                pairs.push(Pair { key, at, value: part });
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

fn look(style: StructureStyle) -> Look {
    if style == StructureStyle::Flow { Look::Flow } else { Look::Block }
}

fn scalar(text: &str, style: ScalarStyle, at: Range<usize>, frame: Option<&Frame>) -> Part {
    let behind = frame.and_then(|frame| frame.colon(text));
    if style == ScalarStyle::Plain && at.is_empty() {
        // The parser names the place of what comes next.
        let dash = frame.and_then(|frame| frame.dash(text)).map(|dash| dash + 1);
        let here = behind.or(dash).unwrap_or(at.start);
        return Part { span: here..here, shape: Shape::Nothing };
    }
    let end = at.start + text[at.clone()].trim_end().len();
    // The parser leaves out the header of a block.
    let header = match (style, behind) {
        (ScalarStyle::Literal | ScalarStyle::Folded, Some(from)) => {
            text[from..at.start].find(['|', '>']).map(|header| from + header)
        }
        (ScalarStyle::Literal | ScalarStyle::Folded, None) => text[..at.start].rfind(['|', '>']),
        _ => None,
    };
    let start = header.unwrap_or(at.start);
    Part { span: start..end.max(start), shape: Shape::Scalar(style) }
}

impl Frame {
    /// Where the colon ends behind the key that waits for its value.
    fn colon(&self, text: &str) -> Option<usize> {
        let Content::Map(_, Some((_, key))) = &self.content else { return None };
        text[key.end..].find(':').map(|colon| key.end + colon + 1)
    }

    /// The dash of the item of a block list that comes next: in the list itself, or in the one behind the key that waits.
    fn dash(&self, text: &str) -> Option<usize> {
        let from = match &self.content {
            Content::Seq(_) if self.look == Look::Flow => return None,
            Content::Seq(items) => match items.last() {
                Some(item) => item.span.end,
                None => return Some(self.start),
            },
            Content::Map(..) => self.colon(text)?,
        };
        let mut start = from + text[from..].find('\n')? + 1;
        // Only comments, anchors and tags stand before it.
        for line in text[start..].split_inclusive('\n') {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            if line[blanks..].starts_with('-') {
                return Some(start + blanks);
            }
            start += line.len();
        }
        None
    }

    fn close(self, end: usize) -> Part {
        let last = match &self.content {
            Content::Seq(items) => items.last().map(|item| item.span.end),
            Content::Map(pairs, _) => pairs.last().map(|pair| pair.value.span.end),
        };
        // The parser ends a block where the next thing begins, behind blanks and comments.
        let end = if self.look == Look::Block { last.unwrap_or(self.start) } else { end };
        let shape = match self.content {
            Content::Seq(items) => Shape::Seq(self.look, items),
            Content::Map(pairs, _) => Shape::Map(self.look, pairs),
        };
        Part { span: self.start..end, shape }
    }
}
