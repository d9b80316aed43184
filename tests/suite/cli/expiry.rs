//! `pleach branch expire` and what `sync` does with branches that have expired.

use crate::tests::cli::guards::sync;
use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n";
const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn workspace(spec: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.write("branches.yaml", format!("{HEAD}{spec}"));
    workspace
}

const ONE: &str =
    "branches:\n- name: main\n\n# Waits for review.\n- {name: feature/x, owner: team-x, expires: 2026-12-24}\n";

#[test]
fn what_expired_stays_expired() {
    let workspace = workspace(ONE);
    let (kept, moved) = (format!("{A} main\n{A} feature/x\n"), format!("{A} main\n{B} feature/x\n"));
    assert_eq!(workspace.run(&["branch", "expire", "--as-of", "2026-12-25"]).exits(0).out(), "expired feature/x\n");
    let recorded = workspace.read("branches.yaml");
    assert_eq!(recorded, format!("{HEAD}branches:\n- name: main\nexpired:\n- name: feature/x\n"));
    // The first list has the commit.
    let skipped = "skipped feature/x: it has expired, and has no new commit\n";
    let report = format!("recorded the commit of feature/x\n{skipped}");
    assert_eq!(sync(&workspace, &kept, &[]), (0, report, String::new()));
    let recorded = workspace.read("branches.yaml");
    assert!(recorded.ends_with(&format!("expired:\n- name: feature/x\n  commit: {A}\n")), "{recorded}");
    assert_eq!(sync(&workspace, &kept, &[]).1, skipped);
    assert_eq!(sync(&workspace, "main\nfeature/x\n", &[]).1, skipped);
    assert_eq!(workspace.read("branches.yaml"), recorded);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.run(&["branch", "expire", "--as-of", "2026-12-26"]).exits(0).out(), "nothing to do\n");
    // A new commit adds it again.
    assert_eq!(sync(&workspace, &moved, &[]).1, "added feature/x\n");
    let spec = workspace.read("branches.yaml");
    assert!(spec.contains("- name: feature/x\n  added: 2026-11-29\n") && !spec.contains("expired"), "{spec}");
}

#[test]
fn the_record_is_dropped_when_the_branch_leaves_the_list_or_is_added() {
    for second in ["", "- {name: feature/y, expires: 2026-12-01}\n"] {
        let workspace = workspace(&format!("{ONE}{second}"));
        workspace.run(&["branch", "expire", "--as-of", "2026-12-25"]).exits(0);
        let (status, out, err) = sync(&workspace, "main\n", &[]);
        assert_eq!(status, 0, "{err}");
        assert!(out.starts_with("dropped the record of feature/x\n"), "{out}");
        assert_eq!(workspace.read("branches.yaml"), format!("{HEAD}branches:\n- name: main\n"));
    }
    for add in [&["add", "feature/x"][..], &["set", "feature/x", "--create"]] {
        let workspace = workspace(ONE);
        workspace.run(&["branch", "expire", "--as-of", "2026-12-25"]).exits(0);
        workspace.run(&[&["branch"], add].concat()).exits(0);
        let spec = workspace.read("branches.yaml");
        assert!(spec.contains("- name: feature/x\n  added: 2026-11-29\n") && !spec.contains("expired"), "{spec}");
    }
}

#[test]
fn expire_takes_the_commit_from_a_repository() {
    let workspace = workspace(ONE);
    let git = "git init -q -b main app && cd app && git commit -q --allow-empty -m 0 && git branch feature/x";
    assert_eq!(workspace.shell(git), "");
    assert_eq!(workspace.shell("git clone -q --bare app app.git"), "");
    let commit = workspace.shell("git -C app rev-parse HEAD");
    let list = ["--from", "git", "--repo", "app.git"];
    workspace.run(&[&["branch", "expire", "--as-of", "2026-12-25"][..], &list].concat()).exits(0);
    let spec = workspace.read("branches.yaml");
    assert!(spec.ends_with(&format!("- name: feature/x\n  commit: {commit}")), "{spec}");
    let synced = workspace.run(&[&["branch", "sync"][..], &list].concat()).exits(0).out();
    assert_eq!(synced, "skipped feature/x: it has expired, and has no new commit\n");
    assert_eq!(workspace.read("branches.yaml"), spec);
    workspace.run(&["branch", "expire", "--as-of", "2026-12-25", "--repo", "app.git"]).exits(2);
}

#[test]
fn branches_expire_by_default() {
    let spec = "defaults: {expires: 14d}\njanitor: true\nbranches:\n- {name: main, pin: {reason: baseline}}\n- name: old\n- {name: long, added: 2026-01-01, expires: 2027-01-01}\n";
    let workspace = workspace(spec);
    workspace.run(&["branch", "add", "feature/x"]).exits(0);
    assert!(workspace.read("branches.yaml").ends_with("- name: feature/x\n  added: 2026-11-29\n"));
    let listed: serde_json::Value =
        serde_json::from_str(&workspace.run(&["branch", "list", "--format", "json"]).exits(0).out()).unwrap();
    let expires: Vec<_> =
        listed["branches"].as_array().unwrap().iter().map(|branch| branch["expires"].as_str()).collect();
    assert_eq!(expires, [Some("2026-12-13"), Some("2027-01-01"), None, None]);
    workspace.run(&["build"]).exits(0);
    let slug = crate::slug::Slug::of("feature/x", crate::slug::Slug::MAX_LENGTH);
    let files = workspace.files(&format!("out/namespaces/{slug}"));
    let namespace = files.iter().find(|(path, _)| path.starts_with("00-namespace")).unwrap().1;
    assert!(String::from_utf8_lossy(namespace).contains("2026-12-13T23:59:59Z"));
    let expire = |day: &str| workspace.run(&["branch", "expire", "--as-of", day]).exits(0);
    let ran = expire("2026-12-13");
    assert_eq!(ran.out(), "nothing to do\n");
    let warning = ran.err();
    assert!(warning.contains("the branch `old` has no `added`, so it never expires"), "{warning}");
    assert!(!warning.contains("`main`") && !warning.contains("`long`"), "{warning}");
    assert_eq!(expire("2026-12-14").out(), "expired feature/x\n");
}

#[test]
fn the_default_is_a_number_of_days() {
    for wrong in ["14", "2w", "0d", "2026-12-24", "-1d", "10000d"] {
        let workspace = workspace(&format!("defaults: {{expires: \"{wrong}\"}}\nbranches: [{{name: main}}]\n"));
        let err = workspace.run(&["build"]).exits(2).err();
        assert!(err.contains("use a number of days from 1 to 9999, such as `14d`"), "{wrong}: {err}");
    }
    let workspace = workspace("branches: [{name: main}]\nexpired: [{name: x, commit: abc}, {name: y}, {name: y}]\n");
    let err = workspace.run(&["build"]).exits(2).err();
    assert!(err.contains("a commit has 40 or 64 characters"), "{err}");
    assert!(err.contains("duplicate record of the expired branch `y`"), "{err}");
}

#[test]
fn an_invalid_time_is_an_error() {
    let workspace = workspace(ONE);
    let done = workspace.command().env("SOURCE_DATE_EPOCH", "today").args(["branch", "add", "x"]).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("invalid time in `SOURCE_DATE_EPOCH`"));
}
