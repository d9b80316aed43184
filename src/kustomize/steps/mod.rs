//! What a kustomization does to the objects it holds, in kustomize's order, whatever the order in its file.

mod affix;
mod annotations;
pub(crate) mod generate;
mod images;
mod labels;
mod namespace;
pub(crate) mod patch;
pub(crate) mod plugin;
mod replacement;
mod replicas;
mod value_add;

use crate::diagnostic::Result;
use crate::kustomize::input::{Resources, Scope};
use crate::kustomize::model::Kustomization;

/// One step: changes the objects as some fields of the kustomization say.
pub(crate) struct Step {
    /// What kustomize calls it.
    pub(crate) transformer: &'static str,
    /// How many such transformers kustomize would make of the kustomization.
    pub(crate) count: fn(&Kustomization) -> usize,
    /// What it does.
    pub(crate) apply: fn(&mut Resources, &Kustomization, &Scope) -> Result<()>,
}

/// The steps in their order.
#[rustfmt::skip]
pub(crate) const STEPS: &[Step] = &[
    Step { transformer: "PatchStrategicMergeTransformer", count: |k| one(!k.patches_strategic_merge.is_empty()), apply: patch::strategic_merge },
    Step { transformer: "PatchTransformer", count: |k| k.patches.len(), apply: patch::patches },
    Step { transformer: "NamespaceTransformer", count: |k| one(k.namespace.is_some()), apply: namespace::step },
    Step { transformer: "PrefixTransformer", count: |k| one(k.name_prefix.is_some()), apply: affix::prefix },
    Step { transformer: "SuffixTransformer", count: |k| one(k.name_suffix.is_some()), apply: affix::suffix },
    Step { transformer: "LabelTransformer", count: |k| labels::count(k), apply: labels::step },
    Step { transformer: "AnnotationsTransformer", count: |k| one(!k.common_annotations.is_empty()), apply: annotations::step },
    Step { transformer: "PatchJson6902Transformer", count: |k| k.patches_json6902.len(), apply: patch::json6902 },
    Step { transformer: "ReplicaCountTransformer", count: |k| k.replicas.len(), apply: replicas::step },
    Step { transformer: "ImageTagTransformer", count: |k| k.images.len(), apply: images::step },
    Step { transformer: "ReplacementTransformer", count: |k| one(!k.replacements.is_empty()), apply: replacement::step },
];

fn one(there: bool) -> usize {
    usize::from(there)
}
