//! The names that the zone change files of the previous output list.

use super::ZoneChange;
use super::file::ZoneChangeEntry;
use super::known_hosts::KnownHosts;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::name::DnsName;
use crate::output::{OutputHistory, OutputKind, OutputPath, PreviousOutput, Tree, declares_owner, is_corrected};
use crate::source::RelPath;
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A zone and a slug, which identify a file.
pub(super) type ZoneAndSlug = (DnsName, SmolStr);

/// The names in one file of the previous output.
pub(super) struct RecordedNames {
    pub(super) branch: SmolStr,
    /// All names, present and absent.
    pub(super) all: BTreeSet<DnsName>,
    /// The names that are already absent.
    pub(super) absent: BTreeSet<DnsName>,
}

/// The path of a file.
pub(super) fn path((zone, slug): &ZoneAndSlug) -> OutputPath {
    OutputPath::zone_change(zone.as_str(), slug)
}

impl RecordedNames {
    fn of(ZoneChange { branch, present, absent, .. }: ZoneChange) -> Self {
        RecordedNames { branch, all: present.into_keys().chain(absent.iter().cloned()).collect(), absent }
    }

    /// The same file without any name.
    pub(super) fn emptied(&self) -> Self {
        let (all, absent) = Default::default();
        RecordedNames { branch: self.branch.clone(), all, absent }
    }

    pub(super) fn has_present(&self, name: &DnsName) -> bool {
        self.all.contains(name) && !self.absent.contains(name)
    }
}

/// The names in the previous files of the branches that are `wanted`, without files that do not change. A name that is not `known`
/// to belong to the project is an error, or a warning if a change has removed it from the output.
pub(super) fn recorded(
    previous: &dyn PreviousOutput,
    wanted: impl Fn(&str) -> bool + Sync,
    texts: &BTreeMap<ZoneAndSlug, Arc<str>>,
    known: &KnownHosts,
) -> Result<(BTreeMap<ZoneAndSlug, RecordedNames>, Vec<Diagnostic>)> {
    let is_change = |path: &OutputPath| path.kind() == OutputKind::ZoneChange;
    let files: Vec<(&OutputPath, &Arc<str>)> = previous.files().iter().filter(|(path, _)| is_change(path)).collect();
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
            let (change, warnings) = match read(&key, text, known) {
                Ok(change) => (change, Vec::new()),
                Err(errors) if is_corrected(previous, path, |text| read(&key, text, known).is_err()) => {
                    let in_history = |error: &Diagnostic| error.clone().in_history(path.as_str());
                    (known_part(&key, text, known), errors.iter().map(in_history).collect())
                }
                Err(errors) => {
                    return Err(errors.map(|error| {
                        let line = error.parts().at.line;
                        error.in_previous(RelPath::clone(path), line)
                    }));
                }
            };
            Ok(Some((change.map(|change| (key, RecordedNames::of(change))), warnings)))
        })
        .collect();
    let (recorded, warnings): (Vec<_>, Vec<_>) = gather(recorded, |names| names)?.into_iter().flatten().unzip();
    Ok((recorded.into_iter().flatten().collect(), warnings.concat()))
}

/// Reads the file of a zone and a slug, whose names all belong to the project.
fn read(key: &ZoneAndSlug, text: &str, known: &KnownHosts) -> Result<Option<ZoneChange>> {
    let change = ZoneChange::parse_checked(text, &|entry| match entry {
        ZoneChangeEntry::Zone(zone) if *zone != key.0 => {
            Err(Diagnostic::new(Code::Dns, format!("its zone is `{zone}`")))
        }
        ZoneChangeEntry::Zone(_) => Ok(()),
        ZoneChangeEntry::Name { zone, owner, name } => known.check(&key.1, (zone, owner), name),
    });
    change.map(Some)
}

/// The part of it that belongs to the project.
fn known_part(key: &ZoneAndSlug, text: &str, known: &KnownHosts) -> Option<ZoneChange> {
    let mut change = ZoneChange::parse(text).ok().filter(|change| change.zone == key.0)?;
    let is_known = |name: &DnsName| known.check(&key.1, (&key.0, &change.owner), name).is_ok();
    change.absent.retain(|name| is_known(name));
    change.present.retain(|name, _| is_known(name));
    Some(change)
}

/// The names that the changes of a history removed and that no later file lists. An absent name may have been deleted and pruned
/// since. A file that cannot be read records nothing, and nor does a name that is not `known` to belong to the project, with a
/// warning until the next change of the output: nobody can change the history.
pub(super) fn unrecorded(
    history: &OutputHistory,
    known: &KnownHosts,
) -> (BTreeMap<ZoneAndSlug, RecordedNames>, Vec<Diagnostic>) {
    let mut warnings = Vec::new();
    let mut unrecorded: BTreeMap<ZoneAndSlug, RecordedNames> = BTreeMap::new();
    let mut recorded: BTreeSet<(DnsName, DnsName)> = BTreeSet::new();
    let names = |zone: &DnsName, names: &BTreeSet<DnsName>| -> Vec<(DnsName, DnsName)> {
        names.iter().map(|name| (zone.clone(), name.clone())).collect()
    };
    for ((zone, _), _, file) in files(&history.recorded).filter(|_| !history.changes.is_empty()) {
        recorded.extend(names(&zone, &file.all));
    }
    for (i, change) in history.changes.iter().enumerate() {
        for (key, owner, file) in files(change) {
            let is_removed =
                |name: &&DnsName| file.has_present(name) && !recorded.contains(&(key.0.clone(), (*name).clone()));
            let is_known = |name: &&DnsName| {
                let Err(error) = known.check(&key.1, (&key.0, &owner), name) else { return true };
                warnings.extend(Some(error.in_history(path(&key).as_str())).filter(|_| i == 0));
                false
            };
            let removed: Vec<DnsName> = file.all.iter().filter(is_removed).filter(is_known).cloned().collect();
            if !removed.is_empty() {
                unrecorded.entry(key).or_insert_with(|| file.emptied()).all.extend(removed);
            }
        }
        for ((zone, _), _, file) in files(change) {
            recorded.extend(names(&zone, &file.absent));
        }
    }
    (unrecorded, warnings)
}

/// The zone change files that can be read, with their owners.
fn files(tree: &Tree) -> impl Iterator<Item = (ZoneAndSlug, SmolStr, RecordedNames)> {
    let changes =
        tree.iter().filter(|(path, text)| path.kind() == OutputKind::ZoneChange && declares_owner(path, text));
    changes.filter_map(|(path, text)| {
        let change = ZoneChange::parse(text).ok()?;
        Some(((change.zone.clone(), path.owned_slug()), change.owner.clone(), RecordedNames::of(change)))
    })
}
