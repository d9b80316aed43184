//! `pleach teardown`: reports the teardown plans of the output.

use super::Outcome;
use super::screen::{Screen, report};
use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::disk::OutputDir;
use crate::glob;
use crate::output::{OutputFolder, OutputPath};
use crate::pipeline;
use crate::plan::BuildPlan;
use crate::source::{Found, Project, RelPath};
use crate::spec::Spec;
use crate::teardown::report::ListedPlan;
use crate::teardown::usage::UsageCandidates;
use crate::teardown::{Footprint, TeardownPlan, report as formats};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Report what removed branches leave, and what existing ones have replaced
///
/// Reads the plans in out/teardown and deletes nothing. Builds write them for removed branches, and for existing branches that have replaced an image, a database or an object outside of namespaces; these are marked `(existing)`. What any branch in out/namespaces uses is left out, because a merge can bring a plan and a new use together.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pleach teardown
  pleach teardown --format kubectl | kubectl delete --ignore-not-found -f -
  pleach teardown --removed --format images | xargs -r -n 1 crane delete
  pleach teardown --removed --format script | DROP_DATABASE=./drop-database DELETE_IMAGE='crane delete' sh
  pleach teardown --only feature/login --format json

An existing branch may go back to what it has replaced, so the examples use `--removed`. `pleach dns apply` removes DNS names, from the out/dns of the same build. Afterwards `pleach build --prune` removes the plans, `--prune=removed` only those that `--removed` shows. An image with a digest is shown without its tag.

JSON: {apiVersion, kind, plans}; plans is a list of {branch, slug, existing, namespaces, clusterObjects, dns, databases, images}. `existing` is true if the branch exists; namespaces and images are strings, clusterObjects are {apiVersion, kind, name}, and {namespace} if the object is in a namespace that the branch does not own, dns are {name, zone}, databases are {kind, instance, name}.

Exit status: 0 with or without plans, 2 a plan cannot be read, 4 I/O error")]
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
    /// A POSIX shell script that passes databases and images to `$DROP_DATABASE` and `$DELETE_IMAGE`
    Script,
}

pub(super) fn run(args: &TeardownArgs, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    let project = &workspace.project;
    let (spec, plan) = pipeline::plan(project)?;
    let output = workspace.output(&spec, args.output(), here)?;
    let folder = workspace.path_of(output.path()).unwrap_or_default();
    let plans = listed(project, &folder, &plan)?;
    let in_use = in_use(&output, &spec, &plans)?;
    let mut warnings = BTreeSet::new();
    let plans: Vec<ListedPlan> = plans
        .into_iter()
        .filter(|listed| args.selects(listed))
        .map(|mut listed| {
            listed.plan.footprint.images_in_use.clear();
            let rest = Footprint { images_in_use: BTreeSet::new(), ..listed.plan.footprint.without(&in_use) };
            if rest != listed.plan.footprint {
                warnings.insert(listed.plan.branch.to_string());
            }
            ListedPlan { plan: TeardownPlan { footprint: rest, ..listed.plan }, ..listed }
        })
        .filter(|listed| !listed.plan.footprint.is_empty())
        .collect();
    report(&args.render(&plans)?)?;
    screen.warn(&warnings.iter().map(|branch| partly_in_use(branch)).collect::<Vec<_>>(), project);
    Ok(Outcome::Done)
}

impl TeardownArgs {
    /// The output folder that is named.
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    fn selects(&self, ListedPlan { slug, is_existing, plan }: &ListedPlan) -> bool {
        let matches = |pattern: &String| glob::matches(pattern, slug) || glob::matches(pattern, &plan.branch);
        !(self.removed && *is_existing) && (self.only.is_empty() || self.only.iter().any(matches))
    }

    fn render(&self, plans: &[ListedPlan]) -> Result<String> {
        Ok(match self.format {
            TeardownFormat::Text => formats::text(plans),
            TeardownFormat::Kubectl => formats::kubectl(plans)?,
            TeardownFormat::Images => formats::images(plans),
            TeardownFormat::Json => formats::json(plans),
            TeardownFormat::Script => formats::script(plans),
        })
    }
}

/// The plans of the output.
fn listed(project: &Project, output: &RelPath, plan: &BuildPlan) -> Result<Vec<ListedPlan>> {
    let folder = output.join(OutputFolder::Teardown.name()).unwrap_or_default();
    let Found::Folder(names) = project.look(&folder) else { return Ok(Vec::new()) };
    let names = names.iter().filter(|name| !name.starts_with('.'));
    let slugs = names.filter_map(|name| name.strip_suffix(".yaml"));
    let existing = plan.slugs();
    gather(slugs, |slug| {
        let path = output.join(OutputPath::teardown_plan(slug).as_str()).unwrap_or_default();
        let unreadable = || Diagnostic::new(Code::Disk, format!("cannot read `{}`", project.show(&path)));
        let file = project.file(&path).ok_or_else(unreadable)?;
        let plan = TeardownPlan::read(&file)?;
        Ok::<_, Diagnostics>(ListedPlan { slug: slug.to_owned(), is_existing: existing.contains(slug), plan })
    })
}

/// The part of the plans that the branches in the output use.
fn in_use(output: &OutputDir, spec: &Spec, plans: &[ListedPlan]) -> Result<Footprint> {
    let candidates = UsageCandidates::of(plans.iter().map(|listed| &listed.plan.footprint), &spec.image_fields);
    if candidates.is_empty() {
        return Ok(Footprint::default());
    }
    let files = output.read(&[OutputFolder::Namespaces.path(), OutputFolder::Shared.path()], |path: &RelPath| {
        path.name().strip_suffix(".yaml").is_some()
    })?;
    let files: Vec<_> = files.into_iter().collect();
    let used = gather(files, |(path, text)| {
        candidates.used_by_files(&[text]).map_err(|_| {
            let message = format!("cannot read `{}`, so what its branch uses is unknown", output.show(&path));
            Diagnostic::new(Code::Output, message).help("run `pleach build` first")
        })
    })?;
    let mut in_use = Footprint::default();
    for footprint in used {
        in_use.add(footprint);
    }
    Ok(in_use)
}

fn partly_in_use(branch: &str) -> Diagnostic {
    let message = format!("an existing branch uses part of the footprint of `{branch}`; that part is not shown");
    Diagnostic::new(Code::Output, message).help("`pleach build` updates the plans")
}
