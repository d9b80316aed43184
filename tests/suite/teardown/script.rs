//! The script of `pleach teardown`, with the commands of the teardown guide and with others.

use crate::tests::kit::{Workspace, root};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// The commands that the guide shows, as files of the workspace. The registry of a test has no TLS.
pub(crate) fn commands(workspace: &Workspace) {
    let guide = fs::read_to_string(root().join("docs/src/guides/teardown.md")).unwrap();
    for name in ["drop-database", "resolve-image", "delete-image"] {
        let (_, block) = guide.split_once(&format!("\n`{name}`\n\n```sh\n")).expect("the guide has the command");
        let (text, _) = block.split_once("```\n").unwrap();
        let text = text.replace("skopeo inspect", "skopeo inspect --tls-verify=false");
        executable(workspace, name, &text.replace("skopeo delete", "skopeo delete --tls-verify=false"));
    }
}

fn executable(workspace: &Workspace, name: &str, text: &str) {
    workspace.write(name, text);
    fs::set_permissions(workspace.path().join(name), Permissions::from_mode(0o755)).unwrap();
}

/// The repository of a reference.
pub(crate) fn name_of(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap();
    name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(name, _)| name)
}

/// What a run of the script did.
pub(crate) struct ScriptRun {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the script of all plans through a pipe, with the commands of the workspace unless `env` has others.
pub(crate) fn run(workspace: &Workspace, env: &[(&str, &str)]) -> ScriptRun {
    let script = workspace.run(&["teardown", "--format", "script"]).exits(0).out();
    run_text(workspace, &script, env)
}

fn run_text(workspace: &Workspace, script: &str, env: &[(&str, &str)]) -> ScriptRun {
    let mut child = Command::new("sh")
        .current_dir(workspace.path())
        .env("DROP_DATABASE", "./drop-database")
        .env("DELETE_IMAGE", "./delete-image")
        .env("RESOLVE_IMAGE", "./resolve-image")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A script that ends early does not read all of it.
    let _ = child.stdin.take().unwrap().write_all(script.as_bytes());
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    ScriptRun { status: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr) }
}

/// A workspace with plans of three removed branches, each with a database and an image, and commands that read the file `images`:
/// a reference and its digest in each line.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write(
        "base/app.yaml.j2",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, annotations: {database: '{{ database.name }}'}}\nspec: {containers: [{name: web, image: app}]}\n",
    );
    let branches = ["main", "a", "b", "c"];
    for count in (1..=branches.len()).rev() {
        let list: String = branches[..count]
            .iter()
            .map(|name| format!("- {{name: {name}, images: {{app: 'r.example.com/shop/app:{name}'}}}}\n"))
            .collect();
        let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: 'shop-{{ branch.slug }}'\nbaseline: main\n";
        workspace.write("branches.yaml", format!("{head}database: {{mode: database, name: shop}}\nbranches:\n{list}"));
        workspace.run(&["build"]).exits(0);
    }
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let images: String = branches
        .iter()
        .map(|tag| {
            let letter = if *tag == "main" { "d" } else { tag };
            format!("r.example.com/shop/app:{tag} {}\n", digest(letter))
        })
        .collect();
    workspace.write("images", images);
    executable(&workspace, "drop-database", "#!/bin/sh\necho \"drop $*\"\n");
    executable(&workspace, "delete-image", "#!/bin/sh\necho \"delete $1\"\n");
    executable(
        &workspace,
        "resolve-image",
        "#!/bin/sh\ncase $1 in\n*@*) grep -o \"${1#*@}\" images ;;\n*) grep -F \"$1 \" images | cut -d ' ' -f 2 ;;\nesac || true\n",
    );
    workspace
}

fn deletions(run: &ScriptRun) -> Vec<String> {
    let tags = run.out.lines().filter_map(|line| line.strip_prefix("deleted: r.example.com/shop/app:"));
    tags.map(str::to_owned).collect()
}

