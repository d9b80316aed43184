//! `pleach teardown`: reports the teardown plans of the output.

use super::base::BaseFinder;
use super::branch_usage::BranchUsage;
use super::screen::{Screen, report};
use super::workspace::Workspace;
use super::{Outcome, previous};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather, named};
use crate::disk::OutputDir;
use crate::glob;
use crate::name::DnsName;
use crate::output::{OutputFolder, OutputPath};
use crate::pipeline;
use crate::plan::{BuildPlan, EntryOwner, KnownBranches};
use crate::source::{Found, RelPath};
use crate::spec::EarlierSpecs;
use crate::teardown::report::ListedPlan;
use crate::teardown::{Footprint, ProjectNames, TeardownPlan, report as formats};
use clap::{Args, ValueEnum};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Report what removed branches leave, and what existing ones have replaced
///
/// Reads the plans in out/teardown and deletes nothing. Builds write them for removed branches, and for existing branches that have replaced an image, a database or an object outside of namespaces; these are marked `(existing)`. What an existing branch uses, by the files in out/namespaces or by a build, is left out, because a merge can bring a plan and a new use together.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach teardown
  pleach teardown --removed --format kubectl | kubectl delete --ignore-not-found -f -
  pleach teardown --removed --format script >script && DROP_DATABASE=./drop DELETE_IMAGE=./delete RESOLVE_IMAGE=./resolve sh script
  pleach teardown --only feature/login --format json

An existing branch may go back to what it has replaced, so the examples that delete use `--removed`. `pleach dns apply` removes DNS names, from the out/dns of the same build. Afterwards `pleach build --prune` removes the plans, `--prune=removed` only those that `--removed` shows. An image with a digest is shown without its tag.

The script deletes no digest that an existing branch uses under another tag. $DROP_DATABASE takes the kind, instance and name of a database. $RESOLVE_IMAGE takes the reference of an image and prints its digest, and for an index also the digests in it; nothing if the image does not exist. $DELETE_IMAGE takes the name with that digest. The script goes on after a failure, reports all failures at the end, and exits with 1. It can run again: what does not exist is done.

JSON: {apiVersion, kind, plans}; plans is a list of {branch, slug, existing, namespaces, clusterObjects, dns, databases, images}. `existing` is true if the branch exists; namespaces and images are strings, clusterObjects are {apiVersion, kind, name}, and {namespace} if the object is in a namespace that the branch does not own, dns are {name, zone}, databases are {kind, instance, name}.

Exit status: 0 with or without plans, 2 a plan cannot be read, the output folder has no output, or what a branch uses is unknown, 4 I/O error")]
pub(super) struct TeardownArgs {
    /// The format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: TeardownFormat,
    /// Show only the branches whose name or slug matches GLOB (`*` matches any text, `?` any character)
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Show only what removed branches leave, not what existing ones have replaced
    #[arg(long)]
    removed: bool,
    /// Read DIR instead of the output folder of the spec
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TeardownFormat {
    /// A paragraph per branch
    #[default]
    Text,
    /// YAML for `kubectl delete -f -`: objects outside of namespaces, and namespaces
    Kubectl,
    /// One image reference per line
    Images,
    /// JSON
    Json,
    /// A POSIX shell script that passes databases and images to `$DROP_DATABASE` and `$DELETE_IMAGE`, and compares digests first
    Script,
}

pub(super) fn run(args: &TeardownArgs, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    let project = &workspace.project;
    let (spec, plan) = pipeline::plan(project)?;
    let output = workspace.output(&spec, args.output(), here)?;
    args.check_output(&output, &plan)?;
    let folder = workspace.path_of(output.path()).unwrap_or_default();
    let finder = BaseFinder { workspace, spec: &spec, plan: &plan, output: &output };
    let plans = listed(&finder, &folder)?;
    args.check_only(&plans, &plan)?;
    let usage = BranchUsage::of((project, &output), (&spec, &plan), &plans)?;
    let (mut warnings, mut zones) = (BTreeSet::new(), BTreeSet::new());
    let plans: Vec<ListedPlan> = plans
        .into_iter()
        .filter(|listed| args.selects(listed))
        .map(|mut listed| {
            listed.plan.footprint.images_in_use.clear();
            listed.plan.footprint.names.retain(|(zone, _)| {
                let is_declared = spec.zones.contains_key(zone);
                zones.extend(Some(zone.clone()).filter(|_| !is_declared));
                is_declared
            });
            let rest = listed.plan.footprint.without(&usage.in_use);
            let rest = Footprint { images_in_use: BTreeSet::new(), ..rest };
            if rest != listed.plan.footprint {
                warnings.insert(listed.plan.branch.to_string());
            }
            ListedPlan { plan: TeardownPlan { footprint: rest, ..listed.plan }, ..listed }
        })
        .filter(|listed| !listed.plan.footprint.is_empty())
        .collect();
    report(&args.render(&plans, &usage.references)?)?;
    let warnings: Vec<Diagnostic> =
        warnings.iter().map(|branch| partly_in_use(branch)).chain(zones.iter().map(unknown_zone)).collect();
    screen.warn(&warnings, project);
    Ok(Outcome::Done)
}

impl TeardownArgs {
    /// The output folder that is named.
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// An error if there is no output. Without branches, a build may have written none.
    fn check_output(&self, output: &OutputDir, plan: &BuildPlan) -> Result<()> {
        let folder = RelPath::root();
        let is_expected = plan.branches.iter().any(|branch| branch.namespace().is_some());
        let why = match () {
            () if output.has_output() => return Ok(()),
            () if !output.has(&folder) && (is_expected || self.output.is_some()) => "does not exist",
            () if is_expected => "has no output of a build",
            () => return Ok(()),
        };
        let message = format!("the output folder `{}` {why}", output.show(&folder));
        Err(Diagnostic::new(Code::Usage, message).help("`pleach build` writes it; `--output` names another one").into())
    }

