//! A folder as the texts of a project. Symbolic links are followed, but not out of the folder. The files of Git are not read.

use super::file;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileSource, Project, RelPath, SourceEntry, is_git_folder};
use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, RwLock};

/// The file that makes a folder a workspace.
pub(crate) const SPEC: &str = "branches.yaml";

/// The texts of a folder; `root` has no symbolic links in it, as [`resolve`] leaves it.
struct WorkspaceFiles {
    root: PathBuf,
    /// What was found below it.
    known: RwLock<BTreeMap<RelPath, ResolvedPath>>,
}

/// A path with its links resolved, and the file or folder there.
type ResolvedPath = (Arc<Path>, FileType);

/// The folder `path` with its symbolic links resolved.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, Diagnostic> {
    match fs::canonicalize(path) {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => Err(Diagnostic::new(Code::Usage, format!("`{}` is not a folder", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Diagnostic::new(Code::Usage, format!("the folder `{}` does not exist", path.display())))
        }
        Err(error) => Err(super::error_at(path, "cannot be found", &error)),
    }
}

/// A path with its symbolic links resolved. Its last parts need not exist.
pub(crate) fn resolve_new(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            Component::CurDir => {}
            part => resolved.push(part),
        }
        resolved = fs::canonicalize(&resolved).unwrap_or(resolved);
    }
    resolved
}

/// The first symbolic link on the way from the resolved folder `from` to `path`, among the paths that `is_checked`.
pub(crate) fn first_link(from: &Path, path: &Path, is_checked: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let mut way = from.to_owned();
    path.components().find_map(|part| {
        match part {
            Component::ParentDir => drop(way.pop()),
            Component::CurDir => {}
            part => way.push(part),
        }
        (is_checked(&way) && way.is_symlink()).then(|| way.clone())
    })
}

/// The nearest folder that has a `branches.yaml`: `start` or one above it.
pub(crate) fn workspace(start: &Path) -> Option<&Path> {
    start.ancestors().find(|folder| folder.join(SPEC).symlink_metadata().is_ok())
}

/// The texts in and below `root`, shown as seen from `here`; both are resolved paths. What is above `root` is not there.
pub(crate) fn project(root: &Path, here: &Path) -> Project {
    let project = Project::new(WorkspaceFiles { root: root.to_owned(), known: RwLock::default() });
    match below(root, here) {
        Some(here) => project.showing_paths_from(here),
        None => project,
    }
}

/// A resolved path as seen from the resolved folder `root`, if it is in or below it.
pub(crate) fn below(root: &Path, path: &Path) -> Option<RelPath> {
    RelPath::new(path.strip_prefix(root).ok()?.to_str()?)
}

impl FileSource for WorkspaceFiles {
    fn look(&self, path: &RelPath) -> SourceEntry {
        let is_of_git = |path: &RelPath| path.parts().any(is_git_folder);
        let seen = match self.find(path) {
            // Continuous integration keeps tokens there.
            Ok((real, _)) if is_of_git(path) || below(&self.root, &real).is_some_and(|real| is_of_git(&real)) => {
                Ok(SourceEntry::Unreadable("Git keeps its own files there, which are no input".to_owned()))
            }
            Ok((real, kind)) if real.starts_with(&self.root) => look(&real, kind),
            Ok((real, _)) => {
                Ok(SourceEntry::Unreadable(format!("it is a link to `{}`, outside the workspace", real.display())))
            }
            Err(error) => Err(error),
        };
        seen.unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::NotFound if self.root.join(path.as_str()).is_symlink() => {
                SourceEntry::Unreadable("it is a link to nothing".to_owned())
            }
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SourceEntry::Nothing,
            _ => SourceEntry::Unreadable(super::reason(&error)),
        })
    }

    fn real(&self, path: &RelPath) -> Option<RelPath> {
        below(&self.root, &self.find(path).ok()?.0)
    }
}

