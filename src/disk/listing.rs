//! The files and folders on the disk below the output folder. Links are not followed: pleach writes none.

use super::changes::is_leftover;
use super::{OutputDir, file};
use crate::diagnostic::{Diagnostics, Result};
use crate::output::{Lock, OutputKind, OutputPath, Tree, declares_owner, is_labelled};
use crate::source::{FolderSet, RelPath, is_git_folder};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::{DirEntry, WalkDir};

/// Every folder, the output folder included, and its entries.
pub(super) type Listing = BTreeMap<RelPath, Vec<ListedEntry>>;

/// One entry of a folder.
#[derive(Debug)]
pub(super) struct ListedEntry {
    pub(super) name: String,
    pub(super) kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Directory,
    /// A link, a pipe, a device.
    Other,
}

/// The depth of the folders of branches. Below it, folders are walked in parallel.
const BRANCHES: usize = 2;

impl OutputDir {
    /// All folders and entries; none if the output folder does not exist.
    pub(super) fn list(&self, wanted: impl Fn(&RelPath) -> bool) -> Result<Listing> {
        let mut listing = Listing::new();
        let mut deep = Vec::new();
        if !self.path.exists() {
            return Ok(listing);
        }
        // The output folder may be the root of a repository, with files of Git such as `.gitattributes`.
        let is_git = |entry: &DirEntry| entry.depth() == 1 && entry.file_name().as_encoded_bytes().starts_with(b".git");
        let walk = WalkDir::new(&self.path).max_depth(BRANCHES).into_iter().filter_entry(move |entry| !is_git(entry));
        self.walk(walk, &mut listing, |path, depth| {
            let here = depth < BRANCHES;
            if !here && wanted(path) {
                deep.push(path.clone());
            }
            here
        })?;
        let walked: Vec<Result<Listing>> = deep
            .par_iter()
            .map(|folder| {
                let mut listing = Listing::new();
                self.walk(WalkDir::new(self.path.join(folder.as_str())).into_iter(), &mut listing, |_, _| true)?;
                Ok(listing)
            })
            .collect();
        for part in crate::diagnostic::gather(walked, |part| part)? {
            listing.extend(part);
        }
        Ok(listing)
    }

    /// Adds what `walk` finds. `enter` decides for each folder whether this walk lists it.
    fn walk(
        &self,
        walk: impl Iterator<Item = walkdir::Result<DirEntry>>,
        listing: &mut Listing,
        mut enter: impl FnMut(&RelPath, usize) -> bool,
    ) -> Result<(), Diagnostics> {
        for entry in walk {
            let entry = entry.map_err(|error| {
                let path = error.path().map_or_else(RelPath::root, |path| self.below(path));
                match error.io_error() {
                    Some(error) => self.error_at(&path, "cannot be listed", error),
                    None => self.error_at(&path, "cannot be listed", &io::Error::from(error)),
                }
            })?;
            let kind = kind(&entry);
            if entry.depth() > 0 {
                let parent = self.below(entry.path().parent().unwrap_or(entry.path()));
                let name = entry.file_name().to_string_lossy().into_owned();
                listing.entry(parent).or_default().push(ListedEntry { name, kind });
            }
            if kind == EntryKind::Directory {
                let path = self.below(entry.path());
                if enter(&path, entry.depth()) {
                    listing.entry(path).or_default();
                }
            }
        }
        Ok(())
    }

    /// A path that a walk found, as seen from the output folder; what is not UTF-8 in it is replaced.
    fn below(&self, path: &Path) -> RelPath {
        let below = path.strip_prefix(&self.path).unwrap_or(path);
        RelPath::new(&below.to_string_lossy()).unwrap_or_default()
    }

    /// Whether a folder exists.
    pub(crate) fn has(&self, folder: &RelPath) -> bool {
        self.without_links(folder).is_some_and(|path| path.is_dir())
    }

