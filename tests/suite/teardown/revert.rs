//! Changes that are undone with `git revert`: what they had created is recorded by the next build.

use crate::teardown::TeardownPlan;
use crate::tests::kit::Workspace;
use crate::tests::teardown::git::GitWorkspace;

/// A repository with the branch `main`, merged to `origin/main`.
fn repository() -> GitWorkspace {
    let repository = GitWorkspace::new(true);
    spec(&repository, &["main:1"]);
    repository.build(&[]);
    repository.commit();
    repository.merge();
    repository
}

/// Writes a spec with these branches, each with the tag of its image. A branch has a host, a database and a role of its own.
fn spec(repository: &GitWorkspace, branches: &[&str]) {
    let branch = |branch: &&str| {
        let (name, tag) = branch.split_once(':').unwrap();
        format!(
            "- values: {{image: 'r.example.com/app:{tag}', place: containers, role: true, database: schema, names: x}}\n  name: {name}\n"
        )
    };
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                zones: {dev.example.com: {CNAME: [ingress.example.net]}}\n\
                cleanup: {images: {repositories: ['r.example.com/*']}, databases: [schema/main/main, schema/main/new, schema/main/other]}\nbranches:\n";
    let branches: String = branches.iter().map(branch).collect();
    repository.workspace.write("branches.yaml", format!("{head}{branches}"));
}

/// Builds, commits and merges a change of the spec.
fn change(repository: &GitWorkspace, branches: &[&str]) {
    spec(repository, branches);
    repository.build(&[]);
    repository.commit();
    repository.merge();
}

fn shell(repository: &GitWorkspace, line: &str) {
    assert_eq!(repository.workspace.shell(line), "");
}

fn plan(repository: &GitWorkspace, slug: &str) -> TeardownPlan {
    TeardownPlan::parse(&repository.workspace.read(&format!("out/teardown/{slug}.yaml"))).unwrap()
}

/// The plan of the branch `new` has its whole footprint.
#[track_caller]
fn assert_whole(repository: &GitWorkspace) {
    let footprint = plan(repository, "new").footprint;
    assert_eq!(footprint.namespaces.iter().collect::<Vec<_>>(), ["shop-new"]);
    assert_eq!(footprint.objects.iter().map(|object| object.name.as_str()).collect::<Vec<_>>(), ["shop-new"]);
    let names: Vec<&str> = footprint.names.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["new.dev.example.com"]);
    assert_eq!(footprint.databases.iter().map(|database| database.name.as_str()).collect::<Vec<_>>(), ["new"]);
    assert_eq!(footprint.images.iter().collect::<Vec<_>>(), ["r.example.com/app:2"]);
    let zone_change = repository.workspace.read("out/dns/dev.example.com/new.yaml");
    assert!(zone_change.contains("absent:\n- new.dev.example.com\n"), "{zone_change}");
}

/// What `check` prints to standard error, where it passes.
fn checked(repository: &GitWorkspace) -> String {
    repository.workspace.run(&["check"]).exits(0).err()
}

#[test]
fn a_revert_on_the_default_branch_is_recorded_by_the_next_build() {
    let repository = repository();
    change(&repository, &["main:1", "new:2"]);
    shell(&repository, "git revert --no-edit HEAD > /dev/null");
    repository.merge();
    let output = checked(&repository);
    let want = "warning[output]: the next build adds teardown records to `out/dns/dev.example.com/new.yaml`, \
                `out/teardown/new.yaml`\n";
    assert!(output.contains(want), "{output}");
    repository.build(&[]);
    assert_whole(&repository);
    let built = repository.tree();
    for _ in 0..2 {
        assert_eq!(checked(&repository), "");
        repository.commit();
        repository.merge();
        repository.build(&[]);
        assert_eq!(repository.tree(), built, "a build is its own fixed point");
    }
}

#[test]
fn a_reverted_removal_and_a_reverted_image_need_no_more_records_than_they_leave() {
    let repository = repository();
    change(&repository, &["main:1", "new:2"]);
    change(&repository, &["main:1"]);
    assert_whole(&repository);
    shell(&repository, "git revert --no-edit HEAD > /dev/null");
    repository.merge();
    assert_eq!(checked(&repository), "", "the branch exists again, and nothing is removed");
    change(&repository, &["main:3", "new:2"]);
    shell(&repository, "git revert --no-edit HEAD > /dev/null");
    repository.merge();
    let output = checked(&repository);
    assert!(output.contains("adds teardown records to `out/teardown/main.yaml`\n"), "{output}");
    repository.build(&[]);
    assert_eq!(plan(&repository, "main").footprint.images.iter().collect::<Vec<_>>(), ["r.example.com/app:3"]);
}

