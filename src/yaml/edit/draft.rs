//! One change of a text, worked out on the layout of the text.
//!
//! Each function finds the characters that go and those that come. Whether what comes of it is the data that was meant is for the
//! caller to check. `None` means that the layout is none that is known here.

use super::Step;
use super::flow::{Spot, inline, string, string_like};
use super::layout::{Look, Pair, Part, Shape};
use crate::node::{Map, Node, Value};
use std::ops::Range;

/// One change on its way.
pub(super) struct Draft<'d> {
    /// The text.
    pub(super) text: &'d str,
    /// Its layout.
    pub(super) root: &'d Part,
}

/// The characters that go, and what comes in their place.
pub(super) type Swap = (Range<usize>, String);

fn swap(range: Range<usize>, with: impl Into<String>) -> Swap {
    (range, with.into())
}

impl<'d> Draft<'d> {
    /// Writes `value` at the end of a path.
    pub(super) fn set(&self, path: &[Step], value: &Node) -> Option<Swap> {
        let (part, rest) = self.descend(path)?;
        self.write(part, path.split_at(path.len() - rest), value)
    }

    /// The deepest part on a path that is there, and how many steps remain.
    fn descend(&self, path: &[Step]) -> Option<(&'d Part, usize)> {
        let mut part = self.root;
        for (done, step) in path.iter().enumerate() {
            let next = match (step, &part.shape) {
                (Step::Key(key), Shape::Map(_, pairs)) => pairs.iter().find(|pair| pair.key == **key).map(|p| &p.value),
                (Step::Item(item), Shape::Seq(_, items)) => Some(items.get(*item)?),
                (Step::Key(_), Shape::Nothing) => None,
                _ => return None,
            };
            match next {
                Some(next) => part = next,
                None => return Some((part, path.len() - done)),
            }
        }
        Some((part, 0))
    }

    /// Writes `value` into `part`, to which `above` leads; the steps `below` are to be made.
    fn write(&self, part: &Part, (above, below): (&[Step], &[Step]), value: &Node) -> Option<Swap> {
        let spot = self.spot(above)?;
        let Some((Step::Key(key), below)) = below.split_first() else {
            return match (&part.shape, value.as_str()) {
                (Shape::Scalar(style), Some(text)) => Some(swap(part.span.clone(), string_like(*style, text, spot))),
                (Shape::Nothing, _) => Some(swap(part.span.clone(), format!(" {}", inline(value, spot)))),
                _ => Some(swap(part.span.clone(), inline(value, spot))),
            };
        };
        // What is missing on the way is made in braces.
        let value = below.iter().rev().try_fold(value.clone(), |value, step| match step {
            Step::Key(key) => Some([(&**key, value)].into_iter().collect::<Map>().into()),
            Step::Item(_) => None,
        })?;
        match &part.shape {
            Shape::Nothing => {
                let map: Node = [(&**key, value)].into_iter().collect::<Map>().into();
                Some(swap(part.span.clone(), format!(" {}", inline(&map, spot))))
            }
            Shape::Map(Look::Flow, pairs) => {
                let pair = format!("{}: {}", string(key, Spot::Flow), inline(&value, Spot::Flow));
                match pairs.last() {
                    Some(last) => Some(swap(last.value.span.end..last.value.span.end, format!(", {pair}"))),
                    None => Some(swap(part.span.clone(), format!("{{{pair}}}"))),
                }
            }
            Shape::Map(Look::Block, pairs) => {
                let indent = " ".repeat(self.column(pairs.first()?.at.start)?);
                let line = format!("{indent}{}: {}", string(key, Spot::Line), inline(&value, Spot::Line));
                Some(self.insert_line(part.span.end, &line))
            }
            _ => None,
        }
    }

