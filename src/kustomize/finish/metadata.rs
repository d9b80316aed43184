//! Metadata as kustomize leaves it: annotations of tools removed, the label `managed-by` added.

use crate::annotation::{BOOKS_DOMAIN, MANAGED_BY_LABEL, ORIGIN_ANNOTATION, TRANSFORMATIONS_ANNOTATION};
use crate::kustomize::input::Resources;
use crate::kustomize::input::build_metadata::BuildMetadata;
use crate::node::{Map, MapEntry, Node, Style, Tag};
use crate::resource::Resource;
use smol_str::SmolStr;

/// The version of kustomize that kubectl contains.
const MANAGER: &str = "kustomize-v5.8.1";

/// Puts the label of kustomize on all objects.
pub(crate) fn managed_by(resources: &mut Resources) {
    for resource in resources.iter_mut() {
        let labels = resource.node.map_entry("metadata").and_then(|metadata| metadata.map_entry("labels"));
        if let Some(labels) = labels.and_then(Node::as_map_mut) {
            labels.insert(MANAGED_BY_LABEL, Node::str(MANAGER));
        }
    }
}

/// Annotations of tools that work on files; those of an input are lost.
const TOOLS: [&str; 3] = ["config.k8s.io/id", "config.kubernetes.io/index", "config.kubernetes.io/path"];

/// Annotations with which kustomize keeps its own books; those of an input are lost.
const BOOKS: [&str; 15] = [
    "allowKindChange",
    "allowNameChange",
    "annotations-migration-resource-id",
    "generatorBehavior",
    "id",
    "index",
    "needsHashSuffix",
    "path",
    "prefixes",
    "previousKinds",
    "previousNames",
    "previousNamespaces",
    "refBy",
    "seqindent",
    "suffixes",
];

/// Writes metadata as kustomize leaves it: all annotations are strings, an empty mapping is removed. Origin
/// annotations of the input stay only if this build writes them.
pub(crate) fn tidy(resource: &mut Resource, trace: Option<&BuildMetadata>) {
    if resource.node.get("metadata").is_none() {
        resource.node.map_entry("metadata");
        return;
    }
    let Some(annotations) = resource.node.at_path(&["metadata", "annotations"]) else { return };
    let kept = |entry: &MapEntry| match entry.key.text.as_str() {
        ORIGIN_ANNOTATION => trace.is_some_and(|trace| trace.origins),
        TRANSFORMATIONS_ANNOTATION => trace.is_some_and(|trace| trace.transformations),
        key => !TOOLS.contains(&key) && key.strip_prefix(BOOKS_DOMAIN).is_none_or(|name| !BOOKS.contains(&name)),
    };
    // They are written anew, which spares them what becomes of folded texts elsewhere.
    let is_plain = |value: &Node| value.as_scalar().is_some_and(|s| s.tag == Tag::Str && s.style != Style::Folded);
    let is_tidy = |entry: &MapEntry| is_plain(&entry.value) && kept(entry);
    if annotations.as_map().is_some_and(|map| !map.is_empty() && map.iter().all(is_tidy)) {
        return;
    }
    let Some(metadata) = resource.node.get_mut("metadata").and_then(Node::as_map_mut) else { return };
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
        annotations.retain(kept);
        for (_, value) in annotations.iter_mut() {
            let text = value.as_scalar().map_or_else(SmolStr::default, |scalar| scalar.text.clone());
            *value = Node::str(text).placed(value.at);
        }
    }
    if metadata.get("annotations").and_then(Node::as_map).is_none_or(Map::is_empty) {
        metadata.remove("annotations");
    }
}
