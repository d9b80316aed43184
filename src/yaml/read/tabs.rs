//! Tabs in the indentation of block content. YAML 1.2 allows some of them, the YAML readers of Kubernetes allow none.
//!
//! The parser checks tabs in scalars and in brackets.

use super::parser_options;
use crate::diagnostic::{Code, Diagnostic};
use granit_parser::{Event, Parser, StructureStyle};
use std::ops::Range;

/// The tabs in the indentation of a text, and the ranges in which the parser checks tabs.
#[derive(Default)]
pub(super) struct IndentTabs {
    /// The byte positions of the tabs, in order.
    at: Vec<usize>,
    /// The byte ranges of scalars and of outermost brackets, in order.
    within: Vec<(usize, usize)>,
    /// The byte positions of the brackets that are open.
    open: Vec<usize>,
}

impl IndentTabs {
    pub(super) fn of(text: &str) -> Self {
        let mut at = Vec::new();
        if text.contains('\t') {
            let (mut start, mut after_comment) = (0, false);
            for line in text.split_inclusive('\n') {
                let is_comment = line.trim_start().starts_with('#');
                // The readers accept a tab before a comment that continues another comment.
                let tab = leading(line).filter(|_| !(is_comment && after_comment));
                at.extend(tab.map(|tab| start + tab));
                after_comment = is_comment || after_comment && line.trim().is_empty();
                start += line.len();
            }
        }
        IndentTabs { at, ..IndentTabs::default() }
    }

    /// Records the byte range of a scalar.
    pub(super) fn scalar(&mut self, start: Option<usize>, end: Option<usize>) {
        let matters = !self.at.is_empty() && self.open.is_empty();
        if let Some(span) = start.zip(end).filter(|_| matters) {
            self.within.push(span);
        }
    }

    /// Records the start of a list or mapping in brackets or braces.
    pub(super) fn open(&mut self, start: Option<usize>) {
        self.open.push(start.unwrap_or_default());
    }

    /// Records the end of the innermost open list or mapping.
    pub(super) fn close(&mut self, end: Option<usize>) {
        let start = self.open.pop();
        self.scalar(start, end);
    }

    /// The first tab that is not in one of the ranges, and its error.
    pub(super) fn check(&self) -> Option<(usize, Diagnostic)> {
        let is_free = |tab: &&usize| {
            let next = self.within.partition_point(|(start, _)| start <= *tab);
            next.checked_sub(1).is_none_or(|i| self.within[i].1 <= **tab)
        };
        self.at.iter().find(is_free).map(|tab| (*tab, error()))
    }
}

/// `text` with spaces in place of the tabs that indent lines within brackets and braces, if there are any: go-yaml accepts
/// them, and the parser only at the top.
pub(crate) fn spaces_within_brackets(text: &str) -> Option<String> {
    let mut spaces = text.as_bytes().to_vec();
    let mut tabs = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let blank = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
        tabs.extend(blank.enumerate().filter(|(_, byte)| *byte == b'\t').map(|(at, _)| start + at));
        start += line.len();
    }
    if tabs.is_empty() {
        return None;
    }
    for tab in &tabs {
        spaces[*tab] = b' ';
    }
    let spaces = String::from_utf8(spaces).ok()?;
    let brackets = brackets(&spaces);
    let mut bytes = text.as_bytes().to_vec();
    for tab in tabs {
        let next = brackets.partition_point(|range| range.start <= tab);
        if next.checked_sub(1).is_some_and(|i| brackets[i].contains(&tab)) {
            bytes[tab] = b' ';
        }
    }
    String::from_utf8(bytes).ok().filter(|new| new != text)
}

/// The byte ranges of the outermost brackets and braces, as far as the text can be read.
fn brackets(text: &str) -> Vec<Range<usize>> {
    let (mut ranges, mut open) = (Vec::new(), Vec::new());
    for next in Parser::new_from_str_with_options(text, parser_options()) {
        let Ok((event, span)) = next else { break };
        match event {
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                open.push(span.start.byte_offset().filter(|_| style == StructureStyle::Flow));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let start = open.pop().flatten();
                if let Some((start, end)) = start.zip(span.end.byte_offset())
                    && open.last().copied().flatten().is_none()
                {
                    ranges.push(start..end);
                }
            }
            _ => {}
        }
    }
    ranges
}

/// The error for a tab.
pub(super) fn error() -> Diagnostic {
    Diagnostic::new(Code::Yaml, "a tab is not allowed in indentation").help("indent with spaces")
}

/// The first tab of a line, if only spaces and the marks `-` and `?` precede it.
pub(super) fn leading(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let tab = bytes.iter().position(|b| *b == b'\t')?;
    let is_mark = |i: usize| matches!(bytes[i], b'-' | b'?') && matches!(bytes[i + 1], b' ' | b'\t');
    (0..tab).all(|i| bytes[i] == b' ' || is_mark(i)).then_some(tab)
}

#[cfg(test)]
mod tests {
    use super::leading;

    #[test]
    fn tabs_in_indentation_are_found() {
        for (line, want) in [
            ("\ta: b", Some(0)),
            ("  - \ta", Some(4)),
            ("-\ta", Some(1)),
            ("- -\t", Some(3)),
            ("? \ta", Some(2)),
            ("a:\tb", None),
            ("-a\tb", None),
            ("  a", None),
            ("\t\n", Some(0)),
        ] {
            assert_eq!(leading(line), want, "{line:?}");
        }
    }
}
