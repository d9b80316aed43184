//! Plans as builds write them: what holds for any history, told by the library itself.

use crate::output::Tree;
use crate::pipeline::{Selection, Shard};
use crate::source::Project;
use crate::teardown::TeardownPlan;
use crate::tests::memory_build::{self, BuiltOutput, WithLast};
use crate::tests::teardown::model::{
    BRANCHES, Model, TEMPLATE, Things, branch, build, built, had, live, model, named, placed, plans, spec, spec_in,
    teardown,
};
use proptest::prelude::*;
use std::sync::Arc;

/// What came of a step of a history.
struct Output {
    tree: Tree,
    model: Model,
    prefix: &'static str,
    /// All that was ever live on the way here.
    ever: Things,
    /// What was pruned on request.
    pruned: Things,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// A history of specs, each built from one of the outputs before it, the last one or one from which it branched off, and
    /// now and then pruned.
    #[test]
    fn what_holds_for_every_history(steps in proptest::collection::vec((model(), proptest::sample::select(&["", "", "x-"][..]), 0..3usize, any::<bool>()), 1..7)) {
        let nothing = Output { tree: Tree::default(), model: Model::new(), prefix: "", ever: Things::new(), pruned: Things::new() };
        let mut outputs = vec![nothing];
        for (model, prefix, back, prunes) in steps {
            let before = &outputs[outputs.len().saturating_sub(back + 1)];
            let base = &before.tree;
            let spec = spec_in(&model, prefix, false);
            let tree = build(&spec, base);
            prop_assert_eq!(&build(&spec, &tree), &tree, "a build is its own fixed point");
            prop_assert_eq!(&build(&spec_in(&model, prefix, true), base), &tree, "the order of branches says nothing");

            let (live, gone) = (live(&model, prefix), teardown(&tree));
            prop_assert!(live.is_disjoint(&gone), "{:?} is live and to be torn down", live.intersection(&gone));
            let had = placed(&before.model, before.prefix);
            let owed: Things = had.iter().cloned().chain(teardown(base)).collect();
            for thing in &owed {
                prop_assert!(live.contains(thing) || gone.contains(thing), "{thing:?} is forgotten");
            }
            let owed = &owed | &named(base);
            prop_assert!(gone.is_subset(&owed), "{:?} never was", gone.difference(&owed));
            let ever = &before.ever | &placed(&model, prefix);
            for thing in &ever {
                let is_known = live.contains(thing) || gone.contains(thing) || before.pruned.contains(thing);
                prop_assert!(is_known, "{thing:?} is neither live, teardown nor pruned on request");
            }

            let absent: Things = plans(&tree).values().flat_map(|plan| &plan.footprint.names).map(|(_, name)| ("name", name.to_string())).collect();
            for thing in &absent {
                let listed = tree.iter().any(|(path, text)| path.as_str().starts_with("dns/") && text.contains(&format!("\n- {}\n", thing.1)) || text.starts_with(&format!("absent:\n- {}\n", thing.1)));
                prop_assert!(listed, "{thing:?} is absent in no zone change file");
            }

            let shards = (1..=3).map(|index| built(&spec, base, &Selection::Shard(Shard { index, of: 3 })).tree);
            let union: Vec<_> = shards.flatten().collect();
            prop_assert_eq!(union.len(), tree.len(), "no file is in two shards");
            prop_assert_eq!(&union.into_iter().collect::<Tree>(), &tree, "the shards are the whole");
            for of in model.keys() {
                let part = built(&spec, base, &Selection::Only(vec![BRANCHES[*of].to_owned()])).tree;
                prop_assert!(part.iter().all(|(path, text)| tree.get(path) == Some(text)), "a part is what the whole has");
            }

            let mut pruned = built(&spec, base, &Selection::All);
            pruned.tree = pruned.pruned.clone();
            let pruned = pruned.tree;
            let kept = teardown(&pruned);
            prop_assert_eq!(&kept, &(&(&had | &named(base)) - &live), "what went just now is not pruned");
            let once_more = {
                let mut again = built(&spec, &pruned, &Selection::All);
                again.tree = again.pruned.clone();
                again.tree
            };
            prop_assert_eq!(teardown(&once_more), Things::new(), "what stood in the base is");
            let (tree, done) = if prunes { (pruned, &gone - &kept) } else { (tree, Things::new()) };
            outputs.push(Output { pruned: &before.pruned | &done, tree, model, prefix, ever });
        }
    }
}

