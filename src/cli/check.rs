//! `pleach check`: whether the output is exactly what a build would write.

use super::Outcome;
use super::check_report::{CheckFormat, CheckReport, DifferingFile, Fixes};
use super::pruned_records::PrunedRecords;
use super::record_differences::RecordDifferences;
use super::report_formats::{self, ReportTarget, TargetParser};
use super::screen::Screen;
use super::session::Session;
use super::workspace::Workspace;
use crate::diagnostic::{Diagnostic, Result};
use crate::pipeline::{OnFailure, Selection};
use clap::Args;
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
  pleach check --format github      as annotations of the pull request
  pleach check --format text,sarif=check.sarif,junit=check.xml

Other formats than text also have the errors of a build that fails. Their paths begin at the root of the Git repository.

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
    /// The formats of the report, several with `,`; each to FILE, or one to standard output
    #[arg(long, value_name = "FORMAT[=FILE]", value_delimiter = ',', value_parser = TargetParser::<CheckFormat>::new(), default_value = "text")]
    format: Vec<ReportTarget<CheckFormat>>,
}

/// Checks the output of a workspace. `command` is how the user runs pleach in it.
pub(super) fn run(
    args: &CheckArgs,
    workspace: &Workspace,
    here: &Path,
    command: &str,
    screen: Screen,
) -> Result<Outcome> {
    report_formats::check(&args.format, (workspace, here), args.output.as_deref())?;
    let checked = check(args, workspace, here, command, screen);
    let report = match &checked {
        Ok(report) => report,
        Err(errors) => &CheckReport::failed(workspace, errors),
    };
    let written = report_formats::write(&args.format, (workspace, here), |target| report.render(target));
    match (checked, written) {
        (Ok(report), written) => written.map(|()| report.outcome()),
        (Err(errors), Ok(())) => Err(errors),
        (Err(errors), Err(more)) => Err(vec![errors, more].into()),
    }
}

fn check<'w>(
    args: &CheckArgs,
    workspace: &'w Workspace,
    here: &Path,
    command: &str,
    screen: Screen,
) -> Result<CheckReport<'w>> {
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
    let warnings: Vec<Diagnostic> = session.warnings(&build, &warnings).cloned().collect();
    let shown = session.shown_output();
    let writes = pruned.command().filter(|_| args.prune).map_or("a build".to_owned(), |command| format!("`{command}`"));
    if let Some(accepted) = accepted {
        let text = format!("`{shown}` is what {writes} writes, except for {}\n", accepted.count());
        return Ok(CheckReport::passed(workspace, text, warnings));
    }
    let files = DifferingFile::all(workspace, output, &comparison);
    if files.is_empty() {
        let text = format!("`{shown}` is what {writes} writes: {} files\n", tree.len());
        return Ok(CheckReport::passed(workspace, text, warnings));
    }
    let head = if output.has_output() { String::new() } else { format!("`{shown}` has no output of a build\n") };
    let pruned = pruned.command().filter(|_| !args.prune).map(|by| pruned_help(&shown, by, command));
    Ok(CheckReport::differs(workspace, (&head, &files, &Fixes { command, pruned }), warnings))
}

/// What to run if the command `by` made the differences.
fn pruned_help(output: &str, by: &str, command: &str) -> String {
    format!("`{output}` is what `{by}` writes: if the records were carried out, `{command} check --prune` accepts it")
}
