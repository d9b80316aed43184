//! The `Namespace` of a branch, unless its manifests have it.

use super::{ContributorInput, mapping};
use crate::diagnostic::{Diagnostic, Result};
use crate::node::Node;
use crate::resource::Resource;

/// Adds the `Namespace`.
#[expect(clippy::unnecessary_wraps, reason = "an entry of a table of functions, some of which can fail")]
pub(super) fn contribute(
    input: &ContributorInput,
    resources: &mut Vec<Resource>,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    if !resources.iter().any(|resource| is_namespace(resource, input.namespace)) {
        let object = mapping([
            ("apiVersion", Node::str("v1")),
            ("kind", Node::str("Namespace")),
            ("metadata", mapping([("name", Node::str(input.namespace))])),
        ]);
        resources.push(Resource::new(object.placed(input.branch.at)));
    }
    Ok(Vec::new())
}

/// Whether an object is the `Namespace` of this name.
fn is_namespace(resource: &Resource, name: &str) -> bool {
    let gvk = resource.gvk();
    gvk.group.is_empty() && gvk.kind == "Namespace" && resource.name() == name
}
