//! Complaints for editors: one line each, `path:line:column: error[kind]: message`.

use super::{Diagnostic, Severity, human};
use crate::source::Project;

/// One complaint as one line.
pub fn render(severity: Severity, error: &Diagnostic, project: &Project) -> String {
    let parts = error.parts();
    let place = human::place(parts.at, project).map_or_else(String::new, |place| format!("{place}: "));
    format!("{place}{}[{}]: {}\n", severity.word(), parts.code.word(), parts.message)
}
