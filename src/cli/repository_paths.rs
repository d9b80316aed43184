//! Paths from the root of the Git repository: GitHub and GitLab know files by these, also if the workspace is a folder of the
//! repository.

use super::workspace::Workspace;
use crate::disk;
use crate::git;
use crate::source::RelPath;
use std::path::Path;

/// The paths of the files of a workspace; from the workspace itself, if it is in no repository.
#[derive(Debug)]
pub(super) struct RepositoryPaths<'w> {
    root: &'w Path,
    workspace: RelPath,
}

impl<'w> RepositoryPaths<'w> {
    pub(super) fn of(workspace: &'w Workspace) -> Self {
        let root = git::repository(&workspace.root).unwrap_or(&workspace.root);
        RepositoryPaths { root, workspace: disk::below(root, &workspace.root).unwrap_or_default() }
    }

    /// The path of a file of the workspace.
    pub(super) fn input(&self, path: &RelPath) -> String {
        self.workspace.join(path.as_str()).unwrap_or_default().to_string()
    }

    /// The path of a file of the disk; `None` if it is not in the repository.
    pub(super) fn file(&self, path: &Path) -> Option<String> {
        disk::below(self.root, path).map(|path| path.to_string())
    }
}