    /// Whether the folder exists and has no files but those of Git.
    pub(crate) fn is_empty(&self) -> bool {
        let is_of_git = |name: std::ffi::OsString| name.to_str().is_some_and(is_git_folder);
        std::fs::read_dir(&self.path)
            .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_of_git(entry.file_name()))))
    }

    /// The path of a file or folder on the disk. `None` if it or a folder on the way is a link.
    fn without_links(&self, path: &RelPath) -> Option<PathBuf> {
        path.parts().try_fold(self.path.clone(), |folder, part| {
            let path = folder.join(part);
            (!path.is_symlink()).then_some(path)
        })
    }

    /// The text of one file, if it exists and can be read.
    pub(crate) fn text(&self, path: &RelPath) -> Option<String> {
        String::from_utf8(file::read(&self.without_links(path)?).ok()?).ok()
    }

    /// The start of the text of one file, if it exists and can be read.
    pub(super) fn start(&self, path: &RelPath) -> Option<String> {
        let start = file::read_start(&self.without_links(path)?).ok()?;
        Some(String::from_utf8_lossy(&start).into_owned())
    }

    /// The names of the folders in a folder, unordered; none if it does not exist.
    pub(crate) fn folders(&self, folder: &RelPath) -> Result<Vec<String>> {
        let error_at = |error: io::Error| self.error_at(folder, "cannot be listed", &error);
        let Some(path) = self.without_links(folder) else { return Ok(Vec::new()) };
        let entries = match std::fs::read_dir(path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            entries => entries.map_err(error_at)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(error_at)?;
            if entry.file_type().map_err(error_at)?.is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.retain(|name| !is_leftover(name));
        Ok(names)
    }

    /// The files in and below `folders` that are `wanted`, without large files that are certainly unmanaged. Invalid UTF-8 is replaced: pleach
    /// writes none.
    pub(crate) fn read(&self, folders: &[RelPath], wanted: impl Fn(&RelPath) -> bool + Sync) -> Result<Tree> {
        let folders: FolderSet = folders.iter().collect();
        let listing = self.list(|path| folders.has(path))?;
        let paths: Vec<RelPath> = listing
            .iter()
            .flat_map(|(folder, found)| {
                found.iter().filter(|f| f.kind == EntryKind::File).map(move |f| (folder, &f.name))
            })
            .filter_map(|(folder, name)| folder.join(name))
            .filter(|path| folders.has(path))
            .collect();
        let read = |path: RelPath| {
            if !wanted(&path) {
                return Ok(None);
            }
            let bytes = file::read_if(&self.path.join(path.as_str()), |start| self.may_own(&path, start))
                .map_err(|error| self.error_at(&path, "cannot be read", &error))?;
            Ok(bytes.map(|bytes| (path, Arc::<str>::from(String::from_utf8_lossy(&bytes)))))
        };
        let files: Vec<Result<Option<_>>> = paths.into_par_iter().map(read).collect();
        Ok(crate::diagnostic::gather(files, |file| file)?.into_iter().flatten().collect())
    }

    /// Whether pleach may own a file with this start.
    fn may_own(&self, path: &RelPath, start: &str) -> bool {
        let path = OutputPath::from(path.clone());
        let lock = || self.text(&OutputPath::lock(path.slug())).unwrap_or_default();
        match path.kind() {
            OutputKind::Unmanaged => false,
            OutputKind::Lock => true,
            OutputKind::Object => is_labelled(start) || Lock::names(&lock()).contains(path.name()),
            _ => declares_owner(&path, start),
        }
    }

    /// The files in and below `folders` that `tree` does not have with the same content.
    pub(crate) fn differing(&self, folders: &[RelPath], tree: &Tree) -> Result<Tree> {
        self.read(folders, |path| tree.get(path).is_none_or(|content| !self.is_same(path, content)))
    }

    fn is_same(&self, path: &RelPath, content: &str) -> bool {
        let path = self.path.join(path.as_str());
        file::with_content(&path, content, &mut Vec::new()).is_ok_and(|metadata| metadata.is_some())
    }
}

fn kind(entry: &DirEntry) -> EntryKind {
    let kind = entry.file_type();
    match () {
        () if kind.is_file() => EntryKind::File,
        () if kind.is_dir() => EntryKind::Directory,
        () => EntryKind::Other,
    }
}
