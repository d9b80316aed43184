//! Footprints of the previous output: of removed branches, of existing teardown plans, and the parts that existing branches
//! have replaced.

use super::footprint::{Footprint, is_in_adopted_namespace};
use super::plan_file::TeardownPlan;
use super::project_names::{ImageSource, ProjectNames};
use super::refused::{self, RefusedEntry, unreadable};
use super::usage::UsageCandidates;
use crate::annotation::BRANCH_NAME_ANNOTATION;
use crate::branch_name;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, Severity, gather};
use crate::node::Node;
use crate::output::{
    OutputHistory, OutputKind, OutputPath, PreviousOutput, SHARED_SLUG, Tree, declares_owner, is_corrected,
};
use crate::plan::EntryOwner;
use crate::source::{FileId, Location, RelPath};
use crate::yaml::{self, Dialect};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The footprint of one slug, without DNS names, which are recorded in zone change files.
#[derive(Clone, Debug, Default)]
pub(crate) struct PreviousFootprint {
    /// The name of the branch; empty if the files do not have a valid one.
    pub(crate) branch: SmolStr,
    /// The whole footprint.
    pub(crate) all: Footprint,
    /// The part that no plan of the previous output lists.
    pub(crate) fresh: Footprint,
    /// What objects had that is not known to belong to the project.
    pub(crate) refused: Vec<RefusedEntry>,
    /// The namespaces that the branch adopted. An earlier output may have owned them.
    pub(crate) adopted: BTreeSet<SmolStr>,
    /// Whether its plan in the previous output was refused, and has been corrected since.
    is_corrected: bool,
}

/// Footprints by slug.
pub(crate) type PreviousFootprints = BTreeMap<SmolStr, PreviousFootprint>;

impl PreviousFootprint {
    fn fresh(branch: SmolStr, all: Footprint) -> Self {
        PreviousFootprint { branch, fresh: all.clone(), all, ..PreviousFootprint::default() }
    }

    /// The footprints whose usage matters.
    pub(crate) fn searched(&self) -> impl Iterator<Item = &Footprint> {
        std::iter::once(&self.all).chain(self.refused.iter().map(|refused| &refused.footprint))
    }

    /// Adds another footprint of the same slug. A known branch name is kept.
    fn add(&mut self, other: PreviousFootprint) {
        if self.branch.is_empty() {
            self.branch = other.branch;
        }
        self.all.add(other.all);
        self.fresh.add(other.fresh);
        self.refused.extend(other.refused);
        self.adopted.extend(other.adopted);
        self.is_corrected |= other.is_corrected;
    }
}

/// The footprints of the `wanted` slugs in the previous output: the entries of their plans, for slugs of removed branches their
/// objects, and the objects that branches shared. `exists` returns whether a branch has a slug. What is not known to belong to the project
/// is an error until a change has removed it from the output.
pub(crate) fn removed(
    previous: &dyn PreviousOutput,
    names: &ProjectNames,
    exists: impl Fn(&str) -> bool + Sync,
    wanted: impl Fn(&str) -> bool + Sync,
) -> Result<PreviousFootprints> {
    let is = |kind, path: &OutputPath, text: &str| path.kind() == kind && declares_owner(path, text);
    let of_removed_object = |file| of_previous_object(file, previous, (names, ImageSource::RemovedBranch));
    let files: Vec<_> = previous.files().iter().filter(|(path, _)| wanted(path.slug())).collect();
    let read: Vec<Result<Option<(SmolStr, PreviousFootprint)>>> = files
        .into_par_iter()
        .map(|(path, text)| {
            let read = match path.kind() {
                OutputKind::Object if !exists(path.slug()) => of_removed_object((path, text)),
                _ if is(OutputKind::SharedObject, path, text) => of_removed_object((path, text)),
                _ if is(OutputKind::TeardownPlan, path, text) => of_plan((path, text), previous, names),
                _ => return Ok(None),
            };
            Ok(Some((path.owned_slug(), read?)))
        })
        .collect();
    let mut footprints = PreviousFootprints::new();
    for (slug, footprint) in gather(read, |read| read)?.into_iter().flatten() {
        // Objects are sorted before plans, and their branch name is newer.
        footprints.entry(slug).or_default().add(footprint);
    }
    let mut errors = Vec::new();
    for (slug, footprint) in &mut footprints {
        let PreviousFootprint { branch, all, .. } = &*footprint;
        let owner = EntryOwner { slug, branch };
        let Err(error) = names.check_owner(owner) else { continue };
        if previous.present(&OutputPath::lock(slug)).is_some() {
            errors.push(error.in_previous(RelPath::clone(&OutputPath::lock(slug))));
        } else if !all.is_empty() {
            let refused = RefusedEntry::of_unknown_branch(owner, all.clone());
            *footprint = PreviousFootprint { refused: vec![refused], ..PreviousFootprint::default() };
        }
    }
    Diagnostics::check(errors, footprints)
}

