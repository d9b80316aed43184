//! `database` in the spec: which Job migrates which database, and when the name of the Job changes.

use crate::tests::kit::Workspace;

const SPEC: &str = "\
apiVersion: pleach/v1
kind: Branches
project: shop
hosts: ['{{ branch.slug }}.example.com']
baseline: main
services: {api: {overlay: api}, web: {overlay: web}}
database: {mode: schema, name: shop, job: migrate}
imageAliases: {api: registry.example.com/shop/api}
defaults:
  values: {level: info}
  images: {api: ':1', proxy: 'proxy@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}
branches:
- name: main
- name: feature/login
- name: legacy
  appEngine: {project: example-project}
";

/// A migration Job with a sidecar, and an object of another group with the same kind and name.
const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      restartPolicy: Never
      initContainers:
      - {name: proxy, image: proxy, restartPolicy: Always, args: [--port=5432]}
      containers:
      - name: migrate
        image: registry.example.com/shop/api
        args: [migrate, '3', '0644', '{{ database.name }}', '{{ database.schema }}']
        env: [{name: LEVEL, value: '{{ values.level }}'}, {name: HOST, value: '{{ branch.hosts | join(\",\") }}'}]
---
apiVersion: batch.example.com/v1
kind: Job
metadata: {name: migrate}
";

/// An object with the names of the database.
const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {{ database }}\n";

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("branches.yaml", SPEC);
    workspace.write("base/web.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n");
    workspace.write("overlays/api/job.yaml.j2", JOB);
    workspace.write("overlays/web/web.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n");
    workspace
}

/// The names of the Jobs of a branch after a build that prints `warning`.
#[track_caller]
fn jobs(workspace: &Workspace, slug: &str, warning: &str) -> Vec<String> {
    let ran = workspace.run(&["build"]).exits(0);
    assert!(ran.err().contains(warning) && ran.err().is_empty() == warning.is_empty(), "{}", ran.err());
    let files = workspace.files(&format!("out/namespaces/{slug}"));
    let jobs = files.keys().filter_map(|path| path.split_once("-job-")?.1.strip_suffix(".yaml"));
    jobs.map(str::to_owned).collect()
}

const LOGIN: &str = "feature-login-df7c7aeb";

#[test]
fn the_name_of_a_job_depends_on_its_pod_template_only() {
    let workspace = workspace();
    let first = jobs(&workspace, LOGIN, "");
    assert!(
        first.len() == 2 && first[0].starts_with("migrate-") && first[1] == "migrate",
        "the object of another group keeps its name: {first:?}"
    );
    let set = |args: &[&str]| {
        workspace.run(&[&["branch", "set", "feature/login"], args].concat()).exits(0);
        jobs(&workspace, LOGIN, "")
    };
    for same in [
        &["--label", "team=a"][..],
        &["--annotation", "note=a"],
        &["--owner", "me"],
        &["--expires", "2026-12-31"],
        &["--image", "api=registry.example.com/shop/api:1"],
    ] {
        assert_eq!(set(same), first, "{same:?}");
    }
    let mut names = vec![first];
    for other in [
        &["--value", "level=debug"][..],
        &["--host", "login.example.com"],
        &["--image", "api=:2"],
        &["--image", "proxy=proxy:2"],
        &["--image", "api=@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"],
        // The names of the database are arguments of the Job.
        &["--database", "database"],
    ] {
        names.push(set(other));
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 7, "{names:?}");
}

#[test]
fn a_branch_has_the_job_if_it_migrates_the_database() {
    let workspace = workspace();
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "feature/login"], args].concat()).exits(0);
    set(&["--database", "shared"]);
    assert_eq!(jobs(&workspace, LOGIN, ""), ["migrate"], "the object of another group is kept");
    assert_eq!(jobs(&workspace, "main", "").len(), 2, "the baseline branch migrates the shared database");
    // The shared database is that of the baseline branch.
    workspace.run(&["branch", "set", "main", "--database", "database"]).exits(0);
    workspace.write("overlays/web/a.yaml.j2", CONFIG);
    workspace.run(&["build"]).exits(0);
    let data = |slug: &str| {
        let text = workspace.read(&format!("out/namespaces/{slug}/30-configmap-a.yaml"));
        text.split_once("kind:").unwrap().0.replace("mode: shared", "mode: database")
    };
    assert_eq!(data(LOGIN), data("main"));
    let namespace = |slug: &str| workspace.read(&format!("out/namespaces/{slug}/00-namespace-shop-{slug}.yaml"));
    assert!(namespace("main").contains("pleach.dev/database: database/shop/shop_main\n"), "{}", namespace("main"));
    assert!(
        !namespace(LOGIN).contains("pleach.dev/database"),
        "the database of the baseline branch is not deleted with another branch"
    );
}

#[test]
fn a_database_without_a_migration_job_is_reported() {
    let workspace = workspace();
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "feature/login"], args].concat()).exits(0);
    set(&["--service", "web"]);
    assert!(jobs(&workspace, LOGIN, "").is_empty(), "a branch without its own database needs no migration");
    workspace.write("overlays/web/a.yaml.j2", CONFIG);
    set(&["--database", "database"]);
    let warning = "warning[resource]: the branch has a database of its own, and no Job `migrate` to migrate it\n  --> branches.yaml:16:";
    assert!(jobs(&workspace, LOGIN, warning).is_empty());
    set(&["--database", "shared"]);
    assert!(jobs(&workspace, LOGIN, "").is_empty());
}
