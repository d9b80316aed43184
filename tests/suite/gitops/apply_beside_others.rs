//! `apply.sh` in a cluster that has more than one project: what it does in namespaces of others, and to their objects.

use super::apply::{Cluster, objects_of, text};
use crate::tests::kit::Workspace;
use std::collections::BTreeSet;

const MODES: [&str; 2] = ["applyset", "pruneLabel"];

/// An object of others in a namespace that they own.
const OF_OTHERS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    app: legacy\n  name: legacy\n";

/// A branch with a namespace of its own, and a branch that adopts the namespace `legacy`. Each keeps an object in `infra`.
fn project(name: &str, mode: &str) -> Workspace {
    let workspace = Workspace::empty();
    let spec = format!(
        "apiVersion: pleach/v1\nkind: Branches\nproject: {name}\ngitops: {{apply: {mode}}}\n\
         defaults: {{values: {{level: info}}}}\nbranches:\n- name: main\n\
         - {{name: old, namespace: legacy, adoptNamespace: true}}\n"
    );
    workspace.write("branches.yaml", spec);
    workspace.write(
        "base/kustomization.yaml.j2",
        "resources: [app.yaml.j2]\nconfigMapGenerator:\n- {name: '{{ project }}-env', literals: ['LEVEL={{ values.level }}']}\n",
    );
    workspace.write(
        "base/app.yaml.j2",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: '{{ project }}-app'}\nspec:\n  selector: {matchLabels: {app: a}}\n  \
         template:\n    metadata: {labels: {app: a}}\n    spec:\n      containers:\n      - name: app\n        \
         image: registry.example.com/shop/app:1\n        envFrom: [{configMapRef: {name: '{{ project }}-env'}}]\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: '{{ project }}-{{ branch.slug }}'\n  namespace: infra\n  \
         annotations: {pleach.dev/namespace: keep}\ndata: {level: '{{ values.level }}'}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: '{{ project }}-app'}\nspec: {selector: {app: a}, ports: [{port: 80}]}\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: '{{ project }}-app'}\nrules: []\n---\n\
         apiVersion: batch/v1\nkind: Job\nmetadata: {name: '{{ project }}-migrate', annotations: {pleach.dev/name-hash: 'true'}}\n\
         spec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: migrate\n        \
         image: registry.example.com/shop/app:1\n        args: ['{{ values.level }}']\n",
    );
    workspace.run(&["build"]).exits(0);
    workspace
}

/// A cluster with the namespaces `legacy` and `infra`, each with an object of others.
fn cluster() -> Cluster {
    let cluster = Cluster::new();
    for namespace in ["legacy", "infra"] {
        cluster.write(&format!("objects/_/Namespace.{namespace}"), &namespace_of_others(namespace));
        cluster.write(&format!("objects/{namespace}/ConfigMap.legacy"), OF_OTHERS);
    }
    cluster
}

fn namespace_of_others(name: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  labels:\n    team: platform\n  name: {name}\n")
}

/// Checks that the cluster has exactly the objects of the projects and those of others, which are unchanged.
#[track_caller]
fn check(cluster: &Cluster, projects: &[&Workspace], context: &str) {
    let others = ["_/Namespace.infra", "_/Namespace.legacy", "infra/ConfigMap.legacy", "legacy/ConfigMap.legacy"];
    let mut want: Vec<String> = projects.iter().flat_map(|project| objects_of(project)).collect();
    want.extend(others.map(str::to_owned));
    want.sort();
    assert_eq!(cluster.objects(), want, "{context}");
    let read = |path: &str| std::fs::read_to_string(cluster.path("objects").join(path)).unwrap();
    for namespace in ["legacy", "infra"] {
        assert_eq!(read(&format!("_/Namespace.{namespace}")), namespace_of_others(namespace), "{context}");
        assert_eq!(read(&format!("{namespace}/ConfigMap.legacy")), OF_OTHERS, "{context}");
    }
}

