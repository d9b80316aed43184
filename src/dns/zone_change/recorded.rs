//! The names that the zone change files of the previous output list.

use super::ZoneChange;
use super::file::ZoneChangeEntry;
use super::known_hosts::KnownHosts;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::name::DnsName;
use crate::output::{OutputHistory, OutputKind, OutputPath, PreviousOutput, Tree, declares_owner, is_corrected};
use crate::plan::EntryOwner;
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

    /// The file of a branch without any name.
    fn empty(branch: SmolStr) -> Self {
        let (all, absent) = Default::default();
        RecordedNames { branch, all, absent }
    }

    pub(super) fn has_present(&self, name: &DnsName) -> bool {
        self.all.contains(name) && !self.absent.contains(name)
    }
}

/// What the previous output records.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) files: BTreeMap<ZoneAndSlug, RecordedNames>,
    /// The files that were refused and have been corrected since.
    corrected: BTreeSet<ZoneAndSlug>,
    /// The warnings.
    pub(super) warnings: Vec<Diagnostic>,
}

/// A file of the previous output, as far as it belongs to the project.
struct RecordedFile {
    key: ZoneAndSlug,
    /// `None` if nothing of it does.
    names: Option<RecordedNames>,
    /// Why the whole file was refused, if it has been corrected since.
    refused: Option<Diagnostics>,
}

impl Recorded {
    /// The names in the previous files of the branches that are `wanted`, without files that do not change. What is not `known` to
    /// belong to the project is an error, or a warning if a change has removed it from the output.
    pub(super) fn of(
        previous: &dyn PreviousOutput,
        wanted: impl Fn(&str) -> bool + Sync,
        texts: &BTreeMap<ZoneAndSlug, Arc<str>>,
        known: &KnownHosts,
    ) -> Result<Self> {
        let is_change = |path: &OutputPath| path.kind() == OutputKind::ZoneChange;
        let files: Vec<(&OutputPath, &Arc<str>)> =
            previous.files().iter().filter(|(path, _)| is_change(path) && wanted(path.slug())).collect();
        let read: Vec<Result<Option<RecordedFile>>> = files
            .into_par_iter()
            .map(|(path, text)| {
                let Ok(zone) = DnsName::host(path.parent().name()) else { return Ok(None) };
                let key: ZoneAndSlug = (zone, path.owned_slug());
                if texts.get(&key) == Some(text) || !declares_owner(path, text) {
                    return Ok(None);
                }
                RecordedFile::read((path, text), key, previous, known).map(Some)
            })
            .collect();
        let mut recorded = Recorded::default();
        for RecordedFile { key, names, refused } in gather(read, |read| read)?.into_iter().flatten() {
            for error in refused.into_iter().flatten() {
                recorded.warnings.push(error.in_history(path(&key).as_str()));
                recorded.corrected.insert(key.clone());
            }
            recorded.files.extend(names.map(|names| (key, names)));
        }
        Ok(recorded)
    }

    /// Adds the names that the changes of the `history` removed without a record, and those that corrected files have lost.
    pub(super) fn add_history(&mut self, history: &OutputHistory, wanted: impl Fn(&str) -> bool, known: &KnownHosts) {
        let (unrecorded, warnings) = unrecorded(history, known);
        self.warnings.extend(warnings);
        let lost = self.corrected.iter().filter_map(|key| Some((key.clone(), last_version(key, history, known)?)));
        let lost: Vec<_> = lost.collect();
        for (key, RecordedNames { branch, all, .. }) in unrecorded.into_iter().chain(lost) {
            if wanted(&key.1) {
                self.files.entry(key).or_insert_with(|| RecordedNames::empty(branch)).all.extend(all);
            }
        }
    }
}

impl RecordedFile {
    fn read(
        (path, text): (&OutputPath, &str),
        key: ZoneAndSlug,
        previous: &dyn PreviousOutput,
        known: &KnownHosts,
    ) -> Result<Self> {
        let (names, refused) = match read(&key, text, known) {
            Ok(change) => (Some(RecordedNames::of(change)), None),
            Err(errors) if is_corrected(previous, path, |text| read(&key, text, known).is_err()) => {
                (known_part(&key, text, known).map(RecordedNames::of), Some(errors))
            }
            Err(errors) => {
                return Err(errors.map(|error| error.in_previous(RelPath::clone(path))));
            }
        };
        Ok(RecordedFile { key, names, refused })
    }
}

