//! `replacements`.

use super::kustomization::Replacement;
use super::{Kustomization, Resources, Scope};
use crate::error::Result;
use crate::node::Node;

/// The step `replacements`: reads those that stand in files, then applies all.
pub(super) fn step(_: &mut Resources, _kustomization: &Kustomization, _scope: &Scope) -> Result<()> {
    todo!()
}

/// Applies replacements, each over all objects.
pub(super) fn apply(_: &mut Resources, _replacements: &[Replacement], _scope: &Scope) -> Result<()> {
    todo!()
}