fn rename_the_config_map(workspace: &Workspace) {
    workspace.edit("branches.yaml", "level: info", "level: debug");
    workspace.run(&["build"]).exits(0);
}

#[test]
fn two_projects_lose_no_object_in_any_order() {
    for mode in MODES {
        // Each project is applied twice. The second time it has another ConfigMap instead of the first one.
        let projects = ["shop", "blog"].map(|name| {
            let versions = [project(name, mode), project(name, mode)];
            rename_the_config_map(&versions[1]);
            versions
        });
        // The other three orders only swap the names.
        for order in [[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]] {
            let (cluster, mut runs) = (cluster(), [0, 0]);
            for project in order {
                cluster.applied(&projects[project][runs[project]]);
                runs[project] += 1;
                let applied =
                    projects.iter().zip(runs).filter_map(|(versions, runs)| versions.get(runs.checked_sub(1)?));
                check(&cluster, &applied.collect::<Vec<_>>(), &format!("{mode} {order:?} {runs:?}"));
            }
        }
    }
}

#[test]
fn an_adopted_namespace_is_neither_written_nor_deleted() {
    for mode in MODES {
        let (workspace, cluster) = (project("shop", mode), cluster());
        let before = cluster.apply(&workspace, &["old"], "never").1;
        rename_the_config_map(&workspace);
        let (output, after) = cluster.apply(&workspace, &["old"], "never");
        assert!(output.status.success(), "{output:?}");
        for call in [before, after].concat() {
            let writes =
                ["apply ", "delete ", "create ", "patch ", "label ", "wait "].iter().any(|verb| call.starts_with(verb));
            assert!(!(writes && call.to_lowercase().contains("00-namespace")), "{call}");
            assert!(!call.contains("/Namespace") && !call.contains("namespace/"), "{call}");
        }
        // The branch has one ConfigMap, that of the last run.
        let objects = cluster.objects();
        let maps: Vec<&String> =
            objects.iter().filter(|object| object.starts_with("legacy/ConfigMap.shop-env")).collect();
        assert!(maps.len() == 1 && objects_of(&workspace).contains(maps[0]), "{objects:?}");
    }
}

#[test]
fn a_namespace_of_others_must_exist_and_remain() {
    for mode in MODES {
        for namespace in ["legacy", "infra"] {
            let (workspace, cluster) = (project("shop", mode), cluster());
            cluster.applied(&workspace);
            cluster.write(&format!("terminating/{namespace}"), "");
            let before = cluster.objects();
            let (output, log) = cluster.apply(&workspace, &["old"], "never");
            assert!(
                text(&output.stderr).contains(&format!("{namespace}: the namespace is being deleted\n")),
                "{output:?}"
            );
            assert!(output.status.code() == Some(1) && log.iter().all(|call| call.starts_with("get ")), "{log:?}");
            assert_eq!(cluster.objects(), before);

            std::fs::remove_dir_all(cluster.path("terminating")).unwrap();
            std::fs::remove_file(cluster.path(&format!("objects/_/Namespace.{namespace}"))).unwrap();
            let (output, log) = cluster.apply(&workspace, &["old"], "never");
            assert!(
                text(&output.stderr).contains(&format!("{namespace}: the namespace does not exist\n")),
                "{output:?}"
            );
            assert!(output.status.code() == Some(1) && log.iter().all(|call| call.starts_with("get ")), "{log:?}");
        }
    }
}

