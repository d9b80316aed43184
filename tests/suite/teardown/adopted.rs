//! What a branch has outside of a namespace of its own: listed when the branch is removed, or reported while it exists.

use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n";

fn workspace(spec: &str, objects: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/a.yaml.j2", objects);
    workspace.write("branches.yaml", format!("{HEAD}{spec}"));
    workspace
}

/// Builds, and returns the warnings.
#[track_caller]
fn build(workspace: &Workspace, spec: &str) -> String {
    workspace.write("branches.yaml", format!("{HEAD}{spec}"));
    let warnings = workspace.run(&["build"]).exits(0).err();
    workspace.run(&["check"]).exits(0);
    warnings
}

fn object(kind: &str, name: &str, metadata: &str) -> String {
    let version = match kind {
        "ConfigMap" => "v1",
        "ClusterIssuer" | "Certificate" => "cert-manager.io/v1",
        _ => "rbac.authorization.k8s.io/v1",
    };
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: '{name}'{metadata}}}\n---\n")
}

/// The lines of a plan from `clusterObjects` to `dns`.
fn objects(workspace: &Workspace, slug: &str) -> String {
    let plan = workspace.read(&format!("out/teardown/{slug}.yaml"));
    let (_, rest) = plan.split_once("clusterObjects:").unwrap();
    rest.split_once("\ndatabases:").unwrap().0.trim().to_owned()
}

const MAIN: &str = "branches:\n- name: main\n";
const DASHBOARDS: &str = "branches:\n- name: main\n- {name: dashboards, namespace: monitoring, adoptNamespace: true}\n";

#[test]
fn the_objects_of_an_adopted_namespace_are_listed_without_the_namespace() {
    let w = workspace(DASHBOARDS, &(object("ConfigMap", "a", "") + &object("ConfigMap", "shop-b", "")));
    let warnings = build(&w, DASHBOARDS);
    let want = "nothing in its name says that the object `ConfigMap/monitoring/a` belongs to the branch, so no teardown plan will list it\n";
    assert!(warnings.contains(want) && warnings.contains(" --> base/a.yaml.j2:1:1\n"), "{warnings}");
    let help = "use a name with the project and the slug of the branch, or add `ConfigMap/monitoring/a` to `cleanup.objects`\n";
    assert!(warnings.contains(help), "{warnings}");
    let cleanup = "cleanup: {objects: [ConfigMap/monitoring/a]}\n";
    assert_eq!(build(&w, &format!("{cleanup}{DASHBOARDS}")), "");
    assert_eq!(build(&w, &format!("{cleanup}{MAIN}")), "");
    assert_eq!(
        w.read("out/teardown/dashboards.yaml"),
        "apiVersion: pleach/v1\nbranch: dashboards\nclusterObjects:\n\
         - apiVersion: v1\n  kind: ConfigMap\n  name: a\n  namespace: monitoring\n\
         - apiVersion: v1\n  kind: ConfigMap\n  name: shop-b\n  namespace: monitoring\n\
         databases: []\ndns: []\nimages: []\nkind: TeardownPlan\nnamespaces: []\nproject: shop\n"
    );
}

#[test]
fn every_object_in_the_namespace_of_the_pattern_belongs_to_the_branch() {
    let adopted = "branches:\n- name: main\n- {name: dev, adoptNamespace: true}\n";
    let w = workspace(adopted, &(object("ConfigMap", "a", "") + &object("ConfigMap", "b", "")));
    assert_eq!(build(&w, adopted), "");
    assert_eq!(build(&w, MAIN), "");
    let listed = objects(&w, "dev");
    assert!(listed.contains("name: a\n  namespace: shop-dev") && listed.contains("name: b\n"), "{listed}");
}

