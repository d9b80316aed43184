//! Zone change files in a repository: pull requests, the base revision, merges.

use crate::tests::kit::{Workspace, files, root};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A repository with three branches, built and committed as `main`; `origin/main` is the same commit.
struct Repository(Workspace);

impl Repository {
    fn new() -> Self {
        let workspace = Workspace::empty();
        workspace.write(
            "branches.yaml",
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: [\"{{ branch.slug }}.dev.example.com\"]\n\
             zones:\n  dev.example.com: {ttl: 60, CNAME: [ingress.example.net]}\nbranches:\n- name: main\n",
        );
        workspace.write("base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n");
        let repository = Repository(workspace);
        repository.git(&["init", "-q", "-b", "main"]);
        for name in ["login", "search"] {
            repository.branch(name, "");
        }
        repository.build();
        repository.commit("the first");
        repository.update_origin();
        repository
    }

    fn git(&self, args: &[&str]) -> String {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let done = Command::new("git").args(identity).args(args).current_dir(self.0.path()).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
    }

    /// Moves `origin/main` to the commit that is checked out.
    fn update_origin(&self) {
        self.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    }

    /// Writes a branch to a file in `branches.d/`; `more` is appended to its entry.
    fn branch(&self, name: &str, more: &str) {
        self.0.write(&format!("branches.d/{name}.yaml"), format!("name: {name}\n{more}"));
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.0.path().join(format!("branches.d/{name}.yaml"))).unwrap();
    }

    /// Builds, and asserts that `check` and `diff` then report nothing.
    fn build(&self) {
        self.0.run(&["build"]).exits(0);
        self.assert_unchanged();
    }

    fn assert_unchanged(&self) {
        self.0.run(&["check"]).exits(0);
        assert_eq!(self.0.run(&["diff"]).exits(0).out(), "");
    }

    fn assert_pruned(&self) {
        self.0.run(&["check"]).exits(1);
        self.0.run(&["check", "--prune"]).exits(0);
        assert_eq!(self.0.run(&["diff"]).exits(0).out(), "");
    }

    /// The zone change files, reduced to their names and without the zone suffix.
    fn zone(&self) -> BTreeMap<String, String> {
        let text = |text: Vec<u8>| {
            let text = String::from_utf8(text).unwrap();
            let lines = text.lines().filter(|line| line.contains("dev.example.com") || line.contains("absent"));
            lines
                .map(|line| line.trim_start_matches("  ").replace(".dev.example.com", ""))
                .collect::<Vec<_>>()
                .join(" ")
        };
        self.0.files("out/dns/dev.example.com").into_iter().map(|(name, content)| (name, text(content))).collect()
    }

    fn zone_change(&self, name: &str) -> Option<String> {
        self.zone().remove(&format!("{name}.yaml")).map(|text| text.replace(" zone: dev.example.com", ""))
    }

    /// Makes two changes in two Git branches, builds and commits each, merges both, and builds once more.
    fn in_two_pull_requests(&self, one: impl Fn(&Self), two: impl Fn(&Self)) {
        self.git(&["checkout", "-q", "-b", "one"]);
        one(self);
        self.build();
        self.commit("one");
        self.git(&["checkout", "-q", "-b", "two", "main"]);
        two(self);
        self.build();
        self.commit("two");
        // CI checks the second pull request merged into `main`, which already has the first one.
        self.git(&["checkout", "-q", "main"]);
        self.git(&["merge", "-q", "--no-edit", "one"]);
        self.assert_unchanged();
        self.update_origin();
        self.assert_unchanged();
        self.git(&["merge", "-q", "--no-edit", "two"]);
        self.assert_unchanged();
        self.build();
        assert_eq!(self.git(&["status", "--porcelain"]), "", "the merged output equals a build");
        self.update_origin();
        self.assert_unchanged();
    }
}

#[test]
fn two_branches_are_added_in_two_pull_requests() {
    let repository = Repository::new();
    repository.in_two_pull_requests(|r| r.branch("one", ""), |r| r.branch("two", ""));
    assert_eq!(repository.zone_change("one").as_deref(), Some("absent: [] name: one"));
    assert_eq!(repository.zone_change("two").as_deref(), Some("absent: [] name: two"));
}

