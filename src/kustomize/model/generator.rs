//! Entries of `configMapGenerator` and `secretGenerator`, and `generatorOptions`.

use super::text::{Text, TextMap, pairs, text, texts};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};

/// What becomes of an object with the name that a generator makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
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
pub(crate) struct Generator {
    /// The name of the object.
    pub(crate) name: Text,
    /// Its namespace.
    pub(crate) namespace: Option<Text>,
    /// What becomes of an object that is there.
    pub(crate) behavior: Behavior,
    /// `key=value`.
    pub(crate) literals: Vec<Text>,
    /// `path` or `key=path`.
    pub(crate) files: Vec<Text>,
    /// Files of `key=value` lines.
    pub(crate) envs: Vec<Text>,
    /// The `type` of a secret.
    pub(crate) r#type: Option<Text>,
    /// What differs from `generatorOptions`.
    pub(crate) options: Option<GeneratorOptions>,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// `generatorOptions`, or `options` of one generator.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    /// Labels of the object.
    pub(crate) labels: TextMap,
    /// Annotations of the object.
    pub(crate) annotations: TextMap,
    /// Whether the name stays without the hash.
    pub(crate) disable_name_suffix_hash: bool,
    /// Whether the object is immutable.
    pub(crate) immutable: bool,
}

/// An entry of `configMapGenerator`.
pub(super) fn config_map(node: &Node, errors: &mut FieldErrors) -> Option<Generator> {
    Fields::read(node, "a generator", errors, |fields| Some(config_map_of(fields, node)))
}

/// An entry of `secretGenerator`.
pub(super) fn secret(node: &Node, errors: &mut FieldErrors) -> Option<Generator> {
    Fields::read(node, "a generator", errors, |fields| Some(secret_of(fields, node)))
}

/// A secret to generate, among other fields.
pub(crate) fn secret_of(fields: &mut Fields, node: &Node) -> Generator {
    Generator { r#type: text(fields, "type"), ..config_map_of(fields, node) }
}

fn config_map_of(fields: &mut Fields, node: &Node) -> Generator {
    let mut envs = texts(fields, "envs");
    envs.extend(text(fields, "env"));
    Generator {
        name: text(fields, "name").unwrap_or_default(),
        namespace: text(fields, "namespace"),
        behavior: match fields.str("behavior").unwrap_or_default() {
            "create" => Behavior::Create,
            "replace" => Behavior::Replace,
            "merge" => Behavior::Merge,
            _ => Behavior::Unspecified,
        },
        literals: texts(fields, "literals"),
        files: texts(fields, "files"),
        envs,
        r#type: None,
        options: generator_options(fields, "options"),
        at: node.at,
    }
}

/// `generatorOptions`, or `options` of a generator.
pub(super) fn generator_options(fields: &mut Fields, name: &'static str) -> Option<GeneratorOptions> {
    let node = fields.node(name)?;
    Fields::read(node, "generator options", fields.errors(), |fields| {
        Some(GeneratorOptions {
            labels: pairs(fields, "labels"),
            annotations: pairs(fields, "annotations"),
            disable_name_suffix_hash: fields.bool("disableNameSuffixHash").unwrap_or_default(),
            immutable: fields.bool("immutable").unwrap_or_default(),
        })
    })
}
