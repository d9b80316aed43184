//! `pleach diff`: shows what a build would change.

use super::Outcome;
use super::diff_formats::{DiffFormat, DiffOptions, size_limit};
use super::pruned_records::PrunedRecords;
use super::report_formats::{self, ReportTarget, TargetParser};
use super::screen::Screen;
use super::session::Session;
use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::diff::derived::DerivedName;
use crate::diff::{self, Comparing, Diff, FileLines, KnownBranch};
use crate::dns::zone_change::ZoneChange;
use crate::output::{Lock, OutputKind, OutputPath, SHARED_SLUG, Tree, owned_files};
use crate::pipeline::{Build, Failure, OnFailure, Selection};
use crate::plan::Branch;
use crate::source::RelPath;
use crate::teardown::TeardownPlan;
use clap::Args;
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
  pleach diff --base origin/main --format markdown=comment.md,sarif=diff.sarif
  pleach diff --only 'feature/*' --keep-going
  pleach diff --format json | jq -r '.images[] | [.name, .from, .to] | @tsv'

Equal changes of several branches are shown once. In their texts, `{slug}`, `{branch}`, `{namespace}`, `{host}` and `{database}` are the names of each branch, and `{hash}` is the hash in a generated name.

Exit status: 0 no differences, 1 differences, 2 the build fails, 4 I/O error")]
pub(super) struct DiffArgs {
    /// Compare with the output of a commit, of another workspace or in a folder, and use it as the base revision
    #[arg(long, value_name = "REF|DIR")]
    base: Option<String>,
    /// The formats of the report, several with `,`; each to FILE, or one to standard output
    #[arg(long, value_name = "FORMAT[=FILE]", value_delimiter = ',', value_parser = TargetParser::<DiffFormat>::new(), default_value = "text")]
    format: Vec<ReportTarget<DiffFormat>>,
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The size limit of a Markdown report: that of comments of a forge, or a number of bytes [default: github]
    #[arg(long, value_name = "FORGE|BYTES", value_parser = size_limit)]
    limit: Option<usize>,
    /// Print no Markdown if there are no differences
    #[arg(long)]
    skip_unchanged: bool,
    /// Show only the branches whose name or slug matches GLOB (`*` matches any text, `?` any character)
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Show the other branches if some cannot be built; errors that concern the whole spec stop all
    #[arg(long)]
    keep_going: bool,
    /// The exit status if there are differences
    #[arg(long, value_name = "STATUS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=1))]
    exit_code: u8,
}

pub(super) fn run(args: &DiffArgs, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    let targets = args.targets()?;
    report_formats::check(&targets, (workspace, here), None)?;
    let selection = if args.only.is_empty() { Selection::All } else { Selection::Only(args.only.clone()) };
    let on_failure = if args.keep_going { OnFailure::KeepGoing } else { OnFailure::Stop };
    let session = Session::open((workspace, here, screen), (args.base.as_deref(), None), selection, on_failure)?;
    let before = match &args.base {
        None => session.output().read(&[RelPath::root()], |_| true)?,
        Some(_) => session.previous.all_files()?,
    };
    let inputs = session.inputs();
    let build = session.build(&inputs)?;
    let pruned = PrunedRecords::of(&session, &build)?;
    let after = pruned.tree();
    let before = owned_files(before, after);
    let lines = targets.iter().map(|target| target.format().lines()).max().unwrap_or(FileLines::Ignored);
    let diff = compared(&session, &build, (&before, after), lines);
    session.warn(&build, &build.zone_warnings(&inputs, after));
    let options = DiffOptions { workspace, screen, limit: args.limit, skip_unchanged: args.skip_unchanged };
    report_formats::write(&targets, (workspace, here), |target| options.render(&diff, target))?;
    if let Some(errors) = build.errors() {
        return Err(errors);
    }
    Ok(if diff.environments.is_empty() || args.exit_code == 0 { Outcome::Done } else { Outcome::Differs })
}

