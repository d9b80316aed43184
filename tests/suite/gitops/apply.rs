//! `apply.sh`, run with a kubectl that keeps a cluster in a folder.

use super::{EACH, SET, workspace};
use crate::tests::kit::{self, Workspace, root};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

const FOLDER: &str = "out/gitops/../namespaces";

/// A cluster without objects.
pub(super) struct Cluster(TempDir);

impl Cluster {
    pub(super) fn new() -> Self {
        let cluster = Cluster(TempDir::new().unwrap());
        cluster.write("kube ctl", &stub());
        std::fs::set_permissions(cluster.path("kube ctl"), PermissionsExt::from_mode(0o755)).unwrap();
        cluster
    }

    /// A cluster with the same objects.
    pub(super) fn copy(&self) -> Self {
        let copy = Cluster::new();
        for (path, content) in kit::files(&self.path("objects")) {
            copy.write(&format!("objects/{path}"), &text(&content));
        }
        copy
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs the script of a workspace. Calls of kubectl that match the pattern `fails` fail. Returns the calls too.
    pub(super) fn apply(&self, workspace: &Workspace, slugs: &[&str], fails: &str) -> (Output, Vec<String>) {
        self.write("log", "");
        let mut command = Command::new("sh");
        command.arg("out/gitops/apply.sh").args(slugs).current_dir(workspace.path());
        command.env("KUBECTL", self.path("kube ctl")).env("LOG", self.path("log")).env("CLUSTER", self.0.path());
        command.env("FAILS", fails).env_remove("KUBECTL_APPLYSET").env_remove("TIMEOUT").env_remove("PRUNE");
        let output = command.output().unwrap();
        let log = std::fs::read_to_string(self.path("log")).unwrap();
        (output, log.lines().map(str::to_owned).collect())
    }

    pub(super) fn applied(&self, workspace: &Workspace) -> String {
        let (output, _) = self.apply(workspace, &[], "never");
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    }

    /// The objects as `<namespace>/<Kind>.<name>`, without what the script itself remembers.
    pub(super) fn objects(&self) -> Vec<String> {
        let objects = kit::files(&self.path("objects")).into_keys();
        objects.filter(|object| !object.ends_with(".pleach.dev")).collect()
    }
}

fn stub() -> String {
    std::fs::read_to_string(root().join("tests/suite/gitops/kubectl.sh")).unwrap()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The objects that the output of a workspace has, named like those of a cluster.
pub(super) fn objects_of(workspace: &Workspace) -> Vec<String> {
    let files = workspace.files("out/namespaces").into_iter().filter(|(path, _)| !path.ends_with("/pleach.lock"));
    let mut objects: Vec<String> = files
        .map(|(_, text)| {
            let object: serde_yaml::Value = serde_yaml::from_slice(&text).unwrap();
            let metadata = &object["metadata"];
            let namespace = metadata["namespace"].as_str().unwrap_or("_");
            format!("{namespace}/{}.{}", object["kind"].as_str().unwrap(), metadata["name"].as_str().unwrap())
        })
        .collect();
    objects.sort();
    objects
}

/// A workspace with one branch in the namespace `shop-main`, which has a Deployment, and a generated `ConfigMap` with this value.
fn shop(mode: &str) -> Workspace {
    let workspace = Workspace::empty();
    let spec = format!(
        "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: \"shop-{{{{ branch.slug }}}}\"\n\
         gitops: {{apply: {mode}}}\nbranches:\n- {{name: main, values: {{level: info}}}}\n"
    );
    workspace.write("branches.yaml", spec);
    workspace.write(
        "base/kustomization.yaml.j2",
        "resources: [app.yaml]\nconfigMapGenerator:\n- {name: env, literals: [\"LEVEL={{ values.level }}\"]}\n",
    );
    workspace.write(
        "base/app.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  selector: {matchLabels: {app: app}}\n  \
         template:\n    metadata: {labels: {app: app}}\n    spec:\n      containers:\n      - name: app\n        \
         image: registry.example.com/shop/app:1\n        envFrom: [{configMapRef: {name: env}}]\n",
    );
    workspace.run(&["build"]).exits(0);
    workspace
}

#[test]
fn the_apply_set_script_calls_kubectl_in_this_order() {
    let (workspace, cluster) = (shop("applyset"), Cluster::new());
    let file = |name: &str| format!("--filename {FOLDER}/main/{name}.yaml");
    let config =
        objects_of(&workspace).into_iter().find_map(|o| Some(o.split_once("ConfigMap.")?.1.to_owned())).unwrap();
    let members = format!("{} {}", file(&format!("30-configmap-{config}")), file("50-deployment-app"));
    let namespace = [
        "get namespace shop-main --ignore-not-found --output jsonpath={.status.phase}/{.metadata.labels.pleach\\.dev/project}"
            .to_owned(),
        format!("apply {}", file("00-namespace-shop-main")),
    ];
    let part_of = "get configmaps/shop.applyset.pleach.dev --namespace shop-main --ignore-not-found \
                   --output jsonpath={.metadata.labels.applyset\\.kubernetes\\.io/id}";
    let prune = format!(
        "KUBECTL_APPLYSET=true apply --namespace shop-main --prune --applyset=configmaps/shop.applyset.pleach.dev {members}"
    );
    let wait = format!("rollout status {} --timeout=5m", file("50-deployment-app"));

    // There is no ApplySet yet, so that nothing can be deleted.
    let (output, log) = cluster.apply(&workspace, &[], "never");
    assert!(output.status.success(), "{output:?}");
    let first =
        [&namespace[..], &[part_of.into(), prune.clone(), wait.clone(), part_of.into(), prune.clone()]].concat();
    assert_eq!(log, first);
    assert_eq!(cluster.objects(), objects_of(&workspace));

    let (_, log) = cluster.apply(&workspace, &["main"], "never");
    let id = log.iter().find_map(|call| call.split_once("part-of=")).unwrap().1;
    let label = format!("label --local --overwrite --output json {members} applyset.kubernetes.io/part-of={id}");
    let apply = "apply --namespace shop-main --filename -".to_owned();
    // The two sides of a pipe run at the same time.
    let (mut log, mut want) =
        (log.clone(), [&namespace[..], &[part_of.into(), label, apply, wait, part_of.into(), prune]].concat());
    log[3..5].sort();
    want[3..5].sort();
    assert_eq!(log, want);
}

#[test]
fn the_prune_label_script_deletes_by_labels_and_kinds() {
    let (workspace, cluster) = (shop("pruneLabel"), Cluster::new());
    let (output, log) = cluster.apply(&workspace, &[], "never");
    assert!(output.status.success(), "{output:?}");
    let plain = format!("apply --filename {FOLDER}/main");
    let prune = log.iter().find(|call| call.starts_with("apply --prune")).unwrap();
    let position = |start: &str| log.iter().position(|call| call.starts_with(start)).unwrap();
    assert!(position(&plain) < position("rollout status") && position("rollout status") < position("apply --prune"));
    let start =
        "apply --prune --selector pleach.dev/project=shop,pleach.dev/branch=main --prune-allowlist=apps/v1/DaemonSet ";
    assert!(prune.starts_with(start) && prune.ends_with(&format!(" --filename {FOLDER}/main --filename -")), "{prune}");
    assert!(!prune.contains("/Namespace") && !prune.contains("/Secret"), "{prune}");
    assert_eq!(cluster.objects(), objects_of(&workspace));
}

#[test]
fn branches_are_applied_before_the_first_one_is_waited_for() {
    for gitops in [EACH, SET] {
        let (workspace, cluster) = (workspace(gitops), Cluster::new());
        let stdout = cluster.applied(&workspace);
        let steps: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let slugs = ["feature-login-df7c7aeb", "feature-search-38e7a3a2", "main"];
        let want = ["apply", "prune"].map(|step| slugs.map(|slug| format!("{slug}: {step}")));
        assert_eq!(steps, want.concat());
        assert_eq!(cluster.objects(), objects_of(&workspace));
    }
}

#[test]
fn if_one_branch_fails_the_others_are_applied() {
    let (workspace, cluster) = (workspace(EACH), Cluster::new());
    let (output, _) = cluster.apply(&workspace, &[], "*apply*feature-login*");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).ends_with("failed: feature-login-df7c7aeb\n"), "{output:?}");
    assert!(cluster.objects().iter().any(|object| object.starts_with("_/Namespace.") && object.ends_with("main")));
    let (output, log) = cluster.apply(&workspace, &["mian"], "never");
    assert_eq!((output.status.code(), log.len()), (Some(1), 0));
}

