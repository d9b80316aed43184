//! Pruning of the plans that were carried out, while others were merged.

use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                    zones: {dev.example.com: {CNAME: [ingress.example.net]}}\nbranches:\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: app}]}\n";

/// Writes a spec with these branches, each with the tag of its image.
fn spec(workspace: &Workspace, branches: &[&str]) {
    let branch = |branch: &&str| {
        let (name, tag) = branch.split_once(':').unwrap();
        format!("- {{name: {name}, images: {{app: 'r.example.com/shop/app:{tag}'}}}}\n")
    };
    workspace.write("branches.yaml", HEAD.to_owned() + &branches.iter().map(branch).collect::<String>());
}

fn publish(workspace: &Workspace) {
    assert_eq!(
        workspace.shell("git add -A && git commit -qm change && git update-ref refs/remotes/origin/main HEAD"),
        ""
    );
}

/// A repository with three branches.
fn repository() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/pod.yaml", POD);
    spec(&workspace, &["main:1", "one:11", "two:12", "three:13"]);
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    workspace
}

fn change(workspace: &Workspace, branches: &[&str]) {
    spec(workspace, branches);
    workspace.run(&["build"]).exits(0);
    publish(workspace);
}

const TWO: &str =
    "two\n  namespace  shop-two\n  dns        two.dev.example.com\n  image      r.example.com/shop/app:2\n";

#[test]
fn only_what_was_carried_out_is_pruned() {
    let workspace = repository();
    // `main` replaces an image, `one` is removed.
    change(&workspace, &["main:2", "two:2", "three:13"]);
    workspace.shell("git tag carried-out && git worktree add -q at carried-out && echo /at >> .git/info/exclude");
    // Merged after the teardown: another image of `main`, the removal of `two`.
    change(&workspace, &["main:3", "three:13"]);
    let before = workspace.run(&["teardown"]).exits(0).out();
    assert!(before.contains("shop/app:1\n") && before.contains("shop-one") && before.contains("shop-two"), "{before}");
    for carried_out in ["carried-out", "at", "at/out"] {
        workspace.run(&["build", "--prune", "--carried-out", carried_out]).exits(0);
        let listed = workspace.run(&["teardown", "--removed"]).exits(0).out();
        assert!(listed.contains("shop-two") && !listed.contains("shop-one"), "{listed}");
        assert!(workspace.read("out/dns/dev.example.com/two.yaml").contains("absent:\n- two.dev.example.com\n"));
        assert!(!workspace.path().join("out/dns/dev.example.com/one.yaml").exists());
        assert_eq!(workspace.shell("git checkout -q . && git clean -fdq"), "");
    }
    workspace.run(&["build", "--prune=removed", "--carried-out", "carried-out"]).exits(0);
    assert!(workspace.run(&["teardown"]).exits(0).out().contains("main (existing)\n"));
    publish(&workspace);
    workspace.run(&["check", "--strict"]).exits(0);
    assert!(workspace.run(&["build"]).exits(0).out().contains(": 0 files written, "), "nothing comes back");
    assert_eq!(workspace.run(&["teardown", "--removed", "--only", "one"]).status(), 2, "no such plan");
    // Without it, everything in the base revision is pruned.
    workspace.run(&["build", "--prune"]).exits(0);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
}

#[test]
fn a_plan_that_has_grown_since_the_teardown_keeps_its_new_entries() {
    let workspace = repository();
    change(&workspace, &["main:2", "one:11", "two:12", "three:13"]);
    workspace.shell("git tag carried-out");
    change(&workspace, &["main:3", "one:11", "two:12", "three:13"]);
    workspace.run(&["build", "--prune", "--carried-out", "carried-out"]).exits(0);
    let listed = workspace.run(&["teardown"]).exits(0).out();
    assert_eq!(listed, "main (existing)\n  image      r.example.com/shop/app:2\n");
    publish(&workspace);
    workspace.run(&["check", "--strict"]).exits(0);
}

