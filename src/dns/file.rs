//! The zone change files of a tree: what is wanted now must be present; what was recorded and nobody wants must be gone.
//!
//! What was recorded is what the files of a base say, the tree at the merge base or the one on the disk. The files of
//! a build are a base from which the same build makes the same files, so that either will do.

use super::change::{ZoneChange, ZoneFile};
use super::check;
use super::host::Names;
use super::name::DnsName;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::output::{OutputKind, OutputPath, Tree, declares_owner};
use crate::plan::Plan;
use crate::source::Location;
use crate::spec::{Spec, Zone};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The zone change files of some branches.
#[derive(Debug, Default)]
pub struct Files {
    /// The files, by their paths in the output.
    pub files: Vec<(OutputPath, Arc<str>)>,
    /// Those that have names which had to be gone in the base already, without these names; `None` for no file at all.
    pub pruned: BTreeMap<OutputPath, Option<Arc<str>>>,
    /// The names that must be gone, by the slugs of branches.
    pub gone: BTreeMap<SmolStr, Gone>,
    /// What deserves a word.
    pub warnings: Vec<Diagnostic>,
}

/// A name that leaves the file of one branch because that of another lists it from now on.
struct Move {
    name: DnsName,
    /// The file that it leaves.
    from: Key,
    /// The content of that file in the previous output.
    before: Arc<str>,
    /// The slug of the branch that takes it.
    to: SmolStr,
}

/// The names of a branch that must be gone, the zone before each.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    /// The branch as git calls it.
    pub branch: SmolStr,
    /// All of them.
    pub names: BTreeSet<(DnsName, DnsName)>,
    /// Those that did not have to be gone in the base already.
    pub fresh: BTreeSet<(DnsName, DnsName)>,
}

/// A file by its zone and the slug of its branch.
type Key = (DnsName, SmolStr);

/// The files of the branches whose slugs are `wanted`. `names` are those of all branches, for what must hold in a whole
/// zone; no other files of `base` are read. A name that moves to a branch that has `failed` stays in its file, so that there is
/// always a file that has it.
pub fn files(
    spec: &Spec,
    plan: &Plan,
    names: Vec<Names>,
    base: &Tree,
    wanted: impl Fn(&str) -> bool + Sync,
    failed: impl Fn(&str) -> bool,
) -> Result<Files> {
    if names.is_empty() && base.is_empty() {
        return Ok(Files::default());
    }
    let mut changes: BTreeMap<Key, ZoneChange> = names.into_iter().map(|names| change(spec, names)).collect();
    let mut texts = texts(changes.iter().filter(|((_, slug), _)| wanted(slug)))?;
    let mut recorded = recorded(base, |slug| wanted(slug), &texts)?;
    let moves = moves(base, &changes, &recorded, &texts);
    let mut warnings = retire(spec, &changes, &mut recorded);

    let known: BTreeMap<&str, (&SmolStr, Location)> =
        plan.branches.iter().map(|branch| (branch.slug.as_str(), (&branch.name, branch.at))).collect();
    let shorter = include(&mut changes, spec, recorded, |slug| known.get(slug).map(|(name, _)| (*name).clone()));
    texts.extend(self::texts(changes.iter().filter(|(_, change)| !change.absent.is_empty()))?);
    let gone = gone(&changes, &shorter);
    let (emptied, shorter): (BTreeMap<_, _>, _) =
        shorter.into_iter().partition(|(_, change)| change.present.is_empty() && change.absent.is_empty());
    let shorter = self::texts(&shorter)?.into_iter().map(|(key, text)| (key, Some(text)));
    let pruned = emptied.into_keys().map(|key| (key, None)).chain(shorter);

    let file = |(key, change): (Key, ZoneChange)| {
        let at = known.get(key.1.as_str()).map_or(Location::NONE, |(_, at)| *at);
        ZoneFile { slug: key.1, change, at }
    };
    let changes: Vec<ZoneFile> = changes.into_iter().map(file).collect();
    check::check(&changes)?;
    let mut pruned: BTreeMap<Key, Option<Arc<str>>> = pruned.collect();
    for Move { name, from, before, to } in moves.into_iter().filter(|moved| failed(&moved.to)) {
        let message = format!("`{name}` stays in `{}` until `{to}`, which takes it over, can be built", path(&from));
        warnings.push(Diagnostic::new(Code::Dns, message));
        pruned.remove(&from);
        texts.insert(from, before);
    }
    Ok(Files {
        files: texts.into_iter().map(|(key, text)| (path(&key), text)).collect(),
        pruned: pruned.into_iter().map(|(key, text)| (path(&key), text)).collect(),
        gone,
        warnings,
    })
}

