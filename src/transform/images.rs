//! `images`.

use super::{Image, Kustomization, Resources, Scope};
use crate::error::Result;
use crate::schema::fieldspec::FieldSpec;

/// The step `images`.
pub(super) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    kustomization.images.iter().try_for_each(|image| apply(resources, image, &scope.specs.images, scope))
}

/// Changes one image in all containers and in the fields that `specs` name.
pub(super) fn apply(_: &mut Resources, _image: &Image, _specs: &[FieldSpec], _scope: &Scope) -> Result<()> {
    todo!()
}
