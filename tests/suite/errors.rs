//! Golden errors: each folder of `tests/errors` is a faulty workspace, what `pleach build` says of it, and nothing else.
//!
//! A file `args` holds other arguments than `build`, a file `status` another exit status than 2.

use crate::kit::{self, Workspace};
use std::fs;

#[test]
fn every_fault_is_named() {
    for case in kit::cases("errors") {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let args = fs::read_to_string(case.join("args")).unwrap_or_else(|_| "build".to_owned());
        let status = fs::read_to_string(case.join("status")).map_or(2, |text| text.trim().parse().unwrap());
        let workspace = Workspace::copy_of(&case);
        let before = workspace.files("out");
        let ran = workspace.run(&args.split_whitespace().collect::<Vec<_>>());
        assert_eq!(ran.status(), status, "{name}: {}", ran.err());
        assert_eq!(ran.out(), "", "{name}: standard output");
        kit::compare_text(&case.join("stderr.txt"), &ran.err());
        assert_eq!(workspace.files("out"), before, "{name}: the output folder changed");
    }
}