    /// Whether what stands at the end of a path stands in brackets or braces.
    fn spot(&self, path: &[Step]) -> Option<Spot> {
        let (mut part, mut spot) = (self.root, Spot::Line);
        for step in path {
            let (look, next) = match (step, &part.shape) {
                (Step::Key(key), Shape::Map(look, pairs)) => (*look, &pairs.iter().find(|p| p.key == **key)?.value),
                (Step::Item(item), Shape::Seq(look, items)) => (*look, items.get(*item)?),
                _ => return None,
            };
            if look == Look::Flow {
                spot = Spot::Flow;
            }
            part = next;
        }
        if matches!(part.shape, Shape::Seq(Look::Flow, _) | Shape::Map(Look::Flow, _)) {
            spot = Spot::Flow;
        }
        Some(spot)
    }

    /// Takes out what stands at the end of a path.
    pub(super) fn cut(&self, path: &[Step]) -> Option<Swap> {
        let (step, above) = path.split_last()?;
        let (part, 0) = self.descend(above)? else { return None };
        match (step, &part.shape) {
            (Step::Key(key), Shape::Map(look, pairs)) => {
                let i = pairs.iter().position(|pair| pair.key == **key)?;
                let spans: Vec<_> = pairs.iter().map(|Pair { at, value, .. }| at.start..value.span.end).collect();
                match look {
                    Look::Flow => Some(cut_flow(&spans, i)),
                    Look::Block if self.begins_line(spans[i].start) => {
                        let lines = self.line_start(spans[i].start)..self.next_line(spans[i].end);
                        Some(swap(lines, ""))
                    }
                    // The first key stands behind the dash of its item; the next one moves up to it.
                    Look::Block => Some(swap(spans[i].start..spans.get(i + 1)?.start, "")),
                }
            }
            (Step::Item(i), Shape::Seq(look, items)) => {
                let spans: Vec<_> = items.iter().map(|item| item.span.clone()).collect();
                match look {
                    Look::Flow => Some(cut_flow(&spans, *i)),
                    Look::Block => self.cut_item(&spans, *i, above),
                }
            }
            _ => None,
        }
    }

    /// Takes out an item with the comment right above it, and one of the empty lines around it.
    fn cut_item(&self, spans: &[Range<usize>], i: usize, above: &[Step]) -> Option<Swap> {
        let span = spans.get(i)?;
        let mut start = self.line_start(self.dash(span.start)?);
        let end = self.next_line(span.end);
        if spans.len() == 1 {
            // The list stays, empty, behind its key.
            let colon = self.colon(above)?;
            let between = self.text[colon..start].to_owned();
            return Some(swap(colon..end, format!(" []{between}")));
        }
        let comment = self.comment_above(start);
        // A comment above the first item may be about all of them.
        if i > 0 || self.is_blank_above(comment) {
            start = comment;
        }
        let blank_below = self.text[end..].lines().next().is_none_or(|line| line.trim().is_empty());
        if blank_below && self.is_blank_above(start) {
            start = self.line_start(start - 1);
        }
        Some(swap(start..end, ""))
    }

    /// Where the colon ends behind the last key of a path.
    fn colon(&self, path: &[Step]) -> Option<usize> {
        let (Step::Key(key), above) = path.split_last()? else { return None };
        let (Part { shape: Shape::Map(_, pairs), .. }, 0) = self.descend(above)? else { return None };
        let key = pairs.iter().find(|pair| pair.key == **key)?.at.end;
        Some(key + self.text[key..].find(':')? + 1)
    }

