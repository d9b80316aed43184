//! What live branches replace, in a repository: what counts is the output at the commit where a pull request began.

use crate::output::Tree;
use crate::source::RelPath;
use crate::tests::kit::Workspace;
use crate::tests::teardown::model::{BRANCHES, Model, TEMPLATE, Things, live, model, named, placed, spec_in, teardown};
use proptest::prelude::*;

/// A workspace in a repository, or in none.
struct Ground {
    workspace: Workspace,
}

impl Ground {
    fn new(has_git: bool) -> Self {
        let workspace = Workspace::empty();
        workspace.write("base/app.yaml.j2", TEMPLATE);
        let ground = Ground { workspace };
        if has_git {
            ground.workspace.commit_all();
            ground.merge();
        }
        ground
    }

    fn commit(&self) {
        assert_eq!(self.workspace.shell("git add -A && git commit -q --allow-empty -m one"), "");
    }

    /// What is checked out becomes what `origin/main` is.
    fn merge(&self) {
        assert_eq!(self.workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    }

    fn build(&self, args: &[&str]) -> String {
        self.workspace.run(&[&["build"], args].concat()).exits(0).err()
    }

    fn tree(&self) -> Tree {
        let files = self.workspace.files("out").into_iter();
        files.map(|(path, text)| (RelPath::new(&path).unwrap(), String::from_utf8(text).unwrap().into())).collect()
    }

    /// Puts another output in place of the one that is there.
    fn put(&self, tree: &Tree) {
        let _ = std::fs::remove_dir_all(self.workspace.path().join("out"));
        tree.iter().for_each(|(path, text)| self.workspace.write(&format!("out/{path}"), text.as_bytes()));
    }
}

/// What is recorded at some point, and what was ever there on the way.
#[derive(Clone, Default)]
struct Recorded {
    had: Things,
    named: Things,
    ever: Things,
    pruned: Things,
    /// What was placed before the last change of the output, as far as git can tell.
    earlier: Things,
}

/// Branches of which many have the same image.
fn plain() -> impl Strategy<Value = Model> {
    let plain = |mut model: Model| {
        for branch in model.values_mut() {
            (branch.image, branch.place, branch.names) = (3 * (branch.image % 3), 0, None);
        }
        model
    };
    model().prop_map(plain)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Changes one after the other, some of them merged to `origin/main` at once and some only with the next one, some pruned;
    /// built as a whole or in shards.
    #[test]
    fn what_was_ever_merged_is_live_retired_or_pruned(
        has_git: bool,
        steps in proptest::collection::vec((model(), any::<bool>(), any::<bool>(), any::<bool>()), 1..6),
    ) {
        let ground = Ground::new(has_git);
        let mut base = Recorded::default();
        let mut commits: Vec<(Tree, Things)> = Vec::new();
        for (model, merges, prunes, in_shards) in steps {
            let model: Model = model;
            ground.workspace.write("branches.yaml", spec_in(&model, "", false));
            let before = ground.tree();
            ground.build(&[]);
            let whole = ground.tree();
            ground.workspace.run(&["check"]).exits(0);
            ground.build(&[]);
            prop_assert_eq!(&ground.tree(), &whole, "a build is its own fixed point");
            if in_shards {
                ground.put(&before);
                for shard in ["1/2", "2/2"] {
                    ground.build(&["--shard", shard]);
                }
                prop_assert_eq!(&ground.tree(), &whole, "the shards are the whole");
            }
            let (live, gone) = (live(&model, ""), teardown(&whole));
            prop_assert!(live.is_disjoint(&gone), "{:?} is live and to be torn down", live.intersection(&gone));
            for thing in base.had.iter().chain(&base.ever) {
                let is_known = live.contains(thing) || gone.contains(thing) || base.pruned.contains(thing);
                prop_assert!(is_known, "{thing:?} is neither live, teardown nor pruned on request");
            }
            for thing in &base.had {
                prop_assert!(live.contains(thing) || gone.contains(thing), "{thing:?} is forgotten");
            }
            let owed = &(&base.had | &base.named) | &base.earlier;
            prop_assert!(gone.is_subset(&owed), "{:?} was never merged", gone.difference(&owed));
            let mut pruned = base.pruned.clone();
            if prunes {
                ground.put(&before);
                ground.build(&["--prune"]);
                ground.workspace.run(&["check"]).exits(0);
                pruned.extend(&gone - &teardown(&ground.tree()));
            }
            let (had, placed) = (&placed(&model, "") | &teardown(&ground.tree()), placed(&model, ""));
            let before = commits.iter().rev().find(|(tree, _)| *tree != ground.tree());
            let earlier = before.map(|(_, placed)| placed.clone()).unwrap_or_default();
            if has_git {
                commits.push((ground.tree(), placed.clone()));
                ground.commit();
                if merges {
                    ground.merge();
                }
            }
            if merges || !has_git {
                base = Recorded { ever: &base.ever | &placed, had, named: named(&ground.tree()), pruned, earlier };
            }
        }
    }

    /// Two pull requests from one commit, merged without another build if git sees no conflict in the output.
    #[test]
    fn what_two_pull_requests_replace_is_live_or_retired(
        first in plain(),
        second in plain(),
        choices in proptest::collection::vec(0..3_usize, BRANCHES.len()),
        squashes: bool,
        prunes: bool,
    ) {
        let ground = Ground::new(true);
        let merge = |chosen: &[usize]| -> Model {
            let of = |n: &usize| if chosen.contains(&choices[*n]) { &second } else { &first };
            (0..BRANCHES.len()).filter_map(|n| Some((n, of(&n).get(&n)?.clone()))).collect()
        };
        let put = |model: &Model| ground.workspace.write("branches.yaml", spec_in(model, "", false));
        put(&first);
        ground.build(&[]);
        ground.commit();
        ground.merge();
        for (name, chosen) in [("one", 1), ("two", 2)] {
            ground.workspace.shell(&format!("git checkout -q -b {name} origin/main"));
            put(&merge(&[chosen]));
            ground.build(&[]);
            ground.commit();
        }
        ground.workspace.shell("git checkout -q main");
        for (name, chosen) in [("one", &[1][..]), ("two", &[1, 2])] {
            let way = WAYS[usize::from(squashes)];
            ground.workspace.shell(&format!("{way} --no-commit {name}"));
            put(&merge(chosen));
            if !ground.workspace.shell("git ls-files --unmerged out").is_empty() {
                ground.build(&[]);
            }
            ground.commit();
            ground.merge();
        }
        let merged = ground.tree();
        ground.build(&[]);
        let (whole, live) = (ground.tree(), live(&merge(&[1, 2]), ""));
        let gone = teardown(&whole);
        prop_assert!(live.is_disjoint(&gone));
        let known = &(&live | &gone) | &named(&whole);
        let had = placed(&first, "");
        prop_assert!(had.is_subset(&known), "{:?} is forgotten", had.difference(&known));
        prop_assert!(gone.is_subset(&had), "{:?} was never there", gone.difference(&had));
        ground.put(&merged);
        ground.build(&["--prune"]);
        ground.workspace.run(&["check"]).exits(0);
        let kept = teardown(&ground.tree());
        prop_assert_eq!(&kept - &teardown(&merged), &gone - &teardown(&merged), "what is new stays");
        if !prunes {
            ground.put(&whole);
        }
        let built = ground.tree();
        ground.commit();
        ground.merge();
        ground.build(&[]);
        prop_assert_eq!(ground.tree(), built, "a build is its own fixed point");
    }
}

/// A repository of three branches with an image each, merged.
fn repository() -> Ground {
    let ground = Ground::new(true);
    spec(&ground, "a");
    ground.build(&[]);
    ground.commit();
    ground.merge();
    ground
}

fn spec(ground: &Ground, tag: &str) {
    let branch = |name: &str, tag: &str| {
        format!(
            "- {{name: {name}, values: {{image: 'r.example.com/{name}:{tag}', place: containers, role: false, database: '', names: x}}}}\n"
        )
    };
    let branches = [branch("login", tag), branch("main", "m"), branch("search", "s")].concat();
    ground
        .workspace
        .write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n{branches}"));
}

fn images(ground: &Ground) -> String {
    ground
        .workspace
        .run(&["teardown", "--format", "images"])
        .exits(0)
        .out()
        .replace("r.example.com/login:", "")
        .replace('\n', "")
}

#[test]
fn a_pull_request_without_the_plan_is_told() {
    let ground = repository();
    spec(&ground, "b");
    ground.build(&[]);
    assert_eq!(images(&ground), "a");
    let plan = ground.workspace.path().join("out/teardown/login.yaml");
    std::fs::remove_file(&plan).unwrap();
    ground.commit();
    let said = ground.workspace.run(&["check"]).exits(1).out();
    assert_eq!(said, "missing    out/teardown/login.yaml\n1 file is not what a build writes: run `pleach build`\n");
    ground.build(&[]);
    ground.workspace.run(&["check"]).exits(0);
    // Another build of the same pull request replaces what was never merged, which leaves no trace.
    ground.commit();
    spec(&ground, "c");
    ground.build(&[]);
    assert_eq!(images(&ground), "a");
    spec(&ground, "a");
    ground.build(&[]);
    assert!(!plan.exists(), "it is what it was");
    // Against another commit the same is asked.
    spec(&ground, "c");
    ground.build(&[]);
    let said = ground.workspace.run(&["diff", "--base", "origin/main", "--format", "summary"]).exits(1).out();
    assert_eq!(said, "login: 1 file changed, 1 added (+11 -1)\n1 branch differs, 2 files (+11 -1)\n");
    ground.workspace.run(&["check", "--base", "origin/main"]).exits(0);
    ground.build(&["--base", "HEAD"]);
    assert_eq!(images(&ground), "ab", "there it had been built");
}

#[test]
fn a_merge_of_two_images_leaves_both_that_were_replaced() {
    let ground = repository();
    for (name, tag) in [("one", "b"), ("two", "c")] {
        ground.workspace.shell(&format!("git checkout -q -b {name} origin/main"));
        spec(&ground, tag);
        ground.build(&[]);
        assert_eq!(images(&ground), "a");
        ground.commit();
    }
    ground.workspace.shell("git checkout -q main && git merge -q one");
    ground.merge();
    // The conflict is mended in the spec; the output is built.
    ground.workspace.shell("git merge -q two");
    assert!(ground.workspace.read("out/namespaces/login/50-deployment-web.yaml").contains("<<<<<<<"));
    spec(&ground, "c");
    assert_eq!(ground.build(&[]), "");
    assert_eq!(images(&ground), "ab");
    ground.commit();
    ground.workspace.run(&["check"]).exits(0);
    ground.merge();
    ground.workspace.run(&["check"]).exits(0);
}

#[test]
fn without_git_what_stands_on_the_disk_was_recorded() {
    let ground = repository();
    for (tag, left) in [("b", "a"), ("c", "ab")] {
        spec(&ground, tag);
        let nowhere = ground.workspace.path().join("nowhere");
        let done = ground.workspace.command().arg("build").env("PATH", nowhere).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(images(&ground), left);
    }
}

/// A repository whose branches `a` and `b` use one image, and `main` another.
fn shared() -> Ground {
    let ground = Ground::new(true);
    tags(&ground, &[("a", "shared"), ("b", "shared"), ("main", "m")]);
    ground.build(&[]);
    ground.commit();
    ground.merge();
    ground
}

/// A spec whose branches have images of these tags.
fn tags(ground: &Ground, branches: &[(&str, &str)]) {
    let entries = branches.iter().map(|(name, tag)| format!(
        "- name: {name}\n  values: {{image: 'r.example.com/login:{tag}', place: containers, role: false, database: '', names: x}}\n"
    ));
    let branches: String = entries.collect();
    ground
        .workspace
        .write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n{branches}"));
}

/// How one pull request after the other gets into the trunk.
const WAYS: [&str; 2] = ["git merge -q --no-ff -m merge", "git merge -q --squash"];

/// Two pull requests from the same commit, each of which leaves an image to the branch that the other one changes, merged
/// without another build.
#[track_caller]
fn merged(way: &str, requests: &[(&str, &[(&str, &str)])], after: &[(&str, &str)]) -> Ground {
    let ground = shared();
    for (name, branches) in requests {
        ground.workspace.shell(&format!("git checkout -q -b {name} origin/main"));
        tags(&ground, branches);
        ground.build(&[]);
        assert_eq!(images(&ground), "", "it is used by another branch");
        ground.commit();
    }
    ground.workspace.shell("git checkout -q main");
    for (name, _) in requests {
        let said = ground.workspace.shell(&format!("{way} {name}"));
        assert!(!said.contains("CONFLICT"), "{said}");
        ground.commit();
        ground.merge();
    }
    let spec = ground.workspace.read("branches.yaml");
    tags(&ground, after);
    assert_eq!(ground.workspace.read("branches.yaml"), spec, "the merge is what is meant");
    ground
}

#[test]
fn what_two_pull_requests_left_to_each_other_is_left() {
    const M: (&str, &str) = ("main", "m");
    const A: &[(&str, &str)] = &[("a", "n1"), ("b", "shared"), M];
    const GONE: &[(&str, &str)] = &[("b", "shared"), M];
    const B: &[(&str, &str)] = &[("a", "shared"), ("b", "n2"), M];
    for way in WAYS {
        for (first, after) in [(A, &[("a", "n1"), ("b", "n2"), M][..]), (GONE, &[("b", "n2"), M])] {
            for requests in [[("one", first), ("two", B)], [("two", B), ("one", first)]] {
                let ground = merged(way, &requests, after);
                let said = ground.workspace.run(&["check"]).exits(1).out();
                assert!(said.contains(" out/teardown/") && said.contains("\n1 file is not what"), "{said}");
                // What the merge brought in plans may be cleaned up already, this was not.
                ground.build(&["--prune"]);
                assert_eq!(images(&ground), "shared", "{way} {requests:?}");
                assert_eq!(
                    ground
                        .workspace
                        .run(&["teardown", "--format", "kubectl"])
                        .exits(0)
                        .out()
                        .matches("namespace")
                        .count(),
                    0
                );
                ground.workspace.shell("git checkout -q . && git clean -fdq out");
                ground.build(&[]);
                assert_eq!(images(&ground), "shared");
                let tree = ground.tree();
                // Nothing changes by a commit, in a pull request or on the trunk.
                ground.workspace.shell("git checkout -q -b mended");
                for merges in [false, true] {
                    ground.commit();
                    if merges {
                        ground.merge();
                    }
                    ground.workspace.run(&["check"]).exits(0);
                    ground.build(&[]);
                    assert_eq!(ground.tree(), tree);
                }
                ground.build(&["--prune"]);
                assert_eq!(images(&ground), "");
                ground.commit();
                ground.merge();
                ground.workspace.run(&["check"]).exits(0);
                ground.build(&[]);
                assert_eq!(images(&ground), "");
            }
        }
    }
}

/// `build`, `check` and `diff`, and what they say beside their reports.
fn say(workspace: &Workspace) -> Vec<String> {
    ["build", "check", "diff"].map(|command| workspace.run(&[command]).exits(0).err()).into()
}

#[test]
fn a_base_that_cannot_be_seen_is_told() {
    let ground = shared();
    let nothing = vec![String::new(); 3];
    let said = |ground: &Ground| {
        let said = say(&ground.workspace);
        let is_told = |said: &String| {
            said.contains("warning[output]: cannot find where this branch forks from the default branch of `origin`")
                && said.contains("git fetch --unshallow")
        };
        assert!(said == nothing || said.iter().all(is_told), "{said:?}");
        said != nothing
    };
    assert!(!said(&ground));
    ground.workspace.shell("git remote add origin .");
    assert!(!said(&ground));
    ground.workspace.shell("git update-ref -d refs/remotes/origin/main");
    assert!(said(&ground), "the trunk was not fetched");
    ground.workspace.run(&["check", "--base", "HEAD"]).exits(0);
    assert_eq!(ground.workspace.run(&["check", "--base", "HEAD"]).err(), "");
    let nowhere = ground.workspace.path().join("nowhere");
    let done = ground.workspace.command().arg("check").env("PATH", nowhere).output().unwrap();
    assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(0), ""), "without git");
    ground.workspace.shell("git remote rename origin other");
    assert!(!said(&ground), "there is no `origin`");

    // A shallow clone of a branch, in which the trunk is there and the commit where they parted is not.
    let all = shared();
    all.workspace.shell("git checkout -q -b one && git commit -q --allow-empty -m one");
    all.workspace.shell("git checkout -q main && git commit -q --allow-empty -m two");
    let clone = Ground { workspace: Workspace::empty() };
    let place = all.workspace.path().display().to_string();
    clone.workspace.shell(&format!("git clone -q --depth 1 --no-single-branch -b one 'file://{place}' ."));
    assert_eq!(clone.workspace.shell("git rev-parse -q --verify origin/main | wc -l").trim(), "1");
    assert!(said(&clone));
    clone.workspace.shell("git fetch -q --unshallow");
    assert!(!said(&clone));
    // Where nothing was committed nothing was recorded.
    let fresh = Workspace::small();
    fresh.shell("git init -q && git remote add origin nowhere");
    assert_eq!(say(&fresh), nothing);
}

#[test]
fn a_repository_of_another_user_is_refused() {
    let ground = shared();
    let ran = |args: &[&str]| {
        let mut command = ground.workspace.command();
        // It is git's own switch for its own test of this.
        command.args(args).env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").env("GIT_CONFIG_NOSYSTEM", "1");
        let done = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    for args in [&["build"][..], &["check"], &["diff"], &["check", "--base", "HEAD"]] {
        let (status, said) = ran(args);
        assert_eq!(status, 2, "{said}");
        let why = "error[usage]: git does not read this repository because it belongs to another user";
        assert!(said.contains(why) && said.contains("safe.directory") && said.contains("`--base out`"), "{said}");
    }
    assert_eq!(ran(&["check", "--base", "out"]), (0, String::new()));
}
