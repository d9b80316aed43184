//! The previous output, as the commands that build read it.
//!
//! It is the output of the base revision, which [`super::base`] finds. All commands that build use this module, so they compare with
//! the same output.

use super::base::{Base, BaseFinder, BaseOrigin, BaseRevision};
use super::carried_out::CarriedOut;
use super::{removals, renamed_project};
use crate::annotation::PROJECT_LABEL;
use crate::argument::shell_word;
use crate::diagnostic::{Diagnostic, PreviousFile, Result};
use crate::disk::{self, OutputDir};
use crate::git::{self, EarlierFiles, FileVersion, MOST_FILES, OutputAtCommit};
use crate::output::{
    HistoryParents, OutputFolder, OutputHistory, OutputKind, OutputPath, PreviousOutput, Tree, written_files,
};
use crate::source::{FolderSet, Location, Project, RelPath};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The folders of zone changes and teardown plans.
const RECORDS: [OutputFolder; 2] = [OutputFolder::Dns, OutputFolder::Teardown];

/// The output at the base revision, and the one on the disk.
pub(super) struct RecordedOutput {
    base: BaseRevision,
    is_named: bool,
    disk: OutputDir,
    recorded: Tree,
    /// The folder of the workspace, whose history has earlier specs.
    workspace: PathBuf,
    project: SmolStr,
    /// Warnings about the base revision.
    pub(super) warnings: Vec<Diagnostic>,
}

impl RecordedOutput {
    /// The output at a base revision, as far as a build of the slugs that are `wanted` needs it.
    pub(super) fn of(found: Base, finder: &BaseFinder, wanted: impl Fn(&str) -> bool + Sync) -> Result<Self> {
        renamed_project::check(finder, &found)?;
        let uncertain = removals::check(finder, &found)?;
        let Base { revision: base, origin, mut warnings } = found;
        warnings.extend(uncertain);
        let existing = finder.plan.slugs();
        let is_removed = |slug: &String| wanted(slug) && !existing.contains(slug.as_str());
        let removed = base.slugs()?.into_iter().filter(is_removed);
        let folders: Vec<RelPath> = removed
            .map(|slug| OutputFolder::Namespaces.join(&slug))
            .chain([OutputFolder::Dns, OutputFolder::Teardown, OutputFolder::Shared].map(OutputFolder::path))
            .collect();
        let recorded = base.read(&folders, |path| wanted(path.slug()))?;
        let recorded = recorded_files(recorded);
        let is_named = matches!(origin, BaseOrigin::Named);
        let (disk, workspace) = (finder.output.clone(), finder.workspace.root.clone());
        let project = finder.spec.project.clone();
        Ok(RecordedOutput { base, is_named, disk, recorded, workspace, project, warnings })
    }

    /// Whether `--base` names the base revision.
    pub(super) fn is_named(&self) -> bool {
        self.is_named
    }

    /// The teardown plans and zone changes of the base revision.
    pub(super) fn records(&self) -> &Tree {
        &self.recorded
    }

    /// The teardown plans and zone changes of an output that were carried out, and what commits have made of them since. Without a
    /// history of both in one repository, nothing is known about the latter.
    pub(super) fn carried_out_at(&self, then: &BaseRevision) -> Result<CarriedOut> {
        let later = match (then, self.commit()) {
            (BaseRevision::Commit(then), Some(base)) if then.root() == base.root() => {
                then.later_versions(base, &RECORDS.map(OutputFolder::path))?
            }
            _ => Vec::new(),
        };
        Ok(CarriedOut { records: then.records()?, later })
    }

    /// The same for the commits of the history that changed them, the newest first.
    pub(super) fn carried_out_before(&self) -> Result<Vec<(String, CarriedOut)>> {
        let Some(base) = self.commit() else { return Ok(Vec::new()) };
        let earlier = base.before_changes(&RECORDS.map(OutputFolder::path))?;
        let carried_out = |EarlierFiles { commit, files, later }: EarlierFiles| {
            let records = files.iter().filter(|(path, _)| is_record(path));
            let records = records.map(|(path, text)| (path.clone(), Arc::clone(text))).collect();
            (commit, CarriedOut { records, later })
        };
        Ok(earlier.into_iter().map(carried_out).collect())
    }

    /// The texts that a file has had in the history, the newest first.
    pub(super) fn earlier_versions(&self, path: &OutputPath) -> Result<Vec<Arc<str>>> {
        Ok(self.commit().map_or(Ok(Vec::new()), |files| files.earlier_versions(path))?)
    }

    /// The teardown plans and zone changes as the commits of this change have left them, up to `HEAD`.
    pub(super) fn records_in_change(&self) -> Result<Vec<FileVersion>> {
        let Some(base) = self.commit() else { return Ok(Vec::new()) };
        let head = OutputAtCommit::at(base.root(), "HEAD", base.output())?;
        Ok(base.later_versions(&head, &RECORDS.map(OutputFolder::path))?)
    }