#[test]
fn one_branch_is_added_and_one_removed_in_two_pull_requests() {
    let repository = Repository::new();
    repository.in_two_pull_requests(|r| r.branch("one", ""), |r| r.remove("login"));
    assert_eq!(repository.zone_change("one").as_deref(), Some("absent: [] name: one"));
    assert_eq!(repository.zone_change("login").as_deref(), Some("absent: - login"));
    let text = repository.0.read("out/dns/dev.example.com/login.yaml");
    assert!(text.contains("branch: login\n") && text.contains("present: []\n"), "{text}");
    assert!(!repository.0.path().join("out/namespaces/login").exists());
    let plan = repository.0.read("out/teardown/login.yaml");
    assert!(
        plan.contains("dns:\n- name: login.dev.example.com\n") && plan.contains("namespaces:\n- shop-login\n"),
        "{plan}"
    );
    // Another branch is removed while the plan of the first one still exists.
    repository.git(&["branch", "-q", "-D", "one", "two"]);
    repository.in_two_pull_requests(|r| r.remove("search"), |r| r.branch("three", ""));
    assert_eq!(repository.zone_change("search").as_deref(), Some("absent: - search"));
    assert_eq!(repository.zone_change("login").as_deref(), Some("absent: - login"));
    assert_eq!(repository.0.files("out/teardown").into_keys().collect::<Vec<_>>(), ["login.yaml", "search.yaml"]);
    assert_eq!(repository.0.read("out/teardown/login.yaml"), plan);
    // One branch is added again, and the plans of the others are pruned.
    repository.git(&["branch", "-q", "-D", "one", "two"]);
    repository.in_two_pull_requests(|r| r.branch("login", ""), |r| r.remove("one"));
    assert_eq!(repository.0.files("out/teardown").into_keys().collect::<Vec<_>>(), ["one.yaml", "search.yaml"]);
    repository.0.run(&["build", "--prune"]).exits(0);
    repository.assert_pruned();
    assert!(!repository.0.path().join("out/teardown").exists());
}

#[test]
fn two_branches_are_removed_in_two_pull_requests() {
    let repository = Repository::new();
    repository.in_two_pull_requests(|r| r.remove("login"), |r| r.remove("search"));
    assert_eq!(repository.0.files("out/teardown").into_keys().collect::<Vec<_>>(), ["login.yaml", "search.yaml"]);
}

/// Both pull requests pass `check`, and change different files.
#[test]
fn two_merges_without_a_conflict_leave_a_stale_output() {
    for merged in [["zone", "add"], ["add", "zone"]] {
        let repository = Repository::new();
        repository.git(&["checkout", "-q", "-b", "zone"]);
        repository.0.edit("branches.yaml", "ttl: 60", "ttl: 300");
        repository.build();
        repository.commit("zone");
        repository.0.run(&["check", "--base", "origin/main"]).exits(0);
        repository.git(&["checkout", "-q", "-b", "add", "main"]);
        repository.branch("new", "");
        repository.build();
        repository.commit("add");
        repository.0.run(&["check", "--base", "origin/main"]).exits(0);
        repository.git(&["checkout", "-q", "main"]);
        for branch in merged {
            repository.assert_unchanged();
            repository.git(&["merge", "-q", "--no-ff", "--no-edit", branch]);
        }
        for args in [&["check"][..], &["check", "--base", "origin/main"], &["check", "--base", "HEAD"]] {
            let report = repository.0.run(args).exits(1).out();
            let want =
                "modified   out/dns/dev.example.com/new.yaml\n1 file is not what a build writes: run `pleach build`\n";
            assert_eq!(report, want, "{args:?}");
        }
        let diff = repository.0.run(&["diff"]).exits(1).out();
        assert!(diff.contains("\n!   present[new.dev.example.com].ttl: 60 → 300\n"), "{diff}");
        repository.build();
        assert_eq!(repository.git(&["status", "--porcelain"]), " M out/dns/dev.example.com/new.yaml\n");
        repository.commit("repair");
        repository.update_origin();
        repository.assert_unchanged();
    }
}

