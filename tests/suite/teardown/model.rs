//! A model of branches whose images, roles and databases are added, changed and removed. The property tests of teardown plans
//! compare builds with it.

use crate::output::Tree;
use crate::pipeline::Selection;
use crate::source::Project;
use crate::teardown::{Footprint, TeardownPlan};
use crate::tests::memory_build::{self, BuiltOutput};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const BRANCHES: [&str; 5] = ["main", "feature/one", "feature/two", "fix", "feature/three"];

/// Image references with a number for each image. References with the same number identify the same image.
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
{% if database is defined %}
  database: '{{ database.name }}/{{ database.schema }}'
{% endif %}
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

/// An existing branch: its image, the field with the image, and its other objects.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) image: usize,
    pub(crate) place: usize,
    pub(crate) role: bool,
    pub(crate) database: usize,
    /// An image in an argument only.
    pub(crate) names: Option<usize>,
}

/// The databases of a branch: the kind in an annotation, and the mode in the spec.
const DATABASES: [(&str, &str); 5] =
    [("", "shared"), ("schema", "shared"), ("database", "shared"), ("", "schema"), ("", "database")];

/// The existing branches by their positions in [`BRANCHES`].
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

/// The spec with namespaces that are `shop-`, `prefix` and the slug.
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
    let own = |kind: &str| format!("{kind}/main/main, {kind}/main/feature-*, {kind}/main/fix*");
    let databases = [own("schema"), own("database")].join(", ");
    let branches = if entries.is_empty() { " []\n".to_owned() } else { format!("\n{}", entries.concat()) };
    format!(
        "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: 'shop-{prefix}{{{{ branch.slug }}}}'\nhosts: ['{{{{ branch.slug }}}}.dev.example.com']\n\
         zones: {{dev.example.com: {{ttl: 60, CNAME: [ingress.example.net]}}}}\n\
         cleanup:\n  namespaces: [main, 'feature-*', 'fix*', 'x-*']\n  databases: [{databases}]\n\
         \x20 images: {{repositories: [nginx, redis, 'r.example.com/*', 'r.example.com:5000/*']}}\n\
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

/// The plans of an output by slug.
pub(crate) fn plans(tree: &Tree) -> BTreeMap<String, TeardownPlan> {
    let ours = tree.iter().filter(|(path, _)| path.as_str().starts_with("teardown/"));
    ours.map(|(path, text)| (path.name().trim_end_matches(".yaml").to_owned(), TeardownPlan::parse(text).unwrap()))
        .collect()
}

/// Entries of footprints: kind and name, for images the number of the image.
pub(crate) type Entries = BTreeSet<(&'static str, String)>;

fn image_number(image: &str) -> String {
    IMAGES.iter().find(|(name, _)| *name == image).map_or_else(|| image.to_owned(), |(_, number)| number.to_string())
}

fn entries(footprint: &Footprint) -> Entries {
    let namespaces = footprint.namespaces.iter().map(|name| ("namespace", name.to_string()));
    let objects = footprint.objects.iter().map(|object| ("object", object.name.to_string()));
    let names = footprint.names.iter().map(|(_, name)| ("name", name.to_string()));
    let databases =
        footprint.databases.iter().map(|database| ("database", format!("{} {}", database.kind, database.name)));
    let images = footprint.images.iter().map(|image| ("image", image_number(image)));
    namespaces.chain(objects).chain(names).chain(databases).chain(images).collect()
}

/// The footprint of a branch by the model, which does not use the output.
pub(crate) fn footprint_of(of: usize, branch: &Branch, prefix: &str) -> Entries {
    let slug = crate::slug::Slug::of(BRANCHES[of], 63).to_string();
    let mut entries = Entries::from([
        ("namespace", format!("shop-{prefix}{slug}")),
        ("name", format!("{slug}.dev.example.com")),
        ("image", IMAGES[branch.image].1.to_string()),
        ("image", "r.example.com/base:1".to_owned()),
    ]);
    if branch.place == 0 {
        entries.remove(&("image", "r.example.com/base:1".to_owned()));
    }
    if branch.role {
        entries.insert(("object", format!("shop-{slug}")));
    }
    match DATABASES[branch.database] {
        ("", "shared") => {}
        ("", mode) => drop(entries.insert(("database", format!("{mode} shop_{}", slug.replace('-', "_"))))),
        (kind, _) => drop(entries.insert(("database", format!("{kind} {slug}")))),
    }
    entries
}

/// The footprints of all branches by the model.
pub(crate) fn footprints(model: &Model, prefix: &str) -> Entries {
    model.iter().flat_map(|(of, branch)| footprint_of(*of, branch, prefix)).collect()
}

/// Everything that is in use by the model: the footprints and the images in arguments. Text without `:` is not an image.
pub(crate) fn in_use(model: &Model, prefix: &str) -> Entries {
    let names = model.values().filter_map(|branch| branch.names).map(|names| IMAGES[names]);
    let names = names.filter(|(name, _)| name.contains(':')).map(|(_, number)| ("image", number.to_string()));
    footprints(model, prefix).into_iter().chain(names).collect()
}

/// The images in `imagesInUse` of all plans.
pub(crate) fn images_in_use(tree: &Tree) -> Entries {
    plans(tree)
        .values()
        .flat_map(|plan| &plan.footprint.images_in_use)
        .map(|image| ("image", image_number(image)))
        .collect()
}

/// The entries of all plans.
pub(crate) fn planned(tree: &Tree) -> Entries {
    plans(tree).values().flat_map(|plan| entries(&plan.footprint)).collect()
}

pub(crate) fn branch(image: usize) -> Branch {
    Branch { image, place: 0, role: true, database: 1, names: None }
}
