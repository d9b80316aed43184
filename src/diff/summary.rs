//! The environments that differ, and what matters first, in a few lines.

use super::{ChangeKind, Diff, DiffScope, EnvironmentDiff, counted};
use crate::visible::visible;
use std::collections::BTreeSet;

/// The head, then a line for each environment that changes.
pub(crate) fn render(diff: &Diff) -> String {
    let mut lines = environments(diff);
    lines.extend(head(diff));
    let is_listed = |e: &&EnvironmentDiff| e.change == ChangeKind::Changed || e.scope == DiffScope::Project;
    lines.extend(diff.environments.iter().filter(is_listed).map(line));
    lines.join("\n") + "\n"
}

/// Removed environments, which matter most, the numbers of environments, and new ones.
pub(super) fn environments(diff: &Diff) -> Vec<String> {
    let with = |change| diff.branches().filter(move |environment| environment.change == change);
    let mut lines: Vec<String> = with(ChangeKind::Removed).map(line).collect();
    lines.push(counts(diff));
    lines.extend(diff.not_rendered.iter().map(|name| format!("? {}: not rendered", visible(name))));
    lines.extend(with(ChangeKind::Added).map(line));
    lines
}

/// `1 environment to add, 40 to change (38 routine), 0 to delete`.
pub(super) fn counts(diff: &Diff) -> String {
    let count = |change| diff.branches().filter(|environment| environment.change == change).count();
    let routine = match diff.environments.iter().filter(|environment| environment.is_routine()).count() {
        0 => String::new(),
        count => format!(" ({count} routine: only images and labels)"),
    };
    format!(
        "{} to add, {} to change{routine}, {} to delete",
        counted(count(ChangeKind::Added), "environment"),
        count(ChangeKind::Changed),
        count(ChangeKind::Removed)
    )
}

/// The numbers of environments to create, update and delete, as the merge request widget of GitLab reads them.
pub(crate) fn terraform(diff: &Diff) -> String {
    let count = |change| diff.branches().filter(|environment| environment.change == change).count();
    let (create, update, delete) = (count(ChangeKind::Added), count(ChangeKind::Changed), count(ChangeKind::Removed));
    format!("{{\"create\":{create},\"update\":{update},\"delete\":{delete}}}\n")
}

/// What matters first.
pub(super) fn head(diff: &Diff) -> Vec<String> {
    let mut lines = Vec::new();
    for section in diff.head() {
        lines.push(format!("{}:", section.title));
        lines.extend(section.lines.iter().map(|(text, at)| format!("  {text} in {}", diff.names(at))));
    }
    lines.extend(diff.requests().describe().map(|requests| format!("Requests: {requests}")));
    lines
}

/// `~ feature/login: 3 objects changed`.
pub(super) fn line(environment: &EnvironmentDiff) -> String {
    let objects: BTreeSet<_> = environment.changes.iter().map(|change| &change.object).collect();
    let objects = counted(objects.len(), "object");
    let name = visible(&environment.name);
    match environment.change {
        ChangeKind::Added => format!("+ {name}: added, {objects}"),
        ChangeKind::Removed => format!("- {name}: removed, {objects}"),
        ChangeKind::Changed => {
            let rewritten = environment.files.iter().filter(|file| !file.has_changes).count();
            let formatting = match rewritten {
                0 => String::new(),
                count => format!(", {} with another formatting only", counted(count, "file")),
            };
            format!("~ {name}: {objects} changed{formatting}")
        }
    }
}
