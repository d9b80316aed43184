//! The lock file, `pleach.lock`: which files of a namespace folder pleach owns.
//!
//! It lists names without digests, so two pull requests that change different files of one branch merge without a conflict. It
//! has no version and no date, so equal output has equal lock files.

use crate::diagnostic::{Code, Diagnostics, Result};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{self, Dialect, Fields};
use std::collections::BTreeSet;

const API_VERSION: &str = "pleach/v1";
const KIND: &str = "Lock";

/// The files that pleach owns in one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    /// The name of the branch in Git.
    pub(crate) branch: String,
    /// The names of the files.
    pub(crate) files: BTreeSet<String>,
}

impl Lock {
    /// The lock file of a branch with these files.
    pub(crate) fn of<'a>(branch: &str, files: impl IntoIterator<Item = &'a str>) -> Self {
        Lock { branch: branch.to_owned(), files: files.into_iter().map(str::to_owned).collect() }
    }

    /// The content of a lock file, or `None` if the text is not one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let documents = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).ok()?;
        read(&documents).ok()
    }

    /// The text of the file.
    pub(crate) fn write(&self) -> String {
        let mut text = String::with_capacity(128 + 64 * self.files.len());
        for (key, value) in [("apiVersion", API_VERSION), ("kind", KIND), ("branch", self.branch.as_str())] {
            text.push_str(key);
            text.push_str(": ");
            yaml::write_string(&mut text, value);
            text.push('\n');
        }
        text.push_str(if self.files.is_empty() { "files: []\n" } else { "files:\n" });
        for name in &self.files {
            text.push_str("- ");
            yaml::write_string(&mut text, name);
            text.push('\n');
        }
        text
    }

    /// The names that a lock file lists. A file with conflict markers of Git lists the names of both sides.
    pub(crate) fn names(text: &str) -> BTreeSet<String> {
        if let Some(lock) = Lock::read(text) {
            return lock.files;
        }
        let items: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("- ")).collect();
        items.into_iter().filter_map(item).collect()
    }

    /// The text of a lock file with the names of both texts. It is written before files are added, so that all files are owned
    /// even if a run is interrupted.
    pub(crate) fn union(old: &str, new: &str) -> String {
        let Some(mut lock) = Lock::read(new) else { return new.to_owned() };
        lock.files.append(&mut Lock::names(old));
        lock.write()
    }
}

fn read(documents: &[Node]) -> Result<Lock, Diagnostics> {
    Fields::only(documents, "a lock file", Code::Output, Location::NONE, |fields| {
        fields.header(API_VERSION, KIND);
        let branch = fields.required("branch", Fields::text)?.as_str()?.to_owned();
        let files = fields.strs("files").into_iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        Some(Lock { branch, files })
    })
}

/// The text of a list item, if it can be a file name.
fn item(text: &str) -> Option<String> {
    let documents = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).ok()?;
    documents.first()?.as_str().map(str::to_owned).filter(|name| !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_lock_file_reads_back() {
        for branch in ["main", "on", "12:30", "a: b #c", "日本語", "x\n---\n", "0x10", "- [x]"] {
            let lock = Lock::of(branch, ["50-deployment-web.yaml", "10-x.yaml"]);
            assert_eq!(Lock::read(&lock.write()), Some(lock.clone()), "{branch:?}");
        }
        let text = Lock::of("main", ["a.yaml"]).write();
        assert_eq!(text, "apiVersion: pleach/v1\nkind: Lock\nbranch: main\nfiles:\n- a.yaml\n");
        let empty = Lock::of("main", []);
        assert_eq!(Lock::read(&empty.write()), Some(empty));
    }

    #[test]
    fn a_lock_file_with_conflict_markers_lists_the_names_of_both_sides() {
        let text = Lock::of("main", ["a.yaml", "b.yaml"]).write();
        let conflict = format!("{text}<<<<<<< HEAD\n- c.yaml\n=======\n- 'd.yaml'\n- ../e.yaml\n>>>>>>> other\n");
        assert_eq!(Lock::names(&conflict).into_iter().collect::<Vec<_>>(), ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]);
        assert!(Lock::names("a.yaml: yes\n").is_empty() && Lock::names("").is_empty());
    }

    #[test]
    fn two_lock_files_that_add_different_names_merge_line_by_line() {
        let lines = |names: &[&str]| Lock::of("main", names.iter().copied()).write();
        let (base, both) = (lines(&["b.yaml"]), lines(&["a.yaml", "b.yaml", "c.yaml"]));
        assert_eq!(both.lines().count(), base.lines().count() + 2, "a name is a line of its own");
    }

    #[test]
    fn other_documents_are_not_lock_files() {
        for text in ["", "a: 1\n", "apiVersion: v1\nkind: Lock\nbranch: x\nfiles: []\n"] {
            assert_eq!(Lock::read(text), None, "{text:?}");
        }
    }
}
