//! Compares the branches that were built: their claims, their hosts, and the objects that they share.

use super::{BuiltBranch, Failure, Inputs, Selection};
use crate::claims::Claim;
use crate::diagnostic::{Diagnostic, Result};
use crate::output::OutputPath;
use crate::plan::Branch;
use crate::resource::Resource;
use crate::{claims, emit};
use std::sync::Arc;

/// What the comparison has found.
#[derive(Debug, Default)]
pub(super) struct ComparedBranches {
    /// The files of the objects that branches share.
    pub(super) files: Vec<(OutputPath, Arc<str>)>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Compares what was built. Of an entry of the spec, only a whole build knows that nothing uses it.
pub(super) fn compare(inputs: &Inputs, built: &[BuiltBranch], failures: &[Failure]) -> Result<ComparedBranches> {
    let allowed = &inputs.spec.shared.claims;
    let claims = built.iter().map(|built| (built.branch, built.claims.as_slice()));
    let own_objects = own_objects(built);
    let all = claims.clone().chain(own_objects.iter().map(|(branch, claims)| (*branch, claims.as_slice())));
    let mut warnings = claims::contested(all.map(|(branch, claims)| (branch.name.as_str(), claims)), allowed)?;
    warnings.extend(claims::host_warnings(inputs.plan, claims.clone(), allowed));
    if matches!(inputs.selection, Selection::All) && failures.is_empty() {
        warnings.extend(claims::unused(&claims.map(|(_, claims)| claims), allowed, &inputs.spec.cluster_scoped));
    }
    let shared = built.iter().map(|built| (built.branch.name.as_str(), built.shared.as_slice()));
    let shared: Vec<Resource> = claims::shared_objects(shared)?.into_iter().cloned().collect();
    Ok(ComparedBranches { files: emit::shared_files(&inputs.spec.project, shared)?, warnings })
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
