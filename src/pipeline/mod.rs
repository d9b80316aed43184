//! The stages in order: wanted names, branches, zone changes, teardown plans. Nothing here uses a disk, a clock or the environment.
//! Branches are built in parallel; the result does not depend on the number of threads.

mod branch;
mod branch_kustomization;
mod compare;
mod image_use;
mod images;
mod scopes;
mod selection;
mod unselected;
mod unused;
mod usage;
mod zones;

pub(crate) use branch::BuiltBranch;
pub(crate) use selection::{Selection, Shard};

use crate::claims::Claim;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::dns::zone_change::DecidedZoneChanges;
use crate::output::{OutputHistory, OutputPath, PreviousOutput, SHARED_SLUG, Tree};
use crate::plan::{self, Branch, BuildPlan, EntryOwner, KnownBranches};
use crate::record::RemovedNames;
use crate::source::Project;
use crate::spec::{self, Backend, EarlierSpecs, Spec};
use crate::teardown::usage::UsageCandidates;
use crate::teardown::{self, BranchObjects, PreviousFootprint, ProjectNames};
use crate::template;
use crate::{dns, gitops};
use branch::BranchBuilder;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use unselected::UnselectedBranches;
use unused::{UsedParts, WrittenZones};
use usage::Usage;

/// What a build depends on.
pub(crate) struct Inputs<'a> {
    /// The input files.
    pub(crate) project: &'a Project,
    /// The spec.
    pub(crate) spec: &'a Spec,
    /// All branches of the spec with their derived values.
    pub(crate) plan: &'a BuildPlan,
    /// The output at the base revision.
    pub(crate) previous: &'a dyn PreviousOutput,
    /// The branches to build.
    pub(crate) selection: &'a Selection,
    /// Counts the branches that are done.
    pub(crate) progress: &'a Progress,
    /// What to do after a branch that exceeds a work limit: the others may too.
    pub(crate) on_failure: OnFailure,
}

/// What a run does when a branch fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// Nothing is written, so what comes after a branch that exceeds a work limit is not built.
    Stop,
    /// The other branches are built.
    KeepGoing,
}

/// The result of a build.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    /// The files of the branches that were built, and of removed ones. A failed branch has none: its files stay as they are.
    pub(crate) tree: Tree,
    /// What files become when their prunable entries are left out; `None` removes the file.
    pub(crate) prunable: BTreeMap<OutputPath, Option<Arc<str>>>,
    /// The branches that were built, with their objects.
    pub(crate) branches: Vec<BuiltBranch<'a>>,
    /// The branches that failed.
    pub(crate) failures: Vec<Failure<'a>>,
    /// The warnings.
    pub(crate) warnings: Vec<Diagnostic>,
    /// Those of the warnings about images in the entry of a branch that only other branches have.
    pub(crate) images_of_others: Vec<Diagnostic>,
    /// Why the history of the previous output is not known, so that what a revert removed may not be recorded.
    pub(crate) unknown_history: Vec<Diagnostic>,
}

/// A branch that could not be built.
#[derive(Debug)]
pub(crate) struct Failure<'a> {
    /// The branch.
    pub(crate) branch: &'a Branch,
    /// The errors.
    pub(crate) errors: Diagnostics,
    /// The claims of its objects; `None` if the objects are not known.
    pub(crate) claims: Option<Vec<Claim>>,
}

/// Why there is no build.
#[derive(Debug)]
pub(crate) struct BuildErrors {
    /// The errors that concern the whole spec.
    pub(crate) whole: Diagnostics,
    /// The errors of branches that failed.
    of_branches: Vec<Diagnostics>,
}

impl From<BuildErrors> for Diagnostics {
    fn from(errors: BuildErrors) -> Self {
        errors.of_branches.into_iter().chain([errors.whole]).collect::<Vec<_>>().into()
    }
}

impl Failure<'_> {
    /// The slugs whose files are not known because of the failure: that of the branch, and that of the objects that it may share.
    pub(crate) fn slugs(&self) -> [&str; 2] {
        [self.branch.slug.as_str(), SHARED_SLUG]
    }
}

