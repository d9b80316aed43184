//! Annotations of GitHub Actions, as workflow commands.
//!
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>. GitHub shows at most 10 annotations of
//! each kind of a step, so no more are written. The escapes are those that the runner undoes: a semicolon is not one of them.

use super::{ItemLevel, Report, ReportItem};
use crate::limits::GITHUB_ANNOTATIONS;
use crate::visible::visible;
use std::fmt::Write;

/// One command a line.
pub(crate) fn render(report: &Report) -> String {
    let levels = [ItemLevel::Error, ItemLevel::Warning, ItemLevel::Note];
    levels.into_iter().map(|level| commands(report, level)).collect()
}

/// The commands of a level. If it has too many items, the last command says how many are left out.
fn commands(report: &Report, level: ItemLevel) -> String {
    let items: Vec<&ReportItem> = report.items.iter().filter(|item| item.level == level).collect();
    let shown = if items.len() > GITHUB_ANNOTATIONS { GITHUB_ANNOTATIONS - 1 } else { items.len() };
    let mut text: String = items[..shown].iter().map(|item| command(report, item)).collect();
    let more = items.len() - shown;
    if more > 0 {
        let title = property(&format!("pleach {}", report.command));
        let message = format!("and {more} more {}s: `pleach {}` lists all", level.word(), report.command);
        let _ = writeln!(text, "::{} title={title}::{}", name(level), data(&message));
    }
    text
}

fn command(report: &Report, item: &ReportItem) -> String {
    let mut properties = String::new();
    if let Some(location) = item.locations.first() {
        let _ = write!(properties, "file={},", property(&location.path));
        for (name, number) in [("line", location.line), ("col", location.column)] {
            if number > 0 {
                let _ = write!(properties, "{name}={number},");
            }
        }
    }
    let title = property(&format!("pleach {}: {}", report.command, item.rule.id));
    format!("::{} {properties}title={title}::{}\n", name(item.level), data(&item.text()))
}

fn name(level: ItemLevel) -> &'static str {
    match level {
        ItemLevel::Error => "error",
        ItemLevel::Warning => "warning",
        ItemLevel::Note => "notice",
    }
}

/// The text of a command, which has no control characters but line breaks.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}
