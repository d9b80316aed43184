//! Field specs: which fields of which kinds a transformer changes. Data, not code.

use crate::error::{Error, Result};
use crate::node::Node;
use smol_str::SmolStr;
use std::sync::Arc;

/// A field of some kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSpec {
    /// API group; empty fits all.
    pub group: SmolStr,
    /// API version; empty fits all.
    pub version: SmolStr,
    /// Kind; empty fits all.
    pub kind: SmolStr,
    /// The path as written: `spec/template/metadata/labels`.
    pub path: SmolStr,
    /// Whether missing parts of the path are made.
    pub create: bool,
}

/// Fields that name objects of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameReference {
    /// API group of the objects that are named; empty fits all.
    pub group: SmolStr,
    /// API version; empty fits all.
    pub version: SmolStr,
    /// Kind; empty fits all.
    pub kind: SmolStr,
    /// The fields that name them.
    pub fields: Vec<FieldSpec>,
}

/// All field specs of a build: the defaults and what `configurations` and `crds` add.
#[derive(Clone, Debug, Default)]
pub struct FieldSpecs {
    /// `namePrefix`.
    pub name_prefix: Vec<FieldSpec>,
    /// `nameSuffix`.
    pub name_suffix: Vec<FieldSpec>,
    /// `namespace`.
    pub namespace: Vec<FieldSpec>,
    /// `commonLabels`.
    pub common_labels: Vec<FieldSpec>,
    /// `labels`.
    pub labels: Vec<FieldSpec>,
    /// `templateLabels`.
    pub template_labels: Vec<FieldSpec>,
    /// `commonAnnotations`.
    pub common_annotations: Vec<FieldSpec>,
    /// `nameReference`.
    pub name_reference: Vec<NameReference>,
    /// `varReference`.
    pub var_reference: Vec<FieldSpec>,
    /// `images`.
    pub images: Vec<FieldSpec>,
    /// `replicas`.
    pub replicas: Vec<FieldSpec>,
}

impl FieldSpecs {
    /// The defaults of kustomize.
    pub fn builtin() -> &'static Arc<FieldSpecs> {
        todo!()
    }

    /// A file of `configurations`.
    pub fn read(_document: &Node) -> Result<FieldSpecs> {
        todo!()
    }

    /// Adds `more`; refused where both hold the same field with another `create`.
    pub fn merge(&mut self, _more: &FieldSpecs) -> Result<(), Error> {
        todo!()
    }
}