    /// The output at the commit whose history has what was removed from it.
    fn commit(&self) -> Option<&OutputAtCommit> {
        match &self.base {
            BaseRevision::Commit(files) => Some(files),
            BaseRevision::Folder(_, head) => head.as_ref(),
        }
    }

    /// All files of the base revision.
    pub(super) fn all_files(&self) -> Result<Tree> {
        self.base.read(&[RelPath::root()], |_| true)
    }

    /// A diagnostic with the file of this output that it is about before its message, if it is about one.
    pub(super) fn located(&self, diagnostic: Diagnostic) -> Diagnostic {
        let Some(PreviousFile { path, at }) = diagnostic.parts().previous.clone() else { return diagnostic };
        let line = if at.line > 0 { format!(", line {}", at.line) } else { String::new() };
        let of = if self.base.is_commit() { ", of the base revision" } else { "" };
        diagnostic.located(&format!("`{}`{line}{of}", self.shown(path)))
    }

    /// The same with a source location in this file, as a file that `project` quotes.
    pub(super) fn quoted(&self, diagnostic: Diagnostic, project: &Project) -> Diagnostic {
        let Some(PreviousFile { path, .. }) = diagnostic.parts().previous.clone() else { return diagnostic };
        let file = OutputPath::from(path.clone());
        let text = self.recorded.get(&file).map_or("", |text| text);
        let shown = if self.has_history() { self.disk.show(&path) } else { self.shown(path.clone()) };
        let folder = disk::below(&self.workspace, self.disk.path());
        let path = folder.and_then(|folder| folder.join(path.as_str())).unwrap_or(path);
        let quoted = diagnostic.in_quoted(project.quote(&path, &shown, text));
        if self.base.is_commit() {
            return quoted.note(Location::NONE, "this is the file of the base revision");
        }
        quoted
    }

    /// The same for an error, with what to do about the file.
    pub(super) fn explained(&self, error: Diagnostic, project: &Project) -> Diagnostic {
        let Some(PreviousFile { path, .. }) = error.parts().previous.clone() else { return error };
        let help = match &self.base {
            // A file of a commit is an error until the output on the disk has another one.
            BaseRevision::Commit(_) => correct(&self.disk.show(&path)),
            BaseRevision::Folder(output, _) => restore(&output.show(&path)),
        };
        self.quoted(error, project).first_help(help)
    }

    /// A file of this output as messages show it.
    fn shown(&self, path: RelPath) -> String {
        match &self.base {
            BaseRevision::Commit(files) => files.output().join(path.as_str()).unwrap_or(path).to_string(),
            BaseRevision::Folder(output, _) => output.show(&path),
        }
    }

    /// Whether later builds find what the history of the base revision has removed: they search the history of this output folder.
    pub(super) fn has_history(&self) -> bool {
        self.commit().is_some_and(|files| files.root().join(files.output().as_str()) == self.disk.path())
    }

    /// Whether they find it too if the commit that is checked out becomes the default branch. If the change has moved the output to another
    /// repository, they search that one.
    pub(super) fn has_history_in_head(&self) -> Result<bool> {
        let is_here = |files: &&OutputAtCommit| git::repository(files.root()) == git::repository(self.disk.path());
        Ok(self.commit().filter(is_here).map_or(Ok(false), OutputAtCommit::is_published_by_head)?)
    }
}

impl PreviousOutput for RecordedOutput {
    fn files(&self) -> &Tree {
        &self.recorded
    }

    fn present(&self, path: &OutputPath) -> Option<Arc<str>> {
        self.disk.text(path).map(Arc::from)
    }

    fn earlier_specs(&self, parents: HistoryParents) -> Result<Vec<Arc<str>>> {
        self.base.earlier_specs(&self.workspace, &self.project, parents)
    }

    fn is_published(&self) -> bool {
        self.base.is_published(&self.workspace)
    }