/// How far a build is, for a progress report.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The number of branches to build; 0 while it is not known.
    pub(crate) all: AtomicUsize,
    /// The number of branches that are done.
    pub(crate) done: AtomicUsize,
}

/// Reads the spec and derives the plan.
pub(crate) fn plan(project: &Project) -> Result<(Spec, BuildPlan)> {
    let spec = spec::read(project)?;
    let plan = plan::build_plan(&spec)?;
    Ok((spec, plan))
}

/// Like [`plan()`], but a branch with an overlay that does not exist fails alone when it is built.
pub(crate) fn plan_keep_going(project: &Project) -> Result<(Spec, BuildPlan)> {
    let spec = spec::read_keep_going(project)?;
    let plan = plan::build_plan(&spec)?;
    Ok((spec, plan))
}

/// Builds the selected branches. The others are built even if one fails, except after one that exceeds a work limit.
pub(crate) fn build<'a>(inputs: &'a Inputs<'a>) -> Result<Build<'a>, BuildErrors> {
    let mut failures = Vec::new();
    build_branches(inputs, &mut failures)
        .map_err(|whole| BuildErrors { whole, of_branches: failures.iter().map(|f| f.errors.clone()).collect() })
        .map(|build| Build { failures, ..build })
}

/// A build without the branches that fail, which are added to `failures`.
fn build_branches<'a>(inputs: &'a Inputs<'a>, failures: &mut Vec<Failure<'a>>) -> Result<Build<'a>> {
    let Inputs { spec, plan, previous, selection, .. } = *inputs;
    selection.check(plan)?;
    let (names, unnamed) =
        dns::wanted_names(spec, plan).map_or_else(|errors| (Vec::new(), Err(errors)), |n| (n, Ok(())));
    let (builder, workers, written) = (BranchBuilder::new(inputs, &names), workers()?, WrittenZones::of(&names));
    let (selected, unselected): (_, Vec<_>) =
        plan.branches.iter().partition(|b| selection.has(&b.name, b.slug.as_str()));
    let mut built = build_all(inputs, &builder, &workers, selected, failures)?;
    let unselected = UnselectedBranches::new(inputs, (&builder, &workers), unselected);
    let images = images::check(inputs, &mut built, &unselected);
    let branches = without_errors(built, failures);
    let compared = both(unnamed, compare::compare(inputs, &branches, failures))?;
    let failures = &failures[..];
    let failed: BTreeSet<&str> = failures.iter().flat_map(Failure::slugs).collect();
    let is_selected = selection.slugs(plan);
    let is_built = |slug: &str| is_selected(slug) && !failed.contains(slug);
    let changed = names.into_iter().filter(|names| names.backend == Backend::ZoneChange).collect();
    let (history, unknown_history) = history(previous, &is_built);
    let earlier = EarlierSpecs::new(|parents| previous.earlier_specs(parents));
    let known = KnownBranches::of(plan, earlier, previous.is_published());
    let (zones, refused) =
        dns::zone_change::decide(spec, (plan, &known), changed, (previous, &history), is_built, |slug| {
            failed.contains(slug)
        })
        .map_or_else(|errors| (DecidedZoneChanges::default(), Err(errors)), |zones| (zones, Ok(())));
    let mut tree: Tree = branches.iter().flat_map(|branch| branch.files.iter().cloned()).collect();

    let usage = Usage::of_branches(inputs, (&branches, failures), &unselected);
    let wiring = gitops::files(spec, plan, is_built, || usage.deployed())?;
    let plans = teardown_plans(inputs, (&history, &known), (&tree, &usage), zones.removed_names, &is_built);
    known.earlier.check()?;
    let plans = both(refused, plans)?;
    tree.extend(zones.files.into_iter().chain(wiring).chain(plans.files).chain(compared.files));
    let warnings = [plan.warnings.clone(), zones.warnings, images.warnings, compared.warnings].into_iter().flatten();
    let of_branches = branches.iter().flat_map(|branch| branch.warnings.iter().cloned());
    let (engine, scopes, files) = (&builder.engine, &builder.scopes, builder.files());
    let used = UsedParts { inputs, branches: &branches, engine, tree: &tree, scopes, zones: written, files };
    let unused = unused::warnings(&used);
    Ok(Build {
        prunable: zones.prunable.into_iter().chain(plans.prunable).collect(),
        warnings: warnings.chain(of_branches).chain(plans.warnings).chain(history.cut).chain(unused).collect(),
        images_of_others: images.of_others,
        unknown_history,
        tree,
        branches,
        failures: Vec::new(),
    })
}

