//! `pleach branch sync`: updates the spec to the branches or pull requests of a list.

use super::args::BranchSyncArgs;
use super::{BranchEditor, lines, today};
use crate::branch_name;
use crate::cli::Outcome;
use crate::diagnostic::{Diagnostics, Result};
use crate::edit::sync::{SyncResult, SyncSettings, sync};
use crate::edit::{self, SpecFiles};
use crate::spec::SyncRules;
use crate::visible::visible;
use smol_str::SmolStr;

pub(super) fn run(editor: &BranchEditor, args: &BranchSyncArgs, mut files: SpecFiles) -> Result<Outcome> {
    let text = editor.list(args.from, &args.repo)?;
    let listed = edit::list::read(&text, args.allow_empty)?;
    let settings = SyncSettings {
        rules: rules(&editor.spec.sync, args),
        remotes: branch_name::REMOTES.into_iter().chain([args.repo.remote.as_str()]).collect(),
        today: today::today()?,
    };
    let synced = sync(&mut files, &editor.spec, listed, &settings)?;
    let limit = editor.limit(&synced.removed, args.limit).err();
    Diagnostics::check(synced.guards.iter().cloned().chain(limit).collect(), ())?;
    editor.finish(files, args.limit.dry_run, &summary(&synced))
}

/// The rules of the spec with those of the command line.
fn rules(spec: &SyncRules, args: &BranchSyncArgs) -> SyncRules {
    let or = |given: &[String], spec: &[SmolStr]| match given {
        [] => spec.to_vec(),
        given => given.iter().map(SmolStr::from).collect(),
    };
    SyncRules {
        include: or(&args.include, &spec.include),
        exclude: or(&args.exclude, &spec.exclude),
        labels: or(&args.label, &spec.labels),
        skip_drafts: args.skip_drafts || spec.skip_drafts,
        ..spec.clone()
    }
}

fn summary(synced: &SyncResult) -> String {
    let parts = [
        ("added", &synced.added),
        ("changed", &synced.changed),
        ("removed", &synced.removed),
        ("pinned", &synced.pinned),
        ("needed", &synced.needed),
    ];
    let summary: String = parts.into_iter().map(|(action, names)| lines(action, names)).collect();
    let skipped = synced.skipped.iter().map(|(name, why)| format!("skipped {}: {}\n", visible(name), visible(why)));
    summary + &skipped.collect::<String>()
}
