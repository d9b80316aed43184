//! Fields that kustomize made one: after each change of one of them all others follow.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::{Resources, StepContext};
use crate::resource::Resource;

/// Lets the linked of all objects follow.
pub(crate) fn settle_all(resources: &mut Resources, context: &StepContext) -> Result<()> {
    if resources.iter().all(|resource| resource.linked.is_empty()) {
        return Ok(());
    }
    resources.iter_mut().try_for_each(|resource| settle(resource, context))
}

/// Lets the linked within an object follow what was changed.
pub(crate) fn settle(resource: &mut Resource, context: &StepContext) -> Result<()> {
    for followed in resource.linked.settle(&mut resource.node) {
        let message = format!("`{}` changes along with `{}`", followed.field, followed.leader);
        let diagnostic = Diagnostic::new(Code::Overlay, message)
            .at(followed.at)
            .note(resource.origin, format!("in `{}`", resource.id()))
            .help("kustomize makes one field of a label that it adds in several places; set the label in all of them");
        context.lossy(diagnostic)?;
    }
    Ok(())
}
