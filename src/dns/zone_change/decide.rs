//! The zone change files of a build: the wanted names must be present; recorded names that no branch wants must be absent.
//!
//! The recorded names are those in the zone change files of the previous output. With the output of a build as the previous
//! output, the same build makes the same files.

use super::known_hosts::KnownHosts;
use super::recorded::{Recorded, RecordedNames, ZoneAndSlug, path};
use super::{ZoneChange, ZoneChangeFile, check::check};
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::dns::ownership::Owner;
use crate::dns::wanted_names::WantedNames;
use crate::name::DnsName;
use crate::output::{OutputHistory, OutputPath, PreviousOutput, Tree};
use crate::plan::{BuildPlan, KnownBranches};
use crate::record::RemovedNames;
use crate::source::Location;
use crate::spec::{Spec, Zone};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The zone change files of some branches.
#[derive(Debug, Default)]
pub(crate) struct DecidedZoneChanges {
    /// The files.
    pub(crate) files: Vec<(OutputPath, Arc<str>)>,
    /// What the files become without the names that are already absent in the previous output; `None` removes the file.
    pub(crate) prunable: BTreeMap<OutputPath, Option<Arc<str>>>,
    /// The names that must be absent, by slug.
    pub(crate) removed_names: BTreeMap<SmolStr, RemovedNames>,
    /// The warnings.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A name that moves from the file of one branch to the file of another.
struct MovedName {
    name: DnsName,
    /// The file that it is removed from.
    from: ZoneAndSlug,
    /// The content of that file in the previous output.
    before: Arc<str>,
    /// The slug of the branch that takes it over.
    to: SmolStr,
}

/// The files of the branches whose slugs are `wanted`. `names` are those of all branches, for the rules of a whole zone; other
/// files of `previous` are not read, except for the names that its `history` removed without a record. A name that moves to a branch
/// that has `failed` stays in its file, so that one file always has it.
pub(crate) fn decide(
    spec: &Spec,
    (plan, branches): (&BuildPlan, &KnownBranches),
    names: Vec<WantedNames>,
    (previous, history): (&dyn PreviousOutput, &OutputHistory),
    wanted: impl Fn(&str) -> bool + Sync,
    failed: impl Fn(&str) -> bool,
) -> Result<DecidedZoneChanges> {
    let (output, previous) = (previous, previous.files());
    if names.is_empty() && previous.is_empty() && history.changes.is_empty() {
        return Ok(DecidedZoneChanges::default());
    }
    let mut changes: BTreeMap<ZoneAndSlug, ZoneChange> = names.into_iter().map(|names| change(spec, names)).collect();
    let mut texts = texts(changes.iter().filter(|((_, slug), _)| wanted(slug)))?;
    let wanted_hosts = changes.values().flat_map(|change| change.present.keys()).collect();
    let known_hosts = KnownHosts::of(spec, wanted_hosts, branches);
    let mut recorded = Recorded::of(output, |slug| wanted(slug), &texts, &known_hosts)?;
    let moves = moves(previous, &changes, &recorded.files, &texts);
    recorded.add_history(history, wanted, &known_hosts);
    drop(known_hosts);
    let Recorded { files: mut recorded, mut warnings, .. } = recorded;
    warnings.extend(keep_unwanted(spec, &changes, &mut recorded));

    let known: BTreeMap<&str, (&SmolStr, Location)> =
        plan.branches.iter().map(|branch| (branch.slug.as_str(), (&branch.name, branch.at))).collect();
    let pruned = add_absent(&mut changes, spec, recorded, |slug| known.get(slug).map(|(name, _)| (*name).clone()));
    texts.extend(self::texts(changes.iter().filter(|(_, change)| !change.absent.is_empty()))?);
    let removed_names = removed_names(&changes, &pruned);
    let (emptied, pruned): (BTreeMap<_, _>, _) =
        pruned.into_iter().partition(|(_, change)| change.present.is_empty() && change.absent.is_empty());
    let pruned = self::texts(&pruned)?.into_iter().map(|(key, text)| (key, Some(text)));
    let prunable = emptied.into_keys().map(|key| (key, None)).chain(pruned);

    let file = |(key, change): (ZoneAndSlug, ZoneChange)| {
        let at = known.get(key.1.as_str()).map_or(Location::NONE, |(_, at)| *at);
        ZoneChangeFile { slug: key.1, change, at }
    };
    let changes: Vec<ZoneChangeFile> = changes.into_iter().map(file).collect();
    check(&changes)?;
    let mut prunable: BTreeMap<ZoneAndSlug, Option<Arc<str>>> = prunable.collect();
    for MovedName { name, from, before, to } in moves.into_iter().filter(|moved| failed(&moved.to)) {
        let message = format!("`{name}` stays in `{}` until `{to}`, which takes it over, can be built", path(&from));
        warnings.push(Diagnostic::new(Code::Dns, message));
        prunable.remove(&from);
        texts.insert(from, before);
    }
    Ok(DecidedZoneChanges {
        files: texts.into_iter().map(|(key, text)| (path(&key), text)).collect(),
        prunable: prunable.into_iter().map(|(key, text)| (path(&key), text)).collect(),
        removed_names,
        warnings,
    })
}

fn change(spec: &Spec, names: WantedNames) -> (ZoneAndSlug, ZoneChange) {
    let (zone, branch) = (names.zone.clone(), names.branch.name.clone());
    let key = (zone.clone(), SmolStr::from(&names.branch.slug));
    (key, ZoneChange { zone, owner: Owner::of(spec), branch, present: names.present, absent: BTreeSet::new() })
}

/// Adds the absent names to `changes`. Returns those with names that are already absent in the previous output, without these
/// names.
fn add_absent(
    changes: &mut BTreeMap<ZoneAndSlug, ZoneChange>,
    spec: &Spec,
    recorded: BTreeMap<ZoneAndSlug, RecordedNames>,
    name: impl Fn(&str) -> Option<SmolStr>,
) -> BTreeMap<ZoneAndSlug, ZoneChange> {
    let mut pruned = BTreeMap::new();
    for (key, names) in recorded.into_iter().filter(|(_, names)| !names.all.is_empty()) {
        let RecordedNames { branch, all, absent, .. } = names;
        let change = changes.entry(key.clone()).or_insert_with(|| ZoneChange {
            zone: key.0.clone(),
            owner: Owner::of(spec),
            branch: name(&key.1).unwrap_or(branch),
            present: BTreeMap::new(),
            absent: BTreeSet::new(),
        });
        if !absent.is_empty() {
            let absent = all.difference(&absent).cloned().collect();
            pruned.insert(key, ZoneChange { absent, ..change.clone() });
        }
        change.absent = all;
    }
    pruned
}

/// The absent names of `changes`; those that remain in `pruned` are fresh.
fn removed_names(
    changes: &BTreeMap<ZoneAndSlug, ZoneChange>,
    pruned: &BTreeMap<ZoneAndSlug, ZoneChange>,
) -> BTreeMap<SmolStr, RemovedNames> {
    let mut removed: BTreeMap<SmolStr, RemovedNames> = BTreeMap::new();
    for (key, change) in changes.iter().filter(|(_, change)| !change.absent.is_empty()) {
        let names = removed.entry(key.1.clone()).or_default();
        let absent = |change: &ZoneChange| -> Vec<(DnsName, DnsName)> {
            change.absent.iter().map(|name| (key.0.clone(), name.clone())).collect()
        };
        names.branch = change.branch.clone();
        names.names.extend(absent(change));
        names.fresh.extend(absent(pruned.get(key).unwrap_or(change)));
    }
    removed
}

fn texts<'c>(
    changes: impl IntoIterator<Item = (&'c ZoneAndSlug, &'c ZoneChange)>,
) -> Result<BTreeMap<ZoneAndSlug, Arc<str>>> {
    let changes: Vec<_> = changes.into_iter().collect();
    let texts: Vec<Result<_>> =
        changes.into_par_iter().map(|(key, change)| Ok((key.clone(), Arc::from(change.write()?)))).collect();
    Ok(gather(texts, |text| text)?.into_iter().collect())
}

