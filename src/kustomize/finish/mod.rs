//! What comes once, at the root, after everything is accumulated: hashes, references, vars, annotations.

pub(crate) mod metadata;
pub(crate) mod order;
mod reference;
mod vars;

use crate::diagnostic::Result;
use crate::kustomize::field::{folded, linked};
use crate::kustomize::input::accumulated::Accumulated;
use crate::kustomize::input::build_metadata::BuildMetadata;
use crate::kustomize::input::{Resources, StepContext};
use crate::kustomize::steps::hashes;
use crate::node::Node;
use crate::resource::Resource;

/// The finished objects.
pub(crate) fn finish(
    accumulated: Accumulated,
    context: &StepContext,
    trace: Option<&BuildMetadata>,
) -> Result<Resources> {
    let mut resources = accumulated.resources;
    hashes::append(&mut resources, context)?;
    reference::fix(&mut resources, context)?;
    linked::settle_all(&mut resources, context)?;
    vars::resolve(&mut resources, &accumulated.vars, context)?;
    linked::settle_all(&mut resources, context)?;
    resources.as_mut().retain(|resource| !is_local(resource));
    resources.refuse_same_ids()?;
    for resource in resources.iter_mut() {
        metadata::tidy(resource, trace);
        if let Some(printed) = folded::printed(&resource.node).filter(|_| context.rules.folds) {
            resource.node = printed;
        }
    }
    Ok(resources)
}

/// Whether an object is for tools only and not part of the output.
fn is_local(resource: &Resource) -> bool {
    let annotation = resource.node.at_path(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
    annotation.and_then(Node::as_scalar).is_some_and(|scalar| scalar.text != "false")
}