#[test]
fn the_build_after_a_merge_writes_exactly_the_records_that_check_names() {
    let merges = [
        "git merge -q --no-ff -m merge revert",
        "git merge -q --squash revert > /dev/null && git commit -qm squashed",
        "git merge -q --ff-only revert",
    ];
    for merge in merges {
        let repository = repository();
        change(&repository, &["main:1", "new:2"]);
        shell(&repository, "git checkout -q -b revert && git revert --no-edit HEAD > /dev/null");
        let output = repository.workspace.run(&["check", "--base", "origin/main"]).exits(0).err();
        assert!(output.contains("`out/dns/dev.example.com/new.yaml`, `out/teardown/new.yaml`\n"), "{output}");
        // What a build in the pull request would write.
        repository.build(&[]);
        let want = repository.tree();
        shell(&repository, "git clean -fdq && git checkout -q . && git checkout -q main");
        shell(&repository, merge);
        repository.merge();
        assert!(checked(&repository).contains("the next build adds teardown records to"), "{merge}");
        repository.build(&[]);
        assert_eq!(repository.tree(), want, "{merge}");
        assert_whole(&repository);
    }
}

#[test]
fn only_files_that_gain_records_are_said_to() {
    let repository = repository();
    change(&repository, &["main:1", "other:3"]);
    change(&repository, &["main:1"]);
    change(&repository, &["main:1", "new:2"]);
    shell(&repository, "git revert --no-edit HEAD > /dev/null");
    repository.workspace.edit("out/teardown/other.yaml", "project: shop\n", "# Not carried out yet.\nproject: shop\n");
    repository.commit();
    repository.merge();
    let ran = repository.workspace.run(&["check"]).exits(0);
    let warnings = [
        "the next build adds teardown records to `out/dns/dev.example.com/new.yaml`, `out/teardown/new.yaml`\n",
        "the records in `out/teardown/other.yaml` are those of a build, but the text was edited\n",
    ];
    for warning in warnings {
        assert!(ran.err().contains(&format!("warning[output]: {warning}")), "{}", ran.err());
    }
    assert_eq!(
        ran.out(),
        "`out` is what a build writes, except for teardown records in 2 files and the text in 1 file\n"
    );
}

#[test]
fn a_record_that_a_pull_request_drops_is_an_error() {
    let repository = repository();
    change(&repository, &["main:1", "new:2"]);
    change(&repository, &["main:1"]);
    shell(&repository, "git checkout -q -b drop");
    // Pruning removes the zone change too.
    for file in ["out/teardown/new.yaml", "out/dns/dev.example.com/new.yaml"] {
        std::fs::remove_file(repository.workspace.path().join(file)).unwrap();
        let output = repository.workspace.run(&["check"]).exits(1).out();
        assert!(output.starts_with(&format!("missing    {file}\n")), "{output}");
        shell(&repository, "git checkout -q .");
    }
    repository.workspace.edit("out/teardown/new.yaml", "images:\n- r.example.com/app:2\n", "images: []\n");
    let output = repository.workspace.run(&["check"]).exits(1).out();
    assert!(output.starts_with("modified   out/teardown/new.yaml\n"), "{output}");
    // So has an entry that a pull request drops while it removes another branch.
    shell(&repository, "git checkout -q .");
    change(&repository, &["main:1", "other:3"]);
    spec(&repository, &["main:1"]);
    repository.build(&[]);
    std::fs::remove_file(repository.workspace.path().join("out/teardown/other.yaml")).unwrap();
    assert!(checked(&repository).contains("adds teardown records to `out/teardown/other.yaml`"));
    repository.workspace.edit("out/teardown/new.yaml", "namespaces:\n- shop-new\n", "namespaces: []\n");
    let output = repository.workspace.run(&["check"]).exits(1).out();
    assert!(output.contains("modified   out/teardown/new.yaml\n"), "{output}");
    shell(&repository, "git checkout -q . && git clean -fdq");
    // A record that no build would write is a difference too.
    repository.workspace.edit("out/teardown/new.yaml", "app:2\n", "app:2\n- r.example.com/other:2\n");
    repository.workspace.run(&["check"]).exits(1);
}

