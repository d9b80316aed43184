//! The parts of a kustomization read, one function each; the configurations of built-in plugins are made of them too.

use super::read::{text, texts};
use super::{Behavior, FieldOptions, Generator, GeneratorOptions, Image, Label, Pairs, Patch, Replacement};
use super::{ReplacementEntry, Replica, Selector, Source, Target, Text, Var};
use crate::node::Node;
use crate::schema::Gvk;
use crate::schema::fieldspec::FieldSpec;
use crate::yaml::{Faults, Fields, STRING};
use std::sync::Arc;

/// A mapping of strings to strings; `null` is the empty string.
pub(crate) fn pairs(fields: &mut Fields, name: &'static str) -> Pairs {
    let pairs = fields.entries(name, |key, node, faults| {
        if node.is_null() {
            return Some((key.text.clone(), Text { text: "".into(), at: node.at }));
        }
        let text = Text::of(node);
        if text.is_none() {
            faults.wrong(&key.text, STRING, node);
        }
        Some((key.text.clone(), text?))
    });
    pairs.into_iter().collect()
}

/// An entry of `labels`.
pub(crate) fn label(node: &Node, faults: &mut Faults) -> Option<Label> {
    Fields::read(node, "an entry of `labels`", faults, |fields| {
        Some(Label {
            pairs: pairs(fields, "pairs"),
            include_selectors: fields.bool("includeSelectors").unwrap_or_default(),
            include_templates: fields.bool("includeTemplates").unwrap_or_default(),
            fields: fields.list("fields", FieldSpec::read),
            at: node.at,
        })
    })
}

/// An entry of `patches` or `patchesJson6902`.
pub(crate) fn patch(node: &Node, faults: &mut Faults) -> Option<Patch> {
    Fields::read(node, "a patch", faults, |fields| Some(patch_of(fields, node)))
}

/// A patch among other fields.
pub(crate) fn patch_of(fields: &mut Fields, node: &Node) -> Patch {
    let options = fields.map("options");
    let option = |name: &str| options.and_then(|options| options.get(name)).and_then(Node::as_bool).unwrap_or_default();
    Patch {
        path: text(fields, "path"),
        patch: fields.text("patch").filter(|patch| patch.as_str() != Some("")).cloned(),
        target: fields.node("target").and_then(|target| selector(target, fields.faults())),
        allow_name_change: option("allowNameChange"),
        allow_kind_change: option("allowKindChange"),
        optional: fields.bool("optional").unwrap_or_default(),
        at: node.at,
    }
}

/// What objects are meant.
pub(crate) fn selector(node: &Node, faults: &mut Faults) -> Option<Selector> {
    Fields::read(node, "a selector", faults, |fields| {
        let object = object(fields, node);
        Some(Selector {
            annotation_selector: text(fields, "annotationSelector"),
            label_selector: text(fields, "labelSelector"),
            ..object
        })
    })
}

/// Group, version, kind, name and namespace among other fields.
fn object(fields: &mut Fields, node: &Node) -> Selector {
    Selector {
        group: text(fields, "group"),
        version: text(fields, "version"),
        kind: text(fields, "kind"),
        name: text(fields, "name"),
        namespace: text(fields, "namespace"),
        at: node.at,
        ..Selector::default()
    }
}

/// An entry of `images`.
pub(crate) fn image(node: &Node, faults: &mut Faults) -> Option<Image> {
    Fields::read(node, "an image", faults, |fields| {
        Some(Image {
            name: text(fields, "name").unwrap_or_default(),
            new_name: text(fields, "newName"),
            new_tag: text(fields, "newTag"),
            tag_suffix: text(fields, "tagSuffix"),
            kept: Arc::default(),
            digest: text(fields, "digest"),
            at: node.at,
        })
    })
}

/// An entry of `replicas`.
pub(crate) fn replica(node: &Node, faults: &mut Faults) -> Option<Replica> {
    Fields::read(node, "an entry of `replicas`", faults, |fields| {
        Some(Replica {
            name: text(fields, "name").unwrap_or_default(),
            count: fields.int("count").unwrap_or_default(),
            at: node.at,
        })
    })
}

