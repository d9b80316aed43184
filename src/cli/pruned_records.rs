//! Which teardown records of the base revision are pruned: by `build --prune`, and in an output that is checked.
//!
//! A record that somebody deleted by hand looks like a pruned one. Pruning drops the teardown plan and the absent DNS names of a branch
//! together, and those of all branches, so an output that lacks only some of them is reported.

use super::missing_records::is_restored;
use super::session::Session;
use crate::diagnostic::{Code, Diagnostic, named};
use crate::disk::OutputDir;
use crate::output::{OutputKind, OutputPath};
use crate::pipeline::Build;
use clap::ValueEnum;
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

/// The files of an output whose prunable entries it lacks.
#[derive(Debug, Default)]
pub(super) struct PrunedRecords {
    files: BTreeSet<OutputPath>,
    /// What has pruned all records, if it is not only some of them.
    by: Option<Prune>,
}

/// What a file of the output has of the entries that are prunable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entries {
    All,
    None,
    /// Some of them, or something else.
    Other,
}

impl PrunedRecords {
    /// The pruned files of the output on the disk.
    pub(super) fn of(session: &Session, build: &Build) -> Self {
        let files: Vec<(&OutputPath, Entries)> =
            build.prunable.keys().map(|path| (path, entries(session, build, path))).collect();
        let existing = session.plan.slugs();
        let fits = |prune: Option<Prune>, slug: Option<&str>| {
            let mut files = files.iter().filter(|(path, _)| slug.is_none_or(|slug| path.slug() == slug));
            files.all(|(path, has)| match prune.filter(|prune| prune.drops(path, &existing)) {
                Some(_) => *has == Entries::None,
                None => *has == Entries::All,
            })
        };
        let modes = [None, Some(Prune::All), Some(Prune::Removed)];
        let mode = |slug: Option<&str>| modes.into_iter().find(|mode| fits(*mode, slug)).flatten();
        let whole = mode(None);
        let is_pruned = |path: &OutputPath| {
            whole.or_else(|| mode(Some(path.slug()))).is_some_and(|prune| prune.drops(path, &existing))
        };
        let pruned = files.iter().map(|(path, _)| *path).filter(|path| is_pruned(path));
        PrunedRecords { files: pruned.cloned().collect(), by: whole }
    }

    /// Whether the prunable entries of a file are pruned.
    pub(super) fn has(&self, path: &OutputPath) -> bool {
        self.files.contains(path)
    }

    /// What has pruned all records, if anything has.
    pub(super) fn by(&self) -> Option<Prune> {
        self.by
    }

    /// A warning if only some records are pruned.
    pub(super) fn warning(&self, output: &OutputDir) -> Option<Diagnostic> {
        if self.by.is_some() || self.files.is_empty() {
            return None;
        }
        let names: Vec<String> = self.files.iter().map(|path| output.show(path)).collect();
        let message = format!("records of the base revision are dropped from {}, and others are not", named(&names));
        Some(Diagnostic::new(Code::Output, message).help(
            "`pleach build` restores them; if others are not carried out yet, `pleach build --prune --carried-out REF` drops those of a commit",
        ))
    }
}

/// What a file of the output on the disk has. New entries that it lacks as well do not matter here.
fn entries(session: &Session, build: &Build, path: &OutputPath) -> Entries {
    let text = session.output().text(path);
    let whole = build.tree.get(path).map(|text| &**text);
    let pruned = build.prunable.get(path).and_then(Option::as_deref);
    let becomes =
        |wanted: Option<&str>| wanted.is_some_and(|wanted| is_restored(session, path, wanted, text.as_deref()));
    match text.as_deref() {
        text if text == whole => Entries::All,
        text if text == pruned => Entries::None,
        _ if becomes(whole) => Entries::All,
        _ if becomes(pruned) => Entries::None,
        _ => Entries::Other,
    }
}
