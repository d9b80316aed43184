//! The branches outside of the selection. Several stages compare the selected branches with them, so they are built once, when
//! a stage first needs them.

use super::Inputs;
use super::branch::{BranchBuilder, BuiltBranch};
use crate::plan::Branch;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

/// The branches outside of the selection.
pub(super) struct UnselectedBranches<'a> {
    inputs: &'a Inputs<'a>,
    builder: &'a BranchBuilder<'a>,
    workers: &'a ThreadPool,
    branches: Vec<&'a Branch>,
    built: OnceLock<Vec<Result<BuiltBranch<'a>, &'a Branch>>>,
}

impl<'a> UnselectedBranches<'a> {
    pub(super) fn new(
        inputs: &'a Inputs<'a>,
        (builder, workers): (&'a BranchBuilder<'a>, &'a ThreadPool),
        branches: Vec<&'a Branch>,
    ) -> Self {
        UnselectedBranches { inputs, builder, workers, branches, built: OnceLock::new() }
    }

    /// Each branch as it is built, or the branch alone if it cannot be built.
    pub(super) fn built(&self) -> &[Result<BuiltBranch<'a>, &'a Branch>] {
        self.built.get_or_init(|| {
            let progress = self.inputs.progress;
            progress.all.fetch_add(self.branches.len(), Ordering::Relaxed);
            let build = |branch: &&'a Branch| {
                let built = self.builder.build(branch).ok().filter(|built| built.errors.is_empty()).ok_or(*branch);
                progress.done.fetch_add(1, Ordering::Relaxed);
                built
            };
            self.workers.install(|| self.branches.par_iter().map(build).collect())
        })
    }
}
