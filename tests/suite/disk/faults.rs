//! System calls that fail, and runs that are killed between two of them. strace injects both.

use crate::tests::kit::{Workspace, can_trace};
use std::process::{Command, Output};

/// Runs pleach in a workspace. Calls for `path`, or all if it is empty, fail or end the run as `inject` says.
fn with_fault(workspace: &Workspace, path: &str, inject: &str, args: &[&str]) -> Output {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={inject}")]);
    if !path.is_empty() {
        strace.arg("-P").arg(workspace.path().canonicalize().unwrap().join(path));
    }
    strace.arg(env!("CARGO_BIN_EXE_pleach")).args(args).current_dir(workspace.path()).output().unwrap()
}

fn with_kustomization() -> Workspace {
    let workspace = Workspace::small();
    workspace.write(
        "base/kustomization.yaml",
        "resources: [service.yaml]\nconfigMapGenerator: [{name: app, files: [a.txt]}]\n",
    );
    workspace.write("base/a.txt", "one\n");
    workspace.run(&["build"]).exits(0);
    workspace
}

#[test]
fn an_input_that_the_system_does_not_read_is_an_error() {
    if !can_trace() {
        return;
    }
    for (fault, why) in [
        ("openat:error=EACCES", "permission denied"),
        ("openat:error=EIO", "input/output error"),
        ("openat:error=EMFILE", "too many open files"),
        ("read:error=EIO", "input/output error"),
    ] {
        for path in ["base/kustomization.yaml", "base/a.txt", "branches.yaml"] {
            let workspace = with_kustomization();
            workspace.write("base/a.txt", "two\n");
            let before = workspace.files("out");
            let done = with_fault(&workspace, path, fault, &["build"]);
            let error = String::from_utf8_lossy(&done.stderr).to_lowercase();
            assert!(matches!(done.status.code(), Some(2 | 4)), "{fault} {path}: {:?} {error}", done.status);
            let name = path.trim_start_matches("base/");
            assert!(error.contains(name) && error.contains(why), "{fault} {path}: {error}");
            assert_eq!(workspace.files("out"), before, "{fault} {path}");
        }
    }
}

#[test]
fn a_disk_that_fails_has_the_old_or_the_new_file() {
    if !can_trace() {
        return;
    }
    let faults = [
        "write:error=ENOSPC:when=1+",
        "write:error=ENOSPC:when=3+",
        "rename:error=EIO:when=1+",
        "rename:error=EIO:when=2+",
    ];
    for fault in faults {
        let workspace = with_kustomization();
        workspace.write("base/a.txt", "two\n");
        let before = workspace.files("out");
        let done = with_fault(&workspace, "", fault, &["build"]);
        assert_eq!(done.status.code(), Some(4), "{fault}");
        let after = workspace.files("out");
        workspace.run(&["build"]).exits(0);
        let new = workspace.files("out");
        // Several files were to be replaced: each is either the old or the new one. Until all are, a lock lists both.
        for (path, text) in after.iter().filter(|(path, _)| !path.ends_with("/pleach.lock")) {
            assert!([before.get(path), new.get(path)].contains(&Some(text)), "{fault}: {path}");
        }
        workspace.run(&["check"]).exits(0);
    }
}

#[test]
fn an_edit_that_is_killed_leaves_the_old_or_the_new_spec() {
    if !can_trace() {
        return;
    }
    let edit = ["branch", "set", "feature/login", "--expires", "2030-01-01"];
    let edited = Workspace::small();
    edited.run(&edit).exits(0);
    let (mut olds, mut news) = (0, 0);
    for call in ["openat", "write", "fsync", "fchmod", "rename", "renameat", "close"] {
        for when in [1, 2, 4, 8, 16] {
            let workspace = Workspace::small();
            let before = workspace.files(".");
            with_fault(&workspace, "", &format!("{call}:signal=SIGKILL:when={when}"), &edit);
            let spec = workspace.read("branches.yaml");
            if spec == edited.read("branches.yaml") {
                news += 1;
            } else {
                assert_eq!(spec.as_bytes(), before["branches.yaml"], "{call} {when}");
                olds += 1;
            }
            workspace.run(&edit);
            assert_eq!(workspace.files("."), edited.files("."), "{call} {when}: nothing is left over");
        }
    }
    assert!(olds > 0 && news > 0, "{olds} old, {news} new");
}
