//! Diagnostics for programs: one JSON object per line.

use super::{Diagnostic, Severity};
use crate::source::{Location, Project};
use crate::visible::visible_json;
use serde::Serialize;

const API_VERSION: &str = "pleach/v1";

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'a str,
    kind: &'a str,
    severity: &'a str,
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<JsonLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<JsonNote>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    branches: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    help: &'a [String],
}

#[derive(Serialize)]
struct JsonLocation {
    file: String,
    #[serde(skip_serializing_if = "is_zero")]
    line: u32,
    #[serde(skip_serializing_if = "is_zero")]
    column: u32,
    #[serde(skip_serializing_if = "is_zero")]
    length: u32,
}

#[derive(Serialize)]
struct JsonNote {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<JsonLocation>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn at(location: Location, project: &Project) -> Option<JsonLocation> {
    let file = project.shown_at(location)?;
    Some(JsonLocation { file, line: location.line, column: location.column.into(), length: location.len.into() })
}

/// A message that is neither an error nor a warning, as a JSON object on a line: `apiVersion`, `kind` and `message`.
pub(crate) fn info(message: &str) -> String {
    let line = serde_json::json!({ "apiVersion": API_VERSION, "kind": "Message", "message": message }).to_string();
    visible_json(&line) + "\n"
}

/// A diagnostic as a JSON object on a line: `apiVersion`, `kind`, `severity`, `code`, `message`, and where known `location` (`file`, `line`,
/// `column`, `length`), `notes`, `branches` and `help`.
pub(crate) fn render(severity: Severity, error: &Diagnostic, project: &Project) -> String {
    let parts = error.parts();
    let line = JsonDiagnostic {
        api_version: API_VERSION,
        kind: "Diagnostic",
        severity: severity.word(),
        code: parts.code.word(),
        message: &parts.message,
        location: at(parts.at, project),
        notes: parts
            .notes
            .iter()
            .map(|note| JsonNote { message: note.text(), location: at(note.at(), project) })
            .collect(),
        branches: &parts.branches,
        help: &parts.help,
    };
    let line = serde_json::to_string(&line).expect("strings and numbers make JSON");
    visible_json(&line) + "\n"
}
