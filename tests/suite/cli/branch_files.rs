//! Files of `branches.d/`, renamed branches and slots.

use crate::slug::Slug;
use crate::tests::cli::{HEAD, workspace_with_pod};
use crate::tests::kit::Workspace;

fn file(name: &str) -> String {
    format!("branches.d/{}.yaml", Slug::of(name, Slug::MAX_LENGTH))
}

#[test]
fn two_pull_requests_that_add_branches_have_no_conflict() {
    let workspace = workspace_with_pod("branches: [{name: main}]\n");
    workspace.write("branches.d/README.md", "One branch per file.\n");
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    let pleach = env!("CARGO_BIN_EXE_pleach");
    for (number, name) in [(1, "feature/one"), (2, "feature/two")] {
        let commands = format!(
            "git checkout -q -b pr{number} main && {pleach} branch add {name} && {pleach} build && git add -A && git commit -qm {number} && {pleach} check"
        );
        let printed = workspace.shell(&commands);
        assert!(printed.contains("is what a build writes"), "{printed}");
    }
    let printed =
        workspace.shell("git checkout -q main && git merge -q -m 1 pr1 && git merge -q -m 2 pr2 && git status --short");
    assert_eq!(printed, "");
    workspace.run(&["check"]).exits(0);
    let text = workspace.read(&file("feature/two"));
    assert_eq!(text, "name: feature/two\nadded: 2026-11-29\n");
    assert_eq!(workspace.run(&["branch", "list"]).exits(0).out().lines().count(), 1 + 3);
}

#[test]
fn init_makes_the_folder_of_branches() {
    let workspace = Workspace::empty();
    workspace.run(&["init"]).exits(0);
    workspace.run(&["branch", "add", "feature/cart"]).exits(0);
    assert!(workspace.read(&file("feature/cart")).starts_with("name: feature/cart\n"));
    workspace.run(&["build"]).exits(0);
}

#[test]
fn a_renamed_branch_keeps_its_comments() {
    let spec = "hosts: ['{{ branch.slug }}.example.com']\nbaseline: main   # shared\naliases: {stable: feature/a, other: main}\nbranches:\n- name: main   # the baseline\n# Waits.\n- name: 'feature/a'   # by CI\n  owner: me\n- name: feature/b\n";
    let workspace = workspace_with_pod(spec);
    let output = workspace.run(&["branch", "rename", "feature/a", "feature/c"]).exits(0).out();
    assert_eq!(output, "renamed feature/a to feature/c\n");
    let renamed = spec.replace("'feature/a'", "'feature/c'").replace("stable: feature/a", "stable: feature/c");
    assert_eq!(workspace.read("branches.yaml"), format!("{HEAD}{renamed}"));
    workspace.run(&["branch", "rename", "main", "trunk", "--keep-slug"]).exits(0);
    let text = workspace.read("branches.yaml");
    assert!(text.contains("baseline: trunk   # shared") && text.contains("other: trunk"), "{text}");
    assert!(text.contains("- name: trunk   # the baseline\n  slug: main\n"), "{text}");
    for (args, why) in [
        (["feature/x", "y"], "the branch `feature/x` does not exist"),
        (["feature/b", "feature/c"], "the branch `feature/c` exists already"),
        (["feature/b", "a b"], "invalid branch name `a b`"),
    ] {
        let ran = workspace.run(&[&["branch", "rename"], &args[..]].concat()).exits(2);
        assert!(ran.err().contains(why), "{}", ran.err());
        assert_eq!(workspace.read("branches.yaml"), text);
    }
}

#[test]
fn the_file_of_a_renamed_branch_moves() {
    let workspace = workspace_with_pod("branches: [{name: main}]\n");
    workspace.write(&file("feature/a"), "# Waits.\nname: feature/a # by CI\n");
    workspace.write("branches.d/mine.yaml", "name: feature/b\n");
    workspace.run(&["branch", "rename", "feature/a", "feature/c"]).exits(0);
    workspace.run(&["branch", "rename", "feature/b", "feature/d"]).exits(0);
    let files = workspace.files("branches.d");
    let names: Vec<String> = files.keys().map(|name| format!("branches.d/{name}")).collect();
    assert_eq!(names, [file("feature/c"), "branches.d/mine.yaml".to_owned()]);
    assert_eq!(workspace.read(&file("feature/c")), "# Waits.\nname: feature/c # by CI\n");
    assert_eq!(workspace.read("branches.d/mine.yaml"), "name: feature/d\n");
}

#[test]
fn images_and_weights_of_a_slot_are_set() {
    let slots = "branches:\n- name: main\n  slots:\n    active: blue\n    versions: {blue: {}, green: {images: {backend: ':1'}}}\n";
    let workspace = workspace_with_pod(slots);
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "main"], args].concat());
    set(&["--slot", "green", "--image", "backend=:2", "--weight", "10"]).exits(0);
    let text = workspace.read("branches.yaml");
    assert!(text.contains("green: {images: {backend: ':2'}}"), "{text}");
    assert!(text.contains("weights: {blue: 90, green: 10}"), "{text}");
    set(&["--slot", "blue", "--weight", "25"]).exits(0);
    let text = workspace.read("branches.yaml");
    assert!(text.contains("weights: {blue: 25, green: 75}"), "{text}");
    for (args, why) in [
        (&["--slot", "gren", "--weight", "1"][..], "did you mean `green`?"),
        (&["--slot", "green"], "`--slot` has no effect without `--image` or `--weight`"),
        (&["--weight", "1"], "--slot"),
        (&["--slot", "green", "--weight", "101"], "101"),
    ] {
        let err = set(args).exits(2).err();
        assert!(err.contains(why), "{args:?}: {err}");
        assert_eq!(workspace.read("branches.yaml"), text);
    }
    let workspace = workspace_with_pod("branches:\n- name: main\n");
    let err = workspace.run(&["branch", "set", "main", "--slot", "green", "--image", "backend=:1"]).exits(2).err();
    assert!(err.contains("the branch `main` has no slots"), "{err}");
}
