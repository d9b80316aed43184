//! The base revision: where the previous output is, as far as it is known.
//!
//! | what is known | the base revision |
//! |---|---|
//! | `--base` names it | that commit or folder |
//! | the output is in the repository of the workspace | where the history forks from the default branch of `origin` |
//! | the output is in another repository now, and was in that of the workspace | the commit where the history forks, or that `--base` names, of the workspace |
//! | it is in another repository, worktree or submodule | where the history there forks from its upstream branch, else its `HEAD` |
//! | neither: no repository, no `origin`, no `git`, a shallow clone, an ignored output | the output on the disk, else that of `HEAD` |
//! | there is no output, but `output:` was another folder, or the workspace was in one | the output in that folder |
//! | there is none, but the history had one | the last commit that had it |
//!
//! If no output is found, or only one in another folder or commit, [`super::removals`] decides whether it is known what removed branches leave.

use super::workspace::Workspace;
use super::workspace_history::{NAME_THE_BASE, WorkspaceHistory};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::disk::{self, OutputDir};
use crate::git::{self, ForkPoint, OutputAtCommit};
use crate::output::{HistoryParents, OutputFolder, OutputPath};
use crate::pipeline;
use crate::plan::BuildPlan;
use crate::source::{FolderPath, RelPath};
use crate::spec::Spec;
use std::path::Path;
use std::sync::Arc;

/// Where the previous output is.
pub(super) enum BaseRevision {
    Commit(OutputAtCommit),
    /// An output folder, and the output at `HEAD`, whose history has what was removed from it.
    Folder(OutputDir, Option<OutputAtCommit>),
}

/// The base revision of a run.
pub(super) struct Base {
    pub(super) revision: BaseRevision,
    pub(super) origin: BaseOrigin,
    /// Warnings about it.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Where a base revision comes from.
pub(super) enum BaseOrigin {
    /// `--base` names it.
    Named,
    /// The output folder has an output there.
    OutputFolder,
    /// The output folder has none there. It is the last output that was found, if any. Specs of later commits than this one may have
    /// branches that it does not have; without a commit, any earlier spec.
    Earlier(Option<String>),
}

impl Base {
    fn named(revision: BaseRevision) -> Self {
        Base { revision, origin: BaseOrigin::Named, warnings: Vec::new() }
    }
}

impl BaseRevision {
    /// Whether it is the output of a commit, to which others may have contributed, and the history of the spec is known.
    pub(super) fn is_published(&self, workspace: &Path) -> bool {
        // Without the history, a name of the project would look like one of a stranger. A pipeline that commits the output to another
        // repository may never commit the spec.
        self.own_commit(workspace).is_some() && !git::is_shallow(workspace)
    }

    /// The commit, if it is in the repository of the workspace.
    fn own_commit(&self, workspace: &Path) -> Option<&str> {
        let BaseRevision::Commit(files) = self else { return None };
        let root = git::repository(workspace)?;
        (git::repository(files.root()) == Some(root)).then(|| files.commit())
    }

    /// The commit whose spec is the previous one of a workspace.
    pub(super) fn spec_commit(&self, workspace: &Path) -> Result<Option<String>> {
        self.own_commit(workspace).map_or_else(|| spec_commit(workspace), |commit| Ok(Some(commit.to_owned())))
    }

    /// The texts that the files of the spec of a workspace and a project have had, the newest first.
    pub(super) fn earlier_specs(
        &self,
        workspace: &Path,
        project: &str,
        parents: HistoryParents,
    ) -> Result<Vec<Arc<str>>> {
        let Some(history) = WorkspaceHistory::of(workspace, project) else { return Ok(Vec::new()) };
        self.spec_commit(workspace)?.map_or(Ok(Vec::new()), |commit| history.specs((None, &commit), parents))
    }

    pub(super) fn has_output(&self) -> bool {
        match self {
            BaseRevision::Commit(files) => files.has_output(),
            BaseRevision::Folder(output, _) => output.has_output(),
        }
    }

