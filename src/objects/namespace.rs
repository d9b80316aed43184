//! The `Namespace` of a branch, unless its manifests have it. A branch that adopts its namespace has none.

use super::{ContributorInput, mapping};
use crate::annotation::DATABASE_ANNOTATION;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::Node;
use crate::resource::Resource;
use crate::spec::Placed;
use smol_str::SmolStr;

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
    let Some(manifest) = resources.iter().find(|resource| is_namespace(resource, input.namespace)) else {
        let object = mapping([
            ("apiVersion", Node::str("v1")),
            ("kind", Node::str("Namespace")),
            ("metadata", mapping([("name", Node::str(input.namespace))])),
        ]);
        resources.push(Resource::new(object.placed(input.branch.at)));
        return Ok(Vec::new());
    };
    let set = input.branch.namespace_annotations.iter();
    Ok(set.filter_map(|(key, value)| replaced(manifest, key, value)).collect())
}

/// The warning if the manifest of the `Namespace` has another value for an annotation that pleach sets.
fn replaced(manifest: &Resource, key: &str, value: &Placed<SmolStr>) -> Option<Diagnostic> {
    let own = manifest.node.at_path(&["metadata", "annotations", key])?;
    if own.as_str() == Some(&value.value) {
        return None;
    }
    let message = format!("the annotation `{key}` of this `Namespace` has no effect: pleach sets it");
    let warning = Diagnostic::new(Code::Resource, message).at(own.at).at(manifest.origin);
    let warning = if value.at.is_some() { warning.note(value.at, "from this setting") } else { warning };
    let is_list = key == DATABASE_ANNOTATION;
    Some(warning.help(if is_list { "set it on another object, whose databases count too" } else { "remove it" }))
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
