//! Differences for a terminal: the environments, then each change group. Invisible characters are escaped, so that nobody approves
//! what they cannot see.

use super::shown::ShownKind;
use super::{Diff, summary};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

/// Whether the text is for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// With colours.
    Colours,
    /// Without.
    Plain,
}

/// The whole report.
pub(crate) fn render(diff: &Diff, paint: Paint) -> String {
    let mut out = String::new();
    if diff.is_empty() {
        return out;
    }
    let bold = Style::new().bold();
    for text in summary::environments(diff) {
        line(&mut out, &text, None, paint);
    }
    let head = summary::head(diff);
    out.push_str(if head.is_empty() { "" } else { "\n" });
    for text in head {
        line(&mut out, &text, None, paint);
    }
    for group in &diff.groups {
        out.push('\n');
        line(&mut out, &format!("# {}", diff.names(&group.environments)), Some(bold), paint);
        for shown in group.lines(diff) {
            line(&mut out, &format!("{} {}", shown.kind.sign(), shown.text), style(shown.kind), paint);
        }
    }
    out
}

fn style(kind: ShownKind) -> Option<Style> {
    let colour = match kind {
        ShownKind::Added => AnsiColor::Green,
        ShownKind::Removed => AnsiColor::Red,
        ShownKind::Replaced => AnsiColor::Yellow,
        ShownKind::Hunk => AnsiColor::Cyan,
        ShownKind::Context => return None,
    };
    Some(colour.on_default())
}

fn line(out: &mut String, text: &str, style: Option<Style>, paint: Paint) {
    let text = text.trim_end();
    let _ = match style.filter(|_| paint == Paint::Colours) {
        Some(style) => writeln!(out, "{style}{text}{style:#}"),
        None => writeln!(out, "{text}"),
    };
}
