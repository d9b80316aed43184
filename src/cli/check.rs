//! `pleach check`: whether the output is exactly what a build would write.

use super::Outcome;
use super::pruned_records::PrunedRecords;
use super::record_differences::RecordDifferences;
use super::screen::{Screen, report_text};
use super::session::Session;
use super::workspace::Workspace;
use crate::argument::shell_word;
use crate::diagnostic::{Diagnostic, Result};
use crate::disk::{Comparison, Difference, OutputDir};
use crate::pipeline::{OnFailure, Selection};
use crate::visible::visible;
use clap::Args;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Check that out/ is exactly what build would write
///
/// Lists every file that is missing, modified, stale or unmanaged or has another mode, and the command that fixes it. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach check                      in CI, so that nobody forgets to build or edits out/ by hand
  pleach check --base origin/main
  pleach check --prune              for a change that `build --prune` made

A teardown record that a revert or a merge has lost is a warning if the next build finds it in the history of the base revision, also if the commits of this change become part of it. A record that is in the base revision and not in out/ is a difference; `--prune` accepts what `build --prune` drops, also with `--carried-out` and an earlier commit. Records of earlier versions that out/ restores after a prune are a warning.

Exit status: 0 no differences, 1 differences, 2 the build fails, 4 I/O error")]
pub(super) struct CheckArgs {
    /// The base revision: a commit or a folder [default: where HEAD forks from origin's default branch, else out/]
    #[arg(long, value_name = "REF|DIR")]
    base: Option<String>,
    /// Treat warnings as errors
    #[arg(long)]
    strict: bool,
    /// Accept an output from which `build --prune` has removed what was carried out
    #[arg(long)]
    prune: bool,
    /// Check DIR instead of the output folder of the spec
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// What is different about a file, and its path.
type Row = (&'static str, String);

/// At most this many files are named in a command.
const NAMED: usize = 3;

/// Checks the output of a workspace. `command` is how the user runs pleach in it.
pub(super) fn run(
    args: &CheckArgs,
    workspace: &Workspace,
    here: &Path,
    command: &str,
    screen: Screen,
) -> Result<Outcome> {
    let (base, output) = (args.base.as_deref(), args.output.as_deref());
    let session = Session::open((workspace, here, screen), (base, output), Selection::All, OnFailure::Stop)?;
    let inputs = session.inputs();
    let build = session.build(&inputs)?;
    Session::require_readable_history(&build)?;
    let (output, pruned) = (session.output(), PrunedRecords::of(&session, &build)?);
    let tree = if args.prune { pruned.tree() } else { &build.tree };
    let comparison = session.compare(&build, tree)?;
    let accepted = RecordDifferences::of(&session, (tree, output), &comparison)?;
    let warnings = accepted.iter().flat_map(|accepted| accepted.warnings(output));
    let warnings: Vec<Diagnostic> = warnings.chain(build.zone_warnings(&inputs, tree)).collect();
    session.refuse_warnings(args.strict, &build, &warnings)?;
    session.warn(&build, &warnings);
    let shown = session.shown_output();
    let writes = pruned.command().filter(|_| args.prune).map_or("a build".to_owned(), |command| format!("`{command}`"));
    if let Some(accepted) = accepted {
        report_text(&format!("`{shown}` is what {writes} writes, except for {}\n", accepted.count()))?;
        return Ok(Outcome::Done);
    }
    let (owned, unmanaged) = rows(output, &comparison);
    if owned.is_empty() && unmanaged.is_empty() {
        report_text(&format!("`{shown}` is what {writes} writes: {} files\n", tree.len()))?;
        return Ok(Outcome::Done);
    }
    let head = if output.has_output() { String::new() } else { format!("`{shown}` has no output of a build\n") };
    let tail = pruned.command().filter(|_| !args.prune).map_or(String::new(), |by| pruned_help(&shown, by, command));
    report_text(&(head + &text(&owned, &unmanaged, command) + &tail))?;
    Ok(Outcome::Differs)
}

/// What to run if the command `by` made the differences.
fn pruned_help(output: &str, by: &str, command: &str) -> String {
    format!("`{output}` is what `{by}` writes: if the records were carried out, `{command} check --prune` accepts it\n")
}

/// One line per file, and what to run.
fn text(owned: &[Row], unmanaged: &[Row], command: &str) -> String {
    let mut text = String::new();
    for (word, path) in owned.iter().chain(unmanaged) {
        let _ = writeln!(text, "{word:<9}  {}", visible(path));
    }
    let files = |count: usize| if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
    if !owned.is_empty() {
        let _ = writeln!(text, "{} not what a build writes: run `{command} build`", files(owned.len()));
    }
    if !unmanaged.is_empty() {
        let is_shown = |path: &&String| visible(path) == path.as_str();
        let paths: Vec<String> =
            unmanaged.iter().map(|(_, path)| path).filter(is_shown).take(NAMED).map(|path| shell_word(path)).collect();
        let more = if unmanaged.len() > paths.len() { " …" } else { "" };
        let remove = if paths.is_empty() { "remove".to_owned() } else { format!("`rm {}{more}`", paths.join(" ")) };
        let _ = writeln!(text, "{} unmanaged: move or {remove}", files(unmanaged.len()));
    }
    text
}

/// The files that a build changes, and the unmanaged ones.
fn rows(output: &OutputDir, comparison: &Comparison) -> (Vec<Row>, Vec<Row>) {
    let (mut owned, mut unmanaged) = (Vec::new(), Vec::new());
    for folder in &comparison.folders {
        for (name, difference) in &folder.differing {
            let word = match difference {
                Difference::Missing => "missing",
                Difference::Modified => "modified",
                Difference::Mode => "mode",
            };
            owned.push((word, output.name(folder, name)));
        }
        owned.extend(folder.stale.iter().map(|name| ("stale", output.name(folder, name))));
        owned.extend(folder.leftovers.iter().map(|name| ("leftover", output.name(folder, name))));
        let others = folder.unmanaged.iter().chain(&folder.taken);
        unmanaged.extend(others.map(|name| ("unmanaged", output.name(folder, name))));
    }
    (owned, unmanaged)
}