    /// Whether it has the output or the teardown plan of a slug.
    pub(super) fn knows(&self, slug: &str) -> bool {
        let [folder, plan] = [OutputFolder::Namespaces.join(slug), RelPath::clone(&OutputPath::teardown_plan(slug))];
        match self {
            BaseRevision::Commit(files) => files.paths().any(|path| path.is_within(&folder) || **path == plan),
            BaseRevision::Folder(output, _) => output.has(&folder) || output.text(&plan).is_some(),
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
            return Ok(Base::named(published(OutputDir::new(path, base))?));
        }
        let root = disk::resolve(&path)?;
        let other = pipeline::plan_keep_going(&disk::project(&root, &root)).map(|(spec, _)| spec.output);
        let output = path.join(other.unwrap_or_else(|_| self.spec.output.clone()).to_string());
        Ok(Base::named(published(OutputDir::new(output, base))?))
    }

    /// The output on the disk.
    pub(super) fn on_disk(&self) -> Base {
        Base::named(BaseRevision::Folder(self.output.clone(), None))
    }

    fn at_commit(&self, commit: &str) -> Result<Base> {
        if let Some((folder, files)) = self.before_move(commit)? {
            let warnings = self.left_over(&folder).into_iter().collect();
            return Ok(Base { warnings, ..Base::named(BaseRevision::Commit(files)) });
        }
        let Some(files) = self.committed(commit, self.output)? else {
            return self.in_earlier_output(commit)?.ok_or_else(|| self.no_repository(commit).into());
        };
        let earlier = if files.has_output() { None } else { self.in_earlier_output(commit)? };
        Ok(earlier.unwrap_or_else(|| Base::named(BaseRevision::Commit(files))))
    }

    /// The output at a commit of the repository that has an output folder, if there is one.
    fn committed(&self, commit: &str, output: &OutputDir) -> Result<Option<OutputAtCommit>> {
        let is_below = disk::below(&self.workspace.root, output.path()).is_some();
        let root = git::repository(output.path()).or_else(|| is_below.then_some(&*self.workspace.root));
        root.map(|root| output_at(root, commit, output)).transpose()
    }

    /// The output at a commit of the workspace, if a change has moved it to another repository, such as a submodule. What the other
    /// repository has comes from the same change.
    fn before_move(&self, commit: &str) -> Result<Option<(OutputDir, OutputAtCommit)>> {
        if git::repository(self.output.path()).is_none_or(|root| self.is_own(root)) {
            return Ok(None);
        }
        let Some(folder) = self.output_at(commit)?.map(|folder| self.workspace.folder(&folder)) else {
            return Ok(None);
        };
        let Some(root) = git::repository(&self.workspace.root) else { return Ok(None) };
        let files = disk::below(root, folder.path()).map(|_| output_at(root, commit, &folder)).transpose()?;
        Ok(files.filter(OutputAtCommit::has_output).map(|files| (folder, files)))
    }

    /// The output at a commit in the folder that the spec names, now or at that commit.
    fn in_earlier_output(&self, commit: &str) -> Result<Option<Base>> {
        let folders = std::iter::once(self.spec.output.clone()).chain(self.output_at(commit)?);
        for earlier in folders.filter_map(|folder| self.other_output(&folder)) {
            let files = self.committed(commit, &earlier).ok().flatten();
            if let Some(files) = files.filter(OutputAtCommit::has_output) {
                let warnings = self.left_over(&earlier).into_iter().chain(self.moved(commit)?).collect();
                return Ok(Some(Base { warnings, ..Base::named(BaseRevision::Commit(files)) }));
            }
        }
        Ok(None)
    }

    fn no_repository(&self, commit: &str) -> Diagnostic {
        let output = self.output.show(&RelPath::root());
        let message = format!(
            "`{commit}` is not a folder, and the output folder `{output}` is not in a repository that can have this commit"
        );
        Diagnostic::new(Code::Usage, message).help("name the folder of the output that was published last")
    }

    /// The folder that the spec names at a commit.
    fn output_at(&self, commit: &str) -> Result<Option<FolderPath>> {
        let Some(history) = self.history().filter(|history| history.has_commit(commit)) else { return Ok(None) };
        Ok(history.at(commit)?.and_then(|at| history.output(&at)))
    }

    /// The history of the workspace, if it is in a repository.
    pub(super) fn history(&self) -> Option<WorkspaceHistory<'_>> {
        WorkspaceHistory::of(&self.workspace.root, &self.spec.project)
    }

    /// The texts that the files of the spec have had up to a commit, the newest first, but not those that only the commit `after` and
    /// its history have.
    pub(super) fn specs(&self, after: Option<&str>, commit: &str) -> Result<Vec<Arc<str>>> {
        self.history().map_or(Ok(Vec::new()), |history| history.specs((after, commit), HistoryParents::Published))
    }

