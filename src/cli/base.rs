//! The output that a build starts from: what was recorded there of DNS and of retired branches is not forgotten.
//!
//! It is what `--base` names, else the output at the commit where this branch left `origin/main`, else the output on the
//! disk. All three commands that build ask here, so that they see the same.

use super::workspace::Workspace;
use crate::disk::{self, Output};
use crate::emit::{self, lock};
use crate::error::Result;
use crate::git;
use crate::pipeline::{Built, Part};
use crate::plan::Plan;
use crate::source::RelPath;
use crate::spec::Spec;
use crate::tree::{DNS, NAMESPACES, RETIRED, Tree, slug_of};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
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
/// branches that are no more or have moved to another namespace.
pub(super) fn base(
    asked: Option<&str>,
    workspace: &Workspace,
    here: &Path,
    (spec, plan): &(Spec, Plan),
    part: &Part,
) -> Result<Tree> {
    let slugs = part.slugs(plan);
    let homes: BTreeMap<&str, Option<RelPath>> =
        plan.branches.iter().map(|branch| (branch.slug.as_str(), emit::home(branch))).collect();
    let (dns, namespaces, retired) = (folder(DNS), folder(NAMESPACES), folder(RETIRED));
    let output = workspace.output(&spec.output);
    let mut moved = true;
    let source = if let Some(asked) = asked {
        source(asked, here, &spec.output)
    } else {
        let there = output.folders(&namespaces)?;
        let at_home: Vec<&Option<RelPath>> =
            homes.iter().filter(|(slug, _)| slugs(slug)).map(|(_, home)| home).collect();
        moved = output.has(&retired)
            || there.iter().any(|slug| slugs(slug) && !homes.get(slug.as_str()).is_some_and(Option::is_some))
            || at_home.par_iter().any(|home| home.as_ref().is_some_and(|home| !output.has_file(home)));
        // Whoever has nothing that could be recorded is not made to wait for git.
        if !moved && spec.zones.is_empty() && !output.has(&dns) {
            return Ok(Tree::default());
        }
        match git::fork(&workspace.root, TRUNK) {
            Some(commit) => Source::Commit(commit),
            None => Source::Folder(output),
        }
    };
    let mut folders = vec![dns, retired];
    if moved {
        let is_left = |slug: &String, has: &dyn Fn(&RelPath) -> bool| {
            slugs(slug) && !homes.get(slug.as_str()).is_some_and(|home| home.as_ref().is_some_and(has))
        };
        let left = source.left(workspace, &spec.output, &namespaces, &is_left)?;
        folders.extend(left.iter().filter_map(|slug| namespaces.join(slug)));
    }
    let files = source.read(workspace, &spec.output, &folders, |path| slugs(slug_of(path)))?;
    Ok(recorded(files))
}

/// Those of `files` that record something: what somebody else put into the folder of a branch is nothing that it leaves.
pub(super) fn recorded(files: Tree) -> Tree {
    let (objects, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(path, _)| path.parts().next() == Some(NAMESPACES));
    let mut recorded = lock::owned(objects.into_iter().collect(), &Tree::default());
    recorded.extend(others);
    recorded
}

fn folder(name: &str) -> RelPath {
    RelPath::new(name).expect("a plain name")
}

/// Whether the folder of a slug is left, as far as the files that there are tell.
type IsLeft<'a> = dyn Fn(&String, &dyn Fn(&RelPath) -> bool) -> bool + 'a;

impl Source {
    /// The slugs whose folders are left.
    fn left(
        &self,
        workspace: &Workspace,
        output: &RelPath,
        namespaces: &RelPath,
        is_left: &IsLeft,
    ) -> Result<BTreeSet<String>> {
        Ok(match self {
            Source::Commit(commit) => {
                let paths: BTreeSet<RelPath> =
                    git::paths(&workspace.root, commit, output, namespaces)?.into_iter().collect();
                let slugs: BTreeSet<String> = paths.iter().map(|path| slug_of(path).to_owned()).collect();
                slugs.into_iter().filter(|slug| is_left(slug, &|home| paths.contains(home))).collect()
            }
            Source::Folder(folder) => {
                let slugs = folder.folders(namespaces)?.into_iter();
                slugs.filter(|slug| is_left(slug, &|home| folder.has_file(home))).collect()
            }
        })
    }

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
