//! What a kustomization does to the objects, in kustomize's order, whatever the order in its file.
//!
//! Each step is a file; [`STEPS`] defines when it runs, which fields of a kustomization configure it, and how an object that
//! is listed in `transformers` does.

mod affix;
mod annotations;
mod generate;
mod hash;
pub(crate) mod hashes;
mod iam_policy;
mod images;
mod json;
mod labels;
mod namespace;
mod parsed_hash;
mod patch;
pub(crate) mod plugin;
mod replacement;
mod replicas;
mod value_add;

pub(crate) use generate::all as generated;
pub(crate) use replicas::{BranchReplica, of_branch as replicas_of_branch};

use crate::diagnostic::{Diagnostic, Result};
use crate::kustomize::input::resources::GeneratedObject;
use crate::kustomize::input::{Resources, StepContext};
use crate::kustomize::model::Kustomization;
use crate::resource::Resource;

/// One step: changes the objects as fields of the kustomization or a configuration object require.
pub(crate) struct TransformStep {
    /// Its name in kustomize.
    pub(crate) transformer: &'static str,
    /// The number of such transformers that kustomize creates for the fields of a kustomization.
    pub(crate) count: fn(&Kustomization) -> usize,
    /// Applies the fields of a kustomization.
    pub(crate) apply: fn(&mut Resources, &Kustomization, &StepContext) -> Result<()>,
    /// Applies a configuration object.
    pub(crate) configured: fn(&mut Resources, &Resource, &StepContext) -> Result<()>,
}

/// The steps in their order; the last ones run only if `transformers` lists a configuration.
#[rustfmt::skip]
pub(crate) const STEPS: &[TransformStep] = &[
    TransformStep { transformer: "PatchStrategicMergeTransformer", count: |k| one(!k.patches_strategic_merge.is_empty()), apply: patch::strategic_merge, configured: patch::configured::strategic },
    TransformStep { transformer: "PatchTransformer", count: |k| k.patches.len(), apply: patch::patches, configured: patch::configured::either },
    TransformStep { transformer: "NamespaceTransformer", count: |k| one(k.namespace.is_some()), apply: namespace::step, configured: namespace::configured },
    TransformStep { transformer: "PrefixTransformer", count: |k| one(k.name_prefix.is_some()), apply: affix::prefix, configured: affix::configured },
    TransformStep { transformer: "SuffixTransformer", count: |k| one(k.name_suffix.is_some()), apply: affix::suffix, configured: affix::configured },
    TransformStep { transformer: "LabelTransformer", count: labels::count, apply: labels::step, configured: labels::configured },
    TransformStep { transformer: "AnnotationsTransformer", count: |k| one(!k.common_annotations.is_empty()), apply: annotations::step, configured: annotations::configured },
    TransformStep { transformer: "PatchJson6902Transformer", count: |k| k.patches_json6902.len(), apply: patch::json6902, configured: patch::configured::json },
    TransformStep { transformer: "ReplicaCountTransformer", count: |k| k.replicas.len(), apply: replicas::step, configured: replicas::configured },
    TransformStep { transformer: "ImageTagTransformer", count: |k| k.images.len(), apply: images::step, configured: images::configured },
    TransformStep { transformer: "ReplacementTransformer", count: |k| one(!k.replacements.is_empty()), apply: replacement::step, configured: replacement::configured },
    TransformStep { transformer: "HashTransformer", count: |_| 0, apply: no_fields, configured: hashes::configured },
    TransformStep { transformer: "PrefixSuffixTransformer", count: |_| 0, apply: no_fields, configured: affix::configured },
    TransformStep { transformer: "ValueAddTransformer", count: |_| 0, apply: no_fields, configured: value_add::configured },
];

/// The generators that an object in `generators` can configure.
pub(crate) const GENERATORS: &[(&str, GeneratorStep)] = &[
    ("ConfigMapGenerator", generate::config_map),
    ("SecretGenerator", generate::secret),
    ("IAMPolicyGenerator", iam_policy::configured),
    ("HelmChartInflationGenerator", refuse_helm),
];

/// Makes the object that a configuration describes.
type GeneratorStep = fn(&Resource, &StepContext) -> Result<GeneratedObject>;

fn one(present: bool) -> usize {
    usize::from(present)
}

#[expect(clippy::unnecessary_wraps, reason = "an entry of a table of functions, some of which can fail")]
fn no_fields(_: &mut Resources, _: &Kustomization, _: &StepContext) -> Result<()> {
    Ok(())
}

/// Changes the objects as the built-in transformer that `plugin` configures.
pub(crate) fn transform(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let kind = plugin::kind(plugin)?;
    let step = STEPS.iter().find(|step| step.transformer == kind);
    let step = step.ok_or_else(|| unknown(plugin, &kind, "transformer", STEPS.iter().map(|step| step.transformer)))?;
    (step.configured)(resources, plugin, context)
}

/// The object of the built-in generator that `plugin` configures.
pub(crate) fn generate(plugin: &Resource, context: &StepContext) -> Result<GeneratedObject> {
    let kind = plugin::kind(plugin)?;
    let generator = GENERATORS.iter().find(|(name, _)| *name == kind);
    let (_, make) =
        generator.ok_or_else(|| unknown(plugin, &kind, "generator", GENERATORS.iter().map(|(name, _)| *name)))?;
    make(plugin, context)
}

fn unknown(plugin: &Resource, kind: &str, role: &str, known: impl Iterator<Item = &'static str>) -> Diagnostic {
    plugin::error(plugin, format!("unknown built-in {role} `{kind}`")).suggest(kind, known)
}

fn refuse_helm(plugin: &Resource, _: &StepContext) -> Result<GeneratedObject> {
    Err(plugin::error(plugin, "`HelmChartInflationGenerator` requires the program helm and a network")
        .help("run `helm template` once, write its output to a file and list the file in `resources`")
        .into())
}
