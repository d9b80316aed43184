//! The output that a build starts from: what was recorded there of DNS and of retired branches is not forgotten.
//!
//! It is what `--base` names, else the output at the commit where this branch left `origin/main`, else the output on the
//! disk. All three commands that build ask here, so that they see the same.

use super::workspace::Workspace;
use crate::disk::{self, Output};
use crate::emit::lock;
use crate::error::Result;
use crate::git;
use crate::pipeline::{Built, Part};
use crate::plan::Plan;
use crate::source::RelPath;
use crate::spec::Spec;
use crate::tree::{DNS, NAMESPACES, RETIRED, Tree, slug_of};
use std::collections::BTreeSet;
use std::path::Path;

/// The branch that others leave and come back to.
const TRUNK: &str = "origin/main";

/// Where a base is.
enum Source {
    /// The output at a commit.
    Commit(String),
    /// An output folder.
    Folder(Output),
}

/// The base as far as a build of `part` looks at it: zone change files, plans of retired branches, and the last files of
/// branches that are no more.
pub(super) fn base(
    asked: Option<&str>,
    workspace: &Workspace,
    here: &Path,
    (spec, plan): &(Spec, Plan),
    part: &Part,
) -> Result<Tree> {
    let slugs = part.slugs(plan);
    let live: BTreeSet<&str> = plan.branches.iter().map(|branch| branch.slug.as_str()).collect();
    let gone = |slug: &String| !live.contains(slug.as_str()) && slugs(slug);
    let (dns, namespaces, retired) = (folder(DNS), folder(NAMESPACES), folder(RETIRED));
    let output = workspace.output(&spec.output);
    let source = if let Some(asked) = asked {
        source(asked, here, &spec.output)
    } else {
        let left = output.folders(&namespaces)?;
        // Whoever has nothing that could be recorded is not made to wait for git.
        let is_all = !left.is_empty() && !left.iter().any(gone) && !output.has(&retired);
        if is_all && spec.zones.is_empty() && !output.has(&dns) {
            return Ok(Tree::default());
        }
        match git::fork(&workspace.root, TRUNK) {
            Some(commit) => Source::Commit(commit),
            None => Source::Folder(output),
        }
    };
    let there = match &source {
        Source::Commit(commit) => git::folders(&workspace.root, commit, &spec.output, &namespaces)?,
        Source::Folder(output) => output.folders(&namespaces)?,
    };
    let left = there.into_iter().filter(gone).filter_map(|slug| namespaces.join(&slug));
    let folders: Vec<RelPath> = [dns, retired].into_iter().chain(left).collect();
    let files = source.read(workspace, &spec.output, &folders, |path| slugs(slug_of(path)))?;
    // What somebody else put into the folder of a branch is nothing that the branch leaves.
    let (objects, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(path, _)| path.parts().next() == Some(NAMESPACES));
    let mut base = lock::owned(objects.into_iter().collect(), &Tree::default());
    base.extend(others);
    Ok(base)
}

fn folder(name: &str) -> RelPath {
    RelPath::new(name).expect("a plain name")
}

impl Source {
    /// The files of some folders of the output.
    fn read(
        &self,
        workspace: &Workspace,
        output: &RelPath,
        folders: &[RelPath],
        wanted: impl Fn(&RelPath) -> bool,
    ) -> Result<Tree> {
        match self {
            Source::Commit(commit) => Ok(git::tree(&workspace.root, commit, output, folders, wanted)?),
            Source::Folder(output) => output.read(folders, wanted),
        }
    }
}

/// What `--base` names: the output of a commit or of another workspace, or an output folder.
fn source(asked: &str, here: &Path, output: &RelPath) -> Source {
    let path = here.join(asked);
    if !path.is_dir() {
        return Source::Commit(asked.to_owned());
    }
    let is_workspace = path.join(disk::SPEC).is_file();
    let path = if is_workspace { path.join(output.as_str()) } else { path };
    Source::Folder(Output::new(path, asked))
}

/// All files of what `--base` names.
pub(super) fn named(asked: &str, workspace: &Workspace, here: &Path, output: &RelPath) -> Result<Tree> {
    source(asked, here, output).read(workspace, output, &[RelPath::root()], |_| true)
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
