//! What patches do to names, labels and annotations, which kustomize treats apart.
//!
//! An object keeps its identity whatever a strategic merge patch contains. While kustomize builds, it keeps internal data in
//! the annotations of the objects, and patches can see that they are there, and wipe them.

use super::May;
use super::{directive, json};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::StepContext;
use crate::node::{Map, Node, Value};
use crate::resource::Resource;
use std::borrow::Cow;

/// What a strategic merge patch leaves as it was.
pub(super) struct Identity {
    api_version: Option<Node>,
    kind: Option<Node>,
    name: Option<Node>,
    namespace: Option<Node>,
}

impl Identity {
    pub(super) fn of(object: &Node) -> Self {
        let metadata = |key| object.at_path(&["metadata", key]).cloned();
        Identity {
            api_version: object.get("apiVersion").cloned(),
            kind: object.get("kind").cloned(),
            name: metadata("name"),
            namespace: metadata("namespace").filter(|node| node.as_text().is_some_and(|text| !text.is_empty())),
        }
    }

    /// Puts back what the patch may not change. Returns what it changed of the rest.
    pub(super) fn keep(self, object: &mut Node, may: May) -> May {
        let is_other = |old: &Option<Node>, new: Option<&Node>| {
            old.as_ref().and_then(Node::as_text) != new.and_then(Node::as_text)
        };
        let changed = May {
            name: may.name && is_other(&self.name, object.at_path(&["metadata", "name"])),
            kind: may.kind && is_other(&self.kind, object.get("kind")),
        };
        put(object, "apiVersion", self.api_version);
        if !may.kind {
            put(object, "kind", self.kind);
        }
        if let Some(metadata) = object.map_entry("metadata") {
            if !may.name {
                put(metadata, "name", self.name);
            }
            put(metadata, "namespace", self.namespace);
        }
        changed
    }
}

fn put(parent: &mut Node, key: &str, value: Option<Node>) {
    let Some(fields) = parent.as_map_mut().filter(|fields| fields.get(key) != value.as_ref()) else { return };
    match value {
        Some(value) => _ = fields.insert(key, value),
        None => _ = fields.remove(key),
    }
}

/// The patch with labels and annotations of strings, which is how kustomize merges all patches but those of `patches`
/// without a target. A `null`, which should remove an entry, becomes the text `null`.
pub(super) fn as_strings(patch: &Node, context: &StepContext) -> Result<Node> {
    let mut result = patch.clone();
    for field in ["labels", "annotations"] {
        let Some(value) = patch.at_path(&["metadata", field]) else { continue };
        let Some(metadata) = result.get_mut("metadata").and_then(Node::as_map_mut) else { continue };
        if !value.is_null() && value.as_map().is_none() {
            let message = format!("`metadata.{field}` must be a mapping, got {}", value.kind_name());
            context.lossy(Diagnostic::new(Code::Overlay, message).at(value.at).help("kustomize ignores it"))?;
        }
        let mut strings = Map::default();
        for entry in value.as_map().into_iter().flatten() {
            if entry.value.is_null() {
                let message = format!("kustomize writes a string here instead of removing `{}`", entry.key.text);
                let help = "to remove it, use a JSON patch, or a strategic merge patch without `target`";
                context
                    .lossy(Diagnostic::new(Code::Overlay, message).at(entry.value.at).at(entry.key.at).help(help))?;
            }
            let text = entry.value.as_scalar().map_or("", |scalar| scalar.text.as_str());
            strings.insert(entry.key.clone(), Node::new(Value::Scalar(json::string(text)), entry.value.at));
        }
        if strings.is_empty() {
            metadata.remove(field);
        } else {
            metadata.insert(field, Node::from(strings).placed(value.at));
        }
    }
    Ok(result)
}

/// The patch with the `apiVersion` of the object. Together with the kind of the patch it determines how lists merge if the
/// object does not.
pub(super) fn addressed<'p>(patch: &'p Node, object: &Node) -> Cow<'p, Node> {
    match object.get("apiVersion") {
        Some(version) if patch.get("apiVersion").is_some_and(|own| own != version) => {
            let mut patch = patch.clone();
            patch.as_map_mut().map(|fields| fields.insert("apiVersion", version.clone()));
            Cow::Owned(patch)
        }
        _ => Cow::Borrowed(patch),
    }
}

/// Whether a patch wipes the annotations of an object instead of merging into them.
pub(super) fn forgets(patch: &Node) -> bool {
    let replaces = |node: &Node| {
        let directive = node.get(directive::KEY).and_then(Node::as_text);
        node.is_null() || directive.is_some_and(|word| word == "replace" || word == "delete")
    };
    let nodes = [patch.get("metadata"), patch.at_path(&["metadata", "annotations"])];
    nodes.into_iter().flatten().any(replaces)
}

/// Whether kustomize notes the present id of an object before it is patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    Note,
    Keep,
}

/// The object with annotations, if kustomize has notes in them by now.
pub(super) fn annotated(resource: &Resource, history: History) -> Node {
    let mut object = resource.node.clone();
    let has_notes = history == History::Note || resource.has_history();
    if let Some(metadata) = object.map_entry("metadata").filter(|_| has_notes) {
        metadata.map_entry("annotations");
    }
    object
}

/// Refuses what a JSON patch has left without kind or name, and drops annotations that are empty.
pub(super) fn checked(mut object: Node) -> Result<Node, Diagnostic> {
    let text = |path: &[&str]| object.at_path(path).and_then(Node::as_text).unwrap_or("");
    for (path, name) in [(&["kind"][..], "kind"), (&["metadata", "name"], "metadata.name")] {
        if text(path).is_empty() {
            return Err(Diagnostic::new(Code::Overlay, format!("the patch leaves an object without `{name}`")));
        }
    }
    let annotations = object.at_path(&["metadata", "annotations"]).and_then(Node::as_map);
    if annotations.is_some_and(Map::is_empty) {
        object.get_mut("metadata").and_then(Node::as_map_mut).map(|metadata| metadata.remove("annotations"));
    }
    Ok(object)
}
