//! The entries of a kustomization that are compared with all objects or fields count as work in proportion to both.

use super::CONFIG_MAP;
use crate::kustomize::{self, Input, Memo, Options};
use crate::source::{Project, RelPath};
use crate::work::WorkCounter;
use crate::yaml::DocumentCache;

/// The number of objects.
const OBJECTS: usize = 20;
/// The number of entries.
const ENTRIES: usize = 200;

/// The steps of a kustomization of [`OBJECTS`] Deployments with these further files. Errors do not matter.
fn steps(kustomization: &str, files: &[(&str, &str)]) -> usize {
    let deployment = |i| {
        let spec = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'a:1'}]}}";
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{i}, labels: {{a: b}}}}\nspec: {{{spec}}}\n---\n"
        )
    };
    let objects: String = (0..OBJECTS).map(deployment).collect();
    let kustomization = format!("resources: [objects.yaml]\n{kustomization}");
    let all = [("kustomization.yaml", kustomization.as_str()), ("objects.yaml", &objects)];
    let project = Project::in_memory(all.into_iter().chain(files.iter().copied()));
    let (cache, memo, work) = (DocumentCache::default(), Memo::default(), WorkCounter::default());
    let input = Input { project: &project, cache: &cache, memo: &memo, work: &work, templates: None };
    let _ = kustomize::kustomize(&input, &RelPath::root(), Options::default());
    work.done()
}

/// [`ENTRIES`] texts, joined.
fn entries(entry: impl Fn(usize) -> String, separator: &str) -> String {
    (0..ENTRIES).map(entry).collect::<Vec<_>>().join(separator)
}

#[track_caller]
fn counts(at_least: usize, kustomization: &str, files: &[(&str, &str)]) {
    let (without, with) = (steps("", &[]), steps(kustomization, files));
    assert!(with >= without + at_least, "{without} steps, then {with}");
}

#[test]
fn labels_and_annotations_of_all_objects() {
    let pairs = entries(|i| format!("k{i}: v"), ", ");
    counts(6 * OBJECTS * ENTRIES, &format!("commonAnnotations: {{{pairs}}}\n"), &[]);
    counts(9 * OBJECTS * ENTRIES, &format!("labels: [{{pairs: {{{pairs}}}, includeSelectors: true}}]\n"), &[]);
}

#[test]
fn linked_fields_that_may_have_changed() {
    let pairs = entries(|i| format!("k{i}: v"), ", ");
    let paths = entries(|i| format!("metadata.annotations.z{i}"), ", ");
    let replacement = format!(
        "{{source: {{name: d0}}, targets: [{{select: {{name: d1}}, options: {{create: true}}, fieldPaths: [{paths}]}}]}}"
    );
    let without = steps(&format!("commonAnnotations: {{{pairs}}}\n"), &[]);
    let with = steps(&format!("commonAnnotations: {{{pairs}}}\nreplacements: [{replacement}]\n"), &[]);
    assert!(with >= without + ENTRIES * ENTRIES / 2, "{without} steps, then {with}");
}

#[test]
fn field_specs_of_all_objects() {
    let fields = entries(|i| format!("- {{path: spec/a{i}, kind: Deployment}}\n"), "");
    for (list, step) in [
        ("images", "images: [{name: a, newTag: b}]\n"),
        ("varReference", "vars: [{name: V, objref: {kind: Deployment, name: d0, apiVersion: apps/v1}}]\n"),
        ("namespace", "namespace: x\n"),
        ("namePrefix", "namePrefix: x-\n"),
        ("nameSuffix", "nameSuffix: -x\n"),
        ("commonAnnotations", "commonAnnotations: {a: b}\n"),
        ("commonLabels", "commonLabels: {c: d}\n"),
    ] {
        let configuration = format!("{list}:\n{fields}");
        counts(OBJECTS * ENTRIES / 2, &format!("configurations: [c.yaml]\n{step}"), &[("c.yaml", &configuration)]);
    }
}

#[test]
fn name_references_of_all_objects() {
    let other = entries(|i| format!("{{path: spec/a{i}, kind: Deployment}}"), ", ");
    let same = entries(|i| format!("{{path: spec/b, group: g{i}, kind: Deployment}}"), ", ");
    for fields in [other, same] {
        let configuration = format!("nameReference: [{{kind: Secret, fieldSpecs: [{fields}]}}]\n");
        let kustomization =
            "configurations: [c.yaml]\nlabels: [{pairs: {b: c}, fields: [{path: spec, create: true}]}]\n";
        counts(OBJECTS * ENTRIES / 4, kustomization, &[("c.yaml", &configuration)]);
    }
}

#[test]
fn name_references_of_many_kinds() {
    let fields = entries(|i| format!("{{path: spec/a{i}}}, {{path: spec/b, kind: K{i}}}"), ", ");
    let configuration = format!("nameReference: [{{kind: Secret, fieldSpecs: [{fields}]}}]\n");
    let objects = entries(|i| CONFIG_MAP.replace("kind: ConfigMap", &format!("kind: K{i}")), "---\n");
    let kustomization = "bases: [more.yaml]\nconfigurations: [c.yaml]\n";
    counts(ENTRIES * ENTRIES, kustomization, &[("c.yaml", &configuration), ("more.yaml", &objects)]);
}

#[test]
fn replicas_of_objects_with_one_name() {
    let replicas = entries(|_| "{name: d0, count: 2}".to_owned(), ", ");
    counts(ENTRIES * 4 / 2, &format!("replicas: [{replicas}]\n"), &[]);
}

