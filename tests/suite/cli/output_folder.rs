//! Output folders that are the wrong ones.

use crate::tests::kit::Workspace;

#[test]
fn a_folder_with_other_files_is_one_error() {
    let workspace = Workspace::small();
    for n in 0..30 {
        workspace.write(&format!("etc/{n}/a"), "");
    }
    let error = workspace.run(&["build", "--output", "etc"]).exits(2).err();
    let message = "error[output]: `etc` has no output of pleach, but 30 other files: `etc/0/a`, `etc/1/a`, `etc/10/a` and 27 more\n";
    assert!(error.starts_with(message) && error.matches("error[").count() == 1, "{error}");
    assert!(!workspace.path().join("etc/namespaces").exists());
    // With output beside them, the folders are named, but not all.
    let warnings = workspace.run(&["build", "--output", "etc", "--keep-unmanaged"]).exits(0).err();
    assert_eq!(warnings.matches("warning[").count(), 1, "{warnings}");
    let error = workspace.run(&["build", "--output", "etc"]).exits(2).err();
    assert!(
        error.contains("`etc/0/a` is unmanaged") && error.contains("20 more folders in `etc` have unmanaged files")
    );
    assert_eq!(error.matches("error[").count(), 11, "{error}");
}

#[test]
fn a_file_is_not_an_output_folder() {
    let workspace = Workspace::small();
    for (output, why) in [
        ("branches.yaml", "the output folder `branches.yaml` is a file"),
        ("branches.yaml/out", "the output folder `branches.yaml/out` is below the file `"),
    ] {
        for command in ["build", "check", "teardown"] {
            let error = workspace.run(&[command, "--output", output]).exits(2).err();
            assert!(error.contains(why) && error.contains("help: use a separate folder"), "{command}: {error}");
        }
    }
    workspace.edit("branches.yaml", "project: shop\n", "project: shop\noutput: notes\n");
    workspace.write("notes", "");
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains("the output folder `notes` is a file"), "{error}");
}

#[test]
fn an_edited_lock_file_is_named() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    workspace.edit("out/namespaces/main/pleach.lock", "- 30-configmap-app.yaml\n", "");
    workspace.edit("base/config.yaml.j2", "  key:", "  word:");
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(
        error.contains("`out/namespaces/main/30-configmap-app.yaml` is unmanaged, and the build has a file"),
        "{error}"
    );
    assert!(error.contains("`out/namespaces/main/pleach.lock` was lost or edited: delete the folder"), "{error}");
    workspace.shell("rm -r out/namespaces/main");
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
}

#[test]
fn a_lock_file_that_was_merged_empty_is_repaired() {
    let repository = |is_published: bool| {
        let workspace = Workspace::small();
        workspace.run(&["build"]).exits(0);
        workspace.commit_all();
        workspace.write("out/namespaces/feature-login-df7c7aeb/pleach.lock", "");
        let update = if is_published { "git update-ref refs/remotes/origin/main HEAD" } else { "true" };
        assert_eq!(workspace.shell(&format!("git commit -qam merge && {update}")), "");
        workspace
    };
    for workspace in [repository(true), repository(false)] {
        workspace.edit("branches.yaml", "- name: feature/login\n", "");
        let error = workspace.run(&["build"]).exits(2).err();
        assert!(error.contains("run `pleach build --keep-unmanaged`, which records what it has created"), "{error}");
        workspace.run(&["build", "--keep-unmanaged"]).exits(0);
        workspace.shell("rm -r out/namespaces/feature-login-df7c7aeb");
        workspace.run(&["build"]).exits(0);
        workspace.run(&["check"]).exits(0);
        let plan = workspace.run(&["teardown"]).exits(0).out();
        assert_eq!(plan, "feature/login\n  namespace  shop-feature-login-df7c7aeb\n");
    }
}
