//! All input files by path. Each is read once, on first use.

use super::{FileId, Location, RelPath, position};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// One input file.
#[derive(Debug)]
pub(crate) struct File {
    /// Its number in the project.
    pub(crate) id: FileId,
    /// Its path.
    pub(crate) path: RelPath,
    /// How messages show it, if it is no file of the project.
    shown: Option<String>,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

impl File {
    /// The content as text, or the location of the first byte that is not UTF-8.
    pub(crate) fn text(&self) -> Result<&str, Location> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&self.bytes[..error.valid_up_to()]);
            let (line, column) = position(&before, before.len());
            Location::new(self.id, line, column, 1)
        })
    }

    /// The location of the whole file, for diagnostics without a line.
    pub(crate) fn location(&self) -> Location {
        Location::new(self.id, 0, 0, 0)
    }
}

/// What a project has at a path.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// A file.
    File(Arc<File>),
    /// A folder and the names in it, in byte order.
    Folder(Arc<Vec<String>>),
    /// The path does not exist.
    Nothing,
    /// The path cannot be read, and why.
    Unreadable(String),
}

/// Where a project reads its files: a disk, or memory.
pub(crate) trait FileSource: Send + Sync {
    /// What is at `path`. Symbolic links are followed.
    fn look(&self, path: &RelPath) -> SourceEntry;

    /// `path` with all symbolic links resolved, if it exists.
    fn real(&self, path: &RelPath) -> Option<RelPath>;
}

/// What a [`FileSource`] has at a path.
#[derive(Debug)]
pub(crate) enum SourceEntry {
    /// A file with its content.
    File(Vec<u8>),
    /// A folder and the names in it.
    Folder(Vec<String>),
    /// The path does not exist.
    Nothing,
    /// The path cannot be read, and why.
    Unreadable(String),
}

/// The input of a build. Projects with equal files have equal builds. A clone shares its files.
#[derive(Clone)]
pub(crate) struct Project {
    source: Arc<dyn FileSource>,
    /// The folder that paths in messages are relative to.
    shown_from: RelPath,
    /// The path of a folder that is outside, and how messages show it.
    outside: Option<(RelPath, String)>,
    cache: Arc<RwLock<ProjectCache>>,
}

#[derive(Default)]
struct ProjectCache {
    files: Vec<Arc<File>>,
    found: BTreeMap<RelPath, Found>,
    real: BTreeMap<RelPath, Option<RelPath>>,
    /// Files that messages quote, by how they show them.
    quoted: BTreeMap<String, FileId>,
}

impl ProjectCache {
    fn add(&mut self, path: RelPath, shown: Option<String>, bytes: Vec<u8>) -> Arc<File> {
        let id = FileId(u32::try_from(self.files.len()).expect("fewer than 2^32 files"));
        let file = Arc::new(File { id, path, shown, bytes });
        self.files.push(Arc::clone(&file));
        file
    }
}

const LOCK: &str = "no thread panics while it has the lock";

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project").finish_non_exhaustive()
    }
}

impl Project {
    /// A project with the files of `source`.
    pub(crate) fn new(source: impl FileSource + 'static) -> Self {
        Project { source: Arc::new(source), shown_from: RelPath::root(), outside: None, cache: Arc::default() }
    }

    /// The same project. Messages show paths relative to `folder`.
    #[must_use]
    pub(crate) fn showing_paths_from(mut self, folder: RelPath) -> Self {
        self.shown_from = folder;
        self
    }

    /// A path as messages show it.
    pub(crate) fn show(&self, path: &RelPath) -> String {
        match &self.outside {
            Some((at, shown)) if path == at => shown.clone(),
            Some((at, shown)) if path.is_within(at) => format!("{shown}/{}", path.relative_to(at)),
            _ => path.relative_to(&self.shown_from),
        }
    }

    /// The same project with the files of another one in the folder `at`, which messages show as `shown`.
    #[must_use]
    pub(crate) fn with_outside(&self, at: RelPath, files: Project, shown: String) -> Self {
        let source = OutsideFiles { original: self.clone(), at: at.clone(), files };
        Project { shown_from: self.shown_from.clone(), outside: Some((at, shown)), ..Project::new(source) }
    }

