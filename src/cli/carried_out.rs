//! What `build --prune --carried-out REF` leaves: a plan that was merged after a teardown is in the base revision too, and nobody has
//! carried it out. The same holds for an entry that was not in the plan for a time: what a branch had was made again.

use crate::diagnostic::Result;
use crate::dns::zone_change::ZoneChange;
use crate::git::FileVersion;
use crate::output::{OutputKind, OutputPath, Tree};
use crate::pipeline::Build;
use crate::teardown::{Footprint, TeardownPlan};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The plans and zone changes that were carried out.
pub(super) struct CarriedOut {
    /// As they were then.
    pub(super) records: Tree,
    /// As commits have left them since then.
    pub(super) later: Vec<FileVersion>,
}

impl CarriedOut {
    /// The files of a build after pruning those that `is_pruned` selects.
    pub(super) fn pruned_tree(&self, build: &Build, is_pruned: impl Fn(&OutputPath) -> bool) -> Result<Tree> {
        let mut tree = build.tree.clone();
        for (path, fresh) in build.prunable.iter().filter(|(path, _)| is_pruned(path)) {
            let Some(whole) = build.tree.get(path) else { continue };
            match self.pruned(path, (whole, fresh.as_ref()))? {
                Some(text) => tree.insert(path.clone(), text),
                None => tree.remove(path),
            }
        }
        Ok(tree)
    }

    /// The content of a file after pruning the entries that it has had since then; `None` removes the file. `whole` has all entries,
    /// `fresh` those that are not in the base revision.
    fn pruned(&self, path: &OutputPath, (whole, fresh): (&Arc<str>, Option<&Arc<str>>)) -> Result<Option<Arc<str>>> {
        let Some(versions) = self.versions(path) else { return Ok(Some(Arc::clone(whole))) };
        let fresh = fresh.map(|text| &**text);
        let text = match path.kind() {
            OutputKind::TeardownPlan => plan(whole, fresh, &versions)?,
            _ => zone_change(whole, fresh, &versions)?,
        };
        Ok(text.map(Arc::from))
    }

    /// The texts of a file, the first of which was carried out. `None` if it did not exist then, or not always since then.
    fn versions(&self, path: &OutputPath) -> Option<Vec<&str>> {
        let later = self.later.iter().filter(|version| version.path == *path).map(|version| version.text.as_deref());
        std::iter::once(self.records.get(path).map(|text| &**text)).chain(later).collect()
    }
}

fn plan(whole: &str, fresh: Option<&str>, versions: &[&str]) -> Result<Option<String>> {
    let whole = TeardownPlan::parse(whole)?;
    let listed = shown(whole.footprint.clone());
    let mut carried_out = listed.clone();
    for version in versions {
        carried_out = carried_out.common(&shown(TeardownPlan::parse(version)?.footprint));
    }
    let mut rest = listed.without(&carried_out);
    rest.add(fresh.map(TeardownPlan::parse).transpose()?.map(|plan| plan.footprint).unwrap_or_default());
    let plan = TeardownPlan { footprint: rest, ..whole };
    if plan.footprint.is_empty() { Ok(None) } else { plan.write().map(Some) }
}

/// What reports show of a plan: no images that may be in use.
fn shown(footprint: Footprint) -> Footprint {
    Footprint { images_in_use: BTreeSet::new(), ..footprint }
}

fn zone_change(whole: &str, fresh: Option<&str>, versions: &[&str]) -> Result<Option<String>> {
    let absent = |text: &str| Ok::<_, crate::diagnostic::Diagnostics>(ZoneChange::parse(text)?.absent);
    let fresh = fresh.map(absent).transpose()?.unwrap_or_default();
    let versions = versions.iter().map(|version| absent(version)).collect::<Result<Vec<_>>>()?;
    let mut change = ZoneChange::parse(whole)?;
    change.absent.retain(|name| fresh.contains(name) || !versions.iter().all(|version| version.contains(name)));
    let is_empty = change.present.is_empty() && change.absent.is_empty();
    if is_empty { Ok(None) } else { change.write().map(Some) }
}
