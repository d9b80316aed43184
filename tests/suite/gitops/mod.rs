//! `gitops:` in the spec: the files for Argo CD, Flux and kubectl, and their ownership.

#[cfg(unix)]
mod apply;
#[cfg(unix)]
mod apply_beside_others;

use crate::output::Tree;
use crate::pipeline::Selection;
use crate::schema::name::is_label;
use crate::tests::dns::build::built;
use crate::tests::kit::Workspace;
use proptest::prelude::*;
use std::collections::BTreeSet;

const EACH: &str = "gitops:\n  argocd: {repoURL: https://git.example.com/e.git, applications: each}\n  \
                    flux: {source: e}\n  apply: applyset\n";
const SET: &str = "gitops:\n  argocd: {repoURL: https://git.example.com/e.git}\n  apply: pruneLabel\n";

fn workspace(gitops: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "branches:\n", &format!("{gitops}branches:\n"));
    workspace.run(&["build"]).exits(0);
    workspace
}

fn names(workspace: &Workspace) -> Vec<String> {
    workspace.files("out/gitops").into_keys().collect()
}

#[test]
fn files_of_the_project_name_no_branch() {
    let workspace = workspace(SET);
    let before = workspace.files("out/gitops");
    assert_eq!(before.keys().collect::<Vec<_>>(), ["applicationset.yaml", "apply.sh", "deployer.yaml"]);
    workspace.edit("branches.yaml", "- name: main\n", "- name: other\n- name: one/more\n");
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out/gitops"), before);
}

#[test]
fn files_of_a_removed_branch_are_deleted() {
    let workspace = workspace(EACH);
    let slugs = ["feature-login-df7c7aeb", "feature-search-38e7a3a2", "main"];
    let folder = |name: &'static str| slugs.iter().map(move |slug| format!("{name}/{slug}.yaml"));
    let mut want: Vec<String> = ["apply.sh", "deployer.yaml"]
        .map(str::to_owned)
        .into_iter()
        .chain(folder("argocd"))
        .chain(folder("flux"))
        .collect();
    want.sort();
    assert_eq!(names(&workspace), want);
    workspace.run(&["branch", "remove", "feature/login"]).exits(0);
    let output = workspace.run(&["diff"]).exits(1).out();
    assert!(output.starts_with("- feature/login: removed, ") && output.matches("# ").count() == 1, "{output}");
    assert!(output.contains("\n- Kustomization/shop-feature-login-df7c7aeb in flux-system\n"), "{output}");
    let output = workspace.run(&["check"]).exits(1).out();
    assert!(output.contains("stale      out/gitops/argocd/feature-login-df7c7aeb.yaml\n"), "{output}");
    workspace.run(&["build"]).exits(0);
    want.retain(|path| !path.contains("login"));
    assert_eq!(names(&workspace), want);
    workspace.run(&["check"]).exits(0);

    // Without the key, the files and their folders are deleted.
    workspace.edit("branches.yaml", EACH, "");
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    assert_eq!(names(&workspace), [""; 0]);
    assert!(!workspace.path().join("out/gitops/flux").exists());
}

#[test]
fn switching_the_gitops_settings_equals_a_new_build() {
    let workspace = workspace(SET);
    workspace.edit("branches.yaml", SET, EACH);
    let output = workspace.run(&["diff", "--format", "summary"]).exits(1).out();
    assert!(output.starts_with("0 environments to add, 3 to change, 0 to delete\n"), "{output}");
    assert!(output.contains("\n- gitops/applicationset.yaml: removed, 1 object\n"), "{output}");
    assert!(output.contains("\n~ gitops/apply.sh: 1 object changed\n"), "{output}");
    let other = self::workspace(EACH);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out"), other.files("out"));
    workspace.edit("branches.yaml", EACH, SET);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out"), self::workspace(SET).files("out"));
}