    /// An error for each pattern of `--only` that matches neither a plan nor a branch.
    fn check_only(&self, plans: &[ListedPlan], BuildPlan { branches, .. }: &BuildPlan) -> Result<()> {
        let listed = plans.iter().flat_map(|listed| [listed.plan.branch.as_str(), listed.slug.as_str()]);
        let existing = branches.iter().flat_map(|branch| [branch.name.as_str(), branch.slug.as_str()]);
        let known: BTreeSet<&str> = listed.chain(existing).collect();
        let unknown = self.only.iter().filter(|pattern| !known.iter().any(|name| glob::matches(pattern, name)));
        let error = |pattern: &String| {
            let message = format!("no teardown plan and no branch matches `{pattern}`");
            let error = Diagnostic::new(Code::Usage, message).suggest(pattern, known.iter().copied());
            let plans: Vec<&SmolStr> = plans.iter().map(|listed| &listed.plan.branch).collect();
            if plans.is_empty() { error } else { error.help(format!("the plans are of {}", named(&plans))) }
        };
        Diagnostics::check(unknown.map(error).collect(), ())
    }

    fn selects(&self, ListedPlan { slug, is_existing, plan }: &ListedPlan) -> bool {
        let matches = |pattern: &String| glob::matches(pattern, slug) || glob::matches(pattern, &plan.branch);
        !(self.removed && *is_existing) && (self.only.is_empty() || self.only.iter().any(matches))
    }

    fn render(&self, plans: &[ListedPlan], references: &BTreeSet<SmolStr>) -> Result<String> {
        Ok(match self.format {
            TeardownFormat::Text => formats::text(plans),
            TeardownFormat::Kubectl => formats::kubectl(plans)?,
            TeardownFormat::Images => formats::images(plans),
            TeardownFormat::Json => formats::json(plans),
            TeardownFormat::Script => formats::script(plans, references),
        })
    }
}

/// The plans of the output.
fn listed(finder: &BaseFinder, output: &RelPath) -> Result<Vec<ListedPlan>> {
    let BaseFinder { workspace: Workspace { project, root, .. }, spec, plan, .. } = finder;
    let folder = output.join(OutputFolder::Teardown.name()).unwrap_or_default();
    let Found::Folder(names) = project.look(&folder) else { return Ok(Vec::new()) };
    let names = names.iter().filter(|name| !name.starts_with('.'));
    let slugs = names.filter_map(|name| name.strip_suffix(".yaml"));
    let existing = plan.slugs();
    let base = finder.find().ok().map(|base| base.revision);
    let is_published = base.as_ref().is_some_and(|base| base.is_published(root));
    let earlier = EarlierSpecs::new(|parents| match &base {
        Some(base) => base.earlier_specs(root, &spec.project, parents),
        None => Ok(Vec::new()),
    });
    let known = KnownBranches::of(plan, earlier, is_published);
    let project_names = ProjectNames::of((*spec, *plan), &known);
    let help = if is_published { previous::correct } else { previous::restore };
    let plans = gather(slugs, |slug| {
        let path = output.join(OutputPath::teardown_plan(slug).as_str()).unwrap_or_default();
        let unreadable = || Diagnostic::new(Code::Disk, format!("cannot read `{}`", project.show(&path)));
        let file = project.file(&path).ok_or_else(unreadable)?;
        let shown = project.show(&path);
        let mut plan = TeardownPlan::read(&file, &|branch, entry| {
            let checked = project_names.check(EntryOwner { slug, branch }, entry);
            checked.map_err(|error| error.first_help(help(&shown)))
        })?;
        project_names.drop_kept(slug, &mut plan.footprint);
        Ok::<_, Diagnostics>(ListedPlan { slug: slug.to_owned(), is_existing: existing.contains(slug), plan })
    });
    known.earlier.check()?;
    plans
}

fn unknown_zone(zone: &DnsName) -> Diagnostic {
    let message = format!("the zone `{zone}` is not declared, so its names are not shown");
    Diagnostic::new(Code::Dns, message)
        .help("declare it until `pleach dns apply` has deleted them, then run `pleach build --prune`")
}

fn partly_in_use(branch: &str) -> Diagnostic {
    let message = format!("an existing branch uses part of the footprint of `{branch}`; that part is not shown");
    Diagnostic::new(Code::Output, message).help(
        "`pleach build` removes from the plans what now belongs to another branch; the rest stays in them until no branch needs it",
    )
}
