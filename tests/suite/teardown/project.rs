//! Only what belongs to the project is in teardown plans, whatever the output and its plans contain.

use crate::tests::kit::Workspace;

const BASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: web}}
  template:
    metadata: {labels: {a: web}}
    spec:
      containers: [{name: a, image: app}, {name: db, image: 'postgres:16'}, {name: m, image: 'mirror.example.com/library/redis:7'}]
";

fn spec(workspace: &Workspace, more: &str, branches: &str) {
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: 'shop-{{ branch.slug }}'\n";
    workspace.write("branches.yaml", format!("{head}{more}\nbranches:\n{branches}"));
}

fn workspace(more: &str, branches: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/web.yaml", BASE);
    spec(&workspace, more, branches);
    workspace.run(&["build"]).exits(0);
    workspace
}

/// Builds another spec. Returns the images of all plans.
fn rebuild(workspace: &Workspace, more: &str, branches: &str) -> String {
    spec(workspace, more, branches);
    let built = workspace.run(&["build"]).exits(0);
    assert_eq!(built.err(), "");
    workspace.run(&["check"]).exits(0);
    workspace.run(&["teardown", "--format", "images"]).exits(0).out()
}

const MAIN: &str = "- {name: main, images: {app: 'r.example.com/shop/app:main'}}\n";
const DEFAULTS: &str = "defaults: {images: {app: 'r.example.com/shop/app:main'}}";

#[test]
fn images_of_third_parties_are_not_listed() {
    let release = "- {name: release/2.4, images: {app: 'r.example.com/shop/app:2.4.0'}}\n";
    let w = workspace("", &format!("{MAIN}{release}"));
    assert_eq!(rebuild(&w, "", MAIN), "r.example.com/shop/app:2.4.0\n");
    w.edit("base/web.yaml", "postgres:16", "postgres:17");
    assert_eq!(rebuild(&w, "", MAIN), "r.example.com/shop/app:2.4.0\n");
    // The last branch with an image of its own is removed: the default has the repository.
    let w = workspace(DEFAULTS, &format!("- name: main\n{release}"));
    assert_eq!(rebuild(&w, DEFAULTS, "- name: main\n"), "r.example.com/shop/app:2.4.0\n");
}

#[test]
fn an_image_in_a_repository_that_nothing_sets_any_more_is_reported() {
    let release = "- {name: release/2.4, images: {app: 'r.example.com/shop/app:2.4.0'}}\n";
    let main = "- {name: main, images: {app: docker.io/library/other}}\n";
    for (more, want) in [
        ("", "warning"),
        ("cleanup: {images: {repositories: [r.example.com/shop/app]}}", "listed"),
        ("cleanup: {images: {keep: [r.example.com/shop/app]}}", ""),
    ] {
        let w = workspace("", &format!("- name: main\n{release}"));
        spec(&w, more, main);
        let warnings = w.run(&["build"]).exits(0).err();
        let text = "warning[output]: no teardown plan lists the image `r.example.com/shop/app:2.4.0`, because no branch of the \
                    spec sets its repository\n  = branch: `release/2.4`\n";
        let help =
            "add `r.example.com/shop/app` to `cleanup.images.repositories`, otherwise to `cleanup.images.keep`\n";
        for part in [text, help] {
            assert_eq!(warnings.contains(part), want == "warning", "{more}: {warnings}");
        }
        assert_eq!(
            warnings.contains("warning"),
            want == "warning",
            "images that `main` has too are not reported: {warnings}"
        );
        let images = w.run(&["teardown", "--format", "images"]).exits(0).out();
        assert_eq!(images == "r.example.com/shop/app:2.4.0\n", want == "listed", "{more}: {images}");
    }
}

