//! Settings about the expiry of branches that no branch uses.

use crate::annotation::JANITOR_ANNOTATION;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Branch, BuildPlan};
use crate::spec::{BranchEntry, ExpiredBranch, Spec};

/// The warnings about `janitor`, `defaults.expires` and `expired`.
pub(super) fn warnings(spec: &Spec, plan: &BuildPlan) -> Vec<Diagnostic> {
    janitor(spec, plan).into_iter().chain(default(spec)).chain(records(spec)).collect()
}

/// Whether a branch may expire. `expire` keeps pinned branches and those that the spec requires.
fn may_expire(spec: &Spec, entry: &BranchEntry) -> bool {
    entry.pin.is_none() && !spec.needs(&entry.name)
}

/// `janitor: true`, although none of the branches that may expire has the annotation. Without such a branch, it is for branches to
/// come.
fn janitor(spec: &Spec, plan: &BuildPlan) -> Option<Diagnostic> {
    let at = spec.janitor?;
    let has_annotation = |branch: &Branch| branch.namespace_annotations.contains_key(JANITOR_ANNOTATION);
    if !spec.branches.iter().any(|entry| may_expire(spec, entry)) || plan.branches.iter().any(has_annotation) {
        return None;
    }
    let message = "`janitor` has no effect: no branch with a namespace of its own has an expiry date";
    Some(
        Diagnostic::new(Code::Spec, message)
            .at(at)
            .help("set `expires` on a branch, or `defaults.expires` and `added`"),
    )
}

/// `defaults.expires`, although none of the branches that may expire does so by it.
fn default(spec: &Spec) -> Option<Diagnostic> {
    let days = spec.expires_after.as_ref()?;
    let mut candidates = spec.branches.iter().filter(|entry| may_expire(spec, entry)).peekable();
    candidates.peek()?;
    let without_date: Vec<&BranchEntry> = candidates.filter(|entry| entry.expires.is_none()).collect();
    if without_date.iter().any(|entry| entry.added.is_some()) {
        return None;
    }
    let warning =
        |why: &str| Diagnostic::new(Code::Spec, format!("`defaults.expires` has no effect: {why}")).at(days.at);
    Some(match without_date.first() {
        None => warning("every branch has `expires` of its own").help("remove one of the two"),
        Some(entry) => warning("no branch without `expires` has `added`, from which it counts")
            .note(entry.at, "such as this branch")
            .help("add `added:` with a date; `pleach branch add` and `pleach branch sync` write it"),
    })
}

/// Records in `expired` of branches that exist.
fn records(spec: &Spec) -> Vec<Diagnostic> {
    let of_branch = |record: &ExpiredBranch| {
        let branch = spec.branches.iter().find(|branch| branch.name == record.name)?;
        let message = format!("this record has no effect: the branch `{}` exists", record.name);
        let warning = Diagnostic::new(Code::Spec, message).at(record.at).note(branch.at, "the branch is defined here");
        Some(warning.help("remove the record; `pleach branch sync` does this too"))
    };
    spec.expired.iter().filter_map(of_branch).collect()
}
