//! Files that a merge in progress has left in namespace folders.
//!
//! If one side has removed a branch and the other has changed a file of it, Git leaves the changed file without the lock file that lists
//! it. It is owned if one of the sides has it with the same content and lists it.

use crate::diagnostic::Result;
use crate::disk::{self, Comparison, OutputDir};
use crate::git::{self, OutputAtCommit};
use crate::output::{OutputFolder, OutputPath, Tree, owned_files};
use std::collections::BTreeSet;

/// Takes such files as owned.
pub(super) fn own(output: &OutputDir, comparison: &mut Comparison) -> Result<()> {
    let is_namespace = |path: &OutputPath| OutputFolder::of(path) == Some(OutputFolder::Namespaces);
    let slugs: BTreeSet<String> =
        comparison.unowned().filter(is_namespace).map(|path| path.slug().to_owned()).collect();
    let Some(root) = git::repository(output.path()).filter(|_| !slugs.is_empty()) else { return Ok(()) };
    let folder = disk::below(root, output.path()).unwrap_or_default();
    let of_side = |side: String| {
        let files = OutputAtCommit::at(root, &side, &folder)?;
        let left = files.paths().filter(|path| is_namespace(path) && slugs.contains(path.slug()));
        Ok(owned_files(files.read(left)?, &Tree::default()))
    };
    let sides = git::merge_sides(root).into_iter().map(of_side).collect::<Result<Vec<Tree>>>()?;
    comparison.own(|path| {
        let text = output.text(path);
        text.is_some_and(|text| sides.iter().any(|side| side.get(path).is_some_and(|known| **known == *text)))
    });
    Ok(())
}
