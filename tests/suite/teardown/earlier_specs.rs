//! Names that only an earlier spec gave: with the name of the project, the history of the base revision shows that they are the project's.

use crate::tests::kit::Workspace;

const HEAD: &str =
    "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones: {dev.example.com: {CNAME: [gate.example.net]}}\n";

/// A workspace with this spec, whose output is committed and published.
fn published(spec: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    workspace.write("branches.yaml", format!("{HEAD}{spec}"));
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    publish(&workspace);
    workspace
}

fn publish(workspace: &Workspace) {
    let done = workspace
        .shell("git add -A && git commit -q --allow-empty -m change && git update-ref refs/remotes/origin/main HEAD");
    assert_eq!(done, "");
}

/// Runs the commands that read the records, and returns their errors.
#[track_caller]
fn refused(workspace: &Workspace, commands: &[&str]) -> Vec<String> {
    commands.iter().map(|command| workspace.run(&[command]).exits(2).err()).collect()
}

#[test]
fn an_earlier_namespace_with_the_name_of_the_project_is_listed() {
    let branches = "branches:\n- name: main\n- {name: cart, namespace: my-shop-env}\n";
    let workspace = published(branches);
    assert!(!workspace.run(&["build"]).exits(0).err().contains("cleanup"));
    workspace.write("branches.yaml", format!("{HEAD}branches:\n- name: main\n"));
    for _ in 0..2 {
        workspace.run(&["build"]).exits(0);
        assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "cart\n  namespace  my-shop-env\n");
        publish(&workspace);
    }

    let workspace = published(&format!("namespace: 'old-shop-{{{{ branch.slug }}}}'\n{branches}"));
    workspace.write("branches.yaml", format!("{HEAD}branches:\n- name: main\n- name: cart\n"));
    workspace.run(&["build"]).exits(0);
    let shown = workspace.run(&["teardown"]).exits(0).out();
    assert_eq!(shown, "cart (existing)\n  namespace  my-shop-env\nmain (existing)\n  namespace  old-shop-main\n");
}

#[test]
fn an_earlier_namespace_without_the_name_of_the_project_needs_an_entry_of_cleanup() {
    let branches = "branches:\n- name: main\n- {name: cart, namespace: my-cart-env}\n";
    let workspace = published(branches);
    let entry = "add `my-cart-env` to `cleanup.namespaces`";
    let warning = workspace.run(&["build"]).exits(0).err();
    assert!(warning.contains(entry), "it is reported while the branch exists: {warning}");
    let main = "branches:\n- name: main\n";
    workspace.write("branches.yaml", format!("{HEAD}{main}"));
    for error in refused(&workspace, &["build", "check"]) {
        let place = "\n --> out/namespaces/cart/00-namespace-my-cart-env.yaml:1:1\n";
        assert!(error.contains(place) && error.contains(entry), "{error}");
    }
    let cleanup = "cleanup: {namespaces: [my-cart-env]}\n";
    workspace.write("branches.yaml", format!("{HEAD}{cleanup}{main}"));
    for _ in 0..2 {
        workspace.run(&["build"]).exits(0);
        workspace.run(&["check"]).exits(0);
        assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "cart\n  namespace  my-cart-env\n");
        publish(&workspace);
    }
    workspace.write("branches.yaml", format!("{HEAD}{main}"));
    for error in refused(&workspace, &["build", "check", "teardown"]) {
        assert!(error.contains("out/teardown/cart.yaml") && error.contains(entry), "{error}");
    }
}

