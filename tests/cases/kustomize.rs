//! `pleach kustomize`: each folder of `tests/kustomize` is an input and what kubectl prints for it.
//!
//! `input/` is built, or the folder in it that the file `target` names. The output is `expected.yaml` as `kubectl
//! kustomize` of kubectl 1.37 printed it; `diagnostics.txt` contains the warnings or errors, one line each.

use crate::kit::{self, Ran, Workspace};
use std::fs;
use std::path::Path;

fn kustomize(workspace: &Workspace, target: &str) -> Ran {
    workspace.run(&["--message-format", "short", "kustomize", target])
}

pub(crate) fn output_is_as_expected(case: &Path) {
    let workspace = Workspace::copy_of(&case.join("input"));
    let target = fs::read_to_string(case.join("target")).unwrap_or_else(|_| ".".to_owned());
    let ran = kustomize(&workspace, target.trim());
    if ran.status() == 0 {
        // Only kubectl writes this file.
        kit::compare_without_blessing(&case.join("expected.yaml"), &ran.out());
    } else {
        assert_eq!(ran.status(), 2, "exit status; standard error:\n{}", ran.err());
        assert!(!case.join("expected.yaml").exists(), "kubectl builds this input, but pleach reports:\n{}", ran.err());
    }
    if !ran.err().is_empty() || case.join("diagnostics.txt").exists() {
        kit::compare_text(&case.join("diagnostics.txt"), &ran.err());
    }
}

pub(crate) fn expected_output_builds_to_itself(case: &Path) {
    let Ok(expected) = fs::read_to_string(case.join("expected.yaml")) else { return };
    // These annotations describe the build that wrote them, so another build writes others.
    let describes_a_build = ["origin", "transformations"]
        .iter()
        .any(|annotation| expected.contains(&format!("config.kubernetes.io/{annotation}:")));
    if expected.is_empty() || describes_a_build {
        return;
    }
    let workspace = Workspace::empty();
    workspace.write("kustomization.yaml", "resources: [all.yaml]\nsortOptions: {order: fifo}\n");
    workspace.write("all.yaml", &expected);
    let ran = kustomize(&workspace, ".").exits(0);
    kit::compare_without_blessing(&case.join("expected.yaml"), &ran.out());
}
