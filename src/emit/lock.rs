//! `pleach.lock`: which files of a namespace folder are pleach's, and their hashes.
//!
//! What the lock does not list belongs to somebody else and is never deleted. It holds no version and no date, so that
//! equal output is equal locks.

use crate::source::RelPath;
use crate::tree::{LOCK, NAMESPACES, Tree};
use crate::yaml;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The files that pleach owns in one folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lock {
    api_version: String,
    kind: String,
    /// The raw name of the branch.
    pub branch: String,
    /// The SHA-256 of every file, in hex, by file name.
    pub files: BTreeMap<String, String>,
}

impl Lock {
    /// The lock of `files`, given by name and content.
    pub fn of<'a>(branch: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter().map(|(name, content)| (name.to_owned(), sha256(content))).collect();
        Lock { api_version: "pleach/v1".to_owned(), kind: "Lock".to_owned(), branch: branch.to_owned(), files }
    }

    /// What a lock file says, or `None` if it is not one.
    pub fn read(text: &str) -> Option<Self> {
        let lock: Lock = serde_yaml::from_str(text).ok()?;
        (lock.api_version == "pleach/v1" && lock.kind == "Lock").then_some(lock)
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        let mut text = String::with_capacity(128 * (2 + self.files.len()));
        field(&mut text, "", "apiVersion", &self.api_version);
        field(&mut text, "", "kind", &self.kind);
        field(&mut text, "", "branch", &self.branch);
        if self.files.is_empty() {
            text.push_str("files: {}\n");
            return text;
        }
        text.push_str("files:\n");
        for (name, hash) in &self.files {
            field(&mut text, "  ", name, hash);
        }
        text
    }
}

fn field(text: &mut String, indent: &str, key: &str, value: &str) {
    text.push_str(indent);
    yaml::string(text, key);
    text.push_str(": ");
    yaml::string(text, value);
    text.push('\n');
}

/// The names that a lock lists. A lock in which git left its conflict markers still tells.
pub fn names(text: &str) -> BTreeSet<String> {
    if let Some(lock) = Lock::read(text) {
        return lock.files.into_keys().collect();
    }
    let entries = text.lines().filter_map(|line| line.trim_start().split_once(": "));
    entries.filter(|(_, hash)| is_sha256(hash)).map(|(name, _)| name.to_owned()).collect()
}

/// Where the lock of a slug stands below the output folder.
pub fn path(slug: &str) -> RelPath {
    RelPath::new(&format!("{NAMESPACES}/{slug}/{LOCK}")).expect("slugs are plain names")
}

/// The names that one lock lists and another one does not, or with another content. Of a lock in which git left its
/// conflict markers the contents are not known.
pub fn replaced(old: &str, new: &str) -> Vec<String> {
    let hashes = |text| Lock::read(text).map(|lock| lock.files).unwrap_or_default();
    let (before, after) = (hashes(old), hashes(new));
    let stays = |name: &String| before.get(name).is_some_and(|hash| after.get(name) == Some(hash));
    names(old).into_iter().filter(|name| !stays(name)).collect()
}

/// Those of `files` that are pleach's: what the lock of their folder lists, and what stands in `tree`.
pub fn owned(files: Tree, tree: &Tree) -> Tree {
    let locks = files.iter().filter(|(path, _)| path.name() == LOCK);
    // A lock that is in the tree lists what is in the tree.
    let others = locks.filter(|(path, text)| tree.get(path) != Some(*text));
    let listed: BTreeMap<RelPath, BTreeSet<String>> = others.map(|(path, text)| (path.parent(), names(text))).collect();
    let is_owned = |path: &RelPath| {
        tree.get(path).is_some()
            || listed.get(&path.parent()).is_some_and(|names| path.name() == LOCK || names.contains(path.name()))
    };
    files.into_iter().filter(|(path, _)| is_owned(path)).collect()
}

/// The text of a lock that lists what two others list, for the time in which one set of files becomes the other.
pub fn union(old: &str, new: &str) -> String {
    let Some(mut lock) = Lock::read(new) else { return new.to_owned() };
    for name in names(old) {
        lock.files.entry(name).or_insert_with(|| sha256(""));
    }
    lock.write()
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn sha256(content: &str) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let halves = |byte: u8| [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]);
    Sha256::digest(content).into_iter().flat_map(halves).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for branch in ["main", "on", "12:30", "a: b #c", "日本語", "x\n---\n", "", "0x10", "- [x]"] {
            let lock = Lock::of(branch, [("50-deployment-web.yaml", "a: 1\n"), ("10-x.yaml", "")]);
            assert_eq!(Lock::read(&lock.write()), Some(lock.clone()), "{branch:?}");
            assert_eq!(names(&lock.write()).into_iter().collect::<Vec<_>>(), ["10-x.yaml", "50-deployment-web.yaml"]);
        }
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = Lock::of("main", [("a.yaml", "")]).write();
        assert_eq!(text, format!("apiVersion: pleach/v1\nkind: Lock\nbranch: main\nfiles:\n  a.yaml: {empty}\n"));
    }

    #[test]
    fn a_broken_lock_still_tells() {
        let text = Lock::of("main", [("a.yaml", ""), ("b.yaml", "b")]).write();
        let conflict = format!("<<<<<<< HEAD\n{text}=======\n  c.yaml: {}\n>>>>>>> other\n", sha256("c"));
        assert_eq!(names(&conflict).into_iter().collect::<Vec<_>>(), ["a.yaml", "b.yaml", "c.yaml"]);
        assert!(names("a.yaml: yes\n- x\n").is_empty() && names("").is_empty());
    }

    #[test]
    fn what_a_lock_lists_and_another_does_not() {
        let lock = |files: &[(&str, &str)]| Lock::of("main", files.iter().copied()).write();
        let old = lock(&[("a.yaml", "a"), ("b.yaml", "b"), ("c.yaml", "c")]);
        assert_eq!(replaced(&old, &lock(&[("a.yaml", "a"), ("b.yaml", "x"), ("d.yaml", "d")])), ["b.yaml", "c.yaml"]);
        assert!(replaced(&old, &old).is_empty() && replaced("", &old).is_empty());
        let all = ["a.yaml", "b.yaml", "c.yaml"];
        assert_eq!(replaced(&old, ""), all);
        assert_eq!(replaced(&format!("<<<<<<< HEAD\n{old}=======\n"), &old), all);
    }

    #[test]
    fn other_documents_are_no_locks() {
        for text in ["", "a: 1\n", "apiVersion: v1\nkind: Lock\nbranch: x\nfiles: {}\n"] {
            assert_eq!(Lock::read(text), None, "{text:?}");
        }
    }
}
