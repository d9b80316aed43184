//! Teardown plans of builds in memory: invariants for all histories of specs.

use crate::output::Tree;
use crate::pipeline::{Selection, Shard};
use crate::source::Project;
use crate::teardown::TeardownPlan;
use crate::tests::memory_build::{self, BuiltOutput, WithLast};
use crate::tests::teardown::model::{
    BRANCHES, Entries, Model, TEMPLATE, branch, build, built, footprint_of, footprints, images_in_use, in_use, model,
    planned, plans, spec, spec_in,
};
use proptest::prelude::*;
use std::sync::Arc;

/// The output of a step of a history.
struct Output {
    tree: Tree,
    model: Model,
    prefix: &'static str,
    /// Everything that was ever in use in this history.
    ever: Entries,
    /// Everything that was pruned.
    pruned: Entries,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// A history of specs, each built with one of the earlier outputs as the previous output, and sometimes pruned.
    #[test]
    fn every_history_of_specs_has_its_invariants(steps in proptest::collection::vec((model(), proptest::sample::select(&["", "", "x-"][..]), 0..3usize, any::<bool>()), 1..7)) {
        let nothing = Output { tree: Tree::default(), model: Model::new(), prefix: "", ever: Entries::new(), pruned: Entries::new() };
        let mut outputs = vec![nothing];
        for (model, prefix, back, prunes) in steps {
            let before = &outputs[outputs.len().saturating_sub(back + 1)];
            let base = &before.tree;
            let spec = spec_in(&model, prefix, false);
            let tree = build(&spec, base);
            prop_assert_eq!(&build(&spec, &tree), &tree, "a build is its own fixed point");
            prop_assert_eq!(&build(&spec_in(&model, prefix, true), base), &tree, "the order of branches has no effect");

            let (used, listed) = (in_use(&model, prefix), planned(&tree));
            prop_assert!(used.is_disjoint(&listed), "{:?} is in use and in a plan", used.intersection(&listed));
            let previous = footprints(&before.model, before.prefix);
            let expected: Entries = previous.iter().cloned().chain(planned(base)).collect();
            for entry in &expected {
                prop_assert!(used.contains(entry) || listed.contains(entry), "{entry:?} is not listed any more");
            }
            let expected = &expected | &images_in_use(base);
            prop_assert!(listed.is_subset(&expected), "{:?} was never used", listed.difference(&expected));
            let ever = &before.ever | &footprints(&model, prefix);
            for entry in &ever {
                let is_known = used.contains(entry) || listed.contains(entry) || before.pruned.contains(entry);
                prop_assert!(is_known, "{entry:?} is not in use, in a plan or pruned");
            }

            let absent: Entries = plans(&tree).values().flat_map(|plan| &plan.footprint.names).map(|(_, name)| ("name", name.to_string())).collect();
            for entry in &absent {
                let is_listed = tree.iter().any(|(path, text)| path.as_str().starts_with("dns/") && text.contains(&format!("\n- {}\n", entry.1)) || text.starts_with(&format!("absent:\n- {}\n", entry.1)));
                prop_assert!(is_listed, "{entry:?} is absent in no zone change file");
            }

            let shards = (1..=3).map(|index| built(&spec, base, &Selection::Shard(Shard { index, of: 3 })).tree);
            let union: Vec<_> = shards.flatten().collect();
            prop_assert_eq!(union.len(), tree.len(), "no file is in two shards");
            prop_assert_eq!(&union.into_iter().collect::<Tree>(), &tree, "the shards equal the whole build");
            for of in model.keys() {
                let part = built(&spec, base, &Selection::Only(vec![BRANCHES[*of].to_owned()])).tree;
                prop_assert!(part.iter().all(|(path, text)| tree.get(path) == Some(text)), "a selection equals its part of the whole build");
            }

            let mut pruned = built(&spec, base, &Selection::All);
            pruned.tree = pruned.pruned.clone();
            let pruned = pruned.tree;
            let kept = planned(&pruned);
            prop_assert_eq!(&kept, &(&(&previous | &images_in_use(base)) - &used), "new entries are not pruned");
            let once_more = {
                let mut again = built(&spec, &pruned, &Selection::All);
                again.tree = again.pruned.clone();
                again.tree
            };
            prop_assert_eq!(planned(&once_more), Entries::new(), "entries of the base revision are pruned");
            let (tree, done) = if prunes { (pruned, &listed - &kept) } else { (tree, Entries::new()) };
            outputs.push(Output { pruned: &before.pruned | &done, tree, model, prefix, ever });
        }
    }
}

