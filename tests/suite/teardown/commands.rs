//! Teardown plans on the disk and on the command line: what is written, what is refused, and every report format.

use crate::tests::kit::Workspace;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// Three branches, each with an image, a cluster role and a database.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    let branch = |name: &str| format!("- {{name: {name}, values: {{image: 'r.example.com/shop/{name}:1'}}}}\n");
    workspace.write(
        "branches.yaml",
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{{{ branch.slug }}}}.dev.example.com']\n\
             zones: {{dev.example.com: {{ttl: 60, CNAME: [ingress.example.net]}}}}\n\
             cleanup: {{images: {{repositories: ['r.example.com/shop/*']}}, namespaces: ['team-*'], databases: ['schema/main/shop_*']}}\nbranches:\n{}{}{}",
            branch("main"),
            branch("login"),
            branch("search")
        ),
    );
    workspace.write(
        "base/app.yaml.j2",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations: {pleach.dev/database: 'schema/main/shop_{{ branch.slug }}'}\n\
         spec:\n  containers: [{name: web, image: '{{ values.image }}'}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'shop:{{ branch.slug }}'}\nrules: []\n---\n\
         apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: 'shop-{{ branch.slug }}'}\n",
    );
    workspace.run(&["build"]).exits(0);
    workspace
}

fn remove(workspace: &Workspace, name: &str) {
    let text = workspace.read("branches.yaml");
    let lines = text.lines().filter(|line| !line.starts_with(&format!("- {{name: {name},")));
    workspace.write("branches.yaml", lines.map(|line| format!("{line}\n")).collect::<String>());
}

#[test]
fn a_plan_is_written_kept_withdrawn_and_pruned() {
    let workspace = workspace();
    let spec = workspace.read("branches.yaml");
    let before = workspace.files("out");
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
    remove(&workspace, "login");
    let output = workspace.run(&["check"]).exits(1).out();
    assert!(output.contains("missing    out/teardown/login.yaml\n"), "{output}");
    let output = workspace.run(&["build"]).exits(0).out();
    assert_eq!(output, "built 2 branches into `out`: 2 files written, 12 unchanged, 5 removed\n");
    let removed = workspace.files("out");
    for command in [&["build"][..], &["check"], &["diff"]] {
        workspace.run(command).exits(0);
        assert_eq!(workspace.files("out"), removed, "{command:?}");
    }
    workspace.write("branches.yaml", &spec);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out"), before);

    remove(&workspace, "login");
    workspace.run(&["build", "--prune"]).exits(0);
    assert_eq!(workspace.files("out"), removed, "new entries are not pruned");
    remove(&workspace, "search");
    workspace.run(&["build", "--prune"]).exits(0);
    let names: Vec<String> = workspace.files("out/teardown").into_keys().collect();
    assert_eq!(names, ["search.yaml"]);
    workspace.run(&["check"]).exits(0);
    workspace.run(&["build", "--prune"]).exits(0);
    assert!(!workspace.path().join("out/teardown").exists());
    workspace.run(&["check"]).exits(0);
}

#[test]
fn replaced_namespaces_are_found_on_the_disk() {
    let workspace = workspace();
    let before = workspace.files("out");
    workspace.edit("branches.yaml", "project: shop\n", "project: shop\nnamespace: 'team-{{ branch.slug }}'\n");
    workspace.run(&["build", "--only", "login"]).exits(0);
    workspace.run(&["build"]).exits(0);
    assert_eq!(
        workspace.run(&["build"]).exits(0).out(),
        "built 3 branches into `out`: 0 files written, 21 unchanged, 0 removed\n"
    );
    workspace.run(&["check"]).exits(0);
    let kubectl = workspace.run(&["teardown", "--format", "kubectl"]).exits(0).out();
    let names: Vec<&str> = kubectl.lines().filter_map(|line| line.strip_prefix("  name: ")).collect();
    assert_eq!(
        names,
        ["shop-login", "shop-main", "shop-search"],
        "the branches still use their cluster-scoped objects"
    );
    workspace.edit("branches.yaml", "namespace: 'team-{{ branch.slug }}'\n", "");
    workspace.run(&["build", "--prune"]).exits(0);
    let kubectl = workspace.run(&["teardown", "--format", "kubectl"]).exits(0).out();
    assert!(kubectl.contains("  name: team-main\n") && !kubectl.contains("  name: shop-main\n"), "{kubectl}");
    workspace.run(&["build", "--prune"]).exits(0);
    assert_eq!(workspace.files("out"), before);
}

#[test]
fn shards_on_separate_machines_equal_one_build() {
    let (whole, shards) = (many(12), [many(12), many(12), many(12)]);
    let allowed = ["--allow-delete", "5", "--allow-delete-names", "5"];
    spec(&whole, 0..7, "");
    whole.run(&[&["build"], &allowed[..]].concat()).exits(0);
    let mut union = BTreeMap::new();
    for (workspace, shard) in shards.iter().zip(["1/3", "2/3", "3/3"]) {
        let before = workspace.files("out");
        spec(workspace, 0..7, "");
        workspace.run(&["build", "--shard", shard]).exits(3);
        workspace.run(&[&["build", "--shard", shard], &allowed[..]].concat()).exits(0);
        let after = workspace.files("out");
        union.extend(after.into_iter().filter(|(path, content)| before.get(path) != Some(content)));
    }
    let before = many(12).files("out");
    let changed = whole.files("out").into_iter().filter(|(path, content)| before.get(path) != Some(content));
    assert_eq!(union, changed.collect());
    assert_eq!(union.keys().filter(|path| path.starts_with("teardown/")).count(), 5);
}

#[test]
fn plans_are_reported_in_every_format() {
    let workspace = workspace();
    remove(&workspace, "login");
    remove(&workspace, "search");
    workspace.run(&["build"]).exits(0);
    let shown = |format: &str| workspace.run(&["teardown", "--format", format, "--only", "login"]).exits(0).out();
    let want = "\
login
  namespace  shop-login
  object     ValidatingWebhookConfiguration shop-login
  object     ClusterRole shop:login
  dns        login.dev.example.com
  database   schema shop_login in main
  image      r.example.com/shop/login:1
";
    assert_eq!(shown("text"), want);
    let want = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: shop-login
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: shop:login
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop-login
";
    assert_eq!(shown("kubectl"), want);
    let json: serde_json::Value = serde_json::from_str(&shown("json")).unwrap();
    let want = serde_json::json!({"apiVersion": "pleach/v1", "kind": "TeardownPlanList", "plans": [{
        "branch": "login",
        "slug": "login",
        "existing": false,
        "namespaces": ["shop-login"],
        "clusterObjects": [
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "name": "shop-login"},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "name": "shop:login"},
        ],
        "dns": [{"name": "login.dev.example.com", "zone": "dev.example.com"}],
        "databases": [{"kind": "schema", "instance": "main", "name": "shop_login"}],
        "images": ["r.example.com/shop/login:1"],
    }]});
    assert_eq!(json, want);
    let images = workspace.run(&["teardown", "--format", "images"]).exits(0).out();
    assert_eq!(images, "r.example.com/shop/login:1\nr.example.com/shop/search:1\n");
    let script = workspace.run(&["teardown", "--format", "script"]).exits(0).out();
    let want = "
# login
drop_database 'schema' 'main' 'shop_login'
delete_image 'r.example.com/shop/login' 'r.example.com/shop/login:1'

# search
drop_database 'schema' 'main' 'shop_search'
delete_image 'r.example.com/shop/search' 'r.example.com/shop/search:1'

finish
}

main
";
    assert!(script.starts_with("#!/bin/sh\n") && script.ends_with(want), "{script}");
    // Without plans, the script needs no variables.
    std::fs::remove_dir_all(workspace.path().join("out/teardown")).unwrap();
    let script = workspace.run(&["teardown", "--format", "script"]).exits(0).out();
    assert_eq!(sh(&workspace, &script, &[]), (0, String::new(), String::new()));
    let shown = |format: &str| workspace.run(&["teardown", "--format", format]).exits(0).out();
    for (format, nothing) in [("kubectl", ""), ("images", "")] {
        assert_eq!(shown(format), nothing);
    }
    assert!(shown("json").ends_with("\"plans\": []\n}\n"));
}

/// Runs a script. Returns its status, standard output and standard error.
fn sh(workspace: &Workspace, script: &str, env: &[(&str, &str)]) -> (i32, String, String) {
    let mut child = Command::new("sh")
        .current_dir(workspace.path())
        .env_remove("DROP_DATABASE")
        .env_remove("DELETE_IMAGE")
        .env_remove("RESOLVE_IMAGE")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

/// A plan with texts that try to inject commands.
fn hostile(branch: &str, name: &str, image: &str) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    format!(
        "apiVersion: pleach/v1\nkind: TeardownPlan\nproject: shop\nbranch: {}\ndatabases:\n- {{kind: schema, instance: main, name: {}}}\nimages: [{}]\n",
        quoted(branch),
        quoted(name),
        quoted(image)
    )
}

#[test]
fn no_text_can_inject_a_command_into_the_script() {
    let workspace = workspace();
    workspace.edit("branches.yaml", "['schema/main/shop_*']", "['schema/main/a*', 'database/main/a*']");
    let name = "a'b\"c$(touch${IFS}pwned)`touch${IFS}pwned`\\';touch${IFS}pwned;'#*";
    let image = "r.example.com/shop/x:1";
    workspace.write("out/teardown/x.yaml", hostile("b';touch${IFS}pwned;#", name, image));
    let script = workspace.run(&["teardown", "--format", "script"]).exits(0).out();
    workspace.write("script.sh", &script);
    let checked = Command::new("sh").args(["-n", "script.sh"]).current_dir(workspace.path()).status().unwrap();
    assert!(checked.success());
    workspace.write("print.sh", "for word in \"$@\"; do printf '%s|' \"$word\"; done\necho\n");
    let digest = format!("sha256:{}", "a".repeat(64));
    workspace.write("resolve.sh", format!("echo {digest}\n"));
    let resolve = ("RESOLVE_IMAGE", "sh resolve.sh");
    let print = [("DROP_DATABASE", "sh print.sh drop"), ("DELETE_IMAGE", "sh print.sh delete"), resolve];
    let (status, out, err) = sh(&workspace, &script, &print);
    assert_eq!((status, err.as_str()), (0, ""));
    let name_of_image = "r.example.com/shop/x";
    let want = format!("drop|schema|main|{name}|\ndelete|{name_of_image}@{digest}|\ndeleted: {image}\n");
    assert_eq!(out, want);
    assert!(!workspace.path().join("pwned").exists());
    // If a variable is missing, nothing runs.
    for missing in 0..print.len() {
        let (name, mut rest) = (print[missing].0, print.to_vec());
        rest.remove(missing);
        let (status, out, err) = sh(&workspace, &script, &rest);
        assert!(status != 0 && out.is_empty() && err.contains(name), "{name}: {out} {err}");
    }
    // Texts that are not valid in all formats are refused, with their source location.
    for (branch, name, image, line) in [
        ("x\ntouch pwned", "a", "b", 4),
        ("x", "a\nb", "c", 6),
        ("x", "a", "b\nc", 7),
        ("x", "a", "--all", 7),
        ("x", "-a", "b", 6),
        ("x", "a", "", 7),
        ("x", "a", "b c", 7),
    ] {
        workspace.write("out/teardown/x.yaml", hostile(branch, name, image));
        for format in ["text", "kubectl", "images", "json", "script"] {
            let ran = workspace.run(&["teardown", "--format", format]).exits(2);
            let place = format!("--> out/teardown/x.yaml:{line}:");
            assert!(ran.out().is_empty() && ran.err().contains(&place), "{branch:?} {name:?} {image:?}: {}", ran.err());
        }
    }
}

#[test]
fn what_is_in_use_after_a_merge_is_not_reported() {
    let workspace = workspace();
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    // The merge of another pull request, in which a branch uses the image.
    workspace.edit("out/namespaces/main/50-pod-web.yaml", "r.example.com/shop/main:1", "r.example.com/shop/login:1");
    let ran = workspace.run(&["teardown", "--format", "images"]).exits(0);
    assert_eq!(ran.out(), "");
    assert!(
        ran.err().contains("warning[output]: an existing branch uses part of the footprint of `login`"),
        "{}",
        ran.err()
    );
    assert!(workspace.run(&["teardown", "--format", "kubectl"]).exits(0).out().contains("  name: shop-login\n"));
    workspace.write("out/namespaces/main/50-pod-web.yaml", "<<<<<<< HEAD\n- a: [\n");
    let ran = workspace.run(&["teardown", "--format", "images"]).exits(2);
    assert!(
        ran.out().is_empty() && ran.err().contains("cannot read `out/namespaces/main/50-pod-web.yaml`"),
        "{}",
        ran.err()
    );
}

/// `out` may be older than the spec and the templates, or damaged, so that it does not show what a branch uses.
#[test]
fn what_a_build_uses_is_not_shown() {
    let workspace = workspace();
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    workspace.edit("branches.yaml", "shop/main:1", "shop/login:1");
    let shown = || {
        let ran = workspace.run(&["teardown", "--format", "images"]).exits(0);
        assert!(ran.err().contains("an existing branch uses part of the footprint of `login`"), "{}", ran.err());
        ran.out()
    };
    assert_eq!(shown(), "");
    workspace.write("out/namespaces/main/50-pod-web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n");
    assert_eq!(shown(), "");
    fs::remove_dir_all(workspace.path().join("out/namespaces")).unwrap();
    assert_eq!(shown(), "");
}

#[test]
fn what_a_branch_that_cannot_be_built_uses_must_be_in_the_output() {
    let workspace = workspace();
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    workspace.edit("branches.yaml", "{image: 'r.example.com/shop/main:1'}", "{}");
    workspace.run(&["teardown"]).exits(0);
    fs::remove_file(workspace.path().join("out/namespaces/main/pleach.lock")).unwrap();
    let ran = workspace.run(&["teardown"]).exits(2);
    let want = "cannot read `out/namespaces/main/pleach.lock`, so what its branch uses is unknown";
    assert!(ran.out().is_empty() && ran.err().contains(want), "{}", ran.err());
}

/// A namespace with an object of another branch, and a database that its configuration names.
#[test]
fn what_an_existing_branch_needs_is_not_shown() {
    let workspace = workspace();
    let config = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-{{ branch.slug }}\n  \
                  namespace: shop-login\n  annotations: {pleach.dev/namespace: keep}\ndata: {url: 'postgres://db/shop_login?a'}\n";
    workspace.write("base/app.yaml.j2", workspace.read("base/app.yaml.j2") + config);
    workspace.run(&["build"]).exits(0);
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    assert!(workspace.read("out/teardown/login.yaml").contains("shop_login"));
    let shown = workspace.run(&["teardown"]).exits(0);
    assert!(!shown.out().contains("namespaces") && !shown.out().contains("shop_login"), "{}", shown.out());
    assert!(shown.out().contains("shop:login") && shown.err().contains("part of the footprint"), "{}", shown.err());
}

#[test]
fn what_a_missing_file_uses_is_unknown() {
    let workspace = workspace();
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    let path = "out/namespaces/main/50-pod-web.yaml";
    let used = workspace.read(path).replace("r.example.com/shop/main:1", "r.example.com/shop/login:1");
    let file = workspace.path().join(path);
    let outcome = |kind: &str| {
        for format in ["images", "script"] {
            let ran = workspace.run(&["teardown", "--format", format]).exits(2);
            let is_reported = ran.err().contains(&format!("cannot read `{path}`, so what its branch uses is unknown"));
            assert!(is_reported && ran.out().is_empty(), "{kind}: {}", ran.err());
        }
    };
    workspace.write(path, "\n");
    outcome("empty");
    std::fs::remove_file(&file).unwrap();
    outcome("deleted");
    std::os::unix::fs::symlink("nothing", &file).unwrap();
    outcome("dangling");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    outcome("folder");
    std::fs::remove_dir(&file).unwrap();
    workspace.write(path, used);
    assert_eq!(workspace.run(&["teardown", "--format", "images"]).exits(0).out(), "");
}

#[test]
fn plans_are_owned_and_other_files_are_unmanaged() {
    let workspace = workspace();
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    let plan = workspace.read("out/teardown/login.yaml");
    workspace.write("out/teardown/notes.txt", "mine");
    let output = workspace.run(&["build"]).exits(2).err();
    assert!(output.contains("`out/teardown/notes.txt` is unmanaged"), "{output}");
    std::fs::remove_file(workspace.path().join("out/teardown/notes.txt")).unwrap();
    workspace.write("out/teardown/other.yaml", "kind: Something\n");
    let output = workspace.run(&["check"]).exits(1).out();
    assert!(output.contains("unmanaged  out/teardown/other.yaml\n"), "{output}");
    std::fs::remove_file(workspace.path().join("out/teardown/other.yaml")).unwrap();
    // A selection does not change other plans.
    workspace.run(&["build", "--only", "main"]).exits(0);
    assert_eq!(workspace.read("out/teardown/login.yaml"), plan);
    // A plan that cannot be read is an error.
    workspace.write("out/teardown/login.yaml", format!("<<<<<<< HEAD\n{plan}=======\n{plan}>>>>>>> other\n"));
    let output = workspace.run(&["build"]).exits(2).err();
    let want = "error[output]: the file cannot be read, so the footprint of its branch is unknown: the file has the conflict markers \
                of a merge\n --> out/teardown/login.yaml:1:1\n";
    assert!(output.contains(want), "{output}");
}

/// A workspace of `count` branches, each with a host.
fn many(count: usize) -> Workspace {
    let workspace = Workspace::empty();
    spec(&workspace, 0..count, "");
    workspace.write(
        "base/config.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {key: '{{ values.key }}', name: '{{ branch.name }}'}\n",
    );
    workspace.run(&["build"]).exits(0);
    workspace
}

fn spec(workspace: &Workspace, branches: impl IntoIterator<Item = usize>, more: &str) {
    let branches: String = branches.into_iter().map(|n| format!("- name: b{n}\n")).collect();
    let branches = if branches.is_empty() { "branches: []\n".to_owned() } else { format!("branches:\n{branches}") };
    let hosts = if more.contains("hosts:") { "" } else { "hosts: ['{{ branch.slug }}.dev.example.com']\n" };
    workspace.write(
        "branches.yaml",
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones: {{dev.example.com: {{ttl: 60, CNAME: [ingress.example.net]}}}}\n\
             {hosts}{more}defaults: {{values: {{key: a}}}}\n{branches}"
        ),
    );
}

#[test]
fn too_many_branches_at_once_are_refused() {
    let workspace = many(12);
    let before = workspace.files("out");
    spec(&workspace, 0..8, "");
    let refused = |args: &[&str]| {
        let ran = workspace.run(args).exits(3);
        assert_eq!((ran.out(), workspace.files("out")), (String::new(), before.clone()), "{args:?}");
        ran.err()
    };
    let output = refused(&["build"]);
    assert!(output.contains("error[guard]: 4 of 12 branches in the output would be deleted\n"), "{output}");
    assert!(
        output.contains("these would be deleted: `b10`, `b11`, `b8`, `b9`") && output.contains("`--allow-delete 4`"),
        "{output}"
    );
    for wrong in ["3", "5", "0"] {
        refused(&["build", "--allow-delete", wrong]);
    }
    refused(&["build", "--keep-going"]);
    refused(&["build", "--prune"]);
    for shard in ["1/3", "2/3", "3/3"] {
        let output = refused(&["build", "--shard", shard]);
        assert!(output.contains("4 of 12 branches in the output would be deleted"), "{output}");
    }
    // `check` and `diff` report the changes, and a selection that removes nothing is allowed.
    workspace.run(&["check"]).exits(1);
    workspace.run(&["diff", "--format", "summary"]).exits(1);
    workspace.run(&["build", "--only", "b1"]).exits(0);
    workspace.run(&["build", "--only", "b1", "--allow-delete", "4"]).exits(0);
    // DNS names have their own limit.
    let output = refused(&["build", "--allow-delete", "4"]);
    assert!(output.contains("error[guard]: 4 of 12 names in DNS would be deleted\n"), "{output}");
    assert!(output.contains("`b8.dev.example.com`") && output.contains("`--allow-delete-names 4`"), "{output}");
    refused(&["build", "--allow-delete", "4", "--allow-delete-names", "3"]);
    workspace.run(&["build", "--allow-delete", "4", "--allow-delete-names", "4"]).exits(0);
    assert_eq!(workspace.files("out/teardown").len(), 4);
    // The options are not needed in later builds.
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    spec(&workspace, 0..6, "");
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out/namespaces").keys().filter(|path| path.ends_with("pleach.lock")).count(), 6);
}

#[test]
fn a_truncated_list_of_branches_deletes_nothing() {
    let workspace = many(40);
    let before = workspace.files("out");
    for branches in [0..0, 0..1, 0..27] {
        spec(&workspace, branches.clone(), "");
        for args in [&["build"][..], &["build", "--shard", "1/2"], &["build", "--shard", "2/2"]] {
            let output = workspace.run(args).exits(3).err();
            assert!(output.contains(&format!("{} of 40 branches", 40 - branches.len())), "{output}");
            assert_eq!(workspace.files("out"), before);
        }
    }
    let text = workspace.read("branches.yaml");
    for broken in ["", "branches:\n- name: [", &text[..text.len() / 2]] {
        workspace.write("branches.yaml", broken);
        let status = workspace.run(&["build"]).status();
        assert!(status == 2 || status == 3, "{status}");
        assert_eq!(workspace.files("out"), before);
    }
    std::fs::remove_file(workspace.path().join("branches.yaml")).unwrap();
    workspace.run(&["build"]).exits(2);
    assert_eq!(workspace.files("out"), before);
    spec(&workspace, 0..28, "");
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out/teardown").len(), 12);
}

#[test]
fn too_many_names_at_once_are_refused() {
    let workspace = many(12);
    let before = workspace.files("out");
    // No branch is removed, but all hosts change.
    spec(&workspace, 0..12, "hosts: ['{{ branch.slug }}.new.dev.example.com']\n");
    for args in [&["build"][..], &["build", "--shard", "1/2"], &["build", "--allow-delete-names", "11"]] {
        let output = workspace.run(args).exits(3).err();
        assert!(output.contains("12 of 12 names in DNS") || output.contains("but it would be 12"), "{output}");
        assert_eq!(workspace.files("out"), before);
    }
    workspace.run(&["check"]).exits(1);
    let output = workspace.run(&["build", "--only", "b1", "--only", "b2"]).exits(0).out();
    assert!(output.starts_with("built 2 branches"), "{output}");
    workspace.run(&["build", "--allow-delete-names", "12"]).exits(3);
    workspace.run(&["build", "--allow-delete-names", "10"]).exits(0);
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
}

#[test]
fn one_failed_branch_does_not_affect_the_others() {
    let (workspace, good) = (many(40), many(40));
    let before = workspace.files("out");
    for (w, key) in [(&workspace, "{{ nope if branch.name == 'b7' else 'c' }}"), (&good, "c")] {
        // One branch is removed and all others change; the failed branch also changes its host.
        let hosts = "hosts: ['{{ branch.slug }}{{ values.host }}.dev.example.com']\n";
        spec(w, (0..40).filter(|n| *n != 3), hosts);
        w.edit("branches.yaml", "values: {key: a}", "values: {key: a, host: ''}");
        w.edit("branches.yaml", "- name: b7\n", "- name: b7\n  values: {host: '-new'}\n");
        w.edit("base/config.yaml.j2", "'{{ values.key }}'", key);
    }
    let ran = workspace.run(&["build"]).exits(2);
    assert!(ran.out().is_empty() && ran.err().contains("branch: `b7`"), "{}", ran.err());
    assert_eq!(workspace.files("out"), before, "nothing is written");
    for shard in ["1/2", "2/2"] {
        let ran = workspace.run(&["build", "--shard", shard]);
        assert!(ran.status() == 2 || !ran.err().contains("b7"), "{}", ran.err());
    }
    for (path, content) in &before {
        workspace.write(&format!("out/{path}"), content);
    }
    std::fs::remove_dir_all(workspace.path().join("out/teardown")).unwrap_or_default();
    good.run(&["build"]).exits(0);
    let of_broken = |path: &str| path.contains("/b7/") || path.ends_with("/b7.yaml");
    let split = |files: BTreeMap<String, Vec<u8>>| -> (BTreeMap<_, _>, BTreeMap<_, _>) {
        files.into_iter().partition(|(path, _)| of_broken(path))
    };
    let (_, others) = split(good.files("out"));
    let (last, _) = split(before);
    assert_eq!(last.len(), 4, "a folder of three, and a zone change file");
    for args in [&["build", "--keep-going"][..], &["build", "--keep-going", "--prune", "--base", "."]] {
        let ran = workspace.run(args).exits(2);
        assert!(ran.out().starts_with("built 38 branches"), "{}", ran.out());
        let (stays, built) = split(workspace.files("out"));
        assert_eq!(stays, last, "the last output of the failed branch is kept");
        if args.len() == 2 {
            assert!(built == others, "the others equal a build without errors");
            assert!(built.contains_key("teardown/b3.yaml"));
        }
    }
    // A failed branch that was added again keeps its plan.
    workspace.write("out/teardown/b7.yaml", good.read("out/teardown/b3.yaml").replace("b3", "b7"));
    let plan = workspace.read("out/teardown/b7.yaml");
    workspace.run(&["build", "--keep-going"]).exits(2);
    assert_eq!(workspace.read("out/teardown/b7.yaml"), plan);
}

#[test]
fn an_output_folder_that_does_not_exist_is_an_error() {
    let workspace = Workspace::small();
    let error = |args: &[&str]| workspace.run(&[&["teardown"], args].concat()).exits(2).err();
    assert!(error(&[]).contains("error[usage]: the output folder `out` does not exist"));
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
    assert!(error(&["--output", "ouy"]).contains("error[usage]: the output folder `ouy` does not exist"));
    let output = error(&["--output", "base"]);
    assert!(output.contains("`base`"), "{output}");
    assert_eq!(workspace.shell("mkdir docs"), "");
    assert!(error(&["--output", "docs"]).contains("the output folder `docs` has no output of a build"));
    // Without branches, a build writes no files.
    workspace.write("branches.yaml", "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches: []\n");
    workspace.run(&["build", "--allow-delete", "3"]).exits(0);
    workspace.run(&["build", "--prune"]).exits(0);
    assert_eq!(workspace.shell("rm -rf out"), "");
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
    assert!(error(&["--output", "ouy"]).contains("the output folder `ouy` does not exist"));
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error() {
    let workspace = workspace();
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    for known in ["login", "main", "s*"] {
        workspace.run(&["teardown", "--only", known]).exits(0);
    }
    let error = workspace.run(&["teardown", "--only", "main", "--only", "logni"]).exits(2).err();
    let want = "error[usage]: no teardown plan and no branch matches `logni`\n  = help: did you mean `login`?\n  \
                = help: the plans are of `login`\n";
    assert!(error.starts_with(want), "{error}");
}

#[test]
fn names_in_use_and_those_of_unknown_zones_are_not_shown() {
    let workspace = workspace();
    remove(&workspace, "login");
    workspace.run(&["build"]).exits(0);
    let shown = || workspace.run(&["teardown", "--only", "login"]).exits(0);
    assert!(shown().out().contains("login.dev.example.com"));
    let name = "- name: login.dev.example.com\n";
    workspace.edit("out/teardown/login.yaml", name, &format!("- {{name: www.example.net, zone: example.net}}\n{name}"));
    let (shown, warnings) = (shown().out(), shown().err());
    assert!(!shown.contains("example.net") && shown.contains("login.dev.example.com"), "{shown}");
    assert!(warnings.contains("warning[dns]: the zone `example.net` is not declared, so its names"), "{warnings}");
    // Another branch takes the name over before the next build.
    remove(&workspace, "search");
    let search = "- {name: search, hosts: [login.dev.example.com], values: {image: 'r.example.com/shop/search:1'}}\n";
    workspace.write("branches.yaml", workspace.read("branches.yaml") + search);
    let shown = workspace.run(&["teardown", "--only", "login"]).exits(0).out();
    assert!(!shown.contains("login.dev.example.com") && shown.contains("shop-login"), "{shown}");
}
