//! What holds for every build of a folder: twice is once, an order only orders, and what was printed builds to itself.

use crate::diagnostic::{Severity, short};
use crate::kustomize::{self, Input, Memo, Options, Reorder};
use crate::source::{Project, RelPath};
use crate::tests::kit::Workspace;
use crate::work::WorkCounter;
use crate::yaml::{self, Quoting};
use proptest::prelude::*;
use std::fmt::Write;

/// The documents that a build of `app` prints.
fn build(project: &Project, memo: &Memo, reorder: Reorder) -> Result<Vec<String>, String> {
    let (cache, work) = (yaml::DocumentCache::default(), WorkCounter::default());
    let input = Input { project, cache: &cache, memo, work: &work, templates: None };
    let options = Options { reorder, ..Options::default() };
    let built = kustomize::kustomize(&input, &RelPath::new("app").unwrap(), options).map_err(|errors| {
        errors.iter().map(|error| short::render(Severity::Error, error, project)).collect::<String>()
    })?;
    let text = |node| yaml::stream([node], |out, node| yaml::write(out, node, Quoting::Kustomize)).unwrap();
    Ok(built.resources.iter().map(|resource| text(&resource.node)).collect())
}

/// An object of each of some kinds, which refer to one another by name.
fn object(kind: usize, name: usize, namespace: usize) -> String {
    let (api, kind, rest) = [
        ("v1", "ConfigMap", "data: {key: value, \"yes\": \"012\"}\n"),
        ("v1", "Service", "spec: {selector: {app: web}, ports: [{port: 80}]}\n"),
        ("v1", "Namespace", ""),
        ("v1", "ServiceAccount", "secrets: [{name: n1}]\n"),
        (
            "apps/v1",
            "Deployment",
            "spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      \
             serviceAccountName: n1\n      volumes: [{name: v, configMap: {name: n2}}]\n      containers: [{name: c, image: \
             'nginx:1'}]\n",
        ),
        ("example.com/v1", "Thing", "spec: {list: [1, null, 1.50], text: |\n    two\n    lines\n  }\n"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "rules: []\n"),
    ][kind % 7];
    let rest = rest.replace("|\n    two\n    lines\n  ", "\"two\\nlines\\n\"");
    let namespace = ["", ", namespace: a", ", namespace: b"][namespace % 3];
    format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: n{name}{namespace}}}\n{rest}")
}

/// Lines of a kustomization, each taken or not.
const LINES: [&str; 9] = [
    "namePrefix: p-",
    "nameSuffix: -s",
    "namespace: c",
    "labels: [{pairs: {tier: web}, includeSelectors: true}]",
    "commonAnnotations: {owner: \"007\"}",
    "images: [{name: nginx, newTag: \"2\"}]",
    "configMapGenerator: [{name: made, literals: [a=b]}]",
    "patches: [{target: {kind: Deployment}, patch: '- {op: add, path: /spec/replicas, value: 3}'}]",
    "sortOptions: {order: fifo}",
];

