//! What the pages show: the commands with what they print, and parts of specs.

use super::console::Page;
use crate::tests::kit::{Workspace, files, root};

/// The sample as `pleach init` writes it, with `branches.d/`, and its output.
fn committed_sample() -> Workspace {
    let sample = Workspace::sample();
    for (path, content) in files(&root().join("branches.d")) {
        sample.write(&format!("branches.d/{path}"), content);
    }
    sample.commit_all();
    sample
}

#[test]
fn commands_of_the_readme_print_what_it_shows() {
    Page::read("README.md").run(&committed_sample(), "");
}

#[test]
fn commands_of_the_guides_print_what_they_show() {
    for name in files(&root().join("docs/src/guides")).into_keys() {
        let page = Page::read(&format!("docs/src/guides/{name}"));
        if page.has_commands() && name != OVERLAYS {
            page.run(&committed_sample(), "");
        }
    }
}

/// The guide that begins with an empty folder.
const OVERLAYS: &str = "overlays.md";

#[test]
fn commands_of_the_guide_of_overlays_print_what_it_shows() {
    Page::read(&format!("docs/src/guides/{OVERLAYS}")).run(&Workspace::empty(), "");
}

#[test]
fn readme_is_short() {
    let lines = std::fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 200, "the README has {lines} lines: move details to docs/");
}

#[test]
fn commands_of_the_tutorial_print_what_it_shows() {
    Page::read("docs/src/tutorial.md").run(&Workspace::empty(), "");
}

#[test]
fn commands_of_the_concepts_continue_the_tutorial() {
    let workspace = Workspace::empty();
    let folder = Page::read("docs/src/tutorial.md").until("## The end of a branch").run(&workspace, "");
    Page::read("docs/src/concepts.md").run(&workspace, &folder);
}

#[test]
fn spec_of_the_guide_is_read() {
    let sample = Workspace::sample();
    sample.write(
        "branches.yaml",
        Page::read("docs/src/guides/branches.md").block("# yaml-language-server: $schema=schema/branches.schema.json"),
    );
    let listed = sample.run(&["branch", "list"]).exits(0);
    assert!(listed.out().contains("feature/login") && listed.err().is_empty(), "{}", listed.err());
}

#[test]
fn zones_of_the_guide_are_read() {
    let hosts = Page::read("docs/src/guides/hosts.md").block("hosts:");
    let workspace = Workspace::small();
    let branches =
        "branches:\n- name: main\n- name: engine\n  appEngine: {project: example-project, domain: ew.r.appspot.com}\n";
    workspace
        .write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{hosts}{branches}"));
    let warnings = workspace.run(&["build"]).exits(0).err();
    let is_unused = |warning: &str| warning.starts_with("warning[spec]: no branch uses the zone `");
    assert!(warnings.split_terminator("\n\n").all(is_unused), "{warnings}");
    let file = workspace.read("out/dns/dev.example.com/main.yaml");
    assert!(file.contains("  name: api-main.dev.example.com\n"), "{file}");
}

#[test]
fn gitops_of_the_guide_is_read() {
    let gitops = Page::read("docs/src/guides/gitops.md").block("gitops:");
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "branches:\n", &format!("{gitops}branches:\n"));
    let ran = workspace.run(&["build"]).exits(0);
    assert_eq!(ran.err(), "");
    let names: Vec<String> = workspace.files("out/gitops").into_keys().collect();
    let slugs = ["feature-login-df7c7aeb", "feature-search-38e7a3a2", "main"].map(|slug| format!("flux/{slug}.yaml"));
    let project = ["applicationset.yaml", "apply.sh", "deployer.yaml"].map(str::to_owned);
    assert_eq!(names, [&project[..], &slugs].concat());
}
