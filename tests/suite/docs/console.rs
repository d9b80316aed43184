//! Pages whose commands are run in order.
//!
//! A block ```` ```console ```` contains lines `$ command` and what the command prints, standard output and standard error together. A
//! line `...` matches any number of lines. Commands run under `sh` with `pleach` on the path; `cd` stays in effect. A block of code
//! below a line with nothing but a path, such as `` `base/service.yaml` ``, is written to that file. `PLEACH_BLESS=1` writes what the
//! commands print to the page.

use crate::tests::kit::{Workspace, blessing, root};
use std::fmt::Write;

enum Step {
    /// A command, and the lines of the page with its output.
    Command {
        command: String,
        lines: std::ops::Range<usize>,
    },
    File {
        path: String,
        content: String,
    },
}

/// A page of the documentation.
pub(super) struct Page {
    path: String,
    lines: Vec<String>,
    /// What follows the part that is read.
    rest: Vec<String>,
}

impl Page {
    pub(super) fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Page { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect(), rest: Vec::new() }
    }

    /// The page up to a heading.
    pub(super) fn until(mut self, heading: &str) -> Self {
        let end = self.lines.iter().position(|line| line == heading).expect("the page has this heading");
        self.rest = self.lines.split_off(end);
        self
    }

    /// The first block of code in which a line is `first`.
    pub(super) fn block(&self, first: &str) -> String {
        let starts = |line: &String| line.as_str() == first;
        let start = self.lines.iter().position(starts).unwrap_or_else(|| panic!("{}: `{first}`", self.path));
        self.lines[start..].iter().take_while(|line| *line != "```").map(|line| line.clone() + "\n").collect()
    }

    pub(super) fn has_commands(&self) -> bool {
        self.lines.iter().any(|line| line == "```console")
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let (mut fence, mut at) = (None, 0);
        while at < self.lines.len() {
            let line = self.lines[at].as_str();
            match (line.strip_prefix("```"), fence) {
                (Some(_), Some(_)) => fence = None,
                (Some("console"), None) => fence = Some("console"),
                (Some(_), None) => {
                    fence = Some("");
                    if let Some(path) = self.path_above(at) {
                        let block = self.lines[at + 1..].iter().take_while(|line| *line != "```");
                        steps.push(Step::File { path, content: block.map(|line| line.clone() + "\n").collect() });
                    }
                }
                (None, Some("console")) => {
                    let command = line.strip_prefix("$ ").expect("output follows a command").to_owned();
                    let is_output = |line: &&String| *line != "```" && !line.starts_with("$ ");
                    let count = self.lines[at + 1..].iter().take_while(is_output).count();
                    steps.push(Step::Command { command, lines: at + 1..at + 1 + count });
                    at += count;
                }
                (None, _) => {}
            }
            at += 1;
        }
        steps
    }

    /// The path that stands alone above a block of code.
    fn path_above(&self, fence: usize) -> Option<String> {
        let [line, blank] = self.lines.get(fence.checked_sub(2)?..fence)? else { return None };
        let path = line.strip_prefix('`')?.strip_suffix('`')?;
        (blank.is_empty() && !path.contains(['`', ' '])).then(|| path.to_owned())
    }

    /// Runs the commands of the page, which starts in the folder `folder` of the workspace, and returns the folder where it ends.
    pub(super) fn run(mut self, workspace: &Workspace, folder: &str) -> String {
        let mut folder = folder.to_owned();
        let (mut accepted, mut faults) = (Vec::new(), Vec::new());
        let steps = self.steps();
        assert!(self.has_commands(), "{} shows commands", self.path);
        for step in steps {
            match step {
                Step::File { path, content } => workspace.write(&format!("{folder}{path}"), content),
                Step::Command { command, lines } => {
                    let got = workspace.shell(&format!("cd './{folder}'; {command}"));
                    if let Some((_, to)) = command.rsplit_once("cd ") {
                        let _ = write!(folder, "{to}/");
                    }
                    let got: Vec<String> = got.trim_end().lines().map(str::to_owned).collect();
                    if !matches(&self.lines[lines.clone()], &got) {
                        faults.push(format!("$ {command}\n{}", got.join("\n")));
                        accepted.push((lines, got));
                    }
                }
            }
        }
        if blessing() && !accepted.is_empty() {
            for (lines, got) in accepted.into_iter().rev() {
                self.lines.splice(lines, got);
            }
            self.lines.append(&mut self.rest);
            std::fs::write(root().join(&self.path), self.lines.join("\n") + "\n").unwrap();
        } else {
            assert!(
                faults.is_empty(),
                "{} shows other output (PLEACH_BLESS=1 accepts):\n{}",
                self.path,
                faults.join("\n")
            );
        }
        folder
    }
}

/// Whether the output matches what the page shows, in which `...` is any number of lines.
fn matches(shown: &[String], got: &[String]) -> bool {
    match shown.split_first() {
        None => got.is_empty(),
        Some((line, rest)) if line == "..." => (0..=got.len()).any(|skip| matches(rest, &got[skip..])),
        Some((line, rest)) => got.split_first().is_some_and(|(first, more)| first == line && matches(rest, more)),
    }
}

#[test]
fn dots_match_any_number_of_lines() {
    let lines =
        |text: &str| text.chars().map(|c| if c == '.' { "...".to_owned() } else { c.to_string() }).collect::<Vec<_>>();
    for (shown, got, want) in
        [("a", "a", true), ("a", "b", false), ("a.d", "abcd", true), ("a.", "a", true), ("a.d", "abc", false)]
    {
        assert_eq!(matches(&lines(shown), &lines(got)), want, "{shown} {got}");
    }
}
