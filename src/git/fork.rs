//! Where the history of a workspace forks from the trunk.

use super::{check_owner, commit, run};
use crate::diagnostic::Diagnostic;
use std::path::Path;

/// Where a history forks from that of the trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForkPoint {
    /// The newest commit that both have.
    At(String),
    /// `origin` exists, but the trunk was not fetched, or not as far back.
    Unknown,
    /// No repository, no commit, no `origin`, or no `git`.
    None,
}

/// Where the history of the workspace `root` forks from the trunk, the first of `trunks` that exists. A merge in progress counts as
/// done. Git is not asked without a `.git` in the workspace or above it. A repository that git refuses to read because it belongs to
/// another user is an error.
pub(crate) fn fork_point(root: &Path, trunks: &[&str]) -> Result<ForkPoint, Diagnostic> {
    if !root.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(ForkPoint::None);
    }
    if let Some(commit) = merge_base(root, trunks) {
        return Ok(ForkPoint::At(commit));
    }
    let Ok(remotes) = run(root, &["remote"], b"") else { return Ok(ForkPoint::None) };
    check_owner(&remotes)?;
    let has_origin = String::from_utf8_lossy(&remotes.stdout).lines().any(|name| name == "origin");
    Ok(if has_origin && commit(root, "HEAD").is_ok() { ForkPoint::Unknown } else { ForkPoint::None })
}

fn merge_base(root: &Path, trunks: &[&str]) -> Option<String> {
    let (last, others) = trunks.split_last()?;
    let trunk = others.iter().find(|trunk| commit(root, trunk).is_ok()).unwrap_or(last);
    let with = |heads: &[&str]| {
        let found = run(root, &[&["merge-base", trunk], heads].concat(), b"").ok();
        let found = found.filter(|found| found.status.success())?;
        Some(String::from_utf8_lossy(&found.stdout).trim().to_owned()).filter(|commit| !commit.is_empty())
    };
    with(&["HEAD", "MERGE_HEAD"]).or_else(|| with(&["HEAD"]))
}
