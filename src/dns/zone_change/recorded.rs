//! The names that the zone change files of the previous output list.

use super::ZoneChange;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::name::DnsName;
use crate::output::{OutputHistory, OutputKind, OutputPath, Tree, declares_owner};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A zone and a slug, which identify a file.
pub(super) type ZoneAndSlug = (DnsName, SmolStr);

/// The names in one file of the previous output.
pub(super) struct RecordedNames {
    pub(super) owner: SmolStr,
    pub(super) branch: SmolStr,
    /// All names, present and absent.
    pub(super) all: BTreeSet<DnsName>,
    /// The names that are already absent.
    pub(super) absent: BTreeSet<DnsName>,
}

impl RecordedNames {
    fn of(ZoneChange { owner, branch, present, absent, .. }: ZoneChange) -> Self {
        RecordedNames { owner, branch, all: present.into_keys().chain(absent.iter().cloned()).collect(), absent }
    }

    /// The same file without any name.
    pub(super) fn emptied(&self) -> Self {
        let (all, absent) = Default::default();
        RecordedNames { owner: self.owner.clone(), branch: self.branch.clone(), all, absent }
    }

    pub(super) fn has_present(&self, name: &DnsName) -> bool {
        self.all.contains(name) && !self.absent.contains(name)
    }
}

/// The names in the previous files of the branches that are `wanted`, without files that do not change.
pub(super) fn recorded(
    previous: &Tree,
    wanted: impl Fn(&str) -> bool + Sync,
    texts: &BTreeMap<ZoneAndSlug, Arc<str>>,
) -> Result<BTreeMap<ZoneAndSlug, RecordedNames>> {
    let is_change = |path: &OutputPath| path.kind() == OutputKind::ZoneChange;
    let files: Vec<(&OutputPath, &Arc<str>)> = previous.iter().filter(|(path, _)| is_change(path)).collect();
    let recorded: Vec<Result<Option<_>>> = files
        .into_par_iter()
        .filter(|(path, _)| wanted(path.slug()))
        .map(|(path, text)| {
            let folder = path.parent();
            let Ok(zone) = DnsName::host(folder.name()) else { return Ok(None) };
            let key: ZoneAndSlug = (zone, path.owned_slug());
            if texts.get(&key) == Some(text) || !declares_owner(path, text) {
                return Ok(None);
            }
            let error = |reason: &str| {
                let message = format!("cannot read the zone change `{path}` of the base revision: {reason}");
                Diagnostic::new(Code::Dns, message)
                    .help("fix the file or use another base revision, such as `--base HEAD`")
            };
            let change = ZoneChange::parse(text)
                .map_err(|errors| error(&errors.iter().next().map(ToString::to_string).unwrap_or_default()))?;
            if change.zone != key.0 {
                return Err(error(&format!("its zone is `{}`", change.zone)).into());
            }
            Ok(Some((key, RecordedNames::of(change))))
        })
        .collect();
    Ok(gather(recorded, |names| names)?.into_iter().flatten().collect())
}

/// The names that the changes of a history removed and that no later file lists. An absent name may have been deleted and pruned
/// since. A file that cannot be read records nothing.
pub(super) fn unrecorded(history: &OutputHistory) -> BTreeMap<ZoneAndSlug, RecordedNames> {
    let mut unrecorded: BTreeMap<ZoneAndSlug, RecordedNames> = BTreeMap::new();
    let mut recorded: BTreeSet<(DnsName, DnsName)> = BTreeSet::new();
    let names = |zone: &DnsName, names: &BTreeSet<DnsName>| -> Vec<(DnsName, DnsName)> {
        names.iter().map(|name| (zone.clone(), name.clone())).collect()
    };
    for ((zone, _), file) in files(&history.recorded).filter(|_| !history.changes.is_empty()) {
        recorded.extend(names(&zone, &file.all));
    }
    for change in &history.changes {
        for (key, file) in files(change) {
            let is_removed =
                |name: &&DnsName| file.has_present(name) && !recorded.contains(&(key.0.clone(), (*name).clone()));
            let removed: Vec<DnsName> = file.all.iter().filter(is_removed).cloned().collect();
            if !removed.is_empty() {
                unrecorded.entry(key).or_insert_with(|| file.emptied()).all.extend(removed);
            }
        }
        for ((zone, _), file) in files(change) {
            recorded.extend(names(&zone, &file.absent));
        }
    }
    unrecorded
}

/// The zone change files that can be read.
fn files(tree: &Tree) -> impl Iterator<Item = (ZoneAndSlug, RecordedNames)> {
    let changes =
        tree.iter().filter(|(path, text)| path.kind() == OutputKind::ZoneChange && declares_owner(path, text));
    changes.filter_map(|(path, text)| {
        let change = ZoneChange::parse(text).ok()?;
        Some(((change.zone.clone(), path.owned_slug()), RecordedNames::of(change)))
    })
}
