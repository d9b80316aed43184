//! Which teardown records of the base revision are pruned: by `build --prune`, and in an output that is checked.
//!
//! A record that somebody deleted by hand looks like a pruned one, so `check` accepts a pruned output on request only. Pruning drops the
//! teardown plan and the absent DNS names of a branch together, and those of all branches.

use super::record_differences::only_lacks_records;
use super::session::Session;
use crate::diagnostic::Result;
use crate::output::{OutputKind, OutputPath, Tree};
use crate::pipeline::Build;
use clap::ValueEnum;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Which plans are pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Prune {
    /// All plans
    All,
    /// The plans of removed branches
    Removed,
}

impl Prune {
    /// Whether it drops the prunable entries of a file. `existing` has the slugs of the existing branches.
    pub(super) fn drops(self, path: &OutputPath, existing: &BTreeSet<&str>) -> bool {
        self == Prune::All || path.kind() != OutputKind::TeardownPlan || !existing.contains(path.slug())
    }

    /// The command that prunes.
    pub(super) fn command(self) -> &'static str {
        match self {
            Prune::All => "build --prune",
            Prune::Removed => "build --prune=removed",
        }
    }
}

/// What a build writes after the pruning that an output shows.
#[derive(Debug)]
pub(super) struct PrunedRecords<'b> {
    tree: Cow<'b, Tree>,
    /// The command that has pruned them, if any are pruned.
    by: Option<String>,
}

/// What a file of the output has of the entries that are prunable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entries {
    All,
    None,
    /// Some of them, or something else.
    Other,
}

impl<'b> PrunedRecords<'b> {
    /// The pruning that the output on the disk shows.
    pub(super) fn of(session: &Session, build: &'b Build) -> Result<Self> {
        let files: Vec<(&OutputPath, Entries)> =
            build.prunable.keys().map(|path| (path, entries(session, build, path))).collect();
        let existing = session.plan.slugs();
        let fits = |prune: Option<Prune>| {
            files.iter().all(|(path, has)| match prune.filter(|prune| prune.drops(path, &existing)) {
                Some(_) => *has == Entries::None,
                None => *has == Entries::All,
            })
        };
        let modes = [None, Some(Prune::All), Some(Prune::Removed)];
        if let Some(mode) = modes.into_iter().find(|mode| fits(*mode)) {
            let tree = build.pruned(|path| mode.is_some_and(|prune| prune.drops(path, &existing)));
            return Ok(PrunedRecords { tree, by: mode.map(|prune| prune.command().to_owned()) });
        }
        Ok(match carried_out(session, build)? {
            Some((tree, by)) => PrunedRecords { tree: Cow::Owned(tree), by: Some(by) },
            None => PrunedRecords { tree: Cow::Borrowed(&build.tree), by: None },
        })
    }

    /// The files.
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The command that has pruned them, if any are pruned.
    pub(super) fn command(&self) -> Option<&str> {
        self.by.as_deref()
    }
}

/// The files after pruning what a commit of the history lists, and the command that does it, if the output on the disk shows that.
fn carried_out(session: &Session, build: &Build) -> Result<Option<(Tree, String)>> {
    let existing = session.plan.slugs();
    for (commit, carried_out) in session.previous.carried_out_before()? {
        for prune in [Prune::All, Prune::Removed] {
            let tree = carried_out.pruned_tree(build, |path| prune.drops(path, &existing))?;
            let is_written =
                |path: &OutputPath| session.output().text(path).as_deref() == tree.get(path).map(|text| &**text);
            if build.prunable.keys().all(is_written) {
                return Ok(Some((tree, format!("{} --carried-out {commit:.12}", prune.command()))));
            }
        }
    }
    Ok(None)
}

/// What a file of the output on the disk has. New entries that it lacks as well do not matter here.
fn entries(session: &Session, build: &Build, path: &OutputPath) -> Entries {
    let text = session.output().text(path);
    let whole = build.tree.get(path).map(|text| &**text);
    let pruned = build.prunable.get(path).and_then(Option::as_deref);
    let becomes =
        |wanted: Option<&str>| wanted.is_some_and(|wanted| only_lacks_records(session, path, wanted, text.as_deref()));
    match text.as_deref() {
        text if text == whole => Entries::All,
        text if text == pruned => Entries::None,
        _ if becomes(whole) => Entries::All,
        _ if becomes(pruned) => Entries::None,
        _ => Entries::Other,
    }
}
