//! Objects that branches share: written once, kept while any branch has them, then in a teardown plan.

use crate::tests::kit::Workspace;

const ISSUER: &str = "\
{% if values.issuer %}
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: letsencrypt}
spec: {acme: {email: team@example.com}}
{% endif %}
";
const FILE: &str = "out/shared/26-clusterissuer-letsencrypt.yaml";
const CLAIM: &str = "shared: {claims: [{object: ClusterIssuer/letsencrypt, reason: one account}]}\n";
/// An earlier claim alone does not show that an object without the name of the project is the project's.
const CLEANUP: &str = "cleanup: {objects: [ClusterIssuer/letsencrypt]}\n";

/// Writes the spec with these branches, each with whether it has the `ClusterIssuer`.
fn write(workspace: &Workspace, claims: &str, branches: &[(&str, bool)]) {
    let list: String =
        branches.iter().map(|(name, issuer)| format!("- {{name: {name}, values: {{issuer: {issuer}}}}}\n")).collect();
    let list = if list.is_empty() { "branches: []\n".to_owned() } else { format!("branches:\n{list}") };
    let spec = format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{claims}{list}");
    workspace.write("branches.yaml", spec);
}

fn workspace(claims: &str, branches: &[(&str, bool)]) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/issuer.yaml.j2", ISSUER);
    write(&workspace, claims, branches);
    workspace.run(&["build"]).exits(0);
    workspace
}

fn has(workspace: &Workspace, path: &str) -> bool {
    workspace.path().join(path).exists()
}

/// Builds, and asserts that `check` and `diff` then report nothing. Returns what `teardown` prints.
fn rebuild(workspace: &Workspace, claims: &str, branches: &[(&str, bool)]) -> String {
    write(workspace, claims, branches);
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    assert_eq!(workspace.run(&["diff"]).exits(0).out(), "");
    workspace.run(&["teardown"]).exits(0).out()
}

#[test]
fn a_shared_object_is_written_once_and_kept_while_any_branch_has_it() {
    let w = workspace(CLAIM, &[("main", true), ("login", true)]);
    assert!(w.read(FILE).contains("pleach.dev/project: shop") && !w.read(FILE).contains("pleach.dev/branch"));
    assert!(w.files("out/namespaces").keys().all(|path| !path.contains("clusterissuer")));
    assert_eq!(rebuild(&w, CLAIM, &[("main", true), ("login", false)]), "nothing to tear down\n");
    assert_eq!(rebuild(&w, CLAIM, &[("main", true)]), "login\n  namespace  shop-login\n");
    assert!(has(&w, FILE));
    w.run(&["build", "--prune"]).exits(0);
    // Without any branch that has it, a plan lists it, and its file is removed.
    assert_eq!(rebuild(&w, CLEANUP, &[("main", false)]), "_shared\n  object     ClusterIssuer letsencrypt\n");
    assert!(!has(&w, "out/shared"));
    let kubectl = w.run(&["teardown", "--removed", "--format", "kubectl"]).exits(0).out();
    assert_eq!(kubectl, "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata:\n  name: letsencrypt\n");
    // It is in use again, also if it belongs to one branch then.
    assert_eq!(rebuild(&w, CLEANUP, &[("main", true)]), "nothing to tear down\n");
    assert!(has(&w, "out/namespaces/main/26-clusterissuer-letsencrypt.yaml"));
    // From a branch to all.
    assert_eq!(rebuild(&w, CLAIM, &[("main", true)]), "nothing to tear down\n");
    assert!(has(&w, FILE));
    w.run(&["build", "--prune"]).exits(0);
    assert_eq!(rebuild(&w, CLAIM, &[("main", false)]), "_shared\n  object     ClusterIssuer letsencrypt\n");
    w.run(&["build", "--prune"]).exits(0);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
}

