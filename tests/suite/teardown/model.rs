//! Branches of which images, roles and databases come, change and go, and what a build has to say of them: the model that
//! properties of retirement compare builds with.

use crate::output::Tree;
use crate::pipeline::Selection;
use crate::source::Project;
use crate::teardown::{Footprint, TeardownPlan};
use crate::tests::memory_build::{self, BuiltOutput};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const BRANCHES: [&str; 5] = ["main", "feature/one", "feature/two", "fix", "feature/three"];

/// Images and which of them are one: by another spelling, by their digest.
const IMAGES: [(&str, usize); 9] = [
    ("nginx:1", 0),
    ("docker.io/library/nginx:1", 0),
    ("r.example.com/app:1", 1),
    ("r.example.com/app:2@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2),
    ("r.example.com/app:3@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2),
    ("r.example.com/app:4", 3),
    ("r.example.com:5000/app@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 4),
    ("redis", 5),
    ("r.example.com/app:3@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", 6),
];

pub(crate) const TEMPLATE: &str = "\
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
      containers: [{name: web, image: '{{ values.image if values.place == 'containers' else 'r.example.com/base:1' }}', args: ['--image={{ values.names }}']}]
---
apiVersion: example.com/v1
kind: Fleet
metadata:
  name: fleet
{% if values.database %}
  annotations: {pleach.dev/database: '{{ values.database }}/main/{{ branch.slug }}'}
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
pub(crate) struct Branch {
    pub(crate) image: usize,
    pub(crate) place: usize,
    pub(crate) role: bool,
    pub(crate) database: usize,
    /// An image that it names in an argument only.
    pub(crate) names: Option<usize>,
}

/// What kinds of databases a branch may have: none, those that an annotation names, those that the spec gives it.
const DATABASES: [(&str, &str); 5] =
    [("", "shared"), ("schema", "shared"), ("database", "shared"), ("", "schema"), ("", "database")];

/// The live branches by their positions in [`BRANCHES`].
pub(crate) type Model = BTreeMap<usize, Branch>;

pub(crate) fn model() -> impl Strategy<Value = Model> {
    let branch = (
        0..IMAGES.len(),
        0..PLACES.len(),
        any::<bool>(),
        0..DATABASES.len(),
        proptest::option::weighted(0.3, 0..IMAGES.len()),
    );
    let branch =
        branch.prop_map(|(image, place, role, database, names)| Branch { image, place, role, database, names });
    proptest::collection::btree_map(0..BRANCHES.len(), branch, 0..BRANCHES.len())
}

pub(crate) fn spec(model: &Model, reversed: bool) -> String {
    spec_in(model, "", reversed)
}

/// The spec, its namespaces with something before the slugs.
pub(crate) fn spec_in(model: &Model, prefix: &str, reversed: bool) -> String {
    let entry = |(of, branch): (&usize, &Branch)| {
        let Branch { image, place, role, database, names } = branch;
        let names = names.map_or("none", |names| IMAGES[names].0);
        let (annotated, mode) = DATABASES[*database];
        format!(
            "- {{name: {}, database: {{mode: {mode}}}, values: {{image: '{}', place: {}, role: {role}, database: '{annotated}', names: '{names}'}}}}\n",
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
         database: {{name: shop}}\nimageFields: [{{group: example.com, kind: Fleet, path: spec/runner/image}}]\nbranches:{branches}"
    )
}

pub(crate) fn built(spec: &str, base: &Tree, part: &Selection) -> BuiltOutput {
    let project = Project::in_memory([("branches.yaml", spec), ("base/app.yaml.j2", TEMPLATE)]);
    memory_build::build_all(&project, base, part)
}

pub(crate) fn build(spec: &str, base: &Tree) -> Tree {
    built(spec, base, &Selection::All).tree
}

/// The plans of a tree by slug.
pub(crate) fn plans(tree: &Tree) -> BTreeMap<String, TeardownPlan> {
    let ours = tree.iter().filter(|(path, _)| path.as_str().starts_with("teardown/"));
    ours.map(|(path, text)| (path.name().trim_end_matches(".yaml").to_owned(), TeardownPlan::parse(text).unwrap()))
        .collect()
}

/// Things by kind and name; images by the class they are of.
pub(crate) type Things = BTreeSet<(&'static str, String)>;

fn class(image: &str) -> String {
    IMAGES.iter().find(|(name, _)| *name == image).map_or_else(|| image.to_owned(), |(_, class)| class.to_string())
}

fn things(left: &Footprint) -> Things {
    let namespaces = left.namespaces.iter().map(|name| ("namespace", name.to_string()));
    let objects = left.objects.iter().map(|object| ("object", object.name.to_string()));
    let names = left.names.iter().map(|(_, name)| ("name", name.to_string()));
    let databases = left.databases.iter().map(|database| ("database", format!("{} {}", database.kind, database.name)));
    let images = left.images.iter().map(|image| ("image", class(image)));
    namespaces.chain(objects).chain(names).chain(databases).chain(images).collect()
}

/// What a branch has, by the model and not by what was written.
pub(crate) fn had(of: usize, branch: &Branch, prefix: &str) -> Things {
    let slug = crate::slug::Slug::of(BRANCHES[of], 63).to_string();
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
    match DATABASES[branch.database] {
        ("", "shared") => {}
        ("", mode) => drop(things.insert(("database", format!("{mode} shop_{}", slug.replace('-', "_"))))),
        (kind, _) => drop(things.insert(("database", format!("{kind} {slug}")))),
    }
    things
}

/// What the branches have and would leave.
pub(crate) fn placed(model: &Model, prefix: &str) -> Things {
    model.iter().flat_map(|(of, branch)| had(*of, branch, prefix)).collect()
}

/// The same, and the images that they name. A word alone names none.
pub(crate) fn live(model: &Model, prefix: &str) -> Things {
    let names = model.values().filter_map(|branch| branch.names).map(|names| IMAGES[names]);
    let names = names.filter(|(name, _)| name.contains(':')).map(|(_, class)| ("image", class.to_string()));
    placed(model, prefix).into_iter().chain(names).collect()
}

/// The images that plans keep in mind.
pub(crate) fn named(tree: &Tree) -> Things {
    plans(tree).values().flat_map(|plan| &plan.footprint.images_in_use).map(|image| ("image", class(image))).collect()
}

pub(crate) fn teardown(tree: &Tree) -> Things {
    plans(tree).values().flat_map(|plan| things(&plan.footprint)).collect()
}

pub(crate) fn branch(image: usize) -> Branch {
    Branch { image, place: 0, role: true, database: 1, names: None }
}
