//! Kustomizations that make large objects, or many.

use super::{CONFIG_MAP, refused, workspace};
use crate::tests::kit::Workspace;
use std::fmt::Write as _;

const LIMIT: &str = "error[overlay]: the kustomizations of the branch exceed the work limit of 2500000 steps -->";

#[test]
fn operations_that_copy_a_mapping_into_itself() {
    let operations: String = (0..40).map(|i| format!("- {{op: copy, from: /data, path: /data/x{i}}}\n")).collect();
    let kustomization = "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]\n";
    let files = [("kustomization.yaml", kustomization), ("a.yaml", CONFIG_MAP), ("p.yaml", &operations)];
    assert_eq!(refused(&workspace(&files)), format!("{LIMIT} base/p.yaml:23:3"));
}

#[test]
fn operations_at_the_start_of_a_long_list_or_mapping() {
    let keys: String = (0..50_000).map(|i| format!("k{i:05}: 1, ")).collect();
    let remove_keys: String = (0..50_000).map(|i| format!("- {{op: remove, path: /l/k{i:05}}}\n")).collect();
    for (value, operations) in [
        ("[]".to_owned(), "- {op: add, path: /l/0, value: 1}\n".repeat(50_000)),
        (format!("[{}]", "1,".repeat(50_000)), "- {op: remove, path: /l/0}\n".repeat(50_000)),
        (format!("[{}]", "1,".repeat(50_000)), "- {op: move, from: /l/0, path: /l/1}\n".repeat(50_000)),
        (format!("{{{keys}}}"), remove_keys),
    ] {
        let operations = format!("- {{op: add, path: /l, value: {value}}}\n{operations}");
        let kustomization = "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]\n";
        let files = [("kustomization.yaml", kustomization), ("a.yaml", CONFIG_MAP), ("p.yaml", &operations)];
        assert!(refused(&workspace(&files)).starts_with(LIMIT));
    }
}

#[test]
fn operations_that_nest_a_mapping() {
    let mut path = "/data/a".to_owned();
    let mut operations =
        format!("- {{op: add, path: /data/a, value: {}}}\n", "{b: ".repeat(90) + "c" + &"}".repeat(90));
    for _ in 0..20 {
        path += &"/b".repeat(89);
        writeln!(operations, "- {{op: copy, from: /data/a, path: {path}/a}}").unwrap();
        path += "/a";
    }
    let kustomization = "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]\n";
    let files = [("kustomization.yaml", kustomization), ("a.yaml", CONFIG_MAP), ("p.yaml", &operations)];
    let want = "error[overlay]: lists and mappings are nested more than 400 levels deep --> base/p.yaml:4:3";
    assert_eq!(refused(&workspace(&files)), want);
}

/// A replacement of `target`, repeated 60 times.
#[track_caller]
fn replaced(object: &str, source: &str, target: &str) -> String {
    let replacement = format!(
        "- {{source: {{kind: ConfigMap, fieldPath: {source}}}, targets: [{{select: {{kind: ConfigMap}}, {target}}}]}}\n"
    );
    let kustomization = format!("resources: [a.yaml]\nreplacements:\n{}", replacement.repeat(60));
    refused(&workspace(&[("kustomization.yaml", &kustomization), ("a.yaml", object)]))
}

