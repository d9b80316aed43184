//! The expiry of branches: the default number of days, and the records of branches that have expired.

use super::section::{Section, text};
use super::{BranchEntry, Date, Placed, Spec, spec_error};
use crate::diagnostic::Diagnostic;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The record of a branch that `pleach branch expire` removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpiredBranch {
    /// The name of the branch.
    pub(crate) name: SmolStr,
    /// The commit at which it expired, if it is known.
    pub(crate) commit: Option<SmolStr>,
    /// The number of its pull request, if a pull request added it.
    pub(crate) pull_request: Option<u64>,
    /// Where its name is written.
    pub(crate) at: Location,
}

/// Reads `defaults.expires`, a number of days such as `14d`.
pub(super) fn days(top: &Section) -> Option<Placed<u32>> {
    let section = top.section("defaults")?;
    let node = section.node("expires")?;
    Some(Placed { value: text(node)?.strip_suffix('d')?.parse().ok()?, at: node.at })
}

/// Reads `expired`.
pub(super) fn expired(top: &Section, faults: &mut Vec<Diagnostic>) -> Vec<ExpiredBranch> {
    let mut first: BTreeMap<SmolStr, Location> = BTreeMap::new();
    let mut all = Vec::new();
    for node in top.list("expired").unwrap_or_default() {
        let section = Section::new("expiredBranch", node);
        let Some(name) = section.text("name") else { continue };
        if let Some(first) = first.insert(name.clone(), node.at) {
            let error = spec_error(format!("duplicate record of the expired branch `{name}`")).at(node.at);
            faults.push(error.note(first, "first recorded here").help("remove one of the two"));
        }
        let pull_request = section.node("pullRequest").and_then(|node| node.as_text()?.parse().ok());
        all.push(ExpiredBranch { name, commit: section.text("commit"), pull_request, at: section.place("name") });
    }
    all
}

impl Spec {
    /// The last day of a branch: its own, or `defaults.expires` after the day on which it was added.
    pub(crate) fn last_day(&self, branch: &BranchEntry) -> Option<Placed<Date>> {
        let by_default = || {
            let (days, added) = (self.expires_after.as_ref()?, branch.added.as_ref()?);
            Some(Placed { value: added.value.plus_days(days.value)?, at: added.at })
        };
        branch.expires.clone().or_else(by_default)
    }

    /// The date of the annotation for kube-janitor: the last day of a branch that may expire and has a namespace of its own.
    pub(crate) fn janitor_date(&self, branch: &BranchEntry) -> Option<Placed<Date>> {
        let is_annotated = self.janitor.is_some() && !branch.adopts_namespace() && branch.app_engine.is_none();
        self.last_day(branch).filter(|_| is_annotated && self.may_expire(branch))
    }

    /// Whether a branch expires on its last day: `pleach branch expire` keeps pinned branches and those that the spec needs.
    pub(crate) fn may_expire(&self, branch: &BranchEntry) -> bool {
        branch.pin.is_none() && !self.needs(&branch.name)
    }
}
