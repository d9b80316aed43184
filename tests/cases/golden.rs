//! Golden workspaces: each folder of `tests/golden` is a workspace with the output that `pleach build` must write.

use crate::kit::{self, Workspace};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub(crate) fn output_is_as_expected(case: &Path) {
    let workspace = Workspace::copy_of(case);
    fs::remove_dir_all(workspace.path().join("out")).unwrap_or_default();
    let ran = workspace.run(&["build"]).exits(0);
    compare(&case.join("out"), &workspace.files("out"));
    let warnings = case.join("stderr.txt");
    if kit::blessing() && ran.err().is_empty() {
        fs::remove_file(warnings).unwrap_or_default();
    } else {
        // Without this file, a workspace has no warnings.
        kit::compare_text(&warnings, &ran.err());
    }
    workspace.run(&["check"]).exits(0);
}

/// Compares two sets of files, or writes `got` over `folder` when blessing.
#[track_caller]
fn compare(folder: &Path, got: &BTreeMap<String, Vec<u8>>) {
    if kit::blessing() {
        let _ = fs::remove_dir_all(folder);
        for (path, content) in got {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
    let want = kit::files(folder);
    let names = |set: &BTreeMap<String, Vec<u8>>| set.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(got), names(&want), "files of {}", folder.display());
    for (path, content) in got {
        kit::compare_text(&folder.join(path), &String::from_utf8_lossy(content));
    }
}
