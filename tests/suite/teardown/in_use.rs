//! What live branches replace: images, databases, objects outside of namespaces. It waits in the plan of its branch, which
//! lives on, until nobody wants it back.

use crate::tests::kit::Workspace;
use std::collections::BTreeMap;

const TEMPLATE: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: '{{ values.image }}', args: ['{{ values.arg }}']}]
{% if values.role %}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: 'shop:{{ branch.slug }}'}
rules: []
{% endif %}
";

/// What the spec says of some branches.
type Branches<'a> = BTreeMap<&'a str, String>;

/// Branches with an image each, by its tag.
fn branches<'a>(images: &[(&'a str, &str)]) -> Branches<'a> {
    images.iter().map(|(name, tag)| (*name, format!("values: {{image: 'r.example.com/shop:{tag}'}}"))).collect()
}

fn write(workspace: &Workspace, branches: &Branches) {
    let list: String = branches.iter().map(|(name, more)| format!("- {{name: {name}, {more}}}\n")).collect();
    workspace.write(
        "branches.yaml",
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\ndefaults: {{values: {{arg: none, role: false}}}}\nbranches:\n{list}"
        ),
    );
}

fn workspace(branches: &Branches) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/app.yaml.j2", TEMPLATE);
    build(&workspace, branches, &[]);
    workspace
}

/// Builds, and then nothing differs; what is said on the way.
fn build(workspace: &Workspace, branches: &Branches, args: &[&str]) -> String {
    write(workspace, branches);
    let said = workspace.run(&[&["build"], args].concat()).exits(0).err();
    workspace.run(&["check"]).exits(0);
    assert_eq!(workspace.run(&["diff"]).exits(0).out(), "");
    said
}

/// The tags of the images that are to go.
fn tags(workspace: &Workspace, args: &[&str]) -> String {
    let shown = workspace.run(&[&["teardown", "--format", "images"], args].concat()).exits(0);
    assert_eq!(shown.err(), "");
    let images = shown.out();
    images.lines().map(|image| image.strip_prefix("r.example.com/shop:").unwrap()).collect::<Vec<_>>().join(" ")
}

fn plans(workspace: &Workspace) -> Vec<String> {
    workspace.files("out/teardown").into_keys().collect()
}

#[test]
fn an_image_waits_until_some_branch_has_it_again() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let said = build(&w, &branches(&[("login", "b"), ("main", "m")]), &[]);
    assert_eq!((said.as_str(), tags(&w, &[]).as_str()), ("", "a"), "nobody takes anything over");
    build(&w, &branches(&[("login", "c"), ("main", "m")]), &[]);
    assert_eq!((tags(&w, &[]), plans(&w)), ("a b".to_owned(), vec!["login.yaml".to_owned()]));
    let text = "\
apiVersion: pleach/v1
branch: login
clusterObjects: []
databases: []
dns: []
images:
- r.example.com/shop:a
- r.example.com/shop:b
kind: TeardownPlan
namespaces: []
project: shop
";
    assert_eq!(w.read("out/teardown/login.yaml"), text);
    build(&w, &branches(&[("login", "a"), ("main", "m")]), &[]);
    assert_eq!(tags(&w, &[]), "b c", "it went back");
    build(&w, &branches(&[("login", "a"), ("main", "b")]), &[]);
    assert_eq!((tags(&w, &[]), plans(&w).len()), ("c m".to_owned(), 2), "another branch has one");
    build(&w, &branches(&[("login", "a"), ("main", "b"), ("new", "c")]), &[]);
    assert_eq!((tags(&w, &[]), plans(&w)), ("m".to_owned(), vec!["main.yaml".to_owned()]), "a plan of nothing is none");
}