#[test]
fn a_plan_lists_the_footprint_and_is_withdrawn() {
    let both = Model::from([(0, branch(0)), (1, branch(2))]);
    let one = Model::from([(0, branch(0))]);
    let before = build(&spec(&both, false), &Tree::default());
    assert_eq!(planned(&before), Entries::new());
    let after = build(&spec(&one, false), &before);
    let text = "\
apiVersion: pleach/v1
branch: feature/one
clusterObjects:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  name: shop-feature-one-13348f8d
databases:
- instance: main
  kind: schema
  name: feature-one-13348f8d
dns:
- name: feature-one-13348f8d.dev.example.com
  zone: dev.example.com
images:
- r.example.com/app:1
kind: TeardownPlan
namespaces:
- shop-feature-one-13348f8d
project: shop
";
    let plan = after.iter().find(|(path, _)| path.as_str() == "teardown/feature-one-13348f8d.yaml").unwrap().1;
    assert_eq!(&**plan, text);
    assert_eq!(TeardownPlan::parse(plan).unwrap().write().unwrap(), text);
    assert_eq!(build(&spec(&both, false), &after), before, "the branch has the same output again");
    // With another image, the plan lists only the old image.
    let other = build(&spec(&Model::from([(0, branch(0)), (1, branch(5))]), false), &after);
    assert_eq!(planned(&other), Entries::from([("image", "1".to_owned())]));
    // If another branch uses the image, the plan of that branch lists its replaced image.
    let other = build(&spec(&Model::from([(0, branch(2))]), false), &after);
    let images: Vec<_> = planned(&other).into_iter().filter(|(what, _)| *what == "image").collect();
    assert_eq!(images, [("image", "0".to_owned())]);
}

#[test]
fn the_namespace_of_a_branch_that_moves_is_listed() {
    let model = Model::from([(0, branch(0)), (1, branch(2))]);
    let before = build(&spec(&model, false), &Tree::default());
    let after = build(&spec_in(&model, "x-", false), &before);
    let namespaces = ["shop-feature-one-13348f8d", "shop-main"].map(|name| ("namespace", name.to_owned()));
    assert_eq!(planned(&after), Entries::from(namespaces), "objects that moved to the other namespace are not listed");
    assert_eq!(
        build(&spec(&model, false), &after).iter().filter(|(p, _)| p.as_str().starts_with("teardown/")).count(),
        2
    );
    // The branch moves to App Engine and has no namespace any more.
    let engine = spec(&Model::from([(0, branch(0))]), false)
        + "- {name: feature/one, hosts: [], appEngine: {project: example-project}}\n";
    let after = planned(&build(&engine, &before));
    let footprint: Entries = footprint_of(1, &branch(2), "").into_iter().filter(|(what, _)| *what != "name").collect();
    assert_eq!(after, footprint);
}

#[test]
fn a_slug_that_another_branch_takes_over_keeps_its_namespace() {
    let spec = |name: &str, image: &str| {
        let main = "- {name: main, values: {image: x, place: containers, role: false, database: '', names: x}}\n";
        let own = format!(
            "- {{name: {name}, slug: login, values: {{image: '{image}', place: containers, role: false, database: '', names: x}}}}\n"
        );
        let own = if name.is_empty() { String::new() } else { own };
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\ncleanup: {{images: {{repositories: [a]}}}}\nbranches:\n{main}{own}"
        )
    };
    let before = build(&spec("feature/login", "a:1"), &Tree::default());
    let removed = build(&spec("", ""), &before);
    assert_eq!(planned(&removed), Entries::from([("namespace", "shop-login".to_owned()), ("image", "a:1".to_owned())]));
    let again = built(&spec("feature/signin", "a:2"), &removed, &Selection::All);
    assert_eq!(planned(&again.tree), Entries::from([("image", "a:1".to_owned())]));
    let warnings: Vec<String> = again.warnings.clone();
    let want = "the branch `feature/signin` takes over the slug `login` of `feature/login`, which was not torn down";
    assert!(warnings.contains(&want.to_owned()), "{warnings:?}");
    let quiet = built(&spec("feature/login", "a:1"), &removed, &Selection::All);
    assert_eq!((quiet.warnings.len(), planned(&quiet.tree)), (again.warnings.len() - 1, Entries::new()));
}