/// The differences in the branches that are selected and could be built.
fn compared(session: &Session, build: &Build, (before, after): (&Tree, &Tree), lines: FileLines) -> Diff {
    let is_selected = session.selection.slugs(&session.plan);
    let failed: BTreeSet<&str> = build.failures.iter().flat_map(Failure::slugs).collect();
    let is_whole = failed.is_empty();
    let is_compared = |path: &OutputPath| {
        let has_branch = path.kind() != OutputKind::ProjectGitops || is_whole;
        is_selected(path.slug()) && !failed.contains(path.slug()) && has_branch
    };
    let part = |tree: &Tree| -> Tree {
        let files = tree.iter().filter(|(path, _)| is_compared(path));
        files.map(|(path, text)| (path.clone(), Arc::clone(text))).collect()
    };
    let (before, after) = (part(before), part(after));
    let secret_keys: Vec<SmolStr> = session.spec.secrets.keys.iter().map(|key| key.value.clone()).collect();
    let known = known(session, (&before, &after), &secret_keys);
    let comparing = Comparing {
        project: &session.spec.project,
        output: &session.spec.output.to_string(),
        secret_keys: &secret_keys,
        all: session.plan.branches.iter().map(|branch| branch.name.to_string()).collect(),
        not_rendered: build.failures.iter().map(|failure| failure.branch.name.to_string()).collect(),
        lines,
    };
    diff::compare((&before, &after), comparing, known)
}

impl DiffArgs {
    /// The reports to write. An option that has no effect on any of them is an error.
    fn targets(&self) -> Result<Vec<ReportTarget<DiffFormat>>> {
        let has = |is_wanted: fn(&ReportTarget<DiffFormat>) -> bool| self.format.iter().any(is_wanted);
        let is_markdown = has(|target| target.format().is_markdown());
        let unused = [
            ("--limit", self.limit.is_some() && !is_markdown, "without `--format markdown`"),
            ("--skip-unchanged", self.skip_unchanged && !is_markdown, "without `--format markdown`"),
            (
                "--output",
                self.output.is_some() && !has(ReportTarget::is_standard_output),
                "if each format has a file of its own",
            ),
        ];
        let unused = unused
            .iter()
            .filter(|(_, is_unused, _)| *is_unused)
            .map(|(option, _, when)| Diagnostic::new(Code::Usage, format!("`{option}` has no effect {when}")).into());
        let errors: Vec<Diagnostics> = unused.collect();
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let target = |target: &ReportTarget<DiffFormat>| match &self.output {
            Some(file) => target.clone().or_file(file),
            None => target.clone(),
        };
        Ok(self.format.iter().map(target).collect())
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
        Some(branch) => KnownBranch {
            name: branch.name.to_string(),
            exists: true,
            secret_values: values(branch),
            derived_names: derived_names(branch),
        },
        None => KnownBranch {
            name: removed.get(slug).cloned().unwrap_or_else(|| slug.to_owned()),
            exists: written.contains(slug),
            // All branches write the shared objects.
            secret_values: match slug {
                SHARED_SLUG => session.plan.branches.iter().flat_map(values).collect(),
                _ => BTreeSet::new(),
            },
            derived_names: match removed.get(slug) {
                Some(name) => vec![(DerivedName::Branch, name.into()), (DerivedName::Slug, slug.into())],
                None => Vec::new(),
            },
        },
    }
}

/// The names that a branch derives from its own.
fn derived_names(branch: &Branch) -> Vec<(DerivedName, SmolStr)> {
    let hosts =
        branch.hosts.iter().enumerate().map(|(at, host)| (DerivedName::Host(at), SmolStr::from(host.name.as_str())));
    let database = branch.database.as_ref().and_then(|database| database.own());
    [(DerivedName::Branch, branch.name.clone()), (DerivedName::Slug, branch.slug.as_str().into())]
        .into_iter()
        .chain(branch.namespace().map(|namespace| (DerivedName::Namespace, namespace.into())))
        .chain(hosts)
        .chain(database.map(|name| (DerivedName::Database, name.clone())))
        .collect()
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
