//! The branches that open pull requests want.

use super::super::FieldChange;
use super::super::pull_request::ListedPullRequest;
use super::{SpecBranches, SyncResult, WantedBranch};
use crate::branch_name;
use crate::diagnostic::{Code, Diagnostic, named};
use crate::node::Node;
use crate::spec::{Placed, SyncRules};
use smol_str::{SmolStr, format_smolstr};
use std::collections::{BTreeMap, BTreeSet};

/// The branches of the open pull requests that the rules select, in the order of their numbers. The others are skipped.
pub(super) fn wanted<'l>(
    listed: &'l [ListedPullRequest],
    branches: &SpecBranches,
    rules: &SyncRules,
    synced: &mut SyncResult,
) -> Vec<WantedBranch<'l>> {
    let mut open: Vec<&ListedPullRequest> = listed.iter().filter(|listed| listed.is_open).collect();
    open.sort_by_key(|listed| listed.number);
    synced.guards.extend(missing(&open, |listed| unknown_repository(listed, rules)));
    synced.guards.extend(missing(&open, |listed| unknown_state(listed, rules)));
    let mut wanted: Vec<WantedBranch> = Vec::new();
    let mut numbers: BTreeMap<SmolStr, u64> = BTreeMap::new();
    for listed in open.into_iter().filter(|listed| rules.labels.iter().all(|label| listed.has_label(&label.value))) {
        if branch_name::invalid(&listed.head).is_some() {
            synced.guards.push(invalid_name(listed));
            continue;
        }
        let name = match name(listed, branches, rules) {
            Ok(name) => name,
            Err(why) => {
                synced.skipped.push((format_smolstr!("pull request {}", listed.number), why));
                continue;
            }
        };
        let Some(name) = name else { continue };
        if let Some(other) = numbers.get(&name) {
            let why = format!("pull request {other} has the same branch");
            synced.skipped.push((format_smolstr!("pull request {}", listed.number), why));
            continue;
        }
        numbers.insert(name.clone(), listed.number);
        wanted.push(WantedBranch { name, commit: listed.commit.as_deref(), pull_request: Some(listed) });
    }
    wanted
}

/// The name of the branch of a pull request, `None` if the patterns do not select it, or why it is skipped.
fn name(listed: &ListedPullRequest, branches: &SpecBranches, rules: &SyncRules) -> Result<Option<SmolStr>, String> {
    if rules.skip_drafts && listed.is_draft == Some(true) {
        return Err("it is a draft".to_owned());
    }
    if listed.is_fork == Some(false) {
        let head = &listed.head;
        if let Some(why) = branch_name::other_ref(head) {
            return Err(format!("`{head}` is not a branch: {why}"));
        }
        if branch_name::is_of_pull_request(head) {
            return Err(format!("`{head}` would be the name of a pull-request environment"));
        }
        return Ok(rules.selects(head).then(|| head.clone()));
    }
    if !rules.forks {
        return Err("its branch is in another repository, and `sync.forks` is not set".to_owned());
    }
    let name = listed.environment();
    if branches.get(name.as_str()).is_some_and(|branch| !branch.is_pull_request_environment()) {
        return Err(format!("the spec has a branch `{name}` that is not its environment"));
    }
    Ok((!rules.excludes(&name)).then_some(name))
}

/// The error if `what` an open pull request lacks is needed, as the end of a sentence about the list.
fn missing(open: &[&ListedPullRequest], what: impl Fn(&ListedPullRequest) -> Option<String>) -> Option<Diagnostic> {
    let (listed, what) = open.iter().find_map(|listed| Some((listed, what(listed)?)))?;
    let error = Diagnostic::new(Code::Guard, format!("the list of branches does not {what}"));
    Some(error.help(listed.format.required_fields()))
}

/// Environments of branches in another repository would be removed.
fn unknown_repository(listed: &ListedPullRequest, rules: &SyncRules) -> Option<String> {
    let is_unknown = !rules.forks && listed.is_fork.is_none();
    is_unknown.then(|| format!("say whether the branch of pull request {} is in another repository", listed.number))
}

/// Environments would be removed, or drafts would get one.
fn unknown_state(listed: &ListedPullRequest, rules: &SyncRules) -> Option<String> {
    let what = match listed {
        ListedPullRequest { labels: None, .. } if !rules.labels.is_empty() => "labels",
        ListedPullRequest { is_draft: None, .. } if rules.skip_drafts => "state",
        _ => return None,
    };
    Some(format!("have the {what} of pull request {}", listed.number))
}

fn invalid_name(listed: &ListedPullRequest) -> Diagnostic {
    let (name, number) = (&listed.head, listed.number);
    Diagnostic::new(
        Code::Guard,
        format!("invalid branch name `{name}` of pull request {number} in the list of branches"),
    )
    .help("Git does not allow this name: check the command that created the list")
}

/// An error for each label that no open pull request has, if environments would be removed whose pull requests are open. The label
/// may be misspelled, or the last pull request has lost it.
pub(super) fn unknown_labels(
    listed: &[ListedPullRequest],
    branches: &SpecBranches,
    rules: &SyncRules,
    removed: &[SmolStr],
) -> Vec<Diagnostic> {
    let open: Vec<&ListedPullRequest> = listed.iter().filter(|listed| listed.is_open).collect();
    let numbers: BTreeSet<u64> = open.iter().map(|listed| listed.number).collect();
    let is_open = |name: &&SmolStr| {
        let pull_request = branches.get(name.as_str()).and_then(|branch| branch.pull_request.as_ref());
        pull_request.is_some_and(|pull_request| numbers.contains(&pull_request.number.value))
    };
    let all = removed.len();
    let removed: Vec<&SmolStr> = removed.iter().filter(is_open).collect();
    let known: BTreeSet<&str> =
        open.iter().flat_map(|listed| listed.labels.iter().flatten()).map(SmolStr::as_str).collect();
    let unknown = rules.labels.iter().filter(|label| !removed.is_empty() && !known.contains(label.value.as_str()));
    let error = |label: &Placed<SmolStr>| {
        let message = format!("no open pull request in the list has the label `{}`", label.value);
        Diagnostic::new(Code::Guard, message)
            .at(label.at)
            .suggest(&label.value, known.iter().copied())
            .help(format!("these would be deleted, although their pull requests are open: {}", named(&removed)))
            .help(format!("nothing was written; if this is intended, use `--allow-delete {all}`"))
    };
    unknown.map(error).collect()
}

/// The fields of `pullRequest`.
pub(super) fn fields(listed: &ListedPullRequest) -> Vec<FieldChange> {
    let field = |key: &str, value: Node| (vec!["pullRequest".to_owned(), key.to_owned()], Some(value));
    let text = |key: &str, text: &Option<SmolStr>| text.clone().map(|text| field(key, Node::str(text)));
    let number = i64::try_from(listed.number).map(|number| field("number", Node::int(number)));
    number.into_iter().chain(text("url", &listed.url)).chain(text("title", &listed.title)).collect()
}
