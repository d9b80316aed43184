//! The hash at the end of the name of a generated object.

use super::hash;
use crate::diagnostic::Result;
use crate::kustomize::input::{Resources, StepContext};
use crate::resource::Resource;

/// Appends the hash of its content to the name of every generated object that requests it.
pub(crate) fn append(resources: &mut Resources) {
    for resource in resources.iter_mut().filter(|resource| resource.generated.is_some_and(|g| g.hash)) {
        let (name, hash) = (resource.name().to_owned(), hash::of(resource));
        resource.remember_id();
        resource.append_hash(&name, &hash);
    }
}

/// The plugin `HashTransformer`.
#[expect(clippy::unnecessary_wraps, reason = "an entry of a table of functions, some of which can fail")]
pub(crate) fn configured(resources: &mut Resources, _: &Resource, _: &StepContext) -> Result<()> {
    append(resources);
    Ok(())
}
