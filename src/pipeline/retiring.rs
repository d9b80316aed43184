//! What branches that are no more leave, less what live ones have, for the part that a run builds.

use super::Part;
use crate::error::Result;
use crate::node::Node;
use crate::plan::{Branch, Plan};
use crate::retire::{self, Gone, Left, Lives, Records, Wanted};
use crate::source::{Place, RelPath};
use crate::spec::{ImageField, Spec};
use crate::tree::{LOCK, Tree, slug_of};
use crate::yaml::{self, Dialect};
use crate::{dns, emit};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Plans in the making.
#[derive(Debug, Default)]
pub(super) struct Retiring {
    project: SmolStr,
    records: Records,
    gone: BTreeMap<SmolStr, Gone>,
    fields: Vec<ImageField>,
    pub(super) wanted: Wanted,
    pub(super) lives: Lives,
}

impl Retiring {
    /// What the base tells.
    pub(super) fn of(spec: &Spec, plan: &Plan, base: &Tree, part: &Part) -> Result<Self> {
        if base.is_empty() {
            return Ok(Retiring::default());
        }
        // A branch that moved to another namespace leaves what one that goes leaves.
        let is_home = |branch: &&Branch| emit::home(branch).is_some_and(|home| base.get(&home).is_some());
        let stay: BTreeSet<&str> = plan.branches.iter().filter(is_home).map(|branch| branch.slug.as_str()).collect();
        let records = retire::records(base, &spec.image_fields, |slug| stay.contains(slug), part.slugs(plan))?;
        let namespaces = plan.branches.iter().filter_map(Branch::namespace).map(SmolStr::from).collect();
        Ok(Retiring {
            project: spec.project.clone(),
            wanted: Wanted::of(records.values().map(|record| &record.left)),
            records,
            gone: BTreeMap::new(),
            fields: spec.image_fields.clone(),
            lives: Lives { has: Left { namespaces, ..Left::default() }, unknown: BTreeSet::new() },
        })
    }

    /// Whether live branches have to be looked at, those of other parts too.
    pub(super) fn asks(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// What of the things that are about to go the objects of a live branch have.
    pub(super) fn find<'n>(&self, objects: impl IntoIterator<Item = &'n Node>) -> Left {
        let mut has = Left::default();
        self.wanted.find(objects, &self.fields, &mut has);
        has
    }

    /// Takes note of the names in DNS of branches that are no more.
    pub(super) fn names(&mut self, gone: BTreeMap<SmolStr, dns::file::Gone>, plan: &Plan) {
        let live: BTreeSet<&str> = plan.branches.iter().map(|branch| branch.slug.as_str()).collect();
        let gone = gone.into_iter().filter(|(slug, _)| !live.contains(slug.as_str()));
        let gone = gone.map(|(slug, dns::file::Gone { branch, names, fresh })| (slug, Gone { branch, names, fresh }));
        self.gone = gone.collect();
    }

    /// Takes note of what branches that cannot be built have: what their last output, in `stays`, has.
    pub(super) fn know(&mut self, plan: &Plan, stays: &Tree) {
        let unknown = std::mem::take(&mut self.lives.unknown);
        for branch in plan.branches.iter().filter(|branch| unknown.contains(&branch.name)) {
            let files = stays.iter().filter(|(path, _)| is_of(path, branch));
            let parsed: Result<Vec<Vec<Node>>> =
                files.map(|(_, text)| yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Place::NONE)).collect();
            let Ok(nodes) = parsed else {
                self.lives.unknown.insert(branch.name.clone());
                continue;
            };
            let mut has = self.find(nodes.iter().flatten());
            // What the spec says of images is likely to come.
            for name in branch.images.keys() {
                self.wanted.find_image(&branch.image(name), &mut has);
            }
            self.lives.has.add(has);
        }
    }

    /// The plans.
    pub(super) fn files(&self, plan: &Plan) -> Result<retire::Files> {
        let owners: BTreeMap<&str, &SmolStr> =
            plan.branches.iter().map(|branch| (branch.slug.as_str(), &branch.name)).collect();
        retire::files(&self.project, &self.records, &self.gone, &self.lives, |slug| owners.get(slug).copied())
    }
}

/// Whether a file is an object of a branch.
fn is_of(path: &RelPath, branch: &Branch) -> bool {
    path.name() != LOCK && slug_of(path) == branch.slug.as_str()
}
