//! Teardown plans in a repository: the previous output is that of the commit where a pull request forks.

use crate::git::{MOST_FILES, OutputAtCommit};
use crate::output::Tree;
use crate::source::RelPath;
use crate::tests::kit::Workspace;
use crate::tests::teardown::model::{
    BRANCHES, Entries, Model, TEMPLATE, footprints, images_in_use, in_use, model, planned, spec_in,
};
use proptest::prelude::*;
use std::fs;

/// A workspace with or without a repository.
pub(super) struct GitWorkspace {
    pub(super) workspace: Workspace,
}

impl GitWorkspace {
    pub(super) fn new(has_git: bool) -> Self {
        let workspace = Workspace::empty();
        workspace.write("base/app.yaml.j2", TEMPLATE);
        let repository = GitWorkspace { workspace };
        if has_git {
            repository.workspace.commit_all();
            repository.merge();
        }
        repository
    }

    pub(super) fn commit(&self) {
        assert_eq!(self.workspace.shell("git add -A && git commit -q --allow-empty -m one"), "");
    }

    /// Moves `origin/main` to the commit that is checked out.
    pub(super) fn merge(&self) {
        assert_eq!(self.workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    }

    /// Builds, also if many branches are removed, and returns the warnings.
    pub(super) fn build(&self, args: &[&str]) -> String {
        let ran = self.workspace.run(&[&["build"], args].concat());
        if ran.status() != 3 {
            return ran.exits(0).err();
        }
        let error = ran.err();
        let count = error.split_once("--allow-delete ").unwrap_or_else(|| panic!("{error}")).1;
        let count = count.trim_end().trim_end_matches('`');
        self.workspace.run(&[&["build", "--allow-delete", count], args].concat()).exits(0).err()
    }

    pub(super) fn tree(&self) -> Tree {
        let files = self.workspace.files("out").into_iter();
        files.map(|(path, text)| (RelPath::new(&path).unwrap(), String::from_utf8(text).unwrap().into())).collect()
    }

    /// Replaces the output.
    pub(super) fn put(&self, tree: &Tree) {
        let _ = std::fs::remove_dir_all(self.workspace.path().join("out"));
        tree.iter().for_each(|(path, text)| self.workspace.write(&format!("out/{path}"), text.as_bytes()));
    }
}

/// The entries that are known at the base revision.
#[derive(Clone, Default)]
struct Recorded {
    /// Used or in a plan.
    previous: Entries,
    images_in_use: Entries,
    /// Used in any earlier step.
    ever: Entries,
    pruned: Entries,
    /// Used in the history of Git.
    earlier: Entries,
}

/// Branches of which many have the same image.
fn few_images() -> impl Strategy<Value = Model> {
    let few_images = |mut model: Model| {
        for branch in model.values_mut() {
            (branch.image, branch.place, branch.names) = (3 * (branch.image % 3), 0, None);
        }
        model
    };
    model().prop_map(few_images)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// A sequence of changes. Some are merged to `origin/main` immediately and others with the next change, some are pruned, and
    /// some are built in shards.
    #[test]
    fn everything_merged_is_in_use_listed_or_pruned(
        has_git: bool,
        steps in proptest::collection::vec((model(), any::<bool>(), any::<bool>(), any::<bool>()), 1..6),
    ) {
        let repository = GitWorkspace::new(has_git);
        let mut base = Recorded::default();
        let mut commits: Vec<Entries> = Vec::new();
        for (model, merges, prunes, in_shards) in steps {
            let model: Model = model;
            repository.workspace.write("branches.yaml", spec_in(&model, "", false));
            let before = repository.tree();
            repository.build(&[]);
            let whole = repository.tree();
            repository.workspace.run(&["check"]).exits(0);
            repository.build(&[]);
            prop_assert_eq!(&repository.tree(), &whole, "a build is its own fixed point");
            if in_shards {
                repository.put(&before);
                for shard in ["1/2", "2/2"] {
                    repository.build(&["--shard", shard]);
                }
                prop_assert_eq!(&repository.tree(), &whole, "the shards equal the whole build");
            }
            let (used, listed) = (in_use(&model, ""), planned(&whole));
            prop_assert!(used.is_disjoint(&listed), "{:?} is in use and in a plan", used.intersection(&listed));
            for entry in base.previous.iter().chain(&base.ever) {
                let is_known = used.contains(entry) || listed.contains(entry) || base.pruned.contains(entry);
                prop_assert!(is_known, "{entry:?} is not in use, in a plan or pruned");
            }
            for entry in &base.previous {
                prop_assert!(used.contains(entry) || listed.contains(entry), "{entry:?} is not listed any more");
            }
            let expected = &(&base.previous | &base.images_in_use) | &base.earlier;
            prop_assert!(listed.is_subset(&expected), "{:?} was never merged", listed.difference(&expected));
            let mut pruned = base.pruned.clone();
            if prunes {
                repository.put(&before);
                repository.build(&["--prune"]);
                repository.workspace.run(&["check", "--prune"]).exits(0);
                pruned.extend(&listed - &planned(&repository.tree()));
            }
            let (previous, current) = (&footprints(&model, "") | &planned(&repository.tree()), footprints(&model, ""));
            let earlier = commits.iter().flatten().cloned().collect();
            if has_git {
                commits.push(current.clone());
                repository.commit();
                if merges {
                    repository.merge();
                }
            }
            if merges || !has_git {
                base = Recorded { ever: &base.ever | &current, previous, images_in_use: images_in_use(&repository.tree()), pruned, earlier };
            }
        }
    }

    /// Two pull requests that fork from the same commit. They are merged, and built again only if Git finds a conflict.
    #[test]
    fn what_two_pull_requests_replace_is_in_use_or_listed(
        first in few_images(),
        second in few_images(),
        choices in proptest::collection::vec(0..3_usize, BRANCHES.len()),
        squashes: bool,
        prunes: bool,
    ) {
        let repository = GitWorkspace::new(true);
        let merge = |chosen: &[usize]| -> Model {
            let of = |n: &usize| if chosen.contains(&choices[*n]) { &second } else { &first };
            (0..BRANCHES.len()).filter_map(|n| Some((n, of(&n).get(&n)?.clone()))).collect()
        };
        let put = |model: &Model| repository.workspace.write("branches.yaml", spec_in(model, "", false));
        put(&first);
        repository.build(&[]);
        repository.commit();
        repository.merge();
        for (name, chosen) in [("one", 1), ("two", 2)] {
            repository.workspace.shell(&format!("git checkout -q -b {name} origin/main"));
            put(&merge(&[chosen]));
            repository.build(&[]);
            repository.commit();
        }
        repository.workspace.shell("git checkout -q main");
        for (name, chosen) in [("one", &[1][..]), ("two", &[1, 2])] {
            let command = MERGE_COMMANDS[usize::from(squashes)];
            repository.workspace.shell(&format!("{command} --no-commit {name}"));
            put(&merge(chosen));
            if !repository.workspace.shell("git ls-files --unmerged out").is_empty() {
                repository.build(&[]);
            }
            repository.commit();
            repository.merge();
        }
        let merged = repository.tree();
        repository.build(&[]);
        let (whole, used) = (repository.tree(), in_use(&merge(&[1, 2]), ""));
        let listed = planned(&whole);
        prop_assert!(used.is_disjoint(&listed));
        let known = &(&used | &listed) | &images_in_use(&whole);
        let previous = footprints(&first, "");
        prop_assert!(previous.is_subset(&known), "{:?} is not listed any more", previous.difference(&known));
        prop_assert!(listed.is_subset(&previous), "{:?} was never used", listed.difference(&previous));
        repository.put(&merged);
        repository.build(&["--prune"]);
        repository.workspace.run(&["check", "--prune"]).exits(0);
        let kept = planned(&repository.tree());
        prop_assert_eq!(&kept - &planned(&merged), &listed - &planned(&merged), "new entries are not pruned");
        if !prunes {
            repository.put(&whole);
        }
        let built = repository.tree();
        repository.commit();
        repository.merge();
        repository.build(&[]);
        prop_assert_eq!(repository.tree(), built, "a build is its own fixed point");
    }
}

/// A repository of three branches, each with an image, merged to `origin/main`.
fn repository() -> GitWorkspace {
    let repository = GitWorkspace::new(true);
    spec(&repository, "a");
    repository.build(&[]);
    repository.commit();
    repository.merge();
    repository
}

fn spec(repository: &GitWorkspace, tag: &str) {
    let branch = |name: &str, tag: &str| {
        format!(
            "- {{name: {name}, values: {{image: 'r.example.com/{name}:{tag}', place: containers, role: false, database: '', names: x}}}}\n"
        )
    };
    let branches = [branch("login", tag), branch("main", "m"), branch("search", "s")].concat();
    repository
        .workspace
        .write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\ncleanup: {{images: {{repositories: ['r.example.com/*']}}}}\nbranches:\n{branches}"));
}

fn images(repository: &GitWorkspace) -> String {
    repository
        .workspace
        .run(&["teardown", "--format", "images"])
        .exits(0)
        .out()
        .replace("r.example.com/login:", "")
        .replace('\n', "")
}

#[test]
fn check_warns_of_a_pull_request_without_its_plan() {
    let repository = repository();
    spec(&repository, "b");
    repository.build(&[]);
    assert_eq!(images(&repository), "a");
    let plan = repository.workspace.path().join("out/teardown/login.yaml");
    std::fs::remove_file(&plan).unwrap();
    repository.commit();
    let checked = repository.workspace.run(&["check"]).exits(0);
    assert_eq!(checked.out(), "`out` is what a build writes, except for teardown records in 1 file\n");
    assert!(checked.err().contains("the next build adds teardown records to `out/teardown/login.yaml`"));
    repository.build(&[]);
    repository.workspace.run(&["check"]).exits(0);
    // Another build of the same pull request: an image that was never merged is not listed.
    repository.commit();
    spec(&repository, "c");
    repository.build(&[]);
    assert_eq!(images(&repository), "a");
    spec(&repository, "a");
    repository.build(&[]);
    assert!(!plan.exists(), "nothing is replaced");
    // The same with a given base revision.
    spec(&repository, "c");
    repository.build(&[]);
    let output = repository.workspace.run(&["diff", "--base", "origin/main", "--format", "summary"]).exits(1).out();
    assert!(output.ends_with("\n~ login: 2 objects changed\n"), "{output}");
    repository.workspace.run(&["check", "--base", "origin/main"]).exits(0);
    repository.build(&["--base", "HEAD"]);
    assert_eq!(images(&repository), "ab", "that commit has the second image");
}

#[test]
fn after_a_merge_both_replaced_images_are_listed() {
    let repository = repository();
    for (name, tag) in [("one", "b"), ("two", "c")] {
        repository.workspace.shell(&format!("git checkout -q -b {name} origin/main"));
        spec(&repository, tag);
        repository.build(&[]);
        assert_eq!(images(&repository), "a");
        repository.commit();
    }
    repository.workspace.shell("git checkout -q main && git merge -q one");
    repository.merge();
    // Only the conflict in the spec is resolved; the build replaces the output.
    repository.workspace.shell("git merge -q two");
    assert!(repository.workspace.read("out/namespaces/login/50-deployment-web.yaml").contains("<<<<<<<"));
    spec(&repository, "c");
    assert_eq!(repository.build(&[]), "");
    assert_eq!(images(&repository), "ab");
    repository.commit();
    repository.workspace.run(&["check"]).exits(0);
    repository.merge();
    repository.workspace.run(&["check"]).exits(0);
}

#[test]
fn without_git_the_output_on_the_disk_is_the_previous_output() {
    let repository = repository();
    for (tag, listed) in [("b", "a"), ("c", "ab")] {
        spec(&repository, tag);
        let nowhere = repository.workspace.path().join("nowhere");
        let done = repository.workspace.command().arg("build").env("PATH", nowhere).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(images(&repository), listed);
    }
}

/// A repository whose branches `a` and `b` use the same image, and `main` another one.
fn shared() -> GitWorkspace {
    let repository = GitWorkspace::new(true);
    tags(&repository, &[("a", "shared"), ("b", "shared"), ("main", "m")]);
    repository.build(&[]);
    repository.commit();
    repository.merge();
    repository
}

/// Writes a spec whose branches have images with these tags.
fn tags(repository: &GitWorkspace, branches: &[(&str, &str)]) {
    let entries = branches.iter().map(|(name, tag)| format!(
        "- name: {name}\n  values: {{image: 'r.example.com/login:{tag}', place: containers, role: false, database: '', names: x}}\n"
    ));
    let branches: String = entries.collect();
    repository
        .workspace
        .write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\ncleanup: {{images: {{repositories: ['r.example.com/*']}}}}\nbranches:\n{branches}"));
}

/// Commands that merge a pull request.
const MERGE_COMMANDS: [&str; 2] = ["git merge -q --no-ff -m merge", "git merge -q --squash"];

/// Two pull requests that fork from the same commit, merged without another build. Each replaces an image that the branch in
/// the other pull request uses.
#[track_caller]
fn merged(command: &str, requests: &[(&str, &[(&str, &str)])], after: &[(&str, &str)]) -> GitWorkspace {
    let repository = shared();
    for (name, branches) in requests {
        repository.workspace.shell(&format!("git checkout -q -b {name} origin/main"));
        tags(&repository, branches);
        repository.build(&[]);
        assert_eq!(images(&repository), "", "another branch uses the image");
        repository.commit();
    }
    repository.workspace.shell("git checkout -q main");
    for (name, _) in requests {
        let output = repository.workspace.shell(&format!("{command} {name}"));
        assert!(!output.contains("CONFLICT"), "{output}");
        repository.commit();
        repository.merge();
    }
    let spec = repository.workspace.read("branches.yaml");
    tags(&repository, after);
    assert_eq!(repository.workspace.read("branches.yaml"), spec, "the merged spec has both changes");
    repository
}

#[test]
fn an_image_that_two_pull_requests_replace_is_listed_after_both_merges() {
    const M: (&str, &str) = ("main", "m");
    const A: &[(&str, &str)] = &[("a", "n1"), ("b", "shared"), M];
    const REMOVED: &[(&str, &str)] = &[("b", "shared"), M];
    const B: &[(&str, &str)] = &[("a", "shared"), ("b", "n2"), M];
    for command in MERGE_COMMANDS {
        for (first, after) in [(A, &[("a", "n1"), ("b", "n2"), M][..]), (REMOVED, &[("b", "n2"), M])] {
            for requests in [[("one", first), ("two", B)], [("two", B), ("one", first)]] {
                let repository = merged(command, &requests, after);
                let output = repository.workspace.run(&["check"]).exits(0).err();
                assert!(output.contains("adds teardown records to `out/teardown/"), "{output}");
                // Pruning keeps the image: no earlier plan has listed it.
                repository.build(&["--prune"]);
                assert_eq!(images(&repository), "shared", "{command} {requests:?}");
                assert_eq!(
                    repository
                        .workspace
                        .run(&["teardown", "--format", "kubectl"])
                        .exits(0)
                        .out()
                        .matches("namespace")
                        .count(),
                    0
                );
                repository.workspace.shell("git checkout -q . && git clean -fdq out");
                repository.build(&[]);
                assert_eq!(images(&repository), "shared");
                let tree = repository.tree();
                // Committing and merging the plan does not change it.
                repository.workspace.shell("git checkout -q -b fixed");
                for merges in [false, true] {
                    repository.commit();
                    if merges {
                        repository.merge();
                    }
                    repository.workspace.run(&["check"]).exits(0);
                    repository.build(&[]);
                    assert_eq!(repository.tree(), tree);
                }
                repository.build(&["--prune"]);
                assert_eq!(images(&repository), "");
                repository.commit();
                repository.merge();
                repository.workspace.run(&["check"]).exits(0);
                repository.build(&[]);
                assert_eq!(images(&repository), "");
            }
        }
    }
}

/// What `build`, `check` and `diff` print to standard error. In a shallow clone, `build` is refused.
fn messages(workspace: &Workspace) -> Vec<String> {
    let is_shallow = workspace.path().join(".git/shallow").exists();
    if is_shallow {
        workspace.run(&["build"]).exits(2);
    }
    let commands = if is_shallow { &["check", "diff"][..] } else { &["build", "check", "diff"] };
    commands.iter().map(|command| workspace.run(&[command]).exits(0).err()).collect()
}

#[test]
fn a_base_revision_that_cannot_be_found_is_reported() {
    let repository = shared();
    let is_nothing = |output: &[String]| output.iter().all(String::is_empty);
    let is_reported = |repository: &GitWorkspace| {
        let output = messages(&repository.workspace);
        let is_warning = |output: &String| {
            output.contains("warning[output]: cannot find where this branch forks from the default branch of `origin`")
                && output.contains("git fetch --unshallow")
        };
        assert!(is_nothing(&output) || output.iter().all(is_warning), "{output:?}");
        !is_nothing(&output)
    };
    assert!(!is_reported(&repository));
    repository.workspace.shell("git remote add origin .");
    assert!(!is_reported(&repository));
    repository.workspace.shell("git update-ref -d refs/remotes/origin/main");
    assert!(is_reported(&repository), "the default branch was not fetched");
    repository.workspace.run(&["check", "--base", "HEAD"]).exits(0);
    assert_eq!(repository.workspace.run(&["check", "--base", "HEAD"]).err(), "");
    let nowhere = repository.workspace.path().join("nowhere");
    let done = repository.workspace.command().arg("check").env("PATH", nowhere).output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&done.stderr).contains("`git` cannot be run"));
    repository.workspace.shell("git remote rename origin other");
    assert!(!is_reported(&repository), "there is no `origin`");

    // A shallow clone that has the default branch but not the commit where the branch forks.
    let all = shared();
    all.workspace.shell("git checkout -q -b one && git commit -q --allow-empty -m one");
    all.workspace.shell("git checkout -q main && git commit -q --allow-empty -m two");
    let clone = GitWorkspace { workspace: Workspace::empty() };
    let place = all.workspace.path().display().to_string();
    clone.workspace.shell(&format!("git clone -q --depth 1 --no-single-branch -b one 'file://{place}' ."));
    assert_eq!(clone.workspace.shell("git rev-parse -q --verify origin/main | wc -l").trim(), "1");
    assert!(is_reported(&clone));
    clone.workspace.shell("git fetch -q --unshallow");
    assert!(!is_reported(&clone));
    // A repository without commits has no previous output.
    let fresh = Workspace::small();
    fresh.shell("git init -q && git remote add origin nowhere");
    assert!(is_nothing(&messages(&fresh)));
}