/// A pull request that prunes is checked against the default branch, whose plans have grown since the teardown.
#[test]
fn check_finds_the_commit_whose_plans_were_carried_out() {
    let workspace = repository();
    change(&workspace, &["main:2", "two:12", "three:13"]);
    let carried_out = workspace.shell("git rev-parse --short=12 HEAD");
    workspace.shell("echo 1 > README && git add -A && git commit -qm readme && git tag carried-out");
    change(&workspace, &["main:3", "three:13"]);
    for prune in ["--prune", "--prune=removed"] {
        workspace.run(&["build", prune, "--carried-out", "carried-out"]).exits(0);
        let report = workspace.run(&["check", "--prune", "--strict"]).exits(0).out();
        let want = format!("is what `build {prune} --carried-out {}` writes: ", carried_out.trim());
        assert!(report.contains(&want), "{report}");
        workspace.shell("git checkout -q -b pull && git add -A && git commit -qm prune");
        workspace.run(&["check", "--prune", "--strict"]).exits(0);
        assert_eq!(workspace.run(&["diff"]).exits(0).out(), "");
        workspace.shell("git checkout -q - && git branch -qD pull && git clean -fdq");
    }
    // No commit has exactly these records.
    workspace.run(&["build", "--prune", "--carried-out", "carried-out"]).exits(0);
    workspace.shell("sed -i /two.dev/d out/dns/dev.example.com/two.yaml");
    let report = workspace.run(&["check", "--prune"]).exits(1).out();
    assert!(report.contains("out/dns/dev.example.com/two.yaml\n"), "{report}");
}

#[cfg(unix)]
#[test]
fn check_searches_all_commits_with_the_same_processes_of_git() {
    use std::os::unix::fs::PermissionsExt;
    let programs = Workspace::empty();
    programs.write("git", "#!/bin/sh\necho >> \"$0.runs\"\nPATH=${PATH#*:} exec git \"$@\"\n");
    std::fs::set_permissions(programs.path().join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap());
    let runs_of_check = |changes: u32| {
        let workspace = repository();
        change(&workspace, &["main:2", "two:12", "three:13"]);
        workspace.shell("git tag carried-out");
        for tag in 3..3 + changes {
            change(&workspace, &[&format!("main:{tag}"), "three:13"]);
        }
        workspace.run(&["build", "--prune", "--carried-out", "carried-out"]).exits(0);
        let done = workspace.command().args(["check", "--strict"]).env("PATH", &path).output().unwrap();
        let report = String::from_utf8(done.stdout).unwrap();
        assert!(report.contains("is what `build --prune --carried-out "), "{report}");
        let runs = programs.read("git.runs").lines().count();
        std::fs::remove_file(programs.path().join("git.runs")).unwrap();
        runs
    };
    assert_eq!(runs_of_check(12), runs_of_check(2));
}

#[test]
fn a_revert_of_a_prune_passes_check_and_is_kept() {
    let workspace = repository();
    change(&workspace, &["main:2", "two:12", "three:13"]);
    let listed = workspace.run(&["teardown"]).exits(0).out();
    workspace.run(&["build", "--prune"]).exits(0);
    publish(&workspace);
    workspace.shell("git checkout -q -b pull && git revert --no-edit HEAD > /dev/null");
    let report = workspace.run(&["check"]).exits(0);
    assert!(report.err().contains("teardown records that were pruned are restored in `out/dns/"), "{}", report.err());
    assert!(report.out().ends_with(", except for teardown records in 3 files\n"), "{}", report.out());
    assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    workspace.run(&["check", "--strict"]).exits(0);
    assert!(workspace.run(&["build"]).exits(0).out().contains(": 0 files written, "));
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), listed);
}

#[test]
fn only_records_that_the_history_had_are_restored() {
    let workspace = repository();
    change(&workspace, &["main:2", "two:12", "three:13"]);
    workspace.run(&["build", "--prune"]).exits(0);
    publish(&workspace);
    workspace.shell("git checkout -q -b pull && git revert --no-edit HEAD > /dev/null");
    // Nobody has removed this namespace.
    workspace.shell("sed -i 's/^- shop-one$/&\\n- shop-three/' out/teardown/one.yaml");
    assert!(workspace.read("out/teardown/one.yaml").contains("- shop-three\n"));
    workspace.run(&["check"]).exits(1);
}

