//! Symbolic and hard links in the workspace and in the output folder.

use crate::tests::kit::Workspace;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

#[test]
fn an_output_folder_that_is_a_link_is_refused() {
    let other = Workspace::small();
    other.edit("branches.yaml", "project: shop", "project: other");
    other.run(&["build"]).exits(0);
    let before = other.files("out");
    for (output, link) in [("out", "out"), ("deep/er/out", "deep/er"), ("../{}/out", "../{}")] {
        let workspace = Workspace::small();
        let outer = workspace.path().file_name().unwrap().to_str().unwrap();
        let [output, link] = [output, link].map(|path| path.replace("{}", &format!("{outer}-link")));
        workspace.edit("branches.yaml", "project: shop\n", &format!("project: shop\noutput: {output}\n"));
        let link = workspace.path().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let target = if output == "out" { other.path().join("out") } else { other.path().to_owned() };
        symlink(target, &link).unwrap();
        let runs: [&[&str]; 5] =
            [&["build"], &["build", "--keep-unmanaged"], &["check"], &["diff"], &["teardown", "--removed"]];
        for args in runs {
            let error = workspace.run(args).exits(2).err();
            assert!(error.contains("is reached through the link"), "{output}: {error}");
        }
        fs::remove_file(link).unwrap();
        assert_eq!(other.files("out"), before, "{output}");
    }
}

#[test]
fn output_of_the_command_line_is_no_link_inside_of_the_workspace() {
    let workspace = Workspace::small();
    let elsewhere = Workspace::empty();
    symlink(elsewhere.path(), workspace.path().join("rendered")).unwrap();
    for name in ["rendered", "rendered/out", "./rendered", workspace.path().join("rendered").to_str().unwrap()] {
        let error = workspace.run(&["build", "--output", name]).exits(2).err();
        assert!(error.contains("is reached through the link `rendered`"), "{error}");
    }
    assert!(elsewhere.files(".").is_empty());
    // Outside, the user named it.
    let links = Workspace::empty();
    symlink(elsewhere.path(), links.path().join("link")).unwrap();
    let named = links.path().join("link/out");
    workspace.run(&["build", "--output", named.to_str().unwrap()]).exits(0);
    assert!(!elsewhere.files("out").is_empty());
}

#[test]
fn a_report_is_not_written_through_a_link() {
    let workspace = Workspace::small();
    let elsewhere = Workspace::empty();
    elsewhere.write("victim", "precious");
    let at = |path: &str| workspace.path().join(path);
    symlink(elsewhere.path().join("victim"), at("link.md")).unwrap();
    symlink(elsewhere.path(), at("folder")).unwrap();
    workspace.write("k/kustomization.yaml", "resources: [c.yaml]\n");
    workspace.write("k/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    fs::create_dir(at("rendered")).unwrap();
    symlink(elsewhere.path().join("victim"), at("rendered/v1_configmap_c.yaml")).unwrap();
    let runs: [&[&str]; 6] = [
        &["diff", "--output", "link.md"],
        &["diff", "--output", "folder/new.md"],
        &["kustomize", "k", "-o", "link.md"],
        &["kustomize", "k", "-o", "folder/new.yaml"],
        &["kustomize", "k", "-o", "rendered"],
        &["kustomize", "k", "-o", "folder"],
    ];
    for args in runs {
        let error = workspace.run(args).exits(2).err();
        assert!(error.contains("is reached through the link"), "{args:?}: {error}");
    }
    assert_eq!(elsewhere.files("."), [("victim".into(), "precious".into())].into());
}

#[test]
fn a_report_replaces_no_input_and_no_output() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    let before = workspace.files(".");
    for (file, what) in [
        ("branches.yaml", "is an input of the build"),
        ("./base/../branches.yaml", "is an input of the build"),
        ("base/report.md", "is an input of the build"),
        ("out/report.md", "is in the output folder"),
        ("out/namespaces/main/pleach.lock", "is in the output folder"),
    ] {
        let error = workspace.run(&["diff", "--output", file]).exits(2).err();
        assert!(error.contains(what), "{file}: {error}");
    }
    assert_eq!(workspace.files("."), before);
    // What the user names outside of the workspace is written, also to a link of the system.
    let elsewhere = Workspace::empty();
    elsewhere.write("report.md", "old");
    workspace
        .run(&["diff", "--format", "markdown", "--output", elsewhere.path().join("report.md").to_str().unwrap()])
        .exits(0);
    assert_ne!(fs::read_to_string(elsewhere.path().join("report.md")).unwrap(), "old");
    let ran = workspace.run(&["diff", "--format", "json", "--output", "/dev/stdout"]).exits(0);
    assert!(ran.out().starts_with('{') || ran.out().starts_with('['), "{}", ran.out());
}

