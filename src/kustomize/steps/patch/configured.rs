//! The plugins that patch objects.

use super::{content, json6902, patches, strategic_merge};
use crate::diagnostic::Result;
use crate::kustomize::input::{Resources, StepContext};
use crate::kustomize::model::patch::patch_of;
use crate::kustomize::model::{Kustomization, Patch};
use crate::kustomize::steps::plugin;
use crate::resource::Resource;

/// The plugin `PatchTransformer`.
pub(crate) fn either(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let patch = plugin::read(plugin, |fields| patch_of(fields, &plugin.node))?;
    // The plugin by itself, unlike the field `patches`, refuses comments, though not an empty file.
    content::refuse_comments(&patch, context)?;
    patches(resources, &Kustomization { patches: vec![patch], ..Kustomization::default() }, context)
}

/// The plugin `PatchJson6902Transformer`.
pub(crate) fn json(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let patch = plugin::read(plugin, |fields| Patch {
        patch: fields.text("jsonOp").cloned(),
        ..patch_of(fields, &plugin.node)
    })?;
    json6902(resources, &Kustomization { patches_json6902: vec![patch], ..Kustomization::default() }, context)
}

/// The plugin `PatchStrategicMergeTransformer`.
pub(crate) fn strategic(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let patches_strategic_merge: Vec<_> = plugin::read(plugin, |fields| {
        let paths = fields.strs("paths").into_iter().cloned();
        paths.chain(fields.text("patches").cloned()).collect()
    })?;
    if patches_strategic_merge.is_empty() {
        return Err(plugin::error(plugin, "the plugin must have `paths` or `patches`").into());
    }
    strategic_merge(resources, &Kustomization { patches_strategic_merge, ..Kustomization::default() }, context)
}
