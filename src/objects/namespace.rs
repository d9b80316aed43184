//! The `Namespace` of a branch, unless its manifests have it. A branch that adopts its namespace has none.

use super::{ContributorInput, mapping};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::Node;
use crate::resource::Resource;

/// Adds the `Namespace`, or removes it if others own it.
#[expect(clippy::unnecessary_wraps, reason = "an entry of a table of functions, some of which can fail")]
pub(super) fn contribute(
    input: &ContributorInput,
    resources: &mut Vec<Resource>,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    if input.branch.adopts_namespace() {
        let removed = resources.extract_if(.., |resource| is_namespace(resource, input.namespace));
        return Ok(removed.map(|resource| not_written(&resource)).collect());
    }
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

fn not_written(resource: &Resource) -> Diagnostic {
    let message = "a `Namespace` of the manifests is not written, because the branch adopts its namespace";
    Diagnostic::new(Code::Resource, message)
        .at(resource.origin)
        .help("move it to an overlay of the branches that own their namespaces, or remove it: pleach writes the `Namespace` of a branch")
}

/// Whether an object is the `Namespace` of this name.
fn is_namespace(resource: &Resource, name: &str) -> bool {
    let gvk = resource.gvk();
    gvk.group.is_empty() && gvk.kind == "Namespace" && resource.name() == name
}
