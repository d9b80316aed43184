//! A commit and the one that was published before it.

use super::commit_graph::GraphCommit;

/// A commit of a published history, and the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Published {
    pub(super) commit: String,
    pub(super) before: Option<String>,
}

impl Published {
    pub(super) fn new(commit: &str, before: &str) -> Self {
        Published { commit: commit.to_owned(), before: Some(before.to_owned()) }
    }

    pub(super) fn of((id, commit): (&str, &GraphCommit)) -> Self {
        Published { commit: id.to_owned(), before: commit.parents.first().map(|&parent| parent.to_owned()) }
    }

    /// Reads a commit and each of its parents.
    pub(super) fn of_all_parents(line: &str) -> Vec<Self> {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => Vec::new(),
            [commit] => vec![Published { commit: (*commit).to_owned(), before: None }],
            [commit, parents @ ..] => parents.iter().map(|parent| Published::new(commit, parent)).collect(),
        }
    }

    /// Reads a commit and its first parent, as Git prints them.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Published { commit: words.next()?, before: words.next() })
    }
}
