//! Teardown records that the output lacks and that the next build writes: entries of teardown plans, and absent DNS names.
//!
//! `git revert` undoes a change of the spec together with its output, so nothing records what the undone change had created. The
//! history of the base revision still has it, also after a merge, and every build reads that history. An entry that the base
//! revision records already is different: if it is deleted from the output, no build finds it again.

use super::session::Session;
use crate::diagnostic::{Code, Diagnostic, named};
use crate::disk::{Comparison, Difference, OutputDir};
use crate::dns::zone_change::ZoneChange;
use crate::output::{OutputKind, OutputPath, Tree};
use crate::teardown::{Footprint, TeardownPlan};
use std::collections::{BTreeMap, BTreeSet};

/// The files that differ, if they differ only in records that the next build adds.
pub(super) fn only_missing_records(
    session: &Session,
    (tree, output): (&Tree, &OutputDir),
    comparison: &Comparison,
) -> Option<Vec<OutputPath>> {
    let mut files = Vec::new();
    for folder in &comparison.folders {
        let others = [&folder.stale, &folder.unmanaged, &folder.taken, &folder.leftovers];
        if others.iter().any(|others| !others.is_empty()) {
            return None;
        }
        for (name, difference) in &folder.differing {
            let path = OutputPath::from(folder.path.join(name)?);
            let on_disk = (*difference != Difference::Missing).then(|| output.text(&path)).flatten();
            let wanted = tree.get(&path).filter(|_| *difference != Difference::Mode)?;
            if !is_restored(session, &path, wanted, on_disk.as_deref()) {
                return None;
            }
            files.push(path);
        }
    }
    (!files.is_empty()).then_some(files)
}

/// A warning that names the files.
pub(super) fn warning(output: &OutputDir, files: &[OutputPath]) -> Diagnostic {
    let names: Vec<String> = files.iter().map(|path| output.show(path)).collect();
    Diagnostic::new(Code::Output, format!("the next build adds teardown records to {}", named(&names))).help(
        "they are for what a revert or a merge removed; run `pleach build` to add them in this change, or in the next one",
    )
}

/// How many files there are, for the report of `check`.
pub(super) fn count(files: &[OutputPath]) -> String {
    match files.len() {
        1 => "teardown records in 1 file".to_owned(),
        count => format!("teardown records in {count} files"),
    }
}

/// Whether a build only adds records to a file, so that it becomes `wanted`, and the history of the base revision has what they are
/// for.
pub(super) fn is_restored(session: &Session, path: &OutputPath, wanted: &str, on_disk: Option<&str>) -> bool {
    let previous = session.previous.records().get(path).map(|text| &**text);
    let only_adds = match path.kind() {
        OutputKind::TeardownPlan => only_adds_entries,
        OutputKind::ZoneChange => only_adds_names,
        _ => return false,
    };
    session.previous.has_history() && only_adds(wanted, on_disk, previous).unwrap_or(false)
}

/// Whether a build only adds entries to a plan, none of which the `previous` plan has. `None` if a plan cannot be read.
fn only_adds_entries(wanted: &str, on_disk: Option<&str>, previous: Option<&str>) -> Option<bool> {
    let wanted = TeardownPlan::parse(wanted).ok()?;
    let read = |text: Option<&str>| match text {
        None => Some(TeardownPlan { footprint: Footprint::default(), ..wanted.clone() }),
        Some(text) => TeardownPlan::parse(text).ok(),
    };
    let (on_disk, previous) = (read(on_disk)?, read(previous)?);
    let has_same_header = (&on_disk.project, &on_disk.branch) == (&wanted.project, &wanted.branch);
    let added = wanted.footprint.clone().with_all_images().without(&on_disk.footprint.clone().with_all_images());
    let is_dropped = added.without(&previous.footprint.with_all_images()) != added;
    Some(has_same_header && on_disk.footprint.is_subset(&wanted.footprint) && !is_dropped)
}

/// The same for the absent names of a zone change file.
fn only_adds_names(wanted: &str, on_disk: Option<&str>, previous: Option<&str>) -> Option<bool> {
    let wanted = ZoneChange::parse(wanted).ok()?;
    let read = |text: Option<&str>| match text {
        None => Some(ZoneChange { present: BTreeMap::new(), absent: BTreeSet::new(), ..wanted.clone() }),
        Some(text) => ZoneChange::parse(text).ok(),
    };
    let (on_disk, previous) = (read(on_disk)?, read(previous)?);
    let is_dropped = wanted.absent.difference(&on_disk.absent).any(|name| previous.absent.contains(name));
    let is_addition = on_disk.absent.is_subset(&wanted.absent);
    let expected = ZoneChange { absent: on_disk.absent.clone(), ..wanted };
    Some(on_disk == expected && is_addition && !is_dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn ten_files_are_named() {
        let files: Vec<OutputPath> = (0..45).map(|i| OutputPath::teardown_plan(&format!("a{i}"))).collect();
        let text = warning(&OutputDir::new(PathBuf::from("out"), "out"), &files).to_string();
        assert!(text.contains("`out/teardown/a9.yaml` and 35 more") && !text.contains("a10"), "{text}");
    }
}
