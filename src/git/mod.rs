//! Reading a repository with the program `git`. Nothing is fetched and nothing is written.

mod branches;
mod earlier;
mod fork;
mod history;
mod revision;

pub(crate) use branches::branches;
pub(crate) use earlier::{last_change_of, versions};
pub(crate) use fork::{ForkPoint, fork_point, head, is_ignored, is_shallow, repository, upstream_point};
pub(crate) use revision::{OutputAtCommit, texts};

use crate::diagnostic::{Code, Diagnostic};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// How to get the history that a shallow clone does not have.
pub(crate) const FETCH_HISTORY: &str =
    "fetch the history: `git fetch --unshallow`, or `fetch-depth: 0` in GitHub Actions";

/// The id of the commit that `reference` names.
pub(super) fn commit(root: &Path, reference: &str) -> Result<String, Diagnostic> {
    let commit = format!("{reference}^{{commit}}");
    let found = run(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], b"")?;
    check_owner(&found)?;
    if !found.status.success() {
        let printed = String::from_utf8_lossy(&found.stderr);
        let why =
            printed.lines().next().map_or_else(String::new, |line| format!(": {}", line.trim_start_matches("fatal: ")));
        return Err(Diagnostic::new(
            Code::Usage,
            format!("`{reference}` is neither a folder nor a commit of this repository{why}"),
        )
        .help(if is_shallow(root) {
            "this clone is shallow; fetch the branch first: `git fetch --depth=1 origin BRANCH:BRANCH`"
        } else {
            "name a branch, tag or commit of this repository; `git fetch` gets those that are new at the remote"
        }));
    }
    Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned())
}

pub(super) fn run(root: &Path, args: &[&str], input: &[u8]) -> Result<Output, Diagnostic> {
    let mut child = Command::new("git")
        .args(args)
        .current_dir(root)
        .envs([("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    std::thread::scope(|scope| {
        // Git may answer before it has read all of its input, so input and output need two threads.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    })
    .map_err(|error| failed(&error.to_string()))
}

/// An error if git refused to read the repository because it belongs to another user.
pub(super) fn check_owner(output: &Output) -> Result<(), Diagnostic> {
    let printed = String::from_utf8_lossy(&output.stderr);
    if output.status.success() || !["dubious ownership", "unsafe repository"].iter().any(|word| printed.contains(word))
    {
        return Ok(());
    }
    Err(Diagnostic::new(Code::Usage, "git does not read this repository because it belongs to another user").help(
        "trust it with `git config --global --add safe.directory DIR`, or compare with the output on the disk: `--base out`",
    ))
}

fn stdout(output: Output) -> Result<Vec<u8>, Diagnostic> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("fatal: ")))
}

pub(super) fn failed(why: &str) -> Diagnostic {
    Diagnostic::new(Code::Remote, format!("`git` failed: {why}"))
}
