//! Zone change files in a repository: pull requests, what is recorded at the commit where they began, merges.

use crate::tests::kit::{Workspace, files, root};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A repository with one branch, built and committed as `main`, which is what `origin/main` is.
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
        repository.merge_request();
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

    /// What is checked out becomes what `origin/main` is.
    fn merge_request(&self) {
        self.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    }

    /// A branch in a file of its own, with more to it.
    fn branch(&self, name: &str, more: &str) {
        self.0.write(&format!("branches.d/{name}.yaml"), format!("name: {name}\n{more}"));
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.0.path().join(format!("branches.d/{name}.yaml"))).unwrap();
    }

    /// Builds; then nothing differs from what was built.
    fn build(&self) {
        self.0.run(&["build"]).exits(0);
        self.clean();
    }

    fn clean(&self) {
        self.0.run(&["check"]).exits(0);
        assert_eq!(self.0.run(&["diff"]).exits(0).out(), "");
    }

    /// The files of the zone without what they all say.
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

    fn says(&self, name: &str) -> Option<String> {
        self.zone().remove(&format!("{name}.yaml")).map(|text| text.replace(" zone: dev.example.com", ""))
    }

    /// Two branches of git from here, each built and committed; then merged, and built once more.
    fn both(&self, one: impl Fn(&Self), two: impl Fn(&Self)) {
        self.git(&["checkout", "-q", "-b", "one"]);
        one(self);
        self.build();
        self.commit("one");
        self.git(&["checkout", "-q", "-b", "two", "main"]);
        two(self);
        self.build();
        self.commit("two");
        // What CI sees of the second: the first is on main already, and this is merged into it.
        self.git(&["checkout", "-q", "main"]);
        self.git(&["merge", "-q", "--no-edit", "one"]);
        self.clean();
        self.merge_request();
        self.clean();
        self.git(&["merge", "-q", "--no-edit", "two"]);
        self.clean();
        self.build();
        assert_eq!(self.git(&["status", "--porcelain"]), "", "the merged tree is what a build writes");
        self.merge_request();
        self.clean();
    }
}

#[test]
fn two_branches_are_added_in_two_pull_requests() {
    let repository = Repository::new();
    repository.both(|r| r.branch("one", ""), |r| r.branch("two", ""));
    assert_eq!(repository.says("one").as_deref(), Some("absent: [] name: one"));
    assert_eq!(repository.says("two").as_deref(), Some("absent: [] name: two"));
}

#[test]
fn one_is_added_and_one_retired() {
    let repository = Repository::new();
    repository.both(|r| r.branch("one", ""), |r| r.remove("login"));
    assert_eq!(repository.says("one").as_deref(), Some("absent: [] name: one"));
    assert_eq!(repository.says("login").as_deref(), Some("absent: - login"));
    let text = repository.0.read("out/dns/dev.example.com/login.yaml");
    assert!(text.contains("branch: login\n") && text.contains("present: []\n"), "{text}");
    assert!(!repository.0.path().join("out/namespaces/login").exists());
    let plan = repository.0.read("out/teardown/login.yaml");
    assert!(
        plan.contains("dns:\n- name: login.dev.example.com\n") && plan.contains("namespaces:\n- login\n"),
        "{plan}"
    );
    // Another one is teardown while the first is still on its way.
    repository.git(&["branch", "-q", "-D", "one", "two"]);
    repository.both(|r| r.remove("search"), |r| r.branch("three", ""));
    assert_eq!(repository.says("search").as_deref(), Some("absent: - search"));
    assert_eq!(repository.says("login").as_deref(), Some("absent: - login"));
    assert_eq!(repository.0.files("out/teardown").into_keys().collect::<Vec<_>>(), ["login.yaml", "search.yaml"]);
    assert_eq!(repository.0.read("out/teardown/login.yaml"), plan);
    // One comes back and the other is pruned.
    repository.git(&["branch", "-q", "-D", "one", "two"]);
    repository.both(|r| r.branch("login", ""), |r| r.remove("one"));
    assert_eq!(repository.0.files("out/teardown").into_keys().collect::<Vec<_>>(), ["one.yaml", "search.yaml"]);
    repository.0.run(&["build", "--prune"]).exits(0);
    repository.clean();
    assert!(!repository.0.path().join("out/teardown").exists());
}

