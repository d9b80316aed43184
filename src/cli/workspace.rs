//! The workspace that a command works in.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::disk::{self, OutputDir};
use crate::source::{Project, RelPath};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for another run that writes to the same workspace.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// A workspace on the disk.
pub(super) struct Workspace {
    /// The files, by their path in the workspace.
    pub(super) project: Project,
    /// The path of the folder, without links.
    pub(super) root: PathBuf,
}

impl Workspace {
    /// The workspace in the folder `here` or in a folder above it.
    pub(super) fn around(here: &Path) -> Result<Self> {
        let root = disk::workspace(here).ok_or_else(|| {
            Diagnostic::new(Code::Usage, format!("no `{}` in this folder or in a folder above", disk::SPEC))
                .help("`pleach init` writes a workspace, `-C DIR` works in another folder")
        })?;
        Ok(Workspace { project: disk::project(root, here), root: root.to_owned() })
    }

    /// The output folder `folder` of the workspace.
    pub(super) fn output(&self, folder: &RelPath) -> OutputDir {
        OutputDir::new(self.root.join(folder.as_str()), self.project.show(folder))
    }
}
