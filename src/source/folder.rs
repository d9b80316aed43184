//! The path of a folder that may be outside of the project.

use super::RelPath;
use std::fmt;

/// A `/`-separated path from the root of the project to a folder: any number of `..`, then a path below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FolderPath {
    up: usize,
    below: RelPath,
}

impl FolderPath {
    /// The normal form of `path`, or `None` if it is absolute.
    pub(crate) fn new(path: &str) -> Option<Self> {
        if path.starts_with('/') {
            return None;
        }
        let mut folder = FolderPath { up: 0, below: RelPath::root() };
        for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
            match part {
                ".." if folder.below == RelPath::root() => folder.up += 1,
                ".." => folder.below = folder.below.parent(),
                _ => folder.below = folder.below.join(part)?,
            }
        }
        Some(folder)
    }

    /// The path of a folder of the project.
    pub(crate) fn inside(&self) -> Option<&RelPath> {
        (self.up == 0).then_some(&self.below)
    }

    /// Whether it is the root of the project or a folder above.
    pub(crate) fn contains_root(&self) -> bool {
        self.below == RelPath::root()
    }

    /// The names in the path.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.below.parts()
    }
}

impl From<RelPath> for FolderPath {
    fn from(below: RelPath) -> Self {
        FolderPath { up: 0, below }
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let up = vec![".."; self.up].join("/");
        match (up.as_str(), self.below.as_str()) {
            ("", "") => f.write_str("."),
            (path, "") | ("", path) => f.write_str(path),
            (up, below) => write!(f, "{up}/{below}"),
        }
    }
}

/// Whether Git keeps its own files in a folder of this name. Some file systems ignore case, characters without width, or dots and
/// spaces at the end, or have short names or streams after `:`. These are the names that Git refuses in a tree.
pub(crate) fn is_git_folder(name: &str) -> bool {
    let has_width = |c: &char| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let name: String = name.chars().filter(has_width).collect();
    let name = name.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    [".git", "git~1"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_git_have_several_names() {
        for name in [".git", ".GIT", "git~1", ".git.", ".git ", ".git::$INDEX_ALLOCATION", ".g\u{200c}it"] {
            assert!(is_git_folder(name), "{name:?}");
        }
        for name in ["git", ".gitignore", ".gitattributes", ".github", "a.git", "", ".", ".."] {
            assert!(!is_git_folder(name), "{name:?}");
        }
    }

    #[test]
    fn paths_are_normalized() {
        for (from, to, inside) in [
            ("out", "out", true),
            ("./a//b/", "a/b", true),
            ("a/../b", "b", true),
            ("a/..", ".", true),
            ("../rendered", "../rendered", false),
            ("a/../../b/c", "../b/c", false),
            ("../..", "../..", false),
        ] {
            let path = FolderPath::new(from).unwrap();
            assert_eq!((path.to_string().as_str(), path.inside().is_some()), (to, inside), "{from}");
            assert_eq!(path.contains_root(), matches!(to, "." | "../.."), "{from}");
        }
        assert_eq!(FolderPath::new("/a"), None);
    }
}