#[test]
fn without_history_a_missing_record_is_an_error() {
    let repository = repository();
    change(&repository, &["main:1", "new:2"]);
    let before = Workspace::copy_of(&repository.workspace.path().join("out"));
    spec(&repository, &["main:1"]);
    repository.build(&[]);
    std::fs::remove_file(repository.workspace.path().join("out/teardown/new.yaml")).unwrap();
    checked(&repository);
    let base = before.path().to_str().unwrap();
    let output = repository.workspace.run(&["check", "--base", base]).exits(1).out();
    assert!(output.starts_with("missing    out/teardown/new.yaml\n"), "{output}");
}

#[test]
fn a_revert_is_found_below_later_changes() {
    let repository = repository();
    change(&repository, &["main:1", "new:2"]);
    shell(&repository, "git branch -q other && git revert --no-edit HEAD > /dev/null");
    repository.merge();
    // Another pull request, which was built before the revert.
    shell(&repository, "git checkout -q other && git update-ref refs/remotes/origin/main other");
    repository.workspace.edit("branches.yaml", "app:1", "app:4");
    repository.build(&[]);
    repository.commit();
    shell(&repository, "git checkout -q main && git merge -q --no-edit other > /dev/null");
    repository.merge();
    assert!(checked(&repository).contains("`out/teardown/new.yaml`\n"));
    // Shards on separate machines find the same.
    let merged = repository.tree();
    repository.build(&[]);
    assert_whole(&repository);
    let built = repository.tree();
    repository.put(&merged);
    for shard in ["1/3", "2/3", "3/3"] {
        repository.build(&["--shard", shard]);
    }
    assert_eq!(repository.tree(), built);
}

#[test]
fn what_was_recorded_and_pruned_does_not_come_back() {
    let repository = repository();
    change(&repository, &["main:1", "new:2"]);
    change(&repository, &["main:1"]);
    repository.build(&["--prune"]);
    repository.commit();
    repository.merge();
    for tag in ["main:5", "main:6"] {
        change(&repository, &[tag]);
        let files: Vec<String> = repository.workspace.files("out/teardown").into_keys().collect();
        assert_eq!(files, ["main.yaml"]);
        assert!(!repository.workspace.path().join("out/dns/dev.example.com/new.yaml").exists());
    }
    // Used again and removed without a record, it does.
    change(&repository, &["main:6", "new:2"]);
    shell(&repository, "git revert --no-edit HEAD > /dev/null");
    repository.merge();
    repository.build(&[]);
    assert_whole(&repository);
}

#[test]
fn records_are_pruned_as_a_whole_and_on_request() {
    let repository = repository();
    change(&repository, &["main:1", "new:2", "other:3"]);
    change(&repository, &["main:4"]);
    for prune in ["--prune", "--prune=removed"] {
        repository.build(&[prune]);
        let written = format!("`out` is what `build {prune}` writes");
        let report = repository.workspace.run(&["check", "--prune", "--strict"]).exits(0).out();
        assert!(report.starts_with(&format!("{written}: ")), "{report}");
        // Somebody may have deleted them by hand.
        let report = repository.workspace.run(&["check"]).exits(1).out();
        assert!(report.starts_with("missing    out/dns/dev.example.com/new.yaml\n"), "{report}");
        let hint = format!("{written}: if the records were carried out, `pleach check --prune` accepts it\n");
        assert!(report.ends_with(&hint), "{report}");
        shell(&repository, "git checkout -q . && git clean -fdq out");
    }
    // Another pull request that was merged meanwhile has records of its own, or somebody has deleted these by hand.
    shell(&repository, "rm out/teardown/new.yaml out/dns/dev.example.com/new.yaml");
    for command in [&["check"][..], &["check", "--prune"]] {
        let report = repository.workspace.run(command).exits(1).out();
        let want = "missing    out/dns/dev.example.com/new.yaml\nmissing    out/teardown/new.yaml\n\
                    2 files are not what a build writes: run `pleach build`\n";
        assert_eq!(report, want);
    }
    repository.build(&[]);
    assert_whole(&repository);
}

