//! The newest commits of a history, with their parents and messages.

use super::{run, stdout};
use crate::diagnostic::Diagnostic;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// At most this many commits are read.
const MOST_COMMITS: &str = "2000";

/// The commits of a history that Git has printed.
pub(super) struct CommitGraph<'t> {
    /// Their ids; usually, children come before their parents.
    order: Vec<&'t str>,
    commits: HashMap<&'t str, GraphCommit<'t>>,
}

/// A commit without its content.
pub(super) struct GraphCommit<'t> {
    pub(super) parents: Vec<&'t str>,
    /// The first line of its message.
    pub(super) message: &'t str,
}

impl<'t> CommitGraph<'t> {
    /// The text that [`Self::read`] reads.
    pub(super) fn print(root: &Path, reference: &str) -> Result<String, Diagnostic> {
        let options = ["log", "--no-patch", "--format=%H %P%x09%s", "-n", MOST_COMMITS, reference, "--"];
        Ok(String::from_utf8_lossy(&stdout(run(root, &options, b"")?)?).into_owned())
    }

    /// The same for all commits that some revisions of Git select.
    pub(super) fn print_all(root: &Path, revisions: &[&str]) -> Result<String, Diagnostic> {
        let options = [&["log", "--no-patch", "--format=%H %P%x09"], revisions, &["--"]].concat();
        Ok(String::from_utf8_lossy(&stdout(run(root, &options, b"")?)?).into_owned())
    }

    pub(super) fn read(printed: &'t str) -> Self {
        let (mut order, mut commits) = (Vec::new(), HashMap::new());
        for (ids, message) in printed.lines().filter_map(|line| line.split_once('\t')) {
            let mut ids = ids.split_whitespace();
            let Some(id) = ids.next() else { continue };
            order.push(id);
            commits.insert(id, GraphCommit { parents: ids.collect(), message });
        }
        CommitGraph { order, commits }
    }

    /// The commit whose history this is.
    pub(super) fn newest(&self) -> Option<&'t str> {
        self.order.first().copied()
    }

    /// A commit and its first parents, as far as they were read.
    pub(super) fn first_parents(&self, newest: &'t str) -> impl Iterator<Item = (&'t str, &GraphCommit<'t>)> {
        let with_commit = |id: &'t str| Some((id, self.commits.get(id)?));
        std::iter::successors(with_commit(newest), move |(_, commit)| with_commit(commit.parents.first()?))
    }

    /// A commit and all commits before it, as far as they were read.
    pub(super) fn ancestors<'c>(&self, commit: &'c str) -> HashSet<&'c str>
    where
        't: 'c,
    {
        let (mut found, mut next) = (HashSet::from([commit]), vec![commit]);
        while let Some(id) = next.pop() {
            let parents = self.commits.get(id).map(|commit| commit.parents.as_slice()).unwrap_or_default();
            next.extend(parents.iter().filter(|parent| found.insert(parent)));
        }
        found
    }

    /// The newest commit that is before both of two commits.
    pub(super) fn merge_base(&self, one: &str, other: &str) -> Option<&'t str> {
        let (one, other) = (self.ancestors(one), self.ancestors(other));
        self.order.iter().find(|id| one.contains(*id) && other.contains(*id)).copied()
    }
}
