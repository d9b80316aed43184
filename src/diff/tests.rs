//! Outputs and their differences.

use super::change::{Change, ValueChange};
use super::derived::DerivedName;
use super::group::expanded;
use super::*;
use crate::output::OutputPath;
use crate::source::RelPath;
use proptest::prelude::*;
use std::sync::Arc;

fn tree<P: AsRef<str>, T: AsRef<str>>(files: &[(P, T)]) -> Tree {
    let file = |(path, text): &(P, T)| {
        (OutputPath::from(RelPath::new(path.as_ref()).unwrap()), Arc::<str>::from(text.as_ref()))
    };
    files.iter().map(file).collect()
}

/// The differences, with `feature/NAME` as the name of a branch. A branch is removed if its slug begins with `removed`.
pub(super) fn diff(before: &Tree, after: &Tree) -> Diff {
    let name = |slug: &str| format!("feature/{slug}");
    let known = |slug: &str| KnownBranch {
        name: name(slug),
        exists: !slug.starts_with("removed"),
        secret_values: BTreeSet::new(),
        derived_names: vec![
            (DerivedName::Branch, name(slug).into()),
            (DerivedName::Slug, slug.into()),
            (DerivedName::Namespace, format!("shop-{slug}").into()),
            (DerivedName::Host(0), format!("{slug}.example.com").into()),
        ],
    };
    let slugs: BTreeSet<&str> = after.iter().map(|(path, _)| path.slug()).collect();
    let all = slugs.into_iter().map(name).collect();
    let comparing = Comparing {
        project: "shop",
        output: "out",
        secret_keys: &["password".into()],
        all,
        not_rendered: BTreeSet::new(),
        lines: FileLines::Counted,
    };
    compare((before, after), comparing, known)
}

/// The changes from one object to another, as `path: before -> after`.
fn changes(before: &str, after: &str) -> Vec<String> {
    let path = "namespaces/a/50-x.yaml";
    let diff = diff(&tree(&[(path, before)]), &tree(&[(path, after)]));
    diff.environments.iter().flat_map(|environment| environment.changes.iter().map(short)).collect()
}

fn short(change: &Change<SmolStr>) -> String {
    let path = &change.path;
    match &change.value {
        ValueChange::Added(after) => format!("{path}: -> {after}"),
        ValueChange::Removed(before) => format!("{path}: {before} ->"),
        ValueChange::Replaced(before, after) => format!("{path}: {before} -> {after}"),
        ValueChange::Lines(lines) => format!("{path}: {lines}"),
        ValueChange::Reordered(before, after) => format!("{path}: order {before} -> {after}"),
    }
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n";
const CUSTOM: &str = "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: x}\nspec:\n";

#[test]
fn values_differ_by_path() {
    for (kind, before, after, want) in [
        (POD, "  nodeName: a", "  nodeName: b", &["spec.nodeName: a -> b"][..]),
        (POD, "  nodeName: '1'", "  nodeName: 1", &["spec.nodeName: \"1\" -> 1"]),
        (POD, "  a.b: 1", "  a.b: 2", &["spec[\"a.b\"]: 1 -> 2"]),
        (POD, "  a: 1", "  b: 1", &["spec.a: 1 ->", "spec.b: -> 1"]),
        (
            POD,
            "  containers: [{name: a, image: x}, {name: b, image: w}]",
            "  containers: [{name: b, image: z}, {name: c, image: x}]",
            &[
                "spec.containers[a]: image: x\nname: a ->",
                "spec.containers[b].image: w -> z",
                "spec.containers[c]: -> image: x\nname: c",
            ],
        ),
        (
            POD,
            "  containers: [{name: a}, {name: b}]",
            "  containers: [{name: b}, {name: a}]",
            &["spec.containers: order a, b -> b, a"],
        ),
        (
            POD,
            "  containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}]",
            "  containers: [{name: a, ports: [{containerPort: 80, name: w}, {containerPort: 80, protocol: UDP}]}]",
            &["spec.containers[a].ports[containerPort=80].name: -> w"],
        ),
        (
            POD,
            "  containers: [{name: a, args: [x, u, z]}]",
            "  containers: [{name: a, args: [x, w, u, v]}]",
            &["spec.containers[a].args[1]: -> w", "spec.containers[a].args[3]: z -> v"],
        ),
        // Items with equal keys are compared in order.
        (
            POD,
            "  containers: [{name: a, image: x}, {name: a, image: w}]",
            "  containers: [{name: a, image: x}, {name: a, image: z}]",
            &["spec.containers[1].image: w -> z"],
        ),
        (
            CUSTOM,
            "  steps: [{key: a, v: 1}, {key: b}]",
            "  steps: [{key: b}, {key: a, v: 2}]",
            &["spec.steps: order key=a, key=b -> key=b, key=a", "spec.steps[key=a].v: 1 -> 2"],
        ),
        (CUSTOM, "  steps: [1, 2]", "  steps: [2]", &["spec.steps[0]: 1 ->"]),
        (CUSTOM, "  text: |\n    a\n    b\n", "  text: |\n    a\n    c\n", &["spec.text: @@\n a\n-b\n+c\n"]),
        (CUSTOM, "  a: {b: 1}", "  a: [1]", &["spec.a: b: 1 -> - 1"]),
    ] {
        assert_eq!(changes(&format!("{kind}{before}\n"), &format!("{kind}{after}\n")), want, "{before}");
    }
}

#[test]
fn lists_of_custom_resources_are_compared_by_the_keys_of_their_definition() {
    let definition =
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.x.io}
spec:
  group: x.io
  names: {kind: Thing}
  versions:
  - name: v1
    schema: {openAPIV3Schema: {properties: {spec: {properties: {steps: {
      type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [at]}}}}}}\n";
    let files = |steps: &str| {
        tree(&[
            ("shared/05-customresourcedefinition-things.x.io.yaml", definition.to_owned()),
            ("namespaces/a/80-thing-x.yaml", format!("{CUSTOM}  steps: {steps}\n")),
        ])
    };
    let diff = diff(&files("[{at: 1, v: a}, {at: 2, v: b}]"), &files("[{at: 2, v: c}, {at: 1, v: a}]"));
    let changes: Vec<String> = diff.environments[0].changes.iter().map(short).collect();
    assert_eq!(changes, ["spec.steps: order at=1, at=2 -> at=2, at=1", "spec.steps[at=2].v: b -> c"]);
}

