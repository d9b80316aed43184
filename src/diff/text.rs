//! Differences as a unified diff; a line that begins with `#` sums up each branch. Invisible characters are escaped, so that nobody
//! approves what they cannot see.

use super::{BranchDiff, ChangeKind, summary};
use crate::visible::{visible, visible_lines};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

/// Whether the text is for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// With colours.
    Colours,
    /// Without.
    Plain,
}

/// All branches.
pub(crate) fn render(branches: &[BranchDiff], paint: Paint) -> String {
    let mut out = String::new();
    let bold = Style::new().bold();
    for branch in branches {
        line(&mut out, &format!("# {}", summary::line(branch)), Some(bold), paint);
        for file in &branch.files {
            let path = visible(&file.path);
            let old = if file.change == ChangeKind::Added { "/dev/null".to_owned() } else { format!("a/{path}") };
            let new = if file.change == ChangeKind::Removed { "/dev/null".to_owned() } else { format!("b/{path}") };
            line(&mut out, &format!("--- {old}"), Some(bold), paint);
            line(&mut out, &format!("+++ {new}"), Some(bold), paint);
            for hunk in file.hunks.lines() {
                line(&mut out, &visible_lines(hunk), style(hunk), paint);
            }
        }
    }
    out
}

fn style(line: &str) -> Option<Style> {
    let colour = match line.as_bytes().first()? {
        b'+' => AnsiColor::Green,
        b'-' => AnsiColor::Red,
        b'@' => AnsiColor::Cyan,
        _ => return None,
    };
    Some(colour.on_default())
}

fn line(out: &mut String, text: &str, style: Option<Style>, paint: Paint) {
    let _ = match style.filter(|_| paint == Paint::Colours) {
        Some(style) => writeln!(out, "{style}{text}{style:#}"),
        None => writeln!(out, "{text}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unified_diff() {
        let text = render(&super::super::tests::sample()[1..2], Paint::Plain);
        let want = "\
# feature/<changed|: 1 file changed, 1 added, 1 removed (+2 -2)
--- a/out/namespaces/changed/10-a.yaml
+++ b/out/namespaces/changed/10-a.yaml
@@ -1,3 +1,3 @@
 a: 1
-b: 2
+b: 3
 c: 3
--- a/out/namespaces/changed/20-b.yaml
+++ /dev/null
@@ -1 +0,0 @@
-b: 1
--- /dev/null
+++ b/out/namespaces/changed/30-c.yaml
@@ -0,0 +1 @@
+c: 1
\\ No newline at end of file
";
        assert_eq!(text, want);
        let coloured = render(&super::super::tests::sample()[1..2], Paint::Colours);
        assert!(coloured.contains("\u{1b}[32m+b: 3\u{1b}[0m\n"), "{coloured:?}");
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), want);
    }
}
