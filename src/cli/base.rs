//! The output that a build starts from: what was recorded there of DNS is not forgotten.
//!
//! It is what `--base` names, else the output at the commit where this branch left `origin/main`, else the output on the
//! disk. All three commands that build ask here, so that they see the same.

use super::workspace::Workspace;
use crate::disk::{self, Output};
use crate::error::Result;
use crate::git;
use crate::pipeline::{Built, Part};
use crate::plan::Plan;
use crate::source::RelPath;
use crate::spec::Spec;
use crate::tree::{DNS, Tree, slug_of};
use std::path::Path;

/// The branch that others leave and come back to.
const TRUNK: &str = "origin/main";

/// The zone change files of the base, as far as a build of `part` looks at them.
pub(super) fn base(
    asked: Option<&str>,
    workspace: &Workspace,
    here: &Path,
    (spec, plan): &(Spec, Plan),
    part: &Part,
) -> Result<Tree> {
    let slugs = part.slugs(plan);
    let wanted = |path: &RelPath| slugs(slug_of(path));
    let folder = RelPath::new(DNS).expect("a plain name");
    let output = workspace.output(&spec.output);
    if let Some(asked) = asked {
        return named(asked, workspace, here, &spec.output, &folder, wanted);
    }
    // Whoever has no zones and no such files is not made to wait for git.
    if spec.zones.is_empty() && !output.has(&folder) {
        return Ok(Tree::default());
    }
    match git::fork(&workspace.root, TRUNK) {
        Some(commit) => Ok(git::tree(&workspace.root, &commit, &spec.output, &folder, wanted)?),
        None => output.read(&folder, wanted),
    }
}

/// What `--base` names: the files in `folder` of the output of a commit or of another workspace, or of an output folder.
pub(super) fn named(
    asked: &str,
    workspace: &Workspace,
    here: &Path,
    output: &RelPath,
    folder: &RelPath,
    wanted: impl Fn(&RelPath) -> bool,
) -> Result<Tree> {
    let path = here.join(asked);
    if !path.is_dir() {
        return Ok(git::tree(&workspace.root, asked, output, folder, wanted)?);
    }
    let is_workspace = path.join(disk::SPEC).is_file();
    let path = if is_workspace { path.join(output.as_str()) } else { path };
    Output::new(path, asked).read(folder, wanted)
}

/// Leaves out of a build what `build --prune` left out of the files on the disk, for those who look at them: both are
/// what a build writes.
pub(super) fn settle(built: &mut Built, output: &Output) {
    built.prune(|path, content| match (output.text(path), content) {
        (None, None) => true,
        (Some(there), Some(content)) => there == content,
        _ => false,
    });
}
