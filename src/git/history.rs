//! The last changes of the output in the history of a commit.

use super::published::{Published, PublishedHistory};
use super::revision::{OutputAtCommit, contents, file};
use super::{FETCH_HISTORY, commit, is_shallow, run, stdout};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{OutputPath, Tree};
use crate::source::RelPath;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// At most this many changes of the output are read …
const MOST_CHANGES: usize = 30;
/// … of the last one and of the commits before it.
const MOST_COMMITS: usize = 200;
/// When this many files have been found, only plans, zone changes and removed folders are read in older changes.
const MOST_FILES: usize = 2000;

/// A file that a change modified or deleted.
struct ReplacedFile {
    path: OutputPath,
    /// The id of its content before the change.
    id: String,
    is_deleted: bool,
}

impl OutputAtCommit {
    /// For each of the last changes of the output, the newest first, the files that it modified or deleted and that are `wanted`, as
    /// they were before it, and the lock files of their folders; and a warning if some were not read. A merge is one
    /// change. A shallow clone has only the newest ones.
    pub(crate) fn changes(
        &self,
        wanted: impl Fn(&OutputPath) -> bool,
    ) -> Result<(Vec<Tree>, Option<Diagnostic>), Diagnostic> {
        let mut locks = self.locks();
        let (mut found, mut is_cut) = (0, false);
        let mut changes: Vec<Vec<(OutputPath, String)>> = Vec::new();
        for change in self.replaced_files()? {
            let is_lock = |file: &&ReplacedFile| OutputPath::lock(file.path.slug()) == file.path;
            let removed: BTreeSet<SmolStr> = change
                .iter()
                .filter(is_lock)
                .filter(|file| file.is_deleted)
                .map(|file| file.path.owned_slug())
                .collect();
            locks.extend(change.iter().filter(is_lock).map(|file| (file.path.owned_slug(), file.id.clone())));
            let is_read = |path: &OutputPath| found < MOST_FILES || !path.is_locked() || removed.contains(path.slug());
            let (files, skipped): (Vec<_>, Vec<_>) =
                change.into_iter().filter(|file| wanted(&file.path)).partition(|file| is_read(&file.path));
            is_cut |= !skipped.iter().all(|file| is_lock(&file));
            let mut files: BTreeMap<OutputPath, String> = files.into_iter().map(|file| (file.path, file.id)).collect();
            let slugs: BTreeSet<SmolStr> =
                files.keys().filter(|path| path.is_locked()).map(OutputPath::owned_slug).collect();
            found += files.len();
            files.extend(slugs.iter().filter_map(|slug| Some((OutputPath::lock(slug), locks.get(slug)?.clone()))));
            changes.push(files.into_iter().collect());
        }
        let ids: Vec<&str> = changes.iter().flatten().map(|(_, id)| id.as_str()).collect();
        let mut texts = contents(self.root(), &ids)?.into_iter();
        let tree =
            |change: Vec<(OutputPath, String)>| change.into_iter().map(|(path, _)| path).zip(&mut texts).collect();
        Ok((changes.into_iter().map(tree).collect(), is_cut.then(cut_history)))
    }

    fn replaced_files(&self) -> Result<Vec<Vec<ReplacedFile>>, Diagnostic> {
        let output = self.pathspec();
        let history = PublishedHistory::of(self.root(), self.commit())?;
        let newest = history.changes(1, &[], None, &[output])?.pop();
        let Some(Published { commit: newest, before }) = newest else { return Ok(Vec::new()) };
        if before.is_none() && is_shallow(self.root()) {
            return Err(unknown_history());
        }
        let until = commit(self.root(), &format!("{newest}~{MOST_COMMITS}")).ok();
        let commits = history.changes(MOST_CHANGES, &[], until.as_deref(), &[output])?;
        // A commit and the one before it. The first commit of a history has replaced nothing.
        let commits: String = commits
            .into_iter()
            .filter_map(|Published { commit, before }| Some(format!("{commit} {}\n", before?)))
            .collect();
        let args =
            ["--literal-pathspecs", "diff-tree", "--stdin", "--always", "-r", "-z", "--relative", "--no-renames"];
        let args = [&args[..], &["--diff-filter=DMT", "--no-abbrev", "--", output]].concat();
        let listed = stdout(run(self.root(), &args, commits.as_bytes())?)?;
        Ok(replaced_files(&String::from_utf8_lossy(&listed), self.output()))
    }

    /// The ids of the lock files, by slug.
    fn locks(&self) -> BTreeMap<SmolStr, String> {
        let ids = self.ids().filter(|(path, _)| OutputPath::lock(path.slug()) == **path);
        ids.map(|(path, id)| (path.owned_slug(), id.to_owned())).collect()
    }
}

fn cut_history() -> Diagnostic {
    let message = format!(
        "the last changes of the output replaced {MOST_FILES} files or more, so what existing branches replaced before is not searched"
    );
    Diagnostic::new(Code::History, message).help(
        "run `pleach build` after each merge, which records what a revert or a merge has lost, and merge the result",
    )
}

fn unknown_history() -> Diagnostic {
    let message = "the clone is shallow, so what the last change of the output removed is not known";
    Diagnostic::new(Code::Output, message).help(FETCH_HISTORY)
}

/// What `git diff-tree --stdin` prints: a commit, then `:mode mode id id letter` and a path for each file.
fn replaced_files(listed: &str, output: &RelPath) -> Vec<Vec<ReplacedFile>> {
    let mut changes: Vec<Vec<ReplacedFile>> = Vec::new();
    let mut words = listed.split('\0');
    while let Some(word) = words.next().filter(|word| !word.is_empty()) {
        let Some(meta) = word.strip_prefix(':') else {
            changes.push(Vec::new());
            continue;
        };
        let path = words.next().unwrap_or_default();
        let mut meta = meta.split(' ');
        let (Some(mode), Some(id)) = (meta.next(), meta.nth(1)) else { continue };
        if let (Some((id, path)), Some(change)) = (file(mode, id, path, output), changes.last_mut()) {
            change.push(ReplacedFile { path, id: id.to_owned(), is_deleted: meta.next_back() == Some("D") });
        }
    }
    changes
}
