//! Paths that cannot point outside of the project.

use smol_str::{SmolStr, format_smolstr};
use std::collections::BTreeSet;
use std::fmt;

/// A `/`-separated path below a root, without empty, `.` or `..` parts. The root itself is the empty path.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RelPath(SmolStr);

impl RelPath {
    /// The root.
    pub(crate) fn root() -> Self {
        RelPath::default()
    }

    /// The normal form of `path`, or `None` if it is absolute or points outside of the root.
    pub(crate) fn new(path: &str) -> Option<Self> {
        RelPath::root().join(path)
    }

    /// `path` if it is in normal form. A tree of Git may have names that no file can have, such as `..`.
    pub(crate) fn normal(path: &str) -> Option<Self> {
        RelPath::new(path).filter(|normal| normal.as_str() == path)
    }

    /// `path` relative to this folder, or `None` if it is absolute or points outside of the root.
    pub(crate) fn join(&self, path: &str) -> Option<Self> {
        if path.starts_with('/') {
            return None;
        }
        // Most paths are one name in a folder.
        if !path.contains('/') && !matches!(path, "" | "." | "..") {
            let folder = self.as_str();
            return Some(RelPath(if folder.is_empty() { path.into() } else { format_smolstr!("{folder}/{path}") }));
        }
        let mut parts: Vec<&str> = self.parts().collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                _ => parts.push(part),
            }
        }
        Some(RelPath(parts.join("/").into()))
    }

    /// The folder that contains it. The parent of the root is the root.
    #[must_use]
    pub(crate) fn parent(&self) -> Self {
        RelPath(self.0.rsplit_once('/').map_or("", |(folder, _)| folder).into())
    }

    /// Whether both are in the same folder.
    pub(crate) fn is_beside(&self, other: &RelPath) -> bool {
        let folder = |path: &RelPath| path.0.len() - path.name().len();
        self.0[..folder(self)] == other.0[..folder(other)]
    }

    /// The last part. Empty for the root.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// The parts, beginning at the root.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// Whether it is `folder` or below it.
    pub(crate) fn is_within(&self, folder: &RelPath) -> bool {
        folder.0.is_empty()
            || self.0.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The path as text. Empty for the root.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path relative to the folder `from`, with `..` where needed. `.` if both are equal.
    pub(crate) fn relative_to(&self, from: &RelPath) -> String {
        let (from, to): (Vec<_>, Vec<_>) = (from.parts().collect(), self.parts().collect());
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..", from.len() - shared);
        let parts: Vec<&str> = up.chain(to[shared..].iter().copied()).collect();
        if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

/// Folders, to find out whether a path is in or below one of them.
pub(crate) struct FolderSet<'f>(BTreeSet<&'f str>);

impl<'f> FromIterator<&'f RelPath> for FolderSet<'f> {
    fn from_iter<I: IntoIterator<Item = &'f RelPath>>(folders: I) -> Self {
        FolderSet(folders.into_iter().map(RelPath::as_str).collect())
    }
}

impl FolderSet<'_> {
    /// Whether a path is one of the folders or below one.
    pub(crate) fn has(&self, path: &RelPath) -> bool {
        let path = path.as_str();
        let parents = path.match_indices('/').map(|(end, _)| &path[..end]);
        ["", path].into_iter().chain(parents).any(|folder| self.0.contains(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::{FolderSet, RelPath};

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn paths_are_normalized() {
        for (from, to) in [("", "."), ("./a//b/", "a/b"), ("a/../b", "b"), ("a/./b", "a/b"), ("a/..", ".")] {
            assert_eq!(path(from).to_string(), to, "{from}");
        }
        for outside in ["/a", "..", "a/../..", "../a"] {
            assert_eq!(RelPath::new(outside), None, "{outside}");
        }
        for other in ["a/..", "..", "a/../b", ".", "a//b", "a/", "/a"] {
            assert_eq!(RelPath::normal(other), None, "{other}");
        }
        assert_eq!(RelPath::normal("a/b"), Some(path("a/b")));
    }

    #[test]
    fn paths_are_compared_by_parts() {
        assert!(
            path("a/b").is_within(&path("a"))
                && path("a").is_within(&path("a"))
                && path("a").is_within(&RelPath::root())
        );
        assert!(!path("ab").is_within(&path("a")));
        for (to, from, want) in [
            ("a/b", "a", "b"),
            ("a", "a", "."),
            ("b", "a", "../b"),
            ("", "a/b", "../.."),
            ("a/c/d", "a/b/e", "../../c/d"),
        ] {
            assert_eq!(path(to).relative_to(&path(from)), want);
        }
    }

    #[test]
    fn a_folder_set_has_what_is_in_one_of_its_folders() {
        let folders = [path("a/b"), path("c")];
        let set: FolderSet = folders.iter().collect();
        for (text, want) in [
            ("a/b", true),
            ("a/b/x/y", true),
            ("c/d", true),
            ("a", false),
            ("a/bc", false),
            ("x/c", false),
            ("", false),
        ] {
            assert_eq!(set.has(&path(text)), want, "{text}");
            assert_eq!(folders.iter().any(|folder| path(text).is_within(folder)), want, "{text}");
        }
        let root = [RelPath::root()];
        let all: FolderSet = root.iter().collect();
        assert!(all.has(&path("a")) && all.has(&RelPath::root()));
    }
}
