//! Only names that belong to the project become absent: those that the spec gives, or that `cleanup.hosts` lists.

use crate::tests::kit::Workspace;

fn spec(workspace: &Workspace, text: &str) {
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones: {dev.example.com: {CNAME: [gate.example.net]}, example.com: {A: [192.0.2.1]}}\n";
    workspace.write("branches.yaml", format!("{head}{text}"));
}

/// Builds two specs. Returns the errors of the second build, or the name of each absent host.
#[track_caller]
fn absent(before: &str, after: &str) -> String {
    let workspace = Workspace::empty();
    workspace.write("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    spec(&workspace, before);
    workspace.run(&["build"]).exits(0);
    spec(&workspace, after);
    let built = workspace.run(&["build"]);
    if built.status() != 0 {
        return built.exits(2).err();
    }
    assert!(!built.err().contains("error"), "{}", built.err());
    workspace.run(&["check"]).exits(0);
    let files: Vec<String> =
        workspace.files("out/dns").into_values().map(|file| String::from_utf8(file).unwrap()).collect();
    let lists = files.iter().filter_map(|file| file.split_once("absent:\n")?.1.split_once("apiVersion"));
    lists.map(|(list, _)| list.replace("- ", "").replace('\n', " ")).collect::<Vec<_>>().concat()
}

#[test]
fn names_of_the_spec_become_absent() {
    let pattern = "hosts: ['{{ branch.slug }}.dev.example.com']\n";
    let main = "branches:\n- name: main\n";
    for (before, after, want) in [
        (format!("{pattern}{main}- name: old\n"), format!("{pattern}{main}"), "old.dev.example.com "),
        (format!("{pattern}{main}"), main.to_owned(), "main.dev.example.com "),
        // The name has the project.
        (format!("{main}  hosts: [shop.example.com]\n"), main.to_owned(), "shop.example.com "),
        // An alias moves to another branch, and is still a name of the spec.
        (
            format!("{pattern}aliases: {{live: main}}\n{main}"),
            format!("{pattern}aliases: {{live: old}}\n{main}- {{name: old, hosts: [old.example.com]}}\n"),
            "",
        ),
        // A service that only one branch has is below a host of the spec.
        (
            format!("{main}  hosts: {{names: [app.example.com], services: [api]}}\n"),
            format!("{main}  hosts: [app.example.com]\n"),
            "api.app.example.com ",
        ),
    ] {
        assert_eq!(absent(&before, &after), want, "{before}{after}");
    }
}

/// A workspace with this spec, whose output is committed and published.
fn published(text: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    spec(&workspace, text);
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    workspace.shell("git update-ref refs/remotes/origin/main HEAD");
    workspace
}

const PATTERN: &str = "hosts: ['{{ branch.slug }}.dev.example.com']\n";

#[test]
fn names_of_earlier_specs_become_absent() {
    let main = "branches:\n- name: main\n";
    for (before, after, file) in [
        (format!("{main}  hosts: [www.example.com]\n"), main.to_owned(), "example.com/main"),
        (format!("{PATTERN}aliases: {{live: main}}\n{main}"), format!("{PATTERN}{main}"), "dev.example.com/main"),
        (format!("{main}- {{name: old, hosts: [www.example.com]}}\n"), main.to_owned(), "example.com/old"),
    ] {
        let workspace = published(&before);
        spec(&workspace, &after);
        workspace.run(&["build"]).exits(0);
        let change = workspace.read(&format!("out/dns/{file}.yaml"));
        assert!(change.contains("absent:\n- www") || change.contains("absent:\n- live"), "{change}");
        // The spec of the base revision does not have it any more, and its history has.
        workspace.shell("git add -A && git commit -qm removed && git update-ref refs/remotes/origin/main HEAD");
        workspace.run(&["check"]).exits(0);
        spec(&workspace, &after.replace("main\n", "main\n  labels: {a: b}\n"));
        workspace.run(&["build"]).exits(0);
        assert_eq!(workspace.read(&format!("out/dns/{file}.yaml")), change);
    }
}

#[test]
fn names_that_no_spec_gave_need_an_entry_of_cleanup() {
    let main = format!("{PATTERN}branches:\n- name: main\n");
    let workspace = published(&main);
    workspace.edit("out/dns/dev.example.com/main.yaml", "absent: []", "absent:\n- mail.dev.example.com");
    workspace.shell("git add -A && git commit -qm forged && git update-ref refs/remotes/origin/main HEAD");
    let errors = workspace.run(&["build"]).exits(2).err();
    let want = "the host `mail.dev.example.com` is not known to belong to the branch with the slug `main` of the project `shop`\n --> \
                out/dns/dev.example.com/main.yaml:2:3\n";
    assert!(errors.contains(want), "{errors}");
    assert!(errors.contains("if it does, add `mail.dev.example.com` to `cleanup.hosts`\n"), "{errors}");
    for (listed, status) in
        [("mail.dev.example.com", 0), ("*.example.com", 0), ("*.DEV.example.com", 0), ("mail.example.com", 2)]
    {
        spec(&workspace, &format!("cleanup: {{hosts: ['{listed}']}}\n{main}"));
        workspace.run(&["build"]).exits(status);
    }
}

#[test]
fn a_renamed_project_keeps_the_names_of_its_branches() {
    let main = "branches:\n- {name: main, hosts: [main.example.com]}\n";
    let workspace = Workspace::empty();
    workspace.write("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    spec(&workspace, main);
    workspace.run(&["build"]).exits(0);
    workspace.edit("branches.yaml", "project: shop", "project: store\ncleanup: {namespaces: [shop-*]}");
    workspace.run(&["build"]).exits(0);
    assert!(workspace.read("out/dns/example.com/main.yaml").contains("owner: store\n"));
    workspace.edit("out/dns/example.com/main.yaml", "owner: store", "owner: shop");
    workspace.edit("branches.yaml", "main.example.com", "next.main.example.com");
    let errors = workspace.run(&["build"]).exits(2).err();
    let want = "`main.example.com` belongs to the project `shop`, and `store` may not delete it\n --> out/dns/example.com/main.yaml:9:9\n";
    assert!(errors.contains(want), "{errors}");
}