/// The name and the objects of a branch that was built.
#[derive(Debug)]
pub(crate) struct BranchObjects<'a> {
    /// The name of the branch.
    pub(crate) name: &'a SmolStr,
    /// The objects of the branch.
    pub(crate) objects: Vec<&'a Node>,
}

/// Adds to `footprints` what the `built` branches (by slug) have in the previous output but not in `tree`, and what the changes of its
/// `history` removed without a record. Returns a warning for each file that cannot be read.
pub(crate) fn replaced(
    footprints: &mut PreviousFootprints,
    (previous, history): (&dyn PreviousOutput, &OutputHistory),
    (tree, built): (&Tree, &BTreeMap<&str, BranchObjects>),
    names: &ProjectNames,
) -> Result<Vec<Diagnostic>> {
    let slugs: BTreeSet<&str> = built.keys().copied().collect();
    let source = |slug: &str| {
        if built.contains_key(slug) { ImageSource::ExistingBranch } else { ImageSource::RemovedBranch }
    };
    let replaced = previous.replaced_objects(&slugs, tree)?;
    let (mut found, mut warnings) =
        of_objects(&replaced, |file| of_previous_object(file, previous, (names, source(file.0.slug()))));
    let (unrecorded, more) = unrecorded(history, names, &source);
    warnings.extend(more);
    for (slug, footprint) in unrecorded.into_iter().chain(corrected(footprints, history, names)) {
        found.entry(slug).or_default().add(footprint);
    }
    for (slug, PreviousFootprint { branch, all, mut refused, adopted, .. }) in found {
        let own = built.get(slug.as_str());
        let rest = match own {
            Some(own) => {
                let searched = std::iter::once(&all).chain(refused.iter().map(|refused| &refused.footprint));
                let candidates = UsageCandidates::of(searched, names.image_fields());
                let used = candidates.used_by(own.objects.iter().copied());
                refused.retain(|refused| refused.is_reported(&used));
                all.without(&used)
            }
            None => all,
        };
        if !rest.is_empty() || !refused.is_empty() || !adopted.is_empty() {
            let known = footprints.entry(slug).or_default();
            if let Some(own) = own {
                known.branch = own.name.clone();
            }
            known.add(PreviousFootprint { refused, adopted, ..PreviousFootprint::fresh(branch, rest) });
        }
    }
    Ok(warnings)
}

/// What the last version of each corrected plan that is not refused lists, besides what is known: whoever added an entry may have
/// removed others.
fn corrected(
    footprints: &PreviousFootprints,
    history: &OutputHistory,
    names: &ProjectNames,
) -> Vec<(SmolStr, PreviousFootprint)> {
    let last = |(slug, known): (&SmolStr, &PreviousFootprint)| {
        let path = OutputPath::teardown_plan(slug);
        let mut versions = history.changes.iter().filter_map(|change| read_plan(&path, change.get(&path)?, names).ok());
        let TeardownPlan { branch, footprint, .. } = versions.next()?;
        let footprint = Footprint { names: BTreeSet::new(), ..footprint.without(&known.all) };
        Some((slug.clone(), PreviousFootprint::fresh(branch, footprint)))
    };
    footprints.iter().filter(|(_, known)| known.is_corrected).filter_map(last).collect()
}