#[test]
fn plans_of_live_branches_are_pruned_on_request() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    build(&w, &branches(&[("login", "b"), ("main", "m")]), &["--prune"]);
    assert_eq!(tags(&w, &[]), "a", "what was replaced just now is not pruned");
    build(&w, &branches(&[("login", "c"), ("main", "m")]), &["--prune"]);
    assert_eq!(tags(&w, &[]), "b", "only what the base said already is");
    build(&w, &branches(&[("main", "n")]), &[]);
    assert_eq!((tags(&w, &[]), tags(&w, &["--removed"])), ("b c m".to_owned(), "b c".to_owned()));
    build(&w, &branches(&[("main", "n")]), &["--prune=removed"]);
    assert_eq!((tags(&w, &[]), plans(&w)), ("m".to_owned(), vec!["main.yaml".to_owned()]));
    build(&w, &branches(&[("main", "n")]), &["--prune"]);
    assert_eq!(plans(&w), [""; 0]);
}

#[test]
fn a_branch_that_goes_leaves_what_it_had_and_what_it_has() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    build(&w, &branches(&[("login", "b"), ("main", "m")]), &[]);
    build(&w, &branches(&[("main", "m")]), &[]);
    let gone = w.files("out");
    assert_eq!(
        w.run(&["teardown"]).exits(0).out(),
        "login\n  namespace  login\n  image      r.example.com/shop:a\n  image      r.example.com/shop:b\n"
    );
    build(&w, &branches(&[("login", "b"), ("main", "m")]), &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "login (existing)\n  image      r.example.com/shop:a\n");
    assert_eq!(w.run(&["teardown", "--removed"]).exits(0).out(), "nothing to tear down\n");
    build(&w, &branches(&[("main", "m")]), &[]);
    assert_eq!(w.files("out"), gone);
    build(&w, &branches(&[("login", "c"), ("main", "m")]), &[]);
    assert_eq!(w.run(&["teardown", "--only", "log*"]).exits(0).out().matches("image").count(), 2);
}

#[test]
fn one_image_under_two_names_is_replaced_by_itself() {
    let [a, b] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    let one = |image: &str| BTreeMap::from([("main", format!("values: {{image: '{image}'}}"))]);
    let w = workspace(&one(&format!("r.example.com/shop:1@{a}")));
    build(&w, &one(&format!("r.example.com/shop:2@{a}")), &[]);
    assert_eq!(plans(&w), [""; 0]);
    build(&w, &one(&format!("mirror.example.com/shop@{a}")), &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "nothing to tear down\n", "a copy of it");
    build(&w, &one(&format!("r.example.com/shop:2@{b}")), &[]);
    let copies = format!("mirror.example.com/shop@{a}\nr.example.com/shop@{a}\n");
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), copies);
    // A tag that moves is the name of several images, which go by their digests.
    build(&w, &one(&format!("r.example.com/shop:2@{a}")), &[]);
    assert!(w.read("out/teardown/main.yaml").contains(&format!("images:\n- r.example.com/shop:2@{b}\n")));
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), format!("r.example.com/shop@{b}\n"));
    let script = w.run(&["teardown", "--format", "script"]).exits(0).out();
    assert!(script.ends_with(&format!("\n# main (existing)\n$DELETE_IMAGE 'r.example.com/shop@{b}'\n")), "{script}");
    build(&w, &one(&format!("r.example.com/shop:2@{b}")), &[]);
    // A tag alone may be any of them, so that none goes, and none is forgotten.
    build(&w, &one("r.example.com/shop:2"), &[]);
    let images = w.run(&["teardown", "--format", "images"]).exits(0).out();
    assert_eq!(images, format!("mirror.example.com/shop@{a}\n"));
    build(&w, &one("r.example.com/shop:3"), &[]);
    let images = w.run(&["teardown", "--format", "images"]).exits(0).out();
    assert_eq!(
        images,
        format!("mirror.example.com/shop@{a}\nr.example.com/shop:2\nr.example.com/shop@{a}\nr.example.com/shop@{b}\n")
    );
    build(&w, &one(&format!("r.example.com/shop:2@{b}")), &[]);
    // An image that the spec alone names, in an annotation of all objects, is in use.
    let mut annotated = one(&format!("r.example.com/shop:2@{b}"));
    let more = format!(", annotations: {{example.com/was: 'mirror.example.com/shop@{a}'}}");
    annotated.entry("main").and_modify(|of| of.push_str(&more));
    build(&w, &annotated, &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "main (existing)\n  image      r.example.com/shop:3\n");
}

