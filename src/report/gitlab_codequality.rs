//! The Code Quality report of GitLab, which merge requests show in a widget and in the changes.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>. An entry needs a file and a line, and has one
//! location.

use super::{ItemLevel, Report, ReportItem};
use crate::visible::visible_json;
use serde_json::{Value as Json, json};

/// One JSON document.
pub(crate) fn render(report: &Report) -> String {
    let (items, more) = report.limited();
    let more = more.map(|text| {
        let (name, path) = (format!("pleach-{}", report.command), &report.main_file);
        entry(&text, &name, &super::fingerprint(&name, 1), ItemLevel::Error, (path, 1))
    });
    let entries: Vec<Json> = items.iter().map(|item| item_entry(report, item)).chain(more).collect();
    visible_json(&serde_json::to_string_pretty(&entries).expect("strings and numbers make JSON")) + "\n"
}

fn item_entry(report: &Report, item: &ReportItem) -> Json {
    let line = item.locations.first().map_or(1, |location| location.line.max(1));
    entry(&item.text(), &item.rule.id, &item.fingerprint, item.level, (report.path(item), line))
}

fn entry(description: &str, check: &str, fingerprint: &str, level: ItemLevel, (path, line): (&str, u32)) -> Json {
    json!({
        "description": description,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity(level),
        "location": {"path": path, "lines": {"begin": line}},
    })
}

fn severity(level: ItemLevel) -> &'static str {
    match level {
        ItemLevel::Error => "major",
        ItemLevel::Warning => "minor",
        ItemLevel::Note => "info",
    }
}
