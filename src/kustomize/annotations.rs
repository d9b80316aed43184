//! `commonAnnotations`.

use super::{Kustomization, Pairs, Resources, Scope, blame, labels};
use crate::diagnostic::Result;
use crate::schema::fieldspec::FieldSpec;

/// The step `commonAnnotations`.
pub(super) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    let pairs = &kustomization.common_annotations;
    let at = pairs.values().next().map_or(kustomization.at, |value| value.at);
    apply(resources, pairs, &scope.specs.common_annotations, scope).map_err(blame::entry(at, "commonAnnotations"))
}

/// Sets annotations in the fields that `specs` name.
pub(super) fn apply(resources: &mut Resources, pairs: &Pairs, specs: &[FieldSpec], scope: &Scope) -> Result<()> {
    labels::set(resources, pairs, specs, "annotation", scope)
}
