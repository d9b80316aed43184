//! `buildMetadata`: annotations in which objects tell where they come from and what changed them; the label
//! `managed-by`.

use crate::annotation::MANAGED_BY_LABEL;
use crate::diagnostic::{Code, Diagnostic};
use crate::kustomize::input::{Resources, Warnings};
use crate::kustomize::model::Text;
use crate::node::{Entry, Map, Node, Style, Tag};
use crate::resource::Resource;
use crate::source::{Project, RelPath};
use smol_str::SmolStr;
use std::fmt::Write;

pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
/// The version that kustomize has within kubectl.
const MANAGER: &str = "kustomize-(devel)";

/// What objects tell of a build.
pub(crate) struct Trace<'a> {
    /// The root of the build; paths are told as seen from there.
    pub(crate) root: RelPath,
    pub(crate) project: &'a Project,
    /// Whether they tell where they come from.
    pub(crate) origins: bool,
    /// Whether they tell what changed them.
    pub(crate) transformations: bool,
}

/// Values of `buildMetadata`.
const OPTIONS: [&str; 3] = ["managedByLabel", "originAnnotations", "transformerAnnotations"];

/// Whether `buildMetadata` asks for the label.
pub(crate) fn wants_managed_by(options: &[Text]) -> bool {
    options.iter().any(|option| &**option == OPTIONS[0])
}

impl<'a> Trace<'a> {
    /// What `buildMetadata` of the root asks for.
    pub(crate) fn asked_for(
        options: &[Text],
        root: &RelPath,
        project: &'a Project,
        warnings: &Warnings,
    ) -> Option<Self> {
        for option in options.iter().filter(|option| !OPTIONS.contains(&&***option)) {
            let message = format!("`buildMetadata` has no option `{option}`");
            warnings.say(Diagnostic::new(Code::Overlay, message).at(option.at).suggest(option, OPTIONS));
        }
        let has = |name: &str| options.iter().any(|option| &**option == name);
        let (origins, transformations) = (has(OPTIONS[1]), has(OPTIONS[2]));
        (origins || transformations).then(|| Trace { root: root.clone(), project, origins, transformations })
    }
}

impl Trace<'_> {
    /// An object was read from `file`.
    pub(crate) fn read(&self, resource: &mut Resource, file: &RelPath) {
        if self.origins {
            set(resource, ORIGIN, format!("path: {}\n", file.seen_from(&self.root)));
        }
    }

    /// An object was made by a generator of the kustomization `file`.
    pub(crate) fn made(&self, resource: &mut Resource, file: &RelPath) {
        if self.origins {
            let kind = if resource.gvk().kind == "Secret" { "SecretGenerator" } else { "ConfigMapGenerator" };
            set(resource, ORIGIN, self.configured(file, &builtin(kind), ""));
        }
    }

    /// An object was made by a generator that is configured by an object of its own.
    pub(crate) fn made_by(&self, resource: &mut Resource, plugin: &Resource) {
        if let Some(file) = self.project.file_at(plugin.origin).filter(|_| self.origins) {
            set(resource, ORIGIN, self.configured(&file.path, &identity(plugin), ""));
        }
    }

    /// A step of the kustomization `file` went over the objects, as `count` transformers of kustomize do.
    pub(crate) fn step(&self, resources: &mut Resources, transformer: &str, count: usize, file: &RelPath) {
        if self.transformations && count > 0 {
            let entry = self.configured(file, &builtin(transformer), "- ").repeat(count);
            resources.iter_mut().for_each(|resource| append(resource, &entry));
        }
    }

    /// A transformer that is configured by an object of its own went over the objects.
    pub(crate) fn changed_by(&self, resources: &mut Resources, plugin: &Resource) {
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
const INTERNAL: &str = "internal.config.kubernetes.io/";
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

/// Writes metadata as kustomize leaves it: all annotations are strings, none at all are no field. What an input tells of
/// where it comes from stays only where this build tells of it.
pub(crate) fn tidy(resource: &mut Resource, trace: Option<&Trace>) {
    if resource.node.get("metadata").is_none() {
        resource.node.map_entry("metadata");
        return;
    }
    let Some(annotations) = resource.node.at_path(&["metadata", "annotations"]) else { return };
    let kept = |entry: &Entry| match entry.key.text.as_str() {
        ORIGIN => trace.is_some_and(|trace| trace.origins),
        TRANSFORMATIONS => trace.is_some_and(|trace| trace.transformations),
        key => !TOOLS.contains(&key) && key.strip_prefix(INTERNAL).is_none_or(|name| !BOOKS.contains(&name)),
    };
    // They are written anew, which spares them what becomes of folded texts elsewhere.
    let is_plain = |value: &Node| value.as_scalar().is_some_and(|s| s.tag == Tag::Str && s.style != Style::Folded);
    let is_tidy = |entry: &Entry| is_plain(&entry.value) && kept(entry);
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
