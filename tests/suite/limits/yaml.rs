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