#[test]
fn the_script_goes_on_after_failures_and_reports_them_at_the_end() {
    let w = workspace();
    let ran = run(&w, &[]);
    assert_eq!((ran.status, ran.err.as_str(), deletions(&ran).concat().as_str()), (0, "", "abc"), "{}", ran.out);
    assert_eq!(ran.out.matches("drop database shop shop_").count(), 3, "{}", ran.out);
    let ran = run(&w, &[("DROP_DATABASE", "false")]);
    let failures = ["a", "b", "c"].map(|name| format!("drop the database shop_{name} in shop\n")).concat();
    assert_eq!(ran.err.split_once("\nfailures:\n").unwrap().1, failures);
    assert_eq!((ran.status, deletions(&ran).concat().as_str()), (1, "abc"));
    executable(&w, "fail-b", "#!/bin/sh\ncase $1 in *@sha256:b*) echo refused >&2; exit 7 ;; esac\n");
    let ran = run(&w, &[("DELETE_IMAGE", "./fail-b")]);
    assert_eq!((ran.status, deletions(&ran).concat().as_str()), (1, "ac"));
    assert!(ran.err.ends_with("\nfailures:\ndelete r.example.com/shop/app:b\n"), "{}", ran.err);
}

#[test]
fn an_image_that_disappears_while_it_is_deleted_is_done() {
    let w = workspace();
    executable(&w, "lose", "#!/bin/sh\n: >images\nexit 1\n");
    let ran = run(&w, &[("DELETE_IMAGE", "./lose")]);
    let want = ["a", "b", "c"].map(|tag| format!("does not exist: r.example.com/shop/app:{tag}\n")).concat();
    assert_eq!(
        (
            ran.status,
            ran.out
                .lines()
                .filter(|line| !line.starts_with("drop"))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        ),
        (0, want)
    );
}

#[test]
fn the_answers_of_a_registry_about_an_unknown_image_are_no_failures() {
    for (answer, status) in [
        ("manifest unknown: manifest unknown", 0),
        ("GET https://r.example.com/v2/a/manifests/x: MANIFEST_UNKNOWN: Requested image not found", 0),
        ("NAME_UNKNOWN: repository name not known to registry", 0),
        ("failed to get manifest r.example.com/a:x: request failed: not found [http 404]", 0),
        ("UNAUTHORIZED: authentication required", 1),
        ("dial tcp: lookup r.example.com: no such host", 1),
        ("sh: crane: not found", 1),
    ] {
        let w = workspace();
        executable(&w, "fail", &format!("#!/bin/sh\necho '{answer}' >&2\nexit 1\n"));
        let ran = run(&w, &[("RESOLVE_IMAGE", "./fail")]);
        assert_eq!((ran.status, deletions(&ran).len()), (status, 0), "{answer}: {}", ran.err);
        assert_eq!(ran.err.contains(answer), status == 1, "{answer}: {}", ran.err);
    }
    let w = workspace();
    let ran = run(&w, &[("RESOLVE_IMAGE", "echo found")]);
    assert!(
        ran.status == 1 && ran.err.contains("no digest in the output of RESOLVE_IMAGE") && deletions(&ran).is_empty()
    );
}

#[test]
fn a_truncated_script_does_nothing() {
    let w = workspace();
    let script = w.run(&["teardown", "--format", "script"]).exits(0).out();
    let lines: Vec<&str> = script.split_inclusive('\n').collect();
    for end in 0..lines.len() {
        let ran = run_text(&w, &lines[..end].concat(), &[]);
        assert_eq!(ran.out, "", "after {end} lines");
    }
}

#[test]
fn a_command_that_reads_its_input_does_not_read_the_script() {
    let w = workspace();
    executable(&w, "read-all", "#!/bin/sh\ncat >/dev/null\n");
    let ran = run(&w, &[("DROP_DATABASE", "./read-all"), ("DELETE_IMAGE", "./read-all")]);
    assert_eq!((ran.status, deletions(&ran).concat().as_str()), (0, "abc"), "{}", ran.err);
}

#[test]
fn an_image_in_use_by_the_spec_only_is_compared_too() {
    let w = workspace();
    // The spec has a new image, and the output is not built yet.
    w.edit("branches.yaml", "r.example.com/shop/app:main", "r.example.com/shop/app:next");
    let images = w.read("images");
    w.write("images", format!("{images}r.example.com/shop/app:next sha256:{}\n", "b".repeat(64)));
    let ran = run(&w, &[]);
    assert_eq!((ran.status, deletions(&ran).concat().as_str()), (0, "ac"), "{}", ran.err);
}
