//! The output folder compared with the files of a build: what differs, what is stale, what is unmanaged.
//!
//! `output::ownership` decides who owns a file. A file that a build would write with the same content is owned too.

use super::changes::{is_leftover, mode};
use super::listing::{EntryKind, ListedEntry, Listing};
use super::{OutputDir, file};
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Result};
use crate::output::{LOCK_FILE, Lock, OutputFolder, OutputPath, Tree, declares_owner, is_shared_folder};
use crate::source::RelPath;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// How a file differs from the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Difference {
    /// It does not exist.
    Missing,
    /// Its content is different, or it cannot be read.
    Modified,
    /// It is executable. Git stores no other bit, so the others come from the checkout.
    Mode,
}

/// The output folder compared with a build.
#[derive(Debug, Default)]
pub(crate) struct Comparison<'a> {
    /// Every folder that exists or that the build has, in path order.
    pub(crate) folders: Vec<FolderComparison<'a>>,
}

/// One folder of the output.
#[derive(Debug, Default)]
pub(crate) struct FolderComparison<'a> {
    /// The path below the output folder.
    pub(crate) path: RelPath,
    /// The name and content of the files that the build has in it.
    pub(crate) files: Vec<(&'a str, &'a str)>,
    /// Whether it exists.
    pub(crate) there: bool,
    /// Those of these files that differ.
    pub(crate) differing: Vec<(&'a str, Difference)>,
    /// Owned files that the build does not have.
    pub(crate) stale: Vec<String>,
    /// Unmanaged files.
    pub(crate) unmanaged: Vec<String>,
    /// Unmanaged files with the name of a file of the build.
    pub(crate) taken: Vec<String>,
    /// Temporary files of an interrupted run.
    pub(crate) leftovers: Vec<String>,
    /// The lock file to write first, where files are added: it lists the old and the new ones, so that an interrupted run leaves no
    /// file without an owner.
    pub(super) first_lock: Option<String>,
    /// Whether the folder is to be removed when it is empty.
    pub(super) is_removed: bool,
}

impl Comparison<'_> {
    /// Whether the output is not exactly what the build writes.
    pub(crate) fn differs(&self) -> bool {
        self.folders.iter().any(|folder| {
            let FolderComparison { differing, stale, unmanaged, taken, leftovers, .. } = folder;
            !differing.is_empty() || [stale, unmanaged, taken, leftovers].iter().any(|names| !names.is_empty())
        })
    }

    /// The unmanaged files.
    pub(crate) fn unowned(&self) -> impl Iterator<Item = OutputPath> {
        self.folders.iter().flat_map(|folder| {
            let names = folder.unmanaged.iter().chain(&folder.taken);
            names.filter_map(|name| Some(folder.path.join(name)?.into()))
        })
    }

    /// Takes those unmanaged files as owned that `is_owned` selects.
    pub(crate) fn own(&mut self, is_owned: impl Fn(&OutputPath) -> bool) {
        for FolderComparison { path, files, differing, stale, unmanaged, taken, is_removed, .. } in &mut self.folders {
            let mut is_owned = |name: &mut String| path.join(name).is_some_and(|path| is_owned(&path.into()));
            stale.splice(0..0, unmanaged.extract_if(.., &mut is_owned));
            let owned: BTreeSet<String> = taken.extract_if(.., is_owned).collect();
            let names = files.iter().map(|(name, _)| *name).filter(|name| owned.contains(*name));
            differing.extend(names.map(|name| (name, Difference::Modified)));
            *is_removed |= files.is_empty() && !stale.is_empty();
        }
    }
}

/// How many files of one folder one thread compares at a time.
const AT_ONCE: usize = 64;

