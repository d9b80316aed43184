//! The output that a build starts from, as far as the build asks for it.

use crate::diagnostic::Result;
use crate::source::RelPath;
use crate::tree::Tree;

/// The output that a build starts from: the one at a commit, on a disk, in memory.
pub trait Base: Sync {
    /// What a build reads before it makes anything: zone change files, plans, and the folders of branches that are no more.
    /// Whatever else it holds is left alone.
    fn recorded(&self) -> &Tree;

    /// Those of `paths` that there are.
    fn files(&self, paths: &[RelPath]) -> Result<Tree>;

    /// What the folders of those slugs that are `wanted` held before the last change of this output, and hold in it no more
    /// as it was: two changes, each of which leaves a thing to the other, may have come together in between.
    fn earlier(&self, _wanted: &dyn Fn(&str) -> bool) -> Result<Tree> {
        Ok(Tree::default())
    }
}

/// A whole output.
impl Base for Tree {
    fn recorded(&self) -> &Tree {
        self
    }

    fn files(&self, paths: &[RelPath]) -> Result<Tree> {
        Ok(paths.iter().filter_map(|path| Some((path.clone(), self.get(path)?.clone()))).collect())
    }
}
