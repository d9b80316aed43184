//! The output: file contents by path, in order.

use crate::source::RelPath;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The folder of the namespace folders.
pub const NAMESPACES: &str = "namespaces";

/// The folder of the zone change files, which stand in a folder for each zone.
pub const DNS: &str = "dns";

/// The folder of the plans for what retired branches leave.
pub const TEARDOWN: &str = "teardown";

/// The folder of what Argo CD, Flux and `kubectl` are told: a folder for each of the first two, with a file for each
/// branch, and beside these what is of no branch.
pub const GITOPS: &str = "gitops";

/// The file in a namespace folder that says which files in it are pleach's.
pub const LOCK: &str = "pleach.lock";

/// The slug of the branch that a file of the output belongs to: the folder in `namespaces/`, the name of the file
/// elsewhere. A file of no branch has its path for a slug, which no slug looks like.
pub fn slug_of(path: &RelPath) -> &str {
    let mut parts = path.parts();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(NAMESPACES), Some(slug), _) => slug,
        (Some(GITOPS), Some(_), None) => path.as_str(),
        _ => path.name().trim_end_matches(".yaml"),
    }
}

/// Whether a text is a document of a kind at first sight, be it one in which git left its conflict markers.
pub fn is_kind(text: &str, api_version: &str, kind: &str) -> bool {
    let has = |key: &str, value: &str| {
        text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim() == value))
    };
    has("kind:", kind) && has("apiVersion:", api_version)
}

/// What a build writes: every file of the output folder, by its path below that folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<RelPath, Arc<str>>);

impl Tree {
    /// Puts a file in, in place of what stood there.
    pub fn insert(&mut self, path: RelPath, content: impl Into<Arc<str>>) {
        self.0.insert(path, content.into());
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &RelPath) {
        self.0.remove(path);
    }

    /// Takes out all files but those that `stays` is true of.
    pub fn retain(&mut self, stays: impl Fn(&RelPath) -> bool) {
        self.0.retain(|path, _| stays(path));
    }

    /// The content of a file.
    pub fn get(&self, path: &RelPath) -> Option<&Arc<str>> {
        self.0.get(path)
    }

    /// The files in path order.
    pub fn iter(&self) -> std::collections::btree_map::Iter<'_, RelPath, Arc<str>> {
        self.0.iter()
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Tree {
    type Item = (&'a RelPath, &'a Arc<str>);
    type IntoIter = std::collections::btree_map::Iter<'a, RelPath, Arc<str>>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<(RelPath, Arc<str>)> for Tree {
    fn from_iter<I: IntoIterator<Item = (RelPath, Arc<str>)>>(files: I) -> Self {
        Tree(files.into_iter().collect())
    }
}

impl Extend<(RelPath, Arc<str>)> for Tree {
    fn extend<I: IntoIterator<Item = (RelPath, Arc<str>)>>(&mut self, files: I) {
        self.0.extend(files);
    }
}

impl IntoIterator for Tree {
    type Item = (RelPath, Arc<str>);
    type IntoIter = std::collections::btree_map::IntoIter<RelPath, Arc<str>>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
