//! The folders that a build has entered, to detect cycles.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::Input;
use crate::limits::FOLDER_DEPTH;
use crate::source::RelPath;

/// The folders from the root of a build to the current one, symbolic links resolved.
pub(crate) struct FolderTrail<'t> {
    folder: RelPath,
    up: Option<&'t FolderTrail<'t>>,
    /// The number of folders above.
    depth: usize,
}

impl<'t> FolderTrail<'t> {
    /// The trail of a build that begins in `folder`.
    pub(crate) fn root(input: &Input, folder: &RelPath) -> Self {
        FolderTrail { folder: real(input, folder), up: None, depth: 0 }
    }

    /// The trail extended by `folder`; an error if that contains a folder of the trail, which is a cycle.
    pub(crate) fn down(&'t self, input: &Input, folder: &RelPath) -> Result<Self, Diagnostic> {
        let folder = real(input, folder);
        let mut visited = Some(self);
        while let Some(trail) = visited {
            if trail.folder.is_within(&folder) {
                let [outer, inner] = [&folder, &trail.folder].map(|folder| input.project.show(folder));
                let message = if inner == outer {
                    format!("`{outer}` includes itself")
                } else {
                    format!("`{outer}` contains `{inner}`, which includes it")
                };
                return Err(Diagnostic::new(Code::Overlay, message));
            }
            visited = trail.up;
        }
        let depth = self.depth + 1;
        if depth > FOLDER_DEPTH {
            let message = format!("more than {FOLDER_DEPTH} folders include each other");
            return Err(Diagnostic::new(Code::Overlay, message));
        }
        Ok(FolderTrail { folder, up: Some(self), depth })
    }
}

fn real(input: &Input, folder: &RelPath) -> RelPath {
    input.project.real(folder).unwrap_or_else(|| folder.clone())
}
