//! Images, databases and cluster-scoped objects that existing branches have replaced. The plan of the branch lists them until
//! they are pruned or in use again.

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

/// Branches and the fields of their entries in the spec.
type Branches<'a> = BTreeMap<&'a str, String>;

/// Branches and the tags of their images.
fn branches<'a>(images: &[(&'a str, &str)]) -> Branches<'a> {
    images.iter().map(|(name, tag)| (*name, format!("values: {{image: 'r.example.com/shop:{tag}'}}"))).collect()
}

fn write(workspace: &Workspace, branches: &Branches) {
    let list: String = branches.iter().map(|(name, more)| format!("- {{name: {name}, {more}}}\n")).collect();
    workspace.write(
        "branches.yaml",
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n\
             cleanup: {{images: {{repositories: [r.example.com/shop, mirror.example.com/shop]}}}}\n\
             defaults: {{values: {{arg: none, role: false}}}}\nbranches:\n{list}"
        ),
    );
}

fn workspace(branches: &Branches) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/app.yaml.j2", TEMPLATE);
    build(&workspace, branches, &[]);
    workspace
}

/// Builds, and asserts that `check` and `diff` then report nothing. Returns what the build printed to standard error.
fn build(workspace: &Workspace, branches: &Branches, args: &[&str]) -> String {
    write(workspace, branches);
    let output = workspace.run(&[&["build"], args].concat()).exits(0).err();
    workspace.run(&["check"]).exits(0);
    assert_eq!(workspace.run(&["diff"]).exits(0).out(), "");
    output
}

/// The tags of the images that plans list.
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
fn a_replaced_image_is_listed_until_a_branch_uses_it_again() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let output = build(&w, &branches(&[("login", "b"), ("main", "m")]), &[]);
    assert_eq!((output.as_str(), tags(&w, &[]).as_str()), ("", "a"), "no branch takes over a slug");
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
    assert_eq!(tags(&w, &[]), "b c", "the branch uses the first image again");
    build(&w, &branches(&[("login", "a"), ("main", "b")]), &[]);
    assert_eq!((tags(&w, &[]), plans(&w).len()), ("c m".to_owned(), 2), "another branch uses one of the images");
    build(&w, &branches(&[("login", "a"), ("main", "b"), ("new", "c")]), &[]);
    assert_eq!(
        (tags(&w, &[]), plans(&w)),
        ("m".to_owned(), vec!["main.yaml".to_owned()]),
        "an empty plan is not written"
    );
}

#[test]
fn plans_of_existing_branches_are_pruned_on_request() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    build(&w, &branches(&[("login", "b"), ("main", "m")]), &["--prune"]);
    assert_eq!(tags(&w, &[]), "a", "new entries are not pruned");
    build(&w, &branches(&[("login", "c"), ("main", "m")]), &["--prune"]);
    assert_eq!(tags(&w, &[]), "b", "only entries of the base revision are pruned");
    build(&w, &branches(&[("main", "n")]), &[]);
    assert_eq!((tags(&w, &[]), tags(&w, &["--removed"])), ("b c m".to_owned(), "b c".to_owned()));
    build(&w, &branches(&[("main", "n")]), &["--prune=removed"]);
    assert_eq!((tags(&w, &[]), plans(&w)), ("m".to_owned(), vec!["main.yaml".to_owned()]));
    build(&w, &branches(&[("main", "n")]), &["--prune"]);
    assert_eq!(plans(&w), [""; 0]);
}

#[test]
fn the_plan_of_a_removed_branch_includes_what_it_had_replaced() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    build(&w, &branches(&[("login", "b"), ("main", "m")]), &[]);
    build(&w, &branches(&[("main", "m")]), &[]);
    let removed = w.files("out");
    assert_eq!(
        w.run(&["teardown"]).exits(0).out(),
        "login\n  namespace  shop-login\n  image      r.example.com/shop:a\n  image      r.example.com/shop:b\n"
    );
    build(&w, &branches(&[("login", "b"), ("main", "m")]), &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "login (existing)\n  image      r.example.com/shop:a\n");
    assert_eq!(w.run(&["teardown", "--removed"]).exits(0).out(), "nothing to tear down\n");
    build(&w, &branches(&[("main", "m")]), &[]);
    assert_eq!(w.files("out"), removed);
    build(&w, &branches(&[("login", "c"), ("main", "m")]), &[]);
    assert_eq!(w.run(&["teardown", "--only", "log*"]).exits(0).out().matches("image").count(), 2);
}