/// An entry of `replacements`.
pub(crate) fn replacement_entry(node: &Node, faults: &mut Faults) -> Option<ReplacementEntry> {
    Fields::read(node, "a replacement", faults, |fields| {
        let replacement = replacement_of(fields, node);
        let Some(path) = text(fields, "path") else { return Some(ReplacementEntry::Inline(Box::new(replacement))) };
        if replacement.source.is_some() || !replacement.targets.is_empty() {
            fields.faults().say(path.at, "a replacement has either a `path` or a `source` and `targets`");
        }
        Some(ReplacementEntry::Path(path))
    })
}

/// A replacement of a file.
pub(crate) fn replacement(node: &Node, faults: &mut Faults) -> Option<Replacement> {
    Fields::read(node, "a replacement", faults, |fields| Some(replacement_of(fields, node)))
}

fn replacement_of(fields: &mut Fields, node: &Node) -> Replacement {
    Replacement {
        source: fields.node("source").and_then(|node| source(node, fields.faults())),
        targets: fields.list("targets", target),
        optional: fields.bool("optional").unwrap_or_default(),
        at: node.at,
    }
}

fn source(node: &Node, faults: &mut Faults) -> Option<Source> {
    Fields::read(node, "a source", faults, |fields| {
        Some(Source {
            object: object(fields, node),
            field_path: text(fields, "fieldPath"),
            options: field_options(fields),
        })
    })
}

fn target(node: &Node, faults: &mut Faults) -> Option<Target> {
    Fields::read(node, "a target", faults, |fields| {
        Some(Target {
            select: fields.node("select").and_then(|node| selector(node, fields.faults())),
            reject: fields.list("reject", selector),
            field_paths: texts(fields, "fieldPaths"),
            options: field_options(fields),
            at: node.at,
        })
    })
}

fn field_options(fields: &mut Fields) -> FieldOptions {
    let Some(node) = fields.node("options") else { return FieldOptions::default() };
    let read = Fields::read(node, "`options`", fields.faults(), |fields| {
        fields.str("encoding");
        Some(FieldOptions {
            delimiter: text(fields, "delimiter"),
            index: fields.int("index").unwrap_or_default(),
            create: fields.bool("create").unwrap_or_default(),
            at: node.at,
        })
    });
    read.unwrap_or_default()
}

/// An entry of `vars`.
pub(crate) fn var(node: &Node, faults: &mut Faults) -> Option<Var> {
    Fields::read(node, "a var", faults, |fields| {
        let object = fields.node("objref").and_then(|node| objref(node, fields.faults()));
        let field_path = fields.node("fieldref").and_then(|node| {
            Fields::read(node, "`fieldref`", fields.faults(), |fields| Some(text(fields, "fieldpath")))
        });
        Some(Var {
            name: text(fields, "name").unwrap_or_default(),
            object: object.unwrap_or_default(),
            field_path: field_path.flatten(),
            at: node.at,
        })
    })
}

fn objref(node: &Node, faults: &mut Faults) -> Option<Selector> {
    Fields::read(node, "`objref`", faults, |fields| {
        let api_version = text(fields, "apiVersion");
        let object = object(fields, node);
        let Some(api_version) = api_version else { return Some(object) };
        let gvk = Gvk::new(&api_version, "");
        let part = |text| Some(Text { text, at: api_version.at }).filter(|text| !text.is_empty());
        Some(Selector { group: part(gvk.group), version: part(gvk.version), ..object })
    })
}

/// An entry of `configMapGenerator`.
pub(super) fn config_map(node: &Node, faults: &mut Faults) -> Option<Generator> {
    Fields::read(node, "a generator", faults, |fields| Some(config_map_of(fields, node)))
}

/// An entry of `secretGenerator`.
pub(super) fn secret(node: &Node, faults: &mut Faults) -> Option<Generator> {
    Fields::read(node, "a generator", faults, |fields| Some(secret_of(fields, node)))
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
    Fields::read(node, "generator options", fields.faults(), |fields| {
        Some(GeneratorOptions {
            labels: pairs(fields, "labels"),
            annotations: pairs(fields, "annotations"),
            disable_name_suffix_hash: fields.bool("disableNameSuffixHash").unwrap_or_default(),
            immutable: fields.bool("immutable").unwrap_or_default(),
        })
    })
}
