//! Plans and outputs of the base revision that no build has written: a pull request of a stranger may have added them.

use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\ndatabase: {mode: shared, name: shop}\n";
const MAIN: &str = "branches:\n- name: main\n";
/// `orders` was a branch, and had an adopted namespace.
const ORDERS: &str =
    "branches:\n- name: main\n- {name: orders, namespace: monitoring, adoptNamespace: true}\n- name: feature/cart\n";

/// A repository with the branch `main`, in which other branches have been removed and their plans have been pruned.
fn published() -> Workspace {
    let workspace = Workspace::empty();
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop-a}\ndata: {database: '{{ database.name }}'}\n";
    workspace.write("base/a.yaml.j2", object);
    workspace.write("branches.yaml", format!("{HEAD}{ORDERS}"));
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    workspace.write("branches.yaml", format!("{HEAD}{MAIN}"));
    publish(&workspace);
    workspace.run(&["build", "--allow-delete", "2"]).exits(0);
    publish(&workspace);
    workspace.run(&["build", "--prune"]).exits(0);
    publish(&workspace);
    workspace.run(&["check", "--strict"]).exits(0);
    workspace
}

fn publish(workspace: &Workspace) {
    let done = workspace
        .shell("git add -A && git commit -q --allow-empty -m change && git update-ref refs/remotes/origin/main HEAD");
    assert_eq!(done, "");
}

fn plan(branch: &str, entry: &str) -> String {
    format!("apiVersion: pleach/v1\nkind: TeardownPlan\nproject: shop\nbranch: {branch}\n{entry}\n")
}

#[test]
fn a_plan_of_a_branch_that_no_spec_had_is_refused() {
    let workspace = published();
    let text = plan("payments", "namespaces: [shop-payments]");
    workspace.write("out/teardown/payments.yaml", &text);
    publish(&workspace);
    let want = "no spec had the branch `payments` with the slug `payments`";
    let error = workspace.run(&["build"]).exits(2).err();
    let place = "\n --> out/teardown/payments.yaml:4:9\n";
    assert!(
        error.contains(&format!("error[output]: {want}{place}")) && error.contains("add it to the spec"),
        "{error}"
    );
    let error = workspace.run(&["teardown"]).exits(2).err();
    assert!(error.contains(&format!("{want}\n --> out/teardown/payments.yaml:4:9\n")), "{error}");

    // A spec has it, or had it.
    workspace.write("branches.yaml", format!("{HEAD}{MAIN}- name: payments\n"));
    workspace.run(&["teardown"]).exits(0);
    workspace.run(&["build"]).exits(0);
    publish(&workspace);
    workspace.write("branches.yaml", format!("{HEAD}{MAIN}"));
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "payments\n  namespace  shop-payments\n");

    // Without the history, nobody can tell.
    let workspace = published();
    workspace.write("out/teardown/payments.yaml", text);
    publish(&workspace);
    let clone = Workspace::empty();
    clone.shell(&format!("git clone -q --depth 1 'file://{}' .", workspace.path().display()));
    clone.run(&["teardown"]).exits(0);
    clone.run(&["check"]).exits(0);
}

