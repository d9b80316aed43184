//! Tabs in the indentation of block content. YAML 1.2 allows some of them, the YAML readers of Kubernetes allow none.
//!
//! The parser checks tabs in scalars and in brackets.

use crate::diagnostic::{Code, Diagnostic};

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
