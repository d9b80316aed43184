//! Golden workspaces: each folder of `tests/golden` is a workspace with the output that `pleach build` must write.

use crate::kit::{self, Workspace};
use std::path::Path;

pub(crate) fn output_is_as_expected(case: &Path) {
    let workspace = Workspace::copy_of(case);
    std::fs::remove_dir_all(workspace.path().join("out")).unwrap_or_default();
    let ran = workspace.run(&["build"]).exits(0);
    kit::compare(&case.join("out"), &workspace.files("out"));
    if case.join("stderr.txt").exists() || kit::blessing() && !ran.err().is_empty() {
        kit::compare_text(&case.join("stderr.txt"), &ran.err());
    }
    workspace.run(&["check"]).exits(0);
}
