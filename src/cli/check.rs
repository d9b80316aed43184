//! `pleach check`: whether the output is exactly what a build would write.

use super::Outcome;
use super::args;
use super::base::{base, settle};
use super::progress::watched;
use super::screen::{Screen, report};
use super::workspace::{Workspace, scope};
use crate::diagnostic::Result;
use crate::disk::{How, Output, Survey};
use crate::pipeline::{self, Part};
use std::fmt::Write;
use std::path::Path;

/// What is wrong with files, and the files.
type Rows = Vec<(&'static str, String)>;

/// At most this many files are named in a command.
const NAMED: usize = 3;

/// Checks the output of a workspace; `command` is how the user calls pleach in it.
pub(super) fn run(
    args: &args::Check,
    workspace: &Workspace,
    here: &Path,
    command: &str,
    screen: Screen,
) -> Result<Outcome> {
    let planned = pipeline::plan(&workspace.project)?;
    let base = base(args.base.as_deref(), workspace, here, &planned, &Part::All)?;
    let built = |progress: &_| pipeline::build(&workspace.project, planned, &base, &Part::All, progress);
    let mut built = watched(screen, built)?.whole()?;
    let output = workspace.output(&built.spec.output);
    settle(&mut built, &output);
    let survey = output.survey(&built.tree, scope(&built, &Part::All))?;
    built.warnings.extend(base.warnings);
    screen.warn(&built.warnings, &workspace.project);
    let (mended, others) = rows(&output, &survey);
    if mended.is_empty() && others.is_empty() {
        let output = workspace.project.show(&built.spec.output);
        report(&format!("`{output}` is what a build writes: {} files\n", built.tree.len()))?;
        return Ok(Outcome::Done);
    }
    let mut text = String::new();
    for (word, path) in mended.iter().chain(&others) {
        let _ = writeln!(text, "{word:<9}  {path}");
    }
    let files = |count: usize| if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
    if !mended.is_empty() {
        let _ = writeln!(text, "{} not what a build writes: run `{command} build`", files(mended.len()));
    }
    if !others.is_empty() {
        let paths: Vec<String> = others.iter().take(NAMED).map(|(_, path)| quoted(path)).collect();
        let more = if others.len() > NAMED { " …" } else { "" };
        let _ = writeln!(text, "{} not pleach's: move or `rm {}{more}`", files(others.len()), paths.join(" "));
    }
    report(&text)?;
    Ok(Outcome::Differs)
}

/// What a build mends, and what it leaves alone.
fn rows(output: &Output, survey: &Survey) -> (Rows, Rows) {
    let (mut mended, mut others) = (Rows::new(), Rows::new());
    for folder in &survey.folders {
        for (name, how) in &folder.differing {
            let word = match how {
                How::Missing => "missing",
                How::Modified => "modified",
                How::Mode => "mode",
            };
            mended.push((word, output.name(folder, name)));
        }
        mended.extend(folder.stale.iter().map(|name| ("stale", output.name(folder, name))));
        mended.extend(folder.leftovers.iter().map(|name| ("leftover", output.name(folder, name))));
        others
            .extend(folder.unmanaged.iter().chain(&folder.taken).map(|name| ("untracked", output.name(folder, name))));
    }
    (mended, others)
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%:,".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