/// The second result, or the errors of both.
fn both<T>(first: Result<()>, second: Result<T>) -> Result<T> {
    match (first, second) {
        (Ok(()), second) => second,
        (Err(first), second) => Err([Some(first), second.err()].into_iter().flatten().collect::<Vec<_>>().into()),
    }
}

/// The history of the previous output for the slugs that are `wanted`, or why it cannot be read: a shallow clone does not have all
/// of it.
fn history(previous: &dyn PreviousOutput, wanted: &dyn Fn(&str) -> bool) -> (OutputHistory, Vec<Diagnostic>) {
    match previous.history(wanted) {
        Ok(history) => (history, Vec::new()),
        Err(errors) => (OutputHistory::default(), errors.into_iter().collect()),
    }
}

/// Builds branches in parallel. Those that cannot be built are added to `failures`. Returns the errors of a branch that exceeds a
/// work limit and stops the build: the first one in the order of `selected`, so that they do not depend on the number of threads.
fn build_all<'a>(
    inputs: &Inputs,
    builder: &BranchBuilder,
    workers: &ThreadPool,
    selected: Vec<&'a Branch>,
    failures: &mut Vec<Failure<'a>>,
) -> Result<Vec<BuiltBranch<'a>>> {
    inputs.progress.all.store(selected.len(), Ordering::Relaxed);
    let last = AtomicUsize::new(selected.len());
    let build = |(i, branch): (usize, &&'a Branch)| {
        if i > last.load(Ordering::Relaxed) {
            return None;
        }
        let built = builder.build(branch).map_err(|errors| errors.map(|error| error.in_branch(&branch.name)));
        if inputs.on_failure == OnFailure::Stop && exceeds_work_limit(&built) {
            last.fetch_min(i, Ordering::Relaxed);
        }
        inputs.progress.done.fetch_add(1, Ordering::Relaxed);
        Some(built)
    };
    let results: Vec<Option<Result<BuiltBranch>>> =
        workers.install(|| selected.par_iter().enumerate().map(build).collect());
    let mut results: Vec<Result<BuiltBranch>> = results.into_iter().map_while(|result| result).collect();
    let last = last.into_inner();
    let stopped = (last + 1 < selected.len()).then(|| results.drain(last..).next()).flatten();
    let mut branches = Vec::new();
    for (branch, result) in selected.into_iter().zip(results) {
        match result {
            Ok(branch) => branches.push(branch),
            Err(errors) => failures.push(Failure { branch, errors, claims: None }),
        }
    }
    match stopped.map(|built| built.and_then(|built| Diagnostics::check(built.errors, ()))) {
        Some(Err(errors)) => {
            without_errors(branches, failures);
            let help = "the branches after this one were not built; with `--keep-going` they are";
            Err(errors.map(|error| if error.parts().is_of_work_limit { error.help(help) } else { error }))
        }
        _ => Ok(branches),
    }
}

/// Whether the errors of a branch say that it exceeds a work limit.
fn exceeds_work_limit(built: &Result<BuiltBranch>) -> bool {
    let is_of_limit = |error: &Diagnostic| error.parts().is_of_work_limit;
    match built {
        Ok(built) => built.errors.iter().any(is_of_limit),
        Err(errors) => errors.iter().any(is_of_limit),
    }
}