    fn replaced_objects(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree> {
        let is_requested = |path: &OutputPath| path.is_locked() && slugs.contains(path.slug());
        let is_object = |path: &OutputPath| path.kind() == OutputKind::Object;
        let changed = match &self.base {
            BaseRevision::Commit(files) => {
                let changed: Vec<&OutputPath> = files.differing(tree).filter(|path| is_requested(path)).collect();
                let locks: BTreeSet<OutputPath> = changed.iter().map(|path| OutputPath::lock(path.slug())).collect();
                files.read(changed.into_iter().filter(|path| is_object(path)).chain(&locks))?
            }
            BaseRevision::Folder(output, _) => {
                let folders: Vec<RelPath> = slugs.iter().map(|slug| OutputFolder::Namespaces.join(slug)).collect();
                let mut changed = output.differing(&folders, tree)?;
                let slugs: BTreeSet<String> = changed.iter().map(|(path, _)| path.slug().to_owned()).collect();
                let locks = slugs.iter().map(|slug| OutputPath::lock(slug));
                changed.extend(locks.filter_map(|lock| output.text(&lock).map(|text| (lock, text.into()))));
                changed
            }
        };
        Ok(written_files(&changed).into_iter().filter(|(path, _)| is_requested(path) && is_object(path)).collect())
    }

    fn history(&self, is_selected: &dyn Fn(&str) -> bool) -> Result<OutputHistory> {
        let Some(files) = self.commit() else { return Ok(OutputHistory::default()) };
        let is_object = |path: &OutputPath| path.is_locked() || path.kind() == OutputKind::SharedObject;
        let is_wanted = |path: &OutputPath| is_record(path) || is_object(path) && is_selected(path.slug());
        let (changes, cut) = files.changes(MOST_FILES, is_wanted)?;
        let changes: Vec<Tree> = changes.iter().map(written_files).collect();
        if changes.iter().all(Tree::is_empty) && cut.is_none() {
            return Ok(OutputHistory::default());
        }
        Ok(OutputHistory { recorded: self.base.records()?, changes, cut })
    }

    fn objects_of(&self, slug: &str) -> Result<Vec<Arc<str>>> {
        let folder = [OutputFolder::Namespaces.join(slug)];
        let is_object = |path: &OutputPath| path.kind() == OutputKind::Object;
        let base = self.base.read(&folder, is_object)?;
        let disk = BaseRevision::read_folder(&self.disk, &folder, is_object)?;
        Ok(base.into_iter().chain(disk).map(|(_, text)| text).collect())
    }
}

impl BaseRevision {
    /// Whether it is a commit, whose files may differ from those on the disk.
    fn is_commit(&self) -> bool {
        matches!(self, BaseRevision::Commit(_))
    }

    /// Whether it has files that record what branches of other projects have or had. GitOps files do not.
    pub(super) fn has_records_of_others(&self, project: &str) -> Result<bool> {
        let is_record = |path: &OutputPath| {
            let has_folder = OutputFolder::of(path).is_some_and(|folder| folder != OutputFolder::Gitops);
            has_folder && !matches!(path.kind(), OutputKind::Lock | OutputKind::Unmanaged)
        };
        let keys = [PROJECT_LABEL, "project", "owner"].map(|key| format!("{key}: {project}"));
        let is_own = |text: &str| text.lines().any(|line| keys.iter().any(|key| line.trim_start() == key));
        Ok(self.read(&[RelPath::root()], is_record)?.iter().any(|(_, text)| !is_own(text)))
    }

    /// Its teardown plans and zone changes.
    pub(super) fn records(&self) -> Result<Tree> {
        self.read(&RECORDS.map(OutputFolder::path), is_record)
    }

    /// The slugs that have a namespace folder.
    fn slugs(&self) -> Result<BTreeSet<String>> {
        Ok(match self {
            BaseRevision::Commit(files) => {
                files.paths().filter(|path| path.is_locked()).map(|path| path.slug().to_owned()).collect()
            }
            BaseRevision::Folder(output, _) => output.folders(&OutputFolder::Namespaces.path())?.into_iter().collect(),
        })
    }

    /// The files in and below some folders that are `wanted`.
    fn read(&self, folders: &[RelPath], wanted: impl Fn(&OutputPath) -> bool + Sync) -> Result<Tree> {
        match self {
            BaseRevision::Commit(files) => {
                let folders: FolderSet = folders.iter().collect();
                Ok(files.read(files.paths().filter(|path| folders.has(path) && wanted(path)))?)
            }
            BaseRevision::Folder(output, _) => BaseRevision::read_folder(output, folders, wanted),
        }
    }

    fn read_folder(
        output: &OutputDir,
        folders: &[RelPath],
        wanted: impl Fn(&OutputPath) -> bool + Sync,
    ) -> Result<Tree> {
        // Avoids listing the output if none of the folders exists.
        if !folders.iter().any(|folder| output.has(folder)) {
            return Ok(Tree::default());
        }
        output.read(folders, |path| wanted(&path.clone().into()))
    }
}

/// Whether a file is a teardown plan or a zone change.
pub(super) fn is_record(path: &OutputPath) -> bool {
    matches!(path.kind(), OutputKind::ZoneChange | OutputKind::TeardownPlan)
}

/// What to do about a file of the base revision that may have been changed by somebody.
pub(super) fn correct(file: &str) -> String {
    let file = shell_word(file);
    format!(
        "if the project has not written this, delete the file (`rm {file}`) and run `pleach build`, which writes its other entries again; \
         `check` accepts the change with a warning until it is merged"
    )
}

/// What to do about a file of the output that may have been changed by somebody.
pub(super) fn restore(file: &str) -> String {
    let file = shell_word(file);
    format!("if pleach has not written this, restore the file (`git checkout -- {file}`) or remove it")
}

/// The files that builds have written, and those in folders without a lock file. Unmanaged files in the folder of a branch are not part
/// of its footprint.
fn recorded_files(files: Tree) -> Tree {
    let (mut locked, mut others) = (Tree::default(), Tree::default());
    for (path, text) in files {
        if path.is_locked() { &mut locked } else { &mut others }.insert(path, text);
    }
    others.extend(written_files(&locked));
    others
}
