//! The output folder compared with the files of a build: what differs, what is stale, what is unmanaged.
//!
//! `output::ownership` decides who owns a file. A file that a build would write with the same content is owned too.

use super::OutputDir;
use super::changes::{is_leftover, mode};
use super::listing::{EntryKind, ListedEntry};
use crate::diagnostic::{self, Diagnostic, Result};
use crate::output::{LOCK_FILE, Lock, OutputFolder, Tree, declares_owner, is_shared_folder};
use crate::source::RelPath;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// How a file differs from the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// It does not exist.
    Missing,
    /// Its content is different, or it cannot be read.
    Modified,
    /// It is executable, or its owner may not write it. Other bits come from the umask of the checkout.
    Mode,
}

/// The output folder compared with a build.
#[derive(Debug, Default)]
pub struct Comparison<'a> {
    /// Every folder that exists or that the build has, in path order.
    pub folders: Vec<FolderComparison<'a>>,
}

/// One folder of the output.
#[derive(Debug, Default)]
pub struct FolderComparison<'a> {
    /// The path below the output folder.
    pub path: RelPath,
    /// The name and content of the files that the build has in it.
    pub files: Vec<(&'a str, &'a str)>,
    /// Whether it exists.
    pub there: bool,
    /// Those of these files that differ.
    pub differing: Vec<(&'a str, Difference)>,
    /// Owned files that the build does not have.
    pub stale: Vec<String>,
    /// Unmanaged files.
    pub unmanaged: Vec<String>,
    /// Unmanaged files with the name of a file of the build.
    pub taken: Vec<String>,
    /// Temporary files of an interrupted run.
    pub leftovers: Vec<String>,
    /// The lock file to write first, where files are added: it lists the old and the new ones, so that an interrupted run leaves no
    /// file without an owner.
    pub(super) first_lock: Option<String>,
    /// Whether the folder is to be removed when it is empty.
    pub(super) is_removed: bool,
}

/// How many files of one folder one thread compares at a time.
const AT_ONCE: usize = 64;