#[test]
fn formatting_is_no_change() {
    let (path, lock) = ("namespaces/a/50-x.yaml", "namespaces/a/pleach.lock");
    let before = tree(&[(path, "# c\nkind: X\napiVersion: 'v1'\n"), (lock, "kind: Lock\n")]);
    let after = tree(&[(path, "apiVersion: v1\nkind: X\n"), (lock, "kind: Lock\nfiles: []\n")]);
    let diff = diff(&before, &after);
    let [environment] = &diff.environments[..] else { panic!("{diff:?}") };
    assert!(environment.changes.is_empty() && diff.groups.is_empty());
    assert_eq!(environment.files.iter().map(|file| file.has_changes).collect::<Vec<_>>(), [false]);
    assert!(summary::render(&diff).contains("0 objects changed, 1 file with another formatting only"));
}

#[test]
fn equal_outputs_do_not_differ() {
    let output = tree(&[("namespaces/a/10-a.yaml", "a: 1\n")]);
    assert!(diff(&output, &output).is_empty());
}

#[test]
fn objects_keep_their_identity_when_renamed() {
    let config = |name: &str, value: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {value}}}\n")
    };
    let large = |kind: &str, name: &str, namespace: &str, last: u32| {
        let data = (0..8).map(|n| format!("  k{n}: value-{n}\n")).collect::<Vec<_>>().concat();
        format!(
            "apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata:\n{data}  last: {last}\n"
        )
    };
    for (what, before, after, want) in [
        (
            "a generated name",
            config("nginx-5tkd7552bh", "1"),
            config("nginx-489k55ff9h", "2"),
            &["data.a: 1 -> 2", "metadata.name: nginx-5tkd7552bh -> nginx-489k55ff9h"][..],
        ),
        (
            "equal content",
            large("ConfigMap", "one", "n", 1),
            large("ConfigMap", "two", "n", 2),
            &["data.last: 1 -> 2", "metadata.name: one -> two"],
        ),
        (
            "another namespace",
            config("x", "1").replace("name: x", "name: x, namespace: m"),
            config("x", "1").replace("name: x", "name: x, namespace: k"),
            &["metadata.namespace: m -> k"],
        ),
        (
            "another API group",
            config("x", "1").replace("v1", "extensions/v1beta1"),
            config("x", "1").replace("v1", "apps/v1"),
            &["apiVersion: extensions/v1beta1 -> apps/v1"],
        ),
    ] {
        let (old, new) = ("namespaces/a/30-a.yaml", "namespaces/a/30-b.yaml");
        let diff = diff(&tree(&[(old, before)]), &tree(&[(new, after)]));
        let changes: Vec<String> = diff.environments[0].changes.iter().map(short).collect();
        assert_eq!(changes, want, "{what}");
    }
    let (old, new) = ("namespaces/a/30-a.yaml", "namespaces/a/30-b.yaml");
    let other_kind = diff(&tree(&[(old, large("A", "x", "n", 1))]), &tree(&[(new, large("B", "y", "n", 1))]));
    assert_eq!(other_kind.environments[0].changes.len(), 2, "objects of other kinds are other objects");
}

