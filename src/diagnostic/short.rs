//! Diagnostics for editors: one line each, `path:line:column: error[code]: message`.

use super::shown::shown;
use super::{Diagnostic, Severity, human};
use crate::source::Project;

/// A diagnostic as one line.
pub(crate) fn render(severity: Severity, error: &Diagnostic, project: &Project) -> String {
    let parts = error.parts();
    let location = human::show_location(parts.at, project).map_or_else(String::new, |location| format!("{location}: "));
    format!("{location}{}[{}]: {}\n", severity.word(), parts.code.word(), shown(&parts.message))
}