/// The footprints that the changes of a history removed and that no later plan lists. Entries of a plan may have been torn down and
/// pruned since. Nobody can change the history, so what cannot be listed does not stop a build, and is reported until the next change
/// of the output.
fn unrecorded(
    history: &OutputHistory,
    names: &ProjectNames,
    source: &(dyn Fn(&str) -> ImageSource + Sync),
) -> (PreviousFootprints, Vec<Diagnostic>) {
    let (mut unrecorded, mut warnings) = (PreviousFootprints::new(), Vec::new());
    let mut recorded = of_plans(&history.recorded);
    for (i, change) in history.changes.iter().enumerate() {
        let is_reported = i == 0;
        let (removed, unread) = of_objects(change, |file| of_object(file, (names, source(file.0.slug()))));
        warnings.extend(unread.into_iter().filter(|_| is_reported).map(refused::in_history));
        for (slug, PreviousFootprint { branch, all, refused, adopted, .. }) in removed {
            let all = all.without(&recorded);
            // Commits of a pull request may add and remove an output that no build has written.
            let owner = EntryOwner { slug: &slug, branch: &branch };
            let is_known =
                slug == SHARED_SLUG || source(&slug) == ImageSource::ExistingBranch || names.had_branch(owner);
            if !is_known {
                let refused = RefusedEntry::of_unknown_branch(owner, all);
                unrecorded.entry(slug).or_default().refused.extend(is_reported.then_some(refused));
                continue;
            }
            let is_unrecorded = |RefusedEntry { footprint, .. }: &RefusedEntry| {
                // Images of the history need not be in the spec.
                footprint.images.is_empty() && !footprint.without(&recorded).is_empty()
            };
            let refused = refused.into_iter().filter(|refused| is_reported && is_unrecorded(refused));
            let refused = refused.map(RefusedEntry::in_history).collect();
            let removed = PreviousFootprint::fresh(branch, all);
            unrecorded.entry(slug).or_default().add(PreviousFootprint { refused, adopted, ..removed });
        }
        recorded.add(of_plans(change));
    }
    (unrecorded, warnings)
}

/// The entries of all plans among `files` that can be read.
fn of_plans(files: &Tree) -> Footprint {
    let plans = files.iter().filter(|(path, _)| path.kind() == OutputKind::TeardownPlan);
    let mut all = Footprint::default();
    plans.filter_map(|(_, text)| TeardownPlan::parse(text).ok()).for_each(|plan| all.add(plan.footprint));
    all.with_all_images()
}

/// The footprints of objects, and a warning for each file that cannot be read.
fn of_objects(
    files: &Tree,
    read: impl Fn((&OutputPath, &str)) -> Result<PreviousFootprint> + Sync,
) -> (PreviousFootprints, Vec<Diagnostic>) {
    let is_object = |path: &OutputPath| matches!(path.kind(), OutputKind::Object | OutputKind::SharedObject);
    let files: Vec<(&OutputPath, &Arc<str>)> = files.iter().filter(|(path, _)| is_object(path)).collect();
    let read: Vec<(&OutputPath, Result<PreviousFootprint>)> =
        files.into_par_iter().map(|(path, text)| (path, read((path, text)))).collect();
    let (mut footprints, mut warnings) = (PreviousFootprints::new(), Vec::new());
    for (path, read) in read {
        match read {
            Ok(footprint) => footprints.entry(path.owned_slug()).or_default().add(footprint),
            Err(errors) => warnings.extend(errors),
        }
    }
    (footprints, warnings)
}