/// The file of a key.
fn path((zone, slug): &Key) -> OutputPath {
    OutputPath::zone_change(zone.as_str(), slug)
}

fn change(spec: &Spec, names: Names) -> (Key, ZoneChange) {
    let (zone, branch) = (names.zone.clone(), names.branch.name.clone());
    let key = (zone.clone(), SmolStr::from(&names.branch.slug));
    (key, ZoneChange { zone, owner: spec.project.clone(), branch, present: names.present, absent: BTreeSet::new() })
}

/// Puts in the names that must be gone, and returns the files of which some had to be gone already without those.
fn include(
    changes: &mut BTreeMap<Key, ZoneChange>,
    spec: &Spec,
    recorded: BTreeMap<Key, Record>,
    name: impl Fn(&str) -> Option<SmolStr>,
) -> BTreeMap<Key, ZoneChange> {
    let mut shorter = BTreeMap::new();
    for (key, Record { branch, absent, old, .. }) in recorded.into_iter().filter(|(_, r)| !r.absent.is_empty()) {
        let change = changes.entry(key.clone()).or_insert_with(|| ZoneChange {
            zone: key.0.clone(),
            owner: spec.project.clone(),
            branch: name(&key.1).unwrap_or(branch),
            present: BTreeMap::new(),
            absent: BTreeSet::new(),
        });
        if !old.is_empty() {
            let absent = absent.difference(&old).cloned().collect();
            shorter.insert(key, ZoneChange { absent, ..change.clone() });
        }
        change.absent = absent;
    }
    shorter
}

/// The absent names of `changes`, of which `shorter` lacks those that had to be gone in the base already.
fn gone(changes: &BTreeMap<Key, ZoneChange>, shorter: &BTreeMap<Key, ZoneChange>) -> BTreeMap<SmolStr, Gone> {
    let mut gone: BTreeMap<SmolStr, Gone> = BTreeMap::new();
    for (key, change) in changes.iter().filter(|(_, change)| !change.absent.is_empty()) {
        let of = gone.entry(key.1.clone()).or_default();
        let absent = |change: &ZoneChange| -> Vec<(DnsName, DnsName)> {
            change.absent.iter().map(|name| (key.0.clone(), name.clone())).collect()
        };
        of.branch = change.branch.clone();
        of.names.extend(absent(change));
        of.fresh.extend(absent(shorter.get(key).unwrap_or(change)));
    }
    gone
}

fn texts<'c>(changes: impl IntoIterator<Item = (&'c Key, &'c ZoneChange)>) -> Result<BTreeMap<Key, Arc<str>>> {
    let changes: Vec<_> = changes.into_iter().collect();
    let texts: Vec<Result<_>> =
        changes.into_par_iter().map(|(key, change)| Ok((key.clone(), Arc::from(change.write()?)))).collect();
    Ok(gather(texts, |text| text)?.into_iter().collect())
}

/// What the file of a base says, as far as it matters.
struct Record {
    owner: SmolStr,
    branch: SmolStr,
    /// The names that must be gone.
    absent: BTreeSet<DnsName>,
    /// Those of them that had to be gone already.
    old: BTreeSet<DnsName>,
}

/// What the files of a base say of branches that are `wanted`. A file that is what is to be written says nothing new.
fn recorded(
    base: &Tree,
    wanted: impl Fn(&str) -> bool + Sync,
    texts: &BTreeMap<Key, Arc<str>>,
) -> Result<BTreeMap<Key, Record>> {
    let is_change = |path: &OutputPath| path.kind() == OutputKind::ZoneChange;
    let files: Vec<(&OutputPath, &Arc<str>)> = base.iter().filter(|(path, _)| is_change(path)).collect();
    let records: Vec<Result<Option<_>>> = files
        .into_par_iter()
        .filter(|(path, _)| wanted(path.slug()))
        .map(|(path, text)| {
            let folder = path.parent();
            let Ok(zone) = DnsName::host(folder.name()) else { return Ok(None) };
            let key: Key = (zone, path.owned_slug());
            if texts.get(&key) == Some(text) || !declares_owner(path, text) {
                return Ok(None);
            }
            let fault = |reason: &str| {
                let message = format!("`{path}` in the base is no zone change file that can be read: {reason}");
                Diagnostic::new(Code::Dns, message).help("mend it, or name another base, as in `--base HEAD`")
            };
            let change = ZoneChange::parse(text)
                .map_err(|errors| fault(&errors.iter().next().map(ToString::to_string).unwrap_or_default()))?;
            if change.zone != key.0 {
                return Err(fault(&format!("it is of the zone `{}`", change.zone)).into());
            }
            let ZoneChange { owner, branch, present, absent: old, .. } = change;
            let absent = present.into_keys().chain(old.iter().cloned()).collect();
            Ok(Some((key, Record { owner, branch, absent, old })))
        })
        .collect();
    Ok(gather(records, |record| record)?.into_iter().flatten().collect())
}

