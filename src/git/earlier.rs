//! What the history of a commit had: an output that was removed since, and the texts of files. What existed only in a pull request is
//! not in the published history.

use super::published::{MOST_CHANGES, MOST_COMMITS, Published, PublishedHistory};
use super::raw::{COMMIT, ChangedFile, RAW, changed_files};
use super::revision::{OutputAtCommit, below, contents};
use super::{run, stdout};
use crate::diagnostic::Diagnostic;
use crate::output::{HistoryParents, OutputFolder, OutputPath};
use crate::source::RelPath;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// The folders of the output that record what branches have.
const RECORDS: [OutputFolder; 3] = [OutputFolder::Namespaces, OutputFolder::Dns, OutputFolder::Teardown];

impl OutputAtCommit {
    /// The last output with branches that was in one of some `folders`, none of which has one at the commit `reference`. An output that
    /// had only records has been pruned.
    pub(crate) fn before_removal(
        root: &Path,
        reference: &str,
        folders: &[RelPath],
    ) -> Result<Option<Self>, Diagnostic> {
        let Some((_, Some(before))) = last_change_of(root, reference, folders)? else { return Ok(None) };
        for folder in folders {
            let files = OutputAtCommit::at(root, &before, folder)?;
            if files.paths().any(|path| OutputPath::lock(path.slug()) == *path) {
                return Ok(Some(files));
            }
        }
        Ok(None)
    }
}

/// A file of the output as a commit left it.
#[derive(Clone)]
pub(crate) struct FileVersion {
    pub(crate) path: OutputPath,
    /// `None` if the commit deleted it.
    pub(crate) text: Option<Arc<str>>,
}

impl OutputAtCommit {
    /// The texts that a file has had in the published history, the newest first.
    pub(crate) fn earlier_versions(&self, path: &OutputPath) -> Result<Vec<Arc<str>>, Diagnostic> {
        let Some(path) = self.output().join(path.as_str()) else { return Ok(Vec::new()) };
        versions(self.root(), (None, self.commit()), HistoryParents::Published, &[path.as_str()])
    }

    /// Whether the published history of `HEAD` has this commit, if it is before `HEAD`, and near enough that a build at `HEAD` reads
    /// what changed after it.
    pub(crate) fn is_published_by_head(&self) -> Result<bool, Diagnostic> {
        let is_before =
            run(self.root(), &["merge-base", "--is-ancestor", self.commit(), "HEAD"], b"")?.status.success();
        let range = format!("{}..HEAD", self.commit());
        let count = |path: &[&str]| -> Result<usize, Diagnostic> {
            let args = ["--literal-pathspecs", "rev-list", "--count", "--full-history", &range, "--"];
            let printed = stdout(run(self.root(), &[&args, path].concat(), b"")?)?;
            Ok(String::from_utf8_lossy(&printed).trim().parse().unwrap_or(usize::MAX))
        };
        let is_near = count(&[])? < MOST_COMMITS && count(&[self.pathspec()])? < MOST_CHANGES;
        Ok(is_near && (!is_before || PublishedHistory::of(self.root(), "HEAD")?.has(self.commit())?))
    }

    /// The paths of `folders` of the output in the repository.
    pub(super) fn within(&self, folders: &[RelPath]) -> Vec<RelPath> {
        folders.iter().filter_map(|folder| self.output().join(folder.as_str())).collect()
    }

    /// The files in `folders` of the output as the commits after this one left them, until the commit of `newest`.
    pub(crate) fn later_versions(
        &self,
        newest: &OutputAtCommit,
        folders: &[RelPath],
    ) -> Result<Vec<FileVersion>, Diagnostic> {
        let folders = self.within(folders);
        let paths: Vec<&str> = folders.iter().map(RelPath::as_str).collect();
        let range = format!("{}..{}", self.commit(), newest.commit());
        let listed = changes_of_all_parents(self.root(), &[&range], &paths)?;
        let files = changed_files(&listed).into_iter().flat_map(|(_, files)| files);
        let files: Vec<(OutputPath, Option<&str>)> =
            files.filter_map(|file| Some((below(file.path, self.output())?, file.new_id()))).collect();
        let ids: Vec<&str> = files.iter().filter_map(|(_, id)| *id).collect();
        let mut texts = contents(self.root(), &ids)?.into_iter();
        let version =
            |(path, id): (OutputPath, Option<&str>)| FileVersion { path, text: id.and_then(|_| texts.next()) };
        Ok(files.into_iter().map(version).collect())
    }
}

