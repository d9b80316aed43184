//! Inputs and output files that are no regular files, or that cannot be read.

use crate::tests::kit::{Ran, Workspace, can_trace};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What is put at a path, and a part of the error.
const UNREADABLE: [(&str, &str); 7] = [
    ("dangling", "it is a link to nothing"),
    ("outside", "outside the workspace"),
    ("folder", "it is a folder"),
    ("pipe", "it is neither a file nor a folder"),
    ("device", "outside the workspace"),
    ("loop", "too many levels of symbolic links"),
    ("huge", "it has more than 128 MiB"),
];

fn put(what: &str, path: &Path) {
    let _ = fs::remove_file(path);
    match what {
        "dangling" => symlink("nothing.yaml", path).unwrap(),
        "outside" => symlink("/etc/hostname", path).unwrap(),
        "folder" => fs::create_dir(path).unwrap(),
        "pipe" => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        "device" => symlink("/dev/zero", path).unwrap(),
        "loop" => symlink(path.file_name().unwrap(), path).unwrap(),
        _ => fs::File::create(path).unwrap().set_len((128 << 20) + 1).unwrap(),
    }
}

/// Runs `pleach`, which must end by itself.
fn run(workspace: &Workspace, args: &[&str]) -> Ran {
    let mut child = workspace.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("`pleach {}` does not end", args.join(" "));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ran(child.wait_with_output().unwrap())
}

/// Without its kustomization, the files of a folder would be plain manifests, which is another output.
#[test]
fn a_kustomization_that_cannot_be_read_is_an_error() {
    for (what, why) in UNREADABLE {
        for folder in ["base", "overlays/eu"] {
            let workspace = Workspace::small();
            workspace.edit("branches.yaml", "- name: main\n", "- name: main\n  overlays: [eu]\n");
            workspace.write("overlays/eu/extra.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n");
            workspace.run(&["build"]).exits(0);
            let before = workspace.files("out");
            put(what, &workspace.path().join(folder).join("kustomization.yaml"));
            let error = run(&workspace, &["build"]).exits(2).err();
            let message = format!("`{folder}/kustomization.yaml` cannot be read");
            assert!(error.contains(&message) && error.contains(why), "{what}: {error}");
            assert_eq!(workspace.files("out"), before);
        }
    }
}

#[test]
fn an_input_that_is_not_a_regular_file_is_an_error() {
    for (what, why) in UNREADABLE {
        for input in ["base/service.yaml", "base/config.yaml.j2", "branches.yaml", "branches.d/x.yaml"] {
            let workspace = Workspace::small();
            workspace.write("branches.d/y.yaml", "name: y\n");
            // A folder of manifests may have folders of any name.
            if what == "folder" && input.starts_with("base/") {
                continue;
            }
            put(what, &workspace.path().join(input));
            let ran = run(&workspace, &["build"]).exits(2);
            let why = if what == "folder" { "is a folder" } else { why };
            assert!(ran.err().contains(why), "{what} {input}: {}", ran.err());
            assert!(workspace.files("out").is_empty());
        }
    }
}

#[test]
fn a_folder_without_permission_is_an_error() {
    // Nothing is forbidden to root.
    if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
        return;
    }
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "- name: main\n", "- name: main\n  overlays: [eu]\n");
    workspace.write("overlays/eu/kustomization.yaml", "namePrefix: x-\n");
    for (path, mode) in [("overlays/eu/kustomization.yaml", 0), ("overlays/eu", 0o111), ("base", 0)] {
        let full = workspace.path().join(path);
        let before = fs::metadata(&full).unwrap().permissions();
        fs::set_permissions(&full, fs::Permissions::from_mode(mode)).unwrap();
        let error = run(&workspace, &["build"]).exits(2).err();
        fs::set_permissions(&full, before).unwrap();
        assert!(error.contains("cannot be read: permission denied"), "{path}: {error}");
    }
}

#[test]
fn branches_d_that_is_not_a_folder_is_an_error() {
    let workspace = Workspace::small();
    workspace.write("branches.d", "- name: more\n");
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains("`branches.d` is a file"), "{error}");
    fs::remove_file(workspace.path().join("branches.d")).unwrap();
    symlink("/", workspace.path().join("branches.d")).unwrap();
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains("`branches.d` cannot be read: it is a link to `/`, outside the workspace"), "{error}");
}

/// No command waits for a pipe or reads a device. What pleach owns, a build replaces.
#[test]
fn an_output_file_that_is_not_a_regular_file_is_replaced() {
    for (what, _) in UNREADABLE.into_iter().filter(|(what, _)| *what != "folder") {
        for file in ["pleach.lock", "40-service-web.yaml"] {
            let workspace = Workspace::small();
            workspace.run(&["build"]).exits(0);
            let before = workspace.files("out");
            put(what, &workspace.path().join("out/namespaces/main").join(file));
            run(&workspace, &["teardown"]);
            run(&workspace, &["diff"]);
            run(&workspace, &["check", "--base", "out"]);
            let status = run(&workspace, &["check"]).status();
            assert!(status != 0, "{what} {file}: {status}");
            let built = run(&workspace, &["build"]);
            if built.status() == 0 {
                assert_eq!(workspace.files("out"), before, "{what} {file}");
            } else {
                assert!(built.err().contains(file), "{what} {file}: {}", built.err());
            }
        }
    }
}

