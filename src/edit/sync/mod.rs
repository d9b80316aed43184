//! Synchronizes the spec with the list of Git branches.
//!
//! Only branches that `sync.include` and `sync.exclude` select are added and removed. Pinned branches, and branches that the
//! spec requires, are kept.

mod pull_requests;

use super::expired::RecordEdit;
use super::list::{BranchList, GitHeads};
use super::pull_request::ListedPullRequest;
use super::{BranchEdit, FieldChange, SpecFiles};
use crate::branch_name;
use crate::diagnostic::{Code, Diagnostic, Result, gather, named};
use crate::glob;
use crate::node::Node;
use crate::spec::{BranchEntry, Date, Placed, Spec, SyncImageValues, SyncRules};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The result of a sync: branches by what happened to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SyncResult {
    /// New branches.
    pub(crate) added: Vec<SmolStr>,
    /// Branches whose images changed.
    pub(crate) changed: Vec<SmolStr>,
    /// Removed branches.
    pub(crate) removed: Vec<SmolStr>,
    /// Branches that Git does not have and that are kept because they are pinned.
    pub(crate) pinned: Vec<SmolStr>,
    /// Branches that Git does not have and that are kept because an alias points to them or others use their services.
    pub(crate) needed: Vec<SmolStr>,
    /// Branches whose record in `expired` was dropped, because they are in the spec again or do not exist any more.
    pub(crate) forgotten: Vec<SmolStr>,
    /// Branches whose record in `expired` got the commit of the list.
    pub(crate) recorded: Vec<SmolStr>,
    /// Names of the list that are not those of branches, each with the reason.
    pub(crate) skipped: Vec<(SmolStr, String)>,
    /// Why the list cannot be trusted: nothing must be written.
    pub(crate) guards: Vec<Diagnostic>,
}

/// What a sync does besides following the list.
#[derive(Clone, Debug)]
pub(crate) struct SyncSettings<'a> {
    /// The rules of the spec and of the command line.
    pub(crate) rules: SyncRules,
    /// The names of remotes: names below one of them beside the same branch are skipped.
    pub(crate) remotes: Vec<&'a str>,
    /// The current day.
    pub(crate) today: Date,
    /// The number of deletions that the user allowed.
    pub(crate) allow_delete: Option<usize>,
}

/// The branches of the spec by name.
type SpecBranches<'s> = BTreeMap<&'s str, &'s BranchEntry>;

/// A branch that the spec must have.
struct WantedBranch<'a> {
    name: SmolStr,
    commit: Option<&'a str>,
    pull_request: Option<&'a ListedPullRequest>,
}

/// Adds the listed branches to the spec, removes those that are not listed, and sets the images of the rules on every
/// listed branch. A list of pull requests removes only branches with `pullRequest`.
pub(crate) fn sync(
    files: &mut SpecFiles,
    spec: &Spec,
    mut list: BranchList,
    settings: &SyncSettings,
) -> Result<SyncResult> {
    let branches: SpecBranches = spec.branches.iter().map(|branch| (branch.name.as_str(), branch)).collect();
    skip_remote_tracking_branches(&mut list, &branches, &settings.remotes);
    let mut synced = SyncResult {
        skipped: std::mem::take(&mut list.skipped),
        guards: std::mem::take(&mut list.errors),
        ..SyncResult::default()
    };
    let rules = &settings.rules;
    let mut wanted = match &list.pull_requests {
        Some(listed) => pull_requests::wanted(listed, &branches, rules, &mut synced),
        None => heads(&list.heads, &branches, rules, &mut synced),
    };
    remove_others(&list, spec, rules, &wanted, &mut synced);
    if let Some(listed) = &list.pull_requests {
        let is_allowed = settings.allow_delete.is_some_and(|allowed| synced.removed.len() <= allowed);
        if !is_allowed {
            synced.guards.extend(pull_requests::unknown_labels(listed, &branches, rules, &synced.removed));
        }
    }
    if list.pull_requests.is_none() {
        let names: Vec<&SmolStr> = list.heads.keys().collect();
        synced.guards.extend(unknown_list(&names, &branches, rules, &synced.removed));
    }
    keep_expired(files, spec, &list, &mut wanted, &mut synced)?;
    let edits = gather(wanted, |wanted| edit(files, spec, &branches, settings, &wanted))?;
    let is_new = |(name, edit): &(SmolStr, BranchEdit)| matches!(edit, BranchEdit::Add(_)).then(|| name.clone());
    synced.added = edits.iter().filter_map(is_new).collect();
    let removed = synced.removed.iter().map(|name| (name.clone(), BranchEdit::Remove));
    let mut changed = files.edit(removed.chain(edits))?;
    for name in synced.added.iter().chain(&synced.removed) {
        changed.remove(name);
    }
    synced.changed.extend(changed);
    synced.forgotten.sort();
    synced.recorded.sort();
    synced.skipped.sort();
    Ok(synced)
}

