//! The hash at the end of the name of a generated object.

use super::{hash, parsed_hash};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::{Resources, StepContext, books};
use crate::kustomize::parsed;
use crate::resource::Resource;

/// Appends the hash of its content to the name of every object that requests it: by its generator, or by an annotation.
pub(crate) fn append(resources: &mut Resources, context: &StepContext) -> Result<(), Diagnostic> {
    for resource in resources.iter_mut() {
        let request = books::requests_hash(resource);
        if !resource.generated.is_some_and(|generated| generated.hash) && request.is_none() {
            continue;
        }
        context.input.work.value(&resource.node, 0).map_err(|error| resource.within(error))?;
        let request = request.filter(|_| !matches!(&*resource.gvk().kind, "ConfigMap" | "Secret"));
        let hash = match request {
            None => Some(hash::of(resource)),
            Some(_) => parsed::known(resource).map(|parsed| parsed_hash::of(&parsed)),
        };
        let Some(hash) = hash else {
            let message =
                "the annotation has no effect, because pleach does not know the hash that kustomize makes here";
            let help = "remove comments and anchors from the file, or use `pleach.dev/name-hash` in a build";
            let warning = Diagnostic::new(Code::Overlay, message).at(request.map_or(resource.origin, |node| node.at));
            context.warn(resource.within(warning.help(help)));
            continue;
        };
        let name = resource.name().to_owned();
        resource.remember_id();
        resource.append_hash(&name, &hash);
    }
    Ok(())
}

/// The plugin `HashTransformer`.
pub(crate) fn configured(resources: &mut Resources, _: &Resource, context: &StepContext) -> Result<()> {
    Ok(append(resources, context)?)
}
