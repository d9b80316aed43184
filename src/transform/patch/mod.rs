//! `patchesStrategicMerge`, `patches`, `patchesJson6902`.

use super::{Kustomization, Patch, Resources, Scope, Selector};
use crate::error::Result;
use crate::node::Node;
use crate::resource::Resource;

/// The step `patchesStrategicMerge`.
pub(super) fn strategic_merge(_: &mut Resources, _kustomization: &Kustomization, _scope: &Scope) -> Result<()> {
    todo!()
}

/// The step `patches`.
pub(super) fn patches(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    kustomization.patches.iter().try_for_each(|patch| apply(resources, patch, scope))
}

/// The step `patchesJson6902`.
pub(super) fn json6902(_: &mut Resources, _kustomization: &Kustomization, _scope: &Scope) -> Result<()> {
    todo!()
}

/// One entry of `patches`.
pub(super) fn apply(_: &mut Resources, _patch: &Patch, _scope: &Scope) -> Result<()> {
    todo!()
}

/// Strategic merge patches, each for the object that it names; for the built-in `PatchStrategicMergeTransformer`.
pub(super) fn merge_all(_: &mut Resources, _patches: &[Node], _scope: &Scope) -> Result<()> {
    todo!()
}

/// Merges `patch` into an object as a strategic merge patch does; for generators with `behavior: merge`. `None` if the
/// patch deletes it.
pub(super) fn merge(_resource: &Resource, _patch: &Node, _scope: &Scope) -> Result<Option<Node>> {
    todo!()
}

/// The positions of the objects that a selector means.
pub(super) fn select(_: &Resources, _selector: &Selector) -> Result<Vec<usize>> {
    todo!()
}
