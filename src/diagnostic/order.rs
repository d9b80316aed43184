//! The order in which diagnostics are shown.

use super::Diagnostic;
use crate::source::Project;
use std::collections::BTreeSet;

/// Diagnostics in the order in which they are shown: by file, line and column. The same diagnostic of several branches is
/// shown once.
pub(crate) fn sorted<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>, project: &Project) -> Vec<Diagnostic> {
    let path = |error: &Diagnostic| project.file_at(error.0.at).map_or_else(String::new, |file| file.path.to_string());
    let mut all: Vec<(String, &Diagnostic)> = diagnostics.into_iter().map(|error| (path(error), error)).collect();
    all.sort_by(|(path_a, a), (path_b, b)| {
        let rank = |e: &Diagnostic| (e.0.at.line, e.0.at.column, e.0.code);
        path_a
            .cmp(path_b)
            .then_with(|| rank(a).cmp(&rank(b)))
            .then_with(|| a.0.message.cmp(&b.0.message))
            .then_with(|| a.0.branches.cmp(&b.0.branches))
    });
    let is_same =
        |a: &Diagnostic, b: &Diagnostic| a.0.message == b.0.message && a.0.at == b.0.at && a.0.code == b.0.code;
    let same = all.chunk_by(|(_, a), (_, b)| is_same(a, b));
    let of_branches = |same: &[(String, &Diagnostic)]| {
        let mut shown = same[0].1.clone();
        let mut known = BTreeSet::new();
        let branches = same.iter().flat_map(|(_, error)| &error.0.branches).filter(|branch| known.insert(*branch));
        shown.0.branches = branches.cloned().collect();
        shown
    };
    same.map(of_branches).collect()
}
