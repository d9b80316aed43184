//! Whether it is known what removed branches leave, if the output folder had no output at the base revision.
//!
//! The specs of the history say which branches existed. If the output of one that does not exist any more was not found, a build
//! would never list its namespace, DNS names, databases and images, so it is refused. A first build is not: no branch was removed,
//! or the output would be in the same history and never was.

use super::base::{Base, BaseFinder, BaseOrigin, BaseRevision};
use super::workspace_history::NAME_THE_BASE;
use crate::diagnostic::{Code, Diagnostic, Result, named};
use crate::git;
use crate::source::RelPath;
use crate::spec::{self, EarlierBranch, EarlierSpec};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// An error if it is not known what removed branches leave, or a warning.
pub(super) fn check(finder: &BaseFinder, base: &Base) -> Result<Option<Diagnostic>> {
    let BaseOrigin::Earlier(after) = &base.origin else { return Ok(None) };
    let (base, after) = (&base.revision, after.as_deref());
    let unknown = |why: &str| {
        let output = finder.output.show(&RelPath::root());
        let message =
            format!("{why} and `{output}` has no earlier output, so what removed branches leave is not known");
        Diagnostic::new(Code::Output, message)
    };
    if finder.lacks_git()? {
        let error = unknown("`git` cannot be run").help("install Git").help(NAME_THE_BASE);
        return if base.has_output() { Ok(None) } else { Err(error.into()) };
    }
    let root = &finder.workspace.root;
    let Some(commit) = finder.commit()? else { return Ok(None) };
    let cut = (after.is_none() && git::is_shallow(root))
        .then(|| unknown("the clone is shallow").help(git::FETCH_HISTORY).help(NAME_THE_BASE));
    if finder.is_in_history() {
        return Ok(cut.filter(|_| !base.has_output()));
    }
    let texts = finder.specs(after, &commit)?;
    let removed = removed(finder, base, texts.iter().flat_map(|text| EarlierSpec::read(text).branches))?;
    match cut {
        _ if !removed.is_empty() => Err(not_found(&removed).into()),
        Some(cut) => Err(cut.into()),
        None => Ok(None),
    }
}

/// The names of those branches that do not exist any more and whose output `base` does not have.
fn removed(
    finder: &BaseFinder,
    base: &BaseRevision,
    earlier: impl Iterator<Item = EarlierBranch>,
) -> Result<Vec<SmolStr>> {
    let now = spec::files(&finder.workspace.project)?;
    let now: BTreeSet<EarlierBranch> =
        now.iter().filter_map(|file| Some(EarlierSpec::read(file.text().ok()?).branches)).flatten().collect();
    let slugs = finder.plan.slugs();
    let is_known = |branch: &EarlierBranch| {
        now.contains(branch) || slugs.contains(branch.slug.as_str()) || base.knows(&branch.slug)
    };
    let removed: BTreeSet<EarlierBranch> = earlier.filter(|branch| !is_known(branch)).collect();
    Ok(removed.into_iter().map(|branch| branch.name).collect())
}

fn not_found(removed: &[SmolStr]) -> Diagnostic {
    let message = format!("what the removed {} leaves is not known: no earlier output has it", named(removed));
    Diagnostic::new(Code::Output, message).help(NAME_THE_BASE)
}
