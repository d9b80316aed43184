//! The files of an output, by path.

use super::OutputPath;
use crate::source::RelPath;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files of an output by their paths below the output folder, in path order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<OutputPath, Arc<str>>);

impl Tree {
    /// Adds a file, or replaces the file at that path.
    pub(crate) fn insert(&mut self, path: impl Into<OutputPath>, content: impl Into<Arc<str>>) {
        self.0.insert(path.into(), content.into());
    }

    /// Removes a file.
    pub(crate) fn remove(&mut self, path: &RelPath) {
        self.0.remove(path);
    }

    /// The content of a file.
    pub(crate) fn get(&self, path: &RelPath) -> Option<&Arc<str>> {
        self.0.get(path)
    }

    /// The files in path order.
    pub(crate) fn iter(&self) -> std::collections::btree_map::Iter<'_, OutputPath, Arc<str>> {
        self.0.iter()
    }

    /// The number of files.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no file.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Tree {
    type Item = (&'a OutputPath, &'a Arc<str>);
    type IntoIter = std::collections::btree_map::Iter<'a, OutputPath, Arc<str>>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<P: Into<OutputPath>> FromIterator<(P, Arc<str>)> for Tree {
    fn from_iter<I: IntoIterator<Item = (P, Arc<str>)>>(files: I) -> Self {
        Tree(files.into_iter().map(|(path, content)| (path.into(), content)).collect())
    }
}

impl<P: Into<OutputPath>> Extend<(P, Arc<str>)> for Tree {
    fn extend<I: IntoIterator<Item = (P, Arc<str>)>>(&mut self, files: I) {
        self.0.extend(files.into_iter().map(|(path, content)| (path.into(), content)));
    }
}

impl IntoIterator for Tree {
    type Item = (OutputPath, Arc<str>);
    type IntoIter = std::collections::btree_map::IntoIter<OutputPath, Arc<str>>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