#[test]
fn what_branches_share_is_applied_first() {
    for mode in ["applyset", "pruneLabel"] {
        let (workspace, cluster) = (shop(mode), Cluster::new());
        let claims = "shared: {claims: [{object: ClusterIssuer/letsencrypt, reason: one account}]}\nbranches:\n";
        workspace.edit("branches.yaml", "branches:\n", claims);
        workspace.edit("base/kustomization.yaml.j2", "[app.yaml]", "[app.yaml, issuer.yaml]");
        let issuer = "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: letsencrypt}\n";
        workspace.write("base/issuer.yaml", issuer);
        workspace.run(&["build"]).exits(0);
        let (_, log) = cluster.apply(&workspace, &[], "never");
        assert_eq!(log[0], "apply --server-side --filename out/gitops/../shared");
        assert_eq!(log.iter().filter(|call| call.contains("/shared")).count(), 1, "{log:?}");
        let (output, log) = cluster.apply(&workspace, &[], "apply --server-side*");
        assert_eq!(output.status.code(), Some(1));
        assert!(log.len() > 1 && text(&output.stderr).ends_with("failed: out/shared\n"), "{output:?}");
        assert!(workspace.read("out/gitops/deployer.yaml").contains("clusterissuers"));
    }
}

#[test]
fn an_error_of_the_cluster_is_not_a_missing_namespace() {
    for mode in ["applyset", "pruneLabel"] {
        let (workspace, cluster) = (shop(mode), Cluster::new());
        let (output, log) = cluster.apply(&workspace, &[], "get namespace*");
        assert_eq!((output.status.code(), log.len()), (Some(1), 1), "{log:?}");
        let (output, log) = cluster.apply(&workspace, &[], "get configmap*");
        assert_eq!((output.status.code(), log.len()), (Some(1), 3), "{log:?}");
    }
}

