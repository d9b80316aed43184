//! The last changes of the output in the history of a commit.

use super::published::{ChainChanges, Published, PublishedHistory};
use super::raw::{ChangedFile, RAW, changed_files};
use super::revision::{OutputAtCommit, below, contents};
use super::{FETCH_HISTORY, commit, is_shallow, run, stdout};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{OutputPath, Tree};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// At most this many changes of the output are read …
pub(super) const MOST_CHANGES: usize = 30;
/// … of the last one and of the commits before it.
const MOST_COMMITS: usize = 200;
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
                    .filter(|file| file.is_lock() && file.is_deleted)
                    .map(|file| file.path.owned_slug())
                    .collect();
                let changed = change.iter().filter(|file| file.is_lock());
                locks.extend(changed.map(|file| (file.path.owned_slug(), file.id.clone())));
                let is_read =
                    |path: &OutputPath| found < most_files || !path.is_locked() || removed.contains(path.slug());
                let (files, skipped): (Vec<_>, Vec<_>) =
                    change.into_iter().filter(|file| wanted(&file.path)).partition(|file| is_read(&file.path));
                is_cut |= !skipped.iter().all(ReplacedFile::is_lock);
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
        let newest = history.last_change(&[], &[output])?;
        let Some(Published { commit: newest, before }) = newest else { return Ok(Vec::new()) };
        if before.is_none() && is_shallow(self.root()) {
            return Err(unknown_history());
        }
        let until = commit(self.root(), &format!("{newest}~{MOST_COMMITS}")).ok();
        let chains = history.changes(MOST_CHANGES, &[], until.as_deref(), &[output])?;
        // A commit and the one before it. The first commit of a history has replaced nothing.
        let lines = |chain: &ChainChanges| {
            let change = |change: &Published| Some(format!("{} {}\n", change.commit, change.before.as_ref()?));
            chain.changes.iter().filter_map(change).collect::<Vec<String>>()
        };
        let lines: Vec<(String, Vec<String>)> =
            chains.into_iter().map(|chain| (chain.newest.clone(), lines(&chain))).collect();
        let commits: String = lines.iter().flat_map(|(_, lines)| lines.iter().map(String::as_str)).collect();
        let args = ["--literal-pathspecs", "diff-tree", "--stdin", "--always", "-r", "--relative", "--diff-filter=DMT"];
        let listed = stdout(run(self.root(), &[&args[..], &RAW, &["--", output]].concat(), commits.as_bytes())?)?;
        let listed = String::from_utf8_lossy(&listed);
        let mut changes = changed_files(&listed).into_iter().map(|(_, files)| files);
        let mut chains = Vec::new();
        for (newest, lines) in lines.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            let changes = changes.by_ref().take(lines.len()).map(|files| self.replaced(files)).collect();
            chains.push(ReplacedFiles { locks: self.locks_at(&newest)?, changes });
        }
        Ok(chains)
    }

    fn replaced(&self, files: Vec<ChangedFile>) -> Vec<ReplacedFile> {
        let replaced = |file: ChangedFile| {
            let (path, id) = (below(file.path, self.output())?, file.old_id()?.to_owned());
            Some(ReplacedFile { path, id, is_deleted: file.is_deleted() })
        };
        files.into_iter().filter_map(replaced).collect()
    }

    /// The lock files at a commit of the same history.
    fn locks_at(&self, commit: &str) -> Result<BTreeMap<SmolStr, String>, Diagnostic> {
        if commit == self.commit() {
            return Ok(self.locks());
        }
        Ok(OutputAtCommit::at(self.root(), commit, self.output())?.locks())
    }

    /// The ids of the lock files, by slug.
    fn locks(&self) -> BTreeMap<SmolStr, String> {
        let ids = self.ids().filter(|(path, _)| OutputPath::lock(path.slug()) == **path);
        ids.map(|(path, id)| (path.owned_slug(), id.to_owned())).collect()
    }
}

impl ReplacedFile {
    fn is_lock(&self) -> bool {
        OutputPath::lock(self.path.slug()) == self.path
    }
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
