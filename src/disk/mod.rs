//! Reading a project, writing a tree: the only place that touches a disk.
//!
//! - [`project`] reads the texts of a folder, [`resolve`] and [`workspace`] find the folder.
//! - [`turn`] keeps two runs from writing at once.
//! - [`Output`] is the output folder: [`Output::survey`] compares it with a tree and changes nothing, [`Output::write`]
//!   makes it that tree, [`Output::read`] is its content.

pub mod claim;
mod hand;
mod listing;
mod reader;
mod survey;
mod turn;
mod unmanaged;
mod write;

pub use reader::{SPEC, below, project, resolve, workspace};
pub use survey::{Folder, How, Survey};
pub use turn::{Turn, turn};
pub use write::Written;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::source::RelPath;
use hand::Hand;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of output, and how it is shown to people.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    shown: String,
}

impl Output {
    /// The output folder at `path`, which messages call `shown`.
    pub fn new(path: PathBuf, shown: impl Into<String>) -> Self {
        Output { path, shown: shown.into() }
    }

    /// A path below this folder as messages show it.
    pub fn show(&self, path: &RelPath) -> String {
        match (self.shown.as_str(), path.as_str()) {
            (shown, "") => shown.to_owned(),
            ("." | "", path) => path.to_owned(),
            (shown, path) => format!("{shown}/{path}"),
        }
    }

    fn complaint(&self, path: &RelPath, what: &str, error: &io::Error) -> Diagnostic {
        complaint(Path::new(&self.show(path)), what, error)
    }
}

/// Reads a file that somebody asked for by name.
pub fn load(path: &Path) -> Result<String, Diagnostic> {
    std::fs::read_to_string(path).map_err(|error| complaint(path, "cannot be read", &error))
}

/// Writes a file that somebody asked for by name.
pub fn save(path: &Path, content: &str) -> Result<(), Diagnostic> {
    std::fs::write(path, content).map_err(|error| complaint(path, "cannot be written", &error))
}

/// Gives a file new content, whole or not at all, or removes it. A link stays, what it leads to changes.
pub fn put(path: &Path, content: Option<&str>) -> Result<(), Diagnostic> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Some(content) = content else {
        return std::fs::remove_file(path).map_err(|error| complaint(path, "cannot be removed", &error));
    };
    let written = (|| {
        let beside = hand::beside(&target);
        let _ = std::fs::remove_file(&beside);
        Hand::default().create(&beside, content)?;
        if let Ok(old) = std::fs::metadata(&target) {
            std::fs::set_permissions(&beside, old.permissions())?;
        }
        std::fs::rename(&beside, &target)
    })();
    written.map_err(|error| complaint(path, "cannot be written", &error))
}

/// What comes on standard input.
pub fn input() -> Result<String, Diagnostic> {
    io::read_to_string(io::stdin())
        .map_err(|error| Diagnostic::new(Code::Disk, format!("standard input cannot be read: {}", reason(&error))))
}

/// Writes files to a folder, `shown` to people, in which nothing else goes by their names yet.
pub fn start(folder: &Path, shown: &Path, files: &[(&str, &str)]) -> Result<()> {
    let same = |path: &Path, content: &str| std::fs::read(path).is_ok_and(|there| there == content.as_bytes());
    let taken = files.iter().filter(|(path, content)| {
        let path = folder.join(path);
        path.symlink_metadata().is_ok() && !same(&path, content)
    });
    let complaint = |(path, _): &(&str, &str)| {
        Diagnostic::new(Code::Usage, format!("`{}` is there already", shown.join(path).display()))
    };
    Diagnostics::check(taken.map(complaint).collect(), ())?;
    for (path, content) in files {
        let path = folder.join(path);
        let written =
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, content));
        written.map_err(|error| self::complaint(&path, "cannot be written", &error))?;
    }
    Ok(())
}

/// ``` `path` cannot be read: permission denied ```
fn complaint(path: &Path, what: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::new(Code::Disk, format!("`{}` {what}: {}", path.display(), reason(error)))
}

/// What the system says, in the form of a complaint.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
