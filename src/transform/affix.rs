//! `namePrefix` and `nameSuffix`.

use super::{Kustomization, Resources, Scope, Text};
use crate::error::Result;
use crate::schema::fieldspec::FieldSpec;

/// Which side of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Before it.
    Prefix,
    /// Behind it.
    Suffix,
}

/// The step `namePrefix`.
pub(super) fn prefix(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    match &kustomization.name_prefix {
        Some(prefix) => apply(resources, Side::Prefix, prefix, &scope.specs.name_prefix, scope),
        None => Ok(()),
    }
}

/// The step `nameSuffix`.
pub(super) fn suffix(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    match &kustomization.name_suffix {
        Some(suffix) => apply(resources, Side::Suffix, suffix, &scope.specs.name_suffix, scope),
        None => Ok(()),
    }
}

/// Puts `affix` on one side of the fields that `specs` name.
pub(super) fn apply(_: &mut Resources, _side: Side, _affix: &Text, _specs: &[FieldSpec], _scope: &Scope) -> Result<()> {
    todo!()
}
