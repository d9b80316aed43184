//! `pleach branch expire`: removes the branches whose last day has passed, and records them.

use super::args::BranchExpireArgs;
use super::{BranchEditor, SpecEdit, lines};
use crate::cli::Outcome;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::edit::expired::RecordEdit;
use crate::edit::list::BranchList;
use crate::edit::{self, BranchEdit, SpecFiles};
use crate::spec::BranchEntry;
use smol_str::SmolStr;

pub(super) fn run(editor: &BranchEditor, args: &BranchExpireArgs, mut files: SpecFiles) -> Result<Outcome> {
    let list = match args.from {
        Some(source) => edit::list::read(&editor.list(source, &args.repo)?, true)?,
        None => BranchList::default(),
    };
    Diagnostics::check(list.errors.clone(), ())?;
    let spec = &editor.spec;
    let overdue = |branch: &&BranchEntry| spec.last_day(branch).is_some_and(|date| date.value < args.as_of);
    let (pinned, others): (Vec<_>, Vec<_>) =
        spec.branches.iter().filter(overdue).partition(|branch| branch.pin.is_some());
    let (needed, expired): (Vec<_>, Vec<_>) = others.into_iter().partition(|branch| spec.needs(&branch.name));
    let names = |branches: &[&BranchEntry]| branches.iter().map(|branch| branch.name.clone()).collect::<Vec<_>>();
    editor.limit(&names(&expired), args.limit)?;
    files.edit(expired.iter().map(|branch| (branch.name.clone(), BranchEdit::Remove)))?;
    let records = expired.iter().map(|branch| (branch.name.clone(), record(branch, &list)));
    files.edit_expired(&records.collect())?;
    editor.screen.warn(&without_added(editor), &editor.workspace.project);
    let message =
        lines("expired", &names(&expired)) + &lines("pinned", &names(&pinned)) + &lines("needed", &names(&needed));
    editor.write(files, &SpecEdit::removal(args.limit.dry_run), &message)
}

/// The record of a branch, with its commit if the list has it.
fn record(branch: &BranchEntry, list: &BranchList) -> RecordEdit {
    let number = branch.pull_request.as_ref().map(|pull_request| pull_request.number.value);
    let listed = list.pull_requests.iter().flatten().find(|listed| Some(listed.number) == number);
    let head = || list.heads.get(&branch.name).cloned().flatten();
    let commit: Option<SmolStr> = if branch.is_pull_request_environment() {
        listed.and_then(|listed| listed.commit.clone())
    } else {
        head().or_else(|| listed?.commit.clone())
    };
    RecordEdit::Write { commit, pull_request: number }
}

/// Warnings about branches that never expire although the spec has `defaults.expires`.
fn without_added(editor: &BranchEditor) -> Vec<Diagnostic> {
    let spec = &editor.spec;
    let Some(days) = &spec.expires_after else { return Vec::new() };
    let never = |branch: &&BranchEntry| spec.last_day(branch).is_none() && spec.may_expire(branch);
    let warning = |branch: &BranchEntry| {
        Diagnostic::new(Code::Spec, format!("the branch `{}` has no `added`, so it never expires", branch.name))
            .at(branch.at)
            .note(days.at, "the default is set here")
            .help("add `added:` with a date, `expires:`, or `pin:`")
    };
    spec.branches.iter().filter(never).map(warning).collect()
}