#[test]
fn a_plan_says_what_is_to_go_and_is_withdrawn() {
    let both = Model::from([(0, branch(0)), (1, branch(2))]);
    let one = Model::from([(0, branch(0))]);
    let before = build(&spec(&both, false), &Tree::default());
    assert_eq!(teardown(&before), Things::new());
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
- feature-one-13348f8d
project: shop
";
    let plan = after.iter().find(|(path, _)| path.as_str() == "teardown/feature-one-13348f8d.yaml").unwrap().1;
    assert_eq!(&**plan, text);
    assert_eq!(TeardownPlan::parse(plan).unwrap().write().unwrap(), text);
    assert_eq!(build(&spec(&both, false), &after), before, "it comes back as it was");
    // With another image, the old one is still to go, and nothing else is.
    let other = build(&spec(&Model::from([(0, branch(0)), (1, branch(5))]), false), &after);
    assert_eq!(teardown(&other), Things::from([("image", "1".to_owned())]));
    // A branch that takes its image over keeps it, and leaves the one that it had.
    let other = build(&spec(&Model::from([(0, branch(2))]), false), &after);
    let images: Vec<_> = teardown(&other).into_iter().filter(|(what, _)| *what == "image").collect();
    assert_eq!(images, [("image", "0".to_owned())]);
}

#[test]
fn a_branch_that_moves_leaves_its_namespace() {
    let model = Model::from([(0, branch(0)), (1, branch(2))]);
    let before = build(&spec(&model, false), &Tree::default());
    let after = build(&spec_in(&model, "shop-", false), &before);
    let namespaces = ["feature-one-13348f8d", "main"].map(|name| ("namespace", name.to_owned()));
    assert_eq!(teardown(&after), Things::from(namespaces), "what is live in the other one is not to go");
    assert_eq!(
        build(&spec(&model, false), &after).iter().filter(|(p, _)| p.as_str().starts_with("teardown/")).count(),
        2
    );
    // Moved to where it has no namespace at all.
    let engine = spec(&Model::from([(0, branch(0))]), false)
        + "- {name: feature/one, hosts: [], appEngine: {project: example-project}}\n";
    let after = teardown(&build(&engine, &before));
    let had: Things = had(1, &branch(2), "").into_iter().filter(|(what, _)| *what != "name").collect();
    assert_eq!(after, had);
}

#[test]
fn a_slug_that_another_branch_takes_keeps_its_namespace() {
    let spec = |name: &str, image: &str| {
        let live = "- {name: main, values: {image: x, place: containers, role: false, database: '', names: x}}\n";
        let own = format!(
            "- {{name: {name}, slug: login, values: {{image: '{image}', place: containers, role: false, database: '', names: x}}}}\n"
        );
        let own = if name.is_empty() { String::new() } else { own };
        format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n{live}{own}")
    };
    let before = build(&spec("feature/login", "a:1"), &Tree::default());
    let gone = build(&spec("", ""), &before);
    assert_eq!(teardown(&gone), Things::from([("namespace", "login".to_owned()), ("image", "a:1".to_owned())]));
    let again = built(&spec("feature/signin", "a:2"), &gone, &Selection::All);
    assert_eq!(teardown(&again.tree), Things::from([("image", "a:1".to_owned())]));
    let said: Vec<String> = again.warnings.clone();
    let want = "the branch `feature/signin` takes over the slug `login` of `feature/login`, which was not torn down";
    assert!(said.contains(&want.to_owned()), "{said:?}");
    let quiet = built(&spec("feature/login", "a:1"), &gone, &Selection::All);
    assert_eq!((quiet.warnings.len(), teardown(&quiet.tree)), (again.warnings.len() - 1, Things::new()));
}

#[test]
fn a_branch_that_fails_lets_nothing_go_that_it_may_use() {
    let model = |one: usize| spec(&Model::from([(0, branch(one)), (1, branch(2)), (3, branch(5))]), false);
    let before = build(&model(0), &Tree::default());
    // The first branch cannot be built any more and still runs with an image of the second, which goes.
    let broken = spec(&Model::from([(0, branch(2)), (3, branch(5))]), false).replacen(
        "role: true",
        "role: true, broken: true",
        1,
    );
    let template = TEMPLATE
        .replace("{% if values.role %}", "{% if values.broken is defined %}{{ nope }}{% endif %}{% if values.role %}");
    let project = Project::in_memory([("branches.yaml", broken.as_str()), ("base/app.yaml.j2", &template)]);
    let kinds = |tree: &Tree| teardown(tree).into_iter().map(|(what, _)| what).collect::<Vec<_>>();
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
    assert_eq!(named(&last.tree), Things::from([("image", "1".to_owned())]), "it is kept in mind");
}

#[test]
fn a_branch_of_another_part_that_fails_keeps_what_its_last_output_uses() {
    let one = |image: usize| (1, branch(image));
    let base = build(&spec(&Model::from([(0, branch(5)), one(2)]), false), &Tree::default());
    let base = build(&spec(&Model::from([(0, branch(5))]), false), &base);
    // The teardown branch comes back with another image, and only it is built. A label that no cluster takes breaks the other.
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
        teardown(&built.tree)
    };
    assert_eq!(build_with(last(2)), Things::new(), "its last output uses the image");
    assert_eq!(build_with(last(5)), Things::from([("image", "1".to_owned())]));
}