    /// A project with files in memory.
    pub(crate) fn in_memory<P: AsRef<str>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let path = |text: &str| RelPath::new(text).expect("paths of a project in memory are relative");
        Project::new(MemoryFiles(files.into_iter().map(|(at, bytes)| (path(at.as_ref()), bytes.into())).collect()))
    }

    /// The same project with changed files; `None` removes a file.
    #[must_use]
    pub(crate) fn with(&self, files: impl IntoIterator<Item = (RelPath, Option<Vec<u8>>)>) -> Self {
        let changed = ChangedFiles { original: self.clone(), files: files.into_iter().collect() };
        let (shown_from, outside) = (self.shown_from.clone(), self.outside.clone());
        Project { shown_from, outside, ..Project::new(changed) }
    }

    /// What is at `path`.
    pub(crate) fn look(&self, path: &RelPath) -> Found {
        if let Some(found) = self.cache.read().expect(LOCK).found.get(path) {
            return found.clone();
        }
        let entry = self.source.look(path);
        let mut cache = self.cache.write().expect(LOCK);
        if let Some(found) = cache.found.get(path) {
            return found.clone();
        }
        let found = match entry {
            SourceEntry::File(bytes) => Found::File(cache.add(path.clone(), None, bytes)),
            SourceEntry::Folder(mut names) => {
                names.sort_unstable();
                Found::Folder(Arc::new(names))
            }
            SourceEntry::Nothing => Found::Nothing,
            SourceEntry::Unreadable(why) => Found::Unreadable(why),
        };
        cache.found.insert(path.clone(), found.clone());
        found
    }

    /// The file at `path`, if `path` is a file.
    pub(crate) fn file(&self, path: &RelPath) -> Option<Arc<File>> {
        match self.look(path) {
            Found::File(file) => Some(file),
            _ => None,
        }
    }

    /// Whether `path` is a folder.
    pub(crate) fn is_folder(&self, path: &RelPath) -> bool {
        matches!(self.look(path), Found::Folder(_))
    }

    /// `path` with its symbolic links resolved, if it exists.
    pub(crate) fn real(&self, path: &RelPath) -> Option<RelPath> {
        if let Some(real) = self.cache.read().expect(LOCK).real.get(path) {
            return real.clone();
        }
        let real = self.source.real(path);
        self.cache.write().expect(LOCK).real.insert(path.clone(), real.clone());
        real
    }

    /// The files that were read so far.
    pub(crate) fn files_read(&self) -> Vec<Arc<File>> {
        self.cache.read().expect(LOCK).files.clone()
    }

    /// The number of a file that is no input and that messages show as `shown`, so that a diagnostic can have its locations.
    pub(crate) fn quote(&self, path: &RelPath, shown: &str, text: &str) -> FileId {
        let mut cache = self.cache.write().expect(LOCK);
        let is_same = |id: &FileId| cache.files[id.0 as usize].bytes == text.as_bytes();
        if let Some(id) = cache.quoted.get(shown).copied().filter(is_same) {
            return id;
        }
        let id = cache.add(path.clone(), Some(shown.to_owned()), text.as_bytes().to_vec()).id;
        cache.quoted.insert(shown.to_owned(), id);
        id
    }

    /// The file of a source location as messages show it.
    pub(crate) fn shown_at(&self, location: Location) -> Option<String> {
        let file = self.file_at(location)?;
        Some(file.shown.clone().unwrap_or_else(|| self.show(&file.path)))
    }

    /// The file of a source location.
    pub(crate) fn file_at(&self, location: Location) -> Option<Arc<File>> {
        let FileId(id) = location.file()?;
        self.cache.read().expect(LOCK).files.get(id as usize).cloned()
    }
}

/// The files of a project, and those of another one in one of its folders.
struct OutsideFiles {
    original: Project,
    at: RelPath,
    files: Project,
}

impl OutsideFiles {
    /// The project that has a path, and the path in it.
    fn at(&self, path: &RelPath) -> (&Project, RelPath) {
        if path.is_within(&self.at) {
            (&self.files, RelPath::new(&path.relative_to(&self.at)).unwrap_or_default())
        } else {
            (&self.original, path.clone())
        }
    }
}

impl FileSource for OutsideFiles {
    fn look(&self, path: &RelPath) -> SourceEntry {
        let (project, path) = self.at(path);
        project.look(&path).into()
    }

    fn real(&self, path: &RelPath) -> Option<RelPath> {
        let (project, below) = self.at(path);
        let real = project.real(&below)?;
        if path.is_within(&self.at) { self.at.join(real.as_str()) } else { Some(real) }
    }
}

impl From<Found> for SourceEntry {
    fn from(found: Found) -> Self {
        match found {
            Found::File(file) => SourceEntry::File(file.bytes.clone()),
            Found::Folder(names) => SourceEntry::Folder(Vec::clone(&names)),
            Found::Nothing => SourceEntry::Nothing,
            Found::Unreadable(why) => SourceEntry::Unreadable(why),
        }
    }
}

/// The files of a project with some of them changed.
struct ChangedFiles {
    original: Project,
    files: BTreeMap<RelPath, Option<Vec<u8>>>,
}

impl FileSource for ChangedFiles {
    fn look(&self, path: &RelPath) -> SourceEntry {
        match self.files.get(path) {
            Some(Some(bytes)) => return SourceEntry::File(bytes.clone()),
            Some(None) => return SourceEntry::Nothing,
            None => {}
        }
        match self.original.look(path).into() {
            SourceEntry::Folder(mut names) => {
                for (file, bytes) in self.files.iter().filter(|(file, _)| file.parent() == *path) {
                    names.retain(|name| name != file.name());
                    if bytes.is_some() {
                        names.push(file.name().to_owned());
                    }
                }
                SourceEntry::Folder(names)
            }
            other => other,
        }
    }

    fn real(&self, path: &RelPath) -> Option<RelPath> {
        if self.files.contains_key(path) { Some(path.clone()) } else { self.original.real(path) }
    }
}

struct MemoryFiles(BTreeMap<RelPath, Vec<u8>>);

impl FileSource for MemoryFiles {
    fn look(&self, path: &RelPath) -> SourceEntry {
        if let Some(bytes) = self.0.get(path) {
            return SourceEntry::File(bytes.clone());
        }
        let depth = path.parts().count();
        let mut names: Vec<String> = self
            .0
            .keys()
            .filter(|file| file.is_within(path))
            .filter_map(|file| file.parts().nth(depth))
            .map(str::to_owned)
            .collect();
        names.dedup();
        if names.is_empty() { SourceEntry::Nothing } else { SourceEntry::Folder(names) }
    }

    fn real(&self, path: &RelPath) -> Option<RelPath> {
        (!matches!(self.look(path), SourceEntry::Nothing)).then(|| path.clone())
    }
}
