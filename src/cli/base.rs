//! The base revision: where the previous output is, as far as it is known.
//!
//! | what is known | the base revision |
//! |---|---|
//! | `--base` names it | that commit or folder |
//! | the output is in the repository of the workspace | where the history forks from the default branch of `origin` |
//! | it is in another repository, worktree or submodule | where the history there forks from its upstream branch, else its `HEAD` |
//! | neither: no repository, no `origin`, no `git`, a shallow clone, an ignored output | the output on the disk, else that of `HEAD` |
//! | there is no output, but `output:` was another folder | the output in that folder |
//!
//! If there is no output at all, and Git does not have it either because it is ignored or outside of a repository, nothing is
//! known about removed branches. If the history of the spec has one, that is an error.

use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::disk::{self, OutputDir};
use crate::git::{self, ForkPoint, OutputAtCommit};
use crate::output::OutputFolder;
use crate::pipeline;
use crate::plan::BuildPlan;
use crate::source::{FolderPath, RelPath};
use crate::spec::{self, Spec};
use std::collections::BTreeSet;
use std::path::Path;

/// Where the previous output is.
pub(super) enum BaseRevision {
    Commit(OutputAtCommit),
    /// An output folder, and the output at `HEAD`, whose history has what was removed from it.
    Folder(OutputDir, Option<OutputAtCommit>),
}

/// The base revision of a run, and warnings about it.
pub(super) type Base = (BaseRevision, Vec<Diagnostic>);

impl BaseRevision {
    fn is_empty(&self) -> bool {
        match self {
            BaseRevision::Commit(files) => files.is_empty(),
            BaseRevision::Folder(output, _) => !output.has_output(),
        }
    }
}

/// What the base revision depends on.
pub(super) struct BaseFinder<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) spec: &'a Spec,
    pub(super) plan: &'a BuildPlan,
    /// The output folder of this run.
    pub(super) output: &'a OutputDir,
}

