//! The formats of `check` for CI systems.
//!
//! `tests/check/<case>/` has the report of a case in each format.

use super::reports;
use crate::tests::kit::{Ran, Workspace, root};
use serde_json::Value as Json;
use std::fs;

/// The formats, and the files that they are written to.
const FORMATS: [(&str, &str); 6] = [
    ("text", "check.txt"),
    ("json", "check.json"),
    ("github", "github.txt"),
    ("gitlab-codequality", "codequality.json"),
    ("junit", "junit.xml"),
    ("sarif", "check.sarif"),
];

/// Everything that ends a text in one of the formats. A name has no NUL.
const HOSTILE: &str = "a\n::error::b]]>\"'<c>&\r%0A,:;\u{1b}[31m\u{202e}ö日";

fn built() -> Workspace {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    workspace
}

/// Checks a workspace with all formats in one run, and compares the files. Those for programs are valid by their schemas.
fn compare(workspace: &Workspace, case: &str) -> Ran {
    let ran = reports::compare(workspace, "check", &FORMATS, &format!("tests/check/{case}"));
    reports::is_valid(&workspace.read("reports/check.json"), &root().join("schema/check.schema.json"));
    // The schema of the standard has a licence of its own, so it is not in this repository.
    if let Some(file) = std::env::var_os("PLEACH_SARIF_SCHEMA") {
        reports::is_valid(&workspace.read("reports/check.sarif"), file.as_ref());
    }
    #[cfg(feature = "apply")]
    is_junit(&workspace.read("reports/junit.xml"));
    ran
}

/// Elements and attributes are those of `junit-10.xsd` of the xUnit plugin of Jenkins, and no two test cases have the same name.
#[cfg(feature = "apply")]
fn is_junit(text: &str) {
    use std::collections::BTreeSet;
    let document = roxmltree::Document::parse(text).unwrap();
    let mut names = BTreeSet::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let attributes: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
        let parent = node.parent_element().map_or("", |parent| parent.tag_name().name());
        let (want_parent, want): (&[&str], &[&str]) = match node.tag_name().name() {
            "testsuites" => (&[""], &[]),
            "testsuite" => (&["testsuites"], &["name", "tests", "failures", "errors", "skipped"]),
            "testcase" => (&["testsuite"], &["classname", "name"]),
            "failure" => (&["testcase"], &["type", "message"]),
            "system-out" => (&["testcase", "testsuite"], &[]),
            other => panic!("the element `{other}`"),
        };
        assert!(want_parent.contains(&parent) && attributes == want, "{node:?}");
        if let Some(class) = node.attribute("classname") {
            assert!(names.insert((class, node.attribute("name"))), "{node:?} is there twice");
        }
    }
    let suite = document.root_element().first_element_child().unwrap();
    assert_eq!(suite.attribute("tests"), Some(names.len().to_string().as_str()));
    assert!(!names.is_empty());
}

#[test]
fn an_output_that_is_up_to_date() {
    let workspace = built();
    workspace.edit("branches.yaml", "- name: main\n", "- name: main\n  values: {unused: 1}\n");
    let ran = compare(&workspace, "up-to-date").exits(0);
    assert!(ran.err().starts_with("warning[spec]: "), "{}", ran.err());
}

#[cfg(unix)]
#[test]
fn files_that_differ() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = built();
    let path = |name: &str| format!("out/namespaces/main/{name}");
    workspace.write(&path("30-configmap-app.yaml"), "a: 1\n");
    fs::remove_file(workspace.path().join(path("40-service-web.yaml"))).unwrap();
    let lock = workspace.path().join(path("pleach.lock"));
    fs::set_permissions(lock, fs::Permissions::from_mode(0o755)).unwrap();
    workspace.write(&path("my notes.txt"), "x");
    workspace.edit("branches.yaml", "- name: feature/login\n", "");
    assert_eq!(compare(&workspace, "differs").exits(1).err(), "");
}

#[cfg(unix)]
#[test]
fn names_from_others() {
    let workspace = built();
    workspace.write(&format!("out/namespaces/main/{HOSTILE}"), "x");
    workspace.write("out/namespaces/main/[d](e) ]]>", "x");
    compare(&workspace, "hostile").exits(1);
    let workspace = built();
    workspace.write(&format!("base/{HOSTILE}.yaml"), "a: [\n");
    compare(&workspace, "hostile-input").exits(2);
}

#[test]
fn a_build_that_fails() {
    let workspace = built();
    workspace.edit("base/config.yaml.j2", "branch.name", "branch.nam");
    workspace.write("base/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: [a]\n");
    let error = compare(&workspace, "failed").exits(2).err();
    assert_eq!(error, workspace.run(&["check"]).exits(2).err(), "standard error is for people");
    let workspace = built();
    workspace.edit("branches.yaml", "- name: feature/login\n", "- name: main\n");
    compare(&workspace, "failed-spec").exits(2);
}

