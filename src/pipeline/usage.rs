//! What existing branches use. Branches outside of the selection are built only if the selected ones do not use everything that is
//! searched.
//!
//! So `--only` and `--shard` never add to a teardown plan what an unselected branch uses. For a branch that cannot be built, its last
//! output counts.

use super::branch::BuiltBranch;
use super::unselected::UnselectedBranches;
use super::{Failure, Inputs};
use crate::diagnostic::Result;
use crate::gitops::DeployedKinds;
use crate::node::Node;
use crate::plan::Branch;
use crate::teardown::Footprint;
use crate::teardown::usage::{InUse, UsageCandidates};
use crate::yaml;
use rayon::prelude::*;
use smol_str::SmolStr;

/// The existing branches, as far as they are built.
pub(super) struct Usage<'u, 'a> {
    inputs: &'u Inputs<'u>,
    /// The selected branches that could be built.
    pub(super) built: &'u [BuiltBranch<'u>],
    /// The selected branches that could not.
    failed: Vec<&'u Branch>,
    unselected: &'u UnselectedBranches<'a>,
}

impl<'u, 'a> Usage<'u, 'a> {
    /// The usage of all existing branches, once the selected ones are built.
    pub(super) fn of_branches(
        inputs: &'u Inputs<'u>,
        (built, failures): (&'u [BuiltBranch<'u>], &[Failure<'u>]),
        unselected: &'u UnselectedBranches<'a>,
    ) -> Self {
        Usage { inputs, built, failed: failures.iter().map(|f| f.branch).collect(), unselected }
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
        for built in self.unselected.built() {
            match built {
                Ok(built) => in_use.footprint.add(candidates.used_by(nodes(built))),
                Err(branch) => self.add_last(branch, candidates, &mut in_use),
            }
        }
        in_use
    }

    /// What the existing branches have in the cluster. For a branch that cannot be built, its last output counts.
    pub(super) fn deployed(&self) -> Result<DeployedKinds> {
        let mut deployed = DeployedKinds::default();
        for branch in self.built.iter().chain(self.unselected.built().iter().flatten()) {
            deployed.add(nodes(branch))?;
        }
        let unbuilt = self.unselected.built().iter().filter_map(|built| built.as_ref().err());
        for branch in self.failed.iter().chain(unbuilt) {
            for text in self.inputs.previous.objects_of(branch.slug.as_str())? {
                deployed.add(yaml::objects(&text)?.iter())?;
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
