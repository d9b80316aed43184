//! The formats of `diff`.
//!
//! `tests/diff/<case>/` has the report of a case in each format.

use super::reports;
use crate::tests::kit::{Workspace, deployment, root};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// The formats, and the files that they are written to.
const FORMATS: [(&str, &str); 11] = [
    ("text", "diff.txt"),
    ("summary", "summary.txt"),
    ("markdown", "comment.md"),
    ("github-summary", "job.md"),
    ("json", "diff.json"),
    ("patch", "diff.patch"),
    ("github", "github.txt"),
    ("gitlab-codequality", "codequality.json"),
    ("gitlab-terraform", "terraform.json"),
    ("junit", "junit.xml"),
    ("sarif", "diff.sarif"),
];

/// Everything that ends a text in one of the formats.
const HOSTILE: &str = "a\\n::error::b]]>'<c>&%0A,:;```\\n</details>\\u202e|[x](y) ö日 {slug}";

/// A workspace with a Deployment, a generated `ConfigMap` and DNS names in some branches.
fn built(branches: &[String]) -> Workspace {
    let workspace = Workspace::empty();
    let mut spec =
        "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                    zones: {dev.example.com: {A: [203.0.113.7]}}\nbranches:\n"
            .to_owned();
    for branch in branches {
        let _ = writeln!(spec, "- name: {branch}");
    }
    workspace.write("branches.yaml", spec);
    let container =
        "        image: registry.example.com/shop/web:1.2\n        env: [{name: A, value: a}, {name: B, value: b}]\n";
    workspace.write("base/deployment.yaml", deployment("  replicas: 1\n", container));
    workspace.write(
        "base/kustomization.yaml.j2",
        "resources: [deployment.yaml]\nconfigMapGenerator:\n- name: nginx\n  files: [nginx.conf.j2]\n",
    );
    workspace.write("base/nginx.conf.j2", "log_format main;\nserver_name {{ branch.host }};\ngzip on;\n");
    workspace.run(&["build"]).exits(0);
    workspace
}

/// Writes all formats in one run, and compares the files. JSON is valid by its schema.
fn compare(workspace: &Workspace, case: &str, status: i32) {
    reports::compare(workspace, "diff", &FORMATS, &format!("tests/diff/{case}")).exits(status);
    reports::is_valid(&workspace.read("reports/diff.json"), &root().join("schema/diff.schema.json"));
}

#[test]
fn environments_that_change_in_many_ways() {
    let workspace = built(&["main", "feature/a", "feature/b", "old"].map(str::to_owned));
    workspace.edit("branches.yaml", "- name: old\n", "- name: feature/new\n");
    workspace.edit("branches.yaml", "- name: feature/b\n", "- name: feature/b\n  replicas: {web: 0}\n");
    workspace.edit("base/deployment.yaml", "web:1.2", "web:2.0");
    workspace.edit(
        "base/deployment.yaml",
        "{name: A, value: a}, {name: B, value: b}",
        "{name: B, value: c}, {name: A, value: a}",
    );
    workspace.edit("base/nginx.conf.j2", "gzip on", "gzip off");
    compare(&workspace, "changes", 1);
}

#[test]
fn environments_that_do_not_change() {
    compare(&built(&["main".to_owned()]), "unchanged", 0);
}

#[test]
fn a_value_cannot_change_the_report() {
    let workspace = built(&["main".to_owned()]);
    let value = format!("value: \"{HOSTILE}\"");
    workspace.edit("base/deployment.yaml", "value: a", &value);
    workspace.edit("base/deployment.yaml", "name: B", &format!("name: \"{HOSTILE}\""));
    compare(&workspace, "hostile", 1);
}

#[test]
fn an_edit_of_the_base_over_forty_branches_is_one_group() {
    let names: Vec<String> = (1..=39).map(|n| format!("feature/f{n}")).chain(["main".to_owned()]).collect();
    let workspace = built(&names);
    workspace.edit("base/deployment.yaml", "web:1.2", "web:1.3");
    workspace.edit("base/nginx.conf.j2", "gzip on", "gzip off");
    let text = workspace.run(&["diff"]).exits(1).out();
    assert!(text.lines().count() <= 40 && text.matches("\n# all 40 environments\n").count() == 1, "{text}");
    let markdown = workspace.run(&["diff", "--format", "markdown"]).exits(1).out();
    assert!(markdown.len() <= 8 << 10, "{}", markdown.len());
    let json: Json = serde_json::from_str(&workspace.run(&["diff", "--format", "json"]).exits(1).out()).unwrap();
    // The environments, and the teardown plans of the replaced image: one of them, because the others still use it.
    assert_eq!(json["groups"].as_array().unwrap().len(), 1, "{json:#}");
    assert_eq!(json["groups"][0]["branches"].as_array().unwrap().len(), 40);
}

#[test]
fn options_without_effect_are_refused() {
    let workspace = built(&["main".to_owned()]);
    for (args, want) in [
        (&["--limit", "gitlab"][..], "`--limit` has no effect without `--format markdown`"),
        (&["--skip-unchanged"], "`--skip-unchanged` has no effect without `--format markdown`"),
        (
            &["--format", "json=a.json", "--output", "b"],
            "`--output` has no effect if each format has a file of its own",
        ),
        (
            &["--format", "markdown", "--limit", "10"],
            "the limit is `github`, `gitlab`, `bitbucket`, `azure` or a number of bytes from 4000",
        ),
        (&["--only", "nope"], "no branch matches `nope`"),
        (&["--exit-code", "2"], "2 is not in 0..=1"),
    ] {
        let error = workspace.run(&[&["diff"], args].concat()).exits(2).err();
        assert!(error.contains(want), "{args:?}: {error}");
    }
}

#[test]
fn a_selection_and_a_failed_branch() {
    let workspace = built(&["main", "feature/a", "feature/b"].map(str::to_owned));
    workspace.edit("base/deployment.yaml", "replicas: 1", "replicas: 2");
    let text = workspace.run(&["diff", "--only", "feature/*", "--exit-code", "0"]).exits(0).out();
    assert!(text.starts_with("0 environments to add, 2 to change, 0 to delete\n"), "{text}");
    assert!(text.contains("\n# 2 environments: feature/a, feature/b\n"), "{text}");
    workspace.edit("branches.yaml", "- name: feature/b\n", "- name: feature/b\n  overlays: [missing]\n");
    workspace.run(&["diff"]).exits(2);
    let ran = workspace.run(&["diff", "--keep-going"]).exits(2);
    let (text, error) = (ran.out(), ran.err());
    assert!(text.contains("0 environments to add, 2 to change, 0 to delete\n? feature/b: not rendered\n"), "{text}");
    assert!(error.contains("missing"), "{error}");
}