#[test]
fn two_branches_are_retired_in_two_pull_requests() {
    let repository = Repository::new();
    repository.both(|r| r.remove("login"), |r| r.remove("search"));
    assert_eq!(repository.0.files("out/teardown").into_keys().collect::<Vec<_>>(), ["login.yaml", "search.yaml"]);
}

#[test]
fn a_namespace_that_branches_left_is_recorded_in_git() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "move"]);
    repository.0.edit("branches.yaml", "project: shop\n", "project: shop\nnamespace: 'x-{{ branch.slug }}'\n");
    repository.build();
    repository.commit("move");
    repository.build();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    let plans = || repository.0.files("out/teardown").into_keys().collect::<Vec<_>>();
    assert_eq!(plans(), ["login.yaml", "main.yaml", "search.yaml"]);
    repository.merge_request();
    repository.build();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert!(repository.0.read("out/teardown/main.yaml").contains("namespaces:\n- main\n"));
    // A diff with the beginning sees the same.
    let said = repository.0.run(&["diff", "--base", "main", "--format", "summary"]).exits(1).out();
    assert!(said.contains("3 branches differ"), "{said}");
}

#[test]
fn what_comes_and_goes_in_one_pull_request_leaves_no_trace() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.branch("login", "hosts: [login.dev.example.com, extra.dev.example.com]\n");
    repository.branch("new", "");
    repository.build();
    repository.commit("more");
    assert_eq!(repository.says("login").as_deref(), Some("absent: [] name: extra name: login"));
    repository.branch("login", "");
    repository.remove("new");
    repository.build();
    repository.commit("less");
    assert_eq!(repository.git(&["diff", "main", "HEAD", "--", "out"]), "");
    // Without a commit to begin from, what is on the disk was recorded.
    repository.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    repository.branch("new", "");
    repository.build();
    repository.remove("new");
    repository.build();
    assert_eq!(repository.says("new").as_deref(), Some("absent: - new"));
    // That can be said too.
    repository.0.run(&["build", "--base", "main"]).exits(0);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    repository.0.run(&["check", "--base", "main"]).exits(0);
}

#[test]
fn the_trunk_is_what_origin_says_that_it_is() {
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
    let says = || {
        repository.git(&["checkout", "-q", "--", "out"]);
        repository.build();
        repository.says("new")
    };
    // Seen from `main`, it comes and goes; `develop` has recorded it.
    assert_eq!(says(), None);
    for (to, want) in
        [("develop", Some("absent: - new")), ("main", None), ("develop", Some("absent: - new")), ("removed", None)]
    {
        head(to);
        assert_eq!(says().as_deref(), want, "{to}");
    }
    repository.git(&["symbolic-ref", "--delete", "refs/remotes/origin/HEAD"]);
    assert_eq!(says(), None);
}

#[test]
fn a_merge_that_is_on_its_way_forgets_nothing() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.branch("mine", "");
    repository.build();
    repository.commit("mine");
    // Meanwhile a branch comes and goes on main.
    repository.git(&["checkout", "-q", "main"]);
    for change in [|r: &Repository| r.branch("short", ""), |r: &Repository| r.remove("short")] {
        change(&repository);
        repository.build();
        repository.commit("short");
        repository.merge_request();
    }
    repository.git(&["checkout", "-q", "topic"]);
    repository.git(&["merge", "-q", "--no-commit", "main"]);
    repository.build();
    assert_eq!(repository.says("short").as_deref(), Some("absent: - short"));
    repository.commit("merged");
    repository.clean();
}

