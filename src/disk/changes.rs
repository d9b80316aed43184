//! Changes of the disk, one at a time. Every change that a build makes goes through here, so that a test can let any of
//! them be the last.
//!
//! Files are never changed in place: they are written under a name of [`beside`] and renamed, so that a crash leaves
//! whole files only, and a file with another hard link keeps its content and mode there. Nothing is synced to the disk: the committed output is in git, and a run after a power cut
//! compares all bytes and replaces incomplete files.

use crate::hex;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The mode of every file, whatever the umask.
const MODE: u32 = 0o644;

/// What changes the disk.
#[derive(Debug, Default)]
pub(super) struct DiskChanges {
    /// Whether the umask takes away bits of [`MODE`]; known after the first file.
    pub(super) umask_bites: OnceLock<bool>,
    #[cfg(test)]
    pub(super) changes_left: Option<std::sync::atomic::AtomicUsize>,
}

/// The path under which `path` is written before it is renamed: `.NAME.DIGEST.pleach`. The digest is that of the name, so no
/// other program makes such a name by accident.
pub(super) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.pleach", digest(&name)))
}

/// The final name of a temporary file or folder, which an interrupted run has left. `None` for every other name.
pub(crate) fn final_name(name: &str) -> Option<&str> {
    let (name, end) = name.strip_prefix('.')?.strip_suffix(".pleach")?.rsplit_once('.')?;
    (end == digest(name)).then_some(name)
}

/// Whether a name is one that [`beside`] makes.
pub(super) fn is_leftover(name: &str) -> bool {
    final_name(name).is_some()
}

/// The first 8 hexadecimal digits of the SHA-256 of a name.
fn digest(name: &str) -> String {
    hex::encode(&Sha256::digest(name.as_bytes())[..4])
}

impl DiskChanges {
    /// Creates a file that is not there.
    pub(super) fn create(&self, path: &Path, content: &str) -> io::Result<()> {
        #[cfg(test)]
        if let Err(crash) = self.change() {
            fs::write(path, &content[..content.len() / 2]).unwrap();
            return Err(crash);
        }
        let mut file = create_new(path)?;
        file.write_all(content.as_bytes())?;
        match self.umask_bites.get() {
            Some(false) => Ok(()),
            Some(true) => set_mode(&file, MODE),
            None => {
                let bites = mode(&file.metadata()?) != MODE;
                self.umask_bites.get_or_init(|| bites);
                if bites { set_mode(&file, MODE) } else { Ok(()) }
            }
        }
    }

    /// Writes a file, and replaces an existing one. If that fails, no temporary file stays.
    pub(super) fn replace(&self, path: &Path, content: &str) -> io::Result<()> {
        let beside = beside(path);
        let replaced = self.create(&beside, content).and_then(|()| self.rename(&beside, path));
        if replaced.is_err() {
            // If this fails too, the next run removes it.
            let _ = self.remove_file(&beside);
        }
        replaced
    }

    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        fs::create_dir(path)
    }

    pub(super) fn make_folders(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        fs::create_dir_all(path)
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        fs::rename(from, to)
    }

    pub(super) fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        fs::remove_file(path)
    }

    /// Removes a folder if nothing is left in it.
    pub(super) fn remove_empty_folder(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        match fs::remove_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            done => done,
        }
    }

    #[cfg(not(test))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "in tests it counts and fails")]
    fn change(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn change(&self) -> io::Result<()> {
        use std::sync::atomic::Ordering::Relaxed;
        let Some(left) = &self.changes_left else { return Ok(()) };
        left.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1))
            .map(drop)
            .map_err(|_| io::Error::other("the test ends the run here"))
    }
}

#[cfg(unix)]
fn create_new(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// The permission bits of a file.
#[cfg(unix)]
pub(super) fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn mode(_: &fs::Metadata) -> u32 {
    MODE
}