/// The names that leave a file of `base` for files that do not list them there yet.
fn moves(
    base: &Tree,
    changes: &BTreeMap<Key, ZoneChange>,
    recorded: &BTreeMap<Key, Record>,
    texts: &BTreeMap<Key, Arc<str>>,
) -> Vec<Move> {
    let has = |record: &Record, name: &DnsName| record.absent.contains(name) && !record.old.contains(name);
    // A file that is to be written as it is there already was not recorded.
    let is_there = |key: &Key, name: &DnsName| match recorded.get(key) {
        Some(record) => has(record, name),
        None => texts.get(key).is_some_and(|text| base.get(&path(key)) == Some(text)),
    };
    let mut left: BTreeMap<(&DnsName, &DnsName), Vec<&Key>> = BTreeMap::new();
    for (key, record) in recorded {
        let stays = |name: &DnsName| changes.get(key).is_some_and(|change| change.present.contains_key(name));
        for name in record.absent.iter().filter(|name| has(record, name) && !stays(name)) {
            left.entry((&key.0, name)).or_default().push(key);
        }
    }
    let mut moves = Vec::new();
    for (key, change) in changes {
        for name in change.present.keys().filter(|name| !is_there(key, name)) {
            for from in left.get(&(&key.0, name)).into_iter().flatten() {
                let before = base.get(&path(from)).map(Arc::clone);
                let to_branch = |before| Move { name: name.clone(), from: (*from).clone(), before, to: key.1.clone() };
                moves.extend(before.map(to_branch));
            }
        }
    }
    moves
}

/// Leaves in `recorded` the names that nobody wants in their zone any more. What a smaller zone took over is beyond
/// the reach of the larger one, and told in warnings.
fn retire(spec: &Spec, changes: &BTreeMap<Key, ZoneChange>, recorded: &mut BTreeMap<Key, Record>) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    if recorded.is_empty() {
        return warnings;
    }
    if let Some(other) = recorded.values().map(|record| &record.owner).find(|owner| **owner != spec.project) {
        let message = format!("the names in the base belong to the project `{other}`, and this one may not touch them");
        let help = format!("apply once as `{other}` without branches, so that it gives its names up");
        warnings.push(Diagnostic::new(Code::Dns, message).help(help));
    }
    let mut present: BTreeMap<&DnsName, BTreeSet<&DnsName>> = BTreeMap::new();
    for ((zone, _), change) in changes {
        present.entry(zone).or_default().extend(change.present.keys());
    }
    for ((zone, _), record) in recorded.iter_mut() {
        record.absent.retain(|name| {
            if present.get(zone).is_some_and(|names| names.contains(name)) {
                return false;
            }
            let Some((inner, at)) = Zone::of(&spec.zones, name).filter(|(inner, _)| inner.below(zone).is_some()) else {
                return true;
            };
            let message = format!("`{name}` stays in the zone `{zone}`, where the zone `{inner}` now hides it");
            let warning = Diagnostic::new(Code::Dns, message).at(at.at);
            warnings.push(warning.help("take it out of that zone by hand"));
            false
        });
        record.old.retain(|name| record.absent.contains(name));
    }
    let open =
        recorded.iter().filter(|((zone, _), record)| !spec.zones.contains_key(zone) && !record.absent.is_empty());
    let undeclared: BTreeSet<&DnsName> = open.map(|((zone, _), _)| zone).collect();
    warnings.extend(undeclared.into_iter().map(|zone| {
        let message = format!("the zone `{zone}` is declared no more, and some of its names are still to go");
        Diagnostic::new(Code::Dns, message)
            .help("declare it until `pleach dns apply` has taken them away, then `pleach build --prune`")
    }));
    warnings
}