/// The branches that were built without errors. The others are added to `failures`.
fn without_errors<'a>(built: Vec<BuiltBranch<'a>>, failures: &mut Vec<Failure<'a>>) -> Vec<BuiltBranch<'a>> {
    let mut branches = Vec::new();
    for mut built in built {
        match Diagnostics::check(std::mem::take(&mut built.errors), ()) {
            Ok(()) => branches.push(built),
            Err(errors) => failures.push(Failure { branch: built.branch, errors, claims: Some(built.claims) }),
        }
    }
    branches
}

/// The teardown plans of the slugs that `is_built` selects, of branches and of removed ones. `tree` has the objects of this build.
fn teardown_plans(
    inputs: &Inputs,
    (history, known): (&OutputHistory, &KnownBranches),
    (tree, usage): (&Tree, &Usage),
    removed: BTreeMap<SmolStr, RemovedNames>,
    is_built: &(dyn Fn(&str) -> bool + Sync),
) -> Result<teardown::TeardownFiles> {
    let Inputs { spec, plan, previous, .. } = *inputs;
    let project_names = ProjectNames::of((spec, plan), known);
    let existing: BTreeMap<&str, &SmolStr> = plan.branches.iter().map(|b| (b.slug.as_str(), &b.name)).collect();
    let exists = |slug: &str| existing.contains_key(slug);
    let mut footprints = teardown::removed(previous, &project_names, exists, is_built)?;
    let built = usage.built.iter().map(|BuiltBranch { branch, objects, shared, .. }| {
        let objects = objects.iter().chain(shared).map(|object| &object.node).collect();
        (branch.slug.as_str(), BranchObjects { name: &branch.name, objects })
    });
    let unread = teardown::replaced(&mut footprints, (previous, history), (tree, &built.collect()), &project_names)?;
    let searched = footprints.values().flat_map(PreviousFootprint::searched);
    let in_use = usage.of(&UsageCandidates::of(searched, &spec.image_fields));
    let names = removed.into_iter().filter(|(slug, _)| !exists(slug)).collect();
    let mut plans = teardown::plans(&spec.project, &footprints, &names, &in_use, |slug| existing.get(slug).copied())?;
    plans.warnings.splice(0..0, unread);
    plans.warnings.extend(usage.built.iter().flat_map(|built| unlisted(&project_names, built)));
    Ok(plans)
}

/// What no teardown plan will list when a branch is removed.
fn unlisted(names: &ProjectNames, BuiltBranch { branch, objects, .. }: &BuiltBranch) -> Vec<Diagnostic> {
    let owner = EntryOwner { slug: branch.slug.as_str(), branch: &branch.name };
    let warnings = teardown::unlisted(owner, objects, names);
    warnings.into_iter().map(|warning| warning.in_branch(&branch.name)).collect()
}

/// The threads that build branches, one per core.
fn workers() -> Result<ThreadPool, Diagnostic> {
    ThreadPoolBuilder::new().stack_size(template::RENDER_STACK_SIZE).build().map_err(|error| {
        Diagnostic::new(Code::Disk, format!("cannot start threads: {error}"))
            .help("raise the limit on threads or address space, or set `RAYON_NUM_THREADS=1`")
    })
}

impl Build<'_> {
    /// The errors of all branches that failed.
    pub(crate) fn errors(&self) -> Option<Diagnostics> {
        let errors: Vec<Diagnostics> = self.failures.iter().map(|failure| failure.errors.clone()).collect();
        if errors.is_empty() { None } else { Some(errors.into()) }
    }

    /// The files, without the prunable entries of those that `is_pruned` selects.
    pub(crate) fn pruned(&self, is_pruned: impl Fn(&OutputPath) -> bool) -> Cow<'_, Tree> {
        let mut tree = Cow::Borrowed(&self.tree);
        for (path, content) in self.prunable.iter().filter(|(path, _)| is_pruned(path)) {
            match content {
                Some(content) => tree.to_mut().insert(path.clone(), Arc::clone(content)),
                None => tree.to_mut().remove(path),
            }
        }
        tree
    }
}
