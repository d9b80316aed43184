//! The number of commits, as the revision of a run.

use super::fork::is_shallow;
use super::{FETCH_HISTORY, commit, failed, run, stdout};
use crate::diagnostic::{Code, Diagnostic};
use std::path::Path;

/// The number of first parents of the commit that is checked out, itself included: a number that increases with each commit and
/// each merge. A shallow clone would count too few.
pub(crate) fn first_parents(root: &Path) -> Result<u64, Diagnostic> {
    if is_shallow(root) {
        let message = format!("the clone `{}` is shallow, so its commits cannot be counted", root.display());
        return Err(Diagnostic::new(Code::Usage, message).help(FETCH_HISTORY));
    }
    let commit = commit(root, "HEAD")?;
    let count = stdout(run(root, &["rev-list", "--count", "--first-parent", &commit], b"")?)?;
    String::from_utf8_lossy(&count).trim().parse().map_err(|_| failed("`rev-list --count` does not print a number"))
}
