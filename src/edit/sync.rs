//! The spec brought in line with the branches that exist.
//!
//! Only branches whose names the rules count are touched; a pinned one, and one that the spec needs, stays whatever the list says.

use super::list::GitHeads;
use super::{Act, EntryChange, SpecFiles};
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::glob::fits;
use crate::node::Node;
use crate::spec::{Spec, SyncRules};
use smol_str::SmolStr;

/// What a sync did, branches by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Those that are new.
    pub added: Vec<SmolStr>,
    /// Those that have other images now.
    pub changed: Vec<SmolStr>,
    /// Those that were taken out.
    pub removed: Vec<SmolStr>,
    /// Those that do not exist any more and stay because they are pinned.
    pub pinned: Vec<SmolStr>,
    /// Those that do not exist any more and stay because an alias leads to them or others take services from them.
    pub needed: Vec<SmolStr>,
}

/// Adds the branches that are listed and not in the spec, takes out those that are in the spec and not listed, and gives
/// every listed one the images that `rules` say. A list of which nothing counts is as good as an empty one, and no reason to
/// take anything out.
pub fn sync(files: &mut SpecFiles, spec: &Spec, listed: &GitHeads, rules: &SyncRules) -> Result<Synced> {
    let mut synced = Synced::default();
    let counts = |name: &str| {
        let any = |patterns: &[SmolStr]| patterns.iter().any(|pattern| fits(pattern, name));
        (rules.include.is_empty() || any(&rules.include)) && !any(&rules.exclude)
    };
    for branch in spec.branches.iter().filter(|branch| counts(&branch.name) && !listed.contains_key(&branch.name)) {
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
    let wanted = listed.iter().filter(|(name, _)| counts(name));
    if !synced.removed.is_empty() && wanted.clone().next().is_none() {
        return Err(nothing_counts(listed, &synced.removed).into());
    }
    let wanted = gather(wanted, |(name, commit)| -> Result<(SmolStr, Act)> {
        let variables = Variables { project: &spec.project, branch: name, commit: commit.as_deref(), rules };
        let image = |(image, pattern): (&SmolStr, &crate::spec::Placed<SmolStr>)| -> Result<EntryChange, Diagnostic> {
            let reference = variables.expand(&pattern.value).map_err(|error| error.at(pattern.at))?;
            Ok((vec!["images".to_owned(), image.to_string()], Some(Node::str(reference))))
        };
        let changes = gather(&rules.images, image)?;
        if files.has(name) {
            return Ok((name.clone(), Act::Set(changes)));
        }
        synced.added.push(name.clone());
        Ok((name.clone(), Act::Add(changes)))
    })?;
    let removed = synced.removed.iter().map(|name| (name.clone(), Act::Remove));
    let mut changed = files.change(removed.chain(wanted))?;
    for name in synced.added.iter().chain(&synced.removed) {
        changed.remove(name);
    }
    synced.changed.extend(changed);
    Ok(synced)
}

fn nothing_counts(listed: &GitHeads, gone: &[SmolStr]) -> Diagnostic {
    let names: Vec<&str> = listed.keys().map(SmolStr::as_str).collect();
    let fits = "what `sync.include` and `sync.exclude` count";
    let message = match names[..] {
        [name] => format!("the only name in the list of branches, `{name}`, does not fit {fits}"),
        _ => format!("none of the {} names in the list of branches fits {fits}", names.len()),
    };
    Diagnostic::new(Code::Guard, message)
        .help("a list without branches is no reason to take any out: look at what made it; names stand in it without a remote")
        .help(format!("nothing was written; if this is meant, say `pleach branch remove {}`", gone.join(" ")))
}

/// What the references of images may hold.
struct Variables<'a> {
    project: &'a str,
    branch: &'a str,
    commit: Option<&'a str>,
    rules: &'a SyncRules,
}

impl Variables<'_> {
    fn expand(&self, pattern: &str) -> Result<String, Diagnostic> {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, inside)) = rest.split_once("{{") {
            let Some((name, after)) = inside.split_once("}}") else {
                return Err(Diagnostic::new(Code::Spec, "`{{` is not closed"));
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
                let message = format!("`{name}` is asked for, but the list says no commit of `{}`", self.branch);
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
                return Err(Diagnostic::new(Code::Spec, format!("`{name}` is no variable of an image"))
                    .help("there are `project`, `branch.name`, `branch.tag`, `commit.sha` and `commit.short`"));
            }
        })
    }
}