#[test]
fn what_is_forgotten_by_hand_is_found() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.remove("login");
    repository.build();
    std::fs::remove_file(repository.0.path().join("out/dns/dev.example.com/login.yaml")).unwrap();
    std::fs::remove_file(repository.0.path().join("out/teardown/login.yaml")).unwrap();
    let said = repository.0.run(&["check"]).exits(1).out();
    let want = "missing    out/dns/dev.example.com/login.yaml\nmissing    out/teardown/login.yaml\n2 files are";
    assert!(said.starts_with(want), "{said}");
    let said = repository.0.run(&["diff", "--format", "summary"]).exits(1).out();
    assert!(said.starts_with("login: "), "{said}");
    // Even if the whole output is lost.
    std::fs::remove_dir_all(repository.0.path().join("out")).unwrap();
    repository.build();
    assert_eq!(repository.says("login").as_deref(), Some("absent: - login"));
    assert!(repository.0.read("out/teardown/login.yaml").contains("namespaces:\n- login\n"));
}

#[test]
fn a_removed_branch_is_reported_as_removed() {
    let repository = Repository::new();
    repository.remove("login");
    let said = repository.0.run(&["diff", "--format", "summary"]).exits(1).out();
    assert_eq!(said, "login: removed, 4 files (+15 -25)\n1 branch differs, 4 files (+15 -25)\n");
    let json = repository.0.run(&["diff", "--format", "json"]).exits(1).out();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["branches"][0]["name"].as_str(), json["branches"][0]["change"].as_str()),
        (Some("login"), Some("removed"))
    );
}

#[test]
fn names_that_are_gone_are_pruned() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "remove"]);
    repository.remove("login");
    repository.branch("search", "hosts: [search2.dev.example.com]\n");
    // What is to go since this pull request stays.
    repository.0.run(&["build", "--prune"]).exits(0);
    repository.clean();
    assert_eq!(repository.says("login").as_deref(), Some("absent: - login"));
    assert_eq!(repository.says("search").as_deref(), Some("absent: - search name: search2"));
    repository.commit("remove");
    repository.merge_request();

    repository.git(&["checkout", "-q", "-b", "prune"]);
    repository.remove("search");
    repository.0.run(&["build", "--prune"]).exits(0);
    repository.clean();
    assert_eq!(repository.says("login"), None);
    assert_eq!(repository.says("search").as_deref(), Some("absent: - search2"));
    repository.commit("prune");
    repository.clean();
    repository.merge_request();
    repository.build();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");

    repository.0.run(&["build", "--prune"]).exits(0);
    assert_eq!(repository.zone().keys().collect::<Vec<_>>(), ["main.yaml"]);
    repository.clean();
}

#[test]
fn a_base_is_a_commit_a_workspace_or_an_output() {
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
    let said = repository.0.run(&["check", "--base", empty.path().to_str().unwrap()]).exits(1).out();
    assert!(said.starts_with("stale      out/dns/dev.example.com/login.yaml\n"), "{said}");
    for command in ["build", "check", "diff"] {
        let said = repository.0.run(&[command, "--base", "nowhere"]).exits(2).err();
        assert!(said.contains("`nowhere` is neither a folder nor a commit"), "{said}");
        let said = repository.0.run(&[command, "--base", ""]).exits(2).err();
        assert!(said.contains("`` is neither a folder nor a commit"), "{said}");
    }
}

#[test]
fn a_conflict_in_a_file_is_mended_by_a_build() {
    let repository = Repository::new();
    let path = "out/dns/dev.example.com/login.yaml";
    let text = repository.0.read(path);
    repository.0.write(path, format!("<<<<<<< HEAD\n{text}=======\nabsent:\n- x\n>>>>>>> other\n"));
    let said = repository.0.run(&["check"]).exits(1).out();
    assert!(said.starts_with(&format!("modified   {path}\n")), "{said}");
    repository.build();
    assert_eq!(repository.0.read(path), text);
}