#[test]
fn replaced_namespaces_are_found_in_git() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "move"]);
    repository.0.edit("branches.yaml", "project: shop\n", "project: shop\nnamespace: 'team-{{ branch.slug }}'\n");
    repository.build();
    repository.commit("move");
    repository.build();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    let plans = || repository.0.files("out/teardown").into_keys().collect::<Vec<_>>();
    assert_eq!(plans(), ["login.yaml", "main.yaml", "search.yaml"]);
    repository.update_origin();
    repository.build();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert!(repository.0.read("out/teardown/main.yaml").contains("namespaces:\n- shop-main\n"));
    // `diff --base` compares with the same output.
    let output = repository.0.run(&["diff", "--base", "main", "--format", "summary"]).exits(1).out();
    assert!(output.starts_with("0 environments to add, 3 to change, 0 to delete\n"), "{output}");
}

#[test]
fn a_branch_added_and_removed_in_one_pull_request_leaves_no_trace() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.branch("login", "hosts: [login.dev.example.com, extra.dev.example.com]\n");
    repository.branch("new", "");
    repository.build();
    repository.commit("more");
    assert_eq!(repository.zone_change("login").as_deref(), Some("absent: [] name: extra name: login"));
    repository.branch("login", "");
    repository.remove("new");
    repository.build();
    repository.commit("less");
    assert_eq!(repository.git(&["diff", "main", "HEAD", "--", "out"]), "");
    // Without a base revision, the output on the disk is the previous output.
    repository.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    repository.branch("new", "");
    repository.build();
    repository.remove("new");
    repository.build();
    assert_eq!(repository.zone_change("new").as_deref(), Some("absent: - new"));
    // The base revision can be given.
    repository.0.run(&["build", "--base", "main"]).exits(0);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    repository.0.run(&["check", "--base", "main"]).exits(0);
}

#[test]
fn the_base_revision_follows_the_default_branch_of_origin() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "develop"]);
    repository.branch("new", "");
    repository.build();
    repository.commit("new");
    repository.git(&["update-ref", "refs/remotes/origin/develop", "HEAD"]);
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.remove("new");
    let head =
        |to: &str| repository.git(&["symbolic-ref", "refs/remotes/origin/HEAD", &format!("refs/remotes/origin/{to}")]);
    let zone_change = || {
        repository.git(&["checkout", "-q", "--", "out"]);
        repository.build();
        repository.zone_change("new")
    };
    // Compared with `main`, the branch was added and removed; the output in `develop` has it.
    assert_eq!(zone_change(), None);
    for (to, want) in
        [("develop", Some("absent: - new")), ("main", None), ("develop", Some("absent: - new")), ("removed", None)]
    {
        head(to);
        assert_eq!(zone_change().as_deref(), want, "{to}");
    }
    repository.git(&["symbolic-ref", "--delete", "refs/remotes/origin/HEAD"]);
    assert_eq!(zone_change(), None);
}

#[test]
fn a_merge_in_progress_loses_no_entry() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.branch("mine", "");
    repository.build();
    repository.commit("mine");
    // Meanwhile, a branch is added and removed in `main`.
    repository.git(&["checkout", "-q", "main"]);
    for change in [|r: &Repository| r.branch("short", ""), |r: &Repository| r.remove("short")] {
        change(&repository);
        repository.build();
        repository.commit("short");
        repository.update_origin();
    }
    repository.git(&["checkout", "-q", "topic"]);
    repository.git(&["merge", "-q", "--no-commit", "main"]);
    repository.build();
    assert_eq!(repository.zone_change("short").as_deref(), Some("absent: - short"));
    repository.commit("merged");
    repository.assert_unchanged();
}

