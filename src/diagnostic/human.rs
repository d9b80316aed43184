//! Diagnostics for people: the source line, with carets under the part that is meant.

use super::shown::shown;
use super::{Diagnostic, Severity};
use crate::source::{Location, Project};
use crate::visible::{is_invisible, visible};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

const BOLD: Style = Style::new().bold();
const BLUE: Style = AnsiColor::Blue.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// At most this many branches are named in one diagnostic.
const NAMED_BRANCHES: usize = 3;
/// At most this many characters of a line are shown.
const SHOWN: usize = 140;

/// A diagnostic as a block of lines with terminal colours, with an empty line at the end. The caller removes the colours
/// where they are not wanted.
pub(crate) fn render(severity: Severity, error: &Diagnostic, project: &Project) -> String {
    let parts = error.parts();
    let colour = if severity == Severity::Error { RED } else { YELLOW };
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{colour}{}[{}]{colour:#}{BOLD}: {}{BOLD:#}",
        severity.word(),
        parts.code.word(),
        shown(&parts.message)
    );
    let margin = if parts.at.line > 0 { parts.at.line.to_string().len() } else { 1 };
    if let Some(location) = show_location(parts.at, project) {
        let _ = writeln!(out, "{:margin$}{BLUE}-->{BLUE:#} {location}", "");
        if parts.has_excerpt {
            snippet(&mut out, parts.at, project, margin, colour);
        }
    }
    for note in &parts.notes {
        let text = shown(&note.text());
        let location = show_location(note.at(), project).map_or_else(String::new, |location| format!(": {location}"));
        let _ = writeln!(out, "{:margin$} {BLUE}={BLUE:#} {BOLD}note{BOLD:#}: {text}{location}", "");
    }
    if !parts.branches.is_empty() {
        let _ = writeln!(out, "{:margin$} {BLUE}={BLUE:#} {BOLD}{}{BOLD:#}", "", branches(&parts.branches));
    }
    for help in &parts.help {
        let _ = writeln!(out, "{:margin$} {BLUE}={BLUE:#} {BOLD}help{BOLD:#}: {}", "", shown(help));
    }
    out.push('\n');
    out
}

/// `path:line:column`, as much of it as is known, for people.
pub(super) fn show_location(at: Location, project: &Project) -> Option<String> {
    let path = project.shown_at(at)?;
    let path = visible(&path);
    Some(match (at.line, at.column) {
        (0, _) => path.into_owned(),
        (line, 0) => format!("{path}:{line}"),
        (line, column) => format!("{path}:{line}:{column}"),
    })
}

fn branches(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(NAMED_BRANCHES).map(|name| format!("`{}`", visible(name))).collect();
    let word = if names.len() == 1 { "branch" } else { "branches" };
    match names.len().saturating_sub(NAMED_BRANCHES) {
        0 => format!("{word}: {}", first.join(", ")),
        more => format!("{word}: {} and {more} more", first.join(", ")),
    }
}

fn snippet(out: &mut String, at: Location, project: &Project, margin: usize, colour: Style) {
    let Some(file) = project.file_at(at) else { return };
    let text = String::from_utf8_lossy(&file.bytes);
    let Some(line) = at.line.checked_sub(1).and_then(|before| text.lines().nth(before as usize)) else { return };
    let column = usize::from(at.column).max(1) - 1;
    let first = column.saturating_sub(SHOWN / 2);
    // One column for each character, so that the carets are in the right place.
    let shown = |c: char| {
        if c.is_control() {
            ' '
        } else if is_invisible(c) {
            '\u{fffd}'
        } else {
            c
        }
    };
    let visible: String = line.chars().skip(first).take(SHOWN).map(shown).collect();
    let visible = visible.trim_end();
    let start = if first > 0 { "…" } else { "" };
    let end = if line.chars().count() > first + SHOWN { "…" } else { "" };
    let visible = format!("{start}{}{end}", visible.chars().skip(start.chars().count()).collect::<String>());
    let _ = writeln!(out, "{:margin$} {BLUE}|{BLUE:#}", "");
    let _ = writeln!(out, "{BLUE}{:margin$} |{BLUE:#} {visible}", at.line);
    if at.column > 0 {
        let before: String = visible.chars().take(column - first).collect();
        let marked: String = visible.chars().skip(column - first).take(at.len.into()).collect();
        let carets = "^".repeat(marked.width().max(1));
        let _ = writeln!(
            out,
            "{:margin$} {BLUE}|{BLUE:#} {:indent$}{colour}{carets}{colour:#}",
            "",
            "",
            indent = before.width() + (column - first).saturating_sub(before.chars().count())
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::RelPath;

    /// The excerpt of an error about `len` characters at a column of a line.
    fn excerpt(line: &str, column: usize, len: usize) -> Vec<String> {
        let project = Project::in_memory([("a.yaml", line)]);
        let file = project.file(&RelPath::new("a.yaml").unwrap()).unwrap();
        let error = Diagnostic::new(Code::Yaml, "wrong").at(Location::new(file.id, 1, column, len));
        let text = render(Severity::Error, &error, &project);
        let plain: String =
            text.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
        plain.lines().skip(3).take(2).map(str::to_owned).collect()
    }

    #[test]
    fn carets_are_under_the_text_that_is_meant() {
        assert_eq!(excerpt("a: webb", 4, 4), ["1 | a: webb", "  |    ^^^^"]);
        assert_eq!(excerpt("日本: webb", 5, 4), ["1 | 日本: webb", "  |       ^^^^"]);
        assert_eq!(excerpt("a: 日本", 4, 2), ["1 | a: 日本", "  |    ^^^^"]);
        assert_eq!(excerpt("e\u{301}: x", 5, 1), ["1 | e\u{301}: x", "  |    ^"]);
        assert_eq!(excerpt("a:", 3, 1), ["1 | a:", "  |   ^"]);
    }
}
