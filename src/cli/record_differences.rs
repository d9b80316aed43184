//! Differences of an output that `check` accepts: teardown records that the output lacks and that the next build writes, and records
//! that it restores.
//!
//! `git revert` undoes a change of the spec together with its output, so nothing records what the undone change had created. The
//! history of the base revision still has it, also after a merge, and every build reads that history. An entry that the base
//! revision records already is different: if it is deleted from the output, no build finds it again. So is one that a commit of this
//! change has recorded and a later one has dropped.
//!
//! `git revert` of a prune restores records that were not carried out. The base revision does not have them until the change is
//! merged. From then on, builds keep them.

use super::previous::is_record;
use super::record_file::RecordFile;
use super::session::Session;
use crate::diagnostic::{Code, Diagnostic, Result, named};
use crate::disk::{Comparison, Difference, OutputDir};
use crate::git::FileVersion;
use crate::output::{OutputPath, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the records of a file differ from those of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RecordDifference {
    /// The next build adds records.
    Missing,
    /// It restores records.
    Restored,
    /// It has the same records in another form.
    Edited,
}

/// The differing files of an output that differs only in records.
pub(super) struct RecordDifferences(BTreeMap<RecordDifference, Vec<OutputPath>>);

impl RecordDifferences {
    /// The differences of an output from the files `tree` of a build, if they are such.
    pub(super) fn of(
        session: &Session,
        (tree, output): (&Tree, &OutputDir),
        comparison: &Comparison,
    ) -> Result<Option<Self>> {
        let Some(files) = differing_records(comparison) else { return Ok(None) };
        let on_disk = |path: &OutputPath| output.text(path);
        let is_missing = |path: &OutputPath| {
            tree.get(path).is_some_and(|wanted| only_lacks_records(session, path, wanted, on_disk(path).as_deref()))
        };
        let difference = if files.iter().all(is_missing) {
            if !session.previous.has_history_in_head()? {
                return Ok(None);
            }
            let versions = session.previous.records_in_change()?;
            let is_dropped = |path: &OutputPath| {
                had_missing_records(path, tree.get(path), on_disk(path).as_deref(), &versions).unwrap_or(true)
            };
            if files.iter().any(is_dropped) {
                return Ok(None);
            }
            RecordDifference::Missing
        } else {
            for path in &files {
                let (wanted, on_disk) = (tree.get(path), on_disk(path).unwrap_or_default());
                let (previous, versions) =
                    (session.previous.records().get(path), session.previous.earlier_versions(path)?);
                if !restores_records(path, [wanted, previous], &on_disk, &versions).unwrap_or(false) {
                    return Ok(None);
                }
            }
            if !are_valid(session, &files)? {
                return Ok(None);
            }
            RecordDifference::Restored
        };
        let mut differences: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for path in files {
            let is_edited = has_same_records(&path, tree.get(&path), on_disk(&path).as_deref());
            let difference = if is_edited { RecordDifference::Edited } else { difference };
            differences.entry(difference).or_default().push(path);
        }
        Ok(Some(RecordDifferences(differences)))
    }

    /// Warnings that name the files.
    pub(super) fn warnings(&self, output: &OutputDir) -> impl Iterator<Item = Diagnostic> {
        let names = |files: &[OutputPath]| named(&files.iter().map(|path| output.show(path)).collect::<Vec<String>>());
        self.0.iter().map(move |(difference, files)| difference.warning(&names(files)))
    }

    /// What differs, for the report of `check`.
    pub(super) fn count(&self) -> String {
        let count = |(difference, files): (&RecordDifference, &Vec<OutputPath>)| match files.len() {
            1 => format!("{} in 1 file", difference.what()),
            count => format!("{} in {count} files", difference.what()),
        };
        self.0.iter().map(count).collect::<Vec<String>>().join(" and ")
    }
}

impl RecordDifference {
    fn warning(self, files: &str) -> Diagnostic {
        let (message, help) = match self {
            RecordDifference::Missing => (
                format!("the next build adds teardown records to {files}"),
                "they are for what a revert or a merge removed; run `pleach build` to add them in this change, or in the next one",
            ),
            RecordDifference::Restored => (
                format!("teardown records that were pruned are restored in {files}"),
                "builds keep them after the merge, except those in use; if they were carried out, run `pleach build`, which removes them",
            ),
            RecordDifference::Edited => (
                format!("the records in {files} are those of a build, but the text was edited"),
                "run `pleach build`, which writes it again",
            ),
        };
        Diagnostic::new(Code::Output, message).help(help)
    }

    fn what(self) -> &'static str {
        match self {
            RecordDifference::Missing | RecordDifference::Restored => "teardown records",
            RecordDifference::Edited => "the text",
        }
    }
}

/// The files that differ, if all are teardown plans and zone changes.
fn differing_records(comparison: &Comparison) -> Option<Vec<OutputPath>> {
    let mut files = Vec::new();
    for folder in &comparison.folders {
        let others = [&folder.unmanaged, &folder.taken, &folder.leftovers];
        let has_mode = folder.differing.iter().any(|(_, difference)| *difference == Difference::Mode);
        if has_mode || others.iter().any(|others| !others.is_empty()) {
            return None;
        }
        let names = folder.differing.iter().map(|(name, _)| *name).chain(folder.stale.iter().map(String::as_str));
        files.extend(names.map(|name| Some(folder.path.join(name)?.into())).collect::<Option<Vec<OutputPath>>>()?);
    }
    (!files.is_empty() && files.iter().all(is_record)).then_some(files)
}

