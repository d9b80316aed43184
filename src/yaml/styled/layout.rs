//! Where the entries of a document are, and how they were written.

use super::TextPoint;
use crate::yaml::read::parser_options;
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use std::collections::BTreeSet;

/// An entry of a block mapping or an item of a block list.
pub(super) struct StyledEntry {
    /// The position of its key, or of its value if it is an item.
    pub(super) at: TextPoint,
    /// Whether it is an item.
    pub(super) is_item: bool,
    /// The column of the key or of the dash; 0 if the dash is not on the line of the value.
    pub(super) column: u16,
    /// The entry that contains it.
    pub(super) parent: Option<usize>,
    /// How its value is written.
    pub(super) form: ValueForm,
    /// The position of the value.
    pub(super) value: TextPoint,
    /// The last line of the value, if it is not a block collection.
    pub(super) end: u32,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueForm {
    /// As nothing at all.
    Nothing,
    Plain,
    Quoted,
    /// As a block, whose position is that of its first line.
    Text,
    /// In brackets or braces.
    Flow,
    /// As entries on lines of their own.
    Block,
}

#[derive(Default)]
pub(super) struct TextLayout {
    pub(super) single: BTreeSet<TextPoint>,
    /// With the number of collections around them: the position of a list can be that of its first item.
    pub(super) flow: BTreeSet<(TextPoint, usize)>,
    /// In the order of the document.
    pub(super) entries: Vec<StyledEntry>,
    /// Where comments begin.
    pub(super) comments: BTreeSet<TextPoint>,
    /// The first and the last position of collections in brackets and braces that are not within others.
    outer_flow: Vec<(TextPoint, TextPoint)>,
}

/// A collection that is not complete.
struct OpenCollection {
    at: TextPoint,
    is_list: bool,
    is_flow: bool,
    /// The entry whose value it is.
    owner: Option<usize>,
    /// Whether the next value is one of a key.
    has_key: bool,
}

impl TextLayout {
    /// The layout of the first document of a text that can be read, or why it cannot be kept.
    pub(super) fn of(text: &str) -> Result<Self, &'static str> {
        let mut options = parser_options();
        options.emit_comments = true;
        let mut layout = TextLayout::default();
        let lines: Vec<&str> = text.lines().collect();
        let mut open = Vec::new();
        for next in Parser::new_from_str_with_options(text, options) {
            let Ok((event, span)) = next else { break };
            if matches!(event, Event::DocumentStart(..)) && !layout.entries.is_empty() {
                break;
            }
            layout.event(&event, &span, &mut open)?;
        }
        let is_within = |range: &(TextPoint, TextPoint)| layout.comments.range(range.0..range.1).next().is_some();
        if layout.outer_flow.iter().any(is_within) {
            return Err("has a comment in brackets or braces");
        }
        for item in layout.entries.iter_mut().filter(|entry| entry.is_item) {
            item.column = lines.get(item.at.0 as usize - 1).and_then(|line| dash(line, item.at.1)).unwrap_or_default();
        }
        Ok(layout)
    }

    fn event(&mut self, event: &Event<'_>, span: &Span, open: &mut Vec<OpenCollection>) -> Result<(), &'static str> {
        let at = position(span);
        match event {
            Event::Comment(..) => {
                self.comments.insert(at);
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => return Err("has an alias"),
            Event::Scalar(_, style, anchor, tag) => {
                refuse(*anchor, tag.is_some())?;
                if *style == ScalarStyle::SingleQuoted {
                    self.single.insert(at);
                }
                let form = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => ValueForm::Text,
                    ScalarStyle::Plain if span.start == span.end => ValueForm::Nothing,
                    ScalarStyle::Plain => ValueForm::Plain,
                    _ => ValueForm::Quoted,
                };
                // The text of a block ends at the start of the next line.
                let end = u32::try_from(span.end.line() - usize::from(span.end.col() == 0)).unwrap_or(u32::MAX);
                self.value(at, form, end.max(at.0), open);
            }
            Event::SequenceStart(style, anchor, tag) | Event::MappingStart(style, anchor, tag) => {
                refuse(*anchor, tag.is_some())?;
                let is_flow = *style == StructureStyle::Flow;
                let form = if is_flow { ValueForm::Flow } else { ValueForm::Block };
                let is_within_flow = open.last().is_some_and(|open| open.is_flow);
                let owner = self.value(at, form, 0, open);
                if is_flow {
                    self.flow.insert((at, open.len()));
                }
                let is_list = matches!(event, Event::SequenceStart(..));
                open.push(OpenCollection { at, is_list, is_flow: is_flow || is_within_flow, owner, has_key: false });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(ended) = open.pop() else { return Ok(()) };
                if ended.is_flow && !open.last().is_some_and(|open| open.is_flow) {
                    self.outer_flow.push((ended.at, at));
                    if let Some(entry) = ended.owner.and_then(|owner| self.entries.get_mut(owner)) {
                        entry.end = at.0;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes a value or a key. The entry whose value it is.
    fn value(&mut self, at: TextPoint, form: ValueForm, end: u32, open: &mut [OpenCollection]) -> Option<usize> {
        let open = open.last_mut()?;
        if open.is_flow {
            return None;
        }
        if !open.is_list && !open.has_key {
            let parent = open.owner;
            open.has_key = true;
            let entry = StyledEntry {
                at,
                is_item: false,
                column: at.1,
                parent,
                form: ValueForm::Nothing,
                value: at,
                end: at.0,
            };
            self.entries.push(entry);
            return None;
        }
        if open.is_list {
            self.entries.push(StyledEntry { at, is_item: true, column: 0, parent: open.owner, form, value: at, end });
            return Some(self.entries.len() - 1);
        }
        open.has_key = false;
        // A value follows its key.
        let entry = self.entries.last_mut()?;
        (entry.form, entry.value) = (form, at);
        if form != ValueForm::Nothing {
            entry.end = end;
        }
        Some(self.entries.len() - 1)
    }
}

/// The column of the dash in front of a column.
fn dash(line: &str, column: u16) -> Option<u16> {
    let before: String = line.chars().take(usize::from(column) - 1).collect();
    let before = before.trim_end().strip_suffix('-')?;
    u16::try_from(before.chars().count() + 1).ok()
}

fn refuse(anchor: usize, has_tag: bool) -> Result<(), &'static str> {
    match (anchor, has_tag) {
        (0, false) => Ok(()),
        (0, true) => Err("has a tag"),
        _ => Err("has an anchor"),
    }
}

fn position(span: &Span) -> TextPoint {
    let column = u16::try_from(span.start.col() + 1).unwrap_or(u16::MAX);
    (u32::try_from(span.start.line()).unwrap_or(u32::MAX), column)
}