impl OutputDir {
    /// Compares the disk with `tree` in the folders that are `wanted`; in a shared folder only the files that are `wanted`. Files in
    /// the output folder itself are compared where that folder is wanted.
    pub(crate) fn compare<'a>(
        &self,
        tree: &'a Tree,
        wanted: impl Fn(&RelPath) -> bool + Sync,
    ) -> Result<Comparison<'a>> {
        let mut listing = self.list(&wanted)?;
        self.check_folders(tree, &listing)?;
        let mut files: BTreeMap<RelPath, Vec<(&str, &str)>> = BTreeMap::new();
        let entries: Vec<_> = tree.iter().collect();
        for beside in entries.chunk_by(|(path, _), (next, _)| path.is_beside(next)) {
            let named = beside.iter().map(|(path, content)| (path.name(), &***content));
            files.entry(beside[0].0.parent()).or_default().extend(named);
        }
        let folders: BTreeSet<RelPath> = files.keys().chain(listing.keys()).cloned().collect();
        let jobs: Vec<_> = folders
            .into_iter()
            .filter(|path| wanted(path) && !path.parts().any(is_leftover))
            .map(|path| {
                let (files, mut found) = (files.remove(&path).unwrap_or_default(), listing.remove(&path));
                if let Some(found) = found.as_mut().filter(|_| is_shared_folder(&path)) {
                    found.retain(|f| path.join(&f.name).is_some_and(|file| wanted(&file)));
                }
                (files, found, path)
            })
            .collect();
        let folders: Vec<Result<FolderComparison, Diagnostic>> =
            jobs.into_par_iter().map(|(files, found, path)| self.compare_folder(path, files, found)).collect();
        Ok(Comparison { folders: diagnostic::gather(folders, |folder| folder)? })
    }

    /// Errors about links and files where the build has a folder: nothing is written or deleted through a link.
    fn check_folders(&self, tree: &Tree, listing: &Listing) -> Result<(), Diagnostics> {
        let mut folders = BTreeSet::new();
        for (path, _) in tree {
            let mut folder = path.parent();
            while folder != RelPath::root() && folders.insert(folder.clone()) {
                folder = folder.parent();
            }
        }
        let others = |(folder, entries): (&RelPath, &Vec<ListedEntry>)| -> Vec<RelPath> {
            let others = entries.iter().filter(|entry| entry.kind != EntryKind::Directory);
            others.filter_map(|entry| folder.join(&entry.name)).collect()
        };
        let refused: BTreeSet<RelPath> =
            listing.iter().flat_map(others).filter(|path| folders.contains(path)).collect();
        let refuse = |folder: &RelPath| {
            let message = format!("`{}` is not a folder, and the build has a folder of that name", self.show(folder));
            Diagnostic::new(Code::Output, message)
                .help("move it elsewhere; pleach follows no links in the output folder")
        };
        Diagnostics::check(refused.iter().map(refuse).collect(), ())
    }

    /// Compares `files` with the entries of a folder on the disk; `None` if it does not exist.
    fn compare_folder<'a>(
        &self,
        path: RelPath,
        files: Vec<(&'a str, &'a str)>,
        found: Option<Vec<ListedEntry>>,
    ) -> Result<FolderComparison<'a>, Diagnostic> {
        let mut folder = FolderComparison { path, files, there: found.is_some(), ..FolderComparison::default() };
        let entries: BTreeMap<String, EntryKind> = found.into_iter().flatten().map(|f| (f.name, f.kind)).collect();
        let new_lock = folder.files.iter().find(|(name, _)| *name == LOCK_FILE).map(|(_, content)| *content);
        let place = self.path.join(folder.path.as_str());
        let old_lock = self.lock_text(&folder.path, &place, &entries)?;
        let owned = OwnedFiles {
            place: &place,
            path: folder.path.clone(),
            is_shared: is_shared_folder(&folder.path),
            entries: &entries,
            wanted: folder.files.iter().map(|(name, _)| *name).collect(),
            // The common case: the lock file need not be parsed.
            lock: match old_lock.as_deref() {
                Some(lock) if Some(lock) == new_lock => OldLock::Unchanged,
                lock => OldLock::Names(lock.map(Lock::names).unwrap_or_default()),
            },
        };
        for ((name, _), difference) in folder.files.iter().zip(self.differences(&folder, &place, &entries)?) {
            let Some(difference) = difference else { continue };
            if entries.get(*name) == Some(&EntryKind::Directory)
                || difference == Difference::Modified && !owned.has(name)
            {
                folder.taken.push((*name).to_owned());
            } else {
                folder.differing.push((name, difference));
            }
        }
        let is_added = |(name, difference): &(&str, Difference)| *difference == Difference::Missing && !owned.has(name);
        let adds = folder.there && folder.differing.iter().any(is_added);
        if let (true, Some(new_lock)) = (adds, new_lock) {
            folder.first_lock = Some(Lock::union(old_lock.as_deref().unwrap_or_default(), new_lock));
        }
        owned.sort_others_into(&mut folder);
        folder.is_removed = folder.files.is_empty()
            && (!folder.stale.is_empty() || entries.is_empty() && is_made_by_pleach(&folder.path.parent()));
        Ok(folder)
    }

    /// The lock file of a folder on the disk. A shared folder has none.
    fn lock_text(
        &self,
        folder: &RelPath,
        place: &Path,
        entries: &BTreeMap<String, EntryKind>,
    ) -> Result<Option<String>, Diagnostic> {
        if entries.get(LOCK_FILE) != Some(&EntryKind::File) || is_shared_folder(folder) {
            return Ok(None);
        }
        let bytes = file::read(&place.join(LOCK_FILE)).map_err(|error| self.cannot_read(folder, LOCK_FILE, &error))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// How each file of a folder differs from the disk. A shared folder may have thousands of files.
    fn differences(
        &self,
        folder: &FolderComparison,
        place: &Path,
        entries: &BTreeMap<String, EntryKind>,
    ) -> Result<Vec<Option<Difference>>, Diagnostic> {
        folder
            .files
            .par_iter()
            .with_min_len(AT_ONCE)
            .map_init(Vec::new, |buffer, (name, content)| match entries.get(*name) {
                None => Ok(Some(Difference::Missing)),
                Some(EntryKind::File) => compare(&place.join(name), content, buffer)
                    .map_err(|error| self.cannot_read(&folder.path, name, &error)),
                Some(EntryKind::Directory | EntryKind::Other) => Ok(Some(Difference::Modified)),
            })
            .collect()
    }

    fn cannot_read(&self, folder: &RelPath, name: &str, error: &io::Error) -> Diagnostic {
        self.error_at(&folder.join(name).unwrap_or_default(), "cannot be read", error)
    }
}

