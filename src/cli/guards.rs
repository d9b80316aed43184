//! Limits on what one build may delete: folders of branches, and DNS names.
//!
//! Both are counted over the whole set, also with `--shard`: otherwise several jobs could together delete
//! more than the limit. They compare with the output on the disk, so a build that was allowed once can be run again.

use super::session::Session;
use super::workspace::Workspace;
use crate::deletion_limits::{DNS_NAMES, OUTPUT_BRANCHES};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, gather};
use crate::disk::{Comparison, FolderComparison, OutputDir};
use crate::dns;
use crate::dns::zone_change::ZoneChange;
use crate::name::DnsName;
use crate::output::{OutputFolder, OutputKind, OutputPath, declares_owner};
use crate::pipeline::{Build, Selection};
use crate::source::RelPath;
use crate::spec;
use std::collections::BTreeSet;
use std::path::Path;

/// The numbers of deletions that the user allowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct AllowedDeletions {
    pub(super) branches: Option<usize>,
    pub(super) names: Option<usize>,
}

/// Stops a run that would delete too much. Reports all that it would delete.
pub(super) fn check(
    session: &Session,
    build: &Build,
    (output, comparison): (&OutputDir, &Comparison),
    allowed: AllowedDeletions,
) -> Result<()> {
    let checked = [branches(session, output, allowed.branches), names(session, build, comparison, allowed.names)];
    gather(checked, |checked| checked).map(drop)
}

/// Stops a run that would delete too many folders of branches.
fn branches(session: &Session, output: &OutputDir, allowed: Option<usize>) -> Result<()> {
    let existing = session.plan.slugs();
    let folders: BTreeSet<String> = output.folders(&OutputFolder::Namespaces.path())?.into_iter().collect();
    // A folder without a lock file is unmanaged and stays.
    let is_owned = |slug: &str| output.text(&OutputPath::lock(slug)).is_some();
    let is_removed = |slug: &&str| !existing.contains(slug) && is_owned(slug);
    let deletes = !matches!(session.selection, Selection::Only(_));
    let removed = folders.iter().filter(|_| deletes).map(String::as_str).filter(is_removed);
    let without_objects = without_objects(session, output, &folders)?;
    let of_app_engine = without_objects.iter().map(String::as_str);
    let removed: Vec<&str> = removed.chain(of_app_engine.filter(|slug| deletes && !existing.contains(slug))).collect();
    if session.spec.branches.is_empty() && allowed.is_none() {
        Diagnostics::check(no_branches(&removed, folders.len() + without_objects.len()).into_iter().collect(), ())?;
    }
    Ok(OUTPUT_BRANCHES.check(folders.len() + without_objects.len(), &removed, allowed)?)
}

/// The slugs of branches without a folder, which `branch sync` counts too: existing branches on App Engine, and removed ones that have
/// DNS names.
fn without_objects(session: &Session, output: &OutputDir, folders: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let branches = session.plan.branches.iter().filter(|branch| branch.namespace().is_none());
    let mut slugs: BTreeSet<String> = branches.map(|branch| branch.slug.to_string()).collect();
    let existing = session.plan.slugs();
    let is_removed_change = |path: &RelPath| {
        let path = OutputPath::from(path.clone());
        path.kind() == OutputKind::ZoneChange && !existing.contains(path.slug()) && !folders.contains(path.slug())
    };
    let files = output.read(&[OutputFolder::Dns.path()], is_removed_change)?;
    let of_removed = files.iter().filter(|(path, text)| {
        declares_owner(path, text) && ZoneChange::parse(text).is_ok_and(|change| !change.present.is_empty())
    });
    slugs.extend(of_removed.map(|(path, _)| path.slug().to_owned()));
    Ok(slugs)
}

