//! One thing that a report says.

use crate::diagnostic::{Code, Diagnostic, Severity, named};
use crate::limits::ITEM_LOCATIONS;
use crate::source::Location;
use crate::visible::visible;
use std::borrow::Cow;

/// What an item is about. Programs recognize it by its id, which never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The id, such as `stale-file`.
    pub(crate) id: Cow<'static, str>,
    /// What the items of this rule are, on one line.
    pub(crate) title: Cow<'static, str>,
    /// Where the documentation explains it.
    pub(crate) help: Cow<'static, str>,
}

/// How bad an item is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ItemLevel {
    /// The command fails.
    Error,
    /// It does not, and something is probably wrong.
    Warning,
    /// Nothing is wrong.
    Note,
}

/// A location in a file of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemLocation {
    /// The path from the root of the repository.
    pub(crate) path: String,
    /// The line, from 1; 0 for the whole file.
    pub(crate) line: u32,
    /// The column in characters, from 1; 0 for the whole line.
    pub(crate) column: u32,
}

/// One thing that a report says: a diagnostic, a file that is not up to date.
#[derive(Clone, Debug)]
pub(crate) struct ReportItem {
    pub(super) rule: Rule,
    pub(super) level: ItemLevel,
    pub(super) message: String,
    pub(super) branches: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) help: Vec<String>,
    /// The first locations.
    pub(super) locations: Vec<ItemLocation>,
    /// How many there are.
    pub(super) location_count: usize,
    /// What identifies it in this and later reports, whatever lines its locations have. [`super::Report::new`] sets it.
    pub(super) fingerprint: String,
}

impl ItemLevel {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            ItemLevel::Error => "error",
            ItemLevel::Warning => "warning",
            ItemLevel::Note => "note",
        }
    }
}

impl From<Severity> for ItemLevel {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => ItemLevel::Error,
            Severity::Warning => ItemLevel::Warning,
        }
    }
}

impl Rule {
    /// The rule of the diagnostics with a code.
    fn of_diagnostics(code: Code) -> Self {
        Rule {
            id: code.word().into(),
            title: format!("a diagnostic about {}", code.meaning().split(';').next().unwrap_or_default()).into(),
            help: "docs/src/reference/exit-status.md, codes of diagnostics".into(),
        }
    }
}

impl ItemLocation {
    /// A whole file.
    pub(crate) fn file(path: impl Into<String>) -> Self {
        ItemLocation { path: path.into(), line: 0, column: 0 }
    }

    /// `path:line:column`, as much of it as is known, for people.
    pub(super) fn text(&self) -> String {
        let path = visible(&self.path);
        match (self.line, self.column) {
            (0, _) => path.into_owned(),
            (line, 0) => format!("{path}:{line}"),
            (line, column) => format!("{path}:{line}:{column}"),
        }
    }
}

impl ReportItem {
    /// An item without a location.
    pub(crate) fn new(rule: Rule, level: ItemLevel, message: impl Into<String>) -> Self {
        ReportItem {
            rule,
            level,
            message: message.into(),
            branches: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            locations: Vec::new(),
            location_count: 0,
            fingerprint: String::new(),
        }
    }

    /// A diagnostic, which has no secret values. `path` is the path of the file of a source location.
    pub(crate) fn of_diagnostic(
        severity: Severity,
        diagnostic: &Diagnostic,
        path: impl Fn(Location) -> Option<String>,
    ) -> Self {
        let parts = diagnostic.parts();
        let location =
            |at: Location| path(at).map(|path| ItemLocation { path, line: at.line, column: at.column.into() });
        let note = |text: String, at| match location(at) {
            Some(location) => format!("{text}: {}", location.text()),
            None => text,
        };
        let mut item = ReportItem::new(Rule::of_diagnostics(parts.code), severity.into(), &parts.message);
        item.branches.clone_from(&parts.branches);
        item.notes = parts.notes.iter().map(|other| note(other.text(), other.at())).collect();
        item.help.clone_from(&parts.help);
        item.at(location(parts.at))
    }

    /// Sets the locations, of which the first [`ITEM_LOCATIONS`] are kept.
    #[must_use]
    pub(crate) fn at(mut self, locations: impl IntoIterator<Item = ItemLocation>) -> Self {
        for location in locations {
            if self.locations.len() < ITEM_LOCATIONS {
                self.locations.push(location);
            }
            self.location_count += 1;
        }
        self
    }

    /// Adds how to fix it.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Everything but the locations, for people: the message, and a line each for notes, branches and help.
    pub(super) fn text(&self) -> String {
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        let branches = match self.branches.len() {
            0 => None,
            1 => Some(format!("branch: {}", named(&self.branches))),
            _ => Some(format!("branches: {}", named(&self.branches))),
        };
        let locations = (self.location_count > 1).then(|| format!("at {} locations", self.location_count));
        let help = self.help.iter().map(|help| format!("help: {help}"));
        let lines = notes.chain(branches).chain(locations).chain(help).map(|line| format!("\n{}", visible(&line)));
        std::iter::once(visible(&self.message).into_owned()).chain(lines).collect()
    }

    /// What two items have in common if they are the same: rule, path and message, without numbers of lines.
    pub(super) fn identity(&self) -> String {
        let path = self.locations.first().map_or("", |location| &location.path);
        format!("{}\0{path}\0{}", self.rule.id, without_lines(&self.message))
    }
}

/// A text without the numbers after the words `line` and `column`.
fn without_lines(text: &str) -> String {
    let mut words = text.split(' ').peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        kept.push(word);
        let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        if matches!(word, "line" | "column") && words.next_if(is_number).is_some() {
            kept.push("…");
        }
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::without_lines;

    #[test]
    fn numbers_of_lines_are_left_out() {
        assert_eq!(without_lines("line 3 of `a` is no 4, column 12"), "line … of `a` is no 4, column …");
        assert_eq!(without_lines("a line of 4"), "a line of 4");
    }
}