/// Large files that pleach does not own are known by their paths, the lock file and their start.
#[test]
fn large_unmanaged_files_are_not_read() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    for path in ["namespaces/main/a.yaml", "shared/a.yaml", "teardown/a.yaml", "dns/example.com/a.yaml", "a.yaml"] {
        let path = workspace.path().join("out").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
    }
    if !can_trace() {
        return;
    }
    for command in ["diff", "check --base out", "build"] {
        let printed = workspace.shell(&format!(
            "strace -f -e trace=read,pread64 -o trace pleach {command} >/dev/null 2>&1; \
             awk -F= '/read/ {{ bytes += $NF }} END {{ print bytes < 20000000 }}' trace"
        ));
        assert_eq!(printed, "1\n", "{command}");
    }
}

#[test]
fn a_temporary_file_of_another_program_stays() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    for path in ["out/namespaces/main/.40-service-web.yaml.pleach", ".branches.yaml.pleach"] {
        workspace.write(path, "mine");
    }
    let ran = workspace.run(&["build"]).exits(2);
    assert!(ran.err().contains("`out/namespaces/main/.40-service-web.yaml.pleach` is unmanaged"), "{}", ran.err());
    workspace.run(&["build", "--keep-unmanaged"]).exits(0);
    workspace.run(&["branch", "add", "more"]).exits(0);
    assert_eq!(workspace.read("out/namespaces/main/.40-service-web.yaml.pleach"), "mine");
    assert_eq!(workspace.read(".branches.yaml.pleach"), "mine");
}

/// Continuous integration keeps tokens there, and reports show what a build has read.
#[test]
fn the_files_of_git_are_no_input() {
    const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  x: |\n";
    let kustomizations = [
        "resources: [../.git/config]",
        "resources: [../deep/.git]",
        "resources: [../link]",
        "components: [../.git]",
        "patches: [{path: ../.git/config, target: {kind: ConfigMap}}]",
        "transformers: [../.git/config]",
        "generators: [../.git/config]",
        "replacements: [{path: ../.git/config}]",
        "configurations: [../.git/config]",
        "crds: [../.git/config]",
        "openapi: {path: ../.git/config}",
        "configMapGenerator: [{name: g, files: [../link]}]",
        "configMapGenerator: [{name: g, envs: [../.git/config]}]",
        "secretGenerator: [{name: g, files: [../deep/.git/config]}]",
    ];
    let paths = [".git/config", "deep/.git/config", ".git", "link", "folder/config", "base/../.git/config"];
    let templates = paths.iter().flat_map(|path| {
        let tags = [format!("    {{% include '{path}' %}}\n"), format!("    {{% import '{path}' as x %}}\n")];
        tags.map(|tag| ("base/c.yaml.j2", format!("{OBJECT}{tag}")))
    });
    let kustomizations = kustomizations.map(|text| ("base/kustomization.yaml", format!("{text}\n")));
    for (path, text) in templates.chain(kustomizations) {
        let workspace = Workspace::small();
        workspace.edit("branches.yaml", "project: shop\n", "project: shop\nsecrets: warn\n");
        assert_eq!(workspace.shell("git init -q . && git init -q deep"), "");
        for folder in [".git", "deep/.git"] {
            let config = workspace.read(&format!("{folder}/config"));
            workspace.write(&format!("{folder}/config"), config + "[http]\n\textraheader = TOKEN\n");
            workspace.write(&format!("{folder}/kustomization.yaml"), "namePrefix: TOKEN-\n");
        }
        symlink(".git/config", workspace.path().join("link")).unwrap();
        symlink(".git", workspace.path().join("folder")).unwrap();
        workspace.write(path, &text);
        for command in ["build", "diff"] {
            let ran = run(&workspace, &[command]).exits(2);
            assert!(ran.err().contains("Git keeps its own files there, which are no input"), "{text}: {}", ran.err());
            assert!(!(ran.out() + &ran.err()).contains("TOKEN"), "{text}");
        }
    }
}

/// A base directory may be the whole workspace, which is the root of a repository.
#[test]
fn a_folder_of_manifests_may_have_files_of_git() {
    let workspace = Workspace::small();
    workspace.write("base/.git/x.yaml", "TOKEN: {\n");
    workspace.write("base/sub/.git", "gitdir: ../x\n");
    workspace.run(&["build"]).exits(0);
    assert!(workspace.files("out").values().all(|text| !String::from_utf8_lossy(text).contains("TOKEN")));
}