#[test]
fn an_image_that_a_branch_only_names_is_kept_in_mind() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let with = |arg: &str| {
        let values = format!("values: {{image: 'r.example.com/shop:b', arg: '{arg}'}}");
        Branches::from([("login", values), ("main", branches(&[("main", "m")])["main"].clone())])
    };
    let named = "imagesInUse:\n- r.example.com/shop:a\n";
    build(&w, &with("--run=r.example.com/shop:a"), &[]);
    assert!(w.read("out/teardown/login.yaml").contains(&format!("images: []\n{named}")));
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
    // Nobody has cleaned it up, so it is not pruned; it goes when nobody names it.
    build(&w, &with("--run=r.example.com/shop:a"), &["--prune"]);
    assert!(w.read("out/teardown/login.yaml").contains(named));
    build(&w, &with("none"), &["--prune"]);
    assert_eq!(tags(&w, &[]), "a", "until now it was not to go");
    build(&w, &with("--run=r.example.com/shop:a"), &[]);
    assert!(w.read("out/teardown/login.yaml").contains(named));
    // Where it stands as an image again, its own folder tells of it.
    build(&w, &branches(&[("login", "b"), ("main", "a")]), &[]);
    assert_eq!(tags(&w, &[]), "m");
    // The same after its branch has gone, while another one names it.
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let main =
        |arg: &str| Branches::from([("main", format!("values: {{image: 'r.example.com/shop:m', arg: '{arg}'}}"))]);
    build(&w, &main("r.example.com/shop:a"), &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "login\n  namespace  login\n");
    build(&w, &main("r.example.com/shop:a"), &["--prune"]);
    build(&w, &main("none"), &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "login\n  image      r.example.com/shop:a\n");
}

#[test]
fn an_object_outside_of_namespaces_goes_alone() {
    let with = |more: &str| BTreeMap::from([("main", format!("values: {{image: a, role: {more}}}"))]);
    let w = workspace(&with("true"));
    build(&w, &with("false"), &[]);
    let kubectl = w.run(&["teardown", "--format", "kubectl"]).exits(0).out();
    assert_eq!(
        kubectl, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: shop:main\n",
        "its namespace is live"
    );
    build(&w, &with("true"), &[]);
    assert_eq!(plans(&w), [""; 0]);
}

#[test]
fn what_replaces_nothing_costs_no_plan() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    w.edit("base/app.yaml.j2", "metadata: {name: web}", "metadata: {name: web, labels: {a: b}}");
    let said = w.run(&["build"]).exits(0).out();
    assert_eq!(said, "built 2 branches into `out`: 2 files written, 4 unchanged, 0 removed\n");
    w.edit("base/app.yaml.j2", "metadata: {name: web,", "metadata: {name: other,");
    w.run(&["build"]).exits(0);
    assert_eq!(plans(&w), [""; 0]);
}

#[test]
fn a_branch_under_another_name_has_the_slug_of_the_one_before() {
    let one = |name: &'static str, tag: &str| {
        BTreeMap::from([(name, format!("slug: login, values: {{image: 'r.example.com/shop:{tag}'}}"))])
    };
    let w = workspace(&one("feature/login", "a"));
    let said = build(&w, &one("feature/signin", "b"), &[]);
    assert_eq!(said, "");
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "feature/signin (existing)\n  image      r.example.com/shop:a\n");
    // Where a namespace waits, it is said that a branch takes it over; of its own images that is not said.
    build(&w, &branches(&[("main", "m")]), &[]);
    let said = build(&w, &one("feature/login", "c"), &[]);
    assert!(said.contains("the branch `feature/login` takes over the slug `login` of `feature/signin`"), "{said}");
    assert_eq!(build(&w, &one("feature/login", "d"), &[]), "");
    assert_eq!(tags(&w, &["--only", "login"]), "a b c");
}