/// The last commit that changed the output in one of some folders, and the one before it.
pub(crate) fn last_change_of(
    root: &Path,
    reference: &str,
    folders: &[RelPath],
) -> Result<Option<(String, Option<String>)>, Diagnostic> {
    let paths: Vec<RelPath> =
        folders.iter().flat_map(|folder| RECORDS.iter().filter_map(|records| folder.join(records.name()))).collect();
    let paths: Vec<&str> = paths.iter().map(RelPath::as_str).collect();
    last_change(root, reference, &[], &paths)
}

/// The last commit of a history that changed `paths`, and the one before it.
fn last_change(
    root: &Path,
    reference: &str,
    filter: &[&str],
    paths: &[&str],
) -> Result<Option<(String, Option<String>)>, Diagnostic> {
    let last = PublishedHistory::of(root, reference)?.last_change(filter, paths)?;
    Ok(last.map(|Published { commit, before }| (commit, before)))
}

/// The last commit of a history that added the file at `path`, and the one before it.
pub(crate) fn last_addition(
    root: &Path,
    reference: &str,
    path: &RelPath,
) -> Result<Option<(String, Option<String>)>, Diagnostic> {
    last_change(root, reference, &["--no-renames", "--diff-filter=A"], &[path.as_str()])
}

/// The paths of the files with the name `name` at a commit of the repository whose folder is `root`.
pub(crate) fn files_named(root: &Path, reference: &str, name: &str) -> Result<Vec<RelPath>, Diagnostic> {
    let listed = stdout(run(root, &["ls-tree", "-r", "-z", "--name-only", reference], b"")?)?;
    let listed = String::from_utf8_lossy(&listed);
    Ok(listed.split('\0').filter_map(RelPath::new).filter(|path| path.name() == name).collect())
}

/// The texts that the files at and below `paths` in the folder `root` have had, the newest first: at the commit `reference` and
/// before it, but not those that only the commit `after` and its history have.
pub(crate) fn versions(
    root: &Path,
    (after, reference): (Option<&str>, &str),
    parents: HistoryParents,
    paths: &[&str],
) -> Result<Vec<Arc<str>>, Diagnostic> {
    let listed = match parents {
        HistoryParents::Published => PublishedHistory::of(root, reference)?.raw_changes(after, paths)?,
        HistoryParents::All => {
            let range = after.map_or_else(|| reference.to_owned(), |after| format!("{after}..{reference}"));
            changes_of_all_parents(root, &[&range], paths)?
        }
    };
    let mut known = BTreeSet::new();
    let files = changed_files(&listed).into_iter().flat_map(|(_, files)| files);
    let ids: Vec<&str> = files.filter_map(ChangedFile::new_id).filter(|id| known.insert(*id)).collect();
    contents(root, &ids)
}

/// What the commits that `revisions` select have changed at `paths`, with the options [`COMMIT`] and [`RAW`]. A merge is compared with
/// each parent.
pub(super) fn changes_of_all_parents(root: &Path, revisions: &[&str], paths: &[&str]) -> Result<String, Diagnostic> {
    // Git would leave out the side of a merge that has the same files in the end.
    let args = ["--literal-pathspecs", "-c", "log.showRoot=true", "log", "--full-history", "-m", COMMIT];
    let listed = stdout(run(root, &[&args[..], &RAW, revisions, &["--"], paths].concat(), b"")?)?;
    Ok(String::from_utf8_lossy(&listed).into_owned())
}
