//! The hash at the end of the name of a generated object.

use super::hash;
use crate::diagnostic::{Diagnostic, Result};
use crate::kustomize::input::{Resources, StepContext};
use crate::resource::Resource;
use crate::work::WorkCounter;

/// Appends the hash of its content to the name of every generated object that requests it.
pub(crate) fn append(resources: &mut Resources, work: &WorkCounter) -> Result<(), Diagnostic> {
    for resource in resources.iter_mut().filter(|resource| resource.generated.is_some_and(|g| g.hash)) {
        work.value(&resource.node, 0).map_err(|error| resource.within(error))?;
        let (name, hash) = (resource.name().to_owned(), hash::of(resource));
        resource.remember_id();
        resource.append_hash(&name, &hash);
    }
    Ok(())
}

/// The plugin `HashTransformer`.
pub(crate) fn configured(resources: &mut Resources, _: &Resource, context: &StepContext) -> Result<()> {
    Ok(append(resources, context.input.work)?)
}
