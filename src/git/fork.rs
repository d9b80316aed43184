//! Which commit of a repository has the output that a change is compared with.

use super::command::is_installed;
use super::{commit, has_commit, run};
use crate::diagnostic::Diagnostic;
use std::path::Path;
use std::process::Output;

/// The default branch of `origin`. Its symbolic name is known after `git clone` or `git remote set-head origin --auto`.
pub(super) const DEFAULT_BRANCH: &[&str] =
    &["refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master"];

/// Where a history forks from the published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForkPoint {
    /// The newest commit that both have.
    At(String),
    /// `origin` exists, but its default branch was not fetched, or not as far back.
    Unknown,
    /// No repository, no commit or no `origin`.
    None,
    /// The program `git` cannot be run.
    NoGit,
}

impl ForkPoint {
    /// The commit of the repository `root` whose output is the previous one: where the history forks, else `HEAD`.
    pub(crate) fn or_head(self, root: &Path) -> Option<String> {
        match self {
            ForkPoint::At(commit) => Some(commit),
            ForkPoint::Unknown | ForkPoint::None => head(root),
            ForkPoint::NoGit => None,
        }
    }
}

/// Where the history of the repository `root` forks from the default branch of `origin`. A merge in progress counts as done. A
/// repository that git refuses to read because it belongs to another user is an error.
pub(crate) fn fork_point(root: &Path) -> Result<ForkPoint, Diagnostic> {
    let trunk = DEFAULT_BRANCH.iter().find(|trunk| has_commit(root, trunk));
    let fork = |heads: &[&str]| trunk.and_then(|trunk| merge_base(root, trunk, heads));
    if let Some(commit) = fork(&["HEAD", "MERGE_HEAD"]).or_else(|| fork(&["HEAD"])) {
        return Ok(ForkPoint::At(commit));
    }
    let Some(remotes) = run_installed(root, &["remote"])? else { return Ok(ForkPoint::NoGit) };
    let has_origin = String::from_utf8_lossy(&remotes.stdout).lines().any(|name| name == "origin");
    Ok(if has_origin && head(root).is_some() { ForkPoint::Unknown } else { ForkPoint::None })
}

/// Where the checked out branch of the repository `root` forks from its upstream branch. Without an upstream branch, all its commits
/// count as published.
pub(crate) fn upstream_point(root: &Path) -> Result<ForkPoint, Diagnostic> {
    if run_installed(root, &["rev-parse", "--verify", "--quiet", "HEAD"])?.is_none() {
        return Ok(ForkPoint::NoGit);
    }
    let fork = merge_base(root, "@{upstream}", &["HEAD"]).or_else(|| head(root));
    Ok(fork.map_or(ForkPoint::None, ForkPoint::At))
}

/// What Git merges into the commit that is checked out, while a merge is in progress: a merge, a change that is picked or rebased, the
/// state before a change that is reverted.
const MERGED: [&str; 4] = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD~"];

/// The commits of both sides of the merge that is in progress; none if none is.
pub(crate) fn merge_sides(root: &Path) -> Vec<String> {
    let merged: Vec<String> = MERGED.iter().filter_map(|name| commit(root, name).ok()).collect();
    if merged.is_empty() { merged } else { head(root).into_iter().chain(merged).collect() }
}

/// The commit that is checked out, if any.
fn head(root: &Path) -> Option<String> {
    commit(root, "HEAD").ok()
}

/// Whether git ignores a path of the repository `root`.
pub(crate) fn is_ignored(root: &Path, path: &str) -> bool {
    run(root, &["check-ignore", "--quiet", "--", path], b"").is_ok_and(|done| done.status.success())
}

/// Whether the repository `root` does not have the whole history.
pub(crate) fn is_shallow(root: &Path) -> bool {
    run(root, &["rev-parse", "--is-shallow-repository"], b"").is_ok_and(|done| done.stdout.starts_with(b"true"))
}

/// Runs Git in the repository `root`. `None` if the program cannot be run.
fn run_installed(root: &Path, args: &[&str]) -> Result<Option<Output>, Diagnostic> {
    match run(root, args, b"") {
        Err(_) if !is_installed() => Ok(None),
        done => done.map(Some),
    }
}

fn merge_base(root: &Path, trunk: &str, heads: &[&str]) -> Option<String> {
    let found = run(root, &[&["merge-base", trunk], heads].concat(), b"").ok();
    let found = found.filter(|found| found.status.success())?;
    Some(String::from_utf8_lossy(&found.stdout).trim().to_owned()).filter(|commit| !commit.is_empty())
}
