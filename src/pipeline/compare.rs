//! Compares the branches that were built: their claims, their hosts, and the objects that they share.

use super::{BuiltBranch, Failure, Inputs, Selection};
use crate::diagnostic::{Diagnostic, Result};
use crate::output::OutputPath;
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
    let mut warnings =
        claims::contested(claims.clone().map(|(branch, claims)| (branch.name.as_str(), claims)), allowed)?;
    warnings.extend(claims::host_warnings(inputs.plan, claims.clone(), allowed));
    if matches!(inputs.selection, Selection::All) && failures.is_empty() {
        warnings.extend(claims::unused(&claims.map(|(_, claims)| claims), allowed, &inputs.spec.cluster_scoped));
    }
    let shared = built.iter().map(|built| (built.branch.name.as_str(), built.shared.as_slice()));
    let shared: Vec<Resource> = claims::shared_objects(shared)?.into_iter().cloned().collect();
    Ok(ComparedBranches { files: emit::shared_files(&inputs.spec.project, shared)?, warnings })
}
