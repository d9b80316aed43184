//! YAML texts that expand, or are nested deeply.

use super::{CONFIG_MAP, refused, workspace};
use std::fmt::Write as _;

#[test]
fn aliases_of_aliases() {
    let mut text = format!("{CONFIG_MAP}x0: &a0 [1, 2, 3, 4]\n");
    for i in 1..40 {
        let last = i - 1;
        writeln!(text, "x{i}: &a{i} {{<<: {{a: *a{last}}}, b: *a{last}, c: [*a{last}]}}").unwrap();
    }
    let got = refused(&workspace(&[("a.yaml", &text)]));
    let want = "error[yaml]: the aliases of the document expand to more than 4000000 nodes or 128 MiB --> base/a.yaml:";
    assert!(got.starts_with(want), "{got}");
}

#[test]
fn braces_without_end() {
    let workspace = workspace(&[("a.yaml", CONFIG_MAP)]);
    let spec = workspace.read("branches.yaml");
    workspace.write("branches.yaml", spec + "x: " + &"{a: ".repeat(100_000) + "\n");
    let want = "error[yaml]: lists and mappings are nested more than 400 levels deep --> branches.yaml:6:1600";
    assert_eq!(refused(&workspace), want);
}

/// The error about a text with more than the limit of nodes.
#[track_caller]
fn too_many_nodes(text: &str) {
    let want = "error[yaml]: the text has more than 2000000 keys and values --> base/a.yaml:";
    let got = refused(&workspace(&[("a.yaml", text)]));
    assert!(got.starts_with(want), "{got}");
}

#[test]
fn many_empty_lists() {
    too_many_nodes(&format!("{CONFIG_MAP}x: [{}]\n", "[],".repeat(2_300_000)));
}

#[test]
fn many_lists_of_one_item() {
    too_many_nodes(&format!("{CONFIG_MAP}x: [{}]\n", "[a],".repeat(1_100_000)));
}

#[test]
fn many_anchors() {
    let anchors: String = (0..600_000).map(|i| format!("- &a{i} 1\n")).collect();
    too_many_nodes(&format!("{CONFIG_MAP}x:\n{anchors}"));
}

#[test]
fn many_nodes_in_several_documents() {
    too_many_nodes(&format!("a: [{}]\n---\n", "~,".repeat(500_000)).repeat(5));
}

#[test]
fn many_documents() {
    let got = refused(&workspace(&[("a.yaml", &"---\n".repeat(4_000_000))]));
    assert_eq!(got, "error[yaml]: the text has more than 200000 documents --> base/a.yaml:400001:1");
}