/// A pull request in two commits that is merged by rebasing or fast-forwarding: nobody has seen what only the first commit has.
#[test]
fn names_that_only_a_commit_of_a_pull_request_gave_are_not_listed() {
    let main = "database: {mode: shared, name: shop}\nbranches:\n- name: main\n";
    let workspace = Workspace::empty();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: app, env: [{name: D, value: '{{ database.name }}'}]}]}\n";
    workspace.write("base/a.yaml.j2", pod);
    let head = HEAD.split_once("zones").unwrap().0;
    workspace.write("branches.yaml", format!("{head}{main}"));
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    publish(&workspace);
    let image = "images: {app: 'r.example.com/billing/api:prod'}";
    for (branch, more) in [
        (format!("- {{name: tmp, namespace: payments-prod, {image}}}\n"), ""),
        (format!("- {{name: tmp, namespace: payments-prod, adoptNamespace: true, {image}}}\n"), ""),
        ("- {name: tmp, database: {mode: database}}\n".to_owned(), "payments"),
    ] {
        let spec = format!("{head}{main}{branch}");
        workspace.write(
            "branches.yaml",
            if more.is_empty() { spec } else { spec.replace("name: shop}", "name: payments}") },
        );
        workspace.run(&["build"]).exits(0);
        assert_eq!(workspace.shell("git add -A && git commit -qm wip"), "");
        workspace.write("branches.yaml", format!("{head}{main}"));
        workspace.shell("git checkout -q HEAD~ -- out && git rm -rqf out/namespaces/tmp && rm -rf out/teardown");
        publish(&workspace);
        workspace.run(&["build"]).exits(0);
        let shown = workspace.run(&["teardown"]).exits(0).out();
        assert!(!shown.contains("payments") && !shown.contains("billing"), "{branch}: {shown}");
        workspace.run(&["check", "--strict"]).exits(0);
        for entry in [
            "namespaces: [payments-prod]",
            "images: ['r.example.com/billing/api:prod']",
            "databases: [{kind: database, instance: payments, name: payments_tmp}]",
            "clusterObjects: [{apiVersion: v1, kind: Secret, name: tls, namespace: payments-prod}]",
        ] {
            let plan = format!("apiVersion: pleach/v1\nkind: TeardownPlan\nproject: shop\nbranch: tmp\n{entry}\n");
            workspace.write("out/teardown/tmp.yaml", plan);
            for error in refused(&workspace, &["teardown"]) {
                assert!(error.contains("is not known to belong to the branch"), "{entry}: {error}");
            }
        }
        workspace.shell("git checkout -q . && git clean -fdq");
    }
}

#[test]
fn an_output_that_commits_of_a_pull_request_add_and_remove_is_not_listed() {
    let workspace = published("hosts: ['{{ branch.slug }}.dev.example.com']\nbranches:\n- name: main\n");
    let lock = workspace.read("out/namespaces/main/pleach.lock").replace("branch: main", "branch: payments");
    workspace.write("out/namespaces/payments/pleach.lock", lock.replace("30-configmap-a.yaml", "10-x.yaml"));
    for (name, text) in [
        ("00-namespace-shop-main.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop-payments\n"),
        ("10-x.yaml", "apiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: shop-data\n"),
    ] {
        workspace.write(&format!("out/namespaces/payments/{name}"), text);
    }
    publish(&workspace);
    workspace.shell("git rm -rq out/namespaces/payments");
    publish(&workspace);
    let want = "warning[history]: `namespaces/payments/pleach.lock` in the history of the output: no spec had a branch with the slug `payments`";
    for command in [&["build"][..], &["check", "--strict"]] {
        let warning = workspace.run(command).exits(0).err();
        assert!(warning.contains(want), "{warning}");
    }
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
}

#[test]
fn what_the_history_has_is_reported_until_the_next_change_of_the_output() {
    let hosts = "hosts: ['{{ branch.slug }}.dev.example.com']\n";
    let workspace = published(&format!("{hosts}branches:\n- name: main\n- name: login\n"));
    let role =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'view-{{ branch.slug }}'}\n";
    workspace.write("base/role.yaml.j2", role);
    workspace.run(&["build"]).exits(0);
    publish(&workspace);
    workspace.shell("git revert --no-edit HEAD > /dev/null");
    publish(&workspace);
    // `--strict` does not count it, because no change can undo the history.
    let want = "warning[history]: `namespaces/login/20-clusterrole-view-login.yaml` in the history of the output: \
                the ClusterRole `view-login` is not known to belong";
    for command in [&["build"][..], &["check"], &["check", "--strict"]] {
        let warning = workspace.run(command).exits(0).err();
        assert!(warning.contains(want), "{warning}");
    }
    // The entry of the spec that accepts it ends it too.
    let spec = workspace.read("branches.yaml");
    workspace.edit("branches.yaml", "branches:", "cleanup: {objects: ['ClusterRole/view-*']}\nbranches:");
    assert_eq!(workspace.run(&["build"]).exits(0).err(), "");
    assert!(workspace.read("out/teardown/login.yaml").contains("name: view-login\n"));
    workspace.shell("git checkout -q . && git clean -fdq");
    workspace.write("branches.yaml", format!("{spec}- name: new\n"));
    assert!(workspace.run(&["build"]).exits(0).err().contains(want));
    publish(&workspace);
    for command in [&["build"][..], &["check", "--strict"]] {
        assert_eq!(workspace.run(command).exits(0).err(), "");
    }
}

