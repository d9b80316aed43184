//! The plans of a tree: what is known of slugs, less what live branches have.

use super::base::Records;
use super::footprint::Footprint;
use super::plan_file::{TeardownPlan, path};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::name::DnsName;
use crate::source::RelPath;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The names in DNS of a branch that is no more, the zone before each.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    /// The branch as git called it.
    pub branch: SmolStr,
    /// All of them.
    pub names: BTreeSet<(DnsName, DnsName)>,
    /// Those that did not have to be gone in the base already.
    pub fresh: BTreeSet<(DnsName, DnsName)>,
}

/// What is known of live branches.
#[derive(Clone, Debug, Default)]
pub struct Lives {
    /// What they have, as far as it is about to go.
    pub has: Footprint,
    /// The names of branches of which that is not known.
    pub unknown: BTreeSet<SmolStr>,
}

/// The plans of some slugs.
#[derive(Debug, Default)]
pub struct Files {
    /// The files, by their paths in the output.
    pub files: Vec<(RelPath, Arc<str>)>,
    /// Those that say something which the plans of the base said already, without that; `None` for no file at all.
    pub pruned: BTreeMap<RelPath, Option<Arc<str>>>,
    /// What deserves a word.
    pub warnings: Vec<Diagnostic>,
}

/// The plans for `project` of the slugs in `records` and `gone`; `owner` is the branch that has a slug now.
pub fn files<'a>(
    project: &SmolStr,
    records: &Records,
    gone: &BTreeMap<SmolStr, Gone>,
    live: &Lives,
    owner: impl Fn(&str) -> Option<&'a SmolStr>,
) -> Result<Files> {
    let mut made = Files::default();
    let mut unlisted = false;
    let slugs: BTreeSet<&SmolStr> = records.keys().chain(gone.keys()).collect();
    for slug in slugs {
        let (record, names) = (records.get(slug).cloned().unwrap_or_default(), gone.get(slug));
        let Gone { branch, names, fresh } = names.cloned().unwrap_or_default();
        let branch = [record.branch.clone(), branch].into_iter().find(|name| !name.is_empty());
        let branch = branch.unwrap_or_else(|| slug.clone());
        if let Some(owner) = owner(slug).filter(|owner| **owner != branch && !record.left.namespaces.is_empty()) {
            made.warnings.push(taken_over(slug, &branch, owner));
        }
        let mut left = |left: &Footprint, names| {
            let mut left = left.without(&[&live.has]);
            if !live.unknown.is_empty() {
                let (objects, databases, images) = Default::default();
                unlisted |= (&left.objects, &left.databases, &left.images) != (&objects, &databases, &images);
                left.named.append(&mut left.images);
                left = Footprint { objects, databases, images, ..left };
            }
            left.names = names;
            left
        };
        let (all, mut fresh) = (left(&record.left, names), left(&record.fresh, fresh));
        // Whoever has cleaned up has not seen these.
        fresh.named.extend(all.named.iter().cloned());
        let text = |left: Footprint| -> Result<Option<Arc<str>>> {
            let plan = TeardownPlan { project: project.clone(), branch: branch.clone(), left };
            if plan.left.is_empty() { Ok(None) } else { Ok(Some(plan.write()?.into())) }
        };
        let (all, fresh) = (text(all)?, text(fresh)?);
        if fresh != all {
            made.pruned.insert(path(slug), fresh);
        }
        made.files.extend(all.map(|all| (path(slug), all)));
    }
    if unlisted {
        made.warnings.push(unknown(&live.unknown));
    }
    Ok(made)
}

fn taken_over(slug: &str, before: &str, now: &str) -> Diagnostic {
    let message = format!("the branch `{now}` takes over the slug `{slug}` before what `{before}` left was torn down");
    Diagnostic::new(Code::Output, message)
        .in_branch(now)
        .help("its namespace stays, with all that is in it; if it is to be empty, give the branch another `slug:`")
}

fn unknown(branches: &BTreeSet<SmolStr>) -> Diagnostic {
    let names: Vec<String> = branches.iter().map(|name| format!("`{name}`")).collect();
    let message =
        format!("what {} uses cannot be known, so no image, database or object is listed to go", names.join(", "));
    Diagnostic::new(Code::Output, message).help("build again when these branches can be built")
}
