//! Differences as a unified diff of files, which `git apply` and `patch` can apply. A line that begins with `#` names each branch.

use super::{ChangeKind, Diff, summary};
use crate::visible::{visible, visible_lines};
use std::fmt::Write;

/// All files.
pub(crate) fn render(diff: &Diff) -> String {
    let mut out = String::new();
    for environment in &diff.environments {
        let _ = writeln!(out, "# {}", summary::line(environment));
        for file in &environment.files {
            let path = visible(&file.path);
            let old = if file.change == ChangeKind::Added { "/dev/null".to_owned() } else { format!("a/{path}") };
            let new = if file.change == ChangeKind::Removed { "/dev/null".to_owned() } else { format!("b/{path}") };
            let _ = writeln!(out, "--- {old}\n+++ {new}");
            out.push_str(&visible_lines(&file.patch));
        }
    }
    out
}
