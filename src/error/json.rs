//! Complaints for programs: one JSON object a line.

use super::{Error, Level};
use crate::source::{Place, Project};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    level: &'a str,
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<At>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    branches: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    help: &'a [String],
}

#[derive(Serialize)]
struct At {
    file: String,
    #[serde(skip_serializing_if = "is_zero")]
    line: u32,
    #[serde(skip_serializing_if = "is_zero")]
    column: u32,
    #[serde(skip_serializing_if = "is_zero")]
    length: u32,
}

#[derive(Serialize)]
struct Note<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<At>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn at(place: Place, project: &Project) -> Option<At> {
    let file = project.show(&project.file_at(place)?.path);
    Some(At { file, line: place.line, column: place.column.into(), length: place.len.into() })
}

/// One complaint as a JSON object on a line: `level`, `kind`, `message`, and where known `place` (`file`, `line`,
/// `column`, `length`), `notes`, `branches` and `help`.
pub fn render(level: Level, error: &Error, project: &Project) -> String {
    let parts = error.parts();
    let line = Line {
        level: level.word(),
        kind: parts.kind.word(),
        message: &parts.message,
        place: at(parts.at, project),
        notes: parts.notes.iter().map(|(place, message)| Note { message, place: at(*place, project) }).collect(),
        branches: &parts.branches,
        help: &parts.help,
    };
    serde_json::to_string(&line).expect("strings and numbers make JSON") + "\n"
}
