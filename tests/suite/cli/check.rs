//! `check` and `diff`: differences to the output of a build.

use crate::tests::kit::Workspace;
use std::fs;
use std::process::Command;

fn built() -> Workspace {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    workspace
}

/// Runs `check` after a change of the output. Returns the lines with paths, and the rest.
fn checked(change: impl FnOnce(&Workspace)) -> (Vec<String>, String) {
    let workspace = built();
    change(&workspace);
    let before = workspace.files("out");
    let ran = workspace.run(&["check"]).exits(1);
    assert_eq!(ran.err(), "");
    assert_eq!(workspace.files("out"), before, "check writes nothing");
    let out = ran.out();
    let (files, rest): (Vec<&str>, Vec<&str>) = out.lines().partition(|line| line.contains("  out/"));
    (files.into_iter().map(str::to_owned).collect(), rest.join("\n"))
}

#[test]
fn nothing_differs_after_a_build() {
    let workspace = built();
    let ran = workspace.run(&["check"]).exits(0);
    assert_eq!((ran.out().as_str(), ran.err().as_str()), ("`out` is what a build writes: 12 files\n", ""));
    for format in ["text", "summary", "markdown", "json", "patch"] {
        workspace.run(&["diff", "--format", format]).exits(0);
    }
    assert_eq!(workspace.run(&["diff"]).out(), "");
    assert_eq!(workspace.run(&["diff", "--format", "markdown", "--skip-unchanged"]).out(), "");
}

#[test]
fn every_difference_is_reported_with_its_fix() {
    let suggestion = "1 file is not what a build writes: run `pleach build`";
    let path = |name: &str| format!("out/namespaces/main/{name}");
    let config = path("30-configmap-app.yaml");

    let (files, rest) = checked(|w| w.write(&config, "a: 1\n"));
    assert_eq!((files, rest.as_str()), (vec![format!("modified   {config}")], suggestion));

    let (files, rest) = checked(|w| fs::remove_file(w.path().join(&config)).unwrap());
    assert_eq!((files, rest.as_str()), (vec![format!("missing    {config}")], suggestion));

    let (files, rest) = checked(|w| w.write(&path("pleach.lock"), "x"));
    assert_eq!((files, rest.as_str()), (vec![format!("modified   {}", path("pleach.lock"))], suggestion));

    let (files, rest) = checked(|w| w.write(&path("my notes.txt"), "x"));
    let want = "1 file is unmanaged: move or `rm 'out/namespaces/main/my notes.txt'`";
    assert_eq!((files, rest.as_str()), (vec![format!("unmanaged  {}", path("my notes.txt"))], want));

    let (files, rest) = checked(|w| w.write("out/notes.txt", "x"));
    assert_eq!(files, ["unmanaged  out/notes.txt"]);
    assert_eq!(rest, "1 file is unmanaged: move or `rm out/notes.txt`");

    let (files, rest) = checked(|w| w.edit("branches.yaml", "- name: main\n", ""));
    let stale = ["00-namespace-shop-main.yaml", "30-configmap-app.yaml", "40-service-web.yaml", "pleach.lock"];
    let mut want = stale.map(|name| format!("stale      {}", path(name))).to_vec();
    want.push("missing    out/teardown/main.yaml".to_owned());
    assert_eq!(files, want);
    assert_eq!(rest, "5 files are not what a build writes: run `pleach build`");
}