/// A Deployment and its generated `ConfigMap` in some branches.
fn application(slugs: &[&str], image: impl Fn(&str) -> String, text: &str, hash: &str) -> Tree {
    let files = slugs.iter().flat_map(|slug| {
        let meta = |name: &str| format!("metadata:\n  name: {name}\n  namespace: shop-{slug}\n");
        let deployment = format!(
            "apiVersion: apps/v1\nkind: Deployment\n{}spec:\n  template:\n    spec:\n      containers:\n      - image: {}\n        \
             name: web\n      volumes:\n      - configMap: {{name: nginx-{hash}}}\n        name: nginx\n",
            meta("web"),
            image(slug)
        );
        let name = format!("nginx-{hash}");
        let config = format!(
            "apiVersion: v1\nkind: ConfigMap\n{}data:\n  nginx.conf: |\n    log_format main;\n    server_name {slug}.example.com;\n    {text};\n",
            meta(&name)
        );
        [
            (format!("namespaces/{slug}/50-deployment-web.yaml"), deployment),
            (format!("namespaces/{slug}/30-configmap-{name}.yaml"), config),
        ]
    });
    tree(&files.collect::<Vec<_>>())
}

#[test]
fn one_edit_of_the_base_is_one_group() {
    let slugs = ["a", "b", "main", "log"];
    let image = |_: &str| "web:1".to_owned();
    let before = application(&slugs, image, "gzip on", "5tkd7552bh");
    let after = application(&slugs, image, "gzip off", "489k55ff9h");
    let diff = diff(&before, &after);
    assert_eq!(
        text::render(&diff, text::Paint::Plain),
        "\
0 environments to add, 4 to change, 0 to delete

Pods restart:
  Deployment/web in all 4 environments

# all 4 environments
  ConfigMap/nginx-{new hash}
    data[\"nginx.conf\"]:
@
      log_format main;
      server_name {host};
-     gzip on;
+     gzip off;
!   metadata.name: nginx-{old hash} → nginx-{new hash}
  Deployment/web
!   spec.template.spec.volumes[nginx].configMap.name: nginx-{old hash} → nginx-{new hash}
"
    );
}

#[test]
fn a_change_of_one_branch_is_a_group_of_its_own() {
    let slugs = ["a", "b", "c"];
    let image = |one: &'static str| move |slug: &str| if slug == "b" { one.to_owned() } else { "web:1".to_owned() };
    let before = application(&slugs, image("web:1"), "gzip on", "5tkd7552bh");
    let after = application(&slugs, image("web:2.0"), "gzip on", "5tkd7552bh");
    let diff = diff(&before, &after);
    assert_eq!(
        text::render(&diff, text::Paint::Plain),
        "\
0 environments to add, 1 to change (1 routine: only images and labels), 0 to delete

Images:
  web 1 → 2.0 in feature/b
Pods restart:
  Deployment/web in feature/b

# feature/b
  Deployment/web
!   spec.template.spec.containers[web].image: web:1 → web:2.0
"
    );
}

#[test]
fn reports_stay_within_their_limits() {
    for count in [402_usize, 1600] {
        // Every third environment has a change of its own; one in ten is new, one in ten removed.
        let slugs: Vec<String> =
            (0..count).map(|n| if n % 10 == 1 { format!("removed-{n}") } else { format!("b-{n}") }).collect();
        let side = |is_after: bool| {
            let part: Vec<&str> = slugs
                .iter()
                .enumerate()
                .filter(|(n, _)| n % 10 != if is_after { 1 } else { 2 })
                .map(|(_, slug)| slug.as_str())
                .collect();
            let image = move |slug: &str| match slug.rsplit_once('-').and_then(|(_, n)| n.parse::<usize>().ok()) {
                Some(n) if is_after && n % 3 == 0 => format!("web:{n}"),
                _ => "web:1".to_owned(),
            };
            let (text, hash) = if is_after { ("gzip off", "489k55ff9h") } else { ("gzip on", "5tkd7552bh") };
            application(&part, image, text, hash)
        };
        let diff = diff(&side(false), &side(true));
        let json: serde_json::Value = serde_json::from_str(&json::render(&diff)).unwrap();
        let totals = &json["totals"];
        let counts = format!(
            "{} environments to add, {} to change, {} to delete",
            totals["added"], totals["changed"], totals["removed"]
        );
        assert_eq!(totals["branches"], count, "all differ");
        for limit in [markdown::SMALLEST_LIMIT, 32_768, 65_536, 150_000, 1_000_000, 1 << 20] {
            let text = markdown::render(&diff, limit);
            assert!(text.len() <= limit, "{} of {limit}", text.len());
            assert!(text.contains(&counts), "{counts}: {}", &text[..500]);
            for (begin, end) in [("<details>", "</details>"), ("<summary>", "</summary>")] {
                assert_eq!(text.matches(begin).count(), text.matches(end).count(), "{begin}");
            }
            assert_eq!(text.lines().filter(|line| line.starts_with("```")).count() % 2, 0, "fences are closed");
            assert!(text.starts_with("- **Deleted: feature/removed-"), "{}", &text[..100]);
        }
        assert!(text::render(&diff, text::Paint::Plain).contains(&counts));
        let items = diff.items(str::to_owned);
        assert!(items.len() > count / 10);
    }
}

/// What a random edit does, and to which branch, or to all.
#[derive(Clone, Debug)]
enum RandomEdit {
    /// Sets a field of an object to a value, which can contain the names of the branch.
    Set(usize, usize, usize),
    /// Removes an object.
    Remove(usize),
    /// Renames an object.
    Rename(usize, usize),
}

const SLUGS: [&str; 4] = ["a", "main", "log-in", "main-2"];
const VALUES: [&str; 8] =
    ["1", "main", "SLUG", "x SLUG.example.com y", "shop-SLUG", "feature/SLUG", "nginx-5tkd7552bh", "a\nmain SLUG\nb\n"];
const HASHES: [&str; 3] = ["5tkd7552bh", "489k55ff9h", "8htmg972bc"];

/// The objects of a branch.
const OBJECTS: usize = 3;

/// The files of a branch: objects with three fields and a list each.
fn random_files(slug: &str, edits: &[RandomEdit]) -> Vec<(String, String)> {
    let mut objects: Vec<Option<(String, [usize; 4])>> =
        (0..OBJECTS).map(|n| Some((format!("x{n}"), [n, 0, 1, 2]))).collect();
    for edit in edits {
        match edit {
            RandomEdit::Set(object, field, value) => {
                if let Some((_, values)) = &mut objects[*object] {
                    values[*field] = *value;
                }
            }
            RandomEdit::Remove(object) => objects[*object] = None,
            RandomEdit::Rename(object, hash) => {
                if let Some((name, _)) = &mut objects[*object] {
                    *name = format!("x{object}-{}", HASHES[*hash]);
                }
            }
        }
    }
    let file = |(name, values): (String, [usize; 4])| {
        let value = |at: usize| serde_json::Value::from(VALUES[values[at]].replace("SLUG", slug));
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: shop-{slug}\ndata:\n  a: {}\n  b: {}\n  \
             {}: 1\nlist: [{{name: {}}}, {{name: z}}]\n",
            value(0),
            value(1),
            value(2),
            value(3)
        );
        (format!("namespaces/{slug}/30-configmap-{name}.yaml"), text)
    };
    objects.into_iter().flatten().map(file).collect()
}