#[test]
fn a_broken_branch_keeps_its_last_output_and_what_that_uses() {
    let w = workspace(&branches(&[("login", "a"), ("main", "a"), ("search", "s")]));
    w.edit(
        "base/app.yaml.j2",
        "{% if values.role %}",
        "{% if values.role == 'broken' %}{{ nope }}{% endif %}{% if values.role %}",
    );
    let mut spec = branches(&[("main", "c"), ("search", "t")]);
    spec.insert("login", "values: {image: 'r.example.com/shop:b', role: broken}".to_owned());
    write(&w, &spec);
    let before = w.files("out/namespaces/login");
    w.run(&["build", "--keep-going"]).exits(2);
    assert_eq!(w.files("out/namespaces/login"), before);
    assert_eq!(plans(&w), ["search.yaml"], "the broken one still runs with what `main` had");
    assert_eq!(tags(&w, &[]), "s");
    // Mended, it leaves what it had, and so does the other one, of which the base knows no more.
    build(&w, &branches(&[("login", "b"), ("main", "c"), ("search", "t")]), &[]);
    assert_eq!((tags(&w, &[]), plans(&w)), ("a s".to_owned(), vec!["login.yaml".to_owned(), "search.yaml".to_owned()]));
}

#[test]
fn a_part_writes_the_plans_of_its_own_branches() {
    let before = branches(&[("login", "a"), ("main", "m"), ("search", "s")]);
    let after = branches(&[("login", "s"), ("main", "n"), ("search", "t")]);
    let whole = workspace(&before);
    build(&whole, &after, &[]);
    assert_eq!(tags(&whole, &[]), "a m");
    let parts = workspace(&before);
    write(&parts, &after);
    parts.run(&["build", "--only", "main"]).exits(0);
    assert_eq!(plans(&parts), ["main.yaml"]);
    for shard in ["1/3", "2/3", "3/3"] {
        parts.run(&["build", "--shard", shard]).exits(0);
    }
    assert_eq!(parts.files("out"), whole.files("out"));
    // Machines of their own, each with the output from before.
    let mut union =
        whole.files("out").into_iter().filter(|(path, _)| !path.starts_with("teardown/")).collect::<BTreeMap<_, _>>();
    for shard in ["1/3", "2/3", "3/3"] {
        let part = workspace(&before);
        write(&part, &after);
        part.run(&["build", "--shard", shard]).exits(0);
        for (path, content) in part.files("out/teardown") {
            assert!(union.insert(format!("teardown/{path}"), content).is_none(), "{path} is in two shards");
        }
    }
    assert_eq!(union, whole.files("out"));
}

#[test]
fn a_base_that_cannot_be_read_is_a_word_and_is_mended() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let pod = w.read("out/namespaces/login/50-pod-web.yaml");
    w.write("out/namespaces/login/50-pod-web.yaml", format!("<<<<<<< HEAD\n{pod}=======\n{pod}>>>>>>> other\n"));
    write(&w, &branches(&[("login", "b"), ("main", "n")]));
    let ran = w.run(&["build"]).exits(0);
    let said = "warning[output]: cannot read `namespaces/login/50-pod-web.yaml` of the base revision, so the footprint of its branch is unknown";
    assert!(ran.err().contains(said), "{}", ran.err());
    assert_eq!(tags(&w, &[]), "m");
    w.run(&["check"]).exits(0);
    // A lock in which git left its conflict markers still says which files there were.
    let lock = w.read("out/namespaces/main/pleach.lock");
    w.write("out/namespaces/main/pleach.lock", format!("<<<<<<< HEAD\n{lock}=======\n{lock}>>>>>>> other\n"));
    assert_eq!(build(&w, &branches(&[("login", "b"), ("main", "o")]), &[]), "");
    assert_eq!(tags(&w, &[]), "m n");
    // What somebody else put there is nothing that a branch leaves.
    w.write("out/namespaces/main/mine.yaml", pod.replace("shop:a", "shop:x"));
    write(&w, &branches(&[("login", "b"), ("main", "p")]));
    w.run(&["build", "--keep-unmanaged"]).exits(0);
    assert_eq!(tags(&w, &[]), "m n o");
}

