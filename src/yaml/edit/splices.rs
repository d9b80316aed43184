//! Changes of a text, computed from its layout.
//!
//! Each function finds the characters to delete and to insert. All positions are positions in the original text. The caller
//! checks that the new text has the intended data. `None` means that the layout is not supported.

use super::YamlStep;
use super::inline::{InlineContext, inline, string_text, string_text_like};
use super::layout::{CollectionStyle, LayoutPair, LayoutPart, LayoutShape, layout};
use super::positions::{begins_line, column, column_of_line, comment, dash, is_blank_above, line_start, next_line};
use crate::node::{Node, Value};
use std::cmp::Reverse;
use std::ops::Range;

/// Collects the changes of a text.
pub(super) struct Splicer<'d> {
    /// The text.
    text: &'d str,
    /// Its layout, without the deleted parts.
    root: LayoutPart,
    /// The replacements.
    splices: Vec<Splice>,
    /// Deleted ranges, from the last to the first in the text.
    deletions: Vec<Range<usize>>,
}

/// The characters to delete, and the text to insert in their place.
type Splice = (Range<usize>, String);

fn splice(range: Range<usize>, with: impl Into<String>) -> Splice {
    (range, with.into())
}

impl<'d> Splicer<'d> {
    /// A text without changes.
    pub(super) fn new(text: &'d str) -> Option<Self> {
        Some(Splicer { text, root: layout(text)?, splices: Vec::new(), deletions: Vec::new() })
    }

    /// The text with all changes applied. `None` if two changes overlap.
    pub(super) fn finish(self) -> Option<String> {
        let line_end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let deletions = self.deletions.into_iter().map(|deletion| (deletion, String::new()));
        let mut splices: Vec<Splice> = self.splices.into_iter().chain(deletions).collect();
        // An insertion between two lines precedes the deletion of the lower one. The sort is stable.
        splices.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::with_capacity(self.text.len());
        let mut done = 0;
        for (range, new) in splices {
            text.push_str(self.text.get(done..range.start)?);
            // Lines inserted after a last line without a line break.
            if new.ends_with('\n') && !text.is_empty() && !text.ends_with('\n') {
                text.push_str(line_end);
            }
            text.push_str(&new.replace('\n', line_end));
            done = range.end;
        }
        text.push_str(&self.text[done..]);
        Some(text)
    }

    /// Sets the value at a path. The mapping above it has other keys.
    pub(super) fn set(&mut self, path: &[YamlStep], value: &Node) -> Option<()> {
        let (part, rest) = self.descend(path)?;
        let splices = match path.split_at(path.len() - rest) {
            (above, []) => self.replace(part, above, value)?,
            (_, [YamlStep::Key(key)]) => vec![self.write(part, key, value)?],
            _ => return None,
        };
        self.splices.extend(splices);
        Some(())
    }

    /// Adds a key to the document, on the line below the value of the key `above`.
    pub(super) fn add_below(&mut self, above: &str, key: &str, value: &Node) -> Option<()> {
        let LayoutShape::Map(CollectionStyle::Block, pairs) = &self.root.shape else { return None };
        let pair = pairs.iter().find(|pair| pair.key == above)?;
        let indent = " ".repeat(column(self.text, pair.at.start)?);
        let value = inline(value, InlineContext::Line);
        let line = format!("{indent}{}: {value}", string_text(key, InlineContext::Line));
        let splice = self.insert_line(pair.value.span.end, &line);
        self.splices.push(splice);
        Some(())
    }

    /// Removes the values at paths of which none is below another one.
    pub(super) fn cut(&mut self, mut paths: Vec<&[YamlStep]>) -> Option<()> {
        // From the last to the first, so that each deletion sees what is left below it.
        paths.sort_by_cached_key(|path| Reverse(self.position(path)));
        for path in paths {
            let (step, above) = path.split_last()?;
            let (part, 0) = self.descend(above)? else { return None };
            let (deletion, replacement) = self.deletion(part, step, above)?;
            self.splices.extend(replacement);
            self.delete(deletion);
            self.root.remove(path);
        }
        Some(())
    }

    /// Adds a deletion that does not end after the last one, and may cover or touch others.
    fn delete(&mut self, mut deletion: Range<usize>) {
        while let Some(below) = self.deletions.pop_if(|below| below.start <= deletion.end) {
            deletion = deletion.start.min(below.start)..deletion.end.max(below.end);
        }
        self.deletions.push(deletion);
    }