    /// Adds an item to the list at the end of a path.
    pub(super) fn append(&self, path: &[Step], item: &Node) -> Option<Swap> {
        let (part, rest) = self.descend(path)?;
        match (&part.shape, rest) {
            (Shape::Seq(Look::Flow, items), 0) if !items.is_empty() => {
                let end = items.last()?.span.end;
                Some(swap(end..end, format!(", {}", inline(item, Spot::Flow))))
            }
            (Shape::Seq(Look::Block, items), 0) => {
                let last = items.last()?;
                let indent = self.column(self.dash(last.span.start)?)?;
                let apart =
                    items.len() > 1 && self.is_blank_above(self.comment_above(self.line_start(last.span.start)));
                let lines = block_item(item, indent);
                Some(self.insert_line(part.span.end, &if apart { format!("\n{lines}") } else { lines }))
            }
            (Shape::Seq(..) | Shape::Nothing, 0) => {
                let lines = block_item(item, self.column_of_line(part.span.start));
                let line_end = part.span.end
                    + self.text[part.span.end..].find(['\n', '\r']).unwrap_or(self.text.len() - part.span.end);
                let before = self.text[..part.span.start].trim_end_matches(' ').len();
                let behind = self.text[part.span.end..line_end].to_owned();
                Some(swap(before..line_end, format!("{behind}\n{lines}")))
            }
            (Shape::Map(Look::Block, pairs), 1) => {
                let Some(Step::Key(key)) = path.last() else { return None };
                let indent = self.column(pairs.first()?.at.start)?;
                let lines = format!("{}{}:\n{}", " ".repeat(indent), string(key, Spot::Line), block_item(item, indent));
                Some(self.insert_line(part.span.end, &lines))
            }
            _ => None,
        }
    }

    /// Puts lines below the line in which `end` is.
    fn insert_line(&self, end: usize, lines: &str) -> Swap {
        let here = self.next_line(end);
        let missing = if self.text[..here].ends_with('\n') { "" } else { "\n" };
        swap(here..here, format!("{missing}{lines}\n"))
    }

    /// Where the dash of the item stands that begins at `start`.
    fn dash(&self, start: usize) -> Option<usize> {
        let before = self.text[..start].trim_end();
        before.ends_with('-').then(|| before.len() - 1)
    }

    /// How many characters stand before `at` in its line; they must be blanks or dashes.
    fn column(&self, at: usize) -> Option<usize> {
        let before = &self.text[self.line_start(at)..at];
        before.chars().all(|c| matches!(c, ' ' | '-')).then_some(before.len())
    }

    /// How far the line of `at` is indented.
    fn column_of_line(&self, at: usize) -> usize {
        let line = &self.text[self.line_start(at)..];
        line.len() - line.trim_start_matches(' ').len()
    }

    fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim().is_empty()
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |line_break| line_break + 1)
    }

    /// Where the line below that of `at` begins.
    fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |line_break| at + line_break + 1)
    }

    /// Where the comment lines begin that stand right above the line that begins at `start`.
    fn comment_above(&self, mut start: usize) -> usize {
        while start > 0 {
            let above = self.line_start(start - 1);
            if !self.text[above..start].trim_start().starts_with('#') {
                break;
            }
            start = above;
        }
        start
    }

    fn is_blank_above(&self, start: usize) -> bool {
        start > 0 && self.text[self.line_start(start - 1)..start].trim().is_empty()
    }
}

/// Takes an item of a list or mapping in brackets out, with one of the commas beside it.
fn cut_flow(spans: &[Range<usize>], i: usize) -> Swap {
    match (i.checked_sub(1), spans.get(i + 1)) {
        (_, Some(next)) => swap(spans[i].start..next.start, ""),
        (Some(before), None) => swap(spans[before].end..spans[i].end, ""),
        (None, None) => swap(spans[i].clone(), ""),
    }
}

/// An item of a block list in lines: the entries of a mapping one below the other, everything else in one line.
fn block_item(item: &Node, indent: usize) -> String {
    let pad = " ".repeat(indent);
    match &item.value {
        Value::Map(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            // A name says what the rest is about.
            entries.sort_by_key(|entry| entry.key.text != "name");
            let lines = entries.iter().enumerate().map(|(i, entry)| {
                let mark = if i == 0 { "- " } else { "  " };
                format!("{pad}{mark}{}: {}", string(&entry.key.text, Spot::Line), inline(&entry.value, Spot::Line))
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => format!("{pad}- {}", inline(item, Spot::Line)),
    }
}
