//! Errors: each folder of `tests/errors` is a faulty workspace and, in `stderr.txt`, what `pleach build` reports for it.
//!
//! The file `args` contains other arguments than `build`, the file `status` another exit status than 2.

use crate::kit::{self, Workspace};
use std::fs;
use std::path::Path;

pub(crate) fn stderr_and_status_are_as_expected(case: &Path) {
    let args = fs::read_to_string(case.join("args")).unwrap_or_else(|_| "build".to_owned());
    let status = fs::read_to_string(case.join("status")).map_or(2, |text| text.trim().parse().unwrap());
    let workspace = Workspace::copy_of(case);
    let before = workspace.files("out");
    let ran = workspace.run(&args.split_whitespace().collect::<Vec<_>>());
    assert_eq!(ran.status(), status, "exit status; standard error:\n{}", ran.err());
    assert_eq!(ran.out(), "", "standard output");
    kit::compare_text(&case.join("stderr.txt"), &ran.err());
    assert_eq!(workspace.files("out"), before, "the output folder changed");
}