#[test]
fn a_part_of_the_branches_removes_no_shared_object() {
    let w = workspace(CLAIM, &[("main", true), ("login", false)]);
    let before = w.files("out");
    for args in [&["--only", "login"][..], &["--shard", "1/3"], &["--shard", "2/3"], &["--shard", "3/3"]] {
        let ran = w.run(&[&["build"], args].concat()).exits(0);
        assert_eq!(ran.err(), "", "{args:?}: the entry is not reported as unused");
        assert_eq!(w.files("out"), before, "{args:?}");
    }
    // A selected branch writes it.
    let w = workspace(CLAIM, &[("main", false), ("login", false)]);
    write(&w, CLAIM, &[("main", true), ("login", false)]);
    w.run(&["build", "--only", "main"]).exits(0);
    assert!(has(&w, FILE));
    write(&w, CLAIM, &[("main", false), ("login", false)]);
    w.run(&["build", "--only", "main"]).exits(0);
    assert!(has(&w, FILE));
    w.run(&["build"]).exits(0);
    assert!(!has(&w, FILE));
}

#[test]
fn a_failed_branch_may_share_what_the_others_do_not_have() {
    let w = workspace(CLAIM, &[("main", true), ("login", false)]);
    w.write("base/broken.yaml.j2", "{% if branch.name == 'main' %}{{ nope }}{% endif %}");
    let ran = w.run(&["build", "--keep-going"]).exits(2);
    assert!(ran.err().contains("nope") && !ran.err().contains("no effect"), "{}", ran.err());
    assert!(has(&w, FILE) && !has(&w, "out/teardown"));
}

#[test]
fn two_branches_are_compared_only_if_both_are_built() {
    let w = workspace("", &[("main", true), ("login", false)]);
    write(&w, "", &[("main", true), ("login", true)]);
    let error = w.run(&["build"]).exits(2).err();
    assert!(error.contains("several branches write the same `ClusterIssuer letsencrypt`"), "{error}");
    assert!(error.contains("add `object: ClusterIssuer/letsencrypt` to `shared.claims`"), "{error}");
    w.run(&["build", "--only", "login"]).exits(0);
}

#[test]
fn an_unmanaged_file_is_not_replaced_by_a_shared_object() {
    let w = workspace(CLAIM, &[("main", false)]);
    w.write(FILE, "mine: true\n");
    write(&w, CLAIM, &[("main", true)]);
    for args in [&["build"][..], &["build", "--only", "main"]] {
        let error = w.run(args).exits(2).err();
        assert!(error.contains("has the label `pleach.dev/project`"), "{error}");
    }
    assert_eq!(w.read(FILE), "mine: true\n");
}

#[test]
fn a_plan_lists_a_custom_kind_of_a_removed_branch() {
    let w = Workspace::empty();
    w.write(
        "base/issuer.yaml.j2",
        "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: \"shop-{{ branch.slug }}\"}\nspec: {}\n",
    );
    let shown = rebuild(&w, "", &[("main", false), ("login", false)]);
    assert_eq!(shown, "nothing to tear down\n");
    let shown = rebuild(&w, "", &[("main", false)]);
    assert_eq!(shown, "login\n  namespace  shop-login\n  object     ClusterIssuer shop-login\n");
}

#[test]
fn a_revert_that_removes_a_shared_object_is_recorded_by_the_next_build() {
    let w = workspace(CLEANUP, &[("main", false), ("login", false)]);
    w.commit_all();
    write(&w, &format!("{CLEANUP}{CLAIM}"), &[("main", true), ("login", true)]);
    w.run(&["build"]).exits(0);
    assert_eq!(w.shell("git add -A && git commit -qm shared && git revert --no-edit HEAD > /dev/null"), "");
    assert!(!has(&w, "out/shared"));
    let want = "the next build adds teardown records to `out/teardown/_shared.yaml`";
    assert!(w.run(&["check"]).exits(0).err().contains(want));
    w.run(&["build"]).exits(0);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "_shared\n  object     ClusterIssuer letsencrypt\n");
    assert_eq!(w.run(&["check"]).exits(0).err(), "");
}
