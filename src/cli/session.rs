//! The steps that build, check and diff share: open the workspace, read the previous output, build, and decide which folders of the
//! output a build may change.

use super::base::{Base, BaseFinder};
use super::carried_out::CarriedOut;
use super::merge_sides;
use super::previous::RecordedOutput;
use super::progress::watched;
use super::screen::Screen;
use super::workspace::Workspace;
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Result};
use crate::disk::{self, Comparison, OutputDir};
use crate::output::{OutputFolder, OutputPath, Tree, is_shared_folder};
use crate::pipeline::{self, Build, Failure, Inputs, OnFailure, Progress, Selection};
use crate::plan::BuildPlan;
use crate::source::{Project, RelPath};
use crate::spec::Spec;
use crate::visible::visible;
use std::collections::BTreeSet;
use std::path::Path;

/// A workspace with everything that a build of it depends on.
pub(super) struct Session<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) spec: Spec,
    pub(super) plan: BuildPlan,
    pub(super) selection: Selection,
    pub(super) previous: RecordedOutput,
    output: OutputDir,
    on_failure: OnFailure,
    screen: Screen,
    progress: Progress,
}

impl<'a> Session<'a> {
    /// Reads the spec and the previous output. `base` and `output` are the values of `--base` and `--output`, seen from the folder
    /// `here`.
    pub(super) fn open(
        (workspace, here, screen): (&'a Workspace, &Path, Screen),
        (base, output): (Option<&str>, Option<&Path>),
        selection: Selection,
        on_failure: OnFailure,
    ) -> Result<Self> {
        let project = &workspace.project;
        let (spec, plan) = match on_failure {
            OnFailure::Stop => pipeline::plan(project)?,
            OnFailure::KeepGoing => {
                pipeline::plan_keep_going(project).map_err(|errors| unavoidable(&errors, project))?
            }
        };
        let output = workspace.output(&spec, output, here)?;
        let find = |finder: &BaseFinder| base.map_or_else(|| finder.find(), |base| finder.named(base, here));
        Self::with_base((workspace, screen), (spec, plan, output), (selection, on_failure), find)
    }

    /// The same session with the output on the disk as base revision, as after a merge.
    pub(super) fn after_merge(&self) -> Result<Self> {
        let planned = (self.spec.clone(), self.plan.clone(), self.output.clone());
        let options = (self.selection.clone(), self.on_failure);
        Self::with_base((self.workspace, self.screen), planned, options, |finder| Ok(finder.on_disk()))
    }

    fn with_base(
        (workspace, screen): (&'a Workspace, Screen),
        (spec, plan, output): (Spec, BuildPlan, OutputDir),
        (selection, on_failure): (Selection, OnFailure),
        find: impl FnOnce(&BaseFinder) -> Result<Base>,
    ) -> Result<Self> {
        let finder = BaseFinder { workspace, spec: &spec, plan: &plan, output: &output };
        let previous = RecordedOutput::of(find(&finder)?, &finder, selection.slugs(&plan))?;
        let progress = Progress::default();
        Ok(Session { workspace, spec, plan, selection, previous, output, on_failure, screen, progress })
    }

    /// What a build depends on.
    pub(super) fn inputs(&self) -> Inputs<'_> {
        Inputs {
            project: &self.workspace.project,
            spec: &self.spec,
            plan: &self.plan,
            previous: &self.previous,
            selection: &self.selection,
            progress: &self.progress,
            on_failure: self.on_failure,
        }
    }

    /// Builds the selected branches and reports the progress.
    pub(super) fn build<'i>(&self, inputs: &'i Inputs<'i>) -> Result<Build<'i>> {
        let built = watched(self.screen, &self.progress, || pipeline::build(inputs));
        let project = &self.workspace.project;
        let quoted = |warning| self.previous.quoted(warning, project);
        let built = built.map(|build| Build { warnings: build.warnings.into_iter().map(quoted).collect(), ..build });
        let explained = |error| self.previous.explained(error, project);
        match self.on_failure {
            OnFailure::KeepGoing => built.map_err(|errors| unavoidable(&errors.whole.map(explained), project)),
            OnFailure::Stop => built
                .map_err(|errors| Diagnostics::from(errors).map(explained))
                .and_then(|build| build.errors().map_or(Ok(build), Err)),
        }
    }

    /// The output folder.
    pub(super) fn output(&self) -> &OutputDir {
        &self.output
    }

    /// The output folder as reports for people show it.
    pub(super) fn shown_output(&self) -> String {
        visible(&self.output.show(&RelPath::root())).into_owned()
    }

    /// Whether a build may change a folder of the output, or a file in a shared folder: those of its branches that did not fail and
    /// of removed ones in the selection. Only a whole build may change the rest.
    pub(super) fn scope<'s>(&'s self, build: &'s Build) -> impl Fn(&RelPath) -> bool + Sync + 's {
        let is_selected = self.selection.slugs(&self.plan);
        let failed: BTreeSet<&str> = build.failures.iter().flat_map(Failure::slugs).collect();
        let is_built = move |slug: &str| is_selected(slug) && !failed.contains(slug);
        move |path| {
            let has_slug = OutputFolder::of(path) == Some(OutputFolder::Namespaces) && path.parts().count() > 1;
            match () {
                () if has_slug => is_built(OutputPath::from(path.clone()).slug()),
                // In a shared folder, each file belongs to a branch.
                () if is_shared_folder(path) => true,
                () if is_shared_folder(&path.parent()) => {
                    let path = final_path(path);
                    is_built(OutputPath::from(path.clone()).slug()) || build.tree.get(&path).is_some()
                }
                () => matches!(self.selection, Selection::All),
            }
        }
    }

    /// Compares the output folder with the files of a build, or with those of it that are left after pruning.
    pub(super) fn compare<'t>(&self, build: &Build, tree: &'t Tree) -> Result<Comparison<'t>> {
        let mut comparison = self.output.compare(tree, self.scope(build))?;
        merge_sides::own(&self.output, &mut comparison)?;
        Ok(comparison)
    }

    /// The teardown plans and zone changes of the output at a commit or in a folder, seen from the folder `here`, and what the base
    /// revision and the commits before it have made of them.
    pub(super) fn carried_out(&self, name: &str, here: &Path) -> Result<CarriedOut> {
        let finder = BaseFinder { workspace: self.workspace, spec: &self.spec, plan: &self.plan, output: &self.output };
        self.previous.carried_out_at(&finder.named(name, here)?.revision)
    }

    /// An error if the history of the previous output is not known, unless `--base` names it.
    pub(super) fn require_history(&self, build: &Build) -> Result<()> {
        let unknown = build.unknown_history.iter().filter(|_| !self.previous.is_named());
        let refused = unknown.map(|error| error.clone().help("or build without it: `--base HEAD`"));
        Diagnostics::check(refused.collect(), ())
    }

    /// An error if the history of the previous output is there and cannot be read, as in a partial clone: a record may be missing of
    /// which only the history knows.
    pub(super) fn require_readable_history(build: &Build) -> Result<()> {
        let unreadable = build.unknown_history.iter().filter(|error| error.parts().code == Code::Remote);
        Diagnostics::check(unreadable.cloned().collect(), ())
    }

    /// Reports the warnings of a build and of the base revision, and `others`.
    pub(super) fn warn(&self, build: &Build, others: &[Diagnostic]) {
        self.screen.warn(self.warnings(build, others), &self.workspace.project);
    }

    /// With `--strict`, the warnings that [`Self::warn`] would report, as errors, except those that no change can avoid.
    pub(super) fn refuse_warnings(&self, strict: bool, build: &Build, others: &[Diagnostic]) -> Result<()> {
        let is_refused = |warning: &&Diagnostic| strict && warning.parts().code != Code::History;
        let warnings = self.warnings(build, others).filter(is_refused).cloned().collect();
        Diagnostics::check(warnings, ())
    }

    /// The warnings of a build and of the base revision, and `others`.
    pub(super) fn warnings<'w>(
        &'w self,
        build: &'w Build,
        others: &'w [Diagnostic],
    ) -> impl Iterator<Item = &'w Diagnostic> {
        build.warnings.iter().chain(&build.unknown_history).chain(others).chain(&self.previous.warnings)
    }
}

/// The path of a file; of a temporary file, the path that it is renamed to.
fn final_path(path: &RelPath) -> RelPath {
    disk::final_name(path.name()).and_then(|name| path.parent().join(name)).unwrap_or_else(|| path.clone())
}

/// Errors that affect all branches, with the reason why `--keep-going` does not skip them.
fn unavoidable(errors: &Diagnostics, project: &Project) -> Diagnostics {
    let mut errors = diagnostic::sorted(errors.iter(), project);
    let of_spec =
        |error: &&mut Diagnostic| matches!(error.parts().code, Code::Spec | Code::Yaml | Code::Name | Code::Dns);
    if let Some(last) = errors.iter_mut().rfind(of_spec) {
        *last = last.clone().help(
            "names derive from the whole spec, so nothing is written until it is valid, even with `--keep-going`",
        );
    }
    errors.into_iter().map(Diagnostics::from).collect::<Vec<_>>().into()
}