#[test]
fn strict_warnings_are_errors() {
    let workspace = built();
    workspace.edit("branches.yaml", "- name: main\n", "- name: main\n  values: {unused: 1}\n");
    let out = workspace.run(&["check", "--strict", "--format", "github"]).exits(2).out();
    assert!(out.starts_with("::error file=branches.yaml,line=6,col="), "{out}");
}

#[test]
fn paths_begin_at_the_root_of_the_repository() {
    let repository = Workspace::empty();
    let workspace = built();
    for (path, content) in workspace.files(".") {
        repository.write(&format!("deploy/shop/{path}"), content);
    }
    repository.commit_all();
    repository.write("deploy/shop/out/namespaces/main/30-configmap-app.yaml", "a: 1\n");
    let paths = |here: &str, args: &[&str]| -> Vec<String> {
        let args = [&["-C", here, "check", "--format", "json"], args].concat();
        let report: Json = serde_json::from_str(&repository.run(&args).exits(1).out()).unwrap();
        let items = report["items"].as_array().unwrap().iter();
        items.map(|item| item["locations"][0]["path"].as_str().unwrap().to_owned()).collect()
    };
    let changed = ["deploy/shop/out/namespaces/main/30-configmap-app.yaml"];
    assert_eq!(paths("deploy/shop", &[]), changed);
    assert_eq!(paths("deploy/shop/base", &[]), changed);
    // An output that is not in the repository has the path that the user named.
    let other = Workspace::empty();
    other.write("out/namespaces/main/30-configmap-app.yaml", "a: 1\n");
    let out = other.path().join("out").to_str().unwrap().to_owned();
    assert!(paths("deploy/shop", &["--output", &out]).iter().all(|path| path.starts_with(&out)));
    repository.edit("deploy/shop/base/config.yaml.j2", "branch.name", "branch.nam");
    let out = repository.run(&["-C", "deploy/shop/base", "check", "--format", "github"]).exits(2).out();
    assert!(out.starts_with("::error file=deploy/shop/base/config.yaml.j2,line=6,col="), "{out}");
}

#[test]
fn many_files_stay_within_the_limits_of_the_systems() {
    let workspace = built();
    for i in 0..1_600 {
        workspace.write(&format!("out/namespaces/main/{i}.txt"), "x");
    }
    let run = |format: &str| workspace.run(&["check", "--format", format]).exits(1).out();
    let github = run("github");
    assert_eq!(github.lines().count(), 10);
    assert!(github.ends_with("::and 1591 more errors: `pleach check` lists all\n"), "{github}");
    let json = |format: &str| serde_json::from_str::<Json>(&run(format)).unwrap();
    assert_eq!(json("json")["totals"]["errors"], 1_600);
    assert_eq!(json("sarif")["runs"][0]["results"].as_array().unwrap().len(), 1_600);
    assert_eq!(json("gitlab-codequality").as_array().unwrap().len(), 1_600);
    assert_eq!(run("junit").matches("<failure ").count(), 1_600);
    assert_eq!(run("text").lines().count(), 1_601);
}

#[test]
fn one_report_is_for_standard_output() {
    let workspace = built();
    let ran = workspace.run(&["check", "--format", "text,sarif=a.sarif", "--format", "junit=b.xml"]).exits(0);
    assert_eq!(ran.out(), "`out` is what a build writes: 12 files\n");
    assert!(workspace.read("a.sarif").starts_with('{') && workspace.read("b.xml").starts_with("<?xml"));
    let refused = |format: &str| workspace.run(&["check", "--format", format]).exits(2).err();
    assert!(refused("json,sarif").contains("two reports are for standard output"));
    assert!(refused("json=x,sarif=./x").contains("two reports are for `./x`"));
    assert!(refused("json=").contains("a file name is needed after `=`, as in `json=report`"));
    assert!(refused("xml").contains("possible values: `text`, `json`, `github`"));
}

#[test]
fn a_report_replaces_no_input_and_no_output() {
    let workspace = built();
    let before = workspace.files(".");
    let refused = |file: &str| {
        let error = workspace.run(&["check", "--format", &format!("json={file}")]).exits(2).err();
        assert!(error.contains(&format!("the report `{file}` is ")), "{error}");
    };
    let files = ["branches.yaml", "base/config.yaml.j2", "overlays/x", "out/x"];
    files.into_iter().for_each(refused);
    assert_eq!(workspace.files("."), before);
    // Also if the spec cannot be read.
    workspace.write("branches.yaml", "a: [\n");
    files.into_iter().for_each(refused);
    workspace.run(&["check", "--format", "json=x.json"]).exits(2);
    assert!(workspace.read("x.json").contains("\"result\": \"failed\""));
}
