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
fn mapping_that_is_too_long() {
    let entries: String = (0..1_001).map(|i| format!("  a{i}: main\n")).collect();
    let got = refused(&with_branches(&format!("aliases:\n{entries}")));
    let want = "error[spec]: `aliases` has 1001 items, but at most 1000 are possible --> branches.yaml:6:1";
    assert_eq!(got, want);
}

#[test]
fn list_with_too_many_patterns() {
    let patterns: String = (0..101).map(|i| format!("  - '{}{i}'\n", "*a".repeat(50))).collect();
    let got = refused(&with_branches(&format!("secrets:\n  keys:\n{patterns}")));
    assert_eq!(got, "error[spec]: `keys` has 101 patterns, but at most 100 are possible --> branches.yaml:7:3");
}

#[test]
fn services_on_many_hosts() {
    let names: String = (0..900).map(|i| format!("'{{{{ branch.slug }}}}-{i}.example.com', ")).collect();
    let services: String = (0..900).map(|i| format!("s{i}, ")).collect();
    let got = refused(&with_branches(&format!("hosts: {{names: [{names}], services: [{services}]}}\n")));
    let want =
        "error[spec]: services and aliases add up to 810000 hosts, but at most 2000 are possible --> branches.yaml:6:";
    assert!(got.starts_with(want), "{got}");
}

#[test]
fn aliases_on_many_hosts() {
    let names: String = (0..1_000).map(|i| format!("'{{{{ branch.slug }}}}.h{i}.example.com', ")).collect();
    let aliases: String = (0..1_000).map(|i| format!("a{i}: main, ")).collect();
    let got = refused(&with_branches(&format!("hosts: [{names}]\naliases: {{{aliases}}}\n")));
    let want = "error[spec]: services and aliases add up to 1000000 hosts, but at most 2000 are possible --> branches.yaml:6:9";
    assert_eq!(got, want);
}

#[test]
fn default_values_merged_in_all_branches() {
    let values: String = (0..2_600).map(|i| format!("k{i}: 1, ")).collect();
    let branches = branches(1_000, ", values: {a: {z: 1}}");
    let got = refused(&with_branches(&format!("{branches}defaults: {{values: {{a: {{{values}}}}}}}\n")));
    let want = "error[spec]: the branches have 2601000 values and images that are merged with the defaults, but at most 2500000 are possible --> branches.yaml:1006:20";
    assert_eq!(got, want);
}

#[test]
fn pattern_of_long_values() {
    let namespace = format!("namespace: 'shop-{}'\n", "{{ values.a }}".repeat(1_000));
    let got = refused(&with_branches(&format!("  values: {{a: {}}}\n{namespace}", "a".repeat(500_000))));
    assert_eq!(got, "error[spec]: the pattern expands to more than 4096 bytes --> branches.yaml:7:12");
}

#[test]
fn overlays_that_do_not_exist() {
    let overlays: String = (0..1_000).map(|i| format!("{}{i}, ", "xy".repeat(100))).collect();
    let workspace =
        with_branches(&branches(20, &format!(", overlays: [{}]", overlays.replace("xyxy", &"yx".repeat(2)))));
    for i in 0..1_000 {
        workspace.write(&format!("overlays/{}{i}/kustomization.yaml", "yyxx".repeat(50)), "");
    }
    let got = refused(&workspace);
    assert!(got.starts_with("error[spec]: the overlay `yxyxyxyx"), "{got}");
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
