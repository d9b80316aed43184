//! Tests of whole plans: what is derived for branches, and that branches do not depend on each other.

use super::*;
use crate::source::Project;
use proptest::prelude::*;

fn plan_of<'a>(files: impl IntoIterator<Item = (&'a str, String)>) -> BuildPlan {
    let folders = ["base/a.yaml", "overlays/preview/a.yaml", "overlays/tls/a.yaml"];
    let rest = folders.map(|path| (path, String::new()));
    let project = Project::in_memory(files.into_iter().chain(rest));
    build_plan(&spec::read(&project).unwrap()).unwrap()
}

fn plan(text: &str) -> BuildPlan {
    plan_of([("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{text}"))])
}

fn yaml(node: &Node) -> String {
    let mut out = String::new();
    crate::yaml::write(&mut out, node, crate::yaml::Quoting::Safe).unwrap();
    out
}

const SPEC: &str = r#"
namespace: "{{ project }}-{{ branch.slug }}"
hosts: ["{{ branch.slug }}.{{ values.domain }}", "{{ branch.slug }}.example.org"]
zones: {dev.example.com: {}}
imageAliases: {backend: registry.example.com/shop/backend}
defaults:
  overlays: [preview, tls]
  values: {domain: dev.example.com, database: {host: db, name: shop}, debug: true}
  images: {backend: ":main", nginx: "nginx:1.27", redis: ":7"}
  replicas: {web: 1, worker: 1}
  labels: {stage: test, team: shop}
  annotations: {note: from the defaults}
  patches: [{path: a.yaml}]
branches:
- name: feature/login
  overlays: [tls]
  values: {database: {name: login}, debug: null}
  images: {registry.example.com/shop/backend: ":3f2c1a9", redis: null}
  replicas: {worker: null, web: 2}
  labels: {team: identity}
  annotations: {note: null}
  patches: []
  owner: team-identity
- name: main
  hosts: []
- name: legacy/reports
  appEngine: {project: example-project}
  hosts: [reports.dev.example.com]
"#;

