//! Builds in memory, through the library.

use crate::diagnostic::Result;
use crate::output::{OutputPath, PreviousOutput, Tree};
use crate::pipeline::{self, Inputs, OnFailure, Progress, Selection};
use crate::source::Project;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The result of a build in memory.
pub(crate) struct BuiltOutput {
    pub(crate) tree: Tree,
    /// The files without all prunable entries.
    pub(crate) pruned: Tree,
    pub(crate) warnings: Vec<String>,
    /// The names of the branches that failed.
    pub(crate) failed: Vec<String>,
}

/// Builds a project, some branches of which may fail.
pub(crate) fn build(project: &Project, previous: &dyn PreviousOutput, selection: &Selection) -> BuiltOutput {
    let (spec, plan) = pipeline::plan(project).unwrap();
    let progress = Progress::default();
    let (progress, on_failure) = (&progress, OnFailure::KeepGoing);
    let inputs = Inputs { project, spec: &spec, plan: &plan, previous, selection, progress, on_failure };
    let build = pipeline::build(&inputs).unwrap();
    let zones = build.zone_warnings(&inputs, &build.tree);
    BuiltOutput {
        pruned: build.pruned(|_| true).into_owned(),
        warnings: build.warnings.iter().chain(&zones).map(ToString::to_string).collect(),
        failed: build.failures.iter().map(|failure| failure.branch.name.to_string()).collect(),
        tree: build.tree,
    }
}

/// Builds a project of which no branch may fail.
pub(crate) fn build_all(project: &Project, previous: &Tree, selection: &Selection) -> BuiltOutput {
    let built = build(project, previous, selection);
    assert_eq!(built.failed, [""; 0]);
    built
}

/// A previous output whose branches have another output on the disk.
pub(crate) struct WithLast {
    pub(crate) base: Tree,
    pub(crate) last: Tree,
}

impl PreviousOutput for WithLast {
    fn files(&self) -> &Tree {
        &self.base
    }

    fn present(&self, path: &OutputPath) -> Option<Arc<str>> {
        self.base.present(path)
    }

    fn replaced_objects(&self, slugs: &BTreeSet<&str>, tree: &Tree) -> Result<Tree> {
        self.base.replaced_objects(slugs, tree)
    }

    fn objects_of(&self, slug: &str) -> Result<Vec<Arc<str>>> {
        self.last.objects_of(slug)
    }
}
