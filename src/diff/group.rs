//! Change groups: the same change in several branches, shown once.
//!
//! Changes are the same if they differ only in the derived names of their branches. A group has all changes that the same branches
//! have; putting the names of a branch back gives its changes, exactly.

use super::EnvironmentDiff;
use super::change::{Change, ValueChange};
use super::derived::{DerivedNames, GeneralText};
use crate::hex;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many of the largest groups a change is compared with that has a derived name by chance.
const CANDIDATES: usize = 8;

/// Changes that several branches have.
#[derive(Debug)]
pub(crate) struct ChangeGroup {
    /// Identifies the changes, whatever branches have them.
    pub(crate) id: String,
    /// The positions of the environments, in order.
    pub(crate) environments: Vec<usize>,
    /// The changes in the order of their objects.
    pub(crate) changes: Vec<Change<GeneralText>>,
}

/// The environments that have a change, in order.
type Having = BTreeMap<Change<GeneralText>, Vec<usize>>;

type ChangeIndex = (SmolStr, GeneralText, u8);

/// The groups, those of most branches first.
pub(crate) fn groups(environments: &[EnvironmentDiff]) -> Vec<ChangeGroup> {
    let general: Vec<Vec<Change<GeneralText>>> = environments.par_iter().map(generalized).collect();
    let mut having = Having::new();
    for (at, change) in
        general.into_iter().enumerate().flat_map(|(at, changes)| changes.into_iter().map(move |c| (at, c)))
    {
        having.entry(change).or_default().push(at);
    }
    let mut groups: BTreeMap<Vec<usize>, Vec<Change<GeneralText>>> = BTreeMap::new();
    for (change, having) in merged(&having, environments) {
        groups.entry(having).or_default().push(change);
    }
    let group = |(environments, changes): (Vec<usize>, Vec<Change<GeneralText>>)| ChangeGroup {
        id: id(&changes),
        environments,
        changes,
    };
    let mut groups: Vec<ChangeGroup> = groups.into_iter().map(group).collect();
    groups.sort_by(|a, b| (b.environments.len(), &a.environments).cmp(&(a.environments.len(), &b.environments)));
    groups
}

/// The changes of the environment at a position, in order.
#[cfg(test)]
pub(crate) fn expanded(groups: &[ChangeGroup], at: usize, names: &DerivedNames) -> Option<Vec<Change<SmolStr>>> {
    let own = groups.iter().filter(|group| group.environments.contains(&at));
    let changes: Option<Vec<_>> = own.flat_map(|group| &group.changes).map(|change| expand(change, names)).collect();
    let mut changes = changes?;
    changes.sort();
    Some(changes)
}

fn expand(change: &Change<GeneralText>, names: &DerivedNames) -> Option<Change<SmolStr>> {
    change.map(&|text: &GeneralText| text.expanded(names))
}

fn generalized(environment: &EnvironmentDiff) -> Vec<Change<GeneralText>> {
    let general = |text: &SmolStr| Some(environment.names.generalized(text));
    environment.changes.iter().filter_map(|change| change.map(&general)).collect()
}

/// Adds the changes of branches whose derived names are in the text by chance, such as a branch `main` and a log format `main`, to
/// the group of the others.
fn merged(having: &Having, environments: &[EnvironmentDiff]) -> Having {
    let mut largest: BTreeMap<ChangeIndex, Vec<&Change<GeneralText>>> = BTreeMap::new();
    for change in having.keys() {
        largest.entry(kind(change)).or_default().push(change);
    }
    for changes in largest.values_mut() {
        changes.sort_by_key(|change| std::cmp::Reverse(having[*change].len()));
        changes.truncate(CANDIDATES);
    }
    let target = |change: &Change<GeneralText>, at: &[usize]| {
        let plain: Option<Vec<_>> = at.iter().map(|at| expand(change, &environments[*at].names)).collect();
        let plain = plain?;
        largest[&kind(change)].iter().find(|other| {
            **other != change
                && having[**other].len() >= at.len()
                && at
                    .iter()
                    .zip(&plain)
                    .all(|(at, plain)| expand(other, &environments[*at].names).as_ref() == Some(plain))
        })
    };
    let moves: Vec<Option<Change<GeneralText>>> = having
        .iter()
        .map(|(change, at)| (names(change) > 0).then(|| target(change, at).map(|other| (*other).clone()))?)
        .collect();
    let mut result = Having::new();
    for ((change, at), other) in having.iter().zip(moves) {
        result.entry(other.unwrap_or_else(|| change.clone())).or_default().extend(at);
    }
    for at in result.values_mut() {
        at.sort_unstable();
    }
    result
}

/// The kind of object, the path and the kind of change. Only changes with the same can be the same.
fn kind(change: &Change<GeneralText>) -> ChangeIndex {
    let value = match change.value {
        ValueChange::Added(_) => 0,
        ValueChange::Removed(_) => 1,
        ValueChange::Replaced(..) => 2,
        ValueChange::Lines(_) => 3,
        ValueChange::Reordered(..) => 4,
    };
    (change.object.kind.clone(), change.path.clone(), value)
}

/// The number of derived names in a change.
fn names(change: &Change<GeneralText>) -> usize {
    change.texts().map(GeneralText::names).sum()
}

/// The first digits of a digest of the changes. Secret values are not in them.
fn id(changes: &[Change<GeneralText>]) -> String {
    let mut text = String::new();
    for change in changes {
        let _ = writeln!(text, "{change:?}");
    }
    hex::encode(&Sha256::digest(text)[..4])
}