#[test]
fn selections_equal_one_build() {
    for gitops in [EACH, SET] {
        let whole = workspace(gitops);
        let parts = Workspace::copy_of(whole.path());
        for workspace in [&whole, &parts] {
            workspace.edit("branches.yaml", "- name: feature/login\n", "- name: feature/other\n");
            workspace.edit("branches.yaml", "repoURL: https://git", "repoURL: https://hub");
        }
        // A selection by name changes neither project files nor files of removed branches.
        let before = parts.files("out/gitops");
        parts.run(&["build", "--only", "feature/other"]).exits(0);
        let after = parts.files("out/gitops");
        assert!(before.iter().all(|(path, text)| after.get(path) == Some(text)));
        let new: Vec<&String> = after.keys().filter(|path| !before.contains_key(*path)).collect();
        assert!(
            new.iter().all(|path| path.contains("/feature-other-")) && new.len() == if gitops == EACH { 2 } else { 0 }
        );

        whole.run(&["build"]).exits(0);
        for shard in ["1/3", "2/3", "3/3"] {
            parts.run(&["build", "--shard", shard]).exits(0);
        }
        assert_eq!(parts.files("out"), whole.files("out"));
    }
}

#[test]
fn a_failed_branch_keeps_its_files() {
    let workspace = workspace(EACH);
    let before = workspace.files("out/gitops");
    workspace.edit("branches.yaml", "source: e", "source: f");
    workspace.edit("base/config.yaml.j2", "key: ", "key: {% if branch.name == 'main' %}{{ nope }}{% endif %}x");
    workspace.run(&["build", "--keep-going"]).exits(2);
    let changed: Vec<String> = workspace
        .files("out/gitops")
        .into_iter()
        .filter(|(path, text)| before[path] != *text)
        .map(|(p, _)| p)
        .collect();
    assert_eq!(changed, ["flux/feature-login-df7c7aeb.yaml", "flux/feature-search-38e7a3a2.yaml"]);
}

#[test]
fn temporary_files_and_conflict_markers_are_recognized() {
    let workspace = workspace(EACH);
    workspace.write("out/gitops/.apply.sh.efb314c1.pleach", "torn");
    workspace.write("out/gitops/flux/.main.yaml.cab227f7.pleach", "torn");
    let ours = workspace.read("out/gitops/flux/main.yaml");
    workspace.write("out/gitops/flux/main.yaml", format!("<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> other\n"));
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    assert_eq!(names(&workspace), names(&self::workspace(EACH)));
}

/// The rules of `deployer.yaml`, one line each.
fn rights(workspace: &Workspace) -> Vec<String> {
    let role: serde_yaml::Value = serde_yaml::from_str(&workspace.read("out/gitops/deployer.yaml")).unwrap();
    let list = |value: &serde_yaml::Value| {
        let words: Vec<&str> =
            value.as_sequence().into_iter().flatten().filter_map(serde_yaml::Value::as_str).collect();
        words.join(",")
    };
    let rule = |rule: &serde_yaml::Value| {
        let names = list(&rule["resourceNames"]);
        format!("{} {}{} {}", list(&rule["apiGroups"]), list(&rule["resources"]), names, list(&rule["verbs"]))
    };
    role["rules"].as_sequence().unwrap().iter().map(rule).collect()
}