#[test]
fn what_a_failed_branch_may_use_is_in_use() {
    let model = |one: usize| spec(&Model::from([(0, branch(one)), (1, branch(2)), (3, branch(5))]), false);
    let before = build(&model(0), &Tree::default());
    // The first branch fails and still uses an image of the second branch, which is removed.
    let broken = spec(&Model::from([(0, branch(2)), (3, branch(5))]), false).replacen(
        "role: true",
        "role: true, broken: true",
        1,
    );
    let template = TEMPLATE
        .replace("{% if values.role %}", "{% if values.broken is defined %}{{ nope }}{% endif %}{% if values.role %}");
    let project = Project::in_memory([("branches.yaml", broken.as_str()), ("base/app.yaml.j2", &template)]);
    let kinds = |tree: &Tree| planned(tree).into_iter().map(|(what, _)| what).collect::<Vec<_>>();
    let is_unknown =
        |built: &BuiltOutput| built.warnings.iter().any(|w| w.starts_with("the usage of `main` is unknown"));
    let build_with = |last: &Tree| {
        let previous = WithLast { base: before.clone(), last: last.clone() };
        let built = memory_build::build(&project, &previous, &Selection::All);
        assert_eq!(built.failed, ["main"]);
        built
    };
    let last = build_with(&before);
    assert!(!is_unknown(&last));
    assert_eq!(
        kinds(&last.tree),
        ["database", "image", "name", "namespace", "object"],
        "the last output uses another image"
    );
    let last = build_with(&self::build(&model(2), &Tree::default()));
    assert!(!is_unknown(&last));
    assert_eq!(kinds(&last.tree), ["database", "name", "namespace", "object"], "the image is in use");
    let broken = before.iter().filter(|(path, _)| path.as_str().starts_with("namespaces/main/"));
    let broken: Tree = broken.map(|(path, _)| (path.clone(), Arc::from("<<<<<<< HEAD\na: ["))).collect();
    let last = build_with(&broken);
    assert!(is_unknown(&last));
    assert_eq!(kinds(&last.tree), ["name", "namespace"]);
    assert_eq!(
        images_in_use(&last.tree),
        Entries::from([("image", "1".to_owned())]),
        "the image is kept as `imagesInUse`"
    );
}

#[test]
fn the_last_output_of_a_failed_unselected_branch_is_in_use() {
    let one = |image: usize| (1, branch(image));
    let base = build(&spec(&Model::from([(0, branch(5)), one(2)]), false), &Tree::default());
    let base = build(&spec(&Model::from([(0, branch(5))]), false), &base);
    // The removed branch is added again with another image, and only it is built. The other branch fails: its label is invalid.
    let broken = spec(&Model::from([(0, branch(5)), one(7)]), false).replacen(
        "{name: main,",
        "{name: main, patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {a: \"x y\"}}}'}],",
        1,
    );
    let project = Project::in_memory([("branches.yaml", broken.as_str()), ("base/app.yaml.j2", TEMPLATE)]);
    let only = Selection::Only(vec!["feature/one".to_owned()]);
    let last = |image: usize| build(&spec(&Model::from([(0, branch(image))]), false), &Tree::default());
    let build_with = |last: Tree| {
        let built = memory_build::build(&project, &WithLast { base: base.clone(), last }, &only);
        assert_eq!(built.failed, [""; 0]);
        planned(&built.tree)
    };
    assert_eq!(build_with(last(2)), Entries::new(), "its last output uses the image");
    assert_eq!(build_with(last(5)), Entries::from([("image", "1".to_owned())]));
}