/// Whether a build only adds records to a file, so that it becomes `wanted`, and the history of the base revision has what they are
/// for: the base revision does not list them.
pub(super) fn only_lacks_records(session: &Session, path: &OutputPath, wanted: &str, on_disk: Option<&str>) -> bool {
    let previous = session.previous.records().get(path).map(|text| &**text);
    session.previous.has_history() && only_adds(path, wanted, on_disk, previous).unwrap_or(false)
}

/// `None` if a file cannot be read.
fn only_adds(path: &OutputPath, wanted: &str, on_disk: Option<&str>, previous: Option<&str>) -> Option<bool> {
    let wanted = RecordFile::read(path, wanted)?;
    let read = |text| RecordFile::read_if_exists(path, text, &wanted);
    let (on_disk, previous) = (read(on_disk)?, read(previous)?);
    let added = wanted.records.without(&on_disk.records);
    let is_dropped = added.without(&previous.records) != added;
    Some(on_disk.has_same_header(&wanted) && on_disk.records.is_subset(&wanted.records) && !is_dropped)
}

/// Whether one of `versions` of a file had records of a build that the file lacks. If these versions become part of the default branch, its
/// history says that the records were carried out. `None` if a version cannot be read.
fn had_missing_records(
    path: &OutputPath,
    wanted: Option<&Arc<str>>,
    on_disk: Option<&str>,
    versions: &[FileVersion],
) -> Option<bool> {
    let wanted = RecordFile::read(path, wanted?)?;
    let missing = wanted.records.without(&RecordFile::read_if_exists(path, on_disk, &wanted)?.records);
    let texts = versions.iter().filter(|version| version.path == *path).filter_map(|version| version.text.as_ref());
    let versions: Vec<_> = texts.map(|text| Some(RecordFile::read(path, text)?.records)).collect::<Option<_>>()?;
    Some(versions.iter().any(|version| missing.without(version) != missing))
}

/// Whether a file has exactly the records of a build.
fn has_same_records(path: &OutputPath, wanted: Option<&Arc<str>>, on_disk: Option<&str>) -> bool {
    let read = |text: &str| Some(RecordFile::read(path, text)?.records);
    wanted.and_then(|text| read(text)).is_some_and(|wanted| on_disk.and_then(read) == Some(wanted))
}

/// Whether a file has all records that are `wanted`, and others that earlier `versions` of it had and the previous one does not. `None`
/// if a file cannot be read.
fn restores_records(
    path: &OutputPath,
    [wanted, previous]: [Option<&Arc<str>>; 2],
    on_disk: &str,
    versions: &[Arc<str>],
) -> Option<bool> {
    let on_disk = RecordFile::read(path, on_disk)?;
    let read = |text: Option<&Arc<str>>| RecordFile::read_if_exists(path, text.map(|text| &**text), &on_disk);
    let (wanted, previous) = (read(wanted)?, read(previous)?);
    let mut known = wanted.records.clone();
    for version in versions {
        known.add(RecordFile::read(path, version)?.records);
    }
    let restored = on_disk.records.without(&wanted.records);
    let is_new = restored.without(&previous.records) == restored;
    let has_all = wanted.records.is_subset(&on_disk.records);
    Some(on_disk.has_same_header(&wanted) && has_all && on_disk.records.is_subset(&known) && is_new)
}

/// Whether a build after the merge only drops records from the restored files: those that a branch uses, which `teardown` does not show.
fn are_valid(session: &Session, files: &[OutputPath]) -> Result<bool> {
    let merged = session.after_merge()?;
    let inputs = merged.inputs();
    let build = merged.build(&inputs)?;
    let comparison = merged.compare(&build, &build.tree)?;
    let only_drops = |path: &OutputPath| {
        let on_disk = RecordFile::read(path, &merged.output().text(path)?)?;
        let kept = RecordFile::read_if_exists(path, build.tree.get(path).map(|text| &**text), &on_disk)?;
        Some(on_disk.has_same_header(&kept) && kept.records.is_subset(&on_disk.records))
    };
    let is_valid = |path: &OutputPath| files.contains(path) && only_drops(path).unwrap_or(false);
    Ok(!comparison.differs() || differing_records(&comparison).is_some_and(|files| files.iter().all(is_valid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn ten_files_are_named() {
        let files: Vec<OutputPath> = (0..45).map(|i| OutputPath::teardown_plan(&format!("a{i}"))).collect();
        let output = OutputDir::new(PathBuf::from("out"), "out");
        let differences = RecordDifferences([(RecordDifference::Missing, files)].into());
        let text = differences.warnings(&output).next().unwrap().to_string();
        assert!(text.contains("`out/teardown/a9.yaml` and 35 more") && !text.contains("a10"), "{text}");
    }
}