#[test]
fn an_output_of_a_branch_that_no_spec_had_is_refused() {
    let workspace = published();
    let lock = workspace.read("out/namespaces/main/pleach.lock").replace("branch: main", "branch: payments");
    workspace.write("out/namespaces/payments/pleach.lock", lock.replace("30-configmap-shop-a.yaml", "10-x.yaml"));
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop-payments\n";
    workspace.write("out/namespaces/payments/00-namespace-shop-main.yaml", namespace);
    workspace.write("out/namespaces/payments/10-x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    publish(&workspace);
    let error = workspace.run(&["build"]).exits(2).err();
    let want = "no spec had a branch with the slug `payments`\n --> out/namespaces/payments/pleach.lock\n";
    assert!(error.contains(want), "{error}");
}

#[test]
fn a_plan_of_a_removed_branch_lists_only_names_that_derive_from_the_spec() {
    let workspace = published();
    let object = |kind: &str, name: &str, namespace: &str| {
        let namespace = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
        format!("clusterObjects:\n- {{apiVersion: v1, kind: {kind}, name: '{name}'{namespace}}}")
    };
    let database =
        |instance: &str, name: &str| format!("databases:\n- {{kind: database, instance: {instance}, name: {name}}}");
    let (orders, cart) = (("orders", "orders"), ("feature-cart-c39f4dfa", "feature/cart"));
    let hash = "feature-cart-c39f4dfa";
    for ((slug, branch), entry, is_known) in [
        (orders, database("shop", "shop_prod_orders"), false),
        (orders, database("shop_prod", "shop_prod_orders"), false),
        (orders, database("shop", "shop_orders"), true),
        (orders, object("Secret", "shop-tls", "istio-system"), false),
        (orders, object("Secret", "shop-orders-tls", "istio-system"), true),
        (orders, object("Secret", "shop-tls", "monitoring"), true),
        (orders, object("Secret", "tls", "monitoring"), false),
        (orders, object("Secret", "tls", "shop-orders"), true),
        (orders, object("Secret", "tls", "shop-main"), false),
        (orders, object("Secret", "shop-orders", "shop-main"), false),
        (orders, object("ClusterRole", "shop-deployer", ""), false),
        (orders, object("ClusterRole", "shop-orders", ""), true),
        (orders, "namespaces: [monitoring]".to_owned(), false),
        (orders, "namespaces: [shop-prod-orders]".to_owned(), false),
        (cart, object("Secret", "shop-tls", "monitoring"), false),
        (cart, object("Secret", hash, "shop-main"), true),
        (cart, object("ClusterRole", "shop-cart", ""), false),
        (cart, database("shop", "shop_prod_feature_cart_c39f4dfa"), true),
        (cart, "namespaces: [shop-prod-feature-cart-c39f4dfa]".to_owned(), true),
    ] {
        let path = format!("out/teardown/{slug}.yaml");
        workspace.write(&path, plan(branch, &entry));
        publish(&workspace);
        let ran = workspace.run(&["build"]);
        assert_eq!(ran.status(), if is_known { 0 } else { 2 }, "{entry}: {}", ran.err());
        assert_eq!(workspace.run(&["teardown"]).status(), ran.status(), "{entry}");
        assert_eq!(ran.err().contains(&format!("--> {path}:")), !is_known, "{entry}: {}", ran.err());
        workspace.shell("rm -r out/teardown");
    }
}

#[test]
fn an_object_that_an_existing_branch_writes_is_not_listed() {
    let workspace = published();
    let object = "clusterObjects: [{apiVersion: v1, kind: ConfigMap, name: shop-a, namespace: monitoring}]";
    workspace.write("out/teardown/orders.yaml", plan("orders", object));
    publish(&workspace);
    workspace
        .write("branches.yaml", format!("{HEAD}{MAIN}- {{name: new, namespace: monitoring, adoptNamespace: true}}\n"));
    let error = workspace.run(&["teardown"]).exits(2).err();
    assert!(error.contains("`shop-a` in the namespace `monitoring` is not known to belong to the branch"), "{error}");
    workspace.write("branches.yaml", format!("{HEAD}{ORDERS}"));
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
}

#[test]
fn an_object_in_the_namespace_of_its_existing_branch_is_dropped() {
    let workspace = published();
    let entry = "clusterObjects: [{apiVersion: v1, kind: PersistentVolumeClaim, name: data, namespace: shop-main}]";
    workspace.write("out/teardown/main.yaml", plan("main", entry));
    publish(&workspace);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
    let report = workspace.run(&["check"]).exits(1).out();
    assert!(report.starts_with("stale      out/teardown/main.yaml\n"), "{report}");
    workspace.run(&["build"]).exits(0);
    publish(&workspace);
    workspace.run(&["check", "--strict"]).exits(0);
}

#[test]
fn an_entry_with_other_characters_than_its_kind_has_is_refused() {
    let workspace = published();
    let object = |kind: &str, name: &str, namespace: &str| {
        format!("clusterObjects: [{{apiVersion: v1, kind: {kind}, name: {name}, namespace: {namespace}}}]")
    };
    let quoted = |text: &str| format!("\"{text}\"");
    let database = |kind: &str, name: &str| format!("databases: [{{kind: {kind}, instance: shop, name: {name}}}]");
    for (entry, shown) in [
        (format!("namespaces: [{}]", quoted("shop-orders$(touch PWN)")), "shop-orders$(touch PWN)"),
        ("namespaces: [../shop-orders]".to_owned(), "../shop-orders"),
        (format!("namespaces: [{}]", quoted("shop-orders\\u202e")), "shop-orders\\u{202e}"),
        (object("Secret", "shop-orders", &quoted("$HOME")), "$HOME"),
        (object("Secret", &quoted("shop-orders; x"), "monitoring"), "shop-orders; x"),
        (object(&quoted("Secret; touch PWN"), "shop-orders", "monitoring"), "Secret; touch PWN"),
        (object(&quoted("*"), "shop-orders", "monitoring"), "*"),
        (object("Secret", "shop-orders", "monitoring").replace("v1", "$(x)/v1"), "$(x)/v1"),
        (database("$HOME", "shop_orders"), "$HOME"),
        (database("schema", &quoted("shop_orders\\u202e")), "shop_orders\\u{202e}"),
        (format!("images: [{}]", quoted("registry.example.com/shop:orders\\u200b")), "shop:orders\\u{200b}"),
    ] {
        workspace.write("out/teardown/orders.yaml", plan("orders", &entry));
        publish(&workspace);
        let want = format!("{shown}` is not a valid entry of a teardown plan");
        for command in [&["build"][..], &["teardown"], &["teardown", "--format", "script"]] {
            let ran = workspace.run(command).exits(2);
            assert!(ran.err().contains(&want) && ran.out().is_empty(), "{entry}: {}{}", ran.err(), ran.out());
        }
    }
}

#[test]
fn a_plan_that_is_no_plan_has_a_location() {
    let workspace = published();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let object =
        |n: usize| format!("- {{apiVersion: v1, kind: ConfigMap, name: shop-orders-{n}, namespace: monitoring}}\n");
    let many = plan("orders", &format!("clusterObjects:\n{}", (0..20_001).map(object).collect::<String>()));
    let long = plan("orders", "") + &"# long\n".repeat(600_000);
    for (text, want) in [
        (pointer, "a teardown plan must not be a pointer of Git LFS"),
        ("text\n", "a teardown plan must be a mapping, got a string"),
        ("", "a teardown plan must be one document, got 0"),
        ("# nothing\n", "a teardown plan must be one document, got 0"),
        ("apiVersion: pleach/v1\nkind: TeardownPlan\n---\na: b\n", "a teardown plan must be one document, got 2"),
        (&many, "a teardown plan has at most 20000 entries"),
        (&long, "a teardown plan has at most 4 MiB"),
    ] {
        workspace.write("out/teardown/orders.yaml", text);
        publish(&workspace);
        let error = workspace.run(&["build"]).exits(2).err();
        let place = if text.contains("kind: TeardownPlan") {
            format!("{want}\n --> out/teardown/orders.yaml:1:1\n")
        } else {
            "`out/teardown/orders.yaml` is unmanaged".to_owned()
        };
        assert!(error.contains(&place), "{error}");
        let error = workspace.run(&["teardown"]).exits(2).err();
        assert!(error.contains("out/teardown/orders.yaml") && error.contains(want), "{error}");
    }
}
