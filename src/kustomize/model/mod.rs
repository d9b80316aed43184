//! A kustomization as written: every field with its source location.
//!
//! The names are those of kustomization.yaml. `read` parses a document, including the patterns in it; nothing here
//! follows a path or changes an object. `pleach build` creates one for the fields of a branch in the spec
//! ([`super::Layers::own`]).

pub(crate) mod expression;
pub(crate) mod generator;
pub(crate) mod image;
mod label;
mod label_selector;
pub(crate) mod patch;
mod read;
pub(crate) mod replacement;
pub(crate) mod replica;
pub(crate) mod selector;
pub(crate) mod target;
pub(crate) mod text;
mod var;

pub use generator::{Behavior, Generator, GeneratorOptions};
pub use image::{ImageName, ImageOverride};
pub use label::Label;
pub use patch::{Patch, patches};
pub(crate) use read::read;
pub use replacement::{Replacement, ReplacementEntry};
pub use replica::Replica;
pub use selector::Selector;
pub use target::PatchTarget;
pub use text::{Text, TextMap};
pub use var::Var;

use crate::node::Node;
use crate::source::Location;
use smol_str::SmolStr;

/// Whether a kustomization makes objects of its own or changes those of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KustomizationKind {
    /// `kind: Kustomization`.
    #[default]
    Kustomization,
    /// `kind: Component`.
    Component,
}

/// One kustomization.yaml, with deprecated fields moved as kustomize does: `bases` are in `resources`, `imageTags` in
/// `images`, `env` in `envs`.
#[derive(Clone, Debug, Default)]
pub struct Kustomization {
    /// Where it begins.
    pub at: Location,
    /// What it is.
    pub kind: KustomizationKind,
    /// Files and folders.
    pub resources: Vec<Text>,
    /// Folders of components.
    pub components: Vec<Text>,
    /// Files with `OpenAPI` definitions of custom resources.
    pub crds: Vec<Text>,
    /// Where all objects go.
    pub namespace: Option<Text>,
    /// Put before all names.
    pub name_prefix: Option<Text>,
    /// Put behind all names.
    pub name_suffix: Option<Text>,
    /// Entries of `labels`.
    pub labels: Vec<Label>,
    /// Labels for metadata, templates and selectors.
    pub common_labels: TextMap,
    /// Annotations for metadata and templates.
    pub common_annotations: TextMap,
    /// Strategic merge patches as files or inline.
    pub patches_strategic_merge: Vec<Inline>,
    /// JSON 6902 patches.
    pub patches_json6902: Vec<Patch>,
    /// Patches of either sort.
    pub patches: Vec<Patch>,
    /// New names, tags and digests of images.
    pub images: Vec<ImageOverride>,
    /// New numbers of replicas.
    pub replicas: Vec<Replica>,
    /// Values copied from one object to others.
    pub replacements: Vec<ReplacementEntry>,
    /// `$(NAME)` in the objects.
    pub vars: Vec<Var>,
    /// `ConfigMap`s to make.
    pub config_map_generator: Vec<Generator>,
    /// `Secret`s to make.
    pub secret_generator: Vec<Generator>,
    /// Options of all generators of the kustomization.
    pub generator_options: Option<GeneratorOptions>,
    /// Files with field specs.
    pub configurations: Vec<Text>,
    /// Generators as files, folders or inline.
    pub generators: Vec<Inline>,
    /// Transformers as files, folders or inline.
    pub transformers: Vec<Inline>,
    /// Validators as files, folders or inline.
    pub validators: Vec<Inline>,
    /// Where the schema of the kinds comes from.
    pub openapi: Option<OpenApi>,
    /// The order of the output.
    pub sort_options: Option<SortOptions>,
    /// Which traces of the build the objects carry.
    pub build_metadata: Vec<Text>,
    /// Fields that kustomize calls deprecated, in the order in which it warns, and the fields that replace them.
    pub deprecated: Vec<(Text, &'static str)>,
}

/// A path, or YAML text in its place: entries of `patchesStrategicMerge`, `generators`, `transformers`, `validators`.
/// The node is a string; which of the two it is shows on use.
pub type Inline = Node;

/// Where the schema of the kinds comes from.
#[derive(Clone, Debug, Default)]
pub struct OpenApi {
    /// A version that kustomize has built in.
    pub version: Option<Text>,
    /// A file.
    pub path: Option<Text>,
    /// Its location.
    pub at: Location,
}

/// The order of the output.
#[derive(Clone, Debug, Default)]
pub struct SortOptions {
    /// `legacy` or `fifo`.
    pub order: Option<Text>,
    /// Kinds that come first and last in legacy order.
    pub legacy: Option<LegacySortOptions>,
    /// Its location.
    pub at: Location,
}

/// Kinds that come first and last in legacy order.
#[derive(Clone, Debug, Default)]
pub struct LegacySortOptions {
    /// First, in this order.
    pub order_first: Vec<SmolStr>,
    /// Last, in this order.
    pub order_last: Vec<SmolStr>,
}