/// The listed branches that the rules select. A branch with the name of a pull-request environment is not that environment.
fn heads<'l>(
    listed: &'l GitHeads,
    branches: &SpecBranches,
    rules: &SyncRules,
    synced: &mut SyncResult,
) -> Vec<WantedBranch<'l>> {
    let is_environment = |name: &str| branches.get(name).is_some_and(|branch| branch.is_pull_request_environment());
    let mut wanted = Vec::new();
    for (name, commit) in listed.iter().filter(|(name, _)| rules.selects(name)) {
        if is_environment(name) {
            synced.skipped.push((name.clone(), "the spec has a pull-request environment of this name".to_owned()));
            continue;
        }
        wanted.push(WantedBranch { name: name.clone(), commit: commit.as_deref(), pull_request: None });
    }
    wanted
}

/// Sorts the branches of the spec that are not in the list: removed, pinned, or needed.
fn remove_others(list: &BranchList, spec: &Spec, rules: &SyncRules, wanted: &[WantedBranch], synced: &mut SyncResult) {
    let wanted: BTreeSet<&str> = wanted.iter().map(|wanted| wanted.name.as_str()).collect();
    for branch in &spec.branches {
        let is_environment = branch.is_pull_request_environment();
        let follows = match &list.pull_requests {
            Some(_) => branch.pull_request.is_some(),
            None => !is_environment && !list.heads.contains_key(&branch.name),
        };
        let is_selected = if is_environment { !rules.excludes(&branch.name) } else { rules.selects(&branch.name) };
        if !follows || !is_selected || wanted.contains(branch.name.as_str()) {
            continue;
        }
        let group = if branch.pin.is_some() {
            &mut synced.pinned
        } else if spec.needs(&branch.name) {
            &mut synced.needed
        } else {
            &mut synced.removed
        };
        group.push(branch.name.clone());
    }
}

/// Takes branches that have expired from `wanted`, unless they have a new commit, and drops records that are not needed any
/// more.
fn keep_expired(
    files: &mut SpecFiles,
    spec: &Spec,
    list: &BranchList,
    wanted: &mut Vec<WantedBranch>,
    synced: &mut SyncResult,
) -> Result<()> {
    let positions: BTreeMap<SmolStr, usize> =
        wanted.iter().enumerate().map(|(i, wanted)| (wanted.name.clone(), i)).collect();
    let open = list.pull_requests.iter().flatten().filter(|listed| listed.is_open);
    let open: BTreeSet<u64> = open.map(|listed| listed.number).collect();
    let mut expired = BTreeSet::new();
    let mut edits = BTreeMap::new();
    for record in &spec.expired {
        let name = &record.name;
        let is_listed = match &list.pull_requests {
            // A list of pull requests does not say which branches exist.
            Some(_) => record.pull_request.is_none_or(|number| open.contains(&number)),
            None => record.pull_request.is_some() || list.heads.contains_key(name),
        };
        if files.has(name) || !is_listed {
            edits.insert(name.clone(), RecordEdit::Drop);
            synced.forgotten.push(name.clone());
            continue;
        }
        let Some(&i) = positions.get(name).filter(|i| !expired.contains(*i)) else { continue };
        match (&record.commit, wanted[i].commit) {
            (Some(old), Some(new)) if old != new => drop(edits.insert(name.clone(), RecordEdit::Drop)),
            (old, new) => {
                if let (None, Some(new)) = (old, new) {
                    edits.insert(name.clone(), RecordEdit::Write { commit: Some(new.into()), pull_request: None });
                    synced.recorded.push(name.clone());
                }
                expired.insert(i);
                synced.skipped.push((name.clone(), "it has expired, and has no new commit".to_owned()));
            }
        }
    }
    let mut i = 0..;
    wanted.retain(|_| i.next().is_some_and(|i| !expired.contains(&i)));
    files.edit_expired(&edits)
}

