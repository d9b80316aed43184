//! `database` in the spec: which Job migrates what, and when its name changes.

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

/// A Job with a sidecar and things about it that may change; one of another kind of that name.
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

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("branches.yaml", SPEC);
    workspace.write("base/web.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n");
    workspace.write("overlays/api/job.yaml.j2", JOB);
    workspace.write("overlays/web/web.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n");
    workspace
}

/// The names of the Jobs of a branch after a build that says `said`.
#[track_caller]
fn jobs(workspace: &Workspace, slug: &str, said: &str) -> Vec<String> {
    let ran = workspace.run(&["build"]).exits(0);
    assert!(ran.err().contains(said) && ran.err().is_empty() == said.is_empty(), "{}", ran.err());
    let files = workspace.files(&format!("out/namespaces/{slug}"));
    let jobs = files.keys().filter_map(|path| path.split_once("-job-")?.1.strip_suffix(".yaml"));
    jobs.map(str::to_owned).collect()
}

const LOGIN: &str = "feature-login-df7c7aeb";

#[test]
fn a_job_has_another_name_if_another_image_or_argument_runs_and_only_then() {
    let workspace = workspace();
    let first = jobs(&workspace, LOGIN, "");
    assert!(
        first.len() == 2 && first[0].starts_with("migrate-") && first[1] == "migrate",
        "the one of another group keeps its name: {first:?}"
    );
    let set = |args: &[&str]| {
        workspace.run(&[&["branch", "set", "feature/login"], args].concat()).exits(0);
        jobs(&workspace, LOGIN, "")
    };
    for same in [
        &["--value", "level=debug"][..],
        &["--host", "login.example.com"],
        &["--label", "team=a"],
        &["--annotation", "note=a"],
        &["--owner", "me"],
        &["--expires", "2026-12-31"],
        &["--image", "other=other:2"],
        &["--image", "api=registry.example.com/shop/api:1"],
    ] {
        assert_eq!(set(same), first, "{same:?}");
    }
    let aliases = "aliases: {stable: feature/login}\n# all\nbranches:";
    workspace.edit("branches.yaml", "branches:", aliases);
    assert_eq!(jobs(&workspace, LOGIN, ""), first);
    let mut names = vec![first];
    for other in [
        &["--image", "api=:2"][..],
        &["--image", "proxy=proxy:2"],
        &["--image", "api=@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"],
        // Its names are arguments here.
        &["--database", "database"],
    ] {
        names.push(set(other));
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn a_job_runs_for_whom_the_database_is_alone() {
    let workspace = workspace();
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "feature/login"], args].concat()).exits(0);
    set(&["--database", "shared"]);
    assert_eq!(jobs(&workspace, LOGIN, ""), ["migrate"], "the one of another group stays");
    assert_eq!(jobs(&workspace, "main", "").len(), 2, "the baseline migrates for all");
    // What is shared is what the baseline has.
    workspace.run(&["branch", "set", "main", "--database", "database"]).exits(0);
    workspace.write(
        "overlays/web/a.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {{ database }}\n",
    );
    workspace.run(&["build"]).exits(0);
    let data = |slug: &str| {
        let text = workspace.read(&format!("out/namespaces/{slug}/30-configmap-a.yaml"));
        text.split_once("kind:").unwrap().0.replace("mode: shared", "mode: database")
    };
    assert_eq!(data(LOGIN), data("main"));
    let of = |slug: &str| workspace.read(&format!("out/namespaces/{slug}/00-namespace-{slug}.yaml"));
    assert!(of("main").contains("pleach.dev/database: database/shop/shop_main\n"), "{}", of("main"));
    assert!(!of(LOGIN).contains("pleach.dev/database"), "what is the baseline's does not go with another branch");
}

#[test]
fn a_database_that_nobody_migrates_is_told_of() {
    let workspace = workspace();
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "feature/login"], args].concat()).exits(0);
    set(&["--service", "web"]);
    assert!(jobs(&workspace, LOGIN, "").is_empty(), "what all branches have is of no use to it");
    set(&["--database", "database"]);
    let said = "warning[resource]: the branch has a database of its own, and no Job `migrate` to migrate it\n  --> branches.yaml:16:";
    assert!(jobs(&workspace, LOGIN, said).is_empty());
    set(&["--database", "shared"]);
    assert!(jobs(&workspace, LOGIN, "").is_empty());
}
