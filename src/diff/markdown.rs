//! Differences for a pull request: what matters first, then a part for each change group that opens on a click.
//!
//! Forges refuse or cut long comments, so the report has a size limit. What does not fit is counted and named.

use super::shown::{ShownKind, ShownLine};
use super::{ChangeKind, Diff, counted, summary};
use crate::visible::visible;
use std::fmt::Write;

/// The lines of a section of the head before it only counts them.
const LISTED: usize = 20;
/// The left-out groups that are named.
const NAMED: usize = 10;
/// The bytes that are kept for the last lines.
const RESERVED: usize = 2000;
/// A group is cut only if this many bytes are left for it.
const SHORTEST_PART: usize = 1000;

/// The smallest size limit.
pub(crate) const SMALLEST_LIMIT: usize = 4000;

/// The whole report, of at most `limit` bytes; characters are not more. Its last line is a comment that identifies it, for tools that
/// replace a comment.
pub(crate) fn render(diff: &Diff, limit: usize) -> String {
    let marker = format!("<!-- pleach diff {} -->\n", escaped(&diff.project));
    if diff.is_empty() {
        return format!("No differences.\n\n{marker}");
    }
    let mut report = LimitedText { text: String::new(), limit: limit.saturating_sub(RESERVED + marker.len()) };
    let mut left_out = report.head(diff);
    for group in &diff.groups {
        let title = format!("{} in {}", group.objects(), diff.names(&group.environments));
        if !report.group(&title, &group.lines(diff)) {
            left_out.push(format!("{title} ({})", group.id));
        }
    }
    let mut text = report.text;
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.iter().take(NAMED).map(|name| escaped(&shortened(name))).collect();
        let more = left_out.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let parts = counted(left_out.len(), "part");
        let _ = writeln!(
            text,
            "\n{parts} left out, because the report would be too long: {}{more}. `pleach diff` shows all.",
            names.join("; ")
        );
    }
    let _ = write!(text, "\n{marker}");
    text
}

/// A report that stays below a limit.
struct LimitedText {
    text: String,
    limit: usize,
}

impl LimitedText {
    /// Adds a text if it fits.
    fn add(&mut self, text: &str) -> bool {
        let fits = self.text.len() + text.len() <= self.limit;
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// Adds what matters first and returns what did not fit.
    fn head(&mut self, diff: &Diff) -> Vec<String> {
        let mut left_out = Vec::new();
        let with = |change| diff.branches().filter(move |environment| environment.change == change);
        let removed: Vec<String> =
            with(ChangeKind::Removed).map(|e| format!("**Deleted: {}**", escaped(&e.name))).collect();
        self.list("removed environments", "", &removed, &mut left_out);
        self.add(&format!("{}\n\n", summary::counts(diff)));
        let failed: Vec<String> =
            diff.not_rendered.iter().map(|name| format!("Not rendered: {}", escaped(name))).collect();
        self.list("environments that are not rendered", "", &failed, &mut left_out);
        let added: Vec<String> = with(ChangeKind::Added).map(|e| format!("New: {}", escaped(&e.name))).collect();
        self.list("new environments", "", &added, &mut left_out);
        for section in diff.head() {
            let line = |(text, at): &(String, Vec<usize>)| escaped(&format!("{text} in {}", diff.names(at)));
            let lines: Vec<String> = section.lines.iter().map(line).collect();
            self.list(section.title, section.title, &lines, &mut left_out);
        }
        if let Some(requests) = diff.requests().describe() {
            self.add(&format!("**Requests**: {requests}\n"));
        }
        left_out
    }

    /// Adds a list with a title. What does not fit is counted below it.
    fn list(&mut self, name: &str, title: &str, lines: &[String], left_out: &mut Vec<String>) {
        if lines.is_empty() {
            return;
        }
        if !title.is_empty() {
            self.add(&format!("**{title}**\n\n"));
        }
        let shown = lines.iter().take(LISTED).take_while(|line| self.add(&format!("- {line}\n"))).count();
        if shown < lines.len() {
            let more = lines.len() - shown;
            if !self.add(&format!("- and {more} more\n")) {
                left_out.push(format!("{more} lines of {name}"));
            }
        }
        self.add("\n");
    }

    /// Adds a group, or as many of its lines as fit.
    fn group(&mut self, title: &str, lines: &[ShownLine]) -> bool {
        // A fence is longer than any run of backticks inside.
        let runs = |line: &ShownLine| line.text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(lines.iter().map(runs).max().unwrap_or_default().max(2) + 1);
        let start = format!("<details><summary>{}</summary>\n\n{fence}diff\n", escaped(title));
        let end = |left_out: usize| match left_out {
            0 => format!("{fence}\n\n</details>\n\n"),
            count => format!("{fence}\n\n{} left out.\n\n</details>\n\n", counted(count, "line")),
        };
        let free = self.limit.saturating_sub(self.text.len() + start.len() + end(lines.len()).len());
        let mut size = 0;
        let texts: Vec<String> = lines.iter().map(line).collect();
        let fitting = texts
            .iter()
            .take_while(|line| {
                size += line.len();
                size <= free
            })
            .count();
        let is_complete = fitting == lines.len();
        if !is_complete && free < SHORTEST_PART || fitting == 0 {
            return false;
        }
        self.text.push_str(&start);
        texts[..fitting].iter().for_each(|line| self.text.push_str(line));
        self.text.push_str(&end(lines.len() - fitting));
        true
    }
}

fn line(shown: &ShownLine) -> String {
    // In a fence, a line of two `@` begins a hunk.
    let sign = if shown.kind == ShownKind::Hunk { "@@".to_owned() } else { shown.kind.sign().to_string() };
    let text = format!("{sign} {}", shown.text);
    format!("{}\n", text.trim_end())
}

/// The beginning of a long name.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 100;
    if name.chars().count() <= LONGEST { name.to_owned() } else { name.chars().take(LONGEST).chain(['…']).collect() }
}

/// A text in which nothing is HTML, a cell's end or Markdown.
fn escaped(text: &str) -> String {
    visible(text).chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '@' | '#' | '!' | '$' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
        out
    })
}
