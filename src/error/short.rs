//! Complaints for editors: one line each, `path:line:column: error[kind]: message`.

use super::{Error, Level, human};
use crate::source::Project;

/// One complaint as one line.
pub fn render(level: Level, error: &Error, project: &Project) -> String {
    let parts = error.parts();
    let place = human::place(parts.at, project).map_or_else(String::new, |place| format!("{place}: "));
    format!("{place}{}[{}]: {}\n", level.word(), parts.kind.word(), parts.message)
}
