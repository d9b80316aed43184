//! A kustomization, as written: every field with the place where it stands.
//!
//! The names are those of kustomization.yaml. `read` makes one of a document; nothing here follows a path. `pleach
//! build` makes one for what the spec says of a branch ([`super::Layers::own`]).

pub(crate) mod expression;
mod parts;
mod read;
mod text;

pub(crate) use parts::{image, pairs, patch_of, replacement, replacement_entry, replica, secret_of, selector};
pub(crate) use read::read;
pub use text::Text;

use crate::node::Node;
use crate::schema::fieldspec::FieldSpec;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// Keys to values: labels or annotations.
pub type Pairs = BTreeMap<SmolStr, Text>;

/// Whether a kustomization makes objects of its own or changes those of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KustomizationKind {
    /// `kind: Kustomization`.
    #[default]
    Kustomization,
    /// `kind: Component`.
    Component,
}

/// One kustomization.yaml. What kustomize's fix-ups move is moved already: `bases` stand in `resources`, `imageTags` in
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
    /// Labels, as `labels` says.
    pub labels: Vec<Label>,
    /// Labels for metadata, templates and selectors.
    pub common_labels: Pairs,
    /// Annotations for metadata and templates.
    pub common_annotations: Pairs,
    /// Strategic merge patches as files or inline.
    pub patches_strategic_merge: Vec<Inline>,
    /// JSON 6902 patches.
    pub patches_json6902: Vec<Patch>,
    /// Patches of either sort.
    pub patches: Vec<Patch>,
    /// New names, tags and digests of images.
    pub images: Vec<Image>,
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
    /// What holds for all generators here.
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
    /// Fields that kustomize calls deprecated, in the order in which it warns, and what stands in for them now.
    pub deprecated: Vec<(Text, &'static str)>,
}

/// Entries of `patches` that stand in the spec.
pub fn patches(entries: &[Node]) -> crate::diagnostic::Result<Vec<Patch>> {
    let mut faults = crate::yaml::Faults::new(crate::diagnostic::Code::Spec);
    let patches = entries.iter().filter_map(|entry| parts::patch(entry, &mut faults)).collect();
    faults.check(patches)
}

/// A path, or YAML text in its place: entries of `patchesStrategicMerge`, `generators`, `transformers`, `validators`.
/// The node is a string; which of the two it is shows on use.
pub type Inline = Node;

/// An entry of `labels`.
#[derive(Clone, Debug, Default)]
pub struct Label {
    /// The labels.
    pub pairs: Pairs,
    /// Whether selectors get them too, and with them templates.
    pub include_selectors: bool,
    /// Whether templates get them too.
    pub include_templates: bool,
    /// Further places for them.
    pub fields: Vec<FieldSpec>,
    /// Where the entry stands.
    pub at: Location,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// The file that holds it.
    pub path: Option<Text>,
    /// The patch itself, a string that holds YAML or JSON.
    pub patch: Option<Node>,
    /// What it applies to.
    pub target: Option<Selector>,
    /// Whether it may change the name of its target.
    pub allow_name_change: bool,
    /// Whether it may change the kind of its target.
    pub allow_kind_change: bool,
    /// Whether it may match nothing; an addition of pleach.
    pub optional: bool,
    /// Where the entry stands.
    pub at: Location,
}

/// What objects are meant: all fields that are there must fit. For patches the texts are anchored regular expressions,
/// for replacements they are exact.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// API group.
    pub group: Option<Text>,
    /// API version.
    pub version: Option<Text>,
    /// Kind.
    pub kind: Option<Text>,
    /// Name.
    pub name: Option<Text>,
    /// Namespace.
    pub namespace: Option<Text>,
    /// A Kubernetes label selector over the annotations.
    pub annotation_selector: Option<Text>,
    /// A Kubernetes label selector over the labels.
    pub label_selector: Option<Text>,
    /// Where it stands.
    pub at: Location,
    /// The same, made ready for use on first use.
    pub(crate) target: OnceLock<super::steps::patch::Target>,
}

/// An entry of `images`.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Which image; a regular expression, as kustomize has it.
    pub name: Text,
    /// In place of the name.
    pub new_name: Option<Text>,
    /// In place of the tag.
    pub new_tag: Option<Text>,
    /// Put behind the tag.
    pub tag_suffix: Option<Text>,
    /// In place of tag or digest.
    pub digest: Option<Text>,
    /// References that are left as they are; no kustomization has any.
    pub kept: Arc<BTreeSet<String>>,
    /// Where the entry stands.
    pub at: Location,
}