#[test]
fn a_namespace_of_another_project_is_refused() {
    for mode in ["applyset", "pruneLabel"] {
        let (workspace, other, cluster) = (shop(mode), shop(mode), Cluster::new());
        other.edit("branches.yaml", "project: shop", "project: blog");
        other.edit("base/app.yaml", "metadata: {name: app}", "metadata: {name: blog}");
        other.run(&["build"]).exits(0);
        cluster.applied(&workspace);
        let before = cluster.objects();
        let (output, log) = cluster.apply(&other, &[], "never");
        assert_eq!((output.status.code(), log.len()), (Some(1), 1), "{log:?}");
        assert!(
            text(&output.stderr).contains("shop-main: the namespace belongs to the project `shop`\n"),
            "{output:?}"
        );
        assert_eq!(cluster.objects(), before);
    }
}

#[test]
fn an_old_namespace_is_deleted_first() {
    for mode in ["applyset", "pruneLabel"] {
        let (workspace, cluster) = (shop(mode), Cluster::new());
        cluster.applied(&workspace);
        cluster.write("terminating/shop-main", "");
        let (output, log) = cluster.apply(&workspace, &[], "wait*");
        assert_eq!((output.status.code(), log.len()), (Some(1), 2), "{log:?}");
        assert_eq!(log[1], "wait --for=delete namespace/shop-main --timeout=5m");
        assert!(!text(&output.stdout).contains("applied"), "{output:?}");
        cluster.applied(&workspace);
        assert_eq!(cluster.objects(), objects_of(&workspace));
    }
}

#[test]
fn a_config_map_is_deleted_when_no_pod_uses_it() {
    for mode in ["applyset", "pruneLabel"] {
        let (workspace, cluster) = (shop(mode), Cluster::new());
        cluster.applied(&workspace);
        let before = cluster.objects();
        workspace.edit("branches.yaml", "level: info", "level: debug");
        workspace.run(&["build"]).exits(0);
        let (output, _) = cluster.apply(&workspace, &[], "rollout*");
        assert_eq!(output.status.code(), Some(1));
        let both = cluster.objects();
        assert!(both.len() == before.len() + 1 && before.iter().all(|object| both.contains(object)), "{both:?}");
        cluster.applied(&workspace);
        assert_eq!(cluster.objects(), objects_of(&workspace), "{mode}");
    }
}