impl WorkspaceFiles {
    /// A path with its links resolved, and the file or folder there. The disk is read once, and only for the last part: its
    /// folder is known.
    fn find(&self, path: &RelPath) -> io::Result<ResolvedPath> {
        const LOCK: &str = "no thread panics while it locks the table";
        if let Some(known) = self.known.read().expect(LOCK).get(path) {
            return Ok(known.clone());
        }
        let known = self.resolve(path)?;
        self.known.write().expect(LOCK).insert(path.clone(), known.clone());
        Ok(known)
    }

    fn resolve(&self, path: &RelPath) -> io::Result<ResolvedPath> {
        if *path == RelPath::root() {
            return Ok((self.root.as_path().into(), fs::metadata(&self.root)?.file_type()));
        }
        let full = self.find(&path.parent())?.0.join(path.name());
        let kind = fs::symlink_metadata(&full)?.file_type();
        if !kind.is_symlink() {
            return Ok((full.into(), kind));
        }
        let real = fs::canonicalize(&full)?;
        let kind = fs::metadata(&real)?.file_type();
        Ok((real.into(), kind))
    }
}

/// The file or folder at a path without links. A pipe or a device is not read, because that may never end. Names that are not
/// UTF-8 are left out, because no text can name them, and so are folders of Git.
fn look(path: &Path, kind: FileType) -> io::Result<SourceEntry> {
    if kind.is_dir() {
        let names = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let mut names: Vec<String> = names.filter_map(io::Result::transpose).collect::<io::Result<_>>()?;
        names.retain(|name| !is_git_folder(name));
        Ok(SourceEntry::Folder(names))
    } else if kind.is_file() {
        Ok(SourceEntry::File(file::read(path)?))
    } else {
        Ok(SourceEntry::Unreadable("it is neither a file nor a folder".to_owned()))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::source::Found;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_inside_and_refused_outside() {
        let outer = tempfile::tempdir().unwrap();
        let root = resolve(outer.path()).unwrap().join("work");
        fs::create_dir_all(root.join("base/deep")).unwrap();
        fs::write(root.join("base/a.yaml"), "a").unwrap();
        fs::write(outer.path().join("secret"), "s").unwrap();
        for (to, from) in [
            ("a.yaml", "base/file"),
            ("base", "folder"),
            ("../../secret", "base/out"),
            ("nothing", "dangling"),
            ("circle", "circle"),
            ("/dev/null", "device"),
        ] {
            symlink(to, root.join(from)).unwrap();
        }
        let project = project(&root, &root.join("base"));
        let path = |text| RelPath::new(text).unwrap();
        let text = |at| project.file(&path(at)).map(|file| String::from_utf8(file.bytes.clone()).unwrap());
        assert_eq!(text("base/file").as_deref(), Some("a"));
        assert_eq!(text("folder/a.yaml").as_deref(), Some("a"));
        assert_eq!(project.real(&path("folder/file")), Some(path("base/a.yaml")));
        assert_eq!(project.real(&path("base/out")), None);
        assert_eq!(project.show(&path("branches.yaml")), "../branches.yaml");
        for (at, why) in [
            ("base/out", "outside the workspace"),
            ("dangling", "a link to nothing"),
            ("circle", "levels of symbolic links"),
        ] {
            match project.look(&path(at)) {
                Found::Unreadable(reason) => assert!(reason.contains(why), "{at}: {reason}"),
                other => panic!("{at}: {other:?}"),
            }
        }
        assert!(matches!(project.look(&path("base/a.yaml/b")), Found::Nothing));
        assert!(matches!(project.look(&path("none")), Found::Nothing));
        match project.look(&path("base")) {
            Found::Folder(names) => assert_eq!(*names, ["a.yaml", "deep", "file", "out"]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_workspace_is_found_upwards() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(workspace(&deep), None);
        fs::write(folder.path().join("a").join(SPEC), "").unwrap();
        assert_eq!(workspace(&deep), Some(folder.path().join("a").as_path()));
    }
}
