//! `vars`: `$(NAME)` in the objects, once at the root after the name references.

use super::kustomization::Var;
use super::{Resources, Scope};
use crate::error::Result;

/// Puts the values of all `vars` of the build in where `scope.specs.var_reference` says.
pub(super) fn resolve(_: &mut Resources, _vars: &[Var], _scope: &Scope) -> Result<()> {
    todo!()
}
