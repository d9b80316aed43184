//! Golden workspaces: each folder of `tests/golden` is a workspace with the output it must have.

use crate::kit::{self, Workspace};

#[test]
fn every_workspace_builds_to_its_output() {
    for case in kit::cases("golden") {
        let workspace = Workspace::copy_of(&case);
        std::fs::remove_dir_all(workspace.path().join("out")).unwrap_or_default();
        let ran = workspace.run(&["build"]).exits(0);
        kit::compare(&case.join("out"), &workspace.files("out"));
        if case.join("stderr.txt").exists() || kit::blessing() && !ran.err().is_empty() {
            kit::compare_text(&case.join("stderr.txt"), &ran.err());
        }
        workspace.run(&["check"]).exits(0);
    }
}