impl BaseFinder<'_> {
    /// What `--base` names, seen from the folder `here`: the output of a commit or of another workspace, or an output folder.
    pub(super) fn named(&self, base: &str, here: &Path) -> Result<Base> {
        let path = here.join(base);
        // The shell passes an empty text for a command substitution that failed.
        if base.is_empty() || !path.is_dir() {
            return self.at_commit(base);
        }
        if !path.join(disk::SPEC).is_file() {
            return Ok((BaseRevision::Folder(OutputDir::new(path, base), None), Vec::new()));
        }
        let root = disk::resolve(&path)?;
        let other = pipeline::plan_keep_going(&disk::project(&root, &root)).map(|(spec, _)| spec.output);
        let output = path.join(other.unwrap_or_else(|_| self.spec.output.clone()).to_string());
        Ok((BaseRevision::Folder(OutputDir::new(output, base), None), Vec::new()))
    }

    fn at_commit(&self, commit: &str) -> Result<Base> {
        let Some(files) = self.committed(commit, self.output)? else {
            return self.in_earlier_output(commit).ok_or_else(|| self.no_repository(commit).into());
        };
        let earlier = if files.is_empty() { self.in_earlier_output(commit) } else { None };
        Ok(earlier.unwrap_or((BaseRevision::Commit(files), Vec::new())))
    }

    /// The output at a commit of the repository that has an output folder, if there is one.
    fn committed(&self, commit: &str, output: &OutputDir) -> Result<Option<OutputAtCommit>> {
        let is_below = disk::below(&self.workspace.root, output.path()).is_some();
        let root = git::repository(output.path()).or_else(|| is_below.then_some(&*self.workspace.root));
        root.map(|root| output_at(root, commit, output)).transpose()
    }

    /// The output at a commit in the folder that the spec names, now or at that commit.
    fn in_earlier_output(&self, commit: &str) -> Option<Base> {
        let named = self.other_output(&self.spec.output);
        let earlier = named.or_else(|| self.other_output(&self.spec_at(commit)?.0.output))?;
        let files = self.committed(commit, &earlier).ok()??;
        (!files.is_empty()).then(|| (BaseRevision::Commit(files), self.left_over(&earlier).into_iter().collect()))
    }

    fn no_repository(&self, commit: &str) -> Diagnostic {
        let output = self.output.show(&RelPath::root());
        let message = format!(
            "`{commit}` is not a folder, and the output folder `{output}` is not in a repository that can have this commit"
        );
        Diagnostic::new(Code::Usage, message).help("name the folder of the output that was published last")
    }

    /// The base revision without `--base`.
    pub(super) fn find(&self) -> Result<Base> {
        let (base, warnings) = self.of(self.output)?;
        if !base.is_empty() {
            return Ok((base, warnings));
        }
        for earlier in self.earlier_outputs()? {
            let (other, warnings) = self.of(&earlier)?;
            if !other.is_empty() {
                return Ok((other, warnings.into_iter().chain(self.left_over(&earlier)).collect()));
            }
        }
        let warnings = warnings.into_iter().chain(self.check_nothing_is_lost()?).collect();
        Ok((base, warnings))
    }

    /// The base revision of an output folder.
    fn of(&self, output: &OutputDir) -> Result<Base> {
        let on_disk = |head| BaseRevision::Folder(output.clone(), head);
        let Some(root) = git::repository(output.path()) else { return Ok((on_disk(None), Vec::new())) };
        let is_own = self.is_in_own_repository(output);
        let (fork, mut warnings) =
            (if is_own { git::fork_point(root) } else { git::upstream_point(root) }?, Vec::new());
        let head = match &fork {
            ForkPoint::At(commit) => {
                let files = output_at(root, commit, output)?;
                if !files.is_empty() || !is_ignored(root, output) {
                    return Ok((BaseRevision::Commit(files), warnings));
                }
                None
            }
            ForkPoint::NoGit => None,
            ForkPoint::Unknown | ForkPoint::None => output_at(root, "HEAD", output).ok(),
        };
        warnings.extend(unknown(&fork));
        Ok(match head {
            Some(files) if !output.has_output() && !files.is_empty() => (BaseRevision::Commit(files), warnings),
            head => (on_disk(head), warnings),
        })
    }

    fn is_in_own_repository(&self, output: &OutputDir) -> bool {
        git::repository(output.path()) == git::repository(&self.workspace.root)
    }

    /// Other folders that the output may have been in: what the spec names, now and at the base revision; without Git, the
    /// folders of the workspace that have the output of a build.
    fn earlier_outputs(&self) -> Result<Vec<OutputDir>> {
        let named = self.other_output(&self.spec.output);
        if named.is_some() {
            return Ok(named.into_iter().collect());
        }
        if let Some(commit) = self.commit()? {
            let earlier = self.spec_at(&commit).and_then(|(spec, _)| self.other_output(&spec.output));
            return Ok(earlier.into_iter().collect());
        }
        let root = OutputDir::new(self.workspace.root.clone(), "");
        let mut names = root.folders(&RelPath::root())?;
        names.sort_unstable();
        let folders = names.iter().filter_map(|name| self.other_output(&RelPath::new(name)?.into()));
        Ok(folders.filter(OutputDir::has_locks).collect())
    }

    /// The output folder at a path of the workspace, if it is not that of this run.
    fn other_output(&self, path: &FolderPath) -> Option<OutputDir> {
        let other = self.workspace.folder(path);
        (other.path() != self.output.path()).then_some(other)
    }

    /// A warning if an output folder still exists that no build changes any more.
    fn left_over(&self, earlier: &OutputDir) -> Option<Diagnostic> {
        // With `--output`, the folder of the spec is still in use.
        let is_named = self.other_output(&self.spec.output).is_some();
        if is_named || !earlier.has_output() {
            return None;
        }
        let (old, new) = (earlier.show(&RelPath::root()), self.output.show(&RelPath::root()));
        let message = format!("the output was in `{old}` and is now in `{new}`; no build changes `{old}` any more");
        Some(Diagnostic::new(Code::Output, message).help(format!(
            "this build records what `{old}` has; then delete it, and change what reads it, such as the path in Argo CD"
        )))
    }

    /// The commit whose spec is the previous one: where the history of the workspace forks, else `HEAD`.
    fn commit(&self) -> Result<Option<String>> {
        let Some(root) = git::repository(&self.workspace.root) else { return Ok(None) };
        Ok(match git::fork_point(root)? {
            ForkPoint::At(commit) => Some(commit),
            ForkPoint::Unknown | ForkPoint::None => Some("HEAD".to_owned()),
            ForkPoint::NoGit => None,
        })
    }

    /// The spec of the workspace at a commit. `None` if there is none that can be read.
    fn spec_at(&self, commit: &str) -> Option<(Spec, BuildPlan)> {
        let (project, root) = (&self.workspace.project, &self.workspace.root);
        let files = git::texts(root, commit, &[spec::FILE, spec::FOLDER]).ok()?;
        let now = spec::files(project).ok()?.into_iter().map(|file| (file.path.clone(), None));
        let then = files.into_iter().map(|(path, text)| (path, Some(text.as_bytes().to_vec())));
        pipeline::plan_keep_going(&project.with(now.chain(then))).ok()
    }

    /// An error if the history of the spec has a removed branch, of which no output is known. Only for an output that is not in a
    /// repository: what is not in the output of a commit was never published from there.
    fn check_nothing_is_lost(&self) -> Result<Option<Diagnostic>> {
        let is_in_git = git::repository(self.output.path()).is_some_and(|root| !is_ignored(root, self.output));
        let Some(commit) = self.commit()?.filter(|_| !is_in_git) else { return Ok(None) };
        let existing = self.plan.slugs();
        let removed: BTreeSet<String> = [commit.clone(), format!("{commit}^1")]
            .iter()
            .filter_map(|commit| Some(self.spec_at(commit)?.1))
            .flat_map(|plan| plan.branches)
            .filter(|branch| !existing.contains(branch.slug.as_str()))
            .map(|branch| format!("`{}`", branch.name))
            .collect();
        let output = self.output.show(&RelPath::root());
        if !removed.is_empty() {
            let names = removed.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!(
                "what the removed {names} leaves is not known: `{output}` has no earlier output, and is not in Git"
            );
            return Err(Diagnostic::new(Code::Output, message).help(NAME_THE_BASE).into());
        }
        let message = format!(
            "the clone is shallow and `{output}` has no earlier output, so what removed branches leave is not known"
        );
        let is_shallow = git::is_shallow(&self.workspace.root);
        Ok(is_shallow.then(|| Diagnostic::new(Code::Output, message).help(NAME_THE_BASE)))
    }
}

