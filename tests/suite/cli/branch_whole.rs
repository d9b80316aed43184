//! Edits of the spec are checked with all branches: what one branch has can be an error of another.

use super::HEAD;
use super::guards::sync;
use crate::tests::kit::Workspace;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: registry.example.com/shop/web}]}}
";
const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  ports:
  - {port: 80{% if values.port is defined %}, nodePort: {{ values.port }}{% endif %}}
";
const PROXY: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: proxy}\nspec: {containers: [{name: proxy, image: 'registry.example.com/shop/proxy:1'}]}\n";
const PORT_ERROR: &str = "several branches use the node port 30080/TCP";

fn workspace(spec: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("branches.yaml", format!("{HEAD}{spec}"));
    workspace.write("base/deployment.yaml", DEPLOYMENT);
    workspace.write("base/service.yaml.j2", SERVICE);
    workspace.write("overlays/proxy/pod.yaml", PROXY);
    workspace
}

/// Runs a command of `pleach branch`, which is refused for a reason and writes nothing.
#[track_caller]
fn refused(workspace: &Workspace, args: &[&str], why: &str) {
    let spec = workspace.read("branches.yaml");
    let error = workspace.run(&[&["branch"], args].concat()).exits(2).err();
    assert!(error.contains(why), "{args:?}\n{error}");
    assert_eq!(workspace.read("branches.yaml"), spec, "{args:?}");
}

#[track_caller]
fn accepted(workspace: &Workspace, args: &[&str]) -> String {
    workspace.run(&[&["branch"], args].concat()).exits(0).out()
}

#[test]
fn a_conflict_with_another_branch_is_refused() {
    let workspace = workspace("branches:\n- name: main\n  values: {port: 30080}\n- name: other\n");
    refused(&workspace, &["set", "other", "--value", "port=30080"], PORT_ERROR);
    refused(&workspace, &["add", "new", "--value", "port=30080"], PORT_ERROR);
    refused(&workspace, &["set", "new", "--create", "--value", "port=30080"], PORT_ERROR);
    accepted(&workspace, &["set", "other", "--value", "port=30081"]);
    workspace.run(&["build"]).exits(0);
    // The name of a branch can be part of a conflict, too.
    workspace.write(
        "base/class.yaml.j2",
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: 'shop-{{ branch.name | replace(\"-\", \"\") }}'}\nprovisioner: example.com/disk\n",
    );
    refused(&workspace, &["rename", "other", "ma-in"], "several branches write the same `StorageClass shop-main`");
    refused(&workspace, &["add", "ma-in"], "several branches write the same `StorageClass shop-main`");
    let spec = workspace.read("branches.yaml");
    let (status, _, error) = sync(&workspace, "main\nother\nma-in\n", &[]);
    assert_eq!(status, 2, "{error}");
    assert!(error.contains("several branches write the same `StorageClass shop-main`"), "{error}");
    assert_eq!(workspace.read("branches.yaml"), spec);
    accepted(&workspace, &["rename", "other", "third"]);
    workspace.run(&["build"]).exits(0);
}

#[test]
fn a_removal_that_leaves_an_image_without_effect_is_refused() {
    let spec = "branches:\n- name: main\n- name: with-proxy\n  overlays: [proxy]\n  expires: 2026-11-01\n- name: other\n  images: {registry.example.com/shop/proxy: ':2'}\n";
    let workspace = workspace(spec);
    workspace.run(&["build"]).exits(0);
    let why = "no image of this branch has the name `registry.example.com/shop/proxy`";
    refused(&workspace, &["remove", "with-proxy"], why);
    refused(&workspace, &["remove", "with-proxy"], "without the removed branches, a build would refuse the spec");
    refused(&workspace, &["expire", "--as-of", "2026-11-29"], why);
    refused(&workspace, &["set", "with-proxy", "--unset", "overlays"], why);
    let (status, _, error) = sync(&workspace, "main\nother\n", &[]);
    assert_eq!(status, 2, "{error}");
    assert!(error.contains(why), "{error}");
    assert_eq!(workspace.read("branches.yaml"), format!("{HEAD}{spec}"));
    accepted(&workspace, &["remove", "with-proxy", "other"]);
    workspace.run(&["build"]).exits(0);
}

