//! `commonAnnotations`.

use super::plugin;
use crate::diagnostic::Result;
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::{Kustomization, TextMap};
use crate::kustomize::steps::labels;
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpec;

/// The step `commonAnnotations`.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    let pairs = &kustomization.common_annotations;
    let at = pairs.values().next().map_or(kustomization.at, |value| value.at);
    apply(resources, pairs, &context.specs.common_annotations, context).map_err(cause::entry(at, "commonAnnotations"))
}

/// Sets annotations in the fields that `specs` name.
pub(crate) fn apply(
    resources: &mut Resources,
    pairs: &TextMap,
    specs: &[FieldSpec],
    context: &StepContext,
) -> Result<()> {
    labels::set(resources, pairs, specs, "annotation", context)
}

/// The plugin `AnnotationsTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let (pairs, specs) = plugin::pairs_and_specs(plugin, "annotations")?;
    apply(resources, &pairs, &specs, context)
}