impl OutputDir {
    /// Compares the disk with `tree` in the folders that are `wanted`; in a shared folder only the files that are `wanted`. Files in
    /// the output folder itself are compared where that folder is wanted.
    pub fn compare<'a>(&self, tree: &'a Tree, wanted: impl Fn(&RelPath) -> bool + Sync) -> Result<Comparison<'a>> {
        let mut listing = self.list(&wanted)?;
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
            jobs.into_par_iter().map(|(files, found, path)| self.look_at(path, files, found)).collect();
        Ok(Comparison { folders: diagnostic::gather(folders, |folder| folder)? })
    }

    fn look_at<'a>(
        &self,
        path: RelPath,
        files: Vec<(&'a str, &'a str)>,
        found: Option<Vec<ListedEntry>>,
    ) -> Result<FolderComparison<'a>, Diagnostic> {
        let mut folder = FolderComparison { path, files, there: found.is_some(), ..FolderComparison::default() };
        let found: BTreeMap<String, EntryKind> = found.into_iter().flatten().map(|f| (f.name, f.kind)).collect();
        let place = self.path.join(folder.path.as_str());
        let error_of = |name: &str, error: io::Error| {
            self.error_at(&folder.path.join(name).unwrap_or_default(), "cannot be read", &error)
        };

        let new_lock = folder.files.iter().find(|(name, _)| *name == LOCK_FILE).map(|(_, content)| *content);
        let old_lock = match found.get(LOCK_FILE) {
            Some(EntryKind::File) if !is_shared_folder(&folder.path) => {
                Some(fs::read(place.join(LOCK_FILE)).map_err(|error| error_of(LOCK_FILE, error))?)
            }
            _ => None,
        };
        let old_lock = old_lock.as_ref().map(|bytes| String::from_utf8_lossy(bytes));
        // The common case: the lock file need not be parsed.
        let same_lock = old_lock.is_some() && old_lock.as_deref() == new_lock;
        let listed = if same_lock { BTreeSet::new() } else { old_lock.as_deref().map(Lock::names).unwrap_or_default() };
        let wanted: BTreeSet<&str> = folder.files.iter().map(|(name, _)| *name).collect();
        let declares = |name: &str| {
            let text = || fs::read(place.join(name)).unwrap_or_default();
            let path = folder.path.join(name).filter(|_| is_shared_folder(&folder.path));
            path.is_some_and(|path| declares_owner(&path.into(), &String::from_utf8_lossy(&text())))
        };
        let owned = |name: &str| {
            name == LOCK_FILE && !is_shared_folder(&folder.path)
                || listed.contains(name)
                || same_lock && wanted.contains(name)
                || found.get(name) == Some(&EntryKind::File) && declares(name)
        };

        // A shared folder has a file for every branch.
        let differences: Vec<Result<Option<Difference>, Diagnostic>> = folder
            .files
            .par_iter()
            .with_min_len(AT_ONCE)
            .map_init(Vec::new, |buffer, (name, content)| match found.get(*name) {
                None => Ok(Some(Difference::Missing)),
                Some(EntryKind::File) => {
                    compare(&place.join(name), content, buffer).map_err(|error| error_of(name, error))
                }
                Some(EntryKind::Directory | EntryKind::Other) => Ok(Some(Difference::Modified)),
            })
            .collect();
        for ((name, _), difference) in folder.files.iter().zip(differences) {
            let Some(difference) = difference? else { continue };
            if found.get(*name) == Some(&EntryKind::Directory) || difference == Difference::Modified && !owned(name) {
                folder.taken.push((*name).to_owned());
            } else {
                folder.differing.push((name, difference));
            }
        }
        let adds = folder.there
            && folder.differing.iter().any(|(name, difference)| *difference == Difference::Missing && !owned(name));
        if let (true, Some(new_lock)) = (adds, new_lock) {
            folder.first_lock = Some(Lock::union(old_lock.as_deref().unwrap_or_default(), new_lock));
        }
        for (name, kind) in &found {
            match kind {
                _ if wanted.contains(name.as_str()) => {}
                _ if is_leftover(name) => folder.leftovers.push(name.clone()),
                EntryKind::Directory => {}
                _ if owned(name) => folder.stale.push(name.clone()),
                // What tells git difference to treat the output may stand beside it.
                _ if folder.path == RelPath::root() && name.starts_with(".git") => {}
                _ => folder.unmanaged.push(name.clone()),
            }
        }
        // The lock file is removed last: while it exists, the others have an owner.
        folder.stale.sort_by_key(|name| name == LOCK_FILE);
        folder.is_removed = wanted.is_empty()
            && (!folder.stale.is_empty() || found.is_empty() && is_made_by_pleach(&folder.path.parent()));
        Ok(folder)
    }
}

/// Whether an empty folder in this folder was made by pleach.
fn is_made_by_pleach(parent: &RelPath) -> bool {
    let folders = [OutputFolder::Namespaces, OutputFolder::Dns, OutputFolder::Gitops];
    folders.into_iter().any(|folder| folder.name() == parent.as_str())
}

/// How a file differs from the build, if it does.
fn compare(path: &Path, content: &str, buffer: &mut Vec<u8>) -> io::Result<Option<Difference>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(Some(Difference::Modified)),
        file => file?,
    };
    let metadata = file.metadata()?;
    if metadata.len() != content.len() as u64 {
        return Ok(Some(Difference::Modified));
    }
    buffer.resize(content.len(), 0);
    file.read_exact(buffer)?;
    if buffer.as_slice() != content.as_bytes() {
        return Ok(Some(Difference::Modified));
    }
    let mode = mode(&metadata);
    Ok((mode & 0o111 != 0 || mode & 0o600 != 0o600).then_some(Difference::Mode))
}
