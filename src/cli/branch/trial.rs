//! What an edit of the spec changes: all branches are built in memory with the spec before and after the edit, and with the previous
//! output, of which a removed branch may leave something that no build would list.
//!
//! Nothing is written that a build would refuse. Only errors that the edit causes count: those that the spec had before do not block
//! an edit, which may fix another one. The warnings that it causes are shown.

use crate::cli::previous::RecordedOutput;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Parts};
use crate::output::Tree;
use crate::pipeline::{self, Inputs, OnFailure, Progress, Selection};
use crate::plan::{self, BuildPlan};
use crate::source::Project;
use crate::spec::Spec;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The branches that an edit is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EditedBranches<'e> {
    /// The names of new branches.
    pub(super) added: &'e [SmolStr],
    /// The branch whose settings are set: its images must be images of its own objects.
    pub(super) set: Option<&'e str>,
    /// The old and the new name of a branch.
    pub(super) renamed: Option<(&'e str, &'e str)>,
    /// Whether branches are only removed, so that no other branch gets another name.
    pub(super) only_removes: bool,
}

/// The outcome of a build in memory.
pub(super) struct Trial {
    /// The names of all branches.
    names: BTreeSet<SmolStr>,
    /// The names of the branches with errors.
    failed: BTreeSet<SmolStr>,
    /// The names of those whose objects are not known.
    unknown: BTreeSet<SmolStr>,
    /// The files of the others; `None` if an error concerns the whole spec.
    tree: Option<Tree>,
    /// The errors of names that derive from the spec.
    plan_errors: Vec<Diagnostic>,
    /// The errors of the build.
    errors: Vec<Diagnostic>,
    /// Warnings about images that only other branches have.
    images_of_others: Vec<Diagnostic>,
    /// All warnings of the build.
    warnings: Vec<Diagnostic>,
}

impl Trial {
    /// Builds all branches of a spec. `previous` opens the previous output of a plan, if it can be read.
    pub(super) fn of(
        project: &Project,
        spec: &Spec,
        previous: impl FnOnce(&BuildPlan) -> Option<RecordedOutput>,
    ) -> Self {
        let (plan, plan_errors) = plan::build_partial_plan(spec);
        let (recorded, nothing, progress, selection) =
            (previous(&plan), Tree::default(), Progress::default(), Selection::All);
        let (plan, selection, progress) = (&plan, &selection, &progress);
        let on_failure = OnFailure::KeepGoing;
        let without = Inputs { project, spec, plan, previous: &nothing, selection, progress, on_failure };
        let with = recorded.as_ref().map(|previous| Inputs { previous, ..without });
        // Errors of the previous output must not hide what else is wrong.
        let (refused, built) = match (with.as_ref().map(pipeline::build), &recorded) {
            (Some(Err(errors)), Some(recorded)) => {
                let errors = Diagnostics::from(errors).into_iter().map(|error| recorded.located(error));
                (Some(errors.collect::<Vec<_>>()), pipeline::build(&without))
            }
            (built, _) => (None, built.unwrap_or_else(|| pipeline::build(&without))),
        };
        let names: BTreeSet<SmolStr> = spec.branches.iter().map(|branch| branch.name.clone()).collect();
        let planned: BTreeSet<&str> = plan.branches.iter().map(|branch| branch.name.as_str()).collect();
        let mut unknown: BTreeSet<SmolStr> =
            names.iter().filter(|name| !planned.contains(name.as_str())).cloned().collect();
        let mut failed = unknown.clone();
        let (tree, errors, images_of_others, mut warnings) = match built {
            Ok(build) => {
                failed.extend(build.failures.iter().map(|failure| failure.branch.name.clone()));
                let incomplete = build.failures.iter().filter(|failure| failure.claims.is_none());
                unknown.extend(incomplete.map(|failure| failure.branch.name.clone()));
                let errors = build.errors().into_iter().flatten().collect();
                let of_zones = build.zone_warnings(&without, &build.tree);
                let warnings = [of_zones, build.warnings, build.unknown_history].concat();
                (Some(build.tree), errors, build.images_of_others, warnings)
            }
            Err(errors) => (None, Diagnostics::from(errors).into_iter().collect(), Vec::new(), Vec::new()),
        };
        if let Some(recorded) = &recorded {
            warnings = warnings.into_iter().map(|warning| recorded.located(warning)).collect();
            warnings.extend(recorded.warnings.iter().cloned());
        }
        let errors = refused.unwrap_or(errors);
        Trial { names, failed, unknown, tree, plan_errors, errors, images_of_others, warnings }
    }

    /// Whether the objects of a branch are not known, because of errors.
    pub(super) fn lacks_objects_of(&self, name: &str) -> bool {
        self.unknown.contains(name)
    }

    /// Whether a branch can be built.
    pub(super) fn builds(&self, name: &str) -> bool {
        self.tree.is_some() && !self.failed.contains(name)
    }

    /// Whether both have the same output, of the branch and of all others.
    pub(super) fn has_output_of(&self, other: &Trial) -> bool {
        self.tree == other.tree
    }

