//! Differences as a line for each branch.

use super::{BranchDiff, ChangeKind, Totals, counted};
use crate::visible::visible;

/// All branches, and a line that sums them up.
pub(crate) fn render(branches: &[BranchDiff]) -> String {
    let mut lines: Vec<String> = branches.iter().map(line).collect();
    let totals = Totals::of(branches);
    let differ =
        if branches.len() == 1 { "1 branch differs".to_owned() } else { format!("{} branches differ", branches.len()) };
    let (files, added, removed) = (counted(totals.files, "file"), totals.added_lines, totals.removed_lines);
    lines.push(format!("{differ}, {files} (+{added} -{removed})\n"));
    lines.join("\n")
}

/// `feature/login: 1 file changed, 2 added (+12 -3)`; for a branch that is new or no more, that word first.
pub(super) fn line(branch: &BranchDiff) -> String {
    let totals = Totals::of([branch]);
    let files = match branch.change {
        ChangeKind::Added | ChangeKind::Removed => {
            format!("{}, {}", branch.change.word(), counted(totals.files, "file"))
        }
        ChangeKind::Changed => {
            let count = |change| branch.files.iter().filter(|file| file.change == change).count();
            let mut parts: Vec<String> = Vec::new();
            for change in [ChangeKind::Changed, ChangeKind::Added, ChangeKind::Removed] {
                match (count(change), parts.is_empty()) {
                    (0, _) => {}
                    (n, true) => parts.push(format!("{} {}", counted(n, "file"), change.word())),
                    (n, false) => parts.push(format!("{n} {}", change.word())),
                }
            }
            parts.join(", ")
        }
    };
    format!("{}: {files} (+{} -{})", visible(&branch.name), totals.added_lines, totals.removed_lines)
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines() {
        let want = "\
feature/<added|: added, 1 file (+2 -0)
feature/<changed|: 1 file changed, 1 added, 1 removed (+2 -2)
feature/<lock|: 1 file changed (+1 -1)
feature/<removed|: removed, 1 file (+0 -1)
4 branches differ, 6 files (+5 -4)
";
        assert_eq!(super::render(&super::super::tests::sample()), want);
        assert_eq!(super::render(&[]), "0 branches differ, 0 files (+0 -0)\n");
    }
}