#[test]
fn a_slug_with_a_hash_makes_a_name_one_of_the_project() {
    let spec = "branches:\n- name: main\n- name: feature/login\n";
    let kept = ", namespace: istio-system, annotations: {pleach.dev/namespace: keep}";
    let names = object("ClusterIssuer", "le-{{ branch.slug }}", "") + &object("Certificate", "{{ branch.slug }}", kept);
    let w = workspace(spec, &names);
    let warnings = build(&w, spec);
    for entry in ["ClusterIssuer/le-*", "Certificate/istio-system/main"] {
        assert!(warnings.contains(&format!("add `{entry}` to `cleanup.objects`")), "{entry}: {warnings}");
    }
    assert_eq!(warnings.matches("warning[").count(), 2, "{warnings}");
    assert!(!warnings.contains("login"), "its slug has a hash: {warnings}");
    build(&w, MAIN);
    let listed = objects(&w, "feature-login-df7c7aeb");
    assert!(listed.contains("name: feature-login-df7c7aeb\n  namespace: istio-system"), "{listed}");
    assert!(listed.contains("kind: ClusterIssuer\n  name: le-feature-login-df7c7aeb"), "{listed}");
    // Another branch name does not have this hash.
    w.edit("out/teardown/feature-login-df7c7aeb.yaml", "branch: feature/login", "branch: feature/logout");
    let errors = w.run(&["teardown"]).exits(2).err();
    assert!(errors.contains("the ClusterIssuer `le-feature-login-df7c7aeb` is not known to belong"), "{errors}");
}

#[test]
fn what_the_entry_of_a_branch_alone_gives_is_reported_while_the_branch_exists() {
    let own = "branches:\n- name: main\n- {name: legacy, namespace: big-old-thing}\n";
    let objects = object(
        "ConfigMap",
        "a",
        ", annotations: {pleach.dev/database: 'schema/main/orders_{{ branch.slug }} schema/main/orders'}",
    );
    let w = workspace(own, &objects);
    let warnings = build(&w, own);
    for entry in ["`big-old-thing` to `cleanup.namespaces`", "`schema/main/orders_*` to `cleanup.databases`"] {
        assert!(warnings.contains(&format!("add {entry}")), "{entry}: {warnings}");
    }
    assert!(warnings.contains("add `schema/main/orders` to `cleanup.databases`"), "{warnings}");
    let cleanup = "cleanup: {namespaces: [big-old-thing], databases: ['schema/main/orders_*', schema/main/orders]}\n";
    assert_eq!(build(&w, &format!("{cleanup}{own}")), "");
    assert_eq!(build(&w, &format!("{cleanup}{MAIN}")), "");
    assert!(w.read("out/teardown/legacy.yaml").contains("namespaces:\n- big-old-thing\n"));
}

#[test]
fn a_namespace_that_was_adopted_later_is_in_no_plan() {
    let owned = "branches:\n- name: main\n- name: dev\n";
    let adopted = "branches:\n- name: main\n- {name: dev, adoptNamespace: true}\n";
    let taken = "branches:\n- name: main\n- {name: next, namespace: shop-dev, adoptNamespace: true}\n";
    for later in [adopted, taken] {
        let w = workspace(owned, &(object("ConfigMap", "a", "") + &object("ConfigMap", "shop-b", "")));
        w.commit_all();
        let mut removed = String::new();
        for spec in [owned, later, MAIN, MAIN] {
            removed = build(&w, spec);
            assert_eq!(w.shell("git add -A && git commit -q --allow-empty -m one"), "");
            for plan in w.files("out/teardown").into_values() {
                let plan = String::from_utf8(plan).unwrap();
                assert!(plan.contains("namespaces: []\n"), "{spec}: {plan}");
            }
        }
        assert!(!removed.contains("error"), "{removed}");
        let slug = if later == taken { "next" } else { "dev" };
        assert!(objects(&w, slug).contains("name: shop-b\n  namespace: shop-dev"));
        // A plan that a merge brings back.
        w.write("branches.yaml", format!("{HEAD}{later}"));
        w.write(
            "out/teardown/dev.yaml",
            format!("{}branch: dev\nnamespaces: [shop-dev]\n", HEAD.replace("Branches", "TeardownPlan")),
        );
        assert_eq!(w.run(&["teardown", "--only", "dev", "--format", "kubectl"]).exits(0).out(), "");
        w.run(&["build"]).exits(0);
        let brought_back = w.path().join("out/teardown/dev.yaml");
        assert!(!brought_back.exists() || w.read("out/teardown/dev.yaml").contains("namespaces: []\n"));
    }
}

