//! `gitops:` in the spec: what is written for Argo CD, Flux and kubectl, who owns it, and what the script does.

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
fn a_branch_takes_its_files_along() {
    let workspace = workspace(EACH);
    let slugs = ["feature-login-df7c7aeb", "feature-search-38e7a3a2", "main"];
    let folder = |name: &'static str| slugs.iter().map(move |slug| format!("{name}/{slug}.yaml"));
    let mut want: Vec<String> =
        ["apply.sh".to_owned()].into_iter().chain(folder("argocd")).chain(folder("flux")).collect();
    assert_eq!(names(&workspace), want);
    workspace.run(&["branch", "remove", "feature/login"]).exits(0);
    let told = workspace.run(&["diff"]).exits(1).out();
    assert!(told.starts_with("# feature/login: removed, ") && told.matches("# ").count() == 1, "{told}");
    assert!(told.contains("\n--- a/out/gitops/flux/feature-login-df7c7aeb.yaml\n+++ /dev/null\n"), "{told}");
    let told = workspace.run(&["check"]).exits(1).out();
    assert!(told.contains("stale      out/gitops/argocd/feature-login-df7c7aeb.yaml\n"), "{told}");
    workspace.run(&["build"]).exits(0);
    want.retain(|path| !path.contains("login"));
    assert_eq!(names(&workspace), want);
    workspace.run(&["check"]).exits(0);

    // Without the key nothing is left, not even the folders.
    workspace.edit("branches.yaml", EACH, "");
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    assert_eq!(names(&workspace), [""; 0]);
    assert!(!workspace.path().join("out/gitops/flux").exists());
}

#[test]
fn one_way_follows_the_other() {
    let workspace = workspace(SET);
    workspace.edit("branches.yaml", SET, EACH);
    let told = workspace.run(&["diff", "--format", "summary"]).exits(1).out();
    assert!(told.contains("\ngitops/applicationset.yaml: removed, 1 file (+0 -"), "{told}");
    assert!(told.contains("\ngitops/apply.sh: 1 file changed (+"), "{told}");
    let other = self::workspace(EACH);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out"), other.files("out"));
    workspace.edit("branches.yaml", EACH, SET);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out"), self::workspace(SET).files("out"));
}

#[test]
fn parts_are_one_build() {
    for gitops in [EACH, SET] {
        let whole = workspace(gitops);
        let parts = Workspace::copy_of(whole.path());
        for workspace in [&whole, &parts] {
            workspace.edit("branches.yaml", "- name: feature/login\n", "- name: feature/other\n");
            workspace.edit("branches.yaml", "repoURL: https://git", "repoURL: https://hub");
        }
        // What is of no branch, and what branches left that are no more, is not for a part that is named.
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
fn what_a_branch_that_fails_has_stays() {
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
fn an_interrupted_run_and_a_merge_leave_files_that_are_known() {
    let workspace = workspace(EACH);
    workspace.write("out/gitops/.apply.sh.pleach", "torn");
    workspace.write("out/gitops/flux/.main.yaml.pleach", "torn");
    let ours = workspace.read("out/gitops/flux/main.yaml");
    workspace.write("out/gitops/flux/main.yaml", format!("<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> other\n"));
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    assert_eq!(names(&workspace), names(&self::workspace(EACH)));
}

/// Runs an `apply.sh` with another kubectl.
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

/// Runs it with a kubectl that writes down what it is called with and fails where that fits `fails`.
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
fn the_script_with_an_apply_set() {
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

    // A namespace that is not there is made first.
    let (done, log) = apply(&workspace, &["main"], "get*");
    assert!(done.status.success(), "{done:?}");
    let create = format!(" create --save-config -f {folder}/main/00-namespace-main.yaml");
    assert_eq!(log, [" get namespace main".to_owned(), create, applied("main")]);

    // One that fails keeps no other back.
    let (done, log) = apply(&workspace, &[], "apply*feature-login*");
    assert_eq!((done.status.code(), log.len()), (Some(1), 6));
    assert!(String::from_utf8_lossy(&done.stderr).ends_with("failed: feature-login-df7c7aeb\n"), "{done:?}");
    let (done, log) = apply(&workspace, &["mian", "main"], "never");
    assert_eq!((done.status.code(), log.len()), (Some(1), 2));
}

#[cfg(unix)]
#[test]
fn the_script_with_labels() {
    let workspace = workspace(SET);
    let (done, log) = apply(&workspace, &["main"], "never");
    assert!(done.status.success() && log.len() == 1, "{done:?}");
    let start =
        " apply --prune --selector pleach.dev/project=shop,pleach.dev/branch=main --prune-allowlist=core/v1/ConfigMap ";
    assert!(log[0].starts_with(start) && log[0].ends_with(" -f out/gitops/../namespaces/main"), "{log:?}");
    assert!(!log[0].contains("/Namespace") && log[0].contains("--prune-allowlist=apps/v1/Deployment "), "{log:?}");
}

/// What kubectl says of a call before it looks for a cluster: it knows every flag, and lets them stand together.
#[cfg(unix)]
#[test]
fn kubectl_has_the_flags() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        return;
    }
    let kubectl = "#!/bin/sh\ncase $1 in get) ;; *) exec kubectl \"$@\";; esac\n";
    for gitops in [EACH, SET] {
        let done = apply_with(&workspace(gitops), kubectl, &["main"], "");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains("refused"), "{said}");
        let known =
            ["unknown", "cannot be used", "must ", "required", "not permitted"].iter().all(|word| !said.contains(word));
        assert!(
            known && (gitops == SET || said.contains("invalid parent reference \"configmaps/applyset.pleach.dev\"")),
            "{said}"
        );
    }
}

#[test]
fn every_script_is_plain_shell() {
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
    fn every_object_has_a_name_of_its_own_that_fits_in_a_label(
        // Longer ones leave no room for a slug, which is refused.
        project in "[a-z][a-z0-9-]{0,50}[a-z0-9]",
        names in proptest::collection::btree_set("[a-zA-Z0-9/_ä-]{0,90}[a-z]", 1..6),
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
        // What an ApplicationSet makes of the folders.
        let slugs = tree.iter().filter_map(|(path, _)| path.as_str().strip_prefix("namespaces/")?.split('/').next());
        let made: Vec<String> = slugs.map(|slug| format!("{project}-{slug}")).collect();
        prop_assert!(made.iter().all(|name| is_label(name)), "{:?}", made);
    }
}