    /// The base revision without `--base`.
    pub(super) fn find(&self) -> Result<Base> {
        let moved = self.commit()?.map_or(Ok(None), |commit| self.before_move(&commit))?;
        if let Some((folder, files)) = moved {
            let origin = BaseOrigin::Earlier(self.before_last_change(&folder)?);
            let warnings = self.left_over(&folder).into_iter().collect();
            return Ok(Base { revision: BaseRevision::Commit(files), origin, warnings });
        }
        let (revision, warnings) = self.of(self.output)?;
        if revision.has_output() {
            return Ok(Base { revision, origin: BaseOrigin::OutputFolder, warnings });
        }
        let Some(mut earlier) = self.earlier()? else {
            return Ok(Base { revision, origin: BaseOrigin::Earlier(None), warnings });
        };
        if let Some(commit) = self.commit()? {
            earlier.warnings.extend(self.moved(&commit)?);
        }
        Ok(earlier)
    }

    /// The last output, if it was in another folder or was removed from Git.
    fn earlier(&self) -> Result<Option<Base>> {
        let folders = self.earlier_folders()?;
        for folder in &folders {
            let (revision, warnings) = self.of(folder)?;
            if revision.has_output() {
                let origin = BaseOrigin::Earlier(self.before_last_change(folder)?);
                let warnings = warnings.into_iter().chain(self.left_over(folder)).collect();
                return Ok(Some(Base { revision, origin, warnings }));
            }
        }
        let folders: Vec<&OutputDir> = std::iter::once(self.output).chain(&folders).collect();
        for root in self.repositories() {
            let Some(commit) = self.commit_of(root)? else { continue };
            let is_here = |folder: &&&OutputDir| git::repository(folder.path()) == Some(root);
            let here: Vec<RelPath> =
                folders.iter().filter(is_here).filter_map(|folder| disk::below(root, folder.path())).collect();
            if let Some(files) = OutputAtCommit::before_removal(root, &commit, &here)? {
                let origin = BaseOrigin::Earlier(self.is_own(root).then(|| files.commit().to_owned()));
                return Ok(Some(Base { revision: BaseRevision::Commit(files), origin, warnings: Vec::new() }));
            }
        }
        Ok(None)
    }

    /// The repositories of the output and of the workspace.
    fn repositories(&self) -> impl Iterator<Item = &Path> {
        [self.output.path(), &self.workspace.root].into_iter().filter_map(git::repository)
    }

    /// The last commit of the workspace that is older than the output in a folder of its repository.
    fn before_last_change(&self, folder: &OutputDir) -> Result<Option<String>> {
        let root = git::repository(folder.path()).filter(|root| self.is_own(root));
        let (Some(root), Some(commit)) = (root, self.commit()?) else { return Ok(None) };
        let path = disk::below(root, folder.path()).unwrap_or_default();
        Ok(git::last_change_of(root, &commit, &[path])?.and_then(|(_, before)| before))
    }

    /// The base revision of an output folder.
    fn of(&self, output: &OutputDir) -> Result<(BaseRevision, Vec<Diagnostic>)> {
        let on_disk = |head| BaseRevision::Folder(output.clone(), head);
        let Some(root) = git::repository(output.path()) else { return Ok((on_disk(None), Vec::new())) };
        let (fork, mut warnings) = (self.fork_of(root)?, Vec::new());
        let head = match &fork {
            ForkPoint::At(commit) => {
                let files = output_at(root, commit, output)?;
                if files.has_output() || !is_ignored(root, output) {
                    return Ok((BaseRevision::Commit(files), warnings));
                }
                None
            }
            ForkPoint::NoGit => None,
            ForkPoint::Unknown | ForkPoint::None => output_at(root, "HEAD", output).ok(),
        };
        warnings.extend(unknown(&fork));
        Ok(match head {
            Some(files) if !output.has_output() && files.has_output() => (BaseRevision::Commit(files), warnings),
            head => (on_disk(head), warnings),
        })
    }

    /// Whether `root` is the repository of the workspace.
    fn is_own(&self, root: &Path) -> bool {
        git::repository(&self.workspace.root) == Some(root)
    }

    /// Whether the output is in the repository of the workspace, so that its history is that of the spec.
    pub(super) fn is_in_history(&self) -> bool {
        git::repository(self.output.path()).is_some_and(|root| self.is_own(root) && !is_ignored(root, self.output))
    }

