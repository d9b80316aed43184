//! The output folder beside the tree that it should be: what differs, what is stale, what is somebody else's.
//!
//! A file is pleach's if the `pleach.lock` of its folder lists it, if it is what pleach would write anyway, or if it says
//! so itself, as a zone change file and the plan of a retired branch do.

use super::Output;
use super::claim::{is_shared, says_so};
use super::hand::{is_leftover, mode};
use super::listing::{Found, Kind};
use crate::diagnostic::{self, Diagnostic, Result};
use crate::emit::lock;
use crate::source::RelPath;
use crate::tree::{DNS, GITOPS, LOCK, NAMESPACES, Tree};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// How a file differs from what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// It is not there.
    Missing,
    /// It holds something else, or cannot be read.
    Modified,
    /// It is executable, or its owner may not write it. Other bits are the umask's of whoever checked it out.
    Mode,
}

/// The output folder as it is and as it should be.
#[derive(Debug, Default)]
pub struct Survey<'a> {
    /// Every folder that is there or should be, in path order.
    pub folders: Vec<Folder<'a>>,
}

/// One folder of the output.
#[derive(Debug, Default)]
pub struct Folder<'a> {
    /// Where, below the output folder.
    pub path: RelPath,
    /// The files that should be in it, by name.
    pub files: Vec<(&'a str, &'a str)>,
    /// Whether it is there.
    pub there: bool,
    /// Those of its files that are not as they should be.
    pub differing: Vec<(&'a str, How)>,
    /// pleach's files that should not be there any more.
    pub stale: Vec<String>,
    /// Files of somebody else.
    pub unmanaged: Vec<String>,
    /// Names that pleach needs and somebody else took.
    pub taken: Vec<String>,
    /// What a run left that did not end.
    pub leftovers: Vec<String>,
    /// The lock to be written before anything else, where files are added: it lists old and new ones, so that a crash
    /// leaves no file without an owner.
    pub(super) first_lock: Option<String>,
    /// Whether nothing at all is in it, or it is a folder of pleach's that becomes empty.
    pub(super) goes: bool,
}

/// How many files of one folder are compared one after the other.
const AT_ONCE: usize = 64;

impl Output {
    /// Compares what is there with `tree`, in the folders that are `wanted`, and of the folders that branches share those
    /// files that are `wanted`. Files beside folders of branches are judged where the output folder itself is wanted.
    pub fn survey<'a>(&self, tree: &'a Tree, wanted: impl Fn(&RelPath) -> bool + Sync) -> Result<Survey<'a>> {
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
                if let Some(found) = found.as_mut().filter(|_| is_shared(&path)) {
                    found.retain(|f| path.join(&f.name).is_some_and(|file| wanted(&file)));
                }
                (files, found, path)
            })
            .collect();
        let folders: Vec<Result<Folder, Diagnostic>> =
            jobs.into_par_iter().map(|(files, found, path)| self.look_at(path, files, found)).collect();
        Ok(Survey { folders: diagnostic::gather(folders, |folder| folder)? })
    }

    fn look_at<'a>(
        &self,
        path: RelPath,
        files: Vec<(&'a str, &'a str)>,
        found: Option<Vec<Found>>,
    ) -> Result<Folder<'a>, Diagnostic> {
        let mut folder = Folder { path, files, there: found.is_some(), ..Folder::default() };
        let found: BTreeMap<String, Kind> = found.into_iter().flatten().map(|f| (f.name, f.kind)).collect();
        let place = self.path.join(folder.path.as_str());
        let complain = |name: &str, error: io::Error| {
            self.complaint(&folder.path.join(name).unwrap_or_default(), "cannot be read", &error)
        };

        let new_lock = folder.files.iter().find(|(name, _)| *name == LOCK).map(|(_, content)| *content);
        let old_lock = match found.get(LOCK) {
            Some(Kind::File) if !is_shared(&folder.path) => {
                Some(fs::read(place.join(LOCK)).map_err(|error| complain(LOCK, error))?)
            }
            _ => None,
        };
        let old_lock = old_lock.as_ref().map(|bytes| String::from_utf8_lossy(bytes));
        // The common case, and the reason why locks are hardly ever parsed.
        let same_lock = old_lock.is_some() && old_lock.as_deref() == new_lock;
        let listed = if same_lock { BTreeSet::new() } else { old_lock.as_deref().map(lock::names).unwrap_or_default() };
        let wanted: BTreeSet<&str> = folder.files.iter().map(|(name, _)| *name).collect();
        let says_so = |name: &str| {
            let text = || fs::read(place.join(name)).unwrap_or_default();
            let path = folder.path.join(name).filter(|_| is_shared(&folder.path));
            path.is_some_and(|path| says_so(&path, &String::from_utf8_lossy(&text())))
        };
        let owned = |name: &str| {
            name == LOCK && !is_shared(&folder.path)
                || listed.contains(name)
                || same_lock && wanted.contains(name)
                || found.get(name) == Some(&Kind::File) && says_so(name)
        };

        // A folder that branches share has a file for every branch.
        let hows: Vec<Result<Option<How>, Diagnostic>> = folder
            .files
            .par_iter()
            .with_min_len(AT_ONCE)
            .map_init(Vec::new, |buffer, (name, content)| match found.get(*name) {
                None => Ok(Some(How::Missing)),
                Some(Kind::File) => compare(&place.join(name), content, buffer).map_err(|error| complain(name, error)),
                Some(Kind::Folder | Kind::Other) => Ok(Some(How::Modified)),
            })
            .collect();
        for ((name, _), how) in folder.files.iter().zip(hows) {
            let Some(how) = how? else { continue };
            if found.get(*name) == Some(&Kind::Folder) || how == How::Modified && !owned(name) {
                folder.taken.push((*name).to_owned());
            } else {
                folder.differing.push((name, how));
            }
        }
        let adds = folder.there && folder.differing.iter().any(|(name, how)| *how == How::Missing && !owned(name));
        if let (true, Some(new_lock)) = (adds, new_lock) {
            folder.first_lock = Some(lock::union(old_lock.as_deref().unwrap_or_default(), new_lock));
        }
        for (name, kind) in &found {
            match kind {
                _ if wanted.contains(name.as_str()) => {}
                _ if is_leftover(name) => folder.leftovers.push(name.clone()),
                Kind::Folder => {}
                _ if owned(name) => folder.stale.push(name.clone()),
                // What tells git how to treat the output may stand beside it.
                _ if folder.path == RelPath::root() && name.starts_with(".git") => {}
                _ => folder.unmanaged.push(name.clone()),
            }
        }
        // The lock goes last: as long as it is there, the others have an owner.
        folder.stale.sort_by_key(|name| name == LOCK);
        folder.goes = wanted.is_empty()
            && (!folder.stale.is_empty()
                || found.is_empty() && matches!(folder.path.parent().as_str(), NAMESPACES | DNS | GITOPS));
        Ok(folder)
    }
}

/// How a file differs from what it should be, if it does.
fn compare(path: &Path, content: &str, buffer: &mut Vec<u8>) -> io::Result<Option<How>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(Some(How::Modified)),
        file => file?,
    };
    let metadata = file.metadata()?;
    if metadata.len() != content.len() as u64 {
        return Ok(Some(How::Modified));
    }
    buffer.resize(content.len(), 0);
    file.read_exact(buffer)?;
    if buffer.as_slice() != content.as_bytes() {
        return Ok(Some(How::Modified));
    }
    let mode = mode(&metadata);
    Ok((mode & 0o111 != 0 || mode & 0o600 != 0o600).then_some(How::Mode))
}
