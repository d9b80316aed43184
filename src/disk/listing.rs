//! What stands in the output folder, by folder. Links are not followed: pleach writes none.

use super::Output;
use super::hand::is_leftover;
use crate::diagnostic::{Diagnostics, Result};
use crate::source::RelPath;
use crate::tree::Tree;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// Every folder, the output folder itself included, and what is in it.
pub(super) type Listing = BTreeMap<RelPath, Vec<Found>>;

/// One name in a folder.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What goes by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// A link, a pipe, a device.
    Other,
}

/// The folders of branches stand this deep; below, they are walked in parallel.
const BRANCHES: usize = 2;

impl Output {
    /// What is there; an output folder that is not there has nothing in it.
    pub(super) fn list(&self, wanted: impl Fn(&RelPath) -> bool) -> Result<Listing> {
        let mut listing = Listing::new();
        let mut deep = Vec::new();
        if !self.path.exists() {
            return Ok(listing);
        }
        self.walk(WalkDir::new(&self.path).max_depth(BRANCHES), &mut listing, |path, depth| {
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
                self.walk(WalkDir::new(self.path.join(folder.as_str())), &mut listing, |_, _| true)?;
                Ok(listing)
            })
            .collect();
        for part in crate::diagnostic::gather(walked, |part| part)? {
            listing.extend(part);
        }
        Ok(listing)
    }

    /// Adds what `walk` finds; `enter` says of each folder whether this walk lists it.
    fn walk(
        &self,
        walk: WalkDir,
        listing: &mut Listing,
        mut enter: impl FnMut(&RelPath, usize) -> bool,
    ) -> Result<(), Diagnostics> {
        for entry in walk {
            let entry = entry.map_err(|error| {
                let path = error.path().map_or_else(RelPath::root, |path| self.below(path));
                self.complaint(&path, "cannot be listed", &io::Error::from(error))
            })?;
            let kind = kind(&entry);
            if entry.depth() > 0 {
                let parent = self.below(entry.path().parent().unwrap_or(entry.path()));
                let name = entry.file_name().to_string_lossy().into_owned();
                listing.entry(parent).or_default().push(Found { name, kind });
            }
            if kind == Kind::Folder {
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

    /// Whether there is a folder of that path.
    pub fn has(&self, folder: &RelPath) -> bool {
        self.path.join(folder.as_str()).is_dir()
    }

    /// Whether there is a file of that path.
    pub fn has_file(&self, path: &RelPath) -> bool {
        self.path.join(path.as_str()).is_file()
    }

    /// The text of one file, if it is there and can be read.
    pub fn text(&self, path: &RelPath) -> Option<String> {
        std::fs::read_to_string(self.path.join(path.as_str())).ok()
    }

    /// The names of the folders in a folder, in no order; none if it is not there.
    pub fn folders(&self, folder: &RelPath) -> Result<Vec<String>> {
        let complaint = |error: io::Error| self.complaint(folder, "cannot be listed", &error);
        let entries = match std::fs::read_dir(self.path.join(folder.as_str())) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            entries => entries.map_err(complaint)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(complaint)?;
            if entry.file_type().map_err(complaint)?.is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.retain(|name| !is_leftover(name));
        Ok(names)
    }

    /// The files that are there, in and below `folders` as far as they are `wanted`. What is not UTF-8 in them is
    /// replaced, for nothing that pleach writes is not.
    pub fn read(&self, folders: &[RelPath], wanted: impl Fn(&RelPath) -> bool) -> Result<Tree> {
        let is_within = |path: &RelPath| folders.iter().any(|folder| path.is_within(folder));
        let listing = self.list(is_within)?;
        let paths: Vec<RelPath> = listing
            .iter()
            .flat_map(|(folder, found)| found.iter().filter(|f| f.kind == Kind::File).map(move |f| (folder, &f.name)))
            .filter_map(|(folder, name)| folder.join(name))
            .filter(|path| is_within(path) && wanted(path))
            .collect();
        let read = |path: RelPath| {
            let bytes = std::fs::read(self.path.join(path.as_str()))
                .map_err(|error| self.complaint(&path, "cannot be read", &error))?;
            Ok((path, String::from_utf8_lossy(&bytes).into()))
        };
        let files: Vec<Result<_>> = paths.into_par_iter().map(read).collect();
        Ok(crate::diagnostic::gather(files, |file| file)?.into_iter().collect())
    }

    /// Those of `paths` that are files there.
    pub fn files(&self, paths: &[RelPath]) -> Result<Tree> {
        let read = |path: &RelPath| match std::fs::read(self.path.join(path.as_str())) {
            Ok(bytes) => Ok(Some((path.clone(), String::from_utf8_lossy(&bytes).into()))),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(self.complaint(path, "cannot be read", &error).into()),
        };
        let files: Vec<Result<Option<_>>> = paths.par_iter().map(read).collect();
        Ok(crate::diagnostic::gather(files, |file| file)?.into_iter().flatten().collect())
    }
}

fn kind(entry: &DirEntry) -> Kind {
    let kind = entry.file_type();
    match () {
        () if kind.is_file() => Kind::File,
        () if kind.is_dir() => Kind::Folder,
        () => Kind::Other,
    }
}