#[test]
fn settings_of_a_branch_are_merged_over_the_defaults() {
    let plan = plan(SPEC);
    let branch = &plan.branches[0];
    assert_eq!(branch.overlays.iter().map(RelPath::as_str).collect::<Vec<_>>(), ["overlays/tls"]);
    assert_eq!(branch.patches, []);
    let pairs = |pairs: &BTreeMap<SmolStr, Placed<SmolStr>>| {
        pairs.iter().map(|(key, value)| format!("{key}={}", value.value)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        pairs(&branch.labels),
        "pleach.dev/branch=feature-login-df7c7aeb pleach.dev/project=shop stage=test team=identity"
    );
    assert_eq!(pairs(&branch.annotations), "pleach.dev/branch-name=feature/login");
    let replicas: Vec<_> = branch.replicas.iter().map(|(name, count)| (name.as_str(), count.value)).collect();
    assert_eq!(replicas, [("web", 2)]);
    let want = "\
branch:
  aliases: {}
  expires: null
  host: feature-login-df7c7aeb.dev.example.com
  hosts:
  - feature-login-df7c7aeb.dev.example.com
  - feature-login-df7c7aeb.example.org
  link: null
  name: feature/login
  namespace: shop-feature-login-df7c7aeb
  owner: team-identity
  pullRequest: null
  services: {}
  slug: feature-login-df7c7aeb
images:
  backend: registry.example.com/shop/backend:3f2c1a9
  nginx: nginx:1.27
  registry.example.com/shop/backend: registry.example.com/shop/backend:3f2c1a9
project: shop
values:
  database:
    host: db
    name: login
  domain: dev.example.com
";
    assert_eq!(yaml(&branch.variables), want);
    assert_eq!(branch.patches.len() + plan.branches[2].patches.len(), 1);
}

#[test]
fn a_branch_without_a_namespace_has_no_objects() {
    let plan = plan(SPEC);
    let branch = &plan.branches[1];
    let [project, service, version] = ["example-project", "default", "legacy-reports-7d2380bf"].map(SmolStr::from);
    assert_eq!(branch.platform, Platform::AppEngine { project, service, version, host: None });
    assert!(branch.overlays.is_empty() && branch.images.is_empty() && branch.patches.is_empty());
    assert_eq!(yaml(branch.variables.get("images").unwrap()), "{}\n");
    assert!(branch.variables.at_path(&["branch", "namespace"]).unwrap().is_null());
    assert_eq!(plan.branches[2].variables.at_path(&["branch", "host"]), Some(&Node::null()));
}

#[test]
fn values_keep_their_source_locations() {
    let plan = plan(SPEC);
    let line = |key| plan.branches[0].variables.at_path(&["values", "database", key]).unwrap().at.line;
    assert_eq!((line("host"), line("name")), (11, 20));
}

#[test]
fn an_alias_adds_a_host_to_its_branch() {
    let hosts = |to: &str| {
        let plan = plan(&format!("aliases: {{stable: {to}}}{SPEC}"));
        let hosts = |branch: &Branch| branch.hosts.iter().map(|host| host.name.to_string()).collect::<Vec<_>>();
        (plan.branches.iter().map(hosts).collect::<Vec<_>>(), yaml(plan.branches[0].variables.get("branch").unwrap()))
    };
    let (own, before) = hosts("legacy/reports");
    assert_eq!(own[0], ["feature-login-df7c7aeb.dev.example.com", "feature-login-df7c7aeb.example.org"]);
    assert_eq!(own[1], ["reports.dev.example.com", "stable.dev.example.com", "stable.example.org"]);
    let (moved, after) = hosts("feature/login");
    assert_eq!(moved[1], ["reports.dev.example.com"]);
    assert_eq!(moved[0][..2], own[0], "its own hosts come first");
    assert_eq!(moved[0][2..], own[1][1..]);
    assert!(before.contains("aliases: {}\n"), "{before}");
    assert!(after.contains("aliases:\n  stable: stable.dev.example.com\n"), "{after}");
}

/// What a branch uses of the baseline branch depends neither on other branches nor on their order.
#[test]
fn a_branch_with_a_baseline_does_not_depend_on_other_branches() {
    let spec = "namespace: '{{ project }}-{{ branch.slug }}'\nhosts: ['{{ branch.slug }}.example.com']\nbaseline: main\n\
                services: {front: {overlay: preview}, back: {overlay: tls}}\ndatabase: {name: shop, job: x}\nbranches:\n";
    let (main, login, other) =
        ("- {name: main, database: {mode: schema}}\n", "- {name: login, services: [front]}\n", "- {name: a}\n");
    let derive = |branches: &[&str]| {
        let plan = plan(&format!("{spec}{}", branches.concat()));
        let branch = plan.branches.into_iter().find(|branch| branch.name == "login").unwrap();
        let externals: Vec<_> =
            branch.externals.iter().map(|e| (e.name.clone(), e.host.clone(), e.baseline.clone())).collect();
        (without_locations(&branch), externals, branch.overlays.clone(), branch.database.clone())
    };
    let alone = derive(&[main, login]);
    let (name, host) = ("back".into(), "back.shop-main.svc.cluster.local".into());
    assert_eq!(alone.1, [(name, host, Some("main.example.com".into()))]);
    assert_eq!(alone.3.as_ref().unwrap().schema, "shop_main");
    for branches in [&[login, main][..], &[other, login, main], &[main, other, login]] {
        assert_eq!(derive(branches), alone);
    }
}

#[test]
fn hosts_outside_of_zones_are_warnings() {
    let text = format!("{:?}", plan(SPEC).warnings);
    assert!(text.contains("feature/login") && !text.contains("legacy/reports"), "{text}");
    assert_eq!(plan(&SPEC.replace("zones", "# zones")).warnings, []);
}

/// The list is an interface for scripts: its keys and the format of its values must not change.
#[test]
fn the_list_has_a_stable_format() {
    let plan = plan(SPEC);
    let json = serde_json::to_value(list::document(&plan)).unwrap()["branches"].take();
    let want = serde_json::json!([
        {
            "name": "feature/login",
            "slug": "feature-login-df7c7aeb",
            "platform": "kubernetes",
            "namespace": "shop-feature-login-df7c7aeb",
            "hosts": ["feature-login-df7c7aeb.dev.example.com", "feature-login-df7c7aeb.example.org"],
            "aliases": [],
            "images": {"nginx": "nginx:1.27", "registry.example.com/shop/backend": "registry.example.com/shop/backend:3f2c1a9"},
            "active": null,
            "overlays": ["overlays/tls"],
            "owner": "team-identity",
            "link": null,
            "expires": null,
            "added": null,
            "pullRequest": null,
            "pinned": false
        },
        {
            "name": "legacy/reports",
            "slug": "legacy-reports-7d2380bf",
            "platform": "appEngine",
            "namespace": null,
            "hosts": ["reports.dev.example.com"],
            "aliases": [],
            "images": {},
            "active": null,
            "overlays": [],
            "owner": null,
            "link": null,
            "expires": null,
            "added": null,
            "pullRequest": null,
            "pinned": false
        },
    ]);
    assert_eq!(json.as_array().unwrap()[..2], want.as_array().unwrap()[..]);
}

#[test]
fn long_slugs_are_shortened_to_fit_the_patterns() {
    let name = format!("feature/{}", "long-".repeat(30));
    let host = "an-application-behind-a-{{ branch.slug }}-gateway.dev.example.com";
    let plan = plan(&format!(
        "namespace: '{{{{ project }}}}-{{{{ branch.slug }}}}'\nhosts: ['{host}']\nbranches: [{{name: '{name}'}}]\n"
    ));
    let branch = &plan.branches[0];
    assert_eq!(branch.slug.as_str().len(), 63 - "an-application-behind-a--gateway".len());
    assert_eq!(branch.hosts[0].name.labels().next().map(str::len), Some(63));
    assert_eq!(branch.namespace(), Some(format!("shop-{}", branch.slug).as_str()));
}

/// A branch without source locations.
fn without_locations(branch: &Branch) -> String {
    format!(
        "{} {:?} {:?} {}",
        branch.slug,
        branch.namespace(),
        branch.hosts.iter().map(|h| &h.name).collect::<Vec<_>>(),
        yaml(&branch.variables)
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_branch_does_not_depend_on_other_branches_or_their_order(
        names in proptest::collection::btree_set("[a-zA-Z_][a-zA-Z_-]{0,6}(\\.[a-z0-9]{1,3})?(/[a-z0-9]{1,3})?", 1..12).prop_map(|names| {
            names.into_iter().filter(|name| name.trim() == name).collect::<Vec<_>>()
        }),
        shuffled in any::<u64>(),
        in_own_file in any::<u16>(),
    ) {
        let entry = |name: &String| format!("name: '{name}'\nowner: 'team {name}'\n");
        let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n";
        let inline = |names: &[String]| {
            let items = names.iter().map(|name| format!("- {}", entry(name).replace("\no", "\n  o")));
            format!("{head}branches:\n{}", items.collect::<String>())
        };
        let all = plan_of([("branches.yaml", inline(&names))]);

        let mut other_order = names.clone();
        other_order.sort_by_key(|name| name.bytes().fold(shuffled, |hash, b| hash.wrapping_mul(31).rotate_left(7) ^ u64::from(b)));
        let (own_files, listed): (Vec<_>, Vec<_>) =
            other_order.into_iter().enumerate().partition(|(i, _)| in_own_file >> i & 1 == 1);
        let listed: Vec<String> = listed.into_iter().map(|(_, name)| name).collect();
        let paths: Vec<String> = own_files.iter().map(|(i, _)| format!("branches.d/{i}.yaml")).collect();
        let files = paths.iter().zip(&own_files).map(|(path, (_, name))| (path.as_str(), entry(name)));
        let other = plan_of(files.chain([("branches.yaml", inline(&listed))]));
        let branches = |plan: &BuildPlan| plan.branches.iter().map(without_locations).collect::<Vec<_>>();
        prop_assert_eq!(branches(&all), branches(&other));

        for (name, branch) in names.iter().zip(&all.branches) {
            let alone = plan_of([("branches.yaml", inline(std::slice::from_ref(name)))]);
            prop_assert_eq!(without_locations(&alone.branches[0]), without_locations(branch));
        }
    }
}