#[test]
fn a_branch_without_objects_keeps_its_namespace_only() {
    for mode in ["applyset", "pruneLabel"] {
        let (workspace, cluster) = (shop(mode), Cluster::new());
        cluster.applied(&workspace);
        workspace.write("base/kustomization.yaml.j2", "resources: []\n");
        workspace.run(&["build"]).exits(0);
        cluster.applied(&workspace);
        assert_eq!(cluster.objects(), ["_/Namespace.shop-main"], "{mode}");
    }
}

#[test]
fn a_custom_kind_that_the_output_no_longer_has_is_deleted() {
    let (workspace, cluster) = (shop("pruneLabel"), Cluster::new());
    let base = workspace.read("base/app.yaml");
    let probe = "apiVersion: monitoring.coreos.com/v1\nkind: Probe\nmetadata: {name: app}\nspec: {}\n";
    workspace.write("base/app.yaml", format!("{base}---\n{probe}"));
    workspace.run(&["build"]).exits(0);
    cluster.applied(&workspace);
    assert!(cluster.objects().contains(&"shop-main/Probe.app".to_owned()));

    workspace.write("base/app.yaml", base);
    workspace.run(&["build"]).exits(0);
    // Without the CustomResourceDefinition there are no such objects, and kubectl does not accept the kind.
    let (output, log) = cluster.apply(&workspace, &[], "rollout*");
    assert!(output.status.code() == Some(1) && log.iter().all(|call| !call.contains("Probe")), "{log:?}");
    cluster.write("resources", "probes prb monitoring.coreos.com/v1 true Probe\n");
    cluster.applied(&workspace);
    assert_eq!(cluster.objects(), objects_of(&workspace));
    let (_, log) = cluster.apply(&workspace, &[], "never");
    assert!(log.iter().all(|call| !call.contains("Probe") && !call.starts_with("api-resources")), "{log:?}");
}

#[test]
fn objects_that_kubectl_cannot_prune_are_listed() {
    let (workspace, cluster) = (shop("pruneLabel"), Cluster::new());
    cluster.write("unseen", "  ConfigMap/by-hand\n");
    let stdout = cluster.applied(&workspace);
    let want = "not deleted, because `kubectl apply` on the client side did not create them:\n  ConfigMap/by-hand\n";
    assert!(stdout.ends_with(want), "{stdout}");
}

/// kubectl accepts the combination of flags, which it checks before it connects to a cluster.
#[test]
fn kubectl_has_the_flags() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        return;
    }
    for mode in ["applyset", "pruneLabel"] {
        let (workspace, cluster) = (shop(mode), Cluster::new());
        let real = "#!/bin/sh\ncase $*\" \" in *--prune*) exec kubectl \"$@\";; esac\n";
        cluster.write("kube ctl", &format!("{real}{}", stub()));
        let (output, _) = cluster.apply(&workspace, &[], "never");
        let output = text(&output.stderr);
        assert!(output.contains("refused") || output.contains("no such host"), "{output}");
        let known = ["unknown", "cannot be used", "must ", "required", "not permitted"]
            .iter()
            .all(|word| !output.contains(word));
        assert!(known, "{output}");
    }
}

#[test]
fn every_script_is_posix_shell() {
    for case in ["gitops-set", "gitops-each"] {
        let script = root().join("tests/golden").join(case).join("out/gitops/apply.sh");
        let done = Command::new("sh").arg("-n").arg(&script).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        let text = String::from_utf8(kit::files(script.parent().unwrap())["apply.sh"].clone()).unwrap();
        assert!(text.starts_with("#!/bin/sh\n") && text.contains("\nset -eu\n"), "{text}");
        let starts = |word| text.lines().any(|line: &str| line.trim_start().starts_with(word));
        assert!(
            !text.contains("[[") && !text.contains("<(") && !starts("local ") && text.matches("function ").count() <= 1,
            "{text}"
        );
    }
}
