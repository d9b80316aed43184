//! The last changes of the output in the history of a commit.

use super::earlier_files::FileBlob;
use super::published::{ChainChanges, MOST_CHANGES, MOST_COMMITS, PublishedHistory};
use super::published_commit::Published;
use super::raw::ChangedFile;
use super::revision::{OutputAtCommit, below, contents};
use super::tree_differences::TreeDifferences;
use super::{FETCH_HISTORY, commit, is_shallow};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{OutputFolder, OutputPath, Tree};
use crate::source::RelPath;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// When this many files have been found, only plans, zone changes and removed folders are read in older changes. 30 changes of one object
/// in 600 branches are less.
pub(crate) const MOST_FILES: usize = 20_000;

/// A file that a change modified or deleted.
struct ReplacedFile {
    path: OutputPath,
    /// The id of its content before the change.
    id: String,
    is_deleted: bool,
}

/// What each change of a chain of commits has replaced, the newest first.
struct ReplacedFiles {
    /// The ids of the lock files at the newest commit, by slug.
    locks: BTreeMap<SmolStr, String>,
    changes: Vec<Vec<ReplacedFile>>,
}

impl OutputAtCommit {
    /// For each of the last changes of the output, the newest first, the files that it modified or deleted and that are `wanted`, as
    /// they were before it, and the lock files of their folders; and a warning if some were not read, because there are more than
    /// `most_files`. A merge is one change. A shallow clone has only the newest ones.
    pub(crate) fn changes(
        &self,
        most_files: usize,
        wanted: impl Fn(&OutputPath) -> bool,
    ) -> Result<(Vec<Tree>, Option<Diagnostic>), Diagnostic> {
        let (mut found, mut is_cut) = (0, false);
        let mut changes: Vec<Vec<(OutputPath, String)>> = Vec::new();
        for ReplacedFiles { mut locks, changes: replaced } in self.replaced_files()? {
            for change in replaced {
                let removed: BTreeSet<SmolStr> = change
                    .iter()
                    .filter(|file| is_lock(&file.path) && file.is_deleted)
                    .map(|file| file.path.owned_slug())
                    .collect();
                let changed = change.iter().filter(|file| is_lock(&file.path));
                locks.extend(changed.map(|file| (file.path.owned_slug(), file.id.clone())));
                let is_read =
                    |path: &OutputPath| found < most_files || !path.is_locked() || removed.contains(path.slug());
                let (files, skipped): (Vec<_>, Vec<_>) =
                    change.into_iter().filter(|file| wanted(&file.path)).partition(|file| is_read(&file.path));
                is_cut |= !skipped.iter().all(|file| is_lock(&file.path));
                found += files.len();
                changes.push(with_locks(files, &locks));
            }
        }
        let ids: Vec<&str> = changes.iter().flatten().map(|(_, id)| id.as_str()).collect();
        let mut texts = contents(self.root(), &ids)?.into_iter();
        let tree =
            |change: Vec<(OutputPath, String)>| change.into_iter().map(|(path, _)| path).zip(&mut texts).collect();
        Ok((changes.into_iter().map(tree).collect(), is_cut.then(|| cut_history(most_files))))
    }

    fn replaced_files(&self) -> Result<Vec<ReplacedFiles>, Diagnostic> {
        let output = self.pathspec();
        let history = PublishedHistory::of(self.root(), self.commit())?;
        let newest = history.last_change(&[output])?;
        let Some(Published { commit: newest, before }) = newest else { return Ok(Vec::new()) };
        if before.is_none() && is_shallow(self.root()) {
            return Err(unknown_history());
        }
        let until = commit(self.root(), &format!("{newest}~{MOST_COMMITS}")).ok();
        let chains = history.changes(MOST_CHANGES, until.as_deref(), &[output])?;
        // The first commit of a history has replaced nothing.
        let replacing = |mut chain: ChainChanges| {
            chain.changes.retain(|change| change.before.is_some());
            chain
        };
        let chains = chains.into_iter().map(replacing).filter(|chain| !chain.changes.is_empty());
        let chains: Vec<ChainChanges> = chains.collect();
        let all: Vec<Published> = chains.iter().flat_map(|chain| &chain.changes).cloned().collect();
        let paths = [output];
        let differences = TreeDifferences::of(self.root(), &all, &paths)?;
        let mut changes = differences.files()?.into_iter().map(|(_, files)| files);
        let newest: Vec<&str> = chains.iter().map(|chain| chain.newest.as_str()).collect();
        let replaced = |(chain, locks): (&ChainChanges, BTreeMap<SmolStr, String>)| {
            let changes = changes.by_ref().take(chain.changes.len()).map(|files| self.replaced(files)).collect();
            ReplacedFiles { locks, changes }
        };
        Ok(chains.iter().zip(self.locks_at(&newest)?).map(replaced).collect())
    }

    fn replaced(&self, files: Vec<ChangedFile>) -> Vec<ReplacedFile> {
        let replaced = |file: ChangedFile| {
            let (path, id) = (below(&file.path, self.output())?, file.old_id()?.to_owned());
            Some(ReplacedFile { path, id, is_deleted: file.is_deleted() })
        };
        files.into_iter().filter_map(replaced).collect()
    }

    /// The ids of the lock files at some commits of the same history, by slug.
    fn locks_at(&self, commits: &[&str]) -> Result<Vec<BTreeMap<SmolStr, String>>, Diagnostic> {
        let locks = self.ids().filter(|(path, _)| is_lock(path));
        let own: BTreeMap<SmolStr, String> = locks.map(|(path, id)| (path.owned_slug(), id.to_owned())).collect();
        if commits.iter().all(|commit| *commit == self.commit()) {
            return Ok(vec![own; commits.len()]);
        }
        let folders = self.within(&[OutputFolder::Namespaces.path()]);
        let folders: Vec<&str> = folders.iter().map(RelPath::as_str).collect();
        let differences = self.differences(commits, &folders)?;
        let locks = |(_, differing): (&str, Vec<FileBlob>)| {
            let mut locks = own.clone();
            for (path, id) in differing.into_iter().filter(|(path, _)| is_lock(path)) {
                match id {
                    Some(id) => locks.insert(path.owned_slug(), id.to_owned()),
                    None => locks.remove(path.slug()),
                };
            }
            locks
        };
        Ok(self.file_ids(&differences)?.into_iter().map(locks).collect())
    }
}

fn is_lock(path: &OutputPath) -> bool {
    OutputPath::lock(path.slug()) == *path
}

/// The ids of some files, and of the lock files of their folders.
fn with_locks(files: Vec<ReplacedFile>, locks: &BTreeMap<SmolStr, String>) -> Vec<(OutputPath, String)> {
    let mut ids: BTreeMap<OutputPath, String> = files.into_iter().map(|file| (file.path, file.id)).collect();
    let slugs: BTreeSet<SmolStr> = ids.keys().filter(|path| path.is_locked()).map(OutputPath::owned_slug).collect();
    ids.extend(slugs.iter().filter_map(|slug| Some((OutputPath::lock(slug), locks.get(slug)?.clone()))));
    ids.into_iter().collect()
}

fn cut_history(most_files: usize) -> Diagnostic {
    let message = format!(
        "the last changes of the output replaced {most_files} files or more, so what existing branches replaced before is not searched"
    );
    Diagnostic::new(Code::History, message).help(
        "run `pleach build` after each merge, which records what a revert or a merge has lost, and merge the result",
    )
}

fn unknown_history() -> Diagnostic {
    let message = "the clone is shallow, so what the last change of the output removed is not known";
    Diagnostic::new(Code::Output, message).help(FETCH_HISTORY)
}
