//! What the history of a commit had: an output that was removed since, and the texts of files. What existed only in a pull request is
//! not in the published history.

use super::published::{LOG, MOST_CHANGES, MOST_COMMITS, PublishedHistory};
use super::published_commit::Published;
use super::revision::{OutputAtCommit, contents};
use super::tree_differences::TreeDifferences;
use super::{failed, first_lines, run, stdout};
use crate::diagnostic::Diagnostic;
use crate::limits::TREE_FILES;
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
        let changes = changes_of_all_parents(self.root(), &[&range], &paths)?;
        let differences = TreeDifferences::of(self.root(), &changes, &paths)?;
        let files = self.file_ids(&differences)?.into_iter().flat_map(|(_, files)| files);
        let files: Vec<(OutputPath, Option<&str>)> = files.collect();
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
    let last = PublishedHistory::of(root, reference)?.last_change(&paths)?;
    Ok(last.map(|Published { commit, before }| (commit, before)))
}

/// The last commit of a history that added the file at `path`, and the one before it.
pub(crate) fn last_addition(
    root: &Path,
    reference: &str,
    path: &RelPath,
) -> Result<Option<(String, Option<String>)>, Diagnostic> {
    let last = PublishedHistory::of(root, reference)?.last_addition(path.as_str())?;
    Ok(last.map(|Published { commit, before }| (commit, before)))
}

/// The paths of the files with the name `name` at a commit of the repository whose folder is `root`.
pub(crate) fn files_named(root: &Path, reference: &str, name: &str) -> Result<Vec<RelPath>, Diagnostic> {
    let mut found = Vec::new();
    let add = |path: &str| found.extend(RelPath::normal(path).filter(|path| path.name() == name));
    let Some(listed) = first_lines(root, &["ls-tree", "-r", "-z", "--name-only", reference], TREE_FILES, add)? else {
        let message = format!("the commit `{reference}` has more than {TREE_FILES} files, so `{name}` is not found");
        return Err(failed(&message));
    };
    stdout(listed)?;
    Ok(found)
}

/// The texts that the files at and below `paths` in the folder `root` have had, the newest first: at the commit `reference` and
/// before it, but not those that only the commit `after` and its history have.
pub(crate) fn versions(
    root: &Path,
    (after, reference): (Option<&str>, &str),
    parents: HistoryParents,
    paths: &[&str],
) -> Result<Vec<Arc<str>>, Diagnostic> {
    let changes = match parents {
        HistoryParents::Published => PublishedHistory::of(root, reference)?.all_changes(after, paths)?,
        HistoryParents::All => {
            let range = after.map_or_else(|| reference.to_owned(), |after| format!("{after}..{reference}"));
            changes_of_all_parents(root, &[&range], paths)?
        }
    };
    let differences = TreeDifferences::of(root, &changes, paths)?;
    let mut known = BTreeSet::new();
    let files = differences.files()?.into_iter().flat_map(|(_, files)| files);
    let ids: Vec<&str> = files.filter_map(|file| file.new_id()).filter(|id| known.insert(*id)).collect();
    contents(root, &ids)
}

/// The commits that `revisions` select and that have changed `paths`, each with each of its parents.
pub(super) fn changes_of_all_parents(
    root: &Path,
    revisions: &[&str],
    paths: &[&str],
) -> Result<Vec<Published>, Diagnostic> {
    // Git would leave out the side of a merge that has the same files in the end.
    let args = [&["--literal-pathspecs"], &LOG[..], &["--full-history"], revisions, &["--"], paths].concat();
    let listed = stdout(run(root, &args, b"")?)?;
    Ok(String::from_utf8_lossy(&listed).lines().flat_map(Published::of_all_parents).collect())
}