/// The edit that adds or updates a branch.
fn edit(
    files: &SpecFiles,
    spec: &Spec,
    branches: &SpecBranches,
    settings: &SyncSettings,
    wanted: &WantedBranch,
) -> Result<(SmolStr, BranchEdit)> {
    let WantedBranch { name, commit, pull_request } = wanted;
    let rules = &settings.rules;
    let values = SyncImageValues { project: &spec.project, branch: name, commit: *commit, tags: rules.tags };
    // A branch on App Engine has no objects, so it has no images.
    let has_images = branches.get(name.as_str()).is_none_or(|branch| branch.app_engine.is_none());
    let images = rules.images.iter().filter(|_| has_images);
    let mut changes: Vec<FieldChange> = gather(images, |(name, image)| {
        let path = vec!["images".to_owned(), name.to_string()];
        Ok::<_, Diagnostic>((path, Some(Node::str(image.reference(&values)?))))
    })?;
    changes.extend(pull_request.iter().flat_map(|pull_request| pull_requests::fields(pull_request)));
    if files.has(name) {
        return Ok((name.clone(), BranchEdit::Set(changes)));
    }
    changes.insert(0, super::added(settings.today));
    Ok((name.clone(), BranchEdit::Add(changes)))
}

impl SyncRules {
    /// Whether `include` and `exclude` select a branch.
    pub(super) fn selects(&self, name: &str) -> bool {
        (self.include.is_empty() || any(&self.include, name)) && !self.excludes(name)
    }

    /// Whether `exclude` excludes a branch.
    pub(super) fn excludes(&self, name: &str) -> bool {
        any(&self.exclude, name)
    }
}

fn any(patterns: &[Placed<SmolStr>], name: &str) -> bool {
    patterns.iter().any(|pattern| glob::matches(&pattern.value, name))
}

/// Skips `origin/x` beside `x`, which is in the list or in the spec, and `origin` beside `origin/x`.
fn skip_remote_tracking_branches(list: &mut BranchList, branches: &SpecBranches, remotes: &[&str]) {
    let heads = &list.heads;
    let is_branch = |name: &str| heads.contains_key(name) || branches.contains_key(name);
    let why = |name: &str| {
        if let Some(local) = branch_name::tracked(name, remotes).filter(|local| *local == "HEAD" || is_branch(local)) {
            return Some(format!("it is the remote-tracking branch of `{local}`"));
        }
        let below = format!("{name}/");
        let is_remote = remotes.contains(&name) && heads.keys().any(|other| other.starts_with(&below));
        is_remote.then(|| "it is a remote".to_owned())
    };
    let skipped: Vec<(SmolStr, String)> = heads.keys().filter_map(|name| Some((name.clone(), why(name)?))).collect();
    for (name, _) in &skipped {
        list.heads.remove(name);
    }
    list.skipped.extend(skipped);
}

/// The error if branches would be removed because of a list that has none of the selected branches, or none of the spec: it
/// may be the text of an error, or the list of another repository.
fn unknown_list(
    names: &[&SmolStr],
    branches: &SpecBranches,
    rules: &SyncRules,
    removed: &[SmolStr],
) -> Option<Diagnostic> {
    let rule_names = "`sync.include` and `sync.exclude`";
    if removed.is_empty() {
        return None;
    }
    let message = match (names.iter().any(|name| rules.selects(name)), names) {
        (false, []) => "the list of branches has no branch".to_owned(),
        (false, [name]) => format!("{rule_names} do not select `{name}`, the only name in the list of branches"),
        (false, _) => format!("{rule_names} select none of the {} names in the list of branches", names.len()),
        (true, _) if names.iter().any(|name| branches.contains_key(name.as_str())) => return None,
        (true, [name]) => format!("the spec does not have `{name}`, the only name in the list of branches"),
        (true, _) => {
            format!("the spec has none of the {} names in the list of branches: {}", names.len(), named(names))
        }
    };
    let error = Diagnostic::new(Code::Guard, message)
        .help("check the command that created the list; names must not include a remote")
        .help(format!("these would be deleted: {}", named(removed)));
    Some(error.help("nothing was written; to remove branches anyway, run `pleach branch remove NAME...`"))
}
