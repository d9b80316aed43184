//! The output that a build starts from: what was recorded there of DNS and of what branches had is not forgotten.
//!
//! It is what `--base` names, else the output at the commit where this branch left the trunk, else the output on the
//! disk. All three commands that build ask here, so that they see the same.

use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::disk::{self, Output};
use crate::emit::lock;
use crate::git::{self, Fork};
use crate::pipeline::{self, Built, Part};
use crate::plan::Plan;
use crate::source::RelPath;
use crate::spec::Spec;
use crate::tree::{DNS, NAMESPACES, TEARDOWN, Tree, slug_of};
use std::collections::BTreeSet;
use std::path::Path;

/// The branch that others leave and come back to: the default branch of `origin` if that is known here, as `git clone` and
/// `git remote set-head origin --auto` see to.
const TRUNK: &[&str] = &["refs/remotes/origin/HEAD", "refs/remotes/origin/main"];

/// Where a base is.
enum Source {
    /// The output at a commit.
    Commit(git::Files),
    /// An output folder.
    Folder(Output),
}

/// The base of a build of a part.
pub(super) struct Base {
    source: Source,
    recorded: Tree,
    /// What deserves a word.
    pub(super) warnings: Vec<Diagnostic>,
}

impl pipeline::Base for Base {
    fn recorded(&self) -> &Tree {
        &self.recorded
    }

    fn files(&self, paths: &[RelPath]) -> Result<Tree> {
        match &self.source {
            Source::Commit(files) => Ok(files.read(paths)?),
            Source::Folder(output) => output.files(paths),
        }
    }

    fn earlier(&self, wanted: &dyn Fn(&str) -> bool) -> Result<Tree> {
        let Source::Commit(files) = &self.source else { return Ok(Tree::default()) };
        let is_wanted = |path: &RelPath| path.parts().next() == Some(NAMESPACES) && wanted(slug_of(path));
        Ok(match files.before(is_wanted)? {
            Some(files) => recorded(files.read(files.paths())?),
            None => Tree::default(),
        })
    }
}

/// The base as far as a build of `part` looks at it.
pub(super) fn base(
    asked: Option<&str>,
    workspace: &Workspace,
    here: &Path,
    (spec, plan): &(Spec, Plan),
    part: &Part,
) -> Result<Base> {
    let slugs = part.slugs(plan);
    let live = plan.slugs();
    let is_wanted = |path: &RelPath| slugs(slug_of(path));
    let fork = if asked.is_none() { git::fork(&workspace.root, TRUNK)? } else { Fork::Nowhere };
    let warnings = if fork == Fork::Unseen { vec![unseen()] } else { Vec::new() };
    let source = match (asked, fork) {
        (Some(asked), _) => source(asked, workspace, here, &spec.output, is_wanted)?,
        (None, Fork::At(commit)) => Source::Commit(git::Files::at(&workspace.root, &commit, &spec.output, is_wanted)?),
        (None, Fork::Unseen | Fork::Nowhere) => Source::Folder(workspace.output(&spec.output)),
    };
    let [dns, namespaces, retired] = [DNS, NAMESPACES, TEARDOWN].map(|name| RelPath::new(name).expect("a plain name"));
    let gone = source.slugs(&namespaces)?.into_iter().filter(|slug| slugs(slug) && !live.contains(slug.as_str()));
    let folders: Vec<RelPath> = gone.filter_map(|slug| namespaces.join(&slug)).chain([dns, retired]).collect();
    Ok(Base { recorded: recorded(source.read(&folders, is_wanted)?), source, warnings })
}

/// What `check` finds right without a base may be a removal without its plan.
fn unseen() -> Diagnostic {
    let message = "where this branch left the default branch of `origin` cannot be seen here, so the output on the disk \
                   counts as what was recorded";
    Diagnostic::new(Code::Output, message).help(
        "fetch that branch, and all of it in a shallow clone (`git fetch --unshallow`); tell which it is with `git remote \
         set-head origin --auto`; or name the base with `--base`",
    )
}

/// Those of `files` that record something: what somebody else put into the folder of a branch is nothing that it leaves.
pub(super) fn recorded(files: Tree) -> Tree {
    let (objects, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(path, _)| path.parts().next() == Some(NAMESPACES));
    let mut recorded = lock::owned(objects.into_iter().collect(), &Tree::default());
    recorded.extend(others);
    recorded
}

impl Source {
    /// The slugs that have a folder in the output.
    fn slugs(&self, namespaces: &RelPath) -> Result<BTreeSet<String>> {
        Ok(match self {
            Source::Commit(files) => {
                let objects = files.paths().filter(|path| path.is_within(namespaces) && path.parts().count() > 2);
                objects.map(|path| slug_of(path).to_owned()).collect()
            }
            Source::Folder(output) => output.folders(namespaces)?.into_iter().collect(),
        })
    }

    /// The files in and below some folders of the output, as far as they are `wanted`.
    fn read(&self, folders: &[RelPath], wanted: impl Fn(&RelPath) -> bool) -> Result<Tree> {
        let is_within = |path: &&RelPath| wanted(path) && folders.iter().any(|folder| path.is_within(folder));
        match self {
            Source::Commit(files) => Ok(files.read(files.paths().filter(is_within))?),
            // Where nothing is recorded, nothing is walked through.
            Source::Folder(output) if !folders.iter().any(|folder| output.has(folder)) => Ok(Tree::default()),
            Source::Folder(output) => output.read(folders, wanted),
        }
    }
}

/// What `--base` names: the output of a commit or of another workspace, or an output folder.
fn source(
    asked: &str,
    workspace: &Workspace,
    here: &Path,
    output: &RelPath,
    wanted: impl Fn(&RelPath) -> bool,
) -> Result<Source> {
    let path = here.join(asked);
    // Nothing is what a shell makes of a command that failed.
    if asked.is_empty() || !path.is_dir() {
        return Ok(Source::Commit(git::Files::at(&workspace.root, asked, output, wanted)?));
    }
    let is_workspace = path.join(disk::SPEC).is_file();
    let path = if is_workspace { path.join(output.as_str()) } else { path };
    Ok(Source::Folder(Output::new(path, asked)))
}

/// All files of what `--base` names.
pub(super) fn named(asked: &str, workspace: &Workspace, here: &Path, output: &RelPath) -> Result<Tree> {
    source(asked, workspace, here, output, |_| true)?.read(&[RelPath::root()], |_| true)
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