#[test]
fn the_deployer_has_the_rights_for_the_objects_of_all_branches() {
    let workspace = Workspace::empty();
    let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: \"shop-{{ branch.slug }}\"\n\
                gitops: {apply: applyset}\nbranches: [{name: main, overlays: [roles]}, {name: b}]\n";
    workspace.write("branches.yaml", spec);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n";
    workspace.write("base/web.yaml", service);
    workspace.write("overlays/roles/kustomization.yaml", "resources: [../../base, role.yaml]\n");
    workspace.write(
        "overlays/roles/role.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\n\
         rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get, watch]}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: view}\n\
         roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n\
         subjects: [{kind: ServiceAccount, name: web}]\n---\n\
         apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web}\nspec: {gatewayClassName: a, listeners: []}\n",
    );
    workspace.run(&["build"]).exits(0);
    let applied = "create,delete,get,list,patch";
    let want = [
        " configmaps create,get,patch".to_owned(),
        format!(" services {applied}"),
        " namespaces create,get,list,patch,watch".to_owned(),
        format!("gateway.networking.k8s.io gateways {applied}"),
        format!("rbac.authorization.k8s.io roles,rolebindings {applied}"),
        "rbac.authorization.k8s.io clusterrolesview bind".to_owned(),
        " pods get,watch".to_owned(),
    ];
    let mut sorted = rights(&workspace);
    sorted.sort();
    let mut all = want.to_vec();
    all.sort();
    assert_eq!(sorted, all);

    // Each part of a build knows the objects of the other parts. A branch that fails keeps its rights.
    let before = workspace.read("out/gitops/deployer.yaml");
    for shard in ["1/2", "2/2"] {
        workspace.run(&["build", "--shard", shard]).exits(0);
        assert_eq!(workspace.read("out/gitops/deployer.yaml"), before, "{shard}");
    }
    workspace.write("overlays/roles/role.yaml.j2", "{{ nope }}");
    workspace.edit("overlays/roles/kustomization.yaml", "role.yaml", "role.yaml.j2");
    workspace.run(&["build", "--keep-going"]).exits(2);
    assert_eq!(workspace.read("out/gitops/deployer.yaml"), before);

    // Pruning by labels searches objects of all kinds that it may delete.
    workspace.edit("branches.yaml", "apply: applyset", "apply: pruneLabel");
    workspace.edit("branches.yaml", "{name: main, overlays: [roles]}, ", "");
    workspace.run(&["build"]).exits(0);
    let pruning = rights(&workspace);
    assert!(pruning.contains(&"apps daemonsets,deployments,statefulsets delete,list".to_owned()), "{pruning:?}");
    assert!(pruning.iter().all(|rule| !rule.contains("secrets") && !rule.contains("gateways")), "{pruning:?}");

    // Without a namespace of its own, a branch needs no right to write one.
    workspace.edit("branches.yaml", "{name: b}", "{name: b, namespace: legacy, adoptNamespace: true}");
    workspace.run(&["build"]).exits(0);
    assert!(rights(&workspace).contains(&" namespaces get".to_owned()), "{:?}", rights(&workspace));
}

#[test]
fn a_kind_with_copied_labels_is_a_warning_with_an_apply_set() {
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "branches:\n", "gitops: {apply: applyset}\nbranches:\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: own}\n---\n";
    let external = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db}\nspec: {secretStoreRef: {name: a}}\n";
    workspace.write("base/secret.yaml", external);
    assert_eq!(workspace.run(&["build"]).exits(0).err(), "");
    workspace.write("base/secret.yaml", format!("{secret}{external}"));
    let error = workspace.run(&["build"]).exits(0).err();
    let want = "the ApplySet deletes the Secret of `ExternalSecret db`, because a controller copies the labels of the ExternalSecret to it";
    assert!(error.contains(want), "{error}");
    workspace.edit("base/secret.yaml", "spec: {secret", "spec: {target: {template: {}}, secret");
    assert_eq!(workspace.run(&["build"]).exits(0).err(), "");
    workspace.edit("base/secret.yaml", "target: {template: {}}, ", "");
    workspace.edit("branches.yaml", "apply: applyset", "apply: pruneLabel");
    assert_eq!(workspace.run(&["build"]).exits(0).err(), "");
}