#[test]
fn deleted_output_files_are_found() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.remove("login");
    repository.build();
    std::fs::remove_file(repository.0.path().join("out/dns/dev.example.com/login.yaml")).unwrap();
    std::fs::remove_file(repository.0.path().join("out/teardown/login.yaml")).unwrap();
    let output = repository.0.run(&["check"]).exits(0).err();
    let want = "records to `out/dns/dev.example.com/login.yaml`, `out/teardown/login.yaml`\n";
    assert!(output.contains(want), "{output}");
    let output = repository.0.run(&["diff", "--format", "summary"]).exits(1).out();
    assert_eq!(output, "0 environments to add, 1 to change, 0 to delete\n~ login: 2 objects changed\n");
    // The same after the whole output was deleted.
    std::fs::remove_dir_all(repository.0.path().join("out")).unwrap();
    repository.build();
    assert_eq!(repository.zone_change("login").as_deref(), Some("absent: - login"));
    assert!(repository.0.read("out/teardown/login.yaml").contains("namespaces:\n- shop-login\n"));
}

#[test]
fn a_removed_branch_is_reported_as_removed() {
    let repository = Repository::new();
    repository.remove("login");
    let output = repository.0.run(&["diff", "--format", "summary"]).exits(1).out();
    let want = "- login: removed, 4 objects\n0 environments to add, 0 to change, 1 to delete\nDNS names:\n  \
                login.dev.example.com is removed in login\n";
    assert_eq!(output, want);
    let json = repository.0.run(&["diff", "--format", "json"]).exits(1).out();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["branches"][0]["name"].as_str(), json["branches"][0]["change"].as_str()),
        (Some("login"), Some("removed"))
    );
}

#[test]
fn absent_names_are_pruned() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "remove"]);
    repository.remove("login");
    repository.branch("search", "hosts: [search2.dev.example.com]\n");
    // Entries that this pull request adds are not pruned.
    repository.0.run(&["build", "--prune"]).exits(0);
    repository.assert_unchanged();
    assert_eq!(repository.zone_change("login").as_deref(), Some("absent: - login"));
    assert_eq!(repository.zone_change("search").as_deref(), Some("absent: - search name: search2"));
    repository.commit("remove");
    repository.update_origin();

    repository.git(&["checkout", "-q", "-b", "prune"]);
    repository.remove("search");
    repository.0.run(&["build", "--prune"]).exits(0);
    repository.assert_pruned();
    assert_eq!(repository.zone_change("login"), None);
    assert_eq!(repository.zone_change("search").as_deref(), Some("absent: - search2"));
    repository.commit("prune");
    repository.assert_pruned();
    repository.update_origin();
    repository.build();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");

    repository.0.run(&["build", "--prune"]).exits(0);
    assert_eq!(repository.zone().keys().collect::<Vec<_>>(), ["main.yaml"]);
    repository.assert_pruned();
}

#[test]
fn the_base_revision_is_a_commit_a_workspace_or_an_output() {
    let repository = Repository::new();
    let other = Workspace::copy_of(repository.0.path());
    repository.remove("login");
    repository.0.run(&["build"]).exits(0);
    let want = repository.zone();
    let path = other.path().to_str().unwrap().to_owned();
    for base in ["HEAD", "main", "origin/main", &path, &format!("{path}/out")] {
        std::fs::remove_dir_all(repository.0.path().join("out/dns")).unwrap();
        repository.0.run(&["build", "--base", base]).exits(0);
        assert_eq!(repository.zone(), want, "{base}");
        repository.0.run(&["check", "--base", base]).exits(0);
    }
    let empty = Workspace::empty();
    let output = repository.0.run(&["check", "--base", empty.path().to_str().unwrap()]).exits(1).out();
    assert!(output.starts_with("stale      out/dns/dev.example.com/login.yaml\n"), "{output}");
    for command in ["build", "check", "diff"] {
        let output = repository.0.run(&[command, "--base", "nowhere"]).exits(2).err();
        assert!(output.contains("`nowhere` is neither a folder nor a commit"), "{output}");
        let output = repository.0.run(&[command, "--base", ""]).exits(2).err();
        assert!(output.contains("`` is neither a folder nor a commit"), "{output}");
    }
}

#[test]
fn a_build_replaces_a_file_with_conflict_markers() {
    let repository = Repository::new();
    let path = "out/dns/dev.example.com/login.yaml";
    let text = repository.0.read(path);
    repository.0.write(path, format!("<<<<<<< HEAD\n{text}=======\nabsent:\n- x\n>>>>>>> other\n"));
    let output = repository.0.run(&["check"]).exits(1).out();
    assert!(output.starts_with(&format!("modified   {path}\n")), "{output}");
    repository.build();
    assert_eq!(repository.0.read(path), text);
}

