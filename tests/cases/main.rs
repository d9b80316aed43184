//! Case folders as named tests: each folder of `tests/golden`, `tests/errors` and `tests/kustomize`, and each transcript
//! of `tests/story`, is one test.
//!
//! `cargo test --test cases -- errors::spec-list` runs one case, `cargo test --test cases -- errors::` all of one kind.

#![expect(clippy::disallowed_methods, reason = "a test may read its environment")]

mod errors;
mod golden;
#[path = "../suite/kit.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests in `suite` use the rest of it")]
mod kit;
mod kustomize;
mod story;

use libtest_mimic::{Arguments, Failed, Trial};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The kinds of cases: a folder of `tests/`, the name that the tests of the kind begin with, and the test.
const KINDS: &[(&str, &str, fn(&Path))] = &[
    ("errors", "errors", errors::stderr_and_status_are_as_expected),
    ("golden", "golden", golden::output_is_as_expected),
    ("kustomize", "kustomize", kustomize::output_is_as_expected),
    ("kustomize", "kustomize-of-output", kustomize::expected_output_builds_to_itself),
    ("story", "story", story::transcript_is_as_expected),
];

fn main() -> ExitCode {
    let trials = KINDS.iter().flat_map(|&(folder, kind, test)| {
        let cases = kit::entries(&kit::root().join("tests").join(folder));
        assert!(!cases.is_empty(), "tests/{folder} has no cases");
        cases.into_iter().map(move |case| trial(kind, case, test))
    });
    // With a panic hook that prints nothing, the text of a failure is printed once: at the end, under the name of its case.
    panic::set_hook(Box::new(|_| {}));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn trial(kind: &str, case: PathBuf, test: fn(&Path)) -> Trial {
    let name = case.file_stem().expect("a case has a name").to_string_lossy();
    Trial::test(format!("{kind}::{name}"), move || {
        panic::catch_unwind(AssertUnwindSafe(|| test(&case))).map_err(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Failed::from(text.unwrap_or("the test panicked"))
        })
    })
}