/// The folder `gitops` has no files of its own any more, and a new folder. One thread writes the folders in order.
#[test]
fn a_tool_is_replaced_by_another() {
    let workspace = Workspace::small();
    let spec = workspace.read("branches.yaml");
    let build = |gitops: &str| {
        workspace.write("branches.yaml", spec.replace("branches:\n", &format!("{gitops}branches:\n")));
        let output = workspace.command().arg("build").env("RAYON_NUM_THREADS", "1").output().unwrap();
        assert!(output.status.success(), "{gitops}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for tool in ["{apply: applyset}", "{flux: {source: e}}", "{apply: pruneLabel}", "{flux: {source: e}}"] {
        build(&format!("gitops: {tool}\n"));
    }
    build("");
    assert!(!workspace.path().join("out/gitops/flux").exists());
}

#[test]
fn an_object_whose_copy_is_too_large_for_an_annotation_is_a_warning() {
    let workspace = Workspace::small();
    let large = |annotations: &str, size: usize| {
        let metadata = format!("{{name: large, annotations: {{{annotations}}}}}");
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\ndata: {{a: {}}}\n", "x".repeat(size))
    };
    let spec = workspace.read("branches.yaml");
    let warnings = |gitops: &str, manifest: &str| {
        workspace.write("branches.yaml", spec.replace("branches:\n", &format!("gitops: {gitops}\nbranches:\n")));
        workspace.write("base/large.yaml", manifest);
        workspace.run(&["build"]).exits(0).err()
    };
    let argocd = "{argocd: {repoURL: https://git.example.com/e.git}}";
    let both = "{argocd: {repoURL: https://git.example.com/e.git}, apply: pruneLabel}";
    let server_side = "argocd.argoproj.io/sync-options: 'Prune=false, ServerSideApply=true'";
    for (gitops, manifest, tool) in [
        (argocd, large("", 262_144), Some("Argo CD")),
        (argocd, large("", 261_000), None),
        (argocd, large(&format!("a: {}", "x".repeat(1000)), 260_500), Some("Argo CD")),
        (argocd, large(server_side, 262_144), None),
        (
            "{argocd: {repoURL: https://git.example.com/e.git, syncOptions: [ServerSideApply=true]}}",
            large("", 262_144),
            None,
        ),
        (both, large(server_side, 262_144), Some("apply.sh")),
        ("{apply: applyset}", large("", 262_144), Some("apply.sh")),
        ("{flux: {source: e}}", large("", 262_144), None),
    ] {
        let warnings = warnings(gitops, &manifest);
        let want = tool.map(|tool| format!("`ConfigMap large` has more than 256 KiB, so {tool} cannot store its copy"));
        assert_eq!(warnings.contains("256 KiB"), want.is_some(), "{gitops}: {warnings}");
        assert!(want.is_none_or(|want| warnings.contains(&want)), "{gitops}: {warnings}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_object_has_a_unique_name_that_fits_in_a_label(
        // A longer project name is refused because of the length of the object names.
        project in "[a-z][a-z0-9-]{0,50}[a-z0-9]",
        names in proptest::collection::btree_set("[a-zA-Z0-9_ä][a-zA-Z0-9_ä-]{0,60}(/[a-z]{1,30})?", 1..6),
        deep in any::<bool>(),
    ) {
        let branches: String = names.iter().map(|name| format!("- name: '{name}'\n")).collect();
        let gitops = if deep { EACH } else { SET };
        let spec = format!("apiVersion: pleach/v1\nkind: Branches\nproject: {project}\n{gitops}branches:\n{branches}");
        let tree = built(&spec, &Tree::default(), &Selection::All).tree;
        for folder in ["argocd", "flux"] {
            let start = format!("gitops/{folder}/");
            let objects: Vec<_> = tree.iter().filter(|(path, _)| path.as_str().starts_with(&start)).collect();
            let name = |text: &str| {
                let object: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
                object["metadata"]["name"].as_str().unwrap().to_owned()
            };
            let found: BTreeSet<String> = objects.iter().map(|(_, text)| name(text)).collect();
            prop_assert_eq!(found.len(), if deep { names.len() } else { 0 });
            prop_assert!(found.iter().all(|name| is_label(name) && name.starts_with(&format!("{project}-"))), "{:?}", found);
        }
        // The names of the Applications that the ApplicationSet generates.
        let slugs = tree.iter().filter_map(|(path, _)| path.as_str().strip_prefix("namespaces/")?.split('/').next());
        let made: Vec<String> = slugs.map(|slug| format!("{project}-{slug}")).collect();
        prop_assert!(made.iter().all(|name| is_label(name)), "{:?}", made);
    }
}

#[test]
fn endpoints_with_the_labels_of_a_service_are_a_warning_with_an_apply_set() {
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "branches:\n", "gitops: {apply: applyset}\nbranches:\n");
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";
    for target in [
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: db}\n",
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: db}\naddressType: IPv4\nendpoints: []\n",
    ] {
        workspace.write("base/endpoints.yaml", target);
        workspace.write("base/service.yaml", service);
        let kind = target.split("kind: ").nth(1).unwrap().lines().next().unwrap();
        let error = workspace.run(&["build"]).exits(0).err();
        let want = format!(
            "the ApplySet deletes the {kind} of `Service web`, because a controller copies the labels of the Service to it"
        );
        assert!(error.contains(&want) && error.contains("use a Service of type ExternalName"), "{error}");
        // Nothing makes Endpoints for a Service without a selector.
        workspace.edit("base/service.yaml", "selector: {app: web}, ", "");
        assert_eq!(workspace.run(&["build"]).exits(0).err(), "");
    }
}
