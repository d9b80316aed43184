//! `commonAnnotations`.

use super::{Kustomization, Pairs, Resources, Scope};
use crate::error::Result;
use crate::schema::fieldspec::FieldSpec;

/// The step `commonAnnotations`.
pub(super) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    apply(resources, &kustomization.common_annotations, &scope.specs.common_annotations, scope)
}

/// Sets annotations in the fields that `specs` name.
pub(super) fn apply(_: &mut Resources, _pairs: &Pairs, _specs: &[FieldSpec], _scope: &Scope) -> Result<()> {
    todo!()
}