    /// The position of a key or an item in the text.
    fn position(&self, path: &[YamlStep]) -> Option<usize> {
        let (step, above) = path.split_last()?;
        match (step, &self.descend(above)?.0.shape) {
            (YamlStep::Key(key), LayoutShape::Map(_, pairs)) => {
                pairs.iter().find(|pair| pair.key == *key).map(|pair| pair.at.start)
            }
            (YamlStep::Item(item), LayoutShape::Seq(_, items)) => items.get(*item).map(|item| item.span.start),
            _ => None,
        }
    }

    /// Adds items to the list at a path.
    pub(super) fn append(&mut self, path: &[YamlStep], items: &[&Node]) -> Option<()> {
        let splice = self.extend_list(path, items)?;
        self.splices.push(splice);
        Some(())
    }

    /// The deepest existing part of a path, and the number of remaining steps.
    fn descend(&self, path: &[YamlStep]) -> Option<(&LayoutPart, usize)> {
        let mut part = &self.root;
        for (done, step) in path.iter().enumerate() {
            let next = match (step, &part.shape) {
                (YamlStep::Key(key), LayoutShape::Map(_, pairs)) => {
                    pairs.iter().find(|pair| pair.key == *key).map(|p| &p.value)
                }
                (YamlStep::Item(item), LayoutShape::Seq(_, items)) => Some(items.get(*item)?),
                (YamlStep::Key(_), LayoutShape::Nothing | LayoutShape::Scalar(_)) => None,
                _ => return None,
            };
            match next {
                Some(next) => part = next,
                None => return Some((part, path.len() - done)),
            }
        }
        Some((part, 0))
    }

    /// Replaces `part`, whose path is `above`, with `value`.
    fn replace(&self, part: &LayoutPart, above: &[YamlStep], value: &Node) -> Option<Vec<Splice>> {
        let context = self.context(above)?;
        let here = part.span.clone();
        let splices = match (&part.shape, value.as_str()) {
            (LayoutShape::Scalar(style), Some(text)) => vec![splice(here, string_text_like(*style, text, context))],
            (LayoutShape::Nothing, _) => vec![splice(here, format!(" {}", inline(value, context)))],
            (LayoutShape::Seq(CollectionStyle::Block, _), None)
                if value.as_seq().is_some_and(|items| !items.is_empty()) =>
            {
                let items: Vec<&Node> = value.as_seq()?.iter().collect();
                let lines = block_items(&items, column(self.text, here.start)?, "\n");
                vec![splice(here, lines.trim_start_matches(' '))]
            }
            (LayoutShape::Seq(CollectionStyle::Block, _) | LayoutShape::Map(CollectionStyle::Block, _), _) => {
                match self.position_after_key(part, above) {
                    Some(at) => {
                        let lines = next_line(self.text, at)..next_line(self.text, here.end);
                        vec![splice(at..at, format!(" {}", inline(value, InlineContext::Line))), splice(lines, "")]
                    }
                    None => vec![splice(here, inline(value, InlineContext::Line))],
                }
            }
            _ => vec![splice(here, inline(value, context))],
        };
        Some(splices)
    }

    /// The position after the key of `part` where a value on the same line can be inserted, if `part` is on the lines below.
    fn position_after_key(&self, part: &LayoutPart, above: &[YamlStep]) -> Option<usize> {
        let colon = self.colon(above)?;
        let (line, _) = self.text.get(colon..part.span.start)?.split_once('\n')?;
        // Only an anchor, a tag and a comment can be there.
        let properties = comment(line).map_or(line, |comment| &line[..comment]);
        Some(colon + properties.trim_end().len())
    }

    /// Adds a key with `value` to `part`, a mapping with other keys.
    fn write(&self, part: &LayoutPart, key: &str, value: &Node) -> Option<Splice> {
        match &part.shape {
            LayoutShape::Map(CollectionStyle::Flow, pairs) => {
                let pair = format!("{}: {}", string_text(key, InlineContext::Flow), inline(value, InlineContext::Flow));
                let end = pairs.last()?.value.span.end;
                Some(splice(end..end, format!(", {pair}")))
            }
            LayoutShape::Map(CollectionStyle::Block, pairs) => {
                let indent = " ".repeat(column(self.text, pairs.first()?.at.start)?);
                let line = format!(
                    "{indent}{}: {}",
                    string_text(key, InlineContext::Line),
                    inline(value, InlineContext::Line)
                );
                Some(self.insert_line(pairs.last()?.value.span.end, &line))
            }
            _ => None,
        }
    }