const NAME_THE_BASE: &str =
    "name the last output that was published with `--base DIR`; if nothing was ever published, name an empty folder";

/// The output folder `output` at a commit of the repository `root`.
fn output_at(root: &Path, commit: &str, output: &OutputDir) -> Result<OutputAtCommit> {
    Ok(OutputAtCommit::at(root, commit, &disk::below(root, output.path()).unwrap_or_default())?)
}

/// Whether Git ignores the files that a build writes to a folder.
fn is_ignored(root: &Path, output: &OutputDir) -> bool {
    let namespaces = OutputFolder::Namespaces;
    let path = disk::below(root, output.path()).and_then(|output| output.join(namespaces.name()));
    path.is_some_and(|path| git::is_ignored(root, path.as_str()))
}

/// A warning if Git does not say which commit to compare with. Without it, `check` may accept a change without its records.
fn unknown(fork: &ForkPoint) -> Option<Diagnostic> {
    let (why, help) = match fork {
        ForkPoint::Unknown => (
            "cannot find where this branch forks from the default branch of `origin`",
            "fetch the default branch, in a shallow clone all of it (`git fetch --unshallow`); set it with `git remote set-head \
             origin --auto`; or name the base revision with `--base`",
        ),
        ForkPoint::NoGit => ("`git` cannot be run", "install Git, or name the base revision with `--base DIR`"),
        ForkPoint::At(_) | ForkPoint::None => return None,
    };
    let message = format!("{why}, so the output on the disk is the base revision");
    Some(Diagnostic::new(Code::Output, message).help(help))
}
