//! Where the workspace was at earlier commits: somebody may have moved it to another folder of its repository.
//!
//! It was in another folder if the change that added its spec here removed a spec of the same project there. A copy beside the original
//! is another workspace.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::disk;
use crate::git;
use crate::output::HistoryParents;
use crate::source::{FolderPath, RelPath};
use crate::spec::{self, EarlierSpec};
use smol_str::SmolStr;
use std::path::Path;
use std::sync::Arc;

/// What to do if the base revision is not known.
pub(super) const NAME_THE_BASE: &str =
    "name the last output that was published with `--base DIR`; if nothing was ever published, name an empty folder";

/// At most this many moves are followed.
const MOST_MOVES: usize = 10;

/// A workspace in the history of its repository.
pub(super) struct WorkspaceHistory<'a> {
    /// The folder of the repository.
    root: &'a Path,
    /// The folder of the workspace in it.
    folder: RelPath,
    project: &'a str,
}

/// The folder of a workspace up to a commit.
pub(super) struct WorkspaceAt {
    folder: RelPath,
    commit: String,
    /// The text of its spec at the commit, if it has one.
    spec: Option<Arc<str>>,
}

impl WorkspaceAt {
    /// The name of the project at the commit.
    pub(super) fn project(&self) -> Option<SmolStr> {
        EarlierSpec::read(self.spec.as_ref()?).project
    }
}

impl<'a> WorkspaceHistory<'a> {
    /// The history of the workspace in a folder. `None` if it is not in a repository.
    pub(super) fn of(workspace: &'a Path, project: &'a str) -> Option<Self> {
        let root = git::repository(workspace)?;
        Some(WorkspaceHistory { root, folder: disk::below(root, workspace)?, project })
    }

    /// Whether its repository has a commit. The output may be in another one.
    pub(super) fn has_commit(&self, commit: &str) -> bool {
        git::has_commit(self.root, commit)
    }

    /// Where the workspace was at a commit, if it existed.
    pub(super) fn at(&self, commit: &str) -> Result<Option<WorkspaceAt>> {
        if let Some(spec) = self.spec(commit, &self.folder)? {
            return Ok(Some(WorkspaceAt { folder: self.folder.clone(), commit: commit.to_owned(), spec: Some(spec) }));
        }
        let exists = |path: &RelPath| self.root.join(path.as_str()).is_file();
        let mut removed = self.removed(commit, self.project, exists)?;
        match removed.len() {
            0 | 1 => Ok(removed.pop()),
            _ => {
                let names: Vec<String> = removed.iter().map(|at| format!("`{}`", at.folder)).collect();
                let message = format!(
                    "the workspace has been moved, and it is not known from where: the base revision has the project `{}` in {}",
                    self.project,
                    names.join(" and ")
                );
                Err(Diagnostic::new(Code::Output, message).help(NAME_THE_BASE).into())
            }
        }
    }

    /// Whether the workspace is in the same folder now.
    pub(super) fn is_here(&self, at: &WorkspaceAt) -> bool {
        at.folder == self.folder
    }

    /// The path of its folder at a commit, relative to its present one.
    pub(super) fn path(&self, at: &WorkspaceAt) -> Option<FolderPath> {
        FolderPath::new(&at.folder.relative_to(&self.folder))
    }

    /// The folder of the output at a commit.
    pub(super) fn output(&self, at: &WorkspaceAt) -> Option<FolderPath> {
        self.output_of(at, at.spec.as_ref()?)
    }

    /// The folders of the output up to a commit, the last one first.
    pub(super) fn outputs(&self, commit: &str) -> Result<Vec<FolderPath>> {
        let mut outputs = Vec::new();
        for at in self.folders(commit)? {
            let texts = self.versions(&at, (None, HistoryParents::Published), &[spec::FILE])?;
            outputs.extend(texts.iter().filter_map(|text| self.output_of(&at, text)));
        }
        Ok(outputs)
    }

    /// The texts that the files of the spec have had up to a commit, the newest first, but not those that only the commit `after` and
    /// its history have.
    pub(super) fn specs(
        &self,
        (after, commit): (Option<&str>, &str),
        parents: HistoryParents,
    ) -> Result<Vec<Arc<str>>> {
        let mut texts = Vec::new();
        for at in self.folders(commit)? {
            texts.extend(self.versions(&at, (after, parents), &[spec::FILE, spec::FOLDER])?);
        }
        Ok(texts)
    }

    /// The folders of the workspace up to a commit, the last one first. The present one is always among them.
    fn folders(&self, commit: &str) -> Result<Vec<WorkspaceAt>> {
        let mut folders = vec![WorkspaceAt { folder: self.folder.clone(), commit: commit.to_owned(), spec: None }];
        let mut next = match self.at(commit)? {
            Some(at) if self.is_here(&at) => self.before(&at)?,
            at => at,
        };
        while let Some(at) = next.filter(|_| folders.len() <= MOST_MOVES) {
            next = self.before(&at)?;
            folders.push(at);
        }
        Ok(folders)
    }

    /// Where the workspace was before it was moved to its folder at a commit.
    fn before(&self, WorkspaceAt { folder, commit, .. }: &WorkspaceAt) -> Result<Option<WorkspaceAt>> {
        let Some((added, Some(parent))) = git::last_addition(self.root, commit, &file(folder))? else {
            return Ok(None);
        };
        let project = self.spec(&added, folder)?.and_then(|text| EarlierSpec::read(&text).project);
        let Some(project) = project else { return Ok(None) };
        let after = git::files_named(self.root, &added, spec::FILE)?;
        let mut removed = self.removed(&parent, &project, |path| after.contains(path))?;
        Ok(removed.pop().filter(|_| removed.is_empty()))
    }

    /// The workspaces of a project at a commit whose specs do not exist any more.
    fn removed(&self, commit: &str, project: &str, exists: impl Fn(&RelPath) -> bool) -> Result<Vec<WorkspaceAt>> {
        let paths = git::files_named(self.root, commit, spec::FILE)?;
        let paths: Vec<&str> = paths.iter().filter(|path| !exists(path)).map(RelPath::as_str).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let texts = git::texts(self.root, commit, &paths)?;
        let at = |(path, text): (RelPath, Arc<str>)| WorkspaceAt {
            folder: path.parent(),
            commit: commit.to_owned(),
            spec: Some(text),
        };
        Ok(texts.into_iter().map(at).filter(|at| at.project().as_deref() == Some(project)).collect())
    }

    /// The text of the spec in a folder at a commit.
    fn spec(&self, commit: &str, folder: &RelPath) -> Result<Option<Arc<str>>> {
        let texts = git::texts(self.root, commit, &[file(folder).as_str()])?;
        Ok(texts.into_values().next())
    }

    fn versions(
        &self,
        at: &WorkspaceAt,
        (after, parents): (Option<&str>, HistoryParents),
        names: &[&str],
    ) -> Result<Vec<Arc<str>>> {
        let paths: Vec<RelPath> = names.iter().filter_map(|name| at.folder.join(name)).collect();
        let paths: Vec<&str> = paths.iter().map(RelPath::as_str).collect();
        Ok(git::versions(self.root, (after, &at.commit), parents, &paths)?)
    }

    /// The folder of the output that the text of a spec names.
    fn output_of(&self, at: &WorkspaceAt, text: &str) -> Option<FolderPath> {
        let output = EarlierSpec::read(text).output_folder();
        FolderPath::new(&format!("{}/{output}", at.folder.relative_to(&self.folder)))
    }
}

/// The file of the spec in a folder.
fn file(folder: &RelPath) -> RelPath {
    folder.join(spec::FILE).expect("a plain name")
}
