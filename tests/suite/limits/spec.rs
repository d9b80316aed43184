//! Specs with many branches or many errors.

use super::{CONFIG_MAP, refused, workspace};
use crate::tests::kit::Workspace;

/// A workspace with `more` in its spec, after the first branch.
fn with_branches(more: &str) -> Workspace {
    let workspace = workspace(&[("a.yaml", CONFIG_MAP)]);
    workspace.write("branches.yaml", workspace.read("branches.yaml") + more);
    workspace
}

fn branches(number: usize, fields: &str) -> String {
    (0..number).map(|i| format!("- {{name: b{i}{fields}}}\n")).collect()
}

#[test]
fn more_branches_than_possible() {
    let got = refused(&with_branches(&(branches(100_000, "") + "maxBranches: 1000000\n")));
    let want = "error[spec]: the spec has 100001 branches, but at most 100000 are possible --> branches.yaml:100005:3";
    assert_eq!(got, want);
}

#[test]
fn branch_that_is_too_large() {
    let got = refused(&with_branches(&branches(1, &format!(", values: [{}]", "~,".repeat(200_000)))));
    assert_eq!(got, "error[spec]: the branch has more than 200000 keys and values --> branches.yaml:6:3");
    let got = refused(&with_branches(&format!("zones: [{}]\n", "~,".repeat(200_000))));
    assert_eq!(
        got,
        "error[spec]: the spec without its branches has more than 200000 keys and values --> branches.yaml:1:1"
    );
}

#[test]
fn list_that_is_too_long() {
    let fields: String = (0..1_001).map(|i| format!("- {{path: spec/a{i}}}\n")).collect();
    let got = refused(&with_branches(&format!("imageFields:\n{fields}")));
    let want = "error[spec]: `imageFields` has 1001 items, but at most 1000 are possible --> branches.yaml:6:1";
    assert_eq!(got, want);
}

#[test]
fn unknown_fields_of_the_spec() {
    let fields: String = (0..40_000).map(|i| format!("k{i}: v\n")).collect();
    assert_eq!(refused(&with_branches(&fields)), "error[spec]: unknown field `k0` --> branches.yaml:6:1");
}

#[test]
fn unknown_fields_in_all_branches() {
    let fields: String = (0..20).map(|i| format!(", k{i}: v")).collect();
    let got = refused(&with_branches(&branches(20_000, &fields)));
    assert_eq!(got, "error[spec]: unknown field `k0` --> branches.yaml:6:14");
}

#[test]
fn misspelled_fields_in_all_branches() {
    let got = refused(&with_branches(&branches(20_000, ", valuess: {}, hostss: []")));
    assert_eq!(got, "error[spec]: unknown field `valuess` --> branches.yaml:6:14");
}

#[test]
fn invalid_hosts_in_all_branches() {
    let got = refused(&with_branches(&branches(20_000, ", hosts: [a..b, a..c]")));
    assert!(got.starts_with("error[dns]: invalid DNS name `a..b`: a label is empty --> branches.yaml:6:"), "{got}");
}