/// A branch of its own and an adopting one, each without an object that can be pruned.
#[test]
fn the_last_object_of_a_branch_is_deleted() {
    for mode in MODES {
        let (workspace, cluster) = (project("shop", mode), cluster());
        cluster.applied(&workspace);
        workspace.write(
            "base/kustomization.yaml.j2",
            "resources:{% if branch.name == 'old' %} [account.yaml]{% else %} []{% endif %}\n",
        );
        let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop-app}\n";
        workspace.write("base/account.yaml", account);
        workspace.run(&["build"]).exits(0);
        cluster.applied(&workspace);
        let objects = cluster.objects();
        // A kept object is in the teardown plan. pleach does not prune it.
        let rest: Vec<&String> = objects.iter().filter(|object| !object.starts_with("infra/")).collect();
        let want = ["_/Namespace.infra", "_/Namespace.legacy", "_/Namespace.shop-main"];
        let want = [&want[..], &["legacy/ConfigMap.legacy", "legacy/ServiceAccount.shop-app"]].concat();
        assert_eq!(rest, want, "{mode}");
    }
}

/// A branch that adopts its namespace has objects elsewhere, and then none: its namespace is not known and not needed.
#[test]
fn a_branch_without_objects_in_its_adopted_namespace_is_no_failure() {
    for mode in MODES {
        let (workspace, cluster) = (project("shop", mode), cluster());
        cluster.applied(&workspace);
        let kept = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: '{{ project }}-{{ branch.slug }}'\n  namespace: infra\n  \
                    annotations: {pleach.dev/namespace: keep}\n";
        workspace.write("base/kept.yaml.j2", kept);
        for resources in ["[kept.yaml.j2]", "[]"] {
            let kustomization = format!(
                "resources:{{% if branch.name == 'old' %}} {resources}{{% else %}} [app.yaml.j2]{{% endif %}}\n"
            );
            workspace.write("base/kustomization.yaml.j2", kustomization);
            workspace.run(&["build"]).exits(0);
            let (output, log) = cluster.apply(&workspace, &["old"], "never");
            assert!(output.status.success() && text(&output.stderr).is_empty(), "{mode} {output:?}");
            let calls = if resources == "[]" { 0 } else { 2 };
            assert_eq!(log.len(), calls, "{mode} {resources} {log:?}");
            cluster.applied(&workspace);
        }
        assert!(cluster.objects().contains(&"infra/ConfigMap.shop-old".to_owned()));
        let plan = workspace.read("out/teardown/old.yaml");
        assert!(plan.contains("name: shop-app\n") && plan.contains("name: shop-old\n"), "{plan}");
        assert_eq!(plan.matches(".pleach.dev\n").count(), 1, "{plan}");
    }
}

/// Each call may be refused or not reach the cluster. The next run does what is missing.
#[test]
fn a_call_that_fails_fails_the_run_and_loses_no_object() {
    for mode in MODES {
        let (workspace, new, other) = (project("shop", mode), project("shop", mode), project("blog", mode));
        rename_the_config_map(&new);
        let empty = cluster();
        empty.applied(&other);
        let full = empty.copy();
        full.applied(&workspace);
        // A first run, and one that deletes a ConfigMap.
        for (before, workspace, slug) in [(&empty, &workspace, "main"), (&full, &new, "old")] {
            let calls: BTreeSet<String> = before.copy().apply(workspace, &[slug], "never").1.into_iter().collect();
            for call in calls {
                let call = call.strip_prefix("KUBECTL_APPLYSET=true ").unwrap_or(&call);
                let cluster = before.copy();
                let (output, _) = cluster.apply(workspace, &[slug], call);
                assert_eq!(output.status.code(), Some(1), "{mode}: {call}");
                cluster.applied(workspace);
                check(&cluster, &[workspace, &other], &format!("{mode}: {call}"));
            }
        }
    }
}

#[test]
fn without_a_connection_nothing_is_changed() {
    for mode in MODES {
        let (workspace, cluster) = (project("shop", mode), cluster());
        cluster.applied(&workspace);
        let before = cluster.objects();
        rename_the_config_map(&workspace);
        let (output, log) = cluster.apply(&workspace, &[], "*");
        assert_eq!((output.status.code(), log.len()), (Some(1), 2), "one call per branch: {log:?}");
        assert!(text(&output.stderr).ends_with("failed: main old\n"), "{output:?}");
        assert_eq!(cluster.objects(), before);
    }
}
