//! The output folder: what a build writes and deletes, and what it does not touch.

#[cfg(target_os = "linux")]
mod faults;
#[cfg(unix)]
mod links;
#[cfg(unix)]
mod special_files;

use crate::tests::kit::Workspace;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn the_output_does_not_depend_on_the_system() {
    let plain = Workspace::sample();
    fs::remove_dir_all(plain.path().join("out")).unwrap_or_default();
    plain.run(&["build"]).exits(0);
    let want = plain.files("out");
    for (umask, name, value) in [
        ("077", "TZ", "Asia/Kolkata"),
        ("000", "LANG", "tr_TR.UTF-8"),
        ("022", "LC_ALL", "C"),
        ("027", "RAYON_NUM_THREADS", "1"),
        ("002", "RAYON_NUM_THREADS", "7"),
    ] {
        let workspace = Workspace::sample();
        fs::remove_dir_all(workspace.path().join("out")).unwrap_or_default();
        let script = format!("umask {umask}; exec {} build", env!("CARGO_BIN_EXE_pleach"));
        let done =
            Command::new("sh").args(["-c", &script]).current_dir(workspace.path()).env(name, value).output().unwrap();
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(workspace.files("out"), want, "umask {umask}, {name}={value}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            for path in want.keys() {
                let mode = fs::metadata(workspace.path().join("out").join(path)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o644, "umask {umask}: {path}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn unchanged_files_are_not_touched() {
    use std::os::unix::fs::MetadataExt;
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    let stamps = || -> BTreeMap<String, (u64, i64, i64)> {
        let stamp = |path: &String| {
            let metadata = fs::metadata(workspace.path().join("out").join(path)).unwrap();
            (metadata.ino(), metadata.mtime_nsec(), metadata.ctime_nsec())
        };
        workspace.files("out").into_keys().map(|path| (path.clone(), stamp(&path))).collect()
    };
    let before = stamps();
    workspace.run(&["build"]).exits(0);
    assert_eq!(stamps(), before);
    workspace.edit("base/config.yaml.j2", "key: ", "key: {% if branch.name == 'main' %}x{% endif %}");
    workspace.run(&["build"]).exits(0);
    let after = stamps();
    let touched: Vec<&String> =
        before.iter().filter(|(path, stamp)| after[*path] != **stamp).map(|(path, _)| path).collect();
    assert_eq!(touched, ["namespaces/main/30-configmap-app.yaml"]);
}

#[test]
fn a_removed_branch_is_deleted() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    workspace.edit("branches.yaml", "- name: main\n", "");
    let output = workspace.run(&["build"]).exits(0).out();
    assert_eq!(output, "built 2 branches into `out`: 1 file written, 8 unchanged, 4 removed\n");
    assert!(!workspace.path().join("out/namespaces/main").exists());
    workspace.run(&["check"]).exits(0);
}

#[test]
fn unmanaged_files_are_never_deleted() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    workspace.write("out/namespaces/main/notes.txt", "mine");
    workspace.edit("branches.yaml", "- name: main\n", "- name: other\n");
    let before = workspace.files("out");
    let ran = workspace.run(&["build"]).exits(2);
    assert!(ran.err().contains("error[output]: `out/namespaces/main/notes.txt` is unmanaged"), "{}", ran.err());
    assert_eq!(ran.out(), "");
    assert_eq!(workspace.files("out"), before, "nothing was written");

    let ran = workspace.run(&["build", "--keep-unmanaged"]).exits(0);
    assert!(ran.err().contains("warning[output]: `out/namespaces/main/notes.txt`"), "{}", ran.err());
    let after = workspace.files("out");
    let kept: Vec<&String> = after.keys().filter(|path| path.contains("/main/")).collect();
    assert_eq!(kept, ["namespaces/main/notes.txt"]);
    assert!(after.contains_key("namespaces/other/pleach.lock"));
}

#[test]
fn a_folder_that_is_not_output_is_unchanged() {
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "project: shop\n", "project: shop\noutput: base\n");
    let before = workspace.files(".");
    workspace.run(&["build"]).exits(2);
    assert_eq!(workspace.files("."), before);

    let workspace = Workspace::small();
    workspace.write("out/namespaces/main/40-service-web.yaml", "mine");
    let before = workspace.files("out");
    let output = workspace.run(&["build", "--keep-unmanaged"]).exits(2).err();
    assert!(
        output
            .contains("`out/namespaces/main/40-service-web.yaml` is unmanaged, and the build has a file of that name"),
        "{output}"
    );
    assert_eq!(workspace.files("out"), before);
}

#[cfg(target_os = "linux")]
#[test]
fn an_io_error_exits_with_4() {
    // Nobody can create a folder there.
    let ran = Workspace::small().run(&["build", "--output", "/proc/out"]).exits(4);
    assert!(ran.err().contains("error[disk]: `/proc/out` cannot be written"), "{}", ran.err());
}

#[cfg(unix)]
#[test]
fn the_second_of_two_runs_waits_and_reports_it() {
    let workspace = Workspace::small();
    let held = fs::File::open(workspace.path()).unwrap();
    held.lock().unwrap();
    let mut child = workspace.command().arg("build").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = [0; 7];
    child.stderr.as_mut().unwrap().read_exact(&mut output).unwrap();
    assert_eq!(&output, b"waiting");
    assert!(workspace.files("out").is_empty() && child.try_wait().unwrap().is_none());
    held.unlock().unwrap();
    assert!(child.wait().unwrap().success());
    workspace.run(&["check"]).exits(0);
}

/// After a run is killed at any time, every file is complete, and the next run completes the output.
#[test]
fn a_killed_run_is_completed_by_the_next() {
    let workspace = Workspace::small();
    let branches: String = (0..200).map(|n| format!("- name: branch-{n}\n")).collect();
    workspace.edit("branches.yaml", "- name: main\n", &format!("- name: main\n{branches}"));
    workspace.run(&["build"]).exits(0);
    let mut known = workspace.files("out");
    let remember = |known: &mut BTreeMap<String, Vec<u8>>, key: &str| {
        workspace.edit("base/config.yaml.j2", "key: ", &format!("key: {key}"));
        let copy = Workspace::copy_of(workspace.path());
        copy.run(&["build"]).exits(0);
        std::mem::replace(known, copy.files("out"))
    };
    for pause in [5, 10, 15, 20, 30, 40, 60, 80] {
        let before = remember(&mut known, "x");
        let mut child = workspace.command().arg("build").stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        for (path, content) in workspace.files("out") {
            if path.ends_with(".pleach") || path.ends_with("pleach.lock") {
                continue;
            }
            assert!(
                before.get(&path) == Some(&content) || known.get(&path) == Some(&content),
                "{pause} ms: {path} is incomplete"
            );
        }
        workspace.run(&["build"]).exits(0);
        assert_eq!(workspace.files("out"), known, "after {pause} ms");
    }
}
