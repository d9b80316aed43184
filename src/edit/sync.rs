//! Synchronizes the spec with the list of Git branches.
//!
//! Only branches that `sync.include` and `sync.exclude` select are added and removed. Pinned branches, and branches that the
//! spec requires, are kept.

use super::list::GitHeads;
use super::{BranchEdit, FieldChange, SpecFiles};
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
}

/// Adds the listed branches to the spec, removes those that are not listed, and sets the images of `rules` on every listed
/// branch. If the rules select no branch of the list, removing all others is an error, as with an empty list.
pub(crate) fn sync(files: &mut SpecFiles, spec: &Spec, listed: &GitHeads, rules: &SyncRules) -> Result<SyncResult> {
    let mut synced = SyncResult::default();
    let is_selected = |name: &str| {
        let any = |patterns: &[SmolStr]| patterns.iter().any(|pattern| glob::matches(pattern, name));
        (rules.include.is_empty() || any(&rules.include)) && !any(&rules.exclude)
    };
    for branch in spec.branches.iter().filter(|branch| is_selected(&branch.name) && !listed.contains_key(&branch.name))
    {
        if branch.pin.is_some() {
            synced.pinned.push(branch.name.clone());
            continue;
        }
        if spec.needs(&branch.name) {
            synced.needed.push(branch.name.clone());
            continue;
        }
        synced.removed.push(branch.name.clone());
    }
    let selected = listed.iter().filter(|(name, _)| is_selected(name));
    if !synced.removed.is_empty() && selected.clone().next().is_none() {
        return Err(no_selected_branch(listed, &synced.removed).into());
    }
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
    Ok(synced)
}

fn no_selected_branch(listed: &GitHeads, removed: &[SmolStr]) -> Diagnostic {
    let names: Vec<&str> = listed.keys().map(SmolStr::as_str).collect();
    let rules = "`sync.include` and `sync.exclude`";
    let message = match names[..] {
        [name] => format!("{rules} do not select `{name}`, the only name in the list of branches"),
        _ => format!("{rules} select none of the {} names in the list of branches", names.len()),
    };
    Diagnostic::new(Code::Guard, message)
        .help("check the command that created the list; names must not include a remote")
        .help(format!(
            "nothing was written; to remove the branches anyway, run `pleach branch remove {}`",
            removed.join(" ")
        ))
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