/// The lock file on the disk, compared with that of the build.
enum OldLock {
    Unchanged,
    Names(BTreeSet<String>),
}

/// Which files of a folder on the disk pleach owns.
struct OwnedFiles<'f> {
    /// The folder on the disk.
    place: &'f Path,
    /// The folder below the output folder.
    path: RelPath,
    is_shared: bool,
    entries: &'f BTreeMap<String, EntryKind>,
    /// The files that the build writes.
    wanted: BTreeSet<&'f str>,
    lock: OldLock,
}

impl OwnedFiles<'_> {
    fn has(&self, name: &str) -> bool {
        let is_listed = match &self.lock {
            OldLock::Unchanged => self.wanted.contains(name),
            OldLock::Names(names) => names.contains(name),
        };
        name == LOCK_FILE && !self.is_shared || is_listed || self.is_shared && self.declares_owner(name)
    }

    /// Whether a file of a shared folder says that pleach wrote it.
    fn declares_owner(&self, name: &str) -> bool {
        let text = || file::read_start(&self.place.join(name)).unwrap_or_default();
        self.entries.get(name) == Some(&EntryKind::File)
            && self.path.join(name).is_some_and(|path| declares_owner(&path.into(), &String::from_utf8_lossy(&text())))
    }

    /// Adds the files that the build does not write: stale, leftover or unmanaged.
    fn sort_others_into(&self, folder: &mut FolderComparison) {
        for (name, kind) in self.entries {
            match kind {
                _ if self.wanted.contains(name.as_str()) => {}
                _ if is_leftover(name) => folder.leftovers.push(name.clone()),
                EntryKind::Directory => {}
                _ if self.has(name) => folder.stale.push(name.clone()),
                _ => folder.unmanaged.push(name.clone()),
            }
        }
        // The lock file is removed last: while it exists, the others have an owner.
        folder.stale.sort_by_key(|name| name == LOCK_FILE);
    }
}

/// Whether an empty folder in this folder was made by pleach.
fn is_made_by_pleach(parent: &RelPath) -> bool {
    let folders = [OutputFolder::Namespaces, OutputFolder::Dns, OutputFolder::Gitops];
    folders.into_iter().any(|folder| folder.name() == parent.as_str())
}

/// How a file differs from the build, if it does.
fn compare(path: &Path, content: &str, buffer: &mut Vec<u8>) -> io::Result<Option<Difference>> {
    Ok(match file::with_content(path, content, buffer) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Some(Difference::Modified),
        same => match same? {
            None => Some(Difference::Modified),
            Some(metadata) => (mode(&metadata) & 0o111 != 0).then_some(Difference::Mode),
        },
    })
}
