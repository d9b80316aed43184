//! Settings about the expiry of branches that no branch uses.

use crate::annotation::JANITOR_ANNOTATION;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Branch, BuildPlan};
use crate::spec::{BranchEntry, ExpiredBranch, Spec};
use std::collections::BTreeMap;

/// The warnings about `janitor`, `defaults.expires`, `expires` and `expired`.
pub(super) fn warnings(spec: &Spec, plan: &BuildPlan) -> Vec<Diagnostic> {
    janitor(spec, plan).into_iter().chain(default(spec)).chain(kept(spec)).chain(records(spec)).collect()
}

/// `janitor: true`, although none of the branches that may expire has the annotation. Without such a branch, it is for branches to
/// come.
fn janitor(spec: &Spec, plan: &BuildPlan) -> Option<Diagnostic> {
    let at = spec.janitor?;
    let has_annotation = |branch: &Branch| branch.namespace_annotations.contains_key(JANITOR_ANNOTATION);
    if !spec.branches.iter().any(|entry| spec.may_expire(entry)) || plan.branches.iter().any(has_annotation) {
        return None;
    }
    let message = "`janitor` has no effect: no branch with a namespace of its own has an expiry date";
    Some(
        Diagnostic::new(Code::Spec, message)
            .at(at)
            .help("set `expires` on a branch, or `defaults.expires` and `added`"),
    )
}

/// `defaults.expires`, although none of the branches that it is for has `added`. Without such a branch, it is for branches to come.
fn default(spec: &Spec) -> Option<Diagnostic> {
    let days = spec.expires_after.as_ref()?;
    let mut candidates = spec.branches.iter().filter(|entry| spec.may_expire(entry) && entry.expires.is_none());
    let first = candidates.next()?;
    if first.added.is_some() || candidates.any(|entry| entry.added.is_some()) {
        return None;
    }
    let message = "`defaults.expires` has no effect: no branch without `expires` has `added`, from which it counts";
    let warning = Diagnostic::new(Code::Spec, message).at(days.at).note(first.at, "such as this branch");
    Some(warning.help("add `added:` with a date; `pleach branch add` and `pleach branch sync` write it"))
}

/// The expiry dates of pinned branches and of the baseline branch. An alias, which keeps its branch too, moves on.
fn kept(spec: &Spec) -> Vec<Diagnostic> {
    let of_branch = |entry: &BranchEntry| {
        let date = entry.expires.as_ref()?;
        let warning = |why: String| Diagnostic::new(Code::Spec, format!("`expires` has no effect: {why}")).at(date.at);
        let name = &entry.name;
        if entry.pin.is_some() {
            return Some(warning(format!("the branch `{name}` is pinned")).help("remove one of the two"));
        }
        let baseline = spec.baseline.as_ref().filter(|baseline| baseline.value == *name)?;
        let warning = warning(format!("the branch `{name}` is the baseline branch"));
        Some(warning.note(baseline.at, "it is named here").help("remove the date: others use its services"))
    };
    spec.branches.iter().filter_map(of_branch).collect()
}

/// Records in `expired` of branches that exist.
fn records(spec: &Spec) -> Vec<Diagnostic> {
    let branches: BTreeMap<&str, &BranchEntry> = spec.branches.iter().map(|b| (b.name.as_str(), b)).collect();
    let of_branch = |record: &ExpiredBranch| {
        let branch = branches.get(record.name.as_str())?;
        let message = format!("this record has no effect: the branch `{}` exists", record.name);
        let warning = Diagnostic::new(Code::Spec, message).at(record.at).note(branch.at, "the branch is defined here");
        Some(warning.help("remove the record; `pleach branch sync` does this too"))
    };
    spec.expired.iter().filter_map(of_branch).collect()
}
