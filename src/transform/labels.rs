//! `labels` and `commonLabels`.

use super::{Kustomization, Pairs, Resources, Scope};
use crate::error::Result;
use crate::schema::fieldspec::FieldSpec;

/// The steps `labels` and then `commonLabels`.
pub(super) fn step(_: &mut Resources, _kustomization: &Kustomization, _scope: &Scope) -> Result<()> {
    todo!()
}

/// Sets labels in the fields that `specs` name.
pub(super) fn apply(_: &mut Resources, _pairs: &Pairs, _specs: &[FieldSpec], _scope: &Scope) -> Result<()> {
    todo!()
}