#[test]
fn shared_objects_belong_to_the_project_while_a_claim_names_them() {
    let claims = "shared: {claims: [{object: ClusterIssuer/letsencrypt, reason: one account}]}\n";
    let both = "branches:\n- name: main\n- name: other\n";
    let w = workspace(&format!("{claims}{both}"), &object("ClusterIssuer", "letsencrypt", ""));
    assert_eq!(build(&w, &format!("{claims}{both}")), "");
    let before = w.files("out");
    w.write("base/a.yaml.j2", object("ConfigMap", "a", ""));
    let warnings = build(&w, both);
    assert!(warnings.contains("if it does, add `ClusterIssuer/letsencrypt` to `cleanup.objects`"), "{warnings}");
    assert!(!w.path().join("out/teardown").exists());
    for (path, text) in before {
        w.write(&format!("out/{path}"), text);
    }
    build(&w, &format!("cleanup: {{objects: [ClusterIssuer/letsencrypt]}}\n{both}"));
    assert!(objects(&w, "_shared").contains("name: letsencrypt"));
}

#[test]
fn the_entry_for_an_object_whose_name_ends_in_a_hash_matches_all_hashes() {
    let adopted = "branches:\n- {name: prod, namespace: platform, adoptNamespace: true}\n";
    let w = workspace(adopted, &object("ConfigMap", "web-prod", ""));
    w.write(
        "base/kustomization.yaml.j2",
        "resources: [a.yaml.j2, job.yaml]\nconfigMapGenerator:\n- {name: env, literals: [a=1]}\n",
    );
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: seed, annotations: {pleach.dev/name-hash: 'true'}}\nspec:\n  template:\n    \
               spec: {restartPolicy: Never, containers: [{name: a, image: 'r.example.com/shop/app:1'}]}\n";
    w.write("base/job.yaml", job);
    let warnings = build(&w, adopted);
    let entries = ["ConfigMap/platform/env-*", "Job/platform/seed-*", "ConfigMap/platform/web-prod"];
    for entry in entries {
        assert!(warnings.contains(&format!("add `{entry}` to `cleanup.objects`")), "{entry}: {warnings}");
    }
    assert_eq!(warnings.matches("warning[").count(), 3, "{warnings}");
    assert_eq!(build(&w, &format!("cleanup: {{objects: ['{}']}}\n{adopted}", entries.join("', '"))), "");
}

#[test]
fn the_record_of_the_apply_script_in_an_adopted_namespace_is_listed() {
    for (mode, record) in [("applyset", "shop.applyset.pleach.dev"), ("pruneLabel", "shop.prune.pleach.dev")] {
        let gitops = format!("gitops: {{apply: {mode}}}\n");
        let dev = format!("{gitops}branches:\n- name: main\n- {{name: dev, namespace: team, adoptNamespace: true}}\n");
        let w = workspace(&dev, &object("ConfigMap", "shop-a", ""));
        build(&w, &dev);
        // The existing branch uses it, also if it replaces an object.
        w.write("base/a.yaml.j2", object("ConfigMap", "shop-b", ""));
        build(&w, &dev);
        assert!(!objects(&w, "dev").contains(record));
        build(&w, &format!("{gitops}{MAIN}"));
        let listed = objects(&w, "dev");
        let want = format!("kind: ConfigMap\n  name: {record}\n  namespace: team");
        assert!(listed.contains(&want), "{listed}");
        let shown = w.run(&["teardown", "--format", "kubectl"]).exits(0).out();
        assert!(shown.contains(record) && !shown.contains("kind: Namespace\n"), "{shown}");
    }
    let dev = "branches:\n- name: main\n- {name: dev, namespace: team, adoptNamespace: true}\n";
    let w = workspace(dev, &object("ConfigMap", "shop-a", ""));
    build(&w, dev);
    build(&w, MAIN);
    assert!(!objects(&w, "dev").contains("pleach.dev"), "no script applies it");
}
