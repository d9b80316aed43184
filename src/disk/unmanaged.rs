//! Errors about unmanaged files in the output folder.

use super::{Comparison, FolderComparison, OutputDir};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{LOCK_FILE, OutputFolder, is_labelled, required_declaration};
use crate::source::RelPath;

/// At most this many files per folder are named.
const NAMED: usize = 3;
/// At most this many folders are named.
const NAMED_FOLDERS: usize = 10;

impl OutputDir {
    /// One error per folder with unmanaged files; one in all if the output folder has no output yet.
    pub(crate) fn unmanaged(&self, comparison: &Comparison) -> Vec<Diagnostic> {
        let has_more = [OutputFolder::Gitops, OutputFolder::Shared].iter().any(|folder| self.has(&folder.path()));
        if !self.has_output() && !has_more {
            return self.others(comparison).into_iter().collect();
        }
        let error_at = |folder: &FolderComparison| {
            let message = match folder.unmanaged.as_slice() {
                [] => return None,
                [name] => format!("`{}` is unmanaged", self.name(folder, name)),
                names => format!("`{}` has {} unmanaged files: {}", self.show(&folder.path), names.len(), list(names)),
            };
            let error = Diagnostic::new(Code::Output, message);
            Some(if self.has_lost_lock(folder) {
                error.help(format!(
                    "pleach wrote it, but `{}` was edited and does not list it any more: run `pleach build --keep-unmanaged`, which \
                     records what it has created, and delete it",
                    self.name(folder, LOCK_FILE)
                ))
            } else {
                error.help("move it elsewhere, or keep it with `--keep-unmanaged`")
            })
        };
        let mut errors: Vec<Diagnostic> = comparison.folders.iter().filter_map(error_at).collect();
        if errors.len() > NAMED_FOLDERS {
            let more = errors.split_off(NAMED_FOLDERS).len();
            let message = format!("{more} more folders in `{}` have unmanaged files", self.show(&RelPath::root()));
            errors.push(Diagnostic::new(Code::Output, message).help("`pleach check` lists all"));
        }
        errors
    }

    /// Whether builds have written all unmanaged files of a namespace folder.
    fn has_lost_lock(&self, folder: &FolderComparison) -> bool {
        let start = |name: &String| self.start(&folder.path.join(name)?);
        OutputFolder::of(&folder.path) == Some(OutputFolder::Namespaces)
            && folder.unmanaged.iter().all(|name| start(name).is_some_and(|start| is_labelled(&start)))
    }

    /// The error about files in a folder that is not an output folder yet. It may be the wrong one.
    fn others(&self, comparison: &Comparison) -> Option<Diagnostic> {
        let names = |folder: &FolderComparison| -> Vec<String> {
            folder.unmanaged.iter().map(|name| self.name(folder, name)).collect()
        };
        let names: Vec<String> = comparison.folders.iter().flat_map(names).collect();
        let shown = self.show(&RelPath::root());
        let message = match names.as_slice() {
            [] => return None,
            [name] => format!("`{shown}` has no output of pleach, but the file `{name}`"),
            names => format!("`{shown}` has no output of pleach, but {} other files: {}", names.len(), list(names)),
        };
        let help = "use a separate folder for the output, or keep the files with `--keep-unmanaged`";
        Some(Diagnostic::new(Code::Output, message).help(help))
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
                    "move it elsewhere; if pleach wrote it, `{}` was lost or edited: delete the folder, build, and commit the result",
                    self.name(folder, LOCK_FILE)
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