    /// Whether the value at a path is in brackets or braces.
    fn context(&self, path: &[YamlStep]) -> Option<InlineContext> {
        let (mut part, mut context) = (&self.root, InlineContext::Line);
        for step in path {
            let (style, next) = match (step, &part.shape) {
                (YamlStep::Key(key), LayoutShape::Map(style, pairs)) => {
                    (*style, &pairs.iter().find(|p| p.key == *key)?.value)
                }
                (YamlStep::Item(item), LayoutShape::Seq(style, items)) => (*style, items.get(*item)?),
                _ => return None,
            };
            if style == CollectionStyle::Flow {
                context = InlineContext::Flow;
            }
            part = next;
        }
        if matches!(part.shape, LayoutShape::Seq(CollectionStyle::Flow, _) | LayoutShape::Map(CollectionStyle::Flow, _))
        {
            context = InlineContext::Flow;
        }
        Some(context)
    }

    /// The range to delete for the child `step` of `part`, and a replacement that the rest may need.
    fn deletion(
        &self,
        part: &LayoutPart,
        step: &YamlStep,
        above: &[YamlStep],
    ) -> Option<(Range<usize>, Option<Splice>)> {
        match (step, &part.shape) {
            (YamlStep::Key(key), LayoutShape::Map(style, pairs)) => {
                let i = pairs.iter().position(|pair| pair.key == *key)?;
                let span = |i: usize| pairs.get(i).map(|LayoutPair { at, value, .. }| at.start..value.span.end);
                let here = span(i)?;
                match style {
                    CollectionStyle::Flow => Some((self.deletion_in_flow(span, i)?, None)),
                    CollectionStyle::Block if begins_line(self.text, here.start) => {
                        Some((line_start(self.text, here.start)..next_line(self.text, here.end), None))
                    }
                    // The first key is on the line of the dash; what is on the next line moves up to it.
                    CollectionStyle::Block => {
                        let next = span(i + 1)?.start;
                        let text_from = |from: usize| Some(next - self.text.get(from..next)?.trim_start().len());
                        // Keys that are removed too can be below it.
                        let mut removed = self.deletions.iter().rev();
                        let below =
                            removed.try_fold(text_from(next_line(self.text, here.end))?, |below, deletion| {
                                if deletion.contains(&below) { text_from(deletion.end) } else { Some(below) }
                            })?;
                        Some((here.start..below, None))
                    }
                }
            }
            (YamlStep::Item(i), LayoutShape::Seq(CollectionStyle::Flow, items)) => {
                Some((self.deletion_in_flow(|i| items.get(i).map(|item| item.span.clone()), *i)?, None))
            }
            (YamlStep::Item(i), LayoutShape::Seq(CollectionStyle::Block, items)) => {
                self.deletion_of_item(items, *i, above)
            }
            _ => None,
        }
    }

    /// An entry of a list or mapping in brackets is deleted with one comma beside it, and with its lines if it has lines of its own.
    fn deletion_in_flow(&self, span: impl Fn(usize) -> Option<Range<usize>>, i: usize) -> Option<Range<usize>> {
        let here = span(i)?;
        let (before, next) = (i.checked_sub(1).and_then(&span), span(i + 1));
        // The comma after an entry stays if a comment follows it: it may be the last one.
        let has_comment = match &before {
            Some(before) => self.text.get(before.end..here.start)?.contains('#'),
            None => false,
        };
        let keeps_comma = next.is_some() || has_comment;
        let below = next_line(self.text, here.end);
        let is_cut = self.deletions.last().is_some_and(|deletion| deletion.contains(&here.end));
        let ends_line = self.text[here.end..below].trim_start_matches([',', ' ', '\t']).starts_with(['#', '\r', '\n']);
        if keeps_comma && ends_line && !is_cut && begins_line(self.text, here.start) {
            return Some(line_start(self.text, here.start)..below);
        }
        Some(match (before, next) {
            (_, Some(next)) => here.start..next.start,
            (Some(before), None) => before.end..here.end,
            (None, None) => here,
        })
    }

    /// An item is deleted with the comment directly above it and with one of the empty lines around it.
    fn deletion_of_item(
        &self,
        items: &[LayoutPart],
        i: usize,
        above: &[YamlStep],
    ) -> Option<(Range<usize>, Option<Splice>)> {
        let span = &items.get(i)?.span;
        let mut start = line_start(self.text, dash(self.text, span.start)?);
        let end = next_line(self.text, span.end);
        if items.len() == 1 {
            // The list becomes `[]` after its key.
            let colon = self.colon(above)?;
            return Some((start..end, Some(splice(colon..colon, " []"))));
        }
        let comment = self.comment_above(items, i)?;
        // A comment above the first item may describe the whole list.
        if i > 0 || is_blank_above(self.text, comment) {
            start = comment;
        }
        let below = self.deletions.last().filter(|deletion| deletion.start == end).map_or(end, |deletion| deletion.end);
        let blank_below = self.text[below..].lines().next().is_none_or(|line| line.trim().is_empty());
        if blank_below && is_blank_above(self.text, start) {
            start = line_start(self.text, start - 1);
        }
        Some((start..end, None))
    }

