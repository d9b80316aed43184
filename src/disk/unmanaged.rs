//! Complaints about what in the output folder is not pleach's.

use super::{Folder, Output, Survey, claim};
use crate::diagnostic::{Code, Diagnostic};
use crate::tree::LOCK;

/// At most this many files of a folder are named.
const NAMED: usize = 3;

impl Output {
    /// One complaint for each folder that holds files of somebody else.
    pub fn unmanaged(&self, survey: &Survey) -> Vec<Diagnostic> {
        let complaint = |folder: &Folder| {
            let message = match folder.unmanaged.as_slice() {
                [] => return None,
                [name] => format!("`{}` is not pleach's", self.name(folder, name)),
                names => format!(
                    "`{}` holds {} files that are not pleach's: {}",
                    self.show(&folder.path),
                    names.len(),
                    list(names)
                ),
            };
            Some(
                Diagnostic::new(Code::Output, message)
                    .help("move it elsewhere, or keep it where it is with `--keep-unmanaged`"),
            )
        };
        survey.folders.iter().filter_map(complaint).collect()
    }

    /// One complaint for each folder in which somebody took names that pleach needs.
    pub fn taken(&self, survey: &Survey) -> Vec<Diagnostic> {
        let complaint = |folder: &Folder| {
            let message = match folder.taken.as_slice() {
                [] => return None,
                [name] => {
                    format!("`{}` stands where pleach writes a file, and is not pleach's", self.name(folder, name))
                }
                names => format!(
                    "{} files in `{}` stand where pleach writes files, and are not pleach's: {}",
                    names.len(),
                    self.show(&folder.path),
                    list(names)
                ),
            };
            let error = Diagnostic::new(Code::Output, message);
            Some(match claim::words(&folder.path) {
                Some(words) => error.help(format!("move it elsewhere; what pleach writes there {words}")),
                None => error.help(format!(
                    "move it elsewhere; if pleach wrote it, its `{LOCK}` was lost: remove the folder, build, and commit all of it"
                )),
            })
        };
        survey.folders.iter().filter_map(complaint).collect()
    }

    /// A file of a folder as messages show it.
    pub fn name(&self, folder: &Folder, name: &str) -> String {
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