/// If the commits of a change become part of the default branch, its history says that these records were carried out.
#[test]
fn a_record_that_a_commit_of_the_change_had_is_an_error() {
    for edit in ["rm out/teardown/new.yaml out/dns/dev.example.com/new.yaml", "sed -i /app:2/d out/teardown/new.yaml"] {
        let repository = repository();
        change(&repository, &["main:1", "new:2"]);
        spec(&repository, &["main:1"]);
        repository.build(&[]);
        repository.commit();
        shell(&repository, edit);
        shell(&repository, "git add -A && git commit -qm drop");
        let report = repository.workspace.run(&["check", "--base", "origin/main"]).exits(1).out();
        assert!(report.contains("out/teardown/new.yaml\n"), "{report}");
        // Another commit without any of them is the same.
        shell(&repository, "git commit -q --allow-empty -m more");
        repository.workspace.run(&["check"]).exits(1);
    }
}

/// A build reads a limited number of commits.
#[test]
fn a_missing_record_below_many_commits_is_an_error() {
    let repository = repository();
    change(&repository, &["main:1", "new:2"]);
    spec(&repository, &["main:1"]);
    repository.build(&[]);
    shell(&repository, "rm out/teardown/new.yaml out/dns/dev.example.com/new.yaml");
    repository.commit();
    checked(&repository);
    let change = |i| format!("echo 'x: {i}' >> out/namespaces/main/pleach.lock && git commit -qam c{i}");
    shell(&repository, &(0..30).map(change).collect::<Vec<_>>().join(" && "));
    shell(&repository, "git checkout -q HEAD~30 -- out && git commit -qam same");
    repository.workspace.run(&["check"]).exits(1);
    shell(&repository, "git reset -q --hard HEAD~31");
    checked(&repository);
    shell(&repository, "for i in $(seq 200); do git commit -q --allow-empty -m c; done");
    repository.workspace.run(&["check"]).exits(1);
}

#[test]
fn what_was_pruned_and_merged_does_not_come_back_in_a_fresh_clone() {
    let merges = [
        "git merge -q --ff-only prune",
        "git merge -q --no-ff -m merge prune",
        "git merge -q --squash prune > /dev/null",
    ];
    for merge in merges {
        let repository = repository();
        change(&repository, &["main:1", "new:2"]);
        // A commit that removes the branch without a record, and a later one that has it.
        shell(&repository, "git revert --no-edit HEAD > /dev/null");
        repository.merge();
        repository.build(&[]);
        assert_whole(&repository);
        repository.commit();
        repository.merge();
        shell(&repository, "git checkout -q -b prune");
        repository.build(&["--prune"]);
        repository.commit();
        shell(&repository, &format!("git checkout -q main && {merge}"));
        repository.commit();
        repository.merge();
        for later in ["true", "git commit -q --allow-empty -m one"] {
            shell(&repository, &format!("{later}; rm -rf clone; git clone -q . clone"));
            let clone = |args: &[&str]| repository.workspace.run(&[&["-C", "clone"], args].concat()).exits(0);
            assert!(clone(&["build"]).out().contains(": 0 files written, "), "{merge}");
            assert_eq!(clone(&["check", "--strict"]).err(), "", "{merge}");
            assert_eq!(clone(&["teardown"]).out(), "nothing to tear down\n");
        }
    }
}

/// An earlier version of pleach accepted names that Git does not allow.
#[test]
fn a_record_of_a_branch_with_an_invalid_name_counts_until_it_is_pruned() {
    let repository = repository();
    let rename = |file: &str, key: &str| {
        repository.workspace.edit(file, &format!("{key}: new\n"), &format!("{key}: a b\n"));
    };
    change(&repository, &["main:1", "new:2"]);
    let namespace = "out/namespaces/new/00-namespace-shop-new.yaml";
    rename(namespace, "pleach.dev/branch-name");
    shell(&repository, "git commit -qam renamed");
    repository.merge();
    change(&repository, &["main:1"]);
    let written = plan(&repository, "new");
    assert_eq!((written.branch.as_str(), written.footprint.namespaces.len()), ("new", 1), "a plan can be read again");
    rename("out/teardown/new.yaml", "branch");
    shell(
        &repository,
        "git commit -qam renamed && git rm -qr out/teardown out/dns/dev.example.com/new.yaml && git commit -qm pruned",
    );
    repository.merge();
    assert_eq!(checked(&repository), "");
    repository.build(&[]);
    assert!(!repository.workspace.path().join("out/teardown").exists());
}