#[test]
fn targets_of_patches() {
    let target =
        |target: &str| format!("patches: [{{patch: '[{{op: test, path: /kind, value: x}}]', target: {target}}}]\n");
    let patch = |selector: &str| target(selector).replace("'[{", "\"- {").replace("}]'", "}\"");
    let terms = entries(|i| format!("a!=v{i}"), ",");
    counts(OBJECTS * ENTRIES / 4, &patch(&format!("{{labelSelector: '{terms}'}}")), &[]);
    counts(OBJECTS * ENTRIES / 4, &patch(&format!("{{annotationSelector: '{terms}'}}")), &[]);
    counts(ENTRIES / 4, &patch(&format!("{{name: '{}'}}", "(a|b)".repeat(ENTRIES / 5))), &[]);
    counts(OBJECTS / 2, &patch("{name: 'x.*'}"), &[]);
}

#[test]
fn slow_regular_expressions() {
    let image = "images: [{name: '(.*a){30}x', newTag: b}, {name: '(.*a){30}y', newTag: b}]\n";
    let object = CONFIG_MAP.to_owned() + &format!("spec: {{containers: [{{image: '{}'}}]}}\n", "a".repeat(5_000));
    counts(10_000, &format!("{image}bases: [more.yaml]\n"), &[("more.yaml", &object)]);
}

#[test]
fn objects_that_patches_visit() {
    let object = CONFIG_MAP.replace("a: b", &entries(|i| format!("k{i}: v"), ", "));
    let patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {z: v}\n";
    let patches = entries(|_| "{path: patch.yaml}".to_owned(), ", ");
    let kustomization = format!("bases: [more.yaml]\npatches: [{patches}]\n");
    counts(ENTRIES * ENTRIES / 16, &kustomization, &[("more.yaml", &object), ("patch.yaml", patch)]);
    let operations = entries(|_| "- {op: test, path: /kind, value: Deployment}\n".to_owned(), "");
    let kustomization = "patches: [{path: patch.yaml, target: {kind: Deployment}}]\n";
    counts(2 * OBJECTS * ENTRIES, kustomization, &[("patch.yaml", &operations)]);
}

#[test]
fn items_that_replacements_search() {
    let object = CONFIG_MAP.to_owned() + &format!("l: [{}]\n", entries(|i| format!("{{n: x{i}, v: y}}"), ", "));
    let paths = entries(|_| "'l.[n=x7].v'".to_owned(), ", ");
    let target = format!("{{select: {{kind: ConfigMap}}, fieldPaths: [{paths}]}}");
    let kustomization =
        format!("bases: [more.yaml]\nreplacements: [{{source: {{kind: ConfigMap}}, targets: [{target}]}}]\n");
    counts(ENTRIES * ENTRIES / 4, &kustomization, &[("more.yaml", &object)]);
}

#[test]
fn entries_of_generators() {
    let lines = entries(|i| format!("k{i}=v\n"), "");
    let generators = entries(|i| format!("{{name: g{i}, envs: [e]}}"), ", ");
    counts(ENTRIES * ENTRIES, &format!("configMapGenerator: [{generators}]\n"), &[("e", &lines)]);
    let labels = entries(|i| format!("k{i}: v"), ", ");
    let kustomization = format!("generatorOptions: {{labels: {{{labels}}}}}\nsecretGenerator: [{generators}]\n");
    counts(2 * ENTRIES * ENTRIES, &kustomization, &[("e", &lines)]);
    let merges = entries(|_| "{name: g, behavior: merge, literals: [a=b]}".to_owned(), ", ");
    let kustomization = format!("configMapGenerator: [{{name: g, envs: [e]}}, {merges}]\n");
    counts(ENTRIES * ENTRIES / 8, &kustomization, &[("e", &lines)]);
}

#[test]
fn definitions_that_contain_another_twice() {
    let definition = |i: usize| {
        let reference = format!("{{$ref: d{}}}", i + 1);
        format!(
            "d{i}: {{Schema: {{properties: {{kind: {{}}, apiVersion: {{}}, metadata: {{}}, a: {reference}, b: {reference}}}}}}}\n"
        )
    };
    let definitions: String = (0..10).map(definition).collect();
    counts(1 << 10, "crds: [c.yaml]\n", &[("c.yaml", &definitions)]);
}

#[test]
fn transformers_and_validators() {
    let plugin =
        |fields: &str| entries(|i| format!("apiVersion: builtin\nkind: {fields}\nmetadata: {{name: p{i}}}\n"), "---\n");
    let hashes = plugin("HashTransformer");
    counts(100 * ENTRIES + OBJECTS * ENTRIES, "transformers: [t.yaml]\n", &[("t.yaml", &hashes)]);
    counts(100 * ENTRIES + 2 * OBJECTS * ENTRIES, "validators: [t.yaml]\n", &[("t.yaml", &hashes)]);
}

#[test]
fn annotations_with_the_transformers() {
    let images = entries(|_| "{name: x, newTag: b}".to_owned(), ", ");
    let without = steps(&format!("images: [{images}]\n"), &[]);
    let with = steps(&format!("buildMetadata: [transformerAnnotations]\nimages: [{images}]\n"), &[]);
    assert!(with >= without + OBJECTS * ENTRIES, "{without} steps, then {with}");
}

#[test]
fn suggestions_of_similar_names() {
    let name = "n".repeat(60);
    let objects = entries(|i| CONFIG_MAP.replace("name: a", &format!("name: {name}{i}")), "---\n");
    let unknown = format!("{{select: {{kind: ConfigMap, name: {name}x}}, fieldPaths: [data.a]}}");
    let replacement = format!("{{source: {{kind: Deployment, name: d0}}, targets: [{unknown}]}}");
    let kustomization = format!("bases: [more.yaml]\nreplacements: [{replacement}]\n");
    counts(ENTRIES * (60 * 60 + 100) / 128, &kustomization, &[("more.yaml", &objects)]);
}