    /// The position after the colon of the last key of a path.
    fn colon(&self, path: &[YamlStep]) -> Option<usize> {
        let (YamlStep::Key(key), above) = path.split_last()? else { return None };
        let (LayoutPart { shape: LayoutShape::Map(_, pairs), .. }, 0) = self.descend(above)? else { return None };
        let key = pairs.iter().find(|pair| pair.key == *key)?.at.end;
        Some(key + self.text[key..].find(':')? + 1)
    }

    /// Inserts items after the last item of a list.
    fn extend_list(&self, path: &[YamlStep], new: &[&Node]) -> Option<Splice> {
        let (part, rest) = self.descend(path)?;
        match (&part.shape, rest) {
            (LayoutShape::Seq(CollectionStyle::Flow, items), 0) if !items.is_empty() => {
                let end = items.last()?.span.end;
                let new: Vec<String> = new.iter().map(|item| inline(item, InlineContext::Flow)).collect();
                Some(splice(end..end, format!(", {}", new.join(", "))))
            }
            (LayoutShape::Seq(CollectionStyle::Block, items), 0) => {
                let last = items.last()?;
                let indent = column(self.text, dash(self.text, last.span.start)?)?;
                let apart = items.len() > 1 && is_blank_above(self.text, self.comment_above(items, items.len() - 1)?);
                let lines = block_items(new, indent, if apart { "\n\n" } else { "\n" });
                Some(self.insert_line(last.span.end, &if apart { format!("\n{lines}") } else { lines }))
            }
            (LayoutShape::Seq(..) | LayoutShape::Nothing, 0) => {
                let lines = block_items(new, column_of_line(self.text, part.span.start), "\n");
                let line_end = part.span.end
                    + self.text[part.span.end..].find(['\n', '\r']).unwrap_or(self.text.len() - part.span.end);
                let before = self.text[..part.span.start].trim_end_matches(' ').len();
                let rest_of_line = self.text[part.span.end..line_end].to_owned();
                Some(splice(before..line_end, format!("{rest_of_line}\n{lines}")))
            }
            (LayoutShape::Map(CollectionStyle::Block, pairs), 1) => {
                let Some(YamlStep::Key(key)) = path.last() else { return None };
                let indent = column(self.text, pairs.first()?.at.start)?;
                let (pad, lines) = (" ".repeat(indent), block_items(new, indent, "\n"));
                Some(self.insert_line(
                    pairs.last()?.value.span.end,
                    &format!("{pad}{}:\n{lines}", string_text(key, InlineContext::Line)),
                ))
            }
            _ => None,
        }
    }

    /// Inserts lines below the line of `end`.
    fn insert_line(&self, end: usize, lines: &str) -> Splice {
        let here = next_line(self.text, end);
        splice(here..here, format!("{lines}\n"))
    }

    /// The start of the comment lines directly above an item, or of the item if there are none.
    fn comment_above(&self, items: &[LayoutPart], i: usize) -> Option<usize> {
        // What looks like a comment at the end of the previous item may be text.
        let lowest = i.checked_sub(1).map_or(0, |before| next_line(self.text, items[before].span.end));
        let mut start = line_start(self.text, dash(self.text, items.get(i)?.span.start)?);
        while start > lowest {
            let above = line_start(self.text, start - 1);
            if !self.text[above..start].trim_start().starts_with('#') {
                break;
            }
            start = above;
        }
        Some(start)
    }
}

fn block_items(items: &[&Node], indent: usize, between: &str) -> String {
    items.iter().map(|item| block_item(item, indent)).collect::<Vec<_>>().join(between)
}

/// An item of a block list: a mapping with one entry per line, any other value on one line.
fn block_item(item: &Node, indent: usize) -> String {
    let pad = " ".repeat(indent);
    match &item.value {
        Value::Map(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            // The name comes first.
            entries.sort_by_key(|entry| entry.key.text != "name");
            let lines = entries.iter().enumerate().map(|(i, entry)| {
                let mark = if i == 0 { "- " } else { "  " };
                format!(
                    "{pad}{mark}{}: {}",
                    string_text(&entry.key.text, InlineContext::Line),
                    inline(&entry.value, InlineContext::Line)
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => format!("{pad}- {}", inline(item, InlineContext::Line)),
    }
}