#[test]
fn a_shallow_clone_accepts_a_host_that_it_does_not_know() {
    let workspace = published("branches:\n- name: main\n- {name: login, hosts: [www.dev.example.com]}\n");
    workspace.write("branches.yaml", format!("{HEAD}branches:\n- name: main\n"));
    workspace.run(&["build"]).exits(0);
    publish(&workspace);
    publish(&workspace);
    let clone = Workspace::empty();
    clone.shell(&format!("git clone -q --depth 1 'file://{}' .", workspace.path().display()));
    clone.run(&["check"]).exits(0);
    assert!(clone.read("out/dns/dev.example.com/login.yaml").contains("absent:\n- www.dev.example.com"));
}

#[test]
fn an_image_in_an_earlier_repository_is_listed() {
    let main = "- {name: main, images: {app: 'r.example.com/shop/main:1'}}\n";
    let defaults = "defaults: {images: {app: 'r.example.com/shop/app:0'}}\n";
    let third_party = "defaults: {images: {app: 'mirror.example.com/redis:6'}}\n";
    let cart = |image: &str| format!("branches:\n{main}- {{name: cart, images: {{app: '{image}'}}}}\n");
    let without = format!("branches:\n{main}- name: cart\n");
    let aliased = "imageAliases: {a: app}\n".to_owned();
    for (before, after, images) in [
        // Another repository, and one that no entry sets any more.
        (cart("old.example.com/shop/app:1"), cart("r.example.com/shop/app:1"), "old.example.com/shop/app:1\n"),
        (cart("old.example.com/shop/app:1"), without.clone(), "old.example.com/shop/app:1\n"),
        // The entry sets the tag of a default, which stays or is replaced.
        (format!("{defaults}{}", cart(":2")), format!("{defaults}{without}"), "r.example.com/shop/app:2\n"),
        (format!("{defaults}{}", cart(":2")), cart("new.example.com/app:2"), "r.example.com/shop/app:2\n"),
        (
            format!("{aliased}{defaults}{}", cart(":2").replace("app: ':2'", "a: ':2'")),
            format!("{defaults}{without}"),
            "r.example.com/shop/app:2\n",
        ),
        // A repository without the name of the project.
        (cart("r.example.com/old/app:1"), cart("r.example.com/shop/app:1"), ""),
        (format!("{third_party}{}", cart(":2")), format!("{third_party}{without}"), ""),
        // An image of somebody else that only `defaults` set.
        (format!("{third_party}{without}"), without.clone(), ""),
        (format!("{third_party}{without}"), format!("{defaults}{without}"), ""),
        (cart("postgres:16"), cart("r.example.com/shop/app:1"), ""),
    ] {
        let workspace = Workspace::empty();
        workspace.write(
            "base/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: app}]}\n",
        );
        let head = HEAD.split_once("zones").unwrap().0;
        workspace.write("branches.yaml", format!("{head}{before}"));
        workspace.run(&["build"]).exits(0);
        workspace.commit_all();
        publish(&workspace);
        workspace.write("branches.yaml", format!("{head}{after}"));
        for _ in 0..2 {
            workspace.run(&["build"]).exits(0);
            workspace.run(&["check"]).exits(0);
            let listed = workspace.run(&["teardown", "--format", "images"]).exits(0).out();
            assert_eq!(listed, images, "{before}\n{after}");
            publish(&workspace);
        }
    }
}
