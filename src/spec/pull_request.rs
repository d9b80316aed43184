//! `pullRequest:` of a branch, which `pleach branch sync` writes.

use super::Placed;
use super::section::Section;
use crate::branch_name;
use smol_str::SmolStr;

/// The pull request of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PullRequest {
    /// Its number.
    pub(crate) number: Placed<u64>,
    /// The address of its page.
    pub(crate) url: Option<Placed<SmolStr>>,
    /// Its title, which anybody can write.
    pub(crate) title: Option<Placed<SmolStr>>,
}

impl PullRequest {
    pub(super) fn of(branch: &Section) -> Option<Self> {
        let section = branch.section("pullRequest")?;
        let text = |key| Some(Placed { value: section.text(key)?, at: section.place(key) });
        let number = section.node("number")?;
        Some(PullRequest {
            number: Placed { value: number.as_text()?.parse().ok()?, at: number.at },
            url: text("url"),
            title: text("title"),
        })
    }

    /// Whether a branch of this name is known by its pull request only: its commits are in another repository.
    pub(crate) fn is_environment(&self, name: &str) -> bool {
        branch_name::of_pull_request(self.number.value) == name
    }
}
