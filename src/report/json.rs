//! The project's own JSON form. `schema/check.schema.json` describes it.

use super::{API_VERSION, ItemLocation, Report, ReportItem};
use crate::visible::visible_json;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonReport<'a> {
    api_version: &'a str,
    kind: &'a str,
    result: &'a str,
    totals: JsonCounts,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonCounts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonItem<'a> {
    rule: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    locations: Vec<JsonItemLocation<'a>>,
    location_count: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    branches: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    help: &'a [String],
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct JsonItemLocation<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

/// One JSON document of a kind, with all items.
pub(crate) fn render(kind: &str, result: &str, report: &Report) -> String {
    let counts = report.counts();
    let document = JsonReport {
        api_version: API_VERSION,
        kind,
        result,
        totals: JsonCounts { errors: counts.errors, warnings: counts.warnings, notes: counts.notes },
        items: report.items.iter().map(item).collect(),
    };
    visible_json(&serde_json::to_string_pretty(&document).expect("strings and numbers make JSON")) + "\n"
}

fn item(item: &ReportItem) -> JsonItem<'_> {
    JsonItem {
        rule: &item.rule.id,
        severity: item.level.word(),
        message: &item.message,
        locations: item.locations.iter().map(location).collect(),
        location_count: item.location_count,
        branches: &item.branches,
        notes: &item.notes,
        help: &item.help,
        fingerprint: &item.fingerprint,
    }
}

fn location(location: &ItemLocation) -> JsonItemLocation<'_> {
    let known = |number: u32| (number > 0).then_some(number);
    JsonItemLocation { path: &location.path, line: known(location.line), column: known(location.column) }
}