#[test]
fn a_selection_writes_only_its_own_files() {
    let repository = Repository::new();
    let shards = Workspace::copy_of(repository.0.path());
    for workspace in [&repository.0, &shards] {
        std::fs::remove_file(workspace.path().join("branches.d/login.yaml")).unwrap();
        workspace.write("branches.d/new.yaml", "name: new\n");
        workspace.write("branches.d/search.yaml", "name: search\nhosts: [other.dev.example.com]\n");
        workspace.write("out/dns/dev.example.com/.new.yaml.7665bb23.pleach", "torn");
    }
    let before = repository.0.files("out");
    repository.0.run(&["build", "--only", "new"]).exits(0);
    let after = repository.0.files("out");
    let changed: Vec<&String> =
        after.iter().filter(|(path, text)| before.get(*path) != Some(text)).map(|f| f.0).collect();
    assert_eq!(changed.last().unwrap().as_str(), "namespaces/new/pleach.lock");
    assert_eq!(changed[0], "dns/dev.example.com/new.yaml");
    assert!(changed.iter().skip(1).all(|path| path.starts_with("namespaces/new/")), "{changed:?}");
    assert!(before.keys().all(|path| after.contains_key(path) || path.ends_with(".pleach")));
    repository.0.run(&["build"]).exits(0);
    for shard in ["1/3", "2/3", "3/3"] {
        shards.run(&["build", "--shard", shard]).exits(0);
    }
    assert_eq!(shards.files("out"), repository.0.files("out"));
    assert_eq!(repository.zone_change("search").as_deref(), Some("absent: - search name: other"));
}

#[test]
fn unmanaged_files_are_kept() {
    let repository = Repository::new();
    let unmanaged =
        ["out/dns/dev.example.com/notes.txt", "out/dns/dev.example.com/a.yaml", "out/dns/other.example.com/b.yaml"];
    for path in unmanaged {
        repository.0.write(path, "kind: Something\n");
    }
    // A file with the header of a zone change file is owned, and this one is stale.
    let text = repository.0.read("out/dns/dev.example.com/login.yaml");
    repository.0.write("out/dns/test.example.com/old.yaml", text.replace("login.dev", "old.test"));
    let output = repository.0.run(&["build"]).exits(2).err();
    assert!(output.contains("`out/dns/dev.example.com` has 2 unmanaged files: `a.yaml`, `notes.txt`"), "{output}");
    let output = repository.0.run(&["check"]).exits(1).out();
    assert!(output.contains("stale      out/dns/test.example.com/old.yaml\n"), "{output}");
    repository.0.run(&["build", "--keep-unmanaged"]).exits(0);
    assert!(unmanaged.iter().all(|path| repository.0.path().join(path).exists()));
    assert!(!repository.0.path().join("out/dns/test.example.com").exists());
}

#[test]
fn a_failed_branch_keeps_its_zone_change() {
    let repository = Repository::new();
    repository.0.write("base/config.yaml.j2", "{% if branch.name == 'login' %}{{ nope }}{% endif %}\n");
    repository.branch("login", "hosts: [other.dev.example.com]\n");
    repository.branch("search", "hosts: [another.dev.example.com]\n");
    repository.0.run(&["build", "--keep-going"]).exits(2);
    assert_eq!(repository.zone_change("login").as_deref(), Some("absent: [] name: login"));
    assert_eq!(repository.zone_change("search").as_deref(), Some("absent: - search name: another"));
}