/// The names that are removed from a file of `previous` and added to a file that does not have them there yet.
fn moves(
    previous: &Tree,
    changes: &BTreeMap<ZoneAndSlug, ZoneChange>,
    recorded: &BTreeMap<ZoneAndSlug, RecordedNames>,
    texts: &BTreeMap<ZoneAndSlug, Arc<str>>,
) -> Vec<MovedName> {
    // A file that does not change is not in `recorded`.
    let had_before = |key: &ZoneAndSlug, name: &DnsName| match recorded.get(key) {
        Some(names) => names.has_present(name),
        None => texts.get(key).is_some_and(|text| previous.get(&path(key)) == Some(text)),
    };
    let mut sources: BTreeMap<(&DnsName, &DnsName), Vec<&ZoneAndSlug>> = BTreeMap::new();
    for (key, names) in recorded {
        let stays = |name: &DnsName| changes.get(key).is_some_and(|change| change.present.contains_key(name));
        for name in names.all.iter().filter(|name| names.has_present(name) && !stays(name)) {
            sources.entry((&key.0, name)).or_default().push(key);
        }
    }
    let mut moves = Vec::new();
    for (key, change) in changes {
        for name in change.present.keys().filter(|name| !had_before(key, name)) {
            for from in sources.get(&(&key.0, name)).into_iter().flatten() {
                let before = previous.get(&path(from)).map(Arc::clone);
                let to_branch =
                    |before| MovedName { name: name.clone(), from: (*from).clone(), before, to: key.1.clone() };
                moves.extend(before.map(to_branch));
            }
        }
    }
    moves
}

/// Keeps in `recorded` the names that no branch wants in their zone any more. A name that is now in a smaller zone cannot be
/// deleted from the larger one without it, so it is reported as a warning.
fn keep_unwanted(
    spec: &Spec,
    changes: &BTreeMap<ZoneAndSlug, ZoneChange>,
    recorded: &mut BTreeMap<ZoneAndSlug, RecordedNames>,
) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    if recorded.is_empty() {
        return warnings;
    }
    let mut present: BTreeMap<&DnsName, BTreeSet<&DnsName>> = BTreeMap::new();
    for ((zone, _), change) in changes {
        present.entry(zone).or_default().extend(change.present.keys());
    }
    for ((zone, _), names) in recorded.iter_mut() {
        names.all.retain(|name| {
            if present.get(zone).is_some_and(|names| names.contains(name)) {
                return false;
            }
            let Some((inner, at)) = Zone::of(&spec.zones, name).filter(|(inner, _)| inner.below(zone).is_some()) else {
                return true;
            };
            let message = format!("`{name}` stays in the zone `{zone}`, but is now in the zone `{inner}`");
            let warning = Diagnostic::new(Code::Dns, message).at(at.at);
            warnings.push(warning.help(format!("delete it from `{zone}` by hand")));
            false
        });
        names.absent.retain(|name| names.all.contains(name));
    }
    warnings
}