#[test]
fn replacements_of_a_list_in_itself() {
    let object = CONFIG_MAP.replace("{a: b}", "{l: [[1, 2], [3, 4]]}");
    let got = replaced(&object, "data.l", "fieldPaths: [data.l.*]");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn replacements_of_a_part_of_a_text_by_the_text() {
    let got = replaced(CONFIG_MAP, "data.a", "fieldPaths: [data.a], options: {delimiter: '-', index: 9}");
    assert_eq!(got, format!("{LIMIT} base/kustomization.yaml:27:101"));
}

#[test]
fn replacements_of_a_mapping_in_itself() {
    let mut kustomization = "resources: [a.yaml]\nreplacements:\n".to_owned();
    for i in 0..40 {
        let target = format!("{{select: {{kind: ConfigMap}}, fieldPaths: [data.x{i}], options: {{create: true}}}}");
        writeln!(kustomization, "- {{source: {{kind: ConfigMap, fieldPath: data}}, targets: [{target}]}}").unwrap();
    }
    let got = refused(&workspace(&[("kustomization.yaml", &kustomization), ("a.yaml", CONFIG_MAP)]));
    assert_eq!(got, format!("{LIMIT} base/kustomization.yaml:25:99"));
}

#[test]
fn components_that_include_another_twice() {
    let mut files = vec![
        ("a.yaml".to_owned(), CONFIG_MAP.to_owned()),
        ("kustomization.yaml".to_owned(), "resources: [a.yaml]\ncomponents: [c0]\n".to_owned()),
    ];
    let component = |rest: &str| format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n{rest}\n");
    for i in 0..24 {
        let next = i + 1;
        files.push((format!("c{i}/kustomization.yaml"), component(&format!("components: [../c{next}, ../c{next}]"))));
    }
    files.push(("c24/kustomization.yaml".to_owned(), component("nameSuffix: x")));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let got = refused(&workspace(&files));
    assert!(got.starts_with(&format!("{LIMIT} base/c")), "{got}");
}

#[test]
fn resources_that_include_another_twice() {
    let mut files = vec![("kustomization.yaml".to_owned(), "resources: [r0]\n".to_owned())];
    for i in 0..24 {
        let next = i + 1;
        for side in ["a", "b"] {
            let kustomization = format!("namePrefix: {side}\nresources: [../../r{next}]\n");
            files.push((format!("r{i}/{side}/kustomization.yaml"), kustomization));
        }
        files.push((format!("r{i}/kustomization.yaml"), "resources: [a, b]\n".to_owned()));
    }
    files.push(("r24/kustomization.yaml".to_owned(), "resources: [a.yaml]\n".to_owned()));
    files.push(("r24/a.yaml".to_owned(), CONFIG_MAP.to_owned()));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let got = refused(&workspace(&files));
    assert!(got.starts_with(&format!("{LIMIT} base/r")), "{got}");
}

#[test]
fn resources_that_include_each_other_deeply() {
    let mut files: Vec<_> =
        (0..1000).map(|i| (format!("r{i}/kustomization.yaml"), format!("resources: [../r{}]\n", i + 1))).collect();
    files.push(("kustomization.yaml".to_owned(), "resources: [r0]\n".to_owned()));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let got = refused(&workspace(&files));
    assert_eq!(got, "error[overlay]: more than 200 folders include each other --> base/r199/kustomization.yaml:1:13");
}

#[test]
fn names_with_many_prefixes() {
    let prefix = "p".repeat(100_000);
    let mut files: Vec<_> = (0..150)
        .map(|i| (format!("r{i}/kustomization.yaml"), format!("namePrefix: {prefix}\nresources: [../r{}]\n", i + 1)))
        .collect();
    files.push(("kustomization.yaml".to_owned(), "resources: [r0]\n".to_owned()));
    files.push(("r150/kustomization.yaml".to_owned(), "resources: [a.yaml]\n".to_owned()));
    files.push(("r150/a.yaml".to_owned(), CONFIG_MAP.to_owned()));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let got = refused(&workspace(&files));
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn vars_with_a_large_value() {
    let object = format!("{CONFIG_MAP}spec: {{a: '{}', b: '{}'}}\n", "x".repeat(1_000_000), "$(A)".repeat(10_000));
    let kustomization = "resources: [a.yaml]\nconfigurations: [c.yaml]\n\
                         vars: [{name: A, objref: {kind: ConfigMap, name: a, apiVersion: v1}, fieldref: {fieldpath: spec.a}}]\n";
    let configuration = "varReference: [{path: spec, kind: ConfigMap}]\n";
    let files = [("kustomization.yaml", kustomization), ("c.yaml", configuration), ("a.yaml", &object)];
    let got = refused(&workspace(&files));
    assert!(got.starts_with(&format!("{LIMIT} base/a.yaml:5:")), "{got}");
}

#[test]
fn generators_of_a_large_file() {
    let names: Vec<String> = (0..400).map(|i| format!("k{i}=f")).collect();
    let kustomization = format!("configMapGenerator: [{{name: g, files: [{}]}}]\n", names.join(", "));
    let text = "x".repeat(1_000_000);
    let got = refused(&workspace(&[("kustomization.yaml", &kustomization), ("f", &text)]));
    assert!(got.starts_with(&format!("{LIMIT} base/kustomization.yaml:1:")), "{got}");
}

#[test]
fn field_specs_with_a_long_path() {
    let kustomization = "resources: [a.yaml]\nconfigurations: [c.yaml]\ncommonLabels: {a: b}\n";
    let configuration = format!("commonLabels: [{{create: true, path: {}a}}]\n", "a/".repeat(1000));
    let files = [("kustomization.yaml", kustomization), ("c.yaml", &configuration), ("a.yaml", CONFIG_MAP)];
    let want = "error[overlay]: lists and mappings are nested more than 400 levels deep --> base/c.yaml:1:37";
    assert_eq!(refused(&workspace(&files)), want);
}

/// A kustomization with `fields` that changes 3,000 Pods.
fn of_pods(fields: &str) -> Workspace {
    let pod = |i: usize| {
        let metadata = format!("metadata: {{name: p{i}}}");
        format!("apiVersion: v1\nkind: Pod\n{metadata}\nspec: {{containers: [{{name: c, image: 'a{}:1'}}]}}\n", i % 7)
    };
    let pods: Vec<String> = (0..3000).map(pod).collect();
    let kustomization = format!("resources: [all.yaml]\n{fields}");
    workspace(&[("kustomization.yaml", &kustomization), ("all.yaml", &pods.join("---\n"))])
}

#[test]
fn many_entries_of_labels() {
    let labels: String = (0..400).map(|i| format!("- pairs: {{l{i}: v}}\n")).collect();
    let got = refused(&of_pods(&format!("labels:\n{labels}")));
    assert!(got.starts_with(&format!("{LIMIT} base/kustomization.yaml:")), "{got}");
}

#[test]
fn images_that_change_each_other() {
    let image = |i: usize| format!("- {{name: {}, newName: {}}}\n", ["a0", "b"][i % 2], ["b", "a0"][i % 2]);
    let images: String = (0..20_000).map(image).collect();
    let got = refused(&of_pods(&format!("images:\n{images}")));
    assert!(got.starts_with(&format!("{LIMIT} base/kustomization.yaml:")), "{got}");
}

/// `number` patches whose targets have a regular expression for the name.
fn patches_with_expressions(number: usize, expression: &str) -> String {
    let patch = |i| {
        let patch = "[{\"op\": \"test\", \"path\": \"/kind\", \"value\": \"ConfigMap\"}]";
        format!("- {{target: {{name: '{expression}|a{i}'}}, patch: '{patch}'}}\n")
    };
    format!("resources: [a.yaml]\npatches:\n{}", (0..number).map(patch).collect::<String>())
}

#[test]
fn regular_expressions_of_much_memory() {
    let kustomization = patches_with_expressions(2_000, "(.{0,100}){9}");
    let got = refused(&workspace(&[("kustomization.yaml", &kustomization), ("a.yaml", CONFIG_MAP)]));
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn regular_expressions_for_many_objects() {
    let objects = (0..2_000).map(|i| CONFIG_MAP.replace("name: a", &format!("name: {}{i}", "b".repeat(200))) + "---\n");
    let kustomization = patches_with_expressions(200, "(.{0,100}){3}c");
    let files = [("kustomization.yaml", kustomization.as_str()), ("a.yaml", &objects.collect::<String>())];
    let got = refused(&workspace(&files));
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn labels_in_many_fields_of_many_objects() {
    let objects = (0..3_000).map(|i| CONFIG_MAP.replace("name: a", &format!("name: b{i}")) + "---\n");
    let fields: String = (0..10_000).map(|i| format!("  - {{path: spec/a{i}}}\n")).collect();
    let kustomization = format!("resources: [a.yaml]\nlabels:\n- pairs: {{a: b}}\n  fields:\n{fields}");
    let files = [("kustomization.yaml", kustomization.as_str()), ("a.yaml", &objects.collect::<String>())];
    assert_eq!(refused(&workspace(&files)), format!("{LIMIT} base/kustomization.yaml:3:14"));
}

#[test]
fn annotations_that_take_much_memory() {
    let objects = (0..500).map(|i| CONFIG_MAP.replace("name: a", &format!("name: b{i}")) + "---\n");
    let annotations: Vec<String> = (0..10_000).map(|i| format!("k{i}: v")).collect();
    let kustomization = format!("commonAnnotations: {{{}}}\nresources: [a.yaml]\n", annotations.join(", "));
    let files = [("kustomization.yaml", kustomization.as_str()), ("a.yaml", &objects.collect::<String>())];
    assert_eq!(refused(&workspace(&files)), format!("{LIMIT} base/kustomization.yaml:1:25"));
}

#[test]
fn regular_expressions_that_are_long() {
    let kustomization = patches_with_expressions(1, &"a|".repeat(60_000));
    let got = refused(&workspace(&[("kustomization.yaml", &kustomization), ("a.yaml", CONFIG_MAP)]));
    assert!(got.ends_with(": it is longer than 100000 bytes --> base/kustomization.yaml:3:19"), "{got}");
}

#[test]
fn replacements_in_the_text_of_a_field() {
    for text in [format!("a: x\\nl: [{}]", "b,".repeat(7_000)), format!("{{a: x, l: [{}]}}", "1,".repeat(7_000))] {
        let object = CONFIG_MAP.replace("{a: b}", &format!("{{a: b, t: \"{text}\"}}"));
        let paths = "    - data.t.a\n".repeat(1_500);
        let source = "- source: {kind: ConfigMap, fieldPath: data.a}\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths:\n";
        let kustomization = format!("resources: [a.yaml]\nreplacements:\n{source}{paths}");
        let got = refused(&workspace(&[("kustomization.yaml", &kustomization), ("a.yaml", &object)]));
        assert!(got.starts_with(LIMIT), "{got}");
    }
}
