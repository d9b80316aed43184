//! The comparison of texts by line.

use similar::{Algorithm, ChangeTag, TextDiff};
use smol_str::SmolStr;
use std::fmt::Write;

/// The lines of context around a change.
const CONTEXT: usize = 3;

/// The hunks of changed lines, each behind a line `@@`.
pub(super) fn hunks(before: &str, after: &str) -> SmolStr {
    let diff = by_line(before, after);
    let both_end_alike = before.ends_with('\n') == after.ends_with('\n');
    let mut out = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        out.push_str("@@\n");
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            let _ = writeln!(out, "{sign}{}", change.value().strip_suffix('\n').unwrap_or(change.value()));
            if change.missing_newline() && !both_end_alike {
                out.push_str("\\ no line break at the end\n");
            }
        }
    }
    out.into()
}

/// The hunks of a unified diff, which can be applied.
pub(super) fn unified(before: &str, after: &str) -> String {
    by_line(before, after).unified_diff().to_string()
}

/// The numbers of added and removed lines.
pub(super) fn count(before: &str, after: &str) -> (usize, usize) {
    if before.is_empty() || after.is_empty() {
        return (after.lines().count(), before.lines().count());
    }
    let diff = by_line(before, after);
    let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    (count(ChangeTag::Insert), count(ChangeTag::Delete))
}

fn by_line<'t>(before: &'t str, after: &'t str) -> TextDiff<'t, 't, str> {
    TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(before, after)
}

#[cfg(test)]
mod tests {
    use super::{count, hunks};

    #[test]
    fn changed_lines_have_context() {
        let text = |middle: &str| format!("1\n2\n3\n4\n{middle}5\n6\n7\n8\n");
        assert_eq!(hunks(&text("a\n"), &text("b\nc\n")), "@@\n 2\n 3\n 4\n-a\n+b\n+c\n 5\n 6\n 7\n");
        assert_eq!(hunks("a\n", "a"), "@@\n-a\n+a\n\\ no line break at the end\n");
        assert_eq!(hunks("a", "b"), "@@\n-a\n+b\n");
        assert_eq!(count(&text("a\n"), &text("b\nc\n")), (2, 1));
        assert_eq!((count("", "a\nb"), count("a\n", "")), ((2, 0), (0, 1)));
    }
}
