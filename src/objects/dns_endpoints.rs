//! The DNS names of a branch as `DNSEndpoint` objects, one for each zone that external-dns serves.

use super::{ContributorInput, mapping};
use crate::diagnostic::{Diagnostic, Result};
use crate::node::Node;
use crate::resource::Resource;

/// The DNS names of a branch in one zone.
#[derive(Clone, Debug)]
pub(crate) struct ZoneEndpoints<'a> {
    /// The name of the zone, which is the name of the object as well.
    pub(crate) zone: &'a str,
    /// Entries of `spec.endpoints`.
    pub(crate) endpoints: Vec<Node>,
}

/// Adds the `DNSEndpoint` objects.
#[expect(clippy::unnecessary_wraps, reason = "an entry of a table of functions, some of which can fail")]
pub(super) fn contribute(
    input: &ContributorInput,
    resources: &mut Vec<Resource>,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let object = |zone: &ZoneEndpoints| {
        let metadata = [("name", Node::str(zone.zone)), ("namespace", Node::str(input.namespace))];
        let object = mapping([
            ("apiVersion", Node::str("externaldns.k8s.io/v1alpha1")),
            ("kind", Node::str("DNSEndpoint")),
            ("metadata", mapping(metadata)),
            ("spec", mapping([("endpoints", Node::seq(zone.endpoints.iter().cloned()))])),
        ]);
        Resource::new(object.placed(input.branch.at))
    };
    resources.extend(input.endpoints.iter().map(object));
    Ok(Vec::new())
}
