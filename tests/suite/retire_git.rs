//! What live branches replace, in a repository: what counts is the output at the commit where a pull request began.

use crate::kit::Workspace;
use crate::retire_model::{Model, TEMPLATE, Things, live, model, named, placed, retired, spec_in};
use pleach::source::RelPath;
use pleach::tree::Tree;
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
            let (live, gone) = (live(&model, ""), retired(&whole));
            prop_assert!(live.is_disjoint(&gone), "{:?} is live and to be torn down", live.intersection(&gone));
            for thing in base.had.iter().chain(&base.ever) {
                let is_known = live.contains(thing) || gone.contains(thing) || base.pruned.contains(thing);
                prop_assert!(is_known, "{thing:?} is neither live, retired nor pruned on request");
            }
            for thing in &base.had {
                prop_assert!(live.contains(thing) || gone.contains(thing), "{thing:?} is forgotten");
            }
            let owed = &base.had | &base.named;
            prop_assert!(gone.is_subset(&owed), "{:?} was never merged", gone.difference(&owed));
            let mut pruned = base.pruned.clone();
            if prunes {
                ground.put(&before);
                ground.build(&["--prune"]);
                ground.workspace.run(&["check"]).exits(0);
                pruned.extend(&gone - &retired(&ground.tree()));
            }
            let (had, placed) = (&placed(&model, "") | &retired(&ground.tree()), placed(&model, ""));
            if has_git {
                ground.commit();
                if merges {
                    ground.merge();
                }
            }
            if merges || !has_git {
                base = Recorded { ever: &base.ever | &placed, had, named: named(&ground.tree()), pruned };
            }
        }
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
        .run(&["retired", "--format", "images"])
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
    let plan = ground.workspace.path().join("out/retired/login.yaml");
    std::fs::remove_file(&plan).unwrap();
    ground.commit();
    let said = ground.workspace.run(&["check"]).exits(1).out();
    assert_eq!(said, "missing    out/retired/login.yaml\n1 file is not what a build writes: run `pleach build`\n");
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
