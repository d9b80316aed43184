//! The script of `pleach teardown` on a real registry, with the commands for `skopeo` of the teardown guide.
//!
//! Skipped where docker-registry or skopeo is not installed, unless `PLEACH_NEED_REGISTRY=1` says that they must be.

use crate::tests::kit::Workspace;
use crate::tests::teardown::registry_server::Registry;
use crate::tests::teardown::script::{self, commands};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};

/// Writes a spec whose branches have these images.
fn spec(workspace: &Workspace, branches: &BTreeMap<&str, String>) {
    let list: String =
        branches.iter().map(|(name, image)| format!("- {{name: {name}, images: {{app: '{image}'}}}}\n")).collect();
    let list = if list.is_empty() { " []\n".to_owned() } else { format!("\n{list}") };
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: 'shop-{{ branch.slug }}'\n";
    workspace.write(
        "branches.yaml",
        format!("{head}sync: {{images: {{app: '{}:x'}}}}\nbranches:{list}", repository_of(branches)),
    );
}

fn repository_of<'b>(branches: &'b BTreeMap<&str, String>) -> &'b str {
    branches.values().next().map_or("r.example.com/none", |image| script::name_of(image))
}

/// A workspace in which the branches were built with these images, with the commands of the guide.
fn workspace(branches: &[(&str, String)]) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write(
        "base/app.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: app}, {name: db, image: 'postgres:16'}]}\n",
    );
    commands(&workspace);
    build(&workspace, branches);
    workspace
}

fn build(workspace: &Workspace, branches: &[(&str, String)]) {
    spec(workspace, &branches.iter().cloned().collect());
    workspace.run(&["build"]).exits(0);
}

/// Removes all branches but the first, one by one.
fn keep_first(workspace: &Workspace, branches: &[(&str, String)]) {
    for rest in (1..branches.len()).rev() {
        build(workspace, &branches[..rest]);
    }
}

#[test]
fn a_digest_that_an_existing_branch_uses_under_another_tag_is_kept() {
    let Some(registry) = Registry::start() else { return };
    let repository = registry.repository("t/app");
    let digest = registry.push("t/app", "c0ffee1", "one");
    registry.push("t/app", "main", "one");
    registry.push("t/app", "old", "two");
    let image = |tag: &str| format!("{repository}:{tag}");
    let w = workspace(&[("main", image("main")), ("x", image("c0ffee1")), ("y", image("old"))]);
    build(&w, &[("main", image("main"))]);
    let ran = script::run(&w, &[]);
    let want =
        format!("kept, because an existing branch uses its digest: {repository}:c0ffee1\ndeleted: {repository}:old\n");
    assert_eq!((ran.status, ran.out.as_str()), (0, want.as_str()), "{}", ran.err);
    assert!(registry.can_pull("t/app", "main") && !registry.can_pull("t/app", "old"));
    let again = script::run(&w, &[]);
    assert_eq!((again.status, again.out.matches("deleted").count()), (0, 0), "{}", again.err);
    // With a digest in the spec, the tag of the removed branch is the same image too.
    let w = workspace(&[("main", format!("{repository}@{digest}")), ("x", image("c0ffee1"))]);
    build(&w, &[("main", format!("{repository}@{digest}"))]);
    assert!(script::run(&w, &[]).out.starts_with("kept"));
    // When no branch uses the digest any more, it is deleted under all tags.
    build(&w, &[("main", image("other"))]);
    let ran = script::run(&w, &[]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.err.contains(&format!("uses {repository}:other, which does not exist")), "{}", ran.err);
    assert!(!registry.can_pull("t/app", "main") && !registry.can_pull("t/app", "c0ffee1"));
}