#[cfg(unix)]
#[test]
fn only_the_executable_bit_of_a_mode_counts() {
    use std::os::unix::fs::PermissionsExt;
    let set = |w: &Workspace, mode| {
        let path = w.path().join("out/namespaces/main/30-configmap-app.yaml");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let (files, _) = checked(|w| set(w, 0o755));
    assert_eq!(files, ["mode       out/namespaces/main/30-configmap-app.yaml"]);
    let workspace = built();
    set(&workspace, 0o664);
    workspace.run(&["check"]).exits(0);
}

#[test]
fn the_suggested_command_repeats_the_options() {
    let workspace = built();
    workspace.edit("base/config.yaml.j2", "key: ", "key: x");
    let output = workspace.run(&["-C", "base", "check"]).exits(1).out();
    assert!(output.contains("modified   ../out/namespaces/main/30-configmap-app.yaml\n"), "{output}");
    assert!(output.ends_with("run `pleach -C base build`\n"), "{output}");
}

#[test]
fn differences_are_shown_and_nothing_is_written() {
    let workspace = built();
    workspace.edit("base/config.yaml.j2", "key: ", "key: x");
    workspace.edit("branches.yaml", "- name: feature/search\n", "- name: feature/new\n");
    let before = workspace.files(".");
    let text = workspace.run(&["diff"]).exits(1).out();
    let want = "\
- feature/search: removed, 4 objects
1 environment to add, 2 to change, 1 to delete
+ feature/new: added, 3 objects

# 2 environments: feature/login, main
  ConfigMap/app
!   data.key: {branch} → x{branch}
";
    assert!(text.starts_with(want), "{text}");
    assert!(!text.contains("Lock"), "lock files are not shown: {text}");
    let summary = workspace.run(&["diff", "--format", "summary"]).exits(1).out();
    let want = "\
- feature/search: removed, 4 objects
1 environment to add, 2 to change, 1 to delete
+ feature/new: added, 3 objects
~ feature/login: 1 object changed
~ main: 1 object changed
";
    assert_eq!(summary, want);
    let json = workspace.run(&["diff", "--format", "json"]).exits(1).out();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["branches"][2]["name"], "feature/search");
    assert_eq!(json["branches"][2]["change"], "removed");
    assert_eq!(workspace.files("."), before);

    workspace.run(&["diff", "--format", "markdown", "--output", "comment.md"]).exits(1);
    assert!(workspace.read("comment.md").starts_with("- **Deleted: feature/search**\n"));
}

#[test]
fn a_diff_can_be_applied() {
    let workspace = built();
    git(&workspace, &["init", "-q"]);
    workspace.edit("base/config.yaml.j2", "key: ", "key: x");
    workspace.edit("branches.yaml", "- name: feature/search\n", "- name: feature/new\n");
    workspace.run(&["diff", "--format", "patch", "--output", "changes.diff"]).exits(1);
    git(&workspace, &["apply", "changes.diff"]);
    // Only lock files differ: one is new, one is stale.
    let output = workspace.run(&["build"]).exits(0).out();
    assert_eq!(output, "built 3 branches into `out`: 1 file written, 12 unchanged, 1 removed\n");
}

#[test]
fn a_base_is_a_commit_a_workspace_or_a_folder() {
    let workspace = built();
    git(&workspace, &["init", "-q", "-b", "trunk"]);
    git(&workspace, &["add", "-A"]);
    git(&workspace, &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "one"]);
    let old = built();
    workspace.edit("base/config.yaml.j2", "key: ", "key: x");
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.run(&["diff"]).exits(0).out(), "");
    let other = old.path().to_str().unwrap().to_owned();
    let out = format!("{other}/out");
    let texts = ["trunk", "HEAD", &other, &out].map(|base| workspace.run(&["diff", "--base", base]).exits(1).out());
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:#?}");
    assert!(texts[0].ends_with("\n!   data.key: {branch} → x{branch}\n"), "{}", texts[0]);
    let output = workspace.run(&["diff", "--base", "main"]).exits(2).err();
    assert!(output.contains("`main` is neither a folder nor a commit"), "{output}");
}

#[test]
fn an_unknown_base_revision_has_a_help_that_fits() {
    let workspace = built();
    workspace.commit_all();
    let error = workspace.run(&["diff", "--base", "nope"]).exits(2).err();
    assert!(error.contains("`nope` is neither a folder nor a commit"), "{error}");
    assert!(error.contains("`git fetch` gets those that are new") && !error.contains("shallow"), "{error}");
    workspace.write("more", "");
    workspace.shell("git add -A && git commit -qm two && git clone -q --depth 1 file://$PWD/.git shallow");
    let error = workspace.run(&["-C", "shallow", "diff", "--base", "nope"]).exits(2).err();
    assert!(error.contains("this clone is shallow; fetch the branch first"), "{error}");
}

fn git(workspace: &Workspace, args: &[&str]) {
    let done = Command::new("git").args(args).current_dir(workspace.path()).output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}
