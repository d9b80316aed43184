//! The teardown plans of a build: the footprints of the previous output, without what is in use.

use super::footprint::Footprint;
use super::plan_file::TeardownPlan;
use super::previous::{PreviousFootprint, PreviousFootprints};
use super::usage::InUse;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::output::OutputPath;
use crate::record::RemovedNames;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The files of teardown plans.
#[derive(Debug, Default)]
pub struct TeardownFiles {
    /// The files.
    pub files: Vec<(OutputPath, Arc<str>)>,
    /// What the files become when what is already in the plans of the previous output is pruned; `None` removes the file.
    pub prunable: BTreeMap<OutputPath, Option<Arc<str>>>,
    /// The warnings.
    pub warnings: Vec<Diagnostic>,
}

/// The plans of the project for the slugs in `footprints` and `names`. `owner` is the existing branch that has a slug.
pub fn plans<'a>(
    project: &SmolStr,
    footprints: &PreviousFootprints,
    names: &BTreeMap<SmolStr, RemovedNames>,
    in_use: &InUse,
    owner: impl Fn(&str) -> Option<&'a SmolStr>,
) -> Result<TeardownFiles> {
    let mut made = TeardownFiles::default();
    let mut is_incomplete = false;
    let slugs: BTreeSet<&SmolStr> = footprints.keys().chain(names.keys()).collect();
    for slug in slugs {
        let PreviousFootprint { branch, all, fresh } = footprints.get(slug).cloned().unwrap_or_default();
        let RemovedNames { branch: last_branch, names, fresh: fresh_names } =
            names.get(slug).cloned().unwrap_or_default();
        let branch = [branch, last_branch].into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| slug.clone());
        if let Some(owner) = owner(slug).filter(|owner| **owner != branch && !all.namespaces.is_empty()) {
            made.warnings.push(taken_over(slug, &branch, owner));
        }
        let mut rest = |footprint: &Footprint, names| {
            let mut rest = footprint.without(&in_use.footprint);
            if !in_use.unknown.is_empty() {
                let (before, known) = (rest.clone(), keep_unknown(rest));
                is_incomplete |= before.named.len() != known.named.len() || before.objects != known.objects;
                is_incomplete |= before.databases != known.databases;
                rest = known;
            }
            Footprint { names, ..rest }
        };
        let (all, mut fresh) = (rest(&all, names), rest(&fresh, fresh_names));
        // Whoever tore down what the previous plan listed was not shown these.
        fresh.named.extend(all.named.iter().cloned());
        let text = |footprint: Footprint| -> Result<Option<Arc<str>>> {
            let plan = TeardownPlan { project: project.clone(), branch: branch.clone(), footprint };
            if plan.footprint.is_empty() { Ok(None) } else { Ok(Some(plan.write()?.into())) }
        };
        let (all, fresh) = (text(all)?, text(fresh)?);
        let path = OutputPath::teardown_plan(slug);
        if fresh != all {
            made.prunable.insert(path.clone(), fresh);
        }
        made.files.extend(all.map(|all| (path, all)));
    }
    if is_incomplete {
        made.warnings.push(incomplete(&in_use.unknown));
    }
    Ok(made)
}

/// The footprint as far as it can be listed while it is unknown what some branches use: images are kept for later, objects and
/// databases are found again by a later build.
fn keep_unknown(mut footprint: Footprint) -> Footprint {
    footprint.named.append(&mut footprint.images);
    Footprint { objects: BTreeSet::new(), databases: BTreeSet::new(), ..footprint }
}

fn taken_over(slug: &str, before: &str, now: &str) -> Diagnostic {
    let message = format!("the branch `{now}` takes over the slug `{slug}` of `{before}`, which was not torn down");
    Diagnostic::new(Code::Output, message)
        .in_branch(now)
        .help("its namespace and everything in it stay; to start with an empty one, give the branch another `slug:`")
}

fn incomplete(branches: &BTreeSet<SmolStr>) -> Diagnostic {
    let names: Vec<String> = branches.iter().map(|name| format!("`{name}`")).collect();
    let message = format!(
        "cannot know what {} uses, so teardown plans list no images, databases or objects outside of namespaces",
        names.join(", ")
    );
    Diagnostic::new(Code::Output, message).help("build again when these branches can be built")
}
