//! `pleach build`: writes the output.

use super::Outcome;
use super::guards::{self, AllowedDeletions};
use super::pruned_records::Prune;
use super::screen::{Screen, report_text};
use super::session::Session;
use super::workspace::{LOCK_TIMEOUT, Workspace};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::disk::{self, Comparison, OutputDir, WriteSummary};
use crate::output::{OutputPath, Tree};
use crate::pipeline::{Build, OnFailure, Selection, Shard};
use clap::Args;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Write out/: a folder of Kubernetes YAML for every branch
///
/// Unchanged files are not touched, folders of removed branches are deleted, and unmanaged files are never deleted. Each file is replaced as a whole, so an interrupted run can be repeated.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach build
  pleach build --only feature/login
  pleach build --only 'feature/*' --only main
  pleach build --shard 2/4        the second of four jobs
  pleach build --prune            after `dns apply` and the teardown
  pleach build --prune=removed    keep the plans of existing branches
  pleach build --prune --carried-out v12    keep what was merged after v12, whose plans were carried out
  pleach build --output ../rendered/shop    in another repository or worktree

A removed branch leaves a plan in out/teardown for `pleach teardown`. So does an existing branch that has replaced an image, a database or an object outside of namespaces. `--prune` removes only what is already in the base revision.

Exit status: 0 the output is written, 2 invalid input or unmanaged files in out/, 3 refused by a guard, 4 I/O error")]
pub(super) struct BuildArgs {
    /// Build only the branches whose name or slug matches GLOB (`*` matches any text, `?` any character)
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Build one of N shards of the branches, counted from 1
    #[arg(long, value_name = "I/N", conflicts_with = "only")]
    shard: Option<Shard>,
    /// The base revision: a commit or a folder [default: where HEAD forks from origin's default branch, else out/]
    #[arg(long, value_name = "REF|DIR")]
    base: Option<String>,
    /// Write to DIR instead of the output folder of the spec
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Remove entries that are already in the base revision: absent names from out/dns, plans from out/teardown
    #[arg(long, value_name = "PLANS", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    prune: Option<Prune>,
    /// Prune only what the plans of this commit or output folder list: those that were carried out
    #[arg(long, value_name = "REF|DIR", requires = "prune")]
    carried_out: Option<String>,
    /// Build the other branches if some fail; errors that concern the whole spec stop all
    #[arg(long)]
    keep_going: bool,
    /// Treat warnings as errors: nothing is written
    #[arg(long)]
    strict: bool,
    /// Report unmanaged files as warnings, not as errors
    #[arg(long)]
    keep_unmanaged: bool,
    /// Allow the removal of exactly COUNT branches, or of none [default: at most two, or 30 %]
    #[arg(long, value_name = "COUNT", value_parser = super::usage::count)]
    allow_delete: Option<usize>,
    /// Allow exactly COUNT DNS names to become absent, or none [default: at most 30 % of ten or more]
    #[arg(long, value_name = "COUNT", value_parser = super::usage::count)]
    allow_delete_names: Option<usize>,
}

pub(super) fn run(args: &BuildArgs, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    // The lock is taken before anything is read, so the last writer is the last reader.
    let _lock = disk::lock_workspace(&workspace.root, LOCK_TIMEOUT, || {
        screen.info("waiting for another run that writes this output");
    })?;
    let on_failure = if args.keep_going { OnFailure::KeepGoing } else { OnFailure::Stop };
    let refused = |errors| args.add_no_branches(errors, workspace, here);
    let session = Session::open(
        (workspace, here, screen),
        (args.base.as_deref(), args.output.as_deref()),
        args.selection(),
        on_failure,
    )
    .map_err(refused)?;
    let inputs = session.inputs();
    let build = session.build(&inputs).map_err(refused)?;
    session.require_history(&build)?;
    let (output, tree) = (session.output(), args.pruned(&session, &build, here)?);
    let comparison = session.compare(&build, &tree)?;
    let allowed = AllowedDeletions { branches: args.allow_delete, names: args.allow_delete_names };
    guards::check(&session, &build, (output, &comparison), allowed)?;
    let mut warnings = args.check_unmanaged(output, &comparison)?;
    warnings.extend(build.zone_warnings(&inputs, &tree));
    session.refuse_warnings(args.strict, &build, &warnings)?;
    let written = output.write(&comparison)?;
    session.warn(&build, &warnings);
    report_text(&summary(&session, &build, written))?;
    build.errors().map_or(Ok(Outcome::Done), Err)
}

impl BuildArgs {
    fn selection(&self) -> Selection {
        match (&self.only, self.shard) {
            (_, Some(shard)) => Selection::Shard(shard),
            (only, None) if only.is_empty() => Selection::All,
            (only, None) => Selection::Only(only.clone()),
        }
    }

    /// Adds the guard about a spec without branches to other errors, unless this run deletes nothing or may delete all.
    fn add_no_branches(&self, errors: Diagnostics, workspace: &Workspace, here: &Path) -> Diagnostics {
        if self.allow_delete.is_some() || !self.only.is_empty() {
            return errors;
        }
        guards::add_no_branches(errors, workspace, here, self.output.as_deref())
    }

    /// The files to write.
    fn pruned<'b>(&self, session: &Session, build: &'b Build, here: &Path) -> Result<Cow<'b, Tree>> {
        let existing = session.plan.slugs();
        let is_pruned = |path: &OutputPath| self.prune.is_some_and(|prune| prune.drops(path, &existing));
        let Some(name) = &self.carried_out else { return Ok(build.pruned(is_pruned)) };
        Ok(Cow::Owned(session.carried_out(name, here)?.pruned_tree(build, is_pruned)?))
    }

    /// Reports unmanaged files as errors. With `--keep-unmanaged`, returns them as warnings, except those with the path of a file of
    /// the build.
    fn check_unmanaged(&self, output: &OutputDir, comparison: &Comparison) -> Result<Vec<Diagnostic>> {
        let mut errors = output.taken(comparison);
        let mut unmanaged = output.unmanaged(comparison);
        if !self.keep_unmanaged {
            errors.append(&mut unmanaged);
        }
        Diagnostics::check(errors, unmanaged)
    }
}

fn summary(session: &Session, build: &Build, done: WriteSummary) -> String {
    let (branches, files) = (build.branches.len(), done.written);
    format!(
        "built {branches} {} into `{}`: {files} {} written, {} unchanged, {} removed\n",
        if branches == 1 { "branch" } else { "branches" },
        session.shown_output(),
        if files == 1 { "file" } else { "files" },
        done.unchanged,
        done.removed
    )
}
