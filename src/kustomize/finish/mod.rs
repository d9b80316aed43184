//! What comes once, at the root, after everything is accumulated: hashes, references, vars, annotations.

mod hash;
pub(crate) mod metadata;
pub(crate) mod order;
mod reference;
mod vars;

use crate::diagnostic::Result;
use crate::kustomize::build::accumulate::Accumulated;
use crate::kustomize::field::twins;
use crate::kustomize::finish::metadata::Trace;
use crate::kustomize::input::{Resources, Scope};
use crate::node::Node;
use crate::resource::Resource;

/// The finished objects.
pub(crate) fn finish(accumulated: Accumulated, scope: &Scope, trace: Option<&Trace>) -> Result<Resources> {
    let mut resources = accumulated.resources;
    append_hashes(&mut resources);
    reference::fix(&mut resources, scope)?;
    twins::settle_all(&mut resources, scope)?;
    vars::resolve(&mut resources, &accumulated.vars, scope)?;
    twins::settle_all(&mut resources, scope)?;
    resources.as_mut().retain(|resource| !is_local(resource));
    resources.refuse_same_ids()?;
    resources.iter_mut().for_each(|resource| metadata::tidy(resource, trace));
    Ok(resources)
}

/// Puts the hash of its content behind the name of every generated object that wants one.
pub(crate) fn append_hashes(resources: &mut Resources) {
    for resource in resources.iter_mut().filter(|resource| resource.generated.is_some_and(|g| g.hash)) {
        let name = format!("{}-{}", resource.name(), hash::of(resource));
        resource.remember_id();
        if let Some(old) = resource.node.get_mut("metadata").and_then(|metadata| metadata.get_mut("name")) {
            *old = Node::str(name).placed(old.at);
        }
    }
}

/// Whether an object is for tools only and not part of the output.
fn is_local(resource: &Resource) -> bool {
    let annotation = resource.node.at_path(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
    annotation.and_then(Node::as_scalar).is_some_and(|scalar| scalar.text != "false")
}