#[test]
fn another_reference_to_the_same_image_replaces_nothing() {
    let [a, b] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    let one = |image: &str| BTreeMap::from([("main", format!("values: {{image: '{image}'}}"))]);
    let w = workspace(&one(&format!("r.example.com/shop:1@{a}")));
    build(&w, &one(&format!("r.example.com/shop:2@{a}")), &[]);
    assert_eq!(plans(&w), [""; 0]);
    build(&w, &one(&format!("mirror.example.com/shop@{a}")), &[]);
    assert_eq!(
        w.run(&["teardown"]).exits(0).out(),
        "nothing to tear down\n",
        "the same image in another repository may be in use"
    );
    build(&w, &one(&format!("r.example.com/shop:2@{b}")), &[]);
    let copies = format!("mirror.example.com/shop@{a}\nr.example.com/shop@{a}\n");
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), copies);
    // The same tag with several digests is several images.
    build(&w, &one(&format!("r.example.com/shop:2@{a}")), &[]);
    assert!(w.read("out/teardown/main.yaml").contains(&format!("images:\n- r.example.com/shop:2@{b}\n")));
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), format!("r.example.com/shop@{b}\n"));
    let script = w.run(&["teardown", "--format", "script"]).exits(0).out();
    let end = format!(
        "\n# main (existing)\ndelete_image 'r.example.com/shop' 'r.example.com/shop@{b}'\n\nfinish\n}}\n\nmain\n"
    );
    assert!(script.ends_with(&end), "{script}");
    build(&w, &one(&format!("r.example.com/shop:2@{b}")), &[]);
    // A tag without a digest may be any of them: none is reported, and all are kept in the plan.
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
    // An image that only an annotation in the spec names is in use.
    let mut annotated = one(&format!("r.example.com/shop:2@{b}"));
    let more = format!(", annotations: {{example.com/was: 'mirror.example.com/shop@{a}'}}");
    annotated.entry("main").and_modify(|of| of.push_str(&more));
    build(&w, &annotated, &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "main (existing)\n  image      r.example.com/shop:3\n");
}

#[test]
fn an_image_in_an_argument_is_listed_as_in_use() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let with = |arg: &str| {
        let values = format!("values: {{image: 'r.example.com/shop:b', arg: '{arg}'}}");
        Branches::from([("login", values), ("main", branches(&[("main", "m")])["main"].clone())])
    };
    let named = "imagesInUse:\n- r.example.com/shop:a\n";
    build(&w, &with("--run=r.example.com/shop:a"), &[]);
    assert!(w.read("out/teardown/login.yaml").contains(&format!("images: []\n{named}")));
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
    // No report has shown the image, so it is not pruned; it is listed when no branch names it any more.
    build(&w, &with("--run=r.example.com/shop:a"), &["--prune"]);
    assert!(w.read("out/teardown/login.yaml").contains(named));
    build(&w, &with("none"), &["--prune"]);
    assert_eq!(tags(&w, &[]), "a", "it is listed for the first time");
    build(&w, &with("--run=r.example.com/shop:a"), &[]);
    assert!(w.read("out/teardown/login.yaml").contains(named));
    // A branch uses it in an image field again.
    build(&w, &branches(&[("login", "b"), ("main", "a")]), &[]);
    assert_eq!(tags(&w, &[]), "m");
    // The same with a removed branch, while another branch names the image.
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let main =
        |arg: &str| Branches::from([("main", format!("values: {{image: 'r.example.com/shop:m', arg: '{arg}'}}"))]);
    build(&w, &main("r.example.com/shop:a"), &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "login\n  namespace  shop-login\n");
    build(&w, &main("r.example.com/shop:a"), &["--prune"]);
    build(&w, &main("none"), &[]);
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "login\n  image      r.example.com/shop:a\n");
}

#[test]
fn a_replaced_cluster_scoped_object_is_listed_without_its_namespace() {
    let with = |more: &str| BTreeMap::from([("main", format!("values: {{image: a, role: {more}}}"))]);
    let w = workspace(&with("true"));
    build(&w, &with("false"), &[]);
    let kubectl = w.run(&["teardown", "--format", "kubectl"]).exits(0).out();
    assert_eq!(
        kubectl, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: shop:main\n",
        "its namespace is in use"
    );
    build(&w, &with("true"), &[]);
    assert_eq!(plans(&w), [""; 0]);
}