#[test]
fn restored_records_that_a_branch_uses_again_are_dropped_after_the_merge() {
    let workspace = repository();
    change(&workspace, &["main:2", "two:12", "three:13"]);
    workspace.run(&["build", "--prune"]).exits(0);
    publish(&workspace);
    workspace.shell("git tag prune");
    // More changes than a build reads; the last one uses an image of the plan again.
    for tag in 20..55 {
        change(&workspace, &[&format!("main:{tag}"), "two:12", "three:13"]);
    }
    change(&workspace, &["main:54", "two:12", "three:11"]);
    workspace.run(&["build", "--prune"]).exits(0);
    publish(&workspace);
    workspace.shell("git checkout -q -b pull && git revert --no-edit prune > /dev/null");
    assert!(workspace.read("out/teardown/one.yaml").contains("shop/app:11\n"));
    let report = workspace.run(&["check"]).exits(0);
    assert!(report.err().contains("except those in use"), "{}", report.err());
    assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    workspace.run(&["build"]).exits(0);
    let listed = workspace.run(&["teardown", "--removed"]).exits(0).out();
    assert_eq!(listed, "one\n  namespace  shop-one\n  dns        one.dev.example.com\n");
}

#[test]
fn what_a_branch_has_made_again_since_the_teardown_is_kept() {
    let workspace = repository();
    change(&workspace, &["main:1", "one:11", "three:13"]);
    workspace.shell("git tag carried-out");
    change(&workspace, &["main:1", "one:11", "two:12", "three:13"]);
    change(&workspace, &["main:1", "one:11", "three:13"]);
    let listed = workspace.run(&["teardown"]).exits(0).out();
    assert!(listed.contains("shop-two") && listed.contains("two.dev.example.com"), "{listed}");
    workspace.run(&["build", "--prune", "--carried-out", "carried-out"]).exits(0);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), listed);
    // The second teardown carries it out.
    workspace.run(&["build", "--prune", "--carried-out", "HEAD"]).exits(0);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
}

#[test]
fn the_carried_out_plans_must_be_known() {
    let workspace = repository();
    let error = workspace.run(&["build", "--prune", "--carried-out", "nowhere"]).exits(2).err();
    assert!(error.contains("`nowhere` is neither a folder nor a commit"), "{error}");
    let error = workspace.run(&["build", "--carried-out", "HEAD"]).exits(2).err();
    assert!(error.contains("--prune"), "{error}");
}

#[test]
fn the_script_of_the_pipelines_prunes_what_was_checked_out() {
    let workspace = repository();
    workspace.run(&["init", "--ci", "github"]).exits(0);
    change(&workspace, &["main:1", "two:2", "three:13"]);
    workspace.shell("git clone -q --bare . o.git && git clone -q o.git a && git clone -q o.git b");
    // Merged after the checkout of the pipeline.
    spec(&workspace, &["main:1", "three:13"]);
    workspace.shell("cp branches.yaml b/");
    workspace.run(&["-C", "b", "build"]).exits(0);
    workspace.shell("cd b && git add -A && git commit -qm meanwhile && git push -q 2> /dev/null");
    let pleach = std::path::Path::new(env!("CARGO_BIN_EXE_pleach")).parent().unwrap().display();
    workspace
        .shell(&format!("cd a && PATH={pleach}:$PATH sh ci/publish.sh prune pleach build --prune > /dev/null 2>&1"));
    assert_eq!(workspace.shell("git -C a log --format=%s -1"), "prune\n");
    assert_eq!(workspace.run(&["-C", "a", "teardown"]).exits(0).out(), TWO);
}

#[test]
fn a_plan_that_was_only_edited_is_reported_as_such() {
    let workspace = repository();
    change(&workspace, &["main:2", "two:12", "three:13"]);
    let plan = workspace.read("out/teardown/one.yaml");
    workspace.write("out/teardown/one.yaml", format!("# by hand\n{plan}"));
    let checked = workspace.run(&["check"]).exits(0);
    let want = "warning[output]: the records in `out/teardown/one.yaml` are those of a build, but the text was edited\n  = help: run `pleach build`";
    assert!(checked.err().contains(want), "{}", checked.err());
    assert_eq!(checked.out(), "`out` is what a build writes, except for the text in 1 file\n");
    workspace.run(&["check", "--strict"]).exits(2);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.read("out/teardown/one.yaml"), plan);
}
