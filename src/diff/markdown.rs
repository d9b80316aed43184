//! Differences for a pull request: a table, and a diff for each branch that opens on a click.

use super::text::{self, Paint};
use super::{BranchDiff, Totals, counted};
use crate::visible::visible;
use std::fmt::Write;

/// Forges cut comments at 65,536 characters; diffs that would make it longer than this are left out.
const LONGEST: usize = 60_000;

/// All branches.
pub(crate) fn render(branches: &[BranchDiff]) -> String {
    if branches.is_empty() {
        return "No differences.\n".to_owned();
    }
    let mut out = String::from("| Branch | Change | Files | Lines |\n| --- | --- | ---: | ---: |\n");
    for branch in branches {
        let totals = Totals::of([branch]);
        let _ = writeln!(
            out,
            "| {} | {} | {} | +{} -{} |",
            escaped(&branch.name),
            branch.change.word(),
            totals.files,
            totals.added_lines,
            totals.removed_lines
        );
    }
    let mut left_out = 0;
    for branch in branches {
        let details = details(branch);
        if out.len() + details.len() > LONGEST {
            left_out += 1;
        } else {
            out.push_str(&details);
        }
    }
    if left_out > 0 {
        let diffs = counted(left_out, "diff");
        let _ = writeln!(out, "\n{diffs} would be too long for a comment: `pleach diff` shows all.");
    }
    out
}

fn details(branch: &BranchDiff) -> String {
    let diff = text::render(std::slice::from_ref(branch), Paint::Plain);
    // A fence is longer than any run of backticks inside.
    let longest = diff.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let name = escaped(&branch.name);
    format!("\n<details><summary>{name}</summary>\n\n{fence}diff\n{diff}{fence}\n\n</details>\n")
}

/// A name in which nothing is HTML, a cell's end or Markdown.
fn escaped(name: &str) -> String {
    visible(name).chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '@' | '#' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_details() {
        let text = render(&super::super::tests::sample()[..1]);
        let want = "\
| Branch | Change | Files | Lines |
| --- | --- | ---: | ---: |
| feature/&lt;added&#124; | added | 1 | +2 -0 |

<details><summary>feature/&lt;added&#124;</summary>

```diff
# feature/<added|: added, 1 file (+2 -0)
--- /dev/null
+++ b/out/namespaces/added/10-a.yaml
@@ -0,0 +1,2 @@
+a: `1`
+b: 2
```

</details>
";
        assert_eq!(text, want);
        assert_eq!(render(&[]), "No differences.\n");
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let mut branches = super::super::tests::sample();
        branches[0].files[0].hunks = format!("@@ -0,0 +1 @@\n+````{}\n", "x".repeat(LONGEST));
        let text = render(&branches);
        assert!(text.len() < LONGEST && text.contains("\n1 diff would be too long"), "{text}");
        branches[0].files[0].hunks = "@@ -0,0 +1 @@\n+````\n".to_owned();
        assert!(render(&branches).contains("\n`````diff\n"));
    }
}
