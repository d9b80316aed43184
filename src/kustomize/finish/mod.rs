//! What comes once, at the root, after everything is accumulated: hashes, references, vars, annotations.

pub(crate) mod metadata;
pub(crate) mod order;
mod reference;
mod vars;

use crate::diagnostic::Result;
use crate::kustomize::field::linked;
use crate::kustomize::input::accumulated::Accumulated;
use crate::kustomize::input::build_metadata::BuildMetadata;
use crate::kustomize::input::{Resources, Scope};
use crate::kustomize::steps::hashes;
use crate::node::Node;
use crate::resource::Resource;

/// The finished objects.
pub(crate) fn finish(accumulated: Accumulated, scope: &Scope, trace: Option<&BuildMetadata>) -> Result<Resources> {
    let mut resources = accumulated.resources;
    hashes::append(&mut resources);
    reference::fix(&mut resources, scope)?;
    linked::settle_all(&mut resources, scope)?;
    vars::resolve(&mut resources, &accumulated.vars, scope)?;
    linked::settle_all(&mut resources, scope)?;
    resources.as_mut().retain(|resource| !is_local(resource));
    resources.refuse_same_ids()?;
    resources.iter_mut().for_each(|resource| metadata::tidy(resource, trace));
    Ok(resources)
}

/// Whether an object is for tools only and not part of the output.
fn is_local(resource: &Resource) -> bool {
    let annotation = resource.node.at_path(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
    annotation.and_then(Node::as_scalar).is_some_and(|scalar| scalar.text != "false")
}
