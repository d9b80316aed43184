//! `gitops:` in the spec: the files for Argo CD, Flux and kubectl, their ownership, and the apply script.

use crate::output::Tree;
use crate::pipeline::Selection;
use crate::schema::name::is_label;
use crate::tests::dns::build::built;
use crate::tests::kit::{self, Workspace, root};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
#[cfg(unix)]
use std::process::Output;

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
    assert_eq!(before.keys().collect::<Vec<_>>(), ["applicationset.yaml", "apply.sh"]);
    workspace.edit("branches.yaml", "- name: main\n", "- name: other\n- name: one/more\n");
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out/gitops"), before);
}

#[test]
fn files_of_a_removed_branch_are_deleted() {
    let workspace = workspace(EACH);
    let slugs = ["feature-login-df7c7aeb", "feature-search-38e7a3a2", "main"];
    let folder = |name: &'static str| slugs.iter().map(move |slug| format!("{name}/{slug}.yaml"));
    let mut want: Vec<String> =
        ["apply.sh".to_owned()].into_iter().chain(folder("argocd")).chain(folder("flux")).collect();
    assert_eq!(names(&workspace), want);
    workspace.run(&["branch", "remove", "feature/login"]).exits(0);
    let output = workspace.run(&["diff"]).exits(1).out();
    assert!(output.starts_with("# feature/login: removed, ") && output.matches("# ").count() == 1, "{output}");
    assert!(output.contains("\n--- a/out/gitops/flux/feature-login-df7c7aeb.yaml\n+++ /dev/null\n"), "{output}");
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
    assert!(output.contains("\ngitops/applicationset.yaml: removed, 1 file (+0 -"), "{output}");
    assert!(output.contains("\ngitops/apply.sh: 1 file changed (+"), "{output}");
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
    workspace.write("out/gitops/.apply.sh.pleach", "torn");
    workspace.write("out/gitops/flux/.main.yaml.pleach", "torn");
    let ours = workspace.read("out/gitops/flux/main.yaml");
    workspace.write("out/gitops/flux/main.yaml", format!("<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> other\n"));
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    assert_eq!(names(&workspace), names(&self::workspace(EACH)));
}

/// Runs `apply.sh` with another kubectl.
#[cfg(unix)]
fn apply_with(workspace: &Workspace, kubectl: &str, args: &[&str], fails: &str) -> Output {
    use std::os::unix::fs::PermissionsExt;
    let path = workspace.path().join("fake kubectl");
    workspace.write("fake kubectl", kubectl);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = Command::new("sh");
    command.arg("out/gitops/apply.sh").args(args).current_dir(workspace.path());
    command.env("KUBECTL", &path).env("KUBECONFIG", "/dev/null").env("FAILS", fails);
    command.env("LOG", workspace.path().join("log")).output().unwrap()
}

/// Runs it with a kubectl that logs its arguments and fails if they match the pattern `fails`.
#[cfg(unix)]
fn apply(workspace: &Workspace, args: &[&str], fails: &str) -> (Output, Vec<String>) {
    workspace.write("log", "");
    let kubectl = "#!/bin/sh\necho \"${KUBECTL_APPLYSET:-} $*\" >> \"$LOG\"\ncase \"$*\" in $FAILS) exit 1;; esac\n";
    let done = apply_with(workspace, kubectl, args, fails);
    let log = workspace.read("log");
    (done, log.lines().map(str::to_owned).collect())
}

#[cfg(unix)]
#[test]
fn the_apply_set_script_runs_kubectl_for_each_branch() {
    let workspace = workspace(EACH);
    let folder = "out/gitops/../namespaces";
    let applied = |slug: &str| {
        format!("true apply --namespace {slug} --prune --applyset=configmaps/applyset.pleach.dev -f {folder}/{slug}")
    };
    let (done, log) = apply(&workspace, &[], "never");
    assert!(done.status.success(), "{done:?}");
    let slugs = ["feature-login-df7c7aeb", "feature-search-38e7a3a2", "main"];
    let want: Vec<String> = slugs.iter().flat_map(|slug| [format!(" get namespace {slug}"), applied(slug)]).collect();
    assert_eq!(log, want);

    // A namespace that does not exist is created first.
    let (done, log) = apply(&workspace, &["main"], "get*");
    assert!(done.status.success(), "{done:?}");
    let create = format!(" create --save-config -f {folder}/main/00-namespace-main.yaml");
    assert_eq!(log, [" get namespace main".to_owned(), create, applied("main")]);

    // If one branch fails, the others are applied.
    let (done, log) = apply(&workspace, &[], "apply*feature-login*");
    assert_eq!((done.status.code(), log.len()), (Some(1), 6));
    assert!(String::from_utf8_lossy(&done.stderr).ends_with("failed: feature-login-df7c7aeb\n"), "{done:?}");
    let (done, log) = apply(&workspace, &["mian", "main"], "never");
    assert_eq!((done.status.code(), log.len()), (Some(1), 2));
}

#[cfg(unix)]
#[test]
fn the_prune_label_script_runs_kubectl_with_the_kinds() {
    let workspace = workspace(SET);
    let (done, log) = apply(&workspace, &["main"], "never");
    assert!(done.status.success() && log.len() == 1, "{done:?}");
    let start =
        " apply --prune --selector pleach.dev/project=shop,pleach.dev/branch=main --prune-allowlist=core/v1/ConfigMap ";
    assert!(log[0].starts_with(start) && log[0].ends_with(" -f out/gitops/../namespaces/main"), "{log:?}");
    assert!(!log[0].contains("/Namespace") && log[0].contains("--prune-allowlist=apps/v1/Deployment "), "{log:?}");
}

/// kubectl accepts the combination of flags, which it checks before it connects to a cluster.
#[cfg(unix)]
#[test]
fn kubectl_has_the_flags() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        return;
    }
    let kubectl = "#!/bin/sh\ncase $1 in get) ;; *) exec kubectl \"$@\";; esac\n";
    for gitops in [EACH, SET] {
        let done = apply_with(&workspace(gitops), kubectl, &["main"], "");
        let output = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && output.contains("refused"), "{output}");
        let known = ["unknown", "cannot be used", "must ", "required", "not permitted"]
            .iter()
            .all(|word| !output.contains(word));
        assert!(
            known && (gitops == SET || output.contains("invalid parent reference \"configmaps/applyset.pleach.dev\"")),
            "{output}"
        );
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
        let bashisms: BTreeMap<&str, bool> =
            ["[[", "function ", "local ", "<(", "$'", "=="].map(|word| (word, text.contains(word))).into();
        assert!(bashisms.values().all(|found| !found), "{bashisms:?}");
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
