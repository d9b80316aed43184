//! Reading and writing files. No other module uses the file system.
//!
//! - [`project`] reads the files of a workspace; [`resolve`] and [`workspace`] find it.
//! - [`lock_workspace`] keeps two runs from writing at the same time.
//! - [`OutputDir`] is the output folder: [`OutputDir::compare`] compares it with a build and changes nothing,
//!   [`OutputDir::write`] writes the build to it, [`OutputDir::read`] reads it.

mod changes;
mod comparison;
mod file;
mod listing;
mod reader;
mod save;
mod unmanaged;
mod workspace_lock;
mod write;

pub(crate) use changes::final_name;
pub(crate) use comparison::{Comparison, Difference, FolderComparison};
pub(crate) use reader::{SPEC, below, first_link, project, resolve, resolve_new, workspace};
pub(crate) use save::save;
pub(crate) use workspace_lock::lock_workspace;
pub(crate) use write::WriteSummary;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::output::{OutputFolder, OutputPath};
use crate::source::RelPath;
use changes::DiskChanges;
use std::io;
use std::path::{Path, PathBuf};

/// The output folder on the disk, and how messages name it.
#[derive(Clone, Debug)]
pub(crate) struct OutputDir {
    path: PathBuf,
    shown: String,
}

impl OutputDir {
    /// The output folder at `path`, which messages call `shown`.
    pub(crate) fn new(path: PathBuf, shown: impl Into<String>) -> Self {
        OutputDir { path, shown: shown.into() }
    }

    /// The path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has files of a build.
    pub(crate) fn has_output(&self) -> bool {
        OutputFolder::ALL.into_iter().any(|folder| self.has(&folder.path()))
    }

    /// Whether it has the lock file of a branch.
    pub(crate) fn has_locks(&self) -> bool {
        let folders = self.folders(&OutputFolder::Namespaces.path()).unwrap_or_default();
        folders.iter().any(|slug| self.text(&OutputPath::lock(slug)).is_some())
    }

    /// A path below this folder as messages show it.
    pub(crate) fn show(&self, path: &RelPath) -> String {
        match (self.shown.as_str(), path.as_str()) {
            (shown, "") => shown.to_owned(),
            ("." | "", path) => path.to_owned(),
            (shown, path) => format!("{shown}/{path}"),
        }
    }

    fn error_at(&self, path: &RelPath, what: &str, error: &io::Error) -> Diagnostic {
        error_at(Path::new(&self.show(path)), what, error)
    }
}

/// Reads a text file that the user named.
pub(crate) fn load(path: &Path) -> Result<String, Diagnostic> {
    let bytes = std::fs::File::open(path).and_then(|file| file::read_limited(file, 0));
    decode(bytes.map_err(|error| error_at(path, "cannot be read", &error))?, &format!("`{}`", path.display()))
}

/// Replaces the content of a file, or deletes the file. Either all of it happens or nothing. A link stays a link: its target changes.
pub(crate) fn put(path: &Path, content: Option<&str>) -> Result<(), Diagnostic> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Some(content) = content else {
        return std::fs::remove_file(path).map_err(|error| error_at(path, "cannot be removed", &error));
    };
    let beside = changes::beside(&target);
    let written = (|| {
        let _ = std::fs::remove_file(&beside);
        DiskChanges::default().create(&beside, content)?;
        if let Ok(old) = std::fs::metadata(&target) {
            std::fs::set_permissions(&beside, old.permissions())?;
        }
        std::fs::rename(&beside, &target)
    })();
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        error_at(path, "cannot be written", &error)
    })
}

/// Reads a text from standard input.
pub(crate) fn input() -> Result<String, Diagnostic> {
    let bytes = file::read_limited(io::stdin().lock(), 0)
        .map_err(|error| Diagnostic::new(Code::Disk, format!("cannot read standard input: {}", reason(&error))))?;
    decode(bytes, "standard input")
}

