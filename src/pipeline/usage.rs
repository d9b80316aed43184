//! What existing branches use. Branches outside of the selection are built only if the selected ones do not use everything that is
//! searched.
//!
//! So `--only` and `--shard` never add to a teardown plan what an unselected branch uses. For a branch that cannot be built, its last
//! output counts.

use super::branch::{BranchBuilder, BuiltBranch};
use super::{Failure, Inputs};
use crate::diagnostic::Result;
use crate::gitops::DeployedKinds;
use crate::node::Node;
use crate::plan::Branch;
use crate::source::Location;
use crate::teardown::Footprint;
use crate::teardown::usage::{InUse, UsageCandidates};
use crate::yaml::{self, Dialect};
use rayon::ThreadPool;
use rayon::prelude::*;
use smol_str::SmolStr;
use std::sync::atomic::Ordering;

/// The existing branches, as far as they are built.
pub(super) struct Usage<'a> {
    inputs: &'a Inputs<'a>,
    builder: &'a BranchBuilder<'a>,
    workers: &'a ThreadPool,
    /// The selected branches that could be built.
    pub(super) built: &'a [BuiltBranch<'a>],
    /// The selected branches that could not.
    failed: Vec<&'a Branch>,
    /// The branches outside of the selection.
    unselected: Vec<&'a Branch>,
}

impl<'a> Usage<'a> {
    /// The usage of all existing branches, once the selected ones are built.
    pub(super) fn of_branches(
        inputs: &'a Inputs<'a>,
        (builder, workers): (&'a BranchBuilder<'a>, &'a ThreadPool),
        (built, failures): (&'a [BuiltBranch<'a>], &[Failure<'a>]),
        unselected: Vec<&'a Branch>,
    ) -> Self {
        Usage { inputs, builder, workers, built, failed: failures.iter().map(|f| f.branch).collect(), unselected }
    }

    /// The candidates that existing branches use.
    pub(super) fn of(&self, candidates: &UsageCandidates) -> InUse {
        let mut in_use = InUse::default();
        if candidates.is_empty() {
            return in_use;
        }
        in_use
            .footprint
            .namespaces
            .extend(self.inputs.plan.branches.iter().filter_map(Branch::namespace).map(SmolStr::from));
        let built: Vec<Footprint> = self.built.par_iter().map(|branch| candidates.used_by(nodes(branch))).collect();
        for footprint in built {
            in_use.footprint.add(footprint);
        }
        if candidates.is_covered_by(&in_use.footprint) {
            return in_use;
        }
        for branch in &self.failed {
            self.add_last(branch, candidates, &mut in_use);
        }
        self.inputs.progress.all.fetch_add(self.unselected.len(), Ordering::Relaxed);
        let search = |branch: &&Branch| {
            let used = self.builder.build(branch).map(|built| candidates.used_by(nodes(&built)));
            self.inputs.progress.done.fetch_add(1, Ordering::Relaxed);
            used
        };
        let results: Vec<_> = self.workers.install(|| self.unselected.par_iter().map(search).collect());
        for (branch, used) in self.unselected.iter().zip(results) {
            match used {
                Ok(used) => in_use.footprint.add(used),
                Err(_) => self.add_last(branch, candidates, &mut in_use),
            }
        }
        in_use
    }

    /// What the existing branches have in the cluster. For a branch that cannot be built, its last output counts.
    pub(super) fn deployed(&self) -> Result<DeployedKinds> {
        let mut deployed = DeployedKinds::default();
        for branch in self.built {
            deployed.add(nodes(branch))?;
        }
        let build = |branch: &&'a Branch| self.builder.build(branch).map_err(|_| *branch);
        let results: Vec<_> = self.workers.install(|| self.unselected.par_iter().map(build).collect());
        for result in results.into_iter().chain(self.failed.iter().copied().map(Err)) {
            match result {
                Ok(built) => deployed.add(nodes(&built))?,
                Err(branch) => {
                    for text in self.inputs.previous.objects_of(branch.slug.as_str())? {
                        deployed.add(yaml::parse(&text, Dialect::Kubernetes, &|_, _, _| Location::NONE)?.iter())?;
                    }
                }
            }
        }
        Ok(deployed)
    }

    /// Adds what the last output of a branch that cannot be built uses, and the images that the spec gives it.
    fn add_last(&self, branch: &Branch, candidates: &UsageCandidates, in_use: &mut InUse) {
        let last = self.inputs.previous.objects_of(branch.slug.as_str());
        match last.and_then(|files| candidates.used_by_files(&files)) {
            Ok(used) => {
                in_use.footprint.add(used);
                let images = branch.images.keys().map(|name| candidates.used_by_reference(&branch.image(name)));
                for named in images {
                    in_use.footprint.add(named);
                }
            }
            Err(_) => drop(in_use.unknown.insert(branch.name.clone())),
        }
    }
}

fn nodes<'n>(branch: &'n BuiltBranch) -> impl Iterator<Item = &'n Node> {
    branch.objects.iter().chain(&branch.shared).map(|object| &object.node)
}
