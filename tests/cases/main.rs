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
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A kind of cases.
struct Kind {
    /// What the names of its tests begin with.
    name: &'static str,
    /// The folder of `tests/` that contains its cases.
    folder: &'static str,
    /// Panics if the case at a path fails.
    test: fn(&Path),
}

const KINDS: &[Kind] = &[
    Kind { name: "errors", folder: "errors", test: errors::stderr_and_status_are_as_expected },
    Kind { name: "golden", folder: "golden", test: golden::output_is_as_expected },
    Kind { name: "kustomize", folder: "kustomize", test: kustomize::output_is_as_expected },
    Kind { name: "kustomize-of-output", folder: "kustomize", test: kustomize::expected_output_builds_to_itself },
    Kind { name: "story", folder: "story", test: story::transcript_is_as_expected },
];

impl Kind {
    fn trials(&self) -> Vec<Trial> {
        let folder = kit::root().join("tests").join(self.folder);
        let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!cases.is_empty(), "{} has no cases", folder.display());
        cases.sort();
        cases.into_iter().map(|case| trial(self.name, case, self.test)).collect()
    }
}

fn trial(kind: &str, case: PathBuf, test: fn(&Path)) -> Trial {
    let name = case.file_stem().expect("a case has a name").to_string_lossy();
    Trial::test(format!("{kind}::{name}"), move || {
        panic::catch_unwind(AssertUnwindSafe(|| test(&case))).map_err(|payload| {
            let string = payload.downcast_ref::<String>().map(String::as_str);
            Failed::from(string.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("the test panicked"))
        })
    })
}

fn main() -> ExitCode {
    let trials = KINDS.iter().flat_map(Kind::trials).collect();
    // With a panic hook that prints nothing, the text of a failure is printed once: at the end, under the name of its case.
    panic::set_hook(Box::new(|_| {}));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
