//! The previous output, as far as a build needs it.

use super::{OutputKind, OutputPath, Tree, written_files};
use crate::diagnostic::{Diagnostic, Result};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The previous output: of a commit, on a disk, or in memory. pleach owns all its files.
pub(crate) trait PreviousOutput: Sync {
    /// The files that every build reads: zone change files, teardown plans, the objects that branches share, and the namespace
    /// folders of removed branches.
    fn files(&self) -> &Tree;

    /// The file at a path of the output that this build replaces. A change may have corrected or removed a file of the previous output.
    fn present(&self, path: &OutputPath) -> Option<Arc<str>>;

    /// The objects of the branches with these slugs that `tree` does not have or has with another content.
    fn replaced_objects(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree>;

    /// The history of this output, as far as it is known, with the objects of the slugs for which `is_selected` is true.
    fn history(&self, _is_selected: &dyn Fn(&str) -> bool) -> Result<OutputHistory> {
        Ok(OutputHistory::default())
    }

    /// Whether it is the output of a commit, to which others may have contributed, and the history of the spec is known.
    fn is_published(&self) -> bool {
        false
    }

    /// The texts that the files of the spec have had, the newest first, as far as they are known.
    fn earlier_specs(&self, _parents: HistoryParents) -> Result<Vec<Arc<str>>> {
        Ok(Vec::new())
    }

    /// The objects of a branch in its last output, which is kept while the branch cannot be built.
    fn objects_of(&self, slug: &str) -> Result<Vec<Arc<str>>>;
}

/// Which parents of a merge a history follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistoryParents {
    /// Those that were published on the default branch: the first ones, and the second one where the default branch was merged into other
    /// commits.
    Published,
    /// All of them, also the commits of pull requests.
    All,
}

/// Whether a change has corrected or removed a file of the previous output that is refused.
pub(crate) fn is_corrected(
    previous: &dyn PreviousOutput,
    path: &OutputPath,
    is_refused: impl Fn(&str) -> bool,
) -> bool {
    previous.present(path).is_none_or(|text| !is_refused(&text))
}

/// What the last changes of the previous output replaced or removed. No build may have recorded it: a change may be a revert, or
/// two changes that are merged one after the other may each rely on the other.
#[derive(Debug, Default)]
pub(crate) struct OutputHistory {
    /// The teardown plans and zone changes of the previous output, those of all slugs.
    pub(crate) recorded: Tree,
    /// For each change, the newest first: the files that it replaced or removed, as they were before it. The teardown plans and zone
    /// changes among them are those of all slugs.
    pub(crate) changes: Vec<Tree>,
    /// A warning if not all of it was read.
    pub(crate) cut: Option<Diagnostic>,
}

/// A whole output in memory.
impl PreviousOutput for Tree {
    fn files(&self) -> &Tree {
        self
    }

    fn present(&self, path: &OutputPath) -> Option<Arc<str>> {
        self.get(path).map(Arc::clone)
    }

    fn replaced_objects(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree> {
        let of_branch = self.iter().filter(|(path, _)| path.is_locked() && slugs.contains(path.slug()));
        let files: Tree = of_branch.map(|(path, text)| (path.clone(), Arc::clone(text))).collect();
        Ok(written_files(&files)
            .into_iter()
            .filter(|(path, text)| path.kind() == OutputKind::Object && tree.get(path) != Some(text))
            .collect())
    }

    fn objects_of(&self, slug: &str) -> Result<Vec<Arc<str>>> {
        let is_object = |path: &OutputPath| path.kind() == OutputKind::Object && path.slug() == slug;
        Ok(self.iter().filter(|(path, _)| is_object(path)).map(|(_, text)| Arc::clone(text)).collect())
    }
}
