//! Plans of retired branches as builds write them: what holds for any history, told by the library itself.

use pleach::pipeline::{self, Built, Part, Progress, Shard};
use pleach::retire::{Left, Retirement};
use pleach::source::Project;
use pleach::tree::Tree;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const BRANCHES: [&str; 5] = ["main", "feature/one", "feature/two", "fix", "feature/three"];

/// Images and which of them are one: by another spelling, by their digest.
const IMAGES: [(&str, usize); 8] = [
    ("nginx:1", 0),
    ("docker.io/library/nginx:1", 0),
    ("r.example.com/app:1", 1),
    ("r.example.com/app:2@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2),
    ("r.example.com/app:3@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2),
    ("r.example.com/app:4", 3),
    ("r.example.com:5000/app@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 4),
    ("redis", 5),
];

const TEMPLATE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
{% if values.place == 'initContainers' %}
      initContainers: [{name: init, image: '{{ values.image }}'}]
{% endif %}
      containers: [{name: web, image: '{{ values.image if values.place == 'containers' else 'r.example.com/base:1' }}'}]
---
apiVersion: example.com/v1
kind: Fleet
metadata:
  name: fleet
{% if values.database %}
  annotations: {pleach.dev/database: schema/main/{{ branch.slug }}}
{% endif %}
spec:
  name: fleet
{% if values.place == 'runner' %}
  runner: {image: '{{ values.image }}'}
{% elif values.place == 'ephemeralContainers' %}
  ephemeralContainers: [{name: debug, image: '{{ values.image }}'}]
{% endif %}
{% if values.role %}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: 'shop-{{ branch.slug }}'}
rules: []
{% endif %}
";

const PLACES: [&str; 4] = ["containers", "initContainers", "ephemeralContainers", "runner"];

/// A live branch: its image, where that stands, and what else it has.
#[derive(Clone, Debug)]
struct Branch {
    image: usize,
    place: usize,
    role: bool,
    database: bool,
}

/// The live branches by their positions in [`BRANCHES`].
type Model = BTreeMap<usize, Branch>;

fn model() -> impl Strategy<Value = Model> {
    let branch = (0..IMAGES.len(), 0..PLACES.len(), any::<bool>(), any::<bool>());
    let branch = branch.prop_map(|(image, place, role, database)| Branch { image, place, role, database });
    proptest::collection::btree_map(0..BRANCHES.len(), branch, 0..BRANCHES.len())
}

fn spec(model: &Model, reversed: bool) -> String {
    spec_in(model, "", reversed)
}

/// The spec, its namespaces with something before the slugs.
fn spec_in(model: &Model, prefix: &str, reversed: bool) -> String {
    let entry = |(of, branch): (&usize, &Branch)| {
        let Branch { image, place, role, database } = branch;
        format!(
            "- {{name: {}, values: {{image: '{}', place: {}, role: {role}, database: {database}}}}}\n",
            BRANCHES[*of], IMAGES[*image].0, PLACES[*place]
        )
    };
    let mut entries: Vec<String> = model.iter().map(entry).collect();
    if reversed {
        entries.reverse();
    }
    let branches = if entries.is_empty() { " []\n".to_owned() } else { format!("\n{}", entries.concat()) };
    format!(
        "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: '{prefix}{{{{ branch.slug }}}}'\nhosts: ['{{{{ branch.slug }}}}.dev.example.com']\n\
         zones: {{dev.example.com: {{ttl: 60, CNAME: [ingress.example.net]}}}}\n\
         imageFields: [{{group: example.com, kind: Fleet, path: spec/runner/image}}]\nbranches:{branches}"
    )
}

fn built(spec: &str, base: &Tree, part: &Part) -> Built {
    let project = Project::in_memory([("branches.yaml", spec), ("base/app.yaml.j2", TEMPLATE)]);
    let planned = pipeline::plan(&project).unwrap();
    pipeline::build(&project, planned, base, part, &Progress::default()).unwrap().whole().unwrap()
}

fn build(spec: &str, base: &Tree) -> Tree {
    built(spec, base, &Part::All).tree
}

/// The plans of a tree by slug.
fn plans(tree: &Tree) -> BTreeMap<String, Retirement> {
    let ours = tree.iter().filter(|(path, _)| path.as_str().starts_with("retired/"));
    ours.map(|(path, text)| (path.name().trim_end_matches(".yaml").to_owned(), Retirement::parse(text).unwrap()))
        .collect()
}

/// Things by kind and name; images by the class they are of.
type Things = BTreeSet<(&'static str, String)>;

fn class(image: &str) -> String {
    IMAGES.iter().find(|(name, _)| *name == image).map_or_else(|| image.to_owned(), |(_, class)| class.to_string())
}

fn things(left: &Left) -> Things {
    let namespaces = left.namespaces.iter().map(|name| ("namespace", name.to_string()));
    let objects = left.objects.iter().map(|object| ("object", object.name.to_string()));
    let names = left.names.iter().map(|(_, name)| ("name", name.to_string()));
    let databases = left.databases.iter().map(|database| ("database", database.name.to_string()));
    let images = left.images.iter().map(|image| ("image", class(image)));
    namespaces.chain(objects).chain(names).chain(databases).chain(images).collect()
}

/// What a branch has, by the model and not by what was written.
fn had(of: usize, branch: &Branch, prefix: &str) -> Things {
    let slug = pleach::slug::Slug::of(BRANCHES[of], 63).to_string();
    let mut things = Things::from([
        ("namespace", format!("{prefix}{slug}")),
        ("name", format!("{slug}.dev.example.com")),
        ("image", IMAGES[branch.image].1.to_string()),
        ("image", "r.example.com/base:1".to_owned()),
    ]);
    if branch.place == 0 {
        things.remove(&("image", "r.example.com/base:1".to_owned()));
    }
    if branch.role {
        things.insert(("object", format!("shop-{slug}")));
    }
    if branch.database {
        things.insert(("database", slug));
    }
    things
}

fn live(model: &Model, prefix: &str) -> Things {
    model.iter().flat_map(|(of, branch)| had(*of, branch, prefix)).collect()
}

fn retired(tree: &Tree) -> Things {
    plans(tree).values().flat_map(|plan| things(&plan.left)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// A history of specs, each built from one of the outputs before it, the last one or one from which it branched off, and
    /// now and then pruned.
    #[test]
    fn what_holds_for_every_history(steps in proptest::collection::vec((model(), proptest::sample::select(&["", "", "x-"][..]), 0..3usize, any::<bool>()), 1..7)) {
        let mut outputs = vec![(Tree::default(), Model::new(), "")];
        for (model, prefix, back, prunes) in steps {
            let (base, before, before_prefix) = &outputs[outputs.len().saturating_sub(back + 1)];
            let spec = spec_in(&model, prefix, false);
            let tree = build(&spec, base);
            prop_assert_eq!(&build(&spec, &tree), &tree, "a build is its own fixed point");
            prop_assert_eq!(&build(&spec_in(&model, prefix, true), base), &tree, "the order of branches says nothing");

            let (live, gone) = (live(&model, prefix), retired(&tree));
            prop_assert!(live.is_disjoint(&gone), "{:?} is live and to be torn down", live.intersection(&gone));
            let moved = prefix != *before_prefix;
            let left = before.iter().filter(|(of, _)| moved || !model.contains_key(of));
            let fresh: Things = left.flat_map(|(of, branch)| had(*of, branch, before_prefix)).collect();
            let owed: Things = fresh.iter().cloned().chain(retired(base)).collect();
            for thing in &owed {
                prop_assert!(live.contains(thing) || gone.contains(thing), "{thing:?} is forgotten");
            }
            prop_assert!(gone.is_subset(&owed), "{:?} never was", gone.difference(&owed));

            let absent: Things = plans(&tree).values().flat_map(|plan| &plan.left.names).map(|(_, name)| ("name", name.to_string())).collect();
            for thing in &absent {
                let listed = tree.iter().any(|(path, text)| path.as_str().starts_with("dns/") && text.contains(&format!("\n- {}\n", thing.1)) || text.starts_with(&format!("absent:\n- {}\n", thing.1)));
                prop_assert!(listed, "{thing:?} is absent in no zone change file");
            }

            let shards = (1..=3).map(|index| built(&spec, base, &Part::Shard(Shard { index, of: 3 })).tree);
            let union: Vec<_> = shards.flatten().collect();
            prop_assert_eq!(union.len(), tree.len(), "no file is in two shards");
            prop_assert_eq!(&union.into_iter().collect::<Tree>(), &tree, "the shards are the whole");
            for of in model.keys() {
                let part = built(&spec, base, &Part::Only(vec![BRANCHES[*of].to_owned()])).tree;
                prop_assert!(part.iter().all(|(path, text)| tree.get(path) == Some(text)), "a part is what the whole has");
            }

            let mut pruned = built(&spec, base, &Part::All);
            pruned.prune(|_, _| true);
            let pruned = pruned.tree;
            let kept = retired(&pruned);
            prop_assert_eq!(&kept, &fresh.difference(&live).cloned().collect::<Things>(), "what went just now is not pruned");
            let once_more = {
                let mut again = built(&spec, &pruned, &Part::All);
                again.prune(|_, _| true);
                again.tree
            };
            prop_assert_eq!(retired(&once_more), Things::new(), "what stood in the base is");
            outputs.push((if prunes { pruned } else { tree }, model, prefix));
        }
    }
}

fn branch(image: usize) -> Branch {
    Branch { image, place: 0, role: true, database: true }
}

#[test]
fn a_plan_says_what_is_to_go_and_is_withdrawn() {
    let both = Model::from([(0, branch(0)), (1, branch(2))]);
    let one = Model::from([(0, branch(0))]);
    let before = build(&spec(&both, false), &Tree::default());
    assert_eq!(retired(&before), Things::new());
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
kind: Retirement
namespaces:
- feature-one-13348f8d
project: shop
";
    let plan = after.iter().find(|(path, _)| path.as_str() == "retired/feature-one-13348f8d.yaml").unwrap().1;
    assert_eq!(&**plan, text);
    assert_eq!(Retirement::parse(plan).unwrap().write().unwrap(), text);
    assert_eq!(build(&spec(&both, false), &after), before, "it comes back as it was");
    // With another image, the old one is still to go, and nothing else is.
    let other = build(&spec(&Model::from([(0, branch(0)), (1, branch(5))]), false), &after);
    assert_eq!(retired(&other), Things::from([("image", "1".to_owned())]));
    // A branch that takes its image over keeps it.
    let other = build(&spec(&Model::from([(0, branch(2))]), false), &after);
    assert!(!retired(&other).iter().any(|(what, _)| *what == "image"));
}

#[test]
fn a_branch_that_moves_leaves_its_namespace() {
    let model = Model::from([(0, branch(0)), (1, branch(2))]);
    let before = build(&spec(&model, false), &Tree::default());
    let after = build(&spec_in(&model, "shop-", false), &before);
    let namespaces = ["feature-one-13348f8d", "main"].map(|name| ("namespace", name.to_owned()));
    assert_eq!(retired(&after), Things::from(namespaces), "what is live in the other one is not to go");
    assert_eq!(
        build(&spec(&model, false), &after).iter().filter(|(p, _)| p.as_str().starts_with("retired/")).count(),
        2
    );
    // Moved to where it has no namespace at all.
    let engine = spec(&Model::from([(0, branch(0))]), false)
        + "- {name: feature/one, hosts: [], appEngine: {project: example-project}}\n";
    let after = retired(&build(&engine, &before));
    let had: Things = had(1, &branch(2), "").into_iter().filter(|(what, _)| *what != "name").collect();
    assert_eq!(after, had);
}

#[test]
fn a_slug_that_another_branch_takes_keeps_its_namespace() {
    let spec = |name: &str, image: &str| {
        let live = "- {name: main, values: {image: x, place: containers, role: false, database: false}}\n";
        let own = format!(
            "- {{name: {name}, slug: login, values: {{image: '{image}', place: containers, role: false, database: false}}}}\n"
        );
        let own = if name.is_empty() { String::new() } else { own };
        format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n{live}{own}")
    };
    let before = build(&spec("feature/login", "a:1"), &Tree::default());
    let gone = build(&spec("", ""), &before);
    assert_eq!(retired(&gone), Things::from([("namespace", "login".to_owned()), ("image", "a:1".to_owned())]));
    let again = built(&spec("feature/signin", "a:2"), &gone, &Part::All);
    assert_eq!(retired(&again.tree), Things::from([("image", "a:1".to_owned())]));
    let said: Vec<String> = again.warnings.iter().map(ToString::to_string).collect();
    let want = "the branch `feature/signin` takes over the slug `login` before what `feature/login` left was torn down";
    assert!(said.contains(&want.to_owned()), "{said:?}");
    let quiet = built(&spec("feature/login", "a:1"), &gone, &Part::All);
    assert_eq!((quiet.warnings.len(), retired(&quiet.tree)), (again.warnings.len() - 1, Things::new()));
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
    let planned = pipeline::plan(&project).unwrap();
    let mut built = pipeline::build(&project, planned, &before, &Part::All, &Progress::default()).unwrap();
    assert_eq!(built.failed.len(), 1);
    assert_eq!(built.unknown().into_iter().collect::<Vec<_>>(), ["main"]);
    let kinds = |tree: &Tree| retired(tree).into_iter().map(|(what, _)| what).collect::<Vec<_>>();
    assert_eq!(kinds(&built.tree), ["name", "namespace"]);
    let said =
        |built: &Built| built.warnings.iter().any(|w| w.to_string().starts_with("what `main` uses cannot be known"));
    assert!(said(&built));
    let other = self::build(&model(2), &Tree::default());
    let stays = |tree: &Tree| {
        tree.iter()
            .filter(|(path, _)| path.as_str().starts_with("namespaces/main/"))
            .map(|(p, t)| (p.clone(), t.clone()))
            .collect::<Tree>()
    };
    built.know(&stays(&other)).unwrap();
    assert!(!said(&built));
    assert_eq!(kinds(&built.tree), ["database", "name", "namespace", "object"], "the image is in use");
    let mut torn = Tree::default();
    torn.extend(stays(&before).into_iter().map(|(path, _)| (path, "<<<<<<< HEAD\na: [".into())));
    let planned = pipeline::plan(&project).unwrap();
    let mut built = pipeline::build(&project, planned, &before, &Part::All, &Progress::default()).unwrap();
    built.know(&torn).unwrap();
    assert!(said(&built));
}

#[test]
fn a_branch_of_another_part_that_fails_keeps_what_its_last_output_uses() {
    let one = |image: usize| (1, branch(image));
    let base = build(&spec(&Model::from([(0, branch(5)), one(2)]), false), &Tree::default());
    let base = build(&spec(&Model::from([(0, branch(5))]), false), &base);
    // The retired branch comes back with another image, and only it is built. A label that no cluster takes breaks the other.
    let broken = spec(&Model::from([(0, branch(5)), one(7)]), false).replacen(
        "{name: main,",
        "{name: main, patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {a: \"x y\"}}}'}],",
        1,
    );
    let project = Project::in_memory([("branches.yaml", broken.as_str()), ("base/app.yaml.j2", TEMPLATE)]);
    let only = Part::Only(vec!["feature/one".to_owned()]);
    let planned = pipeline::plan(&project).unwrap();
    let mut built = pipeline::build(&project, planned, &base, &only, &Progress::default()).unwrap();
    assert!(built.failed.is_empty());
    assert_eq!(built.unknown().into_iter().collect::<Vec<_>>(), ["main"]);
    assert_eq!(retired(&built.tree), Things::new());
    let last = |image: usize| {
        let last = build(&spec(&Model::from([(0, branch(image))]), false), &Tree::default());
        last.into_iter().filter(|(path, _)| path.as_str().starts_with("namespaces/main/")).collect::<Tree>()
    };
    built.know(&last(2)).unwrap();
    assert_eq!(retired(&built.tree), Things::new(), "its last output uses the image");
    let planned = pipeline::plan(&project).unwrap();
    let mut built = pipeline::build(&project, planned, &base, &only, &Progress::default()).unwrap();
    built.know(&last(5)).unwrap();
    assert_eq!(retired(&built.tree), Things::from([("image", "1".to_owned())]));
}
