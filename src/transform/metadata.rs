//! `buildMetadata`: annotations in which objects tell where they come from and what changed them; the label
//! `managed-by`.

use super::{Resources, Text};
use crate::error::{Error, Kind, Result, gather};
use crate::node::{Map, Node};
use crate::resource::Resource;
use crate::source::{Project, RelPath};
use std::fmt::Write;

pub(super) const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The version that kustomize has within kubectl.
const MANAGER: &str = "kustomize-(devel)";

/// What objects tell of a build.
pub(super) struct Trace<'a> {
    /// The root of the build; paths are told as seen from there.
    pub(super) root: RelPath,
    pub(super) project: &'a Project,
    /// Whether they tell where they come from.
    pub(super) origins: bool,
    /// Whether they tell what changed them.
    pub(super) transformations: bool,
}

/// Values of `buildMetadata`.
const OPTIONS: [&str; 3] = ["managedByLabel", "originAnnotations", "transformerAnnotations"];

/// Whether `buildMetadata` asks for the label.
pub(super) fn wants_managed_by(options: &[Text]) -> bool {
    options.iter().any(|option| &**option == OPTIONS[0])
}

impl<'a> Trace<'a> {
    /// What `buildMetadata` of the root asks for.
    pub(super) fn asked_for(options: &[Text], root: &RelPath, project: &'a Project) -> Result<Option<Self>> {
        gather(options.iter().filter(|option| !OPTIONS.contains(&&***option)), |option| {
            let message = format!("`buildMetadata` has no option `{option}`");
            Err::<(), _>(Error::new(Kind::Overlay, message).at(option.at).suggest(option, OPTIONS))
        })?;
        let has = |name: &str| options.iter().any(|option| &**option == name);
        let (origins, transformations) = (has(OPTIONS[1]), has(OPTIONS[2]));
        Ok((origins || transformations).then(|| Trace { root: root.clone(), project, origins, transformations }))
    }
}

impl Trace<'_> {
    /// An object was read from `file`.
    pub(super) fn read(&self, resource: &mut Resource, file: &RelPath) {
        if self.origins {
            set(resource, ORIGIN, format!("path: {}\n", file.seen_from(&self.root)));
        }
    }

    /// An object was made by a generator of the kustomization `file`.
    pub(super) fn made(&self, resource: &mut Resource, file: &RelPath) {
        if self.origins {
            let kind = if resource.gvk().kind == "Secret" { "SecretGenerator" } else { "ConfigMapGenerator" };
            set(resource, ORIGIN, self.configured(file, &builtin(kind), ""));
        }
    }

    /// An object was made by a generator that is configured by an object of its own.
    pub(super) fn made_by(&self, resource: &mut Resource, plugin: &Resource) {
        if let Some(file) = self.project.file_at(plugin.origin).filter(|_| self.origins) {
            set(resource, ORIGIN, self.configured(&file.path, &identity(plugin), ""));
        }
    }

    /// A step of the kustomization `file` went over the objects, as `count` transformers of kustomize do.
    pub(super) fn step(&self, resources: &mut Resources, transformer: &str, count: usize, file: &RelPath) {
        if self.transformations && count > 0 {
            let entry = self.configured(file, &builtin(transformer), "- ").repeat(count);
            resources.iter_mut().for_each(|resource| append(resource, &entry));
        }
    }

    /// A transformer that is configured by an object of its own went over the objects.
    pub(super) fn changed_by(&self, resources: &mut Resources, plugin: &Resource) {
        if let Some(file) = self.project.file_at(plugin.origin).filter(|_| self.transformations) {
            let entry = self.configured(&file.path, &identity(plugin), "- ");
            resources.iter_mut().for_each(|resource| append(resource, &entry));
        }
    }

    fn configured(&self, file: &RelPath, by: &[(&str, &str)], dash: &str) -> String {
        let indent = " ".repeat(dash.len());
        let mut text = format!("{dash}configuredIn: {}\n{indent}configuredBy:\n", file.seen_from(&self.root));
        for (key, value) in by.iter().filter(|(_, value)| !value.is_empty()) {
            let _ = writeln!(text, "{indent}  {key}: {value}");
        }
        text
    }
}

fn builtin(kind: &str) -> [(&'static str, &str); 2] {
    [("apiVersion", "builtin"), ("kind", kind)]
}

fn identity(plugin: &Resource) -> [(&'static str, &str); 4] {
    let kind = plugin.node.get("kind").and_then(Node::as_text).unwrap_or("");
    [("apiVersion", "builtin"), ("kind", kind), ("name", plugin.name()), ("namespace", plugin.namespace())]
}

fn append(resource: &mut Resource, entry: &str) {
    let before = resource.node.str_at(&["metadata", "annotations", TRANSFORMATIONS]).unwrap_or("");
    let text = format!("{before}{entry}");
    set(resource, TRANSFORMATIONS, text);
}

fn set(resource: &mut Resource, key: &str, value: String) {
    let annotations = resource.node.map_entry("metadata").and_then(|metadata| metadata.map_entry("annotations"));
    if let Some(annotations) = annotations.and_then(Node::as_map_mut) {
        annotations.insert(key, Node::str(value));
    }
}

/// Puts the label of kustomize on all objects.
pub(super) fn managed_by(resources: &mut Resources) {
    for resource in resources.iter_mut() {
        let labels = resource.node.map_entry("metadata").and_then(|metadata| metadata.map_entry("labels"));
        if let Some(labels) = labels.and_then(Node::as_map_mut) {
            labels.insert(MANAGED_BY, Node::str(MANAGER));
        }
    }
}

/// Writes annotations as kustomize leaves them: all values are strings, and none at all are no field.
pub(super) fn tidy(resource: &mut Resource) {
    let annotations = resource.node.at_path(&["metadata", "annotations"]);
    let Some(annotations) = annotations else { return };
    let none = annotations.is_null() || annotations.as_map().is_some_and(Map::is_empty);
    let strings = annotations.as_map().is_none_or(|map| map.iter().all(|entry| entry.value.as_str().is_some()));
    if !none && strings {
        return;
    }
    let Some(metadata) = resource.node.get_mut("metadata").and_then(Node::as_map_mut) else { return };
    if none {
        metadata.remove("annotations");
    } else if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
        for (_, value) in annotations.iter_mut() {
            if let Some(text) = value.as_scalar().map(|scalar| scalar.text.clone()) {
                *value = Node::str(text).placed(value.at);
            }
        }
    }
}