/// A base and an overlay of it.
fn project(objects: &[(usize, usize, usize)], base: u16, app: u16) -> Project {
    let objects: Vec<String> = objects.iter().map(|(kind, name, namespace)| object(*kind, *name, *namespace)).collect();
    let kustomization = |resource: &str, wanted: u16| {
        let mut text = format!("resources: [{resource}]\n");
        for (i, line) in LINES.iter().enumerate().filter(|(i, _)| wanted >> i & 1 == 1) {
            let _ = writeln!(text, "{}", line.replace("made", &format!("made-{}", i + resource.len())));
        }
        text
    };
    Project::in_memory([
        ("base/all.yaml", objects.join("---\n")),
        ("base/kustomization.yaml", kustomization("all.yaml", base)),
        ("app/kustomization.yaml", kustomization("../base", app)),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn twice_is_once_and_an_order_only_orders(
        objects in proptest::collection::vec((0usize..7, 0usize..4, 0usize..3), 1..8),
        base in 0u16..512,
        app in 0u16..512,
    ) {
        let project = project(&objects, base, app);
        let memo = Memo::default();
        let first = build(&project, &memo, Reorder::Legacy);
        prop_assert_eq!(&first, &build(&project, &memo, Reorder::Legacy));
        prop_assert_eq!(&first, &build(&project, &Memo::default(), Reorder::Legacy));

        let unsorted = build(&project, &memo, Reorder::None);
        let set = |built: &Result<Vec<String>, String>| {
            let mut documents = built.clone();
            let _ = documents.as_mut().map(|documents| documents.sort());
            documents
        };
        prop_assert_eq!(set(&first), set(&unsorted));

        if let (Ok(sorted), Ok(unsorted)) = (first, unsorted) {
            for (documents, reorder) in [(sorted, Reorder::Legacy), (unsorted, Reorder::None)] {
                let fifo = app >> 8 & 1 == 1;
                let order = if fifo { "sortOptions: {order: fifo}\n" } else { "" };
                let again = Project::in_memory([
                    ("app/all.yaml", documents.join("---\n")),
                    ("app/kustomization.yaml", format!("resources: [all.yaml]\n{order}")),
                ]);
                prop_assert_eq!(build(&again, &Memo::default(), reorder), Ok(documents));
            }
        }
    }
}

/// Hundreds of big definitions and thousands of small objects under three overlays: nothing is lost, nothing is slow by
/// more than the size.
#[test]
fn megabytes_pass_through_nested_overlays() {
    const DEFINITIONS: usize = 250;
    let words = "some words that describe a field at length, ".repeat(8);
    let mut fields = String::new();
    for n in 0..40 {
        let _ = write!(
            fields,
            "              field{n}:\n                type: string\n                description: '{words}'\n"
        );
    }
    let definition = |n| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things{n}.example.com\nspec:\n  \
             group: example.com\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        properties:\n          spec:\n            \
             properties:\n{fields}"
        )
    };
    let definitions: Vec<String> = (0..DEFINITIONS).map(definition).collect();
    let objects: Vec<String> = (0..2000).map(|n| object(5, n, 0)).collect();
    let (definitions, objects) = (definitions.join("---\n"), objects.join("---\n"));
    assert!(definitions.len() > 4 << 20, "{}", definitions.len());
    let project = Project::in_memory([
        ("crds/all.yaml", definitions.as_str()),
        ("crds/kustomization.yaml", "resources: [all.yaml]\ncommonAnnotations: {part: crds}\n"),
        ("base/all.yaml", objects.as_str()),
        ("base/kustomization.yaml", "resources: [all.yaml]\nnamePrefix: p-\n"),
        ("middle/kustomization.yaml", "resources: [../crds, ../base]\nnamespace: middle\n"),
        ("app/kustomization.yaml", "resources: [../middle]\nnameSuffix: -s\nlabels: [{pairs: {top: \"1\"}}]\n"),
    ]);
    let documents = build(&project, &Memo::default(), Reorder::Legacy).unwrap();
    assert_eq!(documents.len(), DEFINITIONS + 2000);
    let first = &documents[0];
    assert!(first.contains("part: crds") && first.contains("top: \"1\"") && !first.contains("middle"), "{first}");
    let last = &documents[documents.len() - 1];
    assert!(last.contains("name: p-n999-s\n  namespace: middle\n"), "{last}");
}

/// Many folders are made on all cores, as if one after the other: what one of them says of lists holds for those behind.
#[test]
fn many_folders_are_as_one_after_the_other() {
    const FOLDERS: usize = 40;
    let build_with = |teller: Option<usize>| {
        let mut files = vec![("app/kustomization.yaml".to_owned(), String::from("resources:\n"))];
        for n in 0..FOLDERS {
            let _ = writeln!(files[0].1, "- ../d{n}");
            let openapi = if teller == Some(n) { "openapi: {path: schema.json}\n" } else { "" };
            let patch = "{path: patch.yaml, target: {kind: Foo}}";
            let text = format!("resources: [a.yaml]\nnamePrefix: p{n}-\npatches: [{patch}]\n{openapi}");
            files.push((format!("d{n}/kustomization.yaml"), text));
            let object = |items: &str| {
                format!("apiVersion: example.com/v1\nkind: Foo\nmetadata: {{name: x}}\nspec: {{list: [{items}]}}\n")
            };
            files.push((format!("d{n}/a.yaml"), object("{name: a}, {name: b}")));
            files.push((format!("d{n}/patch.yaml"), object("{name: b, c: d}")));
            let schema = r#"{"definitions": {"com.example.v1.Foo": {"x-kubernetes-group-version-kind": [{"group": "example.com",
                "version": "v1", "kind": "Foo"}], "properties": {"spec": {"properties": {"list": {"type": "array", "items":
                {"type": "object"}, "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}}}}}"#;
            files.push((format!("d{n}/schema.json"), schema.to_owned()));
        }
        build(&Project::in_memory(files), &Memo::default(), Reorder::None).unwrap()
    };
    for teller in [None, Some(0), Some(20), Some(FOLDERS - 1)] {
        let documents = build_with(teller);
        assert_eq!(documents.len(), FOLDERS);
        for (n, document) in documents.iter().enumerate() {
            assert!(document.contains(&format!("name: p{n}-x\n")), "{document}");
            assert_eq!(document.contains("name: a\n"), teller.is_some_and(|teller| teller <= n), "{teller:?} {n}");
        }
    }
}

/// `pleach build` knows more kinds outside of namespaces than kustomize, whose output stays what `kubectl kustomize` prints.
#[test]
fn a_kind_that_kustomize_does_not_know_gets_a_namespace() {
    let workspace = Workspace::small();
    let object =
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: a}\nspec: {}\n";
    workspace.write("app/a.yaml", object);
    workspace.write("app/kustomization.yaml", "namespace: x\nresources: [a.yaml]\n");
    let printed = workspace.run(&["kustomize", "app"]).exits(0).out();
    assert!(printed.contains("\n  namespace: x\n"), "{printed}");
}