#[test]
fn a_build_that_replaces_nothing_writes_no_plan() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    w.edit("base/app.yaml.j2", "metadata: {name: web}", "metadata: {name: web, labels: {a: b}}");
    let output = w.run(&["build"]).exits(0).out();
    assert_eq!(output, "built 2 branches into `out`: 2 files written, 4 unchanged, 0 removed\n");
    w.edit("base/app.yaml.j2", "metadata: {name: web,", "metadata: {name: other,");
    w.run(&["build"]).exits(0);
    assert_eq!(plans(&w), [""; 0]);
}

#[test]
fn a_renamed_branch_keeps_the_slug_and_its_plan() {
    let one = |name: &'static str, tag: &str| {
        BTreeMap::from([(name, format!("slug: login, values: {{image: 'r.example.com/shop:{tag}'}}"))])
    };
    let w = workspace(&one("feature/login", "a"));
    let output = build(&w, &one("feature/signin", "b"), &[]);
    assert_eq!(output, "");
    assert_eq!(w.run(&["teardown"]).exits(0).out(), "feature/signin (existing)\n  image      r.example.com/shop:a\n");
    // Taking over a slug whose plan lists a namespace is a warning; replacing images is not.
    build(&w, &branches(&[("main", "m")]), &[]);
    let output = build(&w, &one("feature/login", "c"), &[]);
    assert!(output.contains("the branch `feature/login` takes over the slug `login` of `feature/signin`"), "{output}");
    assert_eq!(build(&w, &one("feature/login", "d"), &[]), "");
    assert_eq!(tags(&w, &["--only", "login"]), "a b c");
}

#[test]
fn the_last_output_of_a_failed_branch_is_kept_and_in_use() {
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
    assert_eq!(plans(&w), ["search.yaml"], "the failed branch still uses the image that `main` had");
    assert_eq!(tags(&w, &[]), "s");
    // When the branch builds again, both replaced images are listed.
    build(&w, &branches(&[("login", "b"), ("main", "c"), ("search", "t")]), &[]);
    assert_eq!((tags(&w, &[]), plans(&w)), ("a s".to_owned(), vec!["login.yaml".to_owned(), "search.yaml".to_owned()]));
}

#[test]
fn a_selection_writes_the_plans_of_its_own_branches() {
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
    // Shards on separate machines, each with the previous output.
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
fn an_unreadable_base_revision_is_a_warning() {
    let w = workspace(&branches(&[("login", "a"), ("main", "m")]));
    let pod = w.read("out/namespaces/login/50-pod-web.yaml");
    w.write("out/namespaces/login/50-pod-web.yaml", format!("<<<<<<< HEAD\n{pod}=======\n{pod}>>>>>>> other\n"));
    write(&w, &branches(&[("login", "b"), ("main", "n")]));
    let ran = w.run(&["build"]).exits(0);
    let want = "warning[output]: the file cannot be read, so the footprint of its branch is unknown: the file has the conflict \
                markers of a merge\n --> out/namespaces/login/50-pod-web.yaml:1:1\n";
    assert!(ran.err().contains(want), "{}", ran.err());
    assert_eq!(tags(&w, &[]), "m");
    w.run(&["check"]).exits(0);
    // A lock file with conflict markers still lists the files.
    let lock = w.read("out/namespaces/main/pleach.lock");
    w.write("out/namespaces/main/pleach.lock", format!("<<<<<<< HEAD\n{lock}=======\n{lock}>>>>>>> other\n"));
    assert_eq!(build(&w, &branches(&[("login", "b"), ("main", "o")]), &[]), "");
    assert_eq!(tags(&w, &[]), "m n");
    // Unmanaged files are not part of a footprint, unless they have the label of what a build writes.
    w.write("out/namespaces/main/mine.yaml", pod.replace("shop:a", "shop:x").replace("pleach.dev/project", "project"));
    write(&w, &branches(&[("login", "b"), ("main", "p")]));
    w.run(&["build", "--keep-unmanaged"]).exits(0);
    assert_eq!(tags(&w, &[]), "m n o");
}

/// A workspace whose spec has databases.
struct DatabaseWorkspace(Workspace);

impl DatabaseWorkspace {
    fn build(&self, mode: &str, branches: &str) {
        let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbaseline: main\n";
        let branches = branches.replace("{name", "\n- {name");
        let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: database}\ndata: {{ database }}\n";
        self.0.write("base/database.yaml.j2", config);
        self.0.write("branches.yaml", format!("{spec}database: {{mode: {mode}, name: shop}}\nbranches:{branches}\n"));
        self.0.run(&["build"]).exits(0);
        self.0.run(&["check"]).exits(0);
    }

    /// The lines of `teardown --format script` that drop databases.
    fn drops(&self, args: &[&str]) -> Vec<String> {
        let script = self.0.run(&[&["teardown", "--format", "script"], args].concat()).exits(0).out();
        script.lines().filter(|line| line.starts_with("drop_database ")).map(str::to_owned).collect()
    }
}