#[test]
fn an_image_that_all_branches_get_from_defaults_is_not_reported() {
    let defaults = |tag: &str| {
        format!("defaults: {{images: {{app: 'r.example.com/shop/app:1', m: 'r.example.com/other/m:{tag}'}}}}")
    };
    let removed = |tag: &str| {
        let w = Workspace::empty();
        w.write("base/web.yaml", BASE.replace("mirror.example.com/library/redis:7", "m"));
        spec(&w, &defaults("1"), "- name: a\n- name: b\n");
        w.run(&["build"]).exits(0);
        spec(&w, &defaults(tag), "");
        w.run(&["build", "--allow-delete", "2"]).exits(0).err()
    };
    assert_eq!(removed("1"), "");
    // Another version is reported once, and nothing in the output needs to be changed.
    let warning = removed("2");
    let want = "warning[output]: no teardown plan lists the image `r.example.com/other/m:1`, because no branch of the spec sets \
                its repository\n  = branches: `a`, `b`\n";
    assert!(warning.starts_with(want) && warning.matches("warning").count() == 1, "{warning}");
    assert!(!warning.contains("rm "), "{warning}");
}

#[test]
fn the_sample_is_removed_without_warnings() {
    let w = Workspace::sample();
    w.shell("sed -i -e '/^baseline:/d' -e '/^branches:/,$d' branches.yaml && echo 'branches: []' >>branches.yaml");
    w.run(&["build", "--strict", "--allow-delete", "6"]).exits(0);
}

#[test]
fn a_tag_does_not_make_the_repository_of_a_manifest_one_of_the_project() {
    let tag = "- {name: a, images: {mirror.example.com/library/redis: ':6'}}\n";
    let w = workspace("", &format!("{MAIN}{tag}"));
    spec(&w, "", MAIN);
    let warnings = w.run(&["build"]).exits(0).err();
    assert!(warnings.contains("no teardown plan lists the image `mirror.example.com/library/redis:6`"), "{warnings}");
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), "");
    let w = workspace(DEFAULTS, "- name: main\n- {name: a, images: {app: ':1'}}\n- {name: b, images: {app: ':2'}}\n");
    assert_eq!(rebuild(&w, DEFAULTS, "- name: main\n- {name: b, images: {app: ':2'}}\n"), "r.example.com/shop/app:1\n");
}

#[test]
fn a_tag_of_an_image_of_the_manifests_with_the_name_of_the_project_is_listed() {
    let image = "r.example.com/shop/app";
    for defaults in ["", &format!("defaults: {{images: {{{image}: ':main'}}}}")] {
        let tagged = |tag: &str| {
            format!("- {{name: main, images: {{{image}: ':main'}}}}\n- {{name: a, images: {{{image}: ':{tag}'}}}}\n")
        };
        let new = || {
            let w = Workspace::empty();
            w.write("base/web.yaml", BASE.replace("image: app", &format!("image: {image}")));
            spec(&w, defaults, &tagged("1"));
            w.run(&["build"]).exits(0);
            w
        };
        assert_eq!(rebuild(&new(), defaults, &tagged("2")), "r.example.com/shop/app:1\n", "{defaults:?}");
        let main = format!("- {{name: main, images: {{{image}: ':main'}}}}\n");
        assert_eq!(rebuild(&new(), defaults, &main), "r.example.com/shop/app:1\n", "{defaults:?}");
    }
    // Only the history has the last branch that set the tag.
    let w = workspace("", "- name: main\n");
    w.write("base/web.yaml", BASE.replace("image: app", &format!("image: {image}")));
    let branches = format!("- name: main\n- {{name: a, images: {{{image}: ':1'}}}}\n");
    rebuild(&w, "", &branches);
    w.commit_all();
    w.shell("git update-ref refs/remotes/origin/main HEAD");
    assert_eq!(rebuild(&w, "", "- name: main\n"), "r.example.com/shop/app:1\n");
}

