//! Synchronizes the spec with the list of Git branches.
//!
//! Only branches that `sync.include` and `sync.exclude` select are added and removed. Pinned branches, and branches that the
//! spec requires, are kept.

use super::list::BranchList;
use super::{BranchEdit, FieldChange, SpecFiles};
use crate::branch_name;
use crate::deletion_limits::named;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::glob;
use crate::node::Node;
use crate::spec::{Spec, SyncRules};
use smol_str::SmolStr;

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
    /// Names of the list that are not those of branches, each with the reason.
    pub(crate) skipped: Vec<(SmolStr, String)>,
    /// Why the list cannot be trusted: nothing must be written.
    pub(crate) guards: Vec<Diagnostic>,
}

/// Adds the listed branches to the spec, removes those that are not listed, and sets the images of `rules` on every listed
/// branch. Names below one of `remotes` beside the same branch are skipped.
pub(crate) fn sync(
    files: &mut SpecFiles,
    spec: &Spec,
    mut list: BranchList,
    rules: &SyncRules,
    remotes: &[&str],
) -> Result<SyncResult> {
    skip_remote_tracking_branches(&mut list, spec, remotes);
    let mut synced = SyncResult { skipped: list.skipped, guards: list.errors, ..SyncResult::default() };
    let listed = list.heads;
    for branch in &spec.branches {
        if !rules.selects(&branch.name) || listed.contains_key(&branch.name) {
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
    let names: Vec<&SmolStr> = listed.keys().collect();
    synced.guards.extend(unknown_list(&names, spec, rules, &synced.removed));
    let selected = listed.iter().filter(|(name, _)| rules.selects(name));
    let edits = gather(selected, |(name, commit)| -> Result<(SmolStr, BranchEdit)> {
        let variables = ImageVariables { project: &spec.project, branch: name, commit: commit.as_deref(), rules };
        let image = |(image, pattern): (&SmolStr, &crate::spec::Placed<SmolStr>)| -> Result<FieldChange, Diagnostic> {
            let reference = variables.expand(&pattern.value).map_err(|error| error.at(pattern.at))?;
            Ok((vec!["images".to_owned(), image.to_string()], Some(Node::str(reference))))
        };
        let changes = gather(&rules.images, image)?;
        if files.has(name) {
            return Ok((name.clone(), BranchEdit::Set(changes)));
        }
        synced.added.push(name.clone());
        Ok((name.clone(), BranchEdit::Add(changes)))
    })?;
    let removed = synced.removed.iter().map(|name| (name.clone(), BranchEdit::Remove));
    let mut changed = files.edit(removed.chain(edits))?;
    for name in synced.added.iter().chain(&synced.removed) {
        changed.remove(name);
    }
    synced.changed.extend(changed);
    synced.skipped.sort();
    Ok(synced)
}

impl SyncRules {
    /// Whether `include` and `exclude` select a branch.
    fn selects(&self, name: &str) -> bool {
        let any = |patterns: &[SmolStr]| patterns.iter().any(|pattern| glob::matches(pattern, name));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

/// Skips `origin/x` beside `x`, which is in the list or in the spec, and `origin` beside `origin/x`.
fn skip_remote_tracking_branches(list: &mut BranchList, spec: &Spec, remotes: &[&str]) {
    let heads = &list.heads;
    let is_branch = |name: &str| heads.contains_key(name) || spec.branches.iter().any(|branch| branch.name == name);
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
fn unknown_list(names: &[&SmolStr], spec: &Spec, rules: &SyncRules, removed: &[SmolStr]) -> Option<Diagnostic> {
    let is_known = |name: &&&SmolStr| spec.branches.iter().any(|branch| branch.name == ***name);
    let rule_names = "`sync.include` and `sync.exclude`";
    if removed.is_empty() {
        return None;
    }
    let message = match (names.iter().any(|name| rules.selects(name)), names) {
        (false, []) => "the list of branches has no branch".to_owned(),
        (false, [name]) => format!("{rule_names} do not select `{name}`, the only name in the list of branches"),
        (false, _) => format!("{rule_names} select none of the {} names in the list of branches", names.len()),
        (true, _) if names.iter().any(|name| is_known(&name)) => return None,
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

/// The variables of image patterns.
struct ImageVariables<'a> {
    project: &'a str,
    branch: &'a str,
    commit: Option<&'a str>,
    rules: &'a SyncRules,
}

impl ImageVariables<'_> {
    fn expand(&self, pattern: &str) -> Result<String, Diagnostic> {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, inside)) = rest.split_once("{{") {
            let Some((name, after)) = inside.split_once("}}") else {
                return Err(Diagnostic::new(Code::Spec, "`{{` without `}}`"));
            };
            out.push_str(before);
            out.push_str(&self.value(name.trim())?);
            rest = after;
        }
        Ok(out + rest)
    }

    fn value(&self, name: &str) -> Result<String, Diagnostic> {
        let commit = || {
            self.commit.ok_or_else(|| {
                let message = format!("`{name}` requires a commit, but the list has none for branch `{}`", self.branch);
                Diagnostic::new(Code::Usage, message)
                    .help("list branches with their commits, as `git ls-remote --heads` does")
            })
        };
        let style = self.rules.tags;
        Ok(match name {
            "project" => self.project.to_owned(),
            "branch.name" => self.branch.to_owned(),
            "branch.tag" => style.tag(self.branch),
            "commit.sha" => commit()?.to_owned(),
            "commit.short" => commit()?.chars().take(style.short_commit()).collect(),
            _ => {
                return Err(Diagnostic::new(Code::Spec, format!("unknown image variable `{name}`"))
                    .help("use `project`, `branch.name`, `branch.tag`, `commit.sha` or `commit.short`"));
            }
        })
    }
}