/// The text that `what` has, without the byte order mark that some programs write.
fn decode(mut bytes: Vec<u8>, what: &str) -> Result<String, Diagnostic> {
    const MARK: &str = "\u{feff}";
    let line = |before: &[u8]| before.split(|&byte| byte == b'\n').count();
    if is_utf16(&bytes) {
        return Err(Diagnostic::new(Code::Usage, format!("{what} is UTF-16, not UTF-8"))
            .help("write it as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8`"));
    }
    if let Some(nul) = bytes.iter().position(|&byte| byte == 0) {
        let message = format!("line {} of {what} has a NUL character", line(&bytes[..nul]));
        return Err(Diagnostic::new(Code::Usage, message).help("remove it: the text is not a list of names or a spec"));
    }
    if bytes.starts_with(MARK.as_bytes()) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = line(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        Diagnostic::new(Code::Usage, format!("line {line} of {what} is not UTF-8"))
            .help("write it as UTF-8, or convert it, such as with `iconv -f ISO-8859-1 -t UTF-8`")
    })
}

/// Whether a text begins with a byte order mark of UTF-16, or is ASCII text in UTF-16 without one.
fn is_utf16(bytes: &[u8]) -> bool {
    let every_other_is_nul = |first| bytes.iter().skip(first).step_by(2).all(|&byte| byte == 0);
    let has_mark = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    has_mark || bytes.len() > 1 && (every_other_is_nul(0) || every_other_is_nul(1))
}

/// Whether a folder has a file that is not one of `files`.
pub(crate) fn has_others(folder: &Path, files: &[(&str, &str)]) -> bool {
    let is_known = |path: &Path| {
        let content = files.iter().find(|(known, _)| folder.join(known) == path).map(|(_, content)| content.as_bytes());
        content.is_some_and(|content| file::read(path).is_ok_and(|found| found == content))
    };
    let folders: std::collections::BTreeSet<&str> =
        files.iter().filter_map(|(path, _)| path.split_once('/')).map(|(folder, _)| folder).collect();
    let entries = folders.into_iter().flat_map(|name| walkdir::WalkDir::new(folder.join(name)));
    entries.filter_map(Result::ok).any(|entry| !entry.file_type().is_dir() && !is_known(entry.path()))
}

/// Writes files to a folder, which messages call `shown`. None of them may exist with other content.
pub(crate) fn start(folder: &Path, shown: &Path, files: &[(&str, &str)]) -> Result<()> {
    let same = |path: &Path, content: &str| file::read(path).is_ok_and(|there| there == content.as_bytes());
    let taken = files.iter().filter(|(path, content)| {
        let path = folder.join(path);
        path.symlink_metadata().is_ok() && !same(&path, content)
    });
    let exists = |(path, _): &(&str, &str)| {
        Diagnostic::new(Code::Usage, format!("`{}` exists already", shown.join(path).display()))
    };
    Diagnostics::check(taken.map(exists).collect(), ())?;
    for (path, content) in files {
        let full = folder.join(path);
        let made = full.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.map_err(|error| error_at(&full, "cannot be written", &error))?;
        save((folder, folder), Path::new(path), content)?;
    }
    Ok(())
}

/// ``` `path` cannot be read: permission denied ```
fn error_at(path: &Path, what: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::new(Code::Disk, format!("`{}` {what}: {}", path.display(), reason(error)))
}

/// The reason that the operating system gives, in lower case.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn texts_are_decoded() {
        let decoded = |bytes: &[u8]| decode(bytes.to_vec(), "x").map_err(|error| error.to_string());
        assert_eq!(decoded(b"\xef\xbb\xbfmain\n"), Ok("main\n".to_owned()));
        assert_eq!(decoded("Größe\n".as_bytes()), Ok("Größe\n".to_owned()));
        assert_eq!(decoded(b""), Ok(String::new()));
        assert_eq!(decoded(b"a\nb\0c\n"), Err("line 2 of x has a NUL character".to_owned()));
        for utf16 in [&b"\xff\xfem\0"[..], b"\xfe\xff\0m", b"m\0a\0", b"\0m\0a"] {
            assert_eq!(decoded(utf16), Err("x is UTF-16, not UTF-8".to_owned()));
        }
        assert_eq!(decoded(b"a\nGr\xf6\xdfe\n"), Err("line 2 of x is not UTF-8".to_owned()));
    }
}
