//! What branches leave that are no more, and what live ones have replaced, less what live ones have; for the part that a
//! run builds.
//!
//! What a live branch has replaced is known only when it is built: it stands in those files of the base that its lock no
//! longer lists as they are there. Locks are read of all branches of the part, files where the locks differ.

use super::{Base, Part};
use crate::diagnostic::{Diagnostic, Result};
use crate::emit::lock;
use crate::node::Node;
use crate::plan::{Branch, Plan};
use crate::source::{Location, RelPath};
use crate::spec::{ImageField, Spec};
use crate::teardown::{self, Footprint, Gone, Lives, Record, Records, Replaced, Wanted, is_object};
use crate::tree::{Tree, slug_of};
use crate::yaml::{self, Dialect};
use crate::{diagnostic, dns};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Plans in the making.
#[derive(Debug)]
pub(super) struct Retiring {
    project: SmolStr,
    records: Records,
    gone: BTreeMap<SmolStr, Gone>,
    fields: Vec<ImageField>,
    wanted: Wanted,
    pub(super) lives: Lives,
}

impl Retiring {
    /// What the base tells of branches that are no more.
    pub(super) fn of(spec: &Spec, plan: &Plan, base: &Tree, part: &Part) -> Result<Self> {
        let live = plan.slugs();
        let records = teardown::records(base, &spec.image_fields, |slug| live.contains(slug), part.slugs(plan))?;
        let namespaces = plan.branches.iter().filter_map(Branch::namespace).map(SmolStr::from).collect();
        Ok(Retiring {
            project: spec.project.clone(),
            wanted: Wanted::of(records.values().map(|record| &record.left)),
            records,
            gone: BTreeMap::new(),
            fields: spec.image_fields.clone(),
            lives: Lives { has: Footprint { namespaces, ..Footprint::default() }, unknown: BTreeSet::new() },
        })
    }

    /// Whether live branches have to be looked at, those of other parts too.
    pub(super) fn asks(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// What of the things that are about to go the objects of a live branch have.
    pub(super) fn find<'n>(&self, objects: impl IntoIterator<Item = &'n Node>) -> Footprint {
        let mut has = Footprint::default();
        self.wanted.find(objects, &self.fields, &mut has);
        has
    }

    /// Takes note of the names in DNS of branches that are no more.
    pub(super) fn names(&mut self, gone: BTreeMap<SmolStr, dns::file::Gone>, plan: &Plan) {
        let live = plan.slugs();
        let gone = gone.into_iter().filter(|(slug, _)| !live.contains(slug.as_str()));
        let gone = gone.map(|(slug, dns::file::Gone { branch, names, fresh })| (slug, Gone { branch, names, fresh }));
        self.gone = gone.collect();
    }

    /// Takes note of what those `branches` that are built had in the base, or they and others of the part that are no more
    /// before it, and have in `tree` no more, nor any other branch that is in `tree`. Returns a word about each file that
    /// cannot be read.
    pub(super) fn replaced(
        &mut self,
        plan: &Plan,
        branches: &[&Branch],
        tree: &Tree,
        base: &dyn Base,
        part: &Part,
    ) -> Result<Vec<Diagnostic>> {
        let owners: BTreeMap<&str, &SmolStr> = branches.iter().map(|b| (b.slug.as_str(), &b.name)).collect();
        let live = plan.slugs();
        let slugs = part.slugs(plan);
        let mut read = teardown::replaced(&base.files(&differing(branches, tree, base)?)?, &self.fields);
        self.earlier(&mut read, base, &|slug| owners.contains_key(slug) || slugs(slug) && !live.contains(slug));
        if read.records.is_empty() {
            return Ok(read.warnings);
        }
        let mut objects: BTreeMap<&str, Vec<&Arc<str>>> = BTreeMap::new();
        for (path, text) in tree.iter().filter(|(path, _)| is_object(path) && read.records.contains_key(slug_of(path)))
        {
            objects.entry(slug_of(path)).or_default().push(text);
        }
        let mut replaced = Records::new();
        for (slug, Record { branch, left, .. }) in read.records {
            let own = objects.remove(slug.as_str()).unwrap_or_default();
            let has = found(&Wanted::of([&left]), &own, &self.fields)?;
            let left = left.without(&[&has, &self.lives.has]);
            if !left.is_empty() {
                replaced.insert(slug, Record { branch, fresh: left.clone(), left });
            }
        }
        if !replaced.is_empty() {
            let objects: Vec<&Arc<str>> =
                tree.iter().filter(|(path, _)| is_object(path)).map(|(_, text)| text).collect();
            let wanted = Wanted::of(replaced.values().map(|record| &record.left));
            self.lives.has.add(found(&wanted, &objects, &self.fields)?);
            for (slug, more) in replaced {
                let owner = owners.get(slug.as_str());
                let record = self.records.entry(slug).or_default();
                record.branch = owner.map_or(std::mem::take(&mut record.branch), |owner| (*owner).clone());
                record.add(more);
            }
            self.wanted = Wanted::of(self.records.values().map(|record| &record.left));
        }
        Ok(read.warnings)
    }

