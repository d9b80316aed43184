//! Errors about unmanaged files in the output folder.

use super::{Comparison, FolderComparison, OutputDir};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{LOCK_FILE, required_declaration};

/// At most this many files per folder are named.
const NAMED: usize = 3;

impl OutputDir {
    /// One error per folder with unmanaged files.
    pub(crate) fn unmanaged(&self, comparison: &Comparison) -> Vec<Diagnostic> {
        let error_at = |folder: &FolderComparison| {
            let message = match folder.unmanaged.as_slice() {
                [] => return None,
                [name] => format!("`{}` is unmanaged", self.name(folder, name)),
                names => format!("`{}` has {} unmanaged files: {}", self.show(&folder.path), names.len(), list(names)),
            };
            Some(Diagnostic::new(Code::Output, message).help("move it elsewhere, or keep it with `--keep-unmanaged`"))
        };
        comparison.folders.iter().filter_map(error_at).collect()
    }

    /// One error per folder with unmanaged files that have the name of a file of the build.
    pub(crate) fn taken(&self, comparison: &Comparison) -> Vec<Diagnostic> {
        let error_at = |folder: &FolderComparison| {
            let message = match folder.taken.as_slice() {
                [] => return None,
                [name] => {
                    format!("`{}` is unmanaged, and the build has a file of that name", self.name(folder, name))
                }
                names => format!(
                    "{} files in `{}` are unmanaged, and the build has files of these names: {}",
                    names.len(),
                    self.show(&folder.path),
                    list(names)
                ),
            };
            let error = Diagnostic::new(Code::Output, message);
            Some(match required_declaration(&folder.path) {
                Some(required) => error.help(format!("move it elsewhere; a file that pleach owns there {required}")),
                None => error.help(format!(
                    "move it elsewhere; if pleach wrote it, its `{LOCK_FILE}` was lost: delete the folder, build, and commit the result"
                )),
            })
        };
        comparison.folders.iter().filter_map(error_at).collect()
    }

    /// The path of a file of a folder, for messages.
    pub(crate) fn name(&self, folder: &FolderComparison, name: &str) -> String {
        folder.path.join(name).map_or_else(|| name.to_owned(), |path| self.show(&path))
    }
}

fn list(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len() - first.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
