//! Field specs: the fields that a transformer changes, by kind.
//!
//! The defaults are in `schema/fieldspecs.json`. The `configurations` of a kustomization add field specs, which are merged
//! as in kustomize. This module does not read objects.

mod merge;
mod read;
mod reference_trees;

pub(crate) use merge::extend;
pub(crate) use reference_trees::{ReferenceField, ReferenceTree, ReferenceTrees};

use super::Gvk;
use serde::Deserialize;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

/// A field of some kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FieldSpec {
    /// API group; empty for all.
    pub(crate) group: SmolStr,
    /// API version; empty for all.
    pub(crate) version: SmolStr,
    /// Kind; empty for all.
    pub(crate) kind: SmolStr,
    /// The path as written: `spec/template/metadata/labels`.
    pub(crate) path: SmolStr,
    /// Whether missing parts of the path are created.
    pub(crate) create: bool,
}

/// The fields that refer to objects of one kind by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NameReference {
    /// API group of the objects that the fields refer to; empty for all.
    pub(crate) group: SmolStr,
    /// API version; empty for all.
    pub(crate) version: SmolStr,
    /// Kind; empty for all.
    pub(crate) kind: SmolStr,
    /// The fields that refer to them.
    #[serde(rename = "fieldSpecs")]
    pub(crate) fields: Vec<FieldSpec>,
}

/// All field specs of a build: the defaults and those that `configurations` and `crds` add.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FieldSpecs {
    /// `namePrefix`.
    pub(crate) name_prefix: Vec<FieldSpec>,
    /// `nameSuffix`.
    pub(crate) name_suffix: Vec<FieldSpec>,
    /// `namespace`.
    pub(crate) namespace: Vec<FieldSpec>,
    /// `commonLabels`.
    pub(crate) common_labels: Vec<FieldSpec>,
    /// `labels`.
    pub(crate) labels: Vec<FieldSpec>,
    /// `templateLabels`.
    pub(crate) template_labels: Vec<FieldSpec>,
    /// `commonAnnotations`.
    pub(crate) common_annotations: Vec<FieldSpec>,
    /// `nameReference`.
    pub(crate) name_reference: Vec<NameReference>,
    /// `varReference`.
    pub(crate) var_reference: Vec<FieldSpec>,
    /// `images`.
    pub(crate) images: Vec<FieldSpec>,
    /// `replicas`.
    pub(crate) replicas: Vec<FieldSpec>,
    /// `name_reference` by the kind that has the field, computed on first use.
    #[serde(skip)]
    reference_trees: OnceLock<Arc<ReferenceTrees>>,
}

/// Whether a selector whose parts may be empty selects a kind.
pub(crate) fn fits(group: &str, version: &str, kind: &str, gvk: &Gvk) -> bool {
    (kind.is_empty() || kind == gvk.kind)
        && (group.is_empty() || group == gvk.group)
        && (version.is_empty() || version == gvk.version)
}

impl FieldSpec {
    /// Whether objects of this kind have the field.
    pub(crate) fn fits(&self, gvk: &Gvk) -> bool {
        fits(&self.group, &self.version, &self.kind, gvk)
    }

    /// The parts of the path, separated by `/`. `\\/` is a slash in a part. A slash at the beginning is ignored. A part that
    /// must be a list ends in `[]`.
    pub(crate) fn parts(&self) -> Vec<Cow<'_, str>> {
        let mut parts: Vec<Cow<str>> = Vec::new();
        for text in self.path.strip_prefix('/').unwrap_or(&self.path).split('/') {
            match parts.last_mut().filter(|last| last.ends_with('\\')) {
                Some(last) => {
                    let last = last.to_mut();
                    last.pop();
                    last.push('/');
                    last.push_str(text);
                }
                None => parts.push(text.into()),
            }
        }
        parts
    }

    /// Its group, version and kind.
    fn gvk(&self) -> Gvk {
        Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() }
    }
}

impl FieldSpecs {
    /// The defaults of kustomize.
    pub(crate) fn builtin() -> &'static Arc<FieldSpecs> {
        static BUILTIN: LazyLock<Arc<FieldSpecs>> = LazyLock::new(|| {
            let text = include_str!("../../../schema/fieldspecs.json");
            let mut specs: FieldSpecs = serde_json::from_str(text).expect("a test reads this file");
            specs.sort();
            Arc::new(specs)
        });
        &BUILTIN
    }

    /// The fields that refer to other objects, by the kind of the object that has the field.
    pub(crate) fn reference_trees(&self) -> &ReferenceTrees {
        self.reference_trees.get_or_init(|| Arc::new(ReferenceTrees::new(&self.name_reference)))
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldSpec, FieldSpecs};

    #[test]
    fn the_defaults_are_complete() {
        let specs = FieldSpecs::builtin();
        let count = |list: &[FieldSpec]| list.len();
        assert_eq!((count(&specs.common_labels), count(&specs.template_labels)), (32, 10));
        assert_eq!((count(&specs.common_annotations), count(&specs.var_reference)), (9, 72));
        assert_eq!((count(&specs.images), count(&specs.replicas), count(&specs.namespace)), (6, 4, 3));
        assert_eq!((count(&specs.name_prefix), count(&specs.name_suffix), count(&specs.labels)), (1, 1, 0));
        assert_eq!(specs.name_reference.len(), 16);
        assert_eq!(specs.name_reference.iter().map(|reference| reference.fields.len()).sum::<usize>(), 167);
    }

    #[test]
    fn name_references_are_in_the_order_of_kinds() {
        let kinds: Vec<_> = FieldSpecs::builtin().name_reference.iter().map(|r| r.kind.as_str()).collect();
        let config_maps = kinds.iter().position(|kind| *kind == "ConfigMap").unwrap();
        assert_eq!(kinds[config_maps + 1], "Secret");
        assert!(kinds.iter().position(|kind| *kind == "Role").unwrap() < config_maps);
    }
}