#[test]
fn an_unreadable_file_of_the_base_revision_that_a_build_has_replaced_is_no_error() {
    let w = workspace(&branches(&[("login", "a")]));
    let pod = w.read("out/namespaces/login/50-pod-web.yaml");
    w.write("out/namespaces/login/50-pod-web.yaml", format!("<<<<<<< HEAD\n{pod}=======\n{pod}>>>>>>> other\n"));
    w.commit_all();
    for code in ["output", "history"] {
        let ran = w.run(&["build", "--base", "HEAD"]).exits(0);
        assert!(ran.err().starts_with(&format!("warning[{code}]: ")) && !ran.err().contains("rm "), "{}", ran.err());
    }
    w.run(&["check", "--strict", "--base", "HEAD"]).exits(0);
}

#[test]
fn a_replaced_database_is_listed() {
    let w = DatabaseWorkspace(Workspace::small());
    let main = "{name: main, database: {mode: shared}}";
    w.build("schema", &format!("{main}{{name: login}}"));
    assert_eq!(w.drops(&[]), [""; 0]);
    w.build("schema", &format!("{main}{{name: login, database: {{mode: database}}}}"));
    assert_eq!(w.drops(&[]), ["drop_database 'schema' 'shop' 'shop_login'"]);
    assert_eq!(w.drops(&["--removed"]), [""; 0]);
    assert_eq!(w.0.run(&["teardown"]).exits(0).out(), "login (existing)\n  database   schema shop_login in shop\n");
    let json: serde_json::Value =
        serde_json::from_str(&w.0.run(&["teardown", "--format", "json"]).exits(0).out()).unwrap();
    assert_eq!((&json["plans"][0]["existing"], &json["plans"][0]["branch"]), (&true.into(), &"login".into()));
    assert_eq!(
        json["plans"][0]["databases"],
        serde_json::json!([{"kind": "schema", "instance": "shop", "name": "shop_login"}])
    );
    w.build("schema", &format!("{main}{{name: login, database: {{mode: shared}}}}"));
    let both = ["database", "schema"].map(|kind| format!("drop_database '{kind}' 'shop' 'shop_login'"));
    assert_eq!(w.drops(&[]), both);
    w.build("schema", &format!("{main}{{name: login}}"));
    assert_eq!(w.drops(&[]), both[..1], "the schema is in use again");
}

#[test]
fn databases_of_the_spec_are_listed_with_their_branches() {
    let w = DatabaseWorkspace(Workspace::small());
    let main = "{name: main, database: {mode: shared}}";
    let both = "{name: feature/login}{name: search, database: {mode: database}}";
    w.build("schema", &format!("{main}{both}"));
    let slug = "feature-login-df7c7aeb";
    let namespace = w.0.read(&format!("out/namespaces/{slug}/00-namespace-shop-{slug}.yaml"));
    assert!(namespace.contains("pleach.dev/database: schema/shop/shop_feature_login_df7c7aeb\n"), "{namespace}");
    w.build("schema", main);
    let plan = w.0.read(&format!("out/teardown/{slug}.yaml"));
    let database = "databases:\n- instance: shop\n  kind: schema\n  name: shop_feature_login_df7c7aeb\n";
    assert!(plan.contains(database) && plan.contains(&format!("namespaces:\n- shop-{slug}\n")), "{plan}");
    let drops = [
        "drop_database 'schema' 'shop' 'shop_feature_login_df7c7aeb'",
        "drop_database 'database' 'shop' 'shop_search'",
    ];
    assert_eq!(
        (w.drops(&[]), w.drops(&["--removed"])),
        (drops.map(str::to_owned).into(), drops.map(str::to_owned).into())
    );
    w.build("schema", &format!("{main}{both}"));
    assert_eq!(w.drops(&[]), [""; 0], "they are in use again");
    assert_eq!(plans(&w.0), [""; 0]);
}
