//! A merge in which one side has removed a branch and the other has changed it.

use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n- name: main\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: app}]}\n";

fn login(tag: &str) -> String {
    format!("- {{name: login, images: {{app: 'r.example.com/shop/app:{tag}'}}}}\n")
}

/// A repository whose branches `a` and `b` have these specs, both built.
fn repository(sides: [&str; 2]) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/pod.yaml", POD);
    workspace.write("branches.yaml", format!("{HEAD}{}", login("1")));
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    for (name, branches) in ["a", "b"].into_iter().zip(sides) {
        workspace.shell(&format!("git checkout -q -b {name} origin/main 2> /dev/null"));
        workspace.write("branches.yaml", format!("{HEAD}{branches}"));
        workspace.run(&["build"]).exits(0);
        workspace.shell("git add -A && git commit -qm change");
    }
    assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main b"), "");
    workspace
}

const COMMANDS: [&str; 4] = [
    "git checkout -q a && git merge b",
    "git checkout -q b && git merge a",
    "git checkout -q a && git rebase b",
    "git checkout -q b && git cherry-pick a",
];

#[test]
fn a_build_resolves_a_branch_that_one_side_removes() {
    for (sides, more) in [([String::new(), login("2")], "- name: other\n"), ([login("2"), String::new()], "")] {
        for command in COMMANDS {
            for resolved in [more.to_owned(), login("3")] {
                let workspace = repository([&sides[0], &sides[1]]);
                workspace.shell(&format!("({command}) > /dev/null 2>&1"));
                let left = workspace.shell("git status --short | grep -E '^(DU|UD) out/namespaces/login/'");
                assert!(left.contains("50-pod-web.yaml") || left.contains("pod-web.yaml"), "{command}: {left}");
                workspace.write("branches.yaml", format!("{HEAD}{resolved}"));
                workspace.run(&["build"]).exits(0);
                workspace.run(&["check"]).exits(0);
                let exists = workspace.path().join("out/namespaces/login").exists();
                assert_eq!(exists, resolved.contains("login"), "{command}");
            }
        }
    }
}

#[test]
fn a_file_of_others_is_still_unmanaged() {
    let workspace = repository(["", &login("2")]);
    workspace.shell("(git checkout -q a && git merge b) > /dev/null 2>&1");
    workspace.write("branches.yaml", HEAD);
    workspace.write("out/namespaces/login/notes.yaml", "a: 1\n");
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains("`out/namespaces/login/notes.yaml` is unmanaged"), "{error}");
    // So is one that was changed since.
    let workspace = repository(["", &login("2")]);
    workspace.shell("(git checkout -q a && git merge b) > /dev/null 2>&1");
    workspace.write("branches.yaml", HEAD);
    workspace.shell("for file in out/namespaces/login/*; do echo '# mine' >> $file; done");
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains("is unmanaged"), "{error}");
}
