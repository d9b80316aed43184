//! Stories: each transcript in `tests/story` is a sequence of commands in a copy of the sample and what they print.
//!
//! A transcript is both what is run and what is expected: lines that begin with `$ ` are commands, those that begin with
//! `== ` are titles, all others are printed by the command above them.

use crate::kit::{self, Workspace};
use std::fmt::Write;
use std::path::Path;

pub(crate) fn transcript_is_as_expected(file: &Path) {
    let expected = std::fs::read_to_string(file).unwrap();
    let sample = Workspace::sample();
    sample.commit_all();
    // The remote repository that everybody pushes to.
    assert_eq!(
        sample.shell("git clone -q --bare . .git/forge && git remote add origin .git/forge && git fetch -q"),
        ""
    );
    let mut transcript = String::new();
    for line in expected.lines() {
        let Some(command) = line.strip_prefix("$ ") else {
            if line.starts_with("== ") {
                let _ = writeln!(transcript, "{}{line}", if transcript.is_empty() { "" } else { "\n" });
            }
            continue;
        };
        let printed = sample.shell(command);
        let _ = write!(transcript, "{line}\n{printed}");
    }
    assert!(transcript.contains("\n$ "), "{} has no commands", file.display());
    kit::compare_text(file, &transcript);
}
