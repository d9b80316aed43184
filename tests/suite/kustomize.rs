//! `kubectl kustomize` in folders: each folder of `tests/kustomize` is an input with what kubectl prints for it.
//!
//! `input/` is built, or the folder in it that the file `target` names. The output is `expected.yaml` as `kubectl
//! kustomize` 5.5 printed it; what is refused or warned about stands in `complaints.txt`, one line each.

use crate::kit;
use pleach::diagnostic::{self, Severity};
use pleach::kustomize::{self, Built, Input, Memo, Options};
use pleach::source::{Project, RelPath};
use pleach::yaml::{self, Quoting};
use std::path::Path;

/// The kustomization that a case builds.
fn target(case: &Path) -> RelPath {
    let named = std::fs::read_to_string(case.join("target")).unwrap_or_default();
    RelPath::new(named.trim()).unwrap()
}

fn build(project: &Project, target: &RelPath) -> diagnostic::Result<Built> {
    let input = Input { project, cache: &yaml::Cache::default(), memo: &Memo::default(), templates: None };
    kustomize::kustomize(&input, target, Options::default())
}

fn text(built: &Built) -> String {
    yaml::stream(&built.resources, |out, resource| yaml::write(out, &resource.node, Quoting::Kustomize)).unwrap()
}

#[test]
fn every_case_prints_what_kubectl_prints() {
    let mut differ = Vec::new();
    for case in kit::cases("kustomize") {
        let project = Project::in_memory(kit::files(&case.join("input")));
        let (level, complaints) = match build(&project, &target(&case)) {
            Ok(built) => {
                // Only kubectl may say what is expected.
                let want = std::fs::read_to_string(case.join("expected.yaml"));
                let want = want.unwrap_or_else(|error| panic!("{}/expected.yaml: {error}", case.display()));
                let diff = similar::TextDiff::from_lines(want, text(&built)).unified_diff().to_string();
                if !diff.is_empty() {
                    differ.push(format!("{}\n{diff}", case.display()));
                }
                (Severity::Warning, diagnostic::sorted(&built.warnings, &project))
            }
            Err(errors) => {
                if case.join("expected.yaml").exists() {
                    differ.push(format!("{}: {errors:#?}", case.display()));
                }
                (Severity::Error, diagnostic::sorted(&errors, &project))
            }
        };
        let complaints: String =
            complaints.iter().map(|error| diagnostic::short::render(level, error, &project)).collect();
        if !complaints.is_empty() || case.join("complaints.txt").exists() {
            kit::compare_text(&case.join("complaints.txt"), &complaints);
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn what_was_printed_builds_to_itself() {
    for case in kit::cases("kustomize") {
        let Ok(expected) = std::fs::read_to_string(case.join("expected.yaml")) else { continue };
        // What tells where it comes from tells of another build.
        if expected.is_empty()
            || ["origin", "transformations"]
                .iter()
                .any(|told| expected.contains(&format!("config.kubernetes.io/{told}:")))
        {
            continue;
        }
        let kustomization = "resources: [all.yaml]\nsortOptions: {order: fifo}\n".to_owned();
        let project = Project::in_memory([("kustomization.yaml", kustomization), ("all.yaml", expected.clone())]);
        let built =
            build(&project, &RelPath::root()).unwrap_or_else(|errors| panic!("{}: {errors:#?}", case.display()));
        assert_eq!(text(&built), expected, "{}", case.display());
    }
}