#[test]
fn an_image_in_the_index_of_an_existing_branch_is_kept() {
    let Some(registry) = Registry::start() else { return };
    let repository = registry.repository("t/app");
    registry.push("t/app", "amd64", "amd64");
    registry.push("t/app", "arm64", "arm64");
    registry.push_index("t/app", "multi", &["amd64", "arm64"]);
    registry.push("t/app", "s390x", "s390x");
    registry.push_index("t/app", "old", &["arm64", "s390x"]);
    let image = |tag: &str| format!("{repository}:{tag}");
    let branches = [("main", image("multi")), ("a", image("amd64")), ("b", image("old")), ("c", image("s390x"))];
    let w = workspace(&branches);
    keep_first(&w, &branches);
    let ran = script::run(&w, &[]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(
        ran.out.contains(&format!("kept, because an existing branch uses its digest: {repository}:amd64\n")),
        "{}",
        ran.out
    );
    assert!(registry.can_pull("t/app", "multi"), "the index with all its images");
    assert!(!registry.can_pull("t/app", "old") && !registry.can_pull("t/app", "s390x"));
}

#[test]
fn an_image_that_was_deleted_by_hand_is_done() {
    let Some(registry) = Registry::start() else { return };
    let image = |tag: &str| format!("{}:{tag}", registry.repository("t/app"));
    for tag in ["main", "a", "b"] {
        registry.push("t/app", tag, tag);
    }
    let branches = [("main", image("main")), ("a", image("a")), ("b", image("b")), ("c", image("never-pushed"))];
    let w = workspace(&branches);
    keep_first(&w, &branches);
    registry.delete("t/app", "a");
    let ran = script::run(&w, &[]);
    let want =
        format!("does not exist: {}\ndeleted: {}\ndoes not exist: {}\n", image("a"), image("b"), image("never-pushed"));
    assert_eq!((ran.status, ran.out), (0, want), "{}", ran.err);
}

#[test]
fn a_run_on_a_registry_that_stops_reports_all_failures_and_can_be_repeated() {
    let Some(mut registry) = Registry::start() else { return };
    let image = |registry: &Registry, tag: &str| format!("{}:{tag}", registry.repository("t/app"));
    let tags = ["main", "a", "b", "c", "d"];
    for tag in tags {
        registry.push("t/app", tag, tag);
    }
    let branches: Vec<(&str, String)> = tags.iter().map(|tag| (*tag, image(&registry, tag))).collect();
    let w = workspace(&branches);
    keep_first(&w, &branches);
    // The registry stops after the second image.
    let kill = format!("./delete-image \"$1\"\n[ ! -e first ] || kill -9 {}\ntouch first\n", registry.pid());
    w.write("delete-and-stop.sh", format!("set -eu\n{kill}"));
    let ran = script::run(&w, &[("DELETE_IMAGE", "sh ./delete-and-stop.sh")]);
    assert_eq!((ran.status, ran.out.matches("deleted: ").count()), (1, 2), "{}{}", ran.out, ran.err);
    let report = ran.err.split("\nfailures:\n").nth(1).unwrap();
    assert_eq!(report, format!("resolve {}\nresolve {}\n", image(&registry, "c"), image(&registry, "d")));
    registry.restart();
    let ran = script::run(&w, &[]);
    assert_eq!((ran.status, ran.out.matches("deleted: ").count()), (0, 2), "{}{}", ran.out, ran.err);
    assert!(registry.can_pull("t/app", "main"));
    assert!(tags[1..].iter().all(|tag| !registry.can_pull("t/app", tag)));
}

#[test]
fn nothing_is_deleted_if_an_image_in_use_cannot_be_resolved() {
    let Some(registry) = Registry::start() else { return };
    let image = |tag: &str| format!("{}:{tag}", registry.repository("t/app"));
    registry.push("t/app", "main", "one");
    registry.push("t/app", "a", "two");
    let w = workspace(&[("main", image("main")), ("a", image("a"))]);
    build(&w, &[("main", image("main"))]);
    w.write(
        "resolve.sh",
        "case $1 in *:main) echo 'unauthorized: authentication required' >&2; exit 1 ;; esac\n./resolve-image \"$1\"\n",
    );
    let ran = script::run(&w, &[("RESOLVE_IMAGE", "sh ./resolve.sh")]);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{}", ran.err);
    assert!(ran.err.contains(&format!("resolve {}, which an existing branch uses", image("main"))), "{}", ran.err);
    assert!(registry.can_pull("t/app", "a"));
}

/// A step of a history: for each branch the number of its image. The last two branches need not exist.
type Step = ([usize; 2], [Option<usize>; 2]);

const NAMES: [&str; 4] = ["main", "one", "two", "three"];

/// Images by number: the tag, and the content. Some tags have the same content.
fn tag(image: usize) -> (String, String) {
    (format!("t{image}"), format!("content {}", image / 2))
}

/// Builds a history and carries out its plans. Returns the tags that were ever used and those of existing branches.
fn history(registry: &Registry, name: &str, steps: &[(Step, bool)]) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let repository = registry.repository(name);
    let (mut ever, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut known: Option<Workspace> = None;
    for (step, carries_out) in steps {
        let numbers = step.0.map(Some).into_iter().chain(step.1);
        let images: Vec<(&str, usize)> =
            NAMES.into_iter().zip(numbers).filter_map(|(name, image)| Some((name, image?))).collect();
        used = images.iter().map(|(_, image)| *image).collect();
        for image in &used {
            // A pipeline pushes the image of a branch before the branch has it.
            let (tag, content) = tag(*image);
            registry.push(name, &tag, &content);
        }
        ever.extend(used.iter().copied());
        let branches: Vec<(&str, String)> =
            images.iter().map(|(name, image)| (*name, format!("{repository}:{}", tag(*image).0))).collect();
        let workspace = known.get_or_insert_with(|| workspace(&branches));
        build(workspace, &branches);
        if *carries_out {
            let ran = script::run(workspace, &[]);
            assert_eq!(ran.status, 0, "{}", ran.err);
            workspace.run(&["build", "--prune"]).exits(0);
        }
    }
    let workspace = known.expect("a history has steps");
    let ran = script::run(&workspace, &[]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let again = script::run(&workspace, &[]);
    assert!(again.status == 0 && !again.out.contains("deleted: "), "{}", again.out);
    (ever, used)
}

#[test]
fn every_history_leaves_exactly_the_images_in_use() {
    let Some(registry) = Registry::start() else { return };
    let step = ([0..6usize, 0..6usize], proptest::array::uniform2(proptest::option::of(0..6usize)));
    let steps = proptest::collection::vec((step, proptest::bool::weighted(0.3)), 2..5);
    let mut runner =
        TestRunner::new(Config { cases: 50, failure_persistence: None, max_shrink_iters: 0, ..Config::default() });
    let number = std::cell::Cell::new(0);
    let result = runner.run(&steps, |steps| {
        number.set(number.get() + 1);
        let name = format!("h{}/app", number.get());
        let (ever, used) = history(&registry, &name, &steps);
        let contents: BTreeSet<String> = used.iter().map(|image| tag(*image).1).collect();
        for image in ever {
            let (tag, content) = tag(image);
            // A tag that no branch uses stays while its digest is in use.
            let is_free = used.contains(&image) || !contents.contains(&content);
            let is_there = registry.can_pull(&name, &tag);
            prop_assert!(!is_free || is_there == used.contains(&image), "{} of {:?}", tag, steps);
        }
        Ok(())
    });
    result.unwrap();
    assert_eq!(number.get(), 50);
}