    /// Adds to what is `read` of the base what its folders had before it. What its plans tell they told then, and it may
    /// have been cleaned up since.
    fn earlier(&self, read: &mut Replaced, base: &dyn Base, wanted: &dyn Fn(&str) -> bool) {
        let earlier = match base.earlier(wanted) {
            Ok(files) => teardown::replaced(&files, &self.fields),
            // A clone need not have all that was.
            Err(errors) => return read.warnings.extend(errors),
        };
        read.warnings.extend(earlier.warnings);
        for (slug, Record { branch, left, .. }) in earlier.records {
            let mut known = self.records.get(&slug).map(|record| record.left.clone()).unwrap_or_default();
            known.images.append(&mut known.named);
            let left = left.without(&[&known]);
            if !left.is_empty() {
                read.records.entry(slug).or_default().add(Record { branch, fresh: left.clone(), left });
            }
        }
    }

    /// Takes note of what branches that cannot be built have: what their last output, in `stays`, has.
    pub(super) fn know(&mut self, plan: &Plan, stays: &Tree) {
        let unknown = std::mem::take(&mut self.lives.unknown);
        for branch in plan.branches.iter().filter(|branch| unknown.contains(&branch.name)) {
            let is_own = |path: &RelPath| is_object(path) && slug_of(path) == branch.slug.as_str();
            let objects: Vec<&Arc<str>> = stays.iter().filter(|(path, _)| is_own(path)).map(|(_, text)| text).collect();
            let Ok(mut has) = found(&self.wanted, &objects, &self.fields) else {
                self.lives.unknown.insert(branch.name.clone());
                continue;
            };
            // What the spec says of images is likely to come.
            for name in branch.images.keys() {
                self.wanted.find_image(&branch.image(name), &mut has);
            }
            self.lives.has.add(has);
        }
    }

    /// The plans.
    pub(super) fn files(&self, plan: &Plan) -> Result<teardown::Files> {
        let owners: BTreeMap<&str, &SmolStr> =
            plan.branches.iter().map(|branch| (branch.slug.as_str(), &branch.name)).collect();
        teardown::files(&self.project, &self.records, &self.gone, &self.lives, |slug| owners.get(slug).copied())
    }
}

/// The files in the base of some branches that are not in `tree` as their locks list them there.
fn differing(branches: &[&Branch], tree: &Tree, base: &dyn Base) -> Result<Vec<RelPath>> {
    let locks: Vec<RelPath> = branches.iter().map(|branch| lock::path(branch.slug.as_str())).collect();
    let mut files = Vec::new();
    for (path, before) in base.files(&locks)? {
        let now = tree.get(&path);
        if now != Some(&before) {
            let names = lock::replaced(&before, now.map_or("", |text| text));
            let paths = names.iter().filter_map(|name| path.parent().join(name));
            files.extend(paths.filter(|file| file.is_beside(&path)));
        }
    }
    Ok(files)
}

/// What some objects have of what is `wanted`.
fn found(wanted: &Wanted, objects: &[&Arc<str>], fields: &[ImageField]) -> Result<Footprint> {
    let look = |text: &&Arc<str>| -> Result<Footprint> {
        let mut has = Footprint::default();
        wanted.find(&yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE)?, fields, &mut has);
        Ok(has)
    };
    let looked: Vec<Result<Footprint>> = objects.par_iter().map(look).collect();
    let mut all = Footprint::default();
    diagnostic::gather(looked, |has| has)?.into_iter().for_each(|has| all.add(has));
    Ok(all)
}