/// Reads the file of a zone and a slug that belongs to the project, with all its names.
fn read(key: &ZoneAndSlug, text: &str, known: &KnownHosts) -> Result<ZoneChange> {
    ZoneChange::parse_checked(text, &|entry| match entry {
        ZoneChangeEntry::Zone(zone) if *zone != key.0 => {
            Err(Diagnostic::new(Code::Dns, format!("its zone is `{zone}`")))
        }
        ZoneChangeEntry::Zone(zone) => known.check_zone(zone),
        ZoneChangeEntry::Branch(branch) => known.check_branch(EntryOwner { slug: &key.1, branch }),
        ZoneChangeEntry::Name { zone, owner, name } => known.check(&key.1, (zone, owner), name),
    })
}

/// The part of it that belongs to the project; none if it cannot be read or is of an unknown zone or branch.
fn known_part(key: &ZoneAndSlug, text: &str, known: &KnownHosts) -> Option<ZoneChange> {
    let mut change = ZoneChange::parse(text).ok().filter(|change| change.zone == key.0)?;
    known.check_file(&key.0, EntryOwner { slug: &key.1, branch: &change.branch }).ok()?;
    let is_known = |name: &DnsName| known.check(&key.1, (&key.0, &change.owner.project), name).is_ok();
    change.absent.retain(|name| is_known(name));
    change.present.retain(|name, _| is_known(name));
    Some(change)
}

/// The names in the last version of a file that is not refused: whoever added an entry may have removed others.
fn last_version(key: &ZoneAndSlug, history: &OutputHistory, known: &KnownHosts) -> Option<RecordedNames> {
    let path = path(key);
    let mut versions = history.changes.iter().filter_map(|change| read(key, change.get(&path)?, known).ok());
    versions.next().map(RecordedNames::of)
}

/// The names that the changes of a history removed and that no later file lists. An absent name may have been deleted and pruned
/// since. A file that cannot be read records nothing, and nor does what is not `known` to belong to the project, with a warning until
/// the next change of the output: nobody can change the history.
fn unrecorded(history: &OutputHistory, known: &KnownHosts) -> (BTreeMap<ZoneAndSlug, RecordedNames>, Vec<Diagnostic>) {
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
            let mut is_known = |checked: Result<(), Diagnostic>| {
                let Err(error) = checked else { return true };
                warnings.extend(Some(error.in_history(path(&key).as_str())).filter(|_| i == 0));
                false
            };
            let is_removed =
                |name: &DnsName| file.has_present(name) && !recorded.contains(&(key.0.clone(), name.clone()));
            let mut removed: BTreeSet<DnsName> = file.all.iter().filter(|name| is_removed(name)).cloned().collect();
            let branch = EntryOwner { slug: &key.1, branch: &file.branch };
            if removed.is_empty() || !is_known(known.check_file(&key.0, branch)) {
                continue;
            }
            removed.retain(|name| is_known(known.check(&key.1, (&key.0, &owner), name)));
            if !removed.is_empty() {
                unrecorded.entry(key).or_insert_with(|| RecordedNames::empty(file.branch)).all.extend(removed);
            }
        }
        for ((zone, _), _, file) in files(change) {
            recorded.extend(names(&zone, &file.absent));
        }
    }
    (unrecorded, warnings)
}

/// The zone change files that can be read, with the projects that own them.
fn files(tree: &Tree) -> impl Iterator<Item = (ZoneAndSlug, SmolStr, RecordedNames)> {
    let changes =
        tree.iter().filter(|(path, text)| path.kind() == OutputKind::ZoneChange && declares_owner(path, text));
    changes.filter_map(|(path, text)| {
        let change = ZoneChange::parse(text).ok()?;
        Some(((change.zone.clone(), path.owned_slug()), change.owner.project.clone(), RecordedNames::of(change)))
    })
}
