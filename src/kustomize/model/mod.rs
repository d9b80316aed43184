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
mod pattern;
mod read;
pub(crate) mod replacement;
pub(crate) mod replica;
pub(crate) mod selector;
pub(crate) mod target;
pub(crate) mod text;
mod var;

pub(crate) use generator::{Behavior, Generator, GeneratorOptions};
pub(crate) use image::ImageOverride;
pub(crate) use label::Label;
pub(crate) use patch::{Patch, patches};
pub(crate) use pattern::IdentityPattern;
pub(crate) use read::read;
pub(crate) use replacement::{Replacement, ReplacementEntry};
pub(crate) use replica::Replica;
pub(crate) use selector::Selector;
pub(crate) use target::PatchTarget;
pub(crate) use text::{Text, TextMap};
pub(crate) use var::Var;

use crate::node::Node;
use crate::source::Location;
use smol_str::SmolStr;

/// The names of a kustomization file; a folder has one of them. With templates, each may end in `.j2` as well.
pub(crate) const KUSTOMIZATION_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether a kustomization makes objects of its own or changes those of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KustomizationKind {
    /// `kind: Kustomization`.
    #[default]
    Kustomization,
    /// `kind: Component`.
    Component,
}

/// One kustomization.yaml, with deprecated fields moved as kustomize does: `bases` are in `resources`, `imageTags` in
/// `images`, `env` in `envs`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kustomization {
    /// Where it begins.
    pub(crate) at: Location,
    /// What it is.
    pub(crate) kind: KustomizationKind,
    /// Files and folders.
    pub(crate) resources: Vec<Text>,
    /// Folders of components.
    pub(crate) components: Vec<Text>,
    /// Files with `OpenAPI` definitions of custom resources.
    pub(crate) crds: Vec<Text>,
    /// Where all objects go.
    pub(crate) namespace: Option<Text>,
    /// Put before all names.
    pub(crate) name_prefix: Option<Text>,
    /// Put behind all names.
    pub(crate) name_suffix: Option<Text>,
    /// Entries of `labels`.
    pub(crate) labels: Vec<Label>,
    /// Labels for metadata, templates and selectors.
    pub(crate) common_labels: TextMap,
    /// Annotations for metadata and templates.
    pub(crate) common_annotations: TextMap,
    /// Strategic merge patches as files or inline.
    pub(crate) patches_strategic_merge: Vec<Inline>,
    /// JSON 6902 patches.
    pub(crate) patches_json6902: Vec<Patch>,
    /// Patches of either sort.
    pub(crate) patches: Vec<Patch>,
    /// New names, tags and digests of images.
    pub(crate) images: Vec<ImageOverride>,
    /// New numbers of replicas.
    pub(crate) replicas: Vec<Replica>,
    /// Values copied from one object to others.
    pub(crate) replacements: Vec<ReplacementEntry>,
    /// `$(NAME)` in the objects.
    pub(crate) vars: Vec<Var>,
    /// `ConfigMap`s to make.
    pub(crate) config_map_generator: Vec<Generator>,
    /// `Secret`s to make.
    pub(crate) secret_generator: Vec<Generator>,
    /// Options of all generators of the kustomization.
    pub(crate) generator_options: Option<GeneratorOptions>,
    /// Files with field specs.
    pub(crate) configurations: Vec<Text>,
    /// Generators as files, folders or inline.
    pub(crate) generators: Vec<Inline>,
    /// Transformers as files, folders or inline.
    pub(crate) transformers: Vec<Inline>,
    /// Validators as files, folders or inline.
    pub(crate) validators: Vec<Inline>,
    /// Where the schema of the kinds comes from.
    pub(crate) openapi: Option<OpenApi>,
    /// The order of the output.
    pub(crate) sort_options: Option<SortOptions>,
    /// Which traces of the build the objects carry.
    pub(crate) build_metadata: Vec<Text>,
    /// Fields that kustomize calls deprecated, in the order in which it warns, and the fields that replace them.
    pub(crate) deprecated: Vec<(Text, &'static str)>,
}

/// A path, or YAML text in its place: entries of `patchesStrategicMerge`, `generators`, `transformers`, `validators`.
/// The node is a string; which of the two it is shows on use.
pub(crate) type Inline = Node;

/// Where the schema of the kinds comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenApi {
    /// A version that kustomize has built in.
    pub(crate) version: Option<Text>,
    /// A file.
    pub(crate) path: Option<Text>,
    /// Its location.
    pub(crate) at: Location,
}

/// The order of the output.
#[derive(Clone, Debug, Default)]
pub(crate) struct SortOptions {
    /// `legacy` or `fifo`.
    pub(crate) order: Option<Text>,
    /// Kinds that come first and last in legacy order.
    pub(crate) legacy: Option<LegacySortOptions>,
    /// Its location.
    pub(crate) at: Location,
}

/// Kinds that come first and last in legacy order.
#[derive(Clone, Debug, Default)]
pub(crate) struct LegacySortOptions {
    /// First, in this order.
    pub(crate) order_first: Vec<SmolStr>,
    /// Last, in this order.
    pub(crate) order_last: Vec<SmolStr>,
}