/// The error about a spec without branches, if it would delete folders of branches.
fn no_branches(removed: &[&str], all: usize) -> Option<Diagnostic> {
    let message = format!("the spec has no branch: {} of {all} branches in the output would be deleted", removed.len());
    (!removed.is_empty()).then(|| OUTPUT_BRANCHES.refusal(message, removed))
}

/// Adds the error about a spec without branches to the other errors of a build. The references to branches in such a spec are errors
/// too, and removing them must not look like the solution.
pub(super) fn add_no_branches(
    errors: Diagnostics,
    workspace: &Workspace,
    here: &Path,
    named: Option<&Path>,
) -> Diagnostics {
    let Some(path) = spec::output_without_branches(&workspace.project) else { return errors };
    let output = workspace.output_folder(&path, named, here);
    let folders = output.folders(&OutputFolder::Namespaces.path()).unwrap_or_default();
    let folders: BTreeSet<&str> = folders.iter().map(String::as_str).collect();
    let is_owned = |slug: &&str| output.text(&OutputPath::lock(slug)).is_some();
    let removed: Vec<&str> = folders.iter().copied().filter(is_owned).collect();
    let error = no_branches(&removed, folders.len()).map(Diagnostics::from);
    error.into_iter().chain([errors]).collect::<Vec<_>>().into()
}

/// A zone and a name in it.
type ZoneName = (DnsName, DnsName);

/// Stops a run that would make too many DNS names absent.
fn names(session: &Session, build: &Build, comparison: &Comparison, allowed: Option<usize>) -> Result<()> {
    let output = session.output();
    if allowed.is_none() && !comparison.folders.iter().any(|folder| loses_names(output, folder)) {
        return Ok(());
    }
    let is_change = |path: &OutputPath| path.kind() == OutputKind::ZoneChange;
    let files = output.read(&[OutputFolder::Dns.path()], |path| is_change(&path.clone().into()))?;
    let failed: BTreeSet<&str> = build.failures.iter().map(|failure| failure.branch.slug.as_str()).collect();
    let is_selected = session.selection.slugs(&session.plan);
    let wanted = dns::wanted_names(&session.spec, &session.plan)?;
    let wanted: BTreeSet<ZoneName> =
        wanted.iter().flat_map(|of| of.present.keys().map(|name| (of.zone.clone(), name.clone()))).collect();
    let (mut all, mut removed): (BTreeSet<ZoneName>, BTreeSet<ZoneName>) = Default::default();
    for (path, text) in files.iter().filter(|(path, text)| declares_owner(path, text)) {
        // A file that cannot be read is written again; the base revision has what was in it.
        let Ok(change) = ZoneChange::parse(text) else { continue };
        let is_counted = !matches!(session.selection, Selection::Only(_)) || is_selected(path.slug());
        for name in change.present.into_keys() {
            let name = (change.zone.clone(), name);
            if is_counted && !failed.contains(path.slug()) && !wanted.contains(&name) {
                removed.insert(name.clone());
            }
            all.insert(name);
        }
    }
    let removed: Vec<&str> = removed.iter().map(|(_, name)| name.as_str()).collect();
    Ok(DNS_NAMES.check(all.len(), &removed, allowed)?)
}

/// Whether a folder is that of a zone, and one of its files gets a name that becomes absent.
fn loses_names(output: &OutputDir, folder: &FolderComparison) -> bool {
    let is_zone = folder.path.parent().as_str() == OutputFolder::Dns.name();
    let content = |name: &str| folder.files.iter().find(|(other, _)| *other == name).map(|(_, content)| *content);
    let absent = |text: &str| ZoneChange::parse(text).map(|change| change.absent).unwrap_or_default();
    let grows = |name: &str| {
        let now = content(name).map(absent).unwrap_or_default();
        let then = folder.path.join(name).and_then(|path| output.text(&path)).map(|text| absent(&text));
        !now.is_subset(&then.unwrap_or_default())
    };
    is_zone && folder.differing.iter().any(|(name, _)| grows(name))
}