/// An entry of `replicas`.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    /// The name of the workload, at first or now.
    pub name: Text,
    /// How many.
    pub count: i64,
    /// Where the entry stands.
    pub at: Location,
}

/// An entry of `replacements`.
#[derive(Clone, Debug)]
pub enum ReplacementEntry {
    /// A file that holds one replacement or a list of them.
    Path(Text),
    /// A replacement.
    Inline(Box<Replacement>),
}

/// A value copied from one object to others.
#[derive(Clone, Debug, Default)]
pub struct Replacement {
    /// Where the value comes from.
    pub source: Option<Source>,
    /// Where it goes.
    pub targets: Vec<Target>,
    /// Whether a target may match nothing; an addition of pleach.
    pub optional: bool,
    /// Where the entry stands.
    pub at: Location,
}

/// Where the value of a replacement comes from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The object; exact texts, no label or annotation selectors.
    pub object: Selector,
    /// The field in it; `metadata.name` if there is none.
    pub field_path: Option<Text>,
    /// Which part of the field.
    pub options: FieldOptions,
}

/// Where the value of a replacement goes.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The objects.
    pub select: Option<Selector>,
    /// Those of them that are spared.
    pub reject: Vec<Selector>,
    /// The fields in them; `metadata.name` if there are none.
    pub field_paths: Vec<Text>,
    /// Which part of the fields.
    pub options: FieldOptions,
    /// Where the entry stands.
    pub at: Location,
}

/// Which part of a field a replacement reads or writes.
#[derive(Clone, Debug, Default)]
pub struct FieldOptions {
    /// What separates the parts.
    pub delimiter: Option<Text>,
    /// Which of the parts.
    pub index: i64,
    /// Whether a missing field is made.
    pub create: bool,
    /// Where the options stand.
    pub at: Location,
}

/// An entry of `vars`.
#[derive(Clone, Debug, Default)]
pub struct Var {
    /// The name between `$(` and `)`.
    pub name: Text,
    /// The object that has the value; exact texts.
    pub object: Selector,
    /// The field of the value; `metadata.name` if there is none.
    pub field_path: Option<Text>,
    /// Where the entry stands.
    pub at: Location,
}

/// What becomes of an object with the name that a generator makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behavior {
    /// There must be none; no other than [`Behavior::Create`] but unsaid.
    #[default]
    Unspecified,
    /// There must be none.
    Create,
    /// Its data is replaced.
    Replace,
    /// The data is merged into it.
    Merge,
}

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug, Default)]
pub struct Generator {
    /// The name of the object.
    pub name: Text,
    /// Its namespace.
    pub namespace: Option<Text>,
    /// What becomes of an object that is there.
    pub behavior: Behavior,
    /// `key=value`.
    pub literals: Vec<Text>,
    /// `path` or `key=path`.
    pub files: Vec<Text>,
    /// Files of `key=value` lines.
    pub envs: Vec<Text>,
    /// The `type` of a secret.
    pub r#type: Option<Text>,
    /// What differs from `generatorOptions`.
    pub options: Option<GeneratorOptions>,
    /// Where the entry stands.
    pub at: Location,
}

/// `generatorOptions`, or `options` of one generator.
#[derive(Clone, Debug, Default)]
pub struct GeneratorOptions {
    /// Labels of the object.
    pub labels: Pairs,
    /// Annotations of the object.
    pub annotations: Pairs,
    /// Whether the name stays without the hash.
    pub disable_name_suffix_hash: bool,
    /// Whether the object is immutable.
    pub immutable: bool,
}

/// Where the schema of the kinds comes from.
#[derive(Clone, Debug, Default)]
pub struct OpenApi {
    /// A version that kustomize has built in.
    pub version: Option<Text>,
    /// A file.
    pub path: Option<Text>,
    /// Where it stands.
    pub at: Location,
}

/// The order of the output.
#[derive(Clone, Debug, Default)]
pub struct SortOptions {
    /// `legacy` or `fifo`.
    pub order: Option<Text>,
    /// Kinds that stand first and last in legacy order.
    pub legacy: Option<LegacySortOptions>,
    /// Where it stands.
    pub at: Location,
}

/// Kinds that stand first and last in legacy order.
#[derive(Clone, Debug, Default)]
pub struct LegacySortOptions {
    /// First, in this order.
    pub order_first: Vec<SmolStr>,
    /// Last, in this order.
    pub order_last: Vec<SmolStr>,
}