#[test]
fn parts_write_their_own_files_and_leave_others_alone() {
    let repository = Repository::new();
    let shards = Workspace::copy_of(repository.0.path());
    for workspace in [&repository.0, &shards] {
        std::fs::remove_file(workspace.path().join("branches.d/login.yaml")).unwrap();
        workspace.write("branches.d/new.yaml", "name: new\n");
        workspace.write("branches.d/search.yaml", "name: search\nhosts: [other.dev.example.com]\n");
        workspace.write("out/dns/dev.example.com/.new.yaml.pleach", "torn");
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
    assert_eq!(repository.says("search").as_deref(), Some("absent: - search name: other"));
}

#[test]
fn files_of_others_stay() {
    let repository = Repository::new();
    let foreign =
        ["out/dns/dev.example.com/notes.txt", "out/dns/dev.example.com/a.yaml", "out/dns/other.example.com/b.yaml"];
    for path in foreign {
        repository.0.write(path, "kind: Something\n");
    }
    // What says that it is a zone change file is one, and this one nobody wants.
    let text = repository.0.read("out/dns/dev.example.com/login.yaml");
    repository.0.write("out/dns/test.example.com/old.yaml", text.replace("login.dev", "old.test"));
    let said = repository.0.run(&["build"]).exits(2).err();
    assert!(said.contains("`out/dns/dev.example.com` has 2 unmanaged files: `a.yaml`, `notes.txt`"), "{said}");
    let said = repository.0.run(&["check"]).exits(1).out();
    assert!(said.contains("stale      out/dns/test.example.com/old.yaml\n"), "{said}");
    repository.0.run(&["build", "--keep-unmanaged"]).exits(0);
    assert!(foreign.iter().all(|path| repository.0.path().join(path).exists()));
    assert!(!repository.0.path().join("out/dns/test.example.com").exists());
}

#[test]
fn a_branch_that_fails_keeps_its_file() {
    let repository = Repository::new();
    repository.0.write("base/config.yaml.j2", "{% if branch.name == 'login' %}{{ nope }}{% endif %}\n");
    repository.branch("login", "hosts: [other.dev.example.com]\n");
    repository.branch("search", "hosts: [another.dev.example.com]\n");
    repository.0.run(&["build", "--keep-going"]).exits(2);
    assert_eq!(repository.says("login").as_deref(), Some("absent: [] name: login"));
    assert_eq!(repository.says("search").as_deref(), Some("absent: - search name: another"));
}

#[test]
fn a_name_stays_where_it_is_until_the_branch_that_takes_it_can_be_built() {
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
    let said = repository.0.run(&["build", "--keep-going"]).exits(2).err();
    assert!(
        said.contains("`stable.dev.example.com` stays in `dns/dev.example.com/login.yaml` until `search`"),
        "{said}"
    );
    assert_eq!(repository.0.read("out/dns/dev.example.com/login.yaml"), before);
    assert!(!repository.0.read("out/dns/dev.example.com/search.yaml").contains("stable"));
    // Whatever becomes of it now, somebody tells of the name.
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
    assert_eq!(repository.says("search").as_deref(), Some("absent: - stable name: search"));
}

#[cfg(unix)]
#[test]
fn without_a_repository_nobody_waits_for_git() {
    use std::os::unix::fs::PermissionsExt;
    let programs = Workspace::empty();
    programs.write("git", "#!/bin/sh\ntouch \"$0.ran\"\nexit 1\n");
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
    assert!(ran(&built), "in a repository it is asked, with zones and without");
    std::fs::remove_file(programs.path().join("git.ran")).unwrap();
    std::fs::remove_dir_all(built.path().join("out")).unwrap();
    assert!(ran(&built), "and where an output may have been lost");
}

#[test]
fn the_sample_has_a_file_for_every_branch() {
    let names: Vec<String> = files(&root().join(Path::new("out/dns/dev.example.com"))).into_keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
}
