//! Compares the branches that were built: their claims, their hosts, and the objects that they share.

use super::{BuiltBranch, Failure, Inputs, Selection};
use crate::claims::Claim;
use crate::diagnostic::{Diagnostic, Result};
use crate::output::OutputPath;
use crate::plan::Branch;
use crate::resource::Resource;
use crate::{claims, emit};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the comparison has found.
#[derive(Debug, Default)]
pub(super) struct ComparedBranches {
    /// The files of the objects that branches share.
    pub(super) files: Vec<(OutputPath, Arc<str>)>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Compares what was built. Of an entry of the spec, only a whole build knows that nothing uses it. What a branch that failed claims as
/// well is an error of this branch.
pub(super) fn compare(inputs: &Inputs, built: &[BuiltBranch], failures: &mut [Failure]) -> Result<ComparedBranches> {
    let allowed = &inputs.spec.shared.claims;
    let claims = built.iter().map(|built| (built.branch, built.claims.as_slice()));
    let own_objects = own_objects(built);
    let all = claims.clone().chain(own_objects.iter().map(|(branch, claims)| (*branch, claims.as_slice())));
    let all = all.map(|(branch, claims)| (branch.name.as_str(), claims));
    let of_failed =
        failures.iter().filter_map(|failure| Some((failure.branch.name.as_str(), failure.claims.as_deref()?)));
    let contested = claims::contested(all.clone().chain(of_failed), allowed);
    let mut warnings = claims::contested(all, allowed).map_err(|errors| contested.clone().err().unwrap_or(errors))?;
    add_to_first(contested.err().into_iter().flatten(), failures);
    warnings.extend(claims::host_warnings(inputs.plan, claims.clone(), allowed));
    if matches!(inputs.selection, Selection::All) && failures.is_empty() {
        warnings.extend(claims::unused(&claims.map(|(_, claims)| claims), allowed, &inputs.spec.cluster_scoped));
    }
    let shared = built.iter().map(|built| (built.branch.name.as_str(), built.shared.as_slice()));
    let shared: Vec<Resource> = claims::shared_objects(shared)?.into_iter().cloned().collect();
    Ok(ComparedBranches { files: emit::shared_files(&inputs.spec.project, shared)?, warnings })
}

/// Adds each error to the first failure of one of its branches.
fn add_to_first(errors: impl Iterator<Item = Diagnostic>, failures: &mut [Failure]) {
    let indices: BTreeMap<SmolStr, usize> =
        failures.iter().enumerate().map(|(i, failure)| (failure.branch.name.clone(), i)).collect();
    let mut added: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
    for error in errors {
        let first = error.parts().branches.iter().filter_map(|name| indices.get(name.as_str())).min();
        if let Some(first) = first {
            added.entry(*first).or_default().push(error);
        }
    }
    for (i, errors) in added {
        failures[i].errors = vec![failures[i].errors.clone(), errors.into()].into();
    }
}

/// The claims of the objects in namespaces of branches in which other branches keep objects.
fn own_objects<'a>(built: &'a [BuiltBranch]) -> Vec<(&'a Branch, Vec<Claim>)> {
    let kept = claims::kept_namespaces(built.iter().flat_map(|built| &built.claims));
    let of_branch = |built: &'a BuiltBranch| {
        let namespace = built.branch.namespace().filter(|namespace| kept.contains(namespace))?;
        Some((built.branch, claims::own_objects(&built.objects, namespace)))
    };
    built.iter().filter_map(of_branch).collect()
}