#[test]
fn a_name_moves_only_when_its_new_branch_can_be_built() {
    let repository = Repository::new();
    let alias = |to: &str| {
        let spec = repository.0.read("branches.yaml");
        let kept: String = spec.lines().filter(|line| !line.starts_with("aliases")).fold(String::new(), |all, line| {
            let alias = if line == "branches:" { format!("aliases: {{stable: {to}}}\n") } else { String::new() };
            all + &alias + line + "\n"
        });
        repository.0.write("branches.yaml", kept);
    };
    std::fs::remove_dir_all(repository.0.path().join(".git")).unwrap();
    alias("login");
    repository.0.run(&["build"]).exits(0);
    let before = repository.0.read("out/dns/dev.example.com/login.yaml");
    assert!(before.contains("stable"), "{before}");
    alias("search");
    let broken = "{% if branch.name == 'search' %}{{ nope }}{% endif %}\n";
    repository.0.write("base/config.yaml.j2", broken);
    let output = repository.0.run(&["build", "--keep-going"]).exits(2).err();
    assert!(
        output.contains("`stable.dev.example.com` stays in `dns/dev.example.com/login.yaml` until `search`"),
        "{output}"
    );
    assert_eq!(repository.0.read("out/dns/dev.example.com/login.yaml"), before);
    assert!(!repository.0.read("out/dns/dev.example.com/search.yaml").contains("stable"));
    // In both outcomes, one of the files lists the name.
    repository.0.write("base/config.yaml.j2", "");
    repository.build();
    assert!(!repository.0.read("out/dns/dev.example.com/login.yaml").contains("stable"));
    assert!(repository.0.read("out/dns/dev.example.com/search.yaml").contains("stable"));
    repository.0.write("base/config.yaml.j2", broken.replace("search", "main"));
    alias("main");
    repository.0.run(&["build", "--keep-going"]).exits(2);
    repository.0.write("base/config.yaml.j2", "");
    repository.0.edit("branches.yaml", "aliases: {stable: main}\n", "");
    repository.build();
    assert_eq!(repository.zone_change("search").as_deref(), Some("absent: - stable name: search"));
}

#[cfg(unix)]
#[test]
fn git_runs_only_if_it_is_needed() {
    use std::os::unix::fs::PermissionsExt;
    let programs = Workspace::empty();
    programs.write("git", "#!/bin/sh\ntouch \"$0.ran\"\nPATH=${PATH#*:} exec git \"$@\"\n");
    std::fs::set_permissions(programs.path().join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let ran = |workspace: &Workspace| {
        let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap());
        let done = workspace.command().arg("build").env("PATH", path).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        programs.path().join("git.ran").exists()
    };
    let built = Workspace::small();
    built.run(&["build"]).exits(0);
    assert!(!ran(&built));
    built.commit_all();
    assert!(ran(&built), "git runs in a repository, with and without zones");
    std::fs::remove_file(programs.path().join("git.ran")).unwrap();
    std::fs::remove_dir_all(built.path().join("out")).unwrap();
    assert!(ran(&built), "git runs if the output may have been deleted");
}

#[test]
fn the_sample_has_a_file_for_every_branch() {
    let names: Vec<String> = files(&root().join(Path::new("out/dns/dev.example.com"))).into_keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn the_records_and_the_declaration_of_a_zone_are_removed_together() {
    let repository = Repository::new();
    let old = "  old.example.org: {CNAME: [ingress.example.net]}\n";
    let strict = |args: &[&str]| repository.0.run(&[args, &["--strict"]].concat());
    repository.0.edit("branches.yaml", "branches:\n", &format!("{old}branches:\n"));
    repository.branch("search", "hosts: [search.old.example.org]\n");
    repository.build();
    repository.commit("a host in another zone");
    repository.update_origin();
    repository.branch("search", "");
    strict(&["build"]).exits(0);
    repository.commit("no host");
    repository.update_origin();
    // The zone is needed until its names are deleted, and of no use afterwards.
    strict(&["check"]).exits(0);
    let error = strict(&["build", "--prune"]).exits(2).err();
    assert!(error.contains("no branch uses the zone `old.example.org`"), "{error}");
    repository.0.edit("branches.yaml", old, "");
    let error = strict(&["build"]).exits(2).err();
    assert!(error.contains("the zone `old.example.org` is not declared any more"), "{error}");
    strict(&["build", "--prune"]).exits(0);
    for _ in 0..2 {
        strict(&["check", "--prune"]).exits(0);
        repository.commit("prune");
        repository.update_origin();
        strict(&["build"]).exits(0);
        repository.0.write("README", "more");
    }
}
