//! `commonAnnotations`.

use super::{Kustomization, Pairs, Resources, Scope, labels};
use crate::error::Result;
use crate::schema::fieldspec::FieldSpec;

/// The step `commonAnnotations`.
pub(super) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    apply(resources, &kustomization.common_annotations, &scope.specs.common_annotations, scope)
}

/// Sets annotations in the fields that `specs` name.
pub(super) fn apply(resources: &mut Resources, pairs: &Pairs, specs: &[FieldSpec], scope: &Scope) -> Result<()> {
    labels::set(resources, pairs, specs, "annotation", scope)
}
