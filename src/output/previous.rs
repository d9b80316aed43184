//! The previous output, as far as a build asks for it.

use super::{OutputKind, OutputPath, Tree, owned_files};
use crate::diagnostic::Result;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The output at the base revision: of a commit, on a disk, in memory. All files are owned by pleach.
pub trait PreviousOutput: Sync {
    /// What a build reads before it makes anything: zone change files, teardown plans, and the namespace folders of removed
    /// branches.
    fn recorded(&self) -> &Tree;

    /// The objects of the branches with these slugs that `tree` does not have with the same content.
    fn replaced(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree>;

    /// What the folders of the slugs that are `wanted` had before the last change of this output, and do not have in it with the
    /// same content. Two changes that were merged one after the other may each leave an object to the other one.
    fn earlier(&self, _wanted: &dyn Fn(&str) -> bool) -> Result<Tree> {
        Ok(Tree::default())
    }

    /// The objects of a branch in its last output, which stays as it is while the branch cannot be built.
    fn last(&self, slug: &str) -> Result<Vec<Arc<str>>>;
}

/// A whole output in memory.
impl PreviousOutput for Tree {
    fn recorded(&self) -> &Tree {
        self
    }

    fn replaced(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree> {
        let of_branch = self.iter().filter(|(path, _)| path.is_locked() && slugs.contains(path.slug()));
        let files =
            owned_files(of_branch.map(|(path, text)| (path.clone(), Arc::clone(text))).collect(), &Tree::default());
        Ok(files
            .into_iter()
            .filter(|(path, text)| path.kind() == OutputKind::Object && tree.get(path) != Some(text))
            .collect())
    }

    fn last(&self, slug: &str) -> Result<Vec<Arc<str>>> {
        let is_object = |path: &OutputPath| path.kind() == OutputKind::Object && path.slug() == slug;
        Ok(self.iter().filter(|(path, _)| is_object(path)).map(|(_, text)| Arc::clone(text)).collect())
    }
}