fn random_edit() -> impl Strategy<Value = RandomEdit> {
    prop_oneof![
        4 => (0..OBJECTS, 0..4_usize, 0..VALUES.len()).prop_map(|(object, field, value)| RandomEdit::Set(object, field, value)),
        1 => (0..OBJECTS).prop_map(RandomEdit::Remove),
        1 => (0..OBJECTS, 0..HASHES.len()).prop_map(|(object, hash)| RandomEdit::Rename(object, hash)),
    ]
}

/// The edits of all branches, and those of each.
fn random_edits() -> impl Strategy<Value = (Vec<RandomEdit>, Vec<Vec<RandomEdit>>)> {
    let some = || prop::collection::vec(random_edit(), 0..4);
    (some(), prop::collection::vec(some(), SLUGS.len()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn groups_have_exactly_the_changes_of_their_branches(
        (old, old_of_each) in random_edits(),
        (new, new_of_each) in random_edits(),
        (added, removed) in (0..SLUGS.len(), 0..SLUGS.len()),
    ) {
        let output = |all: &[RandomEdit], each: &[Vec<RandomEdit>], without: usize| {
            let branches = SLUGS.iter().zip(each).enumerate().filter(|(at, _)| *at != without);
            let files: Vec<(String, String)> =
                branches.flat_map(|(_, (slug, own))| random_files(slug, &[all, own].concat())).collect();
            tree(&files)
        };
        let (before, after) = (output(&old, &old_of_each, added), output(&new, &new_of_each, removed));
        let diff = diff(&before, &after);
        for (at, environment) in diff.environments.iter().enumerate() {
            let changes = expanded(&diff.groups, at, &environment.names);
            prop_assert_eq!(changes.as_ref(), Some(&environment.changes));
        }
        let differing: BTreeSet<&str> = before
            .iter()
            .chain(&after)
            .filter(|(path, text)| before.get(path) != Some(*text) || after.get(path) != Some(*text))
            .map(|(path, _)| path.slug())
            .collect();
        let found: BTreeSet<&str> = diff.environments.iter().map(|environment| environment.slug.as_str()).collect();
        prop_assert_eq!(&found, &differing);
        prop_assert!(diff.environments.iter().all(|environment| !environment.changes.is_empty()));
    }
}