#[test]
fn a_new_error_is_refused_beside_an_older_one() {
    let workspace = workspace("branches:\n- name: main\n  replicas: {wrong: 2}\n- name: other\n");
    refused(&workspace, &["set", "main", "--image", "wbe=:1"], "no image of this branch has the name `wbe`");
    refused(&workspace, &["set", "main", "--replicas", "wbe=1"], "no workload with replicas is named `wbe`");
    refused(&workspace, &["set", "main", "--host", "a..b"], "because of `--host a..b`");
    refused(&workspace, &["set", "other", "--replicas", "wrong=2"], "no workload with replicas is named `wrong`");
    refused(&workspace, &["add", "new", "--replicas", "wrong=2"], "no workload with replicas is named `wrong`");
    assert_eq!(accepted(&workspace, &["set", "main", "--replicas", "wrong=3"]), "changed main\n");
    // A branch with an error claims what its objects have.
    accepted(&workspace, &["set", "main", "--value", "port=30080"]);
    refused(&workspace, &["set", "other", "--value", "port=30080"], PORT_ERROR);
    accepted(&workspace, &["add", "new"]);
    accepted(&workspace, &["remove", "new"]);
    accepted(&workspace, &["set", "main", "--unset", "replicas"]);
    workspace.run(&["build"]).exits(0);
}

#[test]
fn errors_of_the_whole_spec_do_not_hide_others() {
    let spec = "branches:\n- name: a\n  hosts: [shop.example.com]\n- name: b\n  hosts: [shop.example.com]\n- name: c\n  hosts: [shop.example.com]\n- name: d\n";
    let workspace = workspace(spec);
    refused(&workspace, &["set", "d", "--host", "shop.example.com"], "have the same host `shop.example.com`");
    refused(&workspace, &["set", "d", "--replicas", "wrong=1"], "no workload with replicas is named `wrong`");
    accepted(&workspace, &["set", "d", "--value", "port=30080"]);
    refused(&workspace, &["set", "c", "--value", "port=30080"], PORT_ERROR);
    // Each removal leaves one conflict less.
    accepted(&workspace, &["remove", "a"]);
    accepted(&workspace, &["set", "b", "--unset", "hosts"]);
    workspace.run(&["build"]).exits(0);
}

#[test]
fn a_conflict_of_all_branches_does_not_block_edits() {
    let workspace = workspace("defaults: {values: {port: 30080}}\nbranches:\n- name: a\n- name: b\n- name: c\n");
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains(PORT_ERROR), "{error}");
    accepted(&workspace, &["add", "d"]);
    accepted(&workspace, &["remove", "a"]);
    refused(&workspace, &["set", "b", "--image", "wbe=:1"], "no image of this branch has the name `wbe`");
    for (name, port) in [("b", "30081"), ("c", "30082")] {
        accepted(&workspace, &["set", name, "--value", &format!("port={port}")]);
    }
    workspace.run(&["build"]).exits(0);
}

#[test]
fn a_branch_whose_objects_are_not_known_is_not_checked() {
    let workspace = workspace("branches:\n- name: main\n- name: other\n");
    workspace.write("base/bad.yaml.j2", "{{ values.missing }}\n");
    let warning =
        workspace.run(&["branch", "set", "main", "--image", "registry.example.com/shop/web=:2"]).exits(0).err();
    assert!(warning.contains("`main` cannot be built because of errors that existed before"), "{warning}");
    accepted(&workspace, &["remove", "other"]);
    // The folder of an overlay does not exist any more.
    workspace.write("base/bad.yaml.j2", "");
    accepted(&workspace, &["add", "proxy", "--overlay", "proxy"]);
    std::fs::remove_dir_all(workspace.path().join("overlays/proxy")).unwrap();
    workspace.run(&["build"]).exits(2);
    refused(&workspace, &["set", "main", "--overlay", "proxy"], "the overlay `proxy` does not exist");
    accepted(&workspace, &["remove", "proxy"]);
    workspace.run(&["build"]).exits(0);
}

#[test]
fn a_setting_without_effect_beside_others_is_reported() {
    let image = "registry.example.com/shop/web";
    let slots = format!(
        "active: blue\n    versions: {{blue: {{images: {{{image}: ':1'}}}}, green: {{images: {{{image}: ':2'}}}}}}"
    );
    let workspace = workspace(&format!("branches:\n- name: main\n  slots:\n    {slots}\n"));
    workspace.write(
        "base/slots.yaml.j2",
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: slots}}\ndata:\n  active: {{{{ slots.active }}}}\n  images: {{{{ slots.versions.blue.images['{image}'] }}}} {{{{ slots.versions.green.images['{image}'] }}}}\n"),
    );
    let set = |args: &[&str]| accepted(&workspace, &[&["set", "main"], args].concat());
    let no_effect = "changed main\nno effect: the output of main stays the same\n";
    assert_eq!(set(&["--slot", "green", "--weight", "10"]), no_effect);
    let tag = format!("{image}=:3");
    let of_weight = "changed main\nno effect: the output of main is the same without `--weight 20`\n";
    assert_eq!(set(&["--slot", "green", "--weight", "20", "--image", &tag]), of_weight);
    // What the spec has already is not reported.
    let tag = format!("{image}=:4");
    assert_eq!(set(&["--slot", "green", "--weight", "20", "--image", &tag]), "changed main\n");
    workspace.edit("base/slots.yaml.j2", "  active:", "  weight: \"{{ slots.weights.green }}\"\n  active:");
    assert_eq!(set(&["--slot", "green", "--weight", "30", "--image", &format!("{image}=:5")]), "changed main\n");
    assert_eq!(set(&["--slot", "green", "--weight", "40"]), "changed main\n");
}