#[test]
fn a_repository_of_defaults_counts_only_with_the_name_of_the_project() {
    let defaults = |tag: &str| {
        let image = "mirror.example.com/library/redis";
        format!("defaults: {{images: {{'{image}': '{image}:{tag}', app: 'r.example.com/shop/app:main'}}}}")
    };
    let branches = "- name: main\n- name: a\n";
    let w = workspace(&defaults("7"), branches);
    w.commit_all();
    for (spec, list) in
        [(&defaults("8"), branches), (&defaults("8"), "- name: main\n"), (&defaults("8"), "- name: main\n")]
    {
        assert_eq!(rebuild(&w, spec, list), "", "the history has the image of a removed branch");
        w.shell("git add -A && git commit -q --allow-empty -m change && git update-ref refs/remotes/origin/main HEAD");
    }
    // A branch that sets the tag only.
    let tag = |name: &str| format!("- name: main\n- {{name: a, images: {{{name}: ':1'}}}}\n");
    let w = workspace(&defaults("7"), &tag("mirror.example.com/library/redis"));
    spec(&w, &defaults("7"), "- name: main\n");
    let warnings = w.run(&["build"]).exits(0).err();
    assert!(warnings.contains("no teardown plan lists the image `mirror.example.com/library/redis:1`"), "{warnings}");
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), "");
    let w = workspace(&defaults("7"), &tag("app"));
    assert_eq!(rebuild(&w, &defaults("7"), "- name: main\n"), "r.example.com/shop/app:1\n");
    // The name of the project in that of the registry is not enough.
    let registry = "defaults: {images: {app: 'shop.example.com/other/app:main'}}";
    let w = workspace(registry, &tag("app"));
    spec(&w, registry, "- name: main\n");
    w.run(&["build"]).exits(0);
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), "");
}

#[test]
fn an_image_that_only_the_defaults_set_is_not_listed_when_it_is_replaced() {
    let defaults = |tag: &str| format!("defaults: {{images: {{'postgres': 'mirror.example.com/postgres:{tag}'}}}}");
    let w = workspace(&defaults("16"), MAIN);
    assert_eq!(rebuild(&w, &defaults("17"), MAIN), "");
    // Nobody but Docker owns an official image, whoever sets it.
    let official = |tag: &str| {
        format!("- {{name: main, images: {{app: 'r.example.com/shop/app:main', postgres: 'postgres:{tag}'}}}}\n")
    };
    let w = workspace("", &official("1"));
    assert_eq!(rebuild(&w, "", &official("2")), "");
}

#[test]
fn sync_and_cleanup_name_repositories_too() {
    let removed = "- {name: a, images: {app: 'r.example.com/shop/app:1'}}\n";
    let main = "- {name: main, images: {app: 'other.example.com/x:1'}}\n";
    for more in [
        "sync: {images: {app: 'r.example.com/{{ project }}/app:{{ branch.tag }}'}}",
        "cleanup: {images: {repositories: [r.example.com/shop/app]}}",
        "cleanup: {images: {repositories: ['r.example.com/sh*']}}",
    ] {
        let w = workspace(more, &format!("{main}{removed}"));
        assert_eq!(rebuild(&w, more, main), "r.example.com/shop/app:1\n", "{more}");
    }
    let more = "cleanup: {images: {repositories: [r.example.com/shop/ap, r.example.com/shop, 'mirror.example.com/*']}}";
    let w = workspace(more, &format!("{main}{removed}"));
    w.edit("base/web.yaml", "redis:7", "redis:8");
    spec(&w, more, main);
    w.run(&["build"]).exits(0);
    assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out(), "mirror.example.com/library/redis:7\n");
}

#[test]
fn patterns_keep_images() {
    let removed = |tag: &str| format!("- {{name: a, images: {{app: 'r.example.com/shop/app:{tag}'}}}}\n");
    for (pattern, tag, is_kept) in [
        ("*:release-*", "release-1", true),
        ("*:release-*", "a-release-1", false),
        ("r.example.com/shop/app", "1", true),
        ("r.example.com/shop", "1", false),
        ("r.example.com/*", "1", true),
        ("r.example.com/shop/app:?", "1", true),
    ] {
        let more = format!("cleanup: {{images: {{keep: ['{pattern}']}}}}");
        let w = workspace(&more, &format!("{MAIN}{}", removed(tag)));
        assert_eq!(rebuild(&w, &more, MAIN).is_empty(), is_kept, "{pattern} {tag}");
        // A pattern that is added later removes the entry from the plan.
        let w = workspace("", &format!("{MAIN}{}", removed(tag)));
        assert!(!rebuild(&w, "", MAIN).is_empty());
        spec(&w, &more, MAIN);
        assert_eq!(w.run(&["teardown", "--format", "images"]).exits(0).out().is_empty(), is_kept, "{pattern} {tag}");
        assert_eq!(rebuild(&w, &more, MAIN).is_empty(), is_kept, "{pattern} {tag}");
    }
}

