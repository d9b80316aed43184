//! The comparison of two outputs as objects, and its reports: [`text`], [`summary`], [`markdown`], [`json`],
//! [`patch`].
//!
//! 1. [`environment`] finds the files that differ, by branch.
//! 2. [`object`] reads their objects and finds out which became which. [`secrets`] hides secret values, so that nothing after it
//!    knows them.
//! 3. [`field`], [`list`] and [`lines`] compare the values of two objects: the changes of a branch.
//! 4. [`fact`] finds what matters first in them; [`head`] puts it together for all environments.
//! 5. [`group`] puts equal changes of several branches together; [`derived`] knows which texts of a branch are its own names.
//!
//! Nothing here knows where the outputs come from.

mod change;
pub(crate) mod derived;
mod environment;
mod fact;
mod field;
mod group;
mod head;
mod items;
pub(crate) mod json;
mod lines;
mod list;
pub(crate) mod markdown;
mod object;
pub(crate) mod patch;
pub(crate) mod secrets;
mod shown;
pub(crate) mod summary;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub(crate) use environment::KnownBranch;

use crate::output::Tree;
use change::{Change, ObjectName};
use derived::DerivedNames;
use fact::{Fact, Requests};
use group::ChangeGroup;
use serde::Serialize;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What became of a file or an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeKind {
    /// It is new.
    Added,
    /// It differs.
    #[default]
    Changed,
    /// It has been removed.
    Removed,
}

/// What files belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiffScope {
    /// A branch: they are its environment.
    Branch,
    /// The whole project: files for GitOps tools, objects that branches share.
    Project,
}

/// The differences of two outputs.
#[derive(Debug)]
pub(crate) struct Diff {
    /// The environments that differ, in the order of their slugs.
    pub(crate) environments: Vec<EnvironmentDiff>,
    /// Their changes in groups, those of most environments first.
    pub(crate) groups: Vec<ChangeGroup>,
    /// The name of the project.
    pub(crate) project: String,
    /// The names of all environments that exist after the change.
    pub(crate) all: BTreeSet<String>,
    /// The names of those that could not be built, so that their differences are not known.
    pub(crate) not_rendered: BTreeSet<String>,
}

/// An environment that differs.
#[derive(Debug)]
pub(crate) struct EnvironmentDiff {
    /// The slug.
    pub(crate) slug: String,
    /// The name in Git.
    pub(crate) name: String,
    /// How it changed.
    pub(crate) change: ChangeKind,
    /// Whether it is an environment, or files of the whole project.
    pub(crate) scope: DiffScope,
    /// The files that differ, in path order.
    pub(crate) files: Vec<FileDiff>,
    /// The changes of its objects, in order.
    pub(crate) changes: Vec<Change<SmolStr>>,
    /// What matters first.
    pub(crate) facts: BTreeSet<Fact>,
    /// What its pods request more.
    pub(crate) requests: Requests,
    /// The files of the objects that changed, with the output folder.
    pub(crate) objects: BTreeMap<ObjectName<SmolStr>, String>,
    /// Its derived names.
    pub(crate) names: DerivedNames,
}

/// What a report needs of the lines of files. Comparing them takes time, and most reports are about objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileLines {
    /// Nothing.
    Ignored,
    /// Their numbers.
    Counted,
    /// Their numbers and a unified diff.
    Shown,
}

/// A file that differs.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileDiff {
    /// The path with the output folder.
    pub(crate) path: String,
    /// How it changed.
    pub(crate) change: ChangeKind,
    /// The number of added lines, if lines count.
    pub(crate) added: usize,
    /// The number of removed lines, if lines count.
    pub(crate) removed: usize,
    /// Whether an object in it changed; otherwise only its formatting differs.
    pub(crate) has_changes: bool,
    /// The hunks of a unified diff, if lines are shown.
    pub(crate) patch: String,
}

impl Diff {
    /// Whether nothing differs and everything is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.environments.is_empty() && self.not_rendered.is_empty()
    }

    /// The environments that differ, without files of the whole project.
    fn branches(&self) -> impl Iterator<Item = &EnvironmentDiff> {
        self.environments.iter().filter(|environment| environment.scope == DiffScope::Branch)
    }
}

impl ChangeKind {
    fn of(before: bool, after: bool) -> Self {
        match (before, after) {
            (false, true) => ChangeKind::Added,
            (true, false) => ChangeKind::Removed,
            // Neither side has the environment if only the records of a removed branch differ.
            (true, true) | (false, false) => ChangeKind::Changed,
        }
    }
}

/// What a comparison needs to know besides the outputs.
pub(crate) struct Comparing<'a> {
    /// The name of the project.
    pub(crate) project: &'a str,
    /// What the folder of the output is called.
    pub(crate) output: &'a str,
    /// Patterns of keys whose values are secret, besides the values of Secrets.
    pub(crate) secret_keys: &'a [SmolStr],
    /// The names of all environments that exist after the change.
    pub(crate) all: BTreeSet<String>,
    /// The names of those that could not be built, so that their differences are not known.
    pub(crate) not_rendered: BTreeSet<String>,
    /// What to find out about the lines of files.
    pub(crate) lines: FileLines,
}

/// The differences of two outputs. `known` says what is known of the branch of a slug.
pub(crate) fn compare(outputs: (&Tree, &Tree), comparing: Comparing, known: impl Fn(&str) -> KnownBranch) -> Diff {
    let environments = environment::compare(outputs, &comparing, known);
    let groups = group::groups(&environments);
    let Comparing { project, all, not_rendered, .. } = comparing;
    Diff { environments, groups, project: project.to_owned(), all, not_rendered }
}

/// `1 file`, `2 files`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