#[test]
fn nothing_is_written_through_a_link_in_the_output_folder() {
    for link in ["namespaces", "namespaces/main", "teardown"] {
        let workspace = Workspace::small();
        workspace.run(&["build"]).exits(0);
        workspace.edit("branches.yaml", "- name: feature/login\n", "");
        let elsewhere = Workspace::empty();
        let at = workspace.path().join("out").join(link);
        if at.exists() {
            fs::rename(&at, elsewhere.path().join("old")).unwrap();
        } else {
            fs::create_dir(elsewhere.path().join("old")).unwrap();
        }
        symlink(elsewhere.path().join("old"), &at).unwrap();
        let before = elsewhere.files(".");
        for args in [&["build"][..], &["build", "--keep-unmanaged"], &["check"]] {
            let error = workspace.run(args).exits(2).err();
            let message = format!("`out/{link}` is not a folder, and the build has a folder of that name");
            assert!(error.contains(&message), "{error}");
        }
        assert_eq!(elsewhere.files("."), before, "{link}");
    }
}

#[test]
fn a_file_with_another_hard_link_is_replaced() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    let path = workspace.path().join("out/namespaces/main/40-service-web.yaml");
    let (content, other) = (fs::read(&path).unwrap(), workspace.path().join("other"));
    for change in ["content", "mode"] {
        fs::remove_file(&path).unwrap();
        match change {
            "content" => fs::write(&other, "mine").unwrap(),
            _ => fs::write(&other, &content).unwrap(),
        }
        fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
        fs::hard_link(&other, &path).unwrap();
        let before = (fs::read(&other).unwrap(), fs::metadata(&other).unwrap().mode());
        workspace.run(&["build"]).exits(0);
        workspace.run(&["check"]).exits(0);
        assert_eq!(fs::read(&path).unwrap(), content, "{change}");
        assert_eq!((fs::read(&other).unwrap(), fs::metadata(&other).unwrap().mode()), before, "{change}");
    }
}

#[test]
fn a_link_to_a_path_outside_of_the_workspace_is_not_read() {
    let workspace = Workspace::small();
    let elsewhere = Workspace::empty();
    elsewhere.write("secret.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: secret}\n");
    symlink(elsewhere.path().join("secret.yaml"), workspace.path().join("base/link.yaml")).unwrap();
    let ran = workspace.run(&["build"]).exits(2);
    assert!(ran.err().contains("outside the workspace"), "{}", ran.err());
    assert!(workspace.files("out").is_empty());

    // The folder of all overlays.
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "- name: main\n", "- {name: main, overlays: [debug]}\n");
    elsewhere.write("debug/kustomization.yaml", "resources: []\n");
    symlink(elsewhere.path(), workspace.path().join("overlays")).unwrap();
    let ran = workspace.run(&["build"]).exits(2);
    assert!(ran.err().contains("error[spec]: the overlay `debug` cannot be read: it is a link to `"), "{}", ran.err());
    assert!(ran.err().contains("outside the workspace"), "{}", ran.err());

    let workspace = Workspace::small();
    symlink("..", workspace.path().join("base/up")).unwrap();
    let ran = workspace.run(&["build"]).exits(2);
    assert!(ran.err().contains("`base/up/base` is a link to `base`, which contains it"), "{}", ran.err());
}