/// A plan that somebody else wrote, with one entry.
fn plan(project: &str, entry: &str) -> String {
    format!("apiVersion: pleach/v1\nkind: TeardownPlan\nproject: {project}\nbranch: old\n{entry}\n")
}

#[test]
fn a_plan_with_names_of_others_is_refused() {
    let w = workspace("", MAIN);
    w.write(
        "base/db.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db}\ndata: {name: '{{ database.name if database is defined }}'}\n",
    );
    spec(&w, "database: {mode: database, name: shop_db}", MAIN);
    w.run(&["build"]).exits(0);
    let before = w.files("out");
    w.write("out/teardown/zzz.yaml", plan("shop", "images: []").replace("branch: old", "branch: old..new"));
    let errors = w.run(&["teardown"]).exits(2).err();
    assert!(
        errors.contains("`old..new` is not the name of a branch: it contains `..`\n --> out/teardown/zzz.yaml:4:9"),
        "{errors}"
    );
    for (project, entry, line) in [
        ("other", "namespaces: [shop-zzz]", 3),
        ("shop", "namespaces:\n- shop-zzz\n- kube-system", 7),
        ("shop", "namespaces: [default]", 5),
        ("shop", "namespaces: [other-project-main]", 5),
        ("shop", "namespaces: [zzz]", 5),
        ("shop", "namespaces: [shop-other]", 5),
        (
            "shop",
            "clusterObjects:\n- {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, name: cluster-admin}",
            6,
        ),
        (
            "shop",
            "clusterObjects:\n- {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, name: certificates.cert-manager.io}",
            6,
        ),
        ("shop", "databases:\n- {instance: prod, kind: database, name: customers}", 6),
        ("shop", "databases:\n- {instance: shop_db, kind: database, name: shop_db}", 6),
        ("shop", "databases:\n- {instance: shop_db, kind: database, name: shop_db_other}", 6),
        ("shop", "databases:\n- {instance: prod, kind: database, name: customers_zzz}", 6),
        ("shop", "databases:\n- {instance: prod, kind: database, name: shop_orders_zzz}", 6),
        ("shop", "databases:\n- {instance: shop_db, kind: database, name: shop_db_prod_zzz}", 6),
        ("shop", "databases:\n- {instance: shop_db, kind: database, name: shop_orders_zzz}", 6),
        ("shop", "clusterObjects:\n- {apiVersion: v1, kind: ClusterRole, name: shop-deployer}", 6),
        ("shop", "clusterObjects:\n- {apiVersion: v1, kind: Secret, name: shop-zzz, namespace: shop-main}", 6),
        ("shop", "clusterObjects:\n- {apiVersion: v1, kind: Secret, name: tls, namespace: istio-system}", 6),
        ("shop", "clusterObjects:\n- {apiVersion: apps/v1, kind: DaemonSet, name: zzz, namespace: kube-system}", 6),
        ("shop", "clusterObjects:\n- {apiVersion: v1, kind: ClusterRole, name: view-zzz}", 6),
        ("shop", "images:\n- registry.example.com/prod/api:1.0", 6),
        ("shop", "images:\n- \"r.example.com/shop/app:a'$(touch${IFS}hostile)'\"", 6),
        ("shop", "images: ['postgres:16']", 5),
        ("shop", "imagesInUse: [registry.example.com/prod/api:1.0]", 5),
        ("shop", "dns: [{zone: dev.example.com, name: www.example.com}]", 5),
    ] {
        w.write("out/teardown/zzz.yaml", plan(project, entry));
        for format in ["text", "script"] {
            let ran = w.run(&["teardown", "--format", format]).exits(2);
            assert!(
                ran.out().is_empty() && ran.err().contains(&format!("--> out/teardown/zzz.yaml:{line}:")),
                "{entry}: {}",
                ran.err()
            );
            assert!(ran.err().contains("help: if pleach has not written this, "), "{entry}: {}", ran.err());
        }
        let ran = w.run(&["build"]).exits(2);
        let place = format!("--> out/teardown/zzz.yaml:{line}:");
        let help = "help: if pleach has not written this, restore the file (`git checkout -- out/teardown/zzz.yaml`)";
        assert!(ran.err().contains(&place) && ran.err().contains(help), "{entry}: {}", ran.err());
        std::fs::remove_file(w.path().join("out/teardown/zzz.yaml")).unwrap();
        w.run(&["build"]).exits(0);
        assert_eq!(w.files("out"), before, "{entry}");
    }
    // What the spec derives for the slug is accepted, and kept as it is.
    for entry in [
        "namespaces: [shop-zzz]",
        "namespaces: [shop-preview-zzz]",
        "clusterObjects: [{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, name: 'shop:zzz'}]",
        "databases: [{instance: shop_db, kind: schema, name: shop_db_zzz}]",
        "images: ['r.example.com/shop/app:1']",
    ] {
        w.write("out/teardown/zzz.yaml", plan("shop", entry));
        w.run(&["build"]).exits(0);
        assert!(w.path().join("out/teardown/zzz.yaml").exists(), "{entry}");
        assert_ne!(w.run(&["teardown"]).exits(0).out(), "nothing to tear down\n", "{entry}");
        w.run(&["build", "--prune"]).exits(0);
    }
    // `cleanup` names what the spec does not derive.
    let more =
        "cleanup: {namespaces: [old-*], databases: [database/prod/customers_*], objects: [ClusterRole/cluster-x]}";
    spec(&w, more, MAIN);
    for entry in [
        "namespaces: [old-zzz]",
        "databases: [{instance: prod, kind: database, name: customers_zzz}]",
        "clusterObjects: [{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, name: cluster-x}]",
    ] {
        w.write("out/teardown/zzz.yaml", plan("shop", entry));
        assert_ne!(w.run(&["teardown"]).exits(0).out(), "nothing to tear down\n", "{entry}");
        w.run(&["build"]).exits(0);
    }
}

