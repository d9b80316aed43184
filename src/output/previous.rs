//! The previous output, as far as a build needs it.

use super::{OutputKind, OutputPath, Tree, owned_files};
use crate::diagnostic::Result;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The previous output: of a commit, on a disk, or in memory. pleach owns all its files.
pub(crate) trait PreviousOutput: Sync {
    /// The files that every build reads: zone change files, teardown plans, and the namespace folders of removed branches.
    fn files(&self) -> &Tree;

    /// The objects of the branches with these slugs that `tree` does not have or has with another content.
    fn replaced_objects(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree>;

    /// The files that the last change of this output replaced or removed, in the folders of slugs for which `is_selected` is
    /// true. Of two changes that are merged one after the other, each may rely on the other to plan the teardown of an object.
    fn earlier_files(&self, _is_selected: &dyn Fn(&str) -> bool) -> Result<Tree> {
        Ok(Tree::default())
    }

    /// The objects of a branch in its last output, which is kept while the branch cannot be built.
    fn objects_of(&self, slug: &str) -> Result<Vec<Arc<str>>>;
}

/// A whole output in memory.
impl PreviousOutput for Tree {
    fn files(&self) -> &Tree {
        self
    }

    fn replaced_objects(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree> {
        let of_branch = self.iter().filter(|(path, _)| path.is_locked() && slugs.contains(path.slug()));
        let files =
            owned_files(of_branch.map(|(path, text)| (path.clone(), Arc::clone(text))).collect(), &Tree::default());
        Ok(files
            .into_iter()
            .filter(|(path, text)| path.kind() == OutputKind::Object && tree.get(path) != Some(text))
            .collect())
    }

    fn objects_of(&self, slug: &str) -> Result<Vec<Arc<str>>> {
        let is_object = |path: &OutputPath| path.kind() == OutputKind::Object && path.slug() == slug;
        Ok(self.iter().filter(|(path, _)| is_object(path)).map(|(_, text)| Arc::clone(text)).collect())
    }
}