#[test]
fn a_removal_after_which_a_build_refuses_the_previous_output_is_refused() {
    let spec = "branches:\n- name: main\n- name: canary\n  namespace: payments-prod\n- name: other\n";
    let want = "the namespace `payments-prod` is not known to belong to the branch with the slug `canary` of the project `shop`\n";
    let help = "  = help: if it does, add `payments-prod` to `cleanup.namespaces`\n  = help: nothing was written";
    for is_published in [false, true] {
        let workspace = workspace(spec);
        // Nothing was built yet.
        accepted(&workspace, &["remove", "canary", "--dry-run"]);
        workspace.run(&["build"]).exits(0);
        if is_published {
            workspace.commit_all();
            assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
        }
        let error = workspace.run(&["branch", "remove", "canary"]).exits(2).err();
        assert!(error.contains(&format!("{want}{help}")) && !error.contains("rm out/"), "{error}");
        refused(&workspace, &["set", "canary", "--unset", "namespace"], want);
        accepted(&workspace, &["rename", "canary", "next", "--keep-slug", "--dry-run"]);
        let (status, _, error) = sync(&workspace, "main\nother\n", &["--allow-delete", "1"]);
        assert!(status == 2 && error.contains(want), "{error}");
        assert!(workspace.read("branches.yaml").contains("payments-prod"));
        // Other edits are possible.
        accepted(&workspace, &["set", "canary", "--label", "a=b"]);
        accepted(&workspace, &["remove", "other"]);
        workspace.edit("branches.yaml", "branches:\n", "cleanup: {namespaces: [payments-prod]}\nbranches:\n");
        accepted(&workspace, &["remove", "canary"]);
        workspace.run(&["build", "--allow-delete", "2"]).exits(0);
        assert!(workspace.run(&["teardown"]).exits(0).out().contains("canary\n  namespace  payments-prod\n"));
    }
}

#[test]
fn a_previous_output_that_a_build_refuses_does_not_block_edits() {
    let workspace = workspace("branches:\n- name: main\n- name: other\n");
    workspace.run(&["build"]).exits(0);
    workspace.write("out/teardown/old.yaml", "apiVersion: pleach/v1\nkind: TeardownPlan\nx: [\n");
    workspace.run(&["build"]).exits(2);
    refused(&workspace, &["set", "main", "--replicas", "wbe=1"], "no workload with replicas is named `wbe`");
    refused(&workspace, &["set", "main", "--image", "wbe=:1"], "no image of this branch has the name `wbe`");
    assert_eq!(accepted(&workspace, &["set", "main", "--replicas", "web=2"]), "changed main\n");
    accepted(&workspace, &["remove", "other"]);
}

/// Runs a command of `pleach branch`, which succeeds with these first lines of warnings.
#[track_caller]
fn warned(workspace: &Workspace, args: &[&str], warnings: &[&str]) {
    let error = workspace.run(&[&["branch"], args].concat()).exits(0).err();
    let shown: Vec<&str> = error.lines().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(shown, warnings, "{args:?}\n{error}");
}

#[test]
fn new_warnings_of_an_edit_are_shown() {
    let unused = "warning[overlay]: no branch uses the overlay `proxy`";
    let pinned = "warning[spec]: `expires` has no effect: the branch `kept` is pinned";
    let workspace = workspace(
        "cleanup: {images: {keep: [registry.example.com/shop/*]}}\nbranches:\n- name: main\n- name: old\n  added: 2026-01-01\n  overlays: [proxy]\n- name: kept\n  pin: {reason: a demo}\n",
    );
    workspace.run(&["build", "--strict"]).exits(0);
    warned(&workspace, &["remove", "old", "--dry-run"], &[unused]);
    let (status, _, error) = sync(&workspace, "main\nkept\n", &["--allow-delete", "1", "--dry-run"]);
    assert!(status == 0 && error.contains(unused), "{error}");
    warned(&workspace, &["set", "kept", "--expires", "2026-12-31"], &[pinned]);
    // They are not repeated.
    warned(&workspace, &["remove", "old"], &[unused]);
    warned(&workspace, &["set", "main", "--label", "a=b"], &[]);
    warned(&workspace, &["add", "new"], &[]);
    warned(&workspace, &["rename", "new", "other"], &[]);
    workspace.run(&["build", "--strict"]).exits(2);
}