#[test]
fn names_of_others_in_the_output_are_not_adopted() {
    let w = workspace("", MAIN);
    let evil = |object: &str| {
        w.write("out/namespaces/evil/00-x.yaml", object);
        w.write(
            "out/namespaces/evil/pleach.lock",
            "apiVersion: pleach/v1\nkind: Lock\nbranch: evil\nfiles:\n- 00-x.yaml\n",
        );
    };
    let namespace = |name: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n");
    for (object, what) in [
        (namespace("payments"), "the namespace `payments`"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: shop-evil\n  annotations: {pleach.dev/database: database/prod/customers}\n".to_owned(), "the database `database/prod/customers`"),
    ] {
        evil(&object);
        let ran = w.run(&["build"]).exits(2);
        let err = ran.err();
        assert!(err.contains(&format!("{what} is not known to belong")), "{err}");
        assert!(err.contains("\n --> out/namespaces/evil/00-x.yaml:1:1\n"), "{err}");
        assert!(!w.path().join("out/teardown").exists());
    }
    evil(&namespace("kube-system"));
    w.run(&["build"]).exits(0);
    assert!(!w.path().join("out/teardown").exists(), "it is never listed");
    evil("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: cluster-admin}\n");
    let ran = w.run(&["build"]).exits(0);
    assert!(
        ran.err().contains("warning[output]: the ClusterRole `cluster-admin`")
            && ran.err().contains("\n --> out/namespaces/evil/00-x.yaml:1:1\n"),
        "{}",
        ran.err()
    );
    assert!(!w.path().join("out/teardown").exists(), "it is not listed");
    evil(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop-evil}\nspec: {containers: [{name: a, image: 'registry.example.com/prod/api:1'}]}\n",
    );
    w.run(&["build"]).exits(0);
    assert!(!w.path().join("out/teardown").exists(), "its image is not listed");
}

#[test]
fn a_plan_with_names_of_others_at_a_commit_is_of_the_base_revision() {
    let w = workspace("", MAIN);
    w.write("out/teardown/zzz.yaml", plan("shop", "namespaces: [default]"));
    w.commit_all();
    assert_eq!(w.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    let error = w.run(&["build"]).exits(2).err();
    assert!(error.contains("\n --> out/teardown/zzz.yaml:5:14\n"), "{error}");
    assert!(error.contains("note: this is the file of the base revision\n"), "{error}");
    assert!(
        error.contains("help: if the project has not written this, delete the file (`rm out/teardown/zzz.yaml`)"),
        "{error}"
    );
}