/// Reads a plan whose entries all belong to the project.
fn read_plan(path: &OutputPath, text: &str, names: &ProjectNames) -> Result<TeardownPlan> {
    let checked = TeardownPlan::parse_checked(text, &|branch, entry| {
        names.check(EntryOwner { slug: path.slug(), branch }, entry)
    });
    checked.map_err(|errors| refused::plan(path, &errors))
}

fn of_plan(
    (path, text): (&OutputPath, &str),
    previous: &dyn PreviousOutput,
    names: &ProjectNames,
) -> Result<PreviousFootprint> {
    let (plan, errors) = match read_plan(path, text, names) {
        Ok(plan) => (plan, None),
        Err(errors) if is_corrected(previous, path, |text| read_plan(path, text, names).is_err()) => {
            (refused::known_part(path.slug(), text, names), Some(errors))
        }
        Err(errors) => return Err(errors),
    };
    let TeardownPlan { branch, footprint: mut all, .. } = plan;
    all.names.clear();
    names.drop_kept(path.slug(), &mut all);
    // The reports of `pleach teardown` do not show images that may be in use, so these count as new.
    let fresh = Footprint { images_in_use: all.images_in_use.clone(), ..Footprint::default() };
    let is_corrected = errors.is_some();
    let refused = errors.into_iter().flatten().map(RefusedEntry::corrected).collect();
    Ok(PreviousFootprint { branch, all, fresh, refused, is_corrected, ..PreviousFootprint::default() })
}

/// The footprint of an object of the previous output. What is refused in it is a warning if a change has corrected it.
fn of_previous_object(
    (path, text): (&OutputPath, &str),
    previous: &dyn PreviousOutput,
    (names, source): (&ProjectNames, ImageSource),
) -> Result<PreviousFootprint> {
    let read = |text: &str| of_object((path, text), (names, source));
    let is_error = |refused: &RefusedEntry| refused.severity == Severity::Error;
    let is_refused =
        |read: &Result<PreviousFootprint>| read.as_ref().map_or(true, |found| found.refused.iter().any(is_error));
    let found = read(text);
    if !is_refused(&found) || !is_corrected(previous, path, |text| is_refused(&read(text))) {
        return found;
    }
    Ok(match found {
        Ok(found) => {
            let refused = found.refused.into_iter().map(RefusedEntry::in_history).collect();
            PreviousFootprint { refused, ..found }
        }
        Err(errors) => {
            let refused = errors.into_iter().map(RefusedEntry::corrected).collect();
            PreviousFootprint { refused, ..PreviousFootprint::default() }
        }
    })
}

fn of_object(
    (path, text): (&OutputPath, &str),
    (names, source): (&ProjectNames, ImageSource),
) -> Result<PreviousFootprint> {
    let mut found = PreviousFootprint::default();
    let at = |line, column, len| Location::new(FileId(u32::MAX), line, column, len);
    let nodes = yaml::parse(text, Dialect::Kubernetes, &at).map_err(|errors| unreadable(path, &errors))?;
    for node in nodes {
        let annotation = |key| node.str_at(&["metadata", "annotations", key]);
        let branch = annotation(BRANCH_NAME_ANNOTATION).filter(|name| branch_name::invalid(name).is_none());
        let branch = branch.unwrap_or_default();
        let mut footprint = Footprint::default();
        footprint.add_object(&node, names.image_fields());
        if is_in_adopted_namespace(&node) {
            let namespace = node.str_at(&["metadata", "namespace"]);
            found.adopted.extend(namespace.map(SmolStr::from));
            footprint.objects.extend(namespace.and_then(|namespace| names.apply_record(namespace)));
        }
        let refused = refused::take(&mut footprint, (path, branch, node.at), (names, source));
        found.add(PreviousFootprint { refused, ..PreviousFootprint::fresh(branch.into(), footprint) });
    }
    Ok(found)
}
