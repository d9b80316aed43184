//! Files of the output at several earlier commits. All are read together: the number of processes of Git does not depend on the number
//! of commits.

use super::commit_graph::CommitGraph;
use super::earlier::{FileVersion, changes_of_all_parents};
use super::published::{MOST_CHANGES, PublishedHistory};
use super::published_commit::Published;
use super::raw::ChangedFile;
use super::revision::{OutputAtCommit, below, contents};
use super::run;
use super::tree_differences::TreeDifferences;
use crate::diagnostic::Diagnostic;
use crate::output::{OutputPath, Tree};
use crate::source::{FolderSet, RelPath};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Files of the output at a commit.
pub(crate) struct EarlierFiles {
    pub(crate) commit: String,
    pub(crate) files: Tree,
    /// The files as the commits after it left them.
    pub(crate) later: Vec<FileVersion>,
}

/// A file with the id of its content; `None` if it does not exist.
pub(super) type FileBlob<'a> = (OutputPath, Option<&'a str>);

impl OutputAtCommit {
    /// The files in `folders` of the output at the last commits of the published history that changed them, the newest first.
    pub(crate) fn before_changes(&self, folders: &[RelPath]) -> Result<Vec<EarlierFiles>, Diagnostic> {
        let paths = self.within(folders);
        let paths: Vec<&str> = paths.iter().map(RelPath::as_str).collect();
        let chains = PublishedHistory::of(self.root(), self.commit())?.changes(MOST_CHANGES, None, &paths)?;
        let commits: Vec<&str> =
            chains.iter().flat_map(|chain| &chain.changes).map(|change| change.commit.as_str()).collect();
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let differences = self.differences(&commits, &paths)?;
        let revisions = self.since_any_of(&commits)?;
        let revisions: Vec<&str> = revisions.iter().map(String::as_str).collect();
        let graph = CommitGraph::print_all(self.root(), &revisions)?;
        let changes = changes_of_all_parents(self.root(), &revisions, &paths)?;
        let changes = TreeDifferences::of(self.root(), &changes, &paths)?;
        let (differences, graph, changes) =
            (self.file_ids(&differences)?, CommitGraph::read(&graph), self.file_ids(&changes)?);

        let folders: FolderSet = folders.iter().collect();
        let own: BTreeMap<&OutputPath, &str> = self.ids().filter(|(path, _)| folders.has(path)).collect();
        let changed = differences.iter().chain(&changes).flat_map(|(_, files)| files).filter_map(|(_, id)| *id);
        let ids: BTreeSet<&str> = own.values().copied().chain(changed).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let texts: BTreeMap<&str, Arc<str>> = ids.iter().copied().zip(contents(self.root(), &ids)?).collect();
        let text = |id: Option<&str>| id.and_then(|id| texts.get(id)).map(Arc::clone);

        let earlier = |(commit, differing): &(&str, Vec<FileBlob>)| {
            let mut files: BTreeMap<&OutputPath, Option<&str>> =
                own.iter().map(|(path, id)| (*path, Some(*id))).collect();
            files.extend(differing.iter().map(|(path, id)| (path, *id)));
            let files = files.into_iter().filter_map(|(path, id)| Some((path.clone(), text(id)?)));
            let before = graph.ancestors(commit);
            let later = changes.iter().filter(|(change, _)| !before.contains(change)).flat_map(|(_, files)| files);
            let later = later.map(|(path, id)| FileVersion { path: path.clone(), text: text(*id) });
            EarlierFiles { commit: (*commit).to_owned(), files: files.collect(), later: later.collect() }
        };
        Ok(differences.iter().map(earlier).collect())
    }

    /// The files at `paths` that are different at each of some commits.
    pub(super) fn differences<'p>(
        &self,
        commits: &[&str],
        paths: &[&'p str],
    ) -> Result<TreeDifferences<'p>, Diagnostic> {
        let compared: Vec<Published> = commits.iter().map(|commit| Published::new(commit, self.commit())).collect();
        TreeDifferences::of(self.root(), &compared, paths)
    }

    /// The revisions that select this commit and those before it, without those that all of some commits have.
    fn since_any_of(&self, commits: &[&str]) -> Result<Vec<String>, Diagnostic> {
        // Without a common commit, Git prints nothing.
        let common = run(self.root(), &[&["merge-base", "--octopus"], commits].concat(), b"")?.stdout;
        let common = String::from_utf8_lossy(&common).lines().next().map(|commit| format!("^{commit}"));
        Ok(std::iter::once(self.commit().to_owned()).chain(common).collect())
    }

    /// The changed files of the output, by commit.
    pub(super) fn file_ids<'t>(
        &self,
        differences: &'t TreeDifferences,
    ) -> Result<Vec<(&'t str, Vec<FileBlob<'t>>)>, Diagnostic> {
        let file = |file: ChangedFile<'t>| Some((below(&file.path, self.output())?, file.new_id()));
        let files = |files: Vec<ChangedFile<'t>>| files.into_iter().filter_map(file).collect();
        Ok(differences.files()?.into_iter().map(|(commit, changed)| (commit, files(changed))).collect())
    }
}