    /// The errors that count for an edit.
    fn errors<'t>(&'t self, edited: &EditedBranches) -> impl Iterator<Item = &'t Diagnostic> {
        let of_plan = self.plan_errors.iter().filter(|_| !edited.only_removes);
        of_plan.chain(&self.errors)
    }

    /// The images of branches whose settings are set that only other branches have.
    fn images<'t>(&'t self, edited: &EditedBranches<'t>) -> impl Iterator<Item = &'t Diagnostic> {
        let is_set = |image: &&Diagnostic| image.parts().branches.iter().any(|name| Some(name.as_str()) == edited.set);
        self.images_of_others.iter().filter(is_set)
    }

    /// Whether an edit may have caused an error or a warning.
    pub(super) fn has_diagnostics(&self, edited: &EditedBranches) -> bool {
        self.errors(edited).chain(&self.warnings).chain(self.images(edited)).next().is_some()
    }
}

/// The files of a branch, if it can be built.
pub(super) fn output_of(project: &Project, spec: &Spec, name: &str) -> Option<Tree> {
    let (plan, _) = plan::build_partial_plan(spec);
    // No name of a branch has a character with a meaning in patterns.
    let (previous, progress, selection) =
        (Tree::default(), Progress::default(), Selection::Only(vec![name.to_owned()]));
    let (plan, previous, selection, progress) = (&plan, &previous, &selection, &progress);
    let inputs = Inputs { project, spec, plan, previous, selection, progress, on_failure: OnFailure::Stop };
    let build = pipeline::build(&inputs).ok()?;
    build.failures.is_empty().then_some(build.tree)
}

/// The errors of `after` that `before` did not have. `locate` moves an error to the text before the edit.
pub(super) fn new_errors(
    before: &Trial,
    after: &Trial,
    edited: &EditedBranches,
    locate: impl Fn(Diagnostic) -> Diagnostic,
) -> Vec<Diagnostic> {
    let known = KnownDiagnostics::of((before, edited), before.plan_errors.iter().chain(&before.errors));
    let errors = after.errors(edited).filter(|error| known.is_new(error, &locate));
    // What was an error is one of these images if another branch got it.
    let known = KnownDiagnostics::of((before, edited), before.errors.iter().chain(&before.images_of_others));
    let images = after.images(edited).filter(|image| known.is_new(image, &locate));
    errors.chain(images).cloned().map(&locate).collect()
}

/// The warnings of `after` that `before` did not have.
pub(super) fn new_warnings(
    before: &Trial,
    after: &Trial,
    edited: &EditedBranches,
    locate: impl Fn(Diagnostic) -> Diagnostic,
) -> Vec<Diagnostic> {
    let known = KnownDiagnostics::of((before, edited), before.warnings.iter());
    after.warnings.iter().filter(|warning| known.is_new(warning, &locate)).cloned().collect()
}

/// What a build reported before an edit.
struct KnownDiagnostics<'t> {
    before: &'t Trial,
    edited: &'t EditedBranches<'t>,
    /// By code and message.
    diagnostics: BTreeMap<(Code, String), Vec<&'t Diagnostic>>,
}

impl<'t> KnownDiagnostics<'t> {
    fn of(
        (before, edited): (&'t Trial, &'t EditedBranches<'t>),
        reported: impl Iterator<Item = &'t Diagnostic>,
    ) -> Self {
        let mut diagnostics: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for diagnostic in reported {
            let Parts { code, message, .. } = diagnostic.parts();
            diagnostics.entry((*code, message.clone())).or_default().push(diagnostic);
        }
        KnownDiagnostics { before, edited, diagnostics }
    }

    /// Whether an error or a warning after the edit did not exist before it. A new branch has those that others have in files which are
    /// not the branch's own.
    fn is_new(&self, diagnostic: &Diagnostic, locate: &impl Fn(Diagnostic) -> Diagnostic) -> bool {
        let Parts { code, message, branches, .. } = diagnostic.parts();
        let Some(same) = self.diagnostics.get(&(*code, self.edited.old_text(message))) else { return true };
        let names: Vec<&str> = branches.iter().map(|name| self.edited.old_name(name)).collect();
        let affects = |known: &Diagnostic, name: &str| known.parts().branches.iter().any(|other| other == name);
        if same.iter().any(|known| names.iter().all(|name| affects(known, name))) {
            return false;
        }
        if !names.iter().any(|name| self.edited.added.iter().any(|added| added == name)) {
            return true;
        }
        let at = locate(diagnostic.clone()).parts().at;
        let is_there = |known: &Diagnostic| known.parts().at == at && at.is_some() == diagnostic.parts().at.is_some();
        // Branches that exclude each other: the new one is one more only if all do.
        let is_of_all = |known: &Diagnostic| self.before.names.iter().all(|name| affects(known, name));
        !same.iter().any(|known| is_there(known) && (names.len() == 1 || is_of_all(known)))
    }
}

impl EditedBranches<'_> {
    /// The name of a branch before the edit.
    fn old_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.renamed.filter(|(_, new)| *new == name).map_or(name, |(old, _)| old)
    }

    /// A text about branches with their names before the edit.
    fn old_text(&self, text: &str) -> String {
        self.renamed
            .map_or_else(|| text.to_owned(), |(old, new)| text.replace(&format!("`{new}`"), &format!("`{old}`")))
    }
}
