//! The order in which diagnostics are shown.

use super::Diagnostic;
use crate::source::Project;
use std::collections::BTreeSet;

/// Diagnostics in the order in which they are shown: by file, line and column. The same diagnostic of several branches is
/// shown once.
pub(crate) fn sorted<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>, project: &Project) -> Vec<Diagnostic> {
    let mut all: Vec<(String, Diagnostic)> = diagnostics
        .into_iter()
        .map(|error| {
            (project.file_at(error.0.at).map_or_else(String::new, |file| file.path.to_string()), error.clone())
        })
        .collect();
    all.sort_by(|(path_a, a), (path_b, b)| {
        let rank = |e: &Diagnostic| (e.0.at.line, e.0.at.column, e.0.code);
        path_a
            .cmp(path_b)
            .then_with(|| rank(a).cmp(&rank(b)))
            .then_with(|| a.0.message.cmp(&b.0.message))
            .then_with(|| a.0.branches.cmp(&b.0.branches))
    });
    let mut shown: Vec<Diagnostic> = Vec::new();
    for (_, error) in all {
        match shown.last_mut() {
            Some(last)
                if last.0.message == error.0.message && last.0.at == error.0.at && last.0.code == error.0.code =>
            {
                last.0.branches.extend(error.0.branches);
            }
            _ => shown.push(error),
        }
    }
    for error in &mut shown {
        let mut known = BTreeSet::new();
        error.0.branches.retain(|branch| known.insert(branch.clone()));
    }
    shown
}