#[test]
fn a_repository_of_another_user_is_refused() {
    let repository = shared();
    let ran = |args: &[&str]| {
        let mut command = repository.workspace.command();
        // A variable of Git for its own tests.
        command.args(args).env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").env("GIT_CONFIG_NOSYSTEM", "1");
        let done = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    for args in [&["build"][..], &["check"], &["diff"], &["check", "--base", "HEAD"]] {
        let (status, output) = ran(args);
        assert_eq!(status, 2, "{output}");
        let why = "error[usage]: git does not read this repository because it belongs to another user";
        let folder = fs::canonicalize(repository.workspace.path()).unwrap();
        let help = format!("--add safe.directory '{}'`", folder.display());
        assert!(output.contains(why) && output.contains(&help) && output.contains("`--base out`"), "{output}");
    }
    assert_eq!(ran(&["check", "--base", "out"]), (0, String::new()));
}

#[test]
fn a_repository_that_is_a_device_is_refused() {
    let workspace = Workspace::small();
    std::os::unix::fs::symlink("/dev/zero", workspace.path().join(".git")).unwrap();
    let output = workspace.run(&["diff", "--base", "HEAD"]).exits(2).err();
    assert!(output.contains("/.git` is neither a folder nor a file\n"), "{output}");
}

#[test]
fn a_history_that_is_too_long_to_read_is_reported() {
    let repository = repository();
    let objects = |value: u32| {
        let object =
            |i: u32| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{i}}}\ndata: {{a: '{value}'}}\n");
        (0..50).map(object).collect::<Vec<String>>().join("---\n")
    };
    for value in 1..5 {
        repository.workspace.write("base/many.yaml", objects(value));
        assert_eq!(repository.build(&[]).matches("warning[history]").count(), 0);
        repository.commit();
        repository.merge();
    }
    let output = RelPath::new("out").unwrap();
    let files = OutputAtCommit::at(repository.workspace.path(), "HEAD", &output).unwrap();
    let read = |most_files: usize| {
        let (changes, cut) = files.changes(most_files, |_| true).unwrap();
        (changes.iter().map(Tree::len).sum::<usize>(), cut.map(|warning| warning.to_string()))
    };
    let (all, cut) = read(MOST_FILES);
    assert_eq!(cut, None);
    let (some, cut) = read(100);
    let want = "the last changes of the output replaced 100 files or more, so what existing branches replaced before is not searched";
    assert_eq!(cut.as_deref(), Some(want));
    assert!(some >= 100 && some < all, "{some} of {all}");
}
