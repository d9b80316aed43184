//! Every input text by path: read once, on first use, and never again.

use super::{FileId, Location, RelPath};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// One input file.
#[derive(Debug)]
pub struct File {
    /// Its number in the project.
    pub id: FileId,
    /// Where it stands.
    pub path: RelPath,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl File {
    /// The content as text, or the place of the first byte that is not UTF-8.
    pub fn text(&self) -> Result<&str, Location> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&self.bytes[..error.valid_up_to()]).into_owned();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            Location::new(self.id, line, column, 1)
        })
    }

    /// The place of the whole file, for complaints that have no line.
    pub fn place(&self) -> Location {
        Location::new(self.id, 0, 0, 0)
    }
}

/// What stands at a path.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file.
    File(Arc<File>),
    /// A folder and the names in it, in byte order.
    Folder(Arc<Vec<String>>),
    /// Nothing.
    Nothing,
    /// Something that cannot be read, and why.
    Unreadable(String),
}

/// Where a project's texts come from: a disk, or a table in memory.
pub trait SourceReader: Send + Sync {
    /// What stands at `path`; a symbolic link is followed.
    fn look(&self, path: &RelPath) -> Seen;

    /// `path` with every symbolic link on the way resolved, if it exists. Without links, the path itself.
    fn real(&self, path: &RelPath) -> Option<RelPath>;
}

/// What a [`SourceReader`] sees at a path.
#[derive(Debug)]
pub enum Seen {
    /// A file with its content.
    File(Vec<u8>),
    /// A folder and the names in it.
    Folder(Vec<String>),
    /// Nothing.
    Nothing,
    /// Something that cannot be read, and why.
    Unreadable(String),
}

/// The input of a build. Equal texts make equal builds. A clone is another handle on the same texts.
#[derive(Clone)]
pub struct Project {
    reader: Arc<dyn SourceReader>,
    here: RelPath,
    table: Arc<RwLock<ProjectCache>>,
}

#[derive(Default)]
struct ProjectCache {
    files: Vec<Arc<File>>,
    found: BTreeMap<RelPath, Found>,
    real: BTreeMap<RelPath, Option<RelPath>>,
}

/// Why a table can be had.
const LOCK: &str = "no thread panics while it holds the table";

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project").finish_non_exhaustive()
    }
}

impl Project {
    /// A project that reads through `reader`.
    pub fn new(reader: impl SourceReader + 'static) -> Self {
        Project { reader: Arc::new(reader), here: RelPath::root(), table: Arc::default() }
    }

    /// The same project, whose paths are shown to people as seen from the folder `here`.
    #[must_use]
    pub fn seen_from(mut self, here: RelPath) -> Self {
        self.here = here;
        self
    }

    /// A path as messages show it.
    pub fn show(&self, path: &RelPath) -> String {
        path.seen_from(&self.here)
    }

    /// A project of texts in memory.
    pub fn in_memory<P: AsRef<str>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let path = |text: &str| RelPath::new(text).expect("paths of a project in memory stay inside");
        Project::new(Memory(files.into_iter().map(|(at, bytes)| (path(at.as_ref()), bytes.into())).collect()))
    }

    /// The same project with other files in it; `None` for one that is not there any more.
    #[must_use]
    pub fn with(&self, files: impl IntoIterator<Item = (RelPath, Option<Vec<u8>>)>) -> Self {
        let below = self.clone();
        Project { here: self.here.clone(), ..Project::new(Changed { below, files: files.into_iter().collect() }) }
    }

    /// What stands at `path`.
    pub fn look(&self, path: &RelPath) -> Found {
        if let Some(found) = self.table.read().expect(LOCK).found.get(path) {
            return found.clone();
        }
        let seen = self.reader.look(path);
        let mut table = self.table.write().expect(LOCK);
        if let Some(found) = table.found.get(path) {
            return found.clone();
        }
        let found = match seen {
            Seen::File(bytes) => {
                let id = FileId(u32::try_from(table.files.len()).expect("fewer than four thousand million files"));
                let file = Arc::new(File { id, path: path.clone(), bytes });
                table.files.push(Arc::clone(&file));
                Found::File(file)
            }
            Seen::Folder(mut names) => {
                names.sort_unstable();
                Found::Folder(Arc::new(names))
            }
            Seen::Nothing => Found::Nothing,
            Seen::Unreadable(why) => Found::Unreadable(why),
        };
        table.found.insert(path.clone(), found.clone());
        found
    }

    /// The file at `path`, if one stands there.
    pub fn file(&self, path: &RelPath) -> Option<Arc<File>> {
        match self.look(path) {
            Found::File(file) => Some(file),
            _ => None,
        }
    }

    /// Whether a folder stands at `path`.
    pub fn is_folder(&self, path: &RelPath) -> bool {
        matches!(self.look(path), Found::Folder(_))
    }

    /// `path` with its symbolic links resolved, if it exists.
    pub fn real(&self, path: &RelPath) -> Option<RelPath> {
        if let Some(real) = self.table.read().expect(LOCK).real.get(path) {
            return real.clone();
        }
        let real = self.reader.real(path);
        self.table.write().expect(LOCK).real.insert(path.clone(), real.clone());
        real
    }

    /// The file that a place names.
    pub fn file_at(&self, place: Location) -> Option<Arc<File>> {
        let FileId(id) = place.file()?;
        self.table.read().expect(LOCK).files.get(id as usize).cloned()
    }
}

/// A project with some files changed.
struct Changed {
    below: Project,
    files: BTreeMap<RelPath, Option<Vec<u8>>>,
}

impl SourceReader for Changed {
    fn look(&self, path: &RelPath) -> Seen {
        match self.files.get(path) {
            Some(Some(bytes)) => return Seen::File(bytes.clone()),
            Some(None) => return Seen::Nothing,
            None => {}
        }
        match self.below.look(path) {
            Found::File(file) => Seen::File(file.bytes.clone()),
            Found::Nothing => Seen::Nothing,
            Found::Unreadable(why) => Seen::Unreadable(why),
            Found::Folder(names) => {
                let mut names = Vec::clone(&names);
                for (file, bytes) in self.files.iter().filter(|(file, _)| file.parent() == *path) {
                    names.retain(|name| name != file.name());
                    if bytes.is_some() {
                        names.push(file.name().to_owned());
                    }
                }
                Seen::Folder(names)
            }
        }
    }

    fn real(&self, path: &RelPath) -> Option<RelPath> {
        if self.files.contains_key(path) { Some(path.clone()) } else { self.below.real(path) }
    }
}

struct Memory(BTreeMap<RelPath, Vec<u8>>);

impl SourceReader for Memory {
    fn look(&self, path: &RelPath) -> Seen {
        if let Some(bytes) = self.0.get(path) {
            return Seen::File(bytes.clone());
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
        if names.is_empty() { Seen::Nothing } else { Seen::Folder(names) }
    }

    fn real(&self, path: &RelPath) -> Option<RelPath> {
        (!matches!(self.look(path), Seen::Nothing)).then(|| path.clone())
    }
}
