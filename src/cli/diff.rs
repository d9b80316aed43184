//! `pleach diff`: shows what a build would change.

use super::Outcome;
use super::pruned_records::PrunedRecords;
use super::screen::{Screen, report};
use super::session::Session;
use super::workspace::Workspace;
use crate::diagnostic::Result;
use crate::diff::{self, BranchDiff, KnownBranch, text::Paint};
use crate::disk;
use crate::dns::zone_change::ZoneChange;
use crate::output::{Lock, OutputKind, OutputPath, SHARED_SLUG, Tree, owned_files};
use crate::pipeline::{OnFailure, Selection};
use crate::plan::Branch;
use crate::source::RelPath;
use crate::teardown::TeardownPlan;
use clap::{Args, ValueEnum};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Show what build would change
///
/// Compares a build with out/, or with the output of a commit or of another folder. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach diff
  pleach diff --base origin/main --format markdown --output comment.md
  pleach diff --format json | jq -r '.branches[].name'

Exit status: 0 no differences, 1 differences, 2 the build fails, 4 I/O error")]
pub(super) struct DiffArgs {
    /// Compare with the output of a commit, of another workspace or in a folder, and use it as the base revision
    #[arg(long, value_name = "REF|DIR")]
    base: Option<String>,
    /// The format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: DiffFormat,
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum DiffFormat {
    /// A unified diff with a summary line per branch
    #[default]
    Text,
    /// One line per branch
    Summary,
    /// A table and folded diffs, for a pull request
    Markdown,
    /// Branches, files and numbers of lines as JSON
    Json,
}

pub(super) fn run(args: &DiffArgs, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    let session =
        Session::open((workspace, here, screen), (args.base.as_deref(), None), Selection::All, OnFailure::Stop)?;
    if let Some(file) = &args.output {
        workspace.check_report(file, here, &session.spec, session.output())?;
    }
    let before = match &args.base {
        None => session.output().read(&[RelPath::root()], |_| true)?,
        Some(_) => session.previous.all_files()?,
    };
    let inputs = session.inputs();
    let build = session.build(&inputs)?;
    let pruned = PrunedRecords::of(&session, &build)?;
    let after = pruned.tree();
    let before = owned_files(before, after);
    let secret_keys: Vec<SmolStr> = session.spec.secrets.keys.iter().map(|key| key.value.clone()).collect();
    let (output, known) = (session.spec.output.to_string(), known(&session, (&before, after), &secret_keys));
    let branches = diff::compare((&before, after), &output, &secret_keys, known);
    session.warn(&build, &build.zone_warnings(&inputs, after));
    let report_text = args.render(&branches, screen);
    match &args.output {
        None => report(&report_text)?,
        Some(file) => disk::save((here, &workspace.root), file, &report_text)?,
    }
    Ok(if branches.is_empty() { Outcome::Done } else { Outcome::Differs })
}

impl DiffArgs {
    fn render(&self, branches: &[BranchDiff], screen: Screen) -> String {
        match self.format {
            DiffFormat::Text if self.output.is_none() && screen.colours_reports() => {
                diff::text::render(branches, Paint::Colours)
            }
            DiffFormat::Text => diff::text::render(branches, Paint::Plain),
            DiffFormat::Summary => diff::summary::render(branches),
            DiffFormat::Markdown => diff::markdown::render(branches),
            DiffFormat::Json => diff::json::render(branches),
        }
    }
}

/// What is known of the branch of a slug.
fn known<'k>(
    session: &'k Session,
    (before, after): (&Tree, &Tree),
    secret_keys: &'k [SmolStr],
) -> impl Fn(&str) -> KnownBranch + 'k {
    let existing: BTreeMap<&str, &Branch> =
        session.plan.branches.iter().map(|branch| (branch.slug.as_str(), branch)).collect();
    let removed = removed_names(before, |slug| !existing.contains_key(slug));
    // A file of the whole project has its path in place of a slug.
    let written: BTreeSet<String> = after
        .iter()
        .filter(|(path, _)| path.kind() == OutputKind::ProjectGitops || path.slug() == SHARED_SLUG)
        .map(|(path, _)| path.slug().to_owned())
        .collect();
    let values = |branch: &Branch| diff::secrets::values_under(secret_keys, &branch.variables);
    move |slug: &str| match existing.get(slug) {
        Some(branch) => KnownBranch { name: branch.name.to_string(), exists: true, secret_values: values(branch) },
        None => KnownBranch {
            name: removed.get(slug).cloned().unwrap_or_else(|| slug.to_owned()),
            exists: written.contains(slug),
            // All branches write the shared objects.
            secret_values: match slug {
                SHARED_SLUG => session.plan.branches.iter().flat_map(values).collect(),
                _ => BTreeSet::new(),
            },
        },
    }
}

/// The branch names of those slugs that are `wanted`, from lock files, zone change files and teardown plans.
fn removed_names(tree: &Tree, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let name = |(path, text): (&OutputPath, &Arc<str>)| {
        if !wanted(path.slug()) {
            return None;
        }
        let name = match path.kind() {
            OutputKind::Lock => Lock::read(text)?.branch,
            OutputKind::ZoneChange => ZoneChange::parse(text).ok()?.branch.into(),
            OutputKind::TeardownPlan => TeardownPlan::parse(text).ok()?.branch.into(),
            _ => return None,
        };
        Some((path.slug().to_owned(), name))
    };
    tree.iter().filter_map(name).collect()
}
