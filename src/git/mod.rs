//! Reading a repository with the program `git`. Nothing is fetched and nothing is written.

mod branches;
mod command;
mod commit_graph;
#[cfg(feature = "apply")]
mod count;
mod earlier;
mod earlier_files;
mod fork;
mod history;
mod merge_message;
mod published;
mod published_commit;
mod raw;
mod revision;
mod tree_differences;

pub(crate) use branches::branches;
pub(crate) use command::repository;
#[cfg(feature = "apply")]
pub(crate) use count::first_parents;
pub(crate) use earlier::{FileVersion, files_named, last_addition, last_change_of, versions};
pub(crate) use earlier_files::EarlierFiles;
pub(crate) use fork::{ForkPoint, fork_point, is_ignored, is_shallow, merge_sides, upstream_point};
pub(crate) use history::MOST_FILES;
pub(crate) use revision::{OutputAtCommit, texts};

use crate::diagnostic::{Code, Diagnostic};
use command::{first_lines, is_bare, run};
use std::path::Path;
use std::process::Output;

/// How to get the history that a shallow clone does not have.
pub(crate) const FETCH_HISTORY: &str =
    "fetch the history: `git fetch --unshallow`, or `fetch-depth: 0` in GitHub Actions";

/// The id of the commit that `reference` names.
pub(super) fn commit(root: &Path, reference: &str) -> Result<String, Diagnostic> {
    let no_commit = |why: &str| {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let message = format!("`{reference}` is neither a folder nor a commit of this repository{why}");
        Diagnostic::new(Code::Usage, message)
    };
    if repository(root).is_none() {
        return Err(no_commit("this folder is not in a Git repository"));
    }
    let commit = format!("{reference}^{{commit}}");
    let found = run(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], b"")?;
    if !found.status.success() {
        let printed = String::from_utf8_lossy(&found.stderr);
        let why = printed.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
        return Err(no_commit(why).help(if is_shallow(root) {
            "this clone is shallow; fetch the branch first: `git fetch --depth=1 origin BRANCH:BRANCH`"
        } else {
            "name a branch, tag or commit of this repository; `git fetch` gets those that are new at the remote"
        }));
    }
    Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned())
}

/// Whether `reference` names a commit.
pub(crate) fn has_commit(root: &Path, reference: &str) -> bool {
    commit(root, reference).is_ok()
}

fn stdout(output: Output) -> Result<Vec<u8>, Diagnostic> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let printed = String::from_utf8_lossy(&output.stderr);
    let error = failed(printed.trim().trim_start_matches("fatal: "));
    let is_partial = ["lazy fetching disabled", "promisor remote", "not a tree object", "unable to read tree"]
        .iter()
        .any(|word| printed.contains(word));
    Err(if is_partial { missing_object(&error) } else { error })
}

/// An error about an object that a partial clone does not have.
fn missing_object(error: &Diagnostic) -> Diagnostic {
    error.clone().help("if the clone is partial, fetch all objects: `git fetch --refetch --no-filter`")
}

pub(super) fn failed(why: &str) -> Diagnostic {
    Diagnostic::new(Code::Remote, format!("`git` failed: {why}"))
}