    fn fork_of(&self, root: &Path) -> Result<ForkPoint, Diagnostic> {
        if self.is_own(root) { git::fork_point(root) } else { git::upstream_point(root) }
    }

    /// The commit of a repository whose output is the previous one: where the history forks, else `HEAD`.
    fn commit_of(&self, root: &Path) -> Result<Option<String>> {
        Ok(self.fork_of(root)?.or_head(root))
    }

    /// The commit whose spec is the previous one.
    pub(super) fn commit(&self) -> Result<Option<String>> {
        spec_commit(&self.workspace.root)
    }

    /// Whether the output or the workspace is in a repository, and git cannot be run.
    pub(super) fn lacks_git(&self) -> Result<bool> {
        for root in self.repositories() {
            if self.fork_of(root)? == ForkPoint::NoGit {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Other folders that the output may have been in: what the spec names, now and earlier, the newest first; without Git, the
    /// folders of the workspace that have the output of a build.
    fn earlier_folders(&self) -> Result<Vec<OutputDir>> {
        let mut folders: Vec<OutputDir> = self.other_output(&self.spec.output).into_iter().collect();
        if let (Some(history), Some(commit)) = (self.history(), self.commit()?) {
            let outputs = history.outputs(&commit)?;
            for folder in outputs.iter().filter_map(|folder| self.other_output(folder)) {
                if folders.iter().all(|known| known.path() != folder.path()) {
                    folders.push(folder);
                }
            }
        } else if folders.is_empty() {
            let root = OutputDir::new(self.workspace.root.clone(), "");
            let mut names = root.folders(&RelPath::root())?;
            names.sort_unstable();
            let found = names.iter().filter_map(|name| self.other_output(&RelPath::new(name)?.into()));
            folders.extend(found.filter(OutputDir::has_locks));
        }
        Ok(folders)
    }

    /// The output folder at a path of the workspace, if it is not that of this run.
    fn other_output(&self, path: &FolderPath) -> Option<OutputDir> {
        let other = self.workspace.folder(path);
        (other.path() != self.output.path()).then_some(other)
    }

    /// A warning if the workspace was in another folder at a commit.
    fn moved(&self, commit: &str) -> Result<Option<Diagnostic>> {
        let Some(history) = self.history().filter(|history| history.has_commit(commit)) else { return Ok(None) };
        let Some(at) = history.at(commit)?.filter(|at| !history.is_here(at)) else { return Ok(None) };
        let old = history.path(&at).map(|path| self.workspace.folder(&path).show(&RelPath::root())).unwrap_or_default();
        let message =
            format!("the workspace was in `{old}` at the base revision; its output there is the previous output");
        // No change can avoid it.
        Ok(Some(Diagnostic::new(Code::History, message).help(format!(
            "change what reads the output, such as the path in Argo CD; if `{old}` had another workspace, {NAME_THE_BASE}"
        ))))
    }

    /// A warning if an output folder still exists that no build changes any more.
    fn left_over(&self, earlier: &OutputDir) -> Option<Diagnostic> {
        // With `--output`, the folder of the spec is still in use.
        let is_named = self.other_output(&self.spec.output).is_some();
        if is_named || earlier.path() == self.output.path() || !earlier.has_output() {
            return None;
        }
        let (old, new) = (earlier.show(&RelPath::root()), self.output.show(&RelPath::root()));
        let message = format!("the output was in `{old}` and is now in `{new}`; no build changes `{old}` any more");
        Some(Diagnostic::new(Code::Output, message).help(format!(
            "this build records what `{old}` has; then delete it, and change what reads it, such as the path in Argo CD"
        )))
    }
}

/// The output in a folder that `--base` names. An empty folder says that nothing was ever published.
fn published(output: OutputDir) -> Result<BaseRevision, Diagnostic> {
    if output.has_output() || output.is_empty() {
        return Ok(BaseRevision::Folder(output, None));
    }
    let message = format!("`{}` has no output of a build", output.show(&RelPath::root()));
    Err(Diagnostic::new(Code::Usage, message).help(NAME_THE_BASE))
}

/// The commit whose spec is the previous one of a workspace.
fn spec_commit(workspace: &Path) -> Result<Option<String>> {
    let Some(root) = git::repository(workspace) else { return Ok(None) };
    Ok(git::fork_point(root)?.or_head(root))
}

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
