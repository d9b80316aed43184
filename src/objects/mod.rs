//! Objects that a branch gets from the spec, beside those of its base directory and overlays.
//!
//! [`CONTRIBUTORS`] lists who adds or changes them, in order. Nothing here reads manifests or writes files.

mod dns_endpoints;
mod job_name;
mod migration_job;
mod namespace;
mod services;

pub(crate) use dns_endpoints::ZoneEndpoints;

use crate::diagnostic::{Diagnostic, Result};
use crate::node::{Map, Node};
use crate::plan::Branch;
use crate::resource::Resource;
use crate::spec::Spec;

/// What a contributor reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContributorInput<'a> {
    /// The spec.
    pub(crate) spec: &'a Spec,
    /// The branch whose objects are built.
    pub(crate) branch: &'a Branch,
    /// The namespace of the branch.
    pub(crate) namespace: &'a str,
    /// The DNS names of the branch in zones that external-dns serves.
    pub(crate) endpoints: &'a [ZoneEndpoints<'a>],
}

/// Adds objects to those of a branch, or changes them, and returns warnings.
pub(crate) type Contributor = fn(&ContributorInput, &mut Vec<Resource>) -> Result<Vec<Diagnostic>, Diagnostic>;

/// All contributors in the order in which they run.
pub(crate) const CONTRIBUTORS: [Contributor; 5] = [
    migration_job::contribute,
    |input, resources| job_name::contribute(input, resources),
    services::contribute,
    dns_endpoints::contribute,
    namespace::contribute,
];

/// Adds all objects that the spec gives a branch, and returns warnings.
pub(crate) fn add(input: &ContributorInput, resources: &mut Vec<Resource>) -> Result<Vec<Diagnostic>> {
    let mut warnings = Vec::new();
    for contribute in CONTRIBUTORS {
        warnings.extend(contribute(input, resources)?);
    }
    Ok(warnings)
}

/// A mapping of nodes.
fn mapping<const N: usize>(entries: [(&'static str, Node); N]) -> Node {
    entries.into_iter().collect::<Map>().into()
}
