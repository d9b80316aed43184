//! The teardown plans of a build: the footprints of the previous output, without everything that is in use.

use super::footprint::Footprint;
use super::plan_file::TeardownPlan;
use super::previous::{PreviousFootprint, PreviousFootprints};
use super::refused::RefusedEntry;
use super::usage::InUse;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, Severity, named};
use crate::output::OutputPath;
use crate::record::RemovedNames;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The files of the teardown plans of a build.
#[derive(Debug, Default)]
pub(crate) struct TeardownFiles {
    /// The files.
    pub(crate) files: Vec<(OutputPath, Arc<str>)>,
    /// The content of files after pruning, which removes the entries of plans in the previous output. `None` removes the file.
    pub(crate) prunable: BTreeMap<OutputPath, Option<Arc<str>>>,
    /// The warnings.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// The teardown plans for the slugs in `footprints` and `names`. `owner` returns the existing branch with a slug.
pub(crate) fn plans<'a>(
    project: &SmolStr,
    footprints: &PreviousFootprints,
    names: &BTreeMap<SmolStr, RemovedNames>,
    in_use: &InUse,
    owner: impl Fn(&str) -> Option<&'a SmolStr>,
) -> Result<TeardownFiles> {
    let mut files = TeardownFiles::default();
    let (mut is_incomplete, mut errors) = (false, Vec::new());
    let adopted: BTreeSet<SmolStr> = footprints.values().flat_map(|of_slug| of_slug.adopted.iter().cloned()).collect();
    // A branch may have owned the namespace that it, or another branch, adopted later.
    let in_use_or_adopted =
        Footprint { namespaces: &in_use.footprint.namespaces | &adopted, ..in_use.footprint.clone() };
    let slugs: BTreeSet<&SmolStr> = footprints.keys().chain(names.keys()).collect();
    for slug in slugs {
        let PreviousFootprint { branch, all, fresh, refused, .. } = footprints.get(slug).cloned().unwrap_or_default();
        for RefusedEntry { diagnostic, severity, .. } in
            refused.into_iter().filter(|refused| refused.is_reported(&in_use_or_adopted))
        {
            let found = if severity == Severity::Error { &mut errors } else { &mut files.warnings };
            if !found.contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
        let RemovedNames { branch: last_branch, names, fresh: fresh_names } =
            names.get(slug).cloned().unwrap_or_default();
        let branch = [branch, last_branch].into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| slug.clone());
        if let Some(owner) = owner(slug).filter(|owner| **owner != branch && !all.namespaces.is_empty()) {
            files.warnings.push(taken_over(slug, &branch, owner));
        }
        let mut unused = |footprint: &Footprint, names| {
            let mut rest = footprint.without(&in_use_or_adopted);
            if !in_use.unknown.is_empty() {
                let (before, known) = (rest.clone(), without_uncertain(rest));
                is_incomplete |=
                    before.images_in_use.len() != known.images_in_use.len() || before.objects != known.objects;
                is_incomplete |= before.databases != known.databases;
                rest = known;
            }
            Footprint { names, ..rest }
        };
        let (all, mut fresh) = (unused(&all, names), unused(&fresh, fresh_names));
        // The reports of `pleach teardown` did not show these images, so they are not pruned.
        fresh.images_in_use.extend(all.images_in_use.iter().cloned());
        let text = |footprint: Footprint| -> Result<Option<Arc<str>>> {
            let plan = TeardownPlan { project: project.clone(), branch: branch.clone(), footprint };
            if plan.footprint.is_empty() { Ok(None) } else { Ok(Some(plan.write()?.into())) }
        };
        let (all, fresh) = (text(all)?, text(fresh)?);
        let path = OutputPath::teardown_plan(slug);
        if fresh != all {
            files.prunable.insert(path.clone(), fresh);
        }
        files.files.extend(all.map(|all| (path, all)));
    }
    if is_incomplete {
        files.warnings.push(incomplete(&in_use.unknown));
    }
    Diagnostics::check(errors, files)
}

/// The part of a footprint that a plan can list while the usage of some branches is unknown. Images become `imagesInUse`.
/// Objects and databases are omitted: a later build finds them again.
fn without_uncertain(mut footprint: Footprint) -> Footprint {
    footprint.images_in_use.append(&mut footprint.images);
    Footprint { objects: BTreeSet::new(), databases: BTreeSet::new(), ..footprint }
}

fn taken_over(slug: &str, removed: &str, existing: &str) -> Diagnostic {
    let message =
        format!("the branch `{existing}` takes over the slug `{slug}` of `{removed}`, which was not torn down");
    Diagnostic::new(Code::Output, message)
        .in_branch(existing)
        .help("its namespace is kept with all objects in it; to start with an empty namespace, give the branch another `slug`")
}

fn incomplete(branches: &BTreeSet<SmolStr>) -> Diagnostic {
    let names: Vec<&SmolStr> = branches.iter().collect();
    let message = format!(
        "the usage of {} is unknown, so teardown plans omit images, databases and cluster-scoped objects",
        named(&names)
    );
    Diagnostic::new(Code::Output, message).help("fix the errors of these branches and build again")
}