/// The spec with databases, and what `teardown --format script` hands to `$DROP_DATABASE`.
struct Databases(Workspace);

impl Databases {
    fn build(&self, mode: &str, branches: &str) {
        let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbaseline: main\n";
        let branches = branches.replace("{name", "\n- {name");
        self.0.write("branches.yaml", format!("{spec}database: {{mode: {mode}, name: shop}}\nbranches:{branches}\n"));
        self.0.run(&["build"]).exits(0);
        self.0.run(&["check"]).exits(0);
    }

    fn drops(&self, args: &[&str]) -> Vec<String> {
        let script = self.0.run(&[&["teardown", "--format", "script"], args].concat()).exits(0).out();
        script.lines().filter(|line| line.starts_with("$DROP_DATABASE ")).map(str::to_owned).collect()
    }
}

#[test]
fn a_branch_with_another_kind_of_database_leaves_the_one_it_had() {
    let w = Databases(Workspace::small());
    let main = "{name: main, database: {mode: shared}}";
    w.build("schema", &format!("{main}{{name: login}}"));
    assert_eq!(w.drops(&[]), [""; 0]);
    w.build("schema", &format!("{main}{{name: login, database: {{mode: database}}}}"));
    assert_eq!(w.drops(&[]), ["$DROP_DATABASE 'schema' 'shop' 'shop_login'"]);
    assert_eq!(w.drops(&["--removed"]), [""; 0]);
    assert_eq!(w.0.run(&["teardown"]).exits(0).out(), "login (existing)\n  database   schema shop_login in shop\n");
    let json: serde_json::Value =
        serde_json::from_str(&w.0.run(&["teardown", "--format", "json"]).exits(0).out()).unwrap();
    assert_eq!((&json[0]["existing"], &json[0]["branch"]), (&true.into(), &"login".into()));
    assert_eq!(json[0]["databases"], serde_json::json!([{"kind": "schema", "instance": "shop", "name": "shop_login"}]));
    w.build("schema", &format!("{main}{{name: login, database: {{mode: shared}}}}"));
    let both = ["database", "schema"].map(|kind| format!("$DROP_DATABASE '{kind}' 'shop' 'shop_login'"));
    assert_eq!(w.drops(&[]), both);
    w.build("schema", &format!("{main}{{name: login}}"));
    assert_eq!(w.drops(&[]), both[..1], "it has the schema again");
}

#[test]
fn the_databases_of_the_spec_go_with_their_branches() {
    let w = Databases(Workspace::small());
    let main = "{name: main, database: {mode: shared}}";
    let both = "{name: feature/login}{name: search, database: {mode: database}}";
    w.build("schema", &format!("{main}{both}"));
    let slug = "feature-login-df7c7aeb";
    let namespace = w.0.read(&format!("out/namespaces/{slug}/00-namespace-{slug}.yaml"));
    assert!(namespace.contains("pleach.dev/database: schema/shop/shop_feature_login_df7c7aeb\n"), "{namespace}");
    w.build("schema", main);
    let plan = w.0.read(&format!("out/teardown/{slug}.yaml"));
    let database = "databases:\n- instance: shop\n  kind: schema\n  name: shop_feature_login_df7c7aeb\n";
    assert!(plan.contains(database) && plan.contains(&format!("namespaces:\n- {slug}\n")), "{plan}");
    let drops = [
        "$DROP_DATABASE 'schema' 'shop' 'shop_feature_login_df7c7aeb'",
        "$DROP_DATABASE 'database' 'shop' 'shop_search'",
    ];
    assert_eq!(
        (w.drops(&[]), w.drops(&["--removed"])),
        (drops.map(str::to_owned).into(), drops.map(str::to_owned).into())
    );
    w.build("schema", &format!("{main}{both}"));
    assert_eq!(w.drops(&[]), [""; 0], "they are back");
    assert_eq!(plans(&w.0), [""; 0]);
}
