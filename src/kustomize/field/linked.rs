//! Linked fields, which share one value in kustomize: after a change of one of them all others follow.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::{Resources, StepContext};
use crate::resource::Resource;

/// Updates the linked fields of all objects follow.
pub(crate) fn settle_all(resources: &mut Resources, context: &StepContext) -> Result<()> {
    if resources.iter().all(|resource| resource.linked.is_empty()) {
        return Ok(());
    }
    resources.iter_mut().try_for_each(|resource| settle(resource, context))
}

/// Updates the linked fields within an object.
pub(crate) fn settle(resource: &mut Resource, context: &StepContext) -> Result<()> {
    let followed = resource.linked.settle(&mut resource.node, context.input.work);
    for followed in followed.map_err(|error| resource.within(error))? {
        let message = format!("`{}` changes together with `{}`", followed.field, followed.leader);
        let diagnostic = Diagnostic::new(Code::Overlay, message)
            .at(followed.at)
            .note(resource.origin, format!("in `{}`", resource.id()))
            .help(
                "kustomize shares one value between all places to which it adds a label; set the label in all of them",
            );
        context.lossy(diagnostic)?;
    }
    Ok(())
}
