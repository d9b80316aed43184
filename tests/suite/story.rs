//! The whole life of some branches, told by the commands that people and pipelines run and by what those print.
//!
//! `tests/story/transcript.txt` is both what is run and what is expected: lines that begin with `$ ` are commands, those
//! that begin with `== ` say what happens, all others are printed by the command above them.

use crate::kit::{self, Workspace, root};
use std::fmt::Write;

#[test]
fn the_life_of_branches() {
    let file = root().join("tests/story/transcript.txt");
    let story = std::fs::read_to_string(&file).unwrap();
    let sample = Workspace::sample();
    sample.commit_all();
    // The repository that everybody pushes to.
    assert_eq!(
        sample.shell("git clone -q --bare . .git/forge && git remote add origin .git/forge && git fetch -q"),
        ""
    );
    let mut told = String::new();
    for line in story.lines() {
        let Some(command) = line.strip_prefix("$ ") else {
            if line.starts_with("== ") {
                let _ = writeln!(told, "{}{line}", if told.is_empty() { "" } else { "\n" });
            }
            continue;
        };
        let printed = sample.shell(command);
        let _ = write!(told, "{line}\n{printed}");
    }
    assert!(told.matches("\n$ ").count() > 30, "the story is told by its commands");
    kit::compare_text(&file, &told);
}
