//! `buildMetadata`: annotations with the origin of an object and with the transformers that changed it.
//!
//! Like kustomize, a build that requests one of them has both until it is finished.

use super::Warnings;
use crate::annotation::{ORIGIN_ANNOTATION, TRANSFORMATIONS_ANNOTATION};
use crate::diagnostic::{Code, Diagnostic};
use crate::kustomize::input::Resources;
use crate::kustomize::model::Text;
use crate::node::Node;
use crate::resource::Resource;
use crate::source::{Project, RelPath};
use crate::work::WorkCounter;
use std::fmt::Write;

/// Which annotations about the build the objects get.
pub(crate) struct BuildMetadata<'a> {
    /// The root of the build; paths are relative to it.
    pub(crate) root: RelPath,
    pub(crate) project: &'a Project,
    /// Whether objects get the annotation with their origin.
    pub(crate) origins: bool,
    /// Whether objects get the annotation with the transformers that changed them.
    pub(crate) transformations: bool,
}

/// Values of `buildMetadata`.
const OPTIONS: [&str; 3] = ["managedByLabel", "originAnnotations", "transformerAnnotations"];

/// Whether `buildMetadata` requests the label.
pub(crate) fn requests_managed_by(options: &[Text]) -> bool {
    options.iter().any(|option| &**option == OPTIONS[0])
}

impl<'a> BuildMetadata<'a> {
    /// The annotations that `buildMetadata` of the root requests.
    pub(crate) fn requested(
        options: &[Text],
        root: &RelPath,
        project: &'a Project,
        warnings: &Warnings,
    ) -> Option<Self> {
        for option in options.iter().filter(|option| !OPTIONS.contains(&&***option)) {
            let message = format!("unknown `buildMetadata` option `{option}`");
            warnings.say(Diagnostic::new(Code::Overlay, message).at(option.at).suggest(option, OPTIONS));
        }
        let has = |name: &str| options.iter().any(|option| &**option == name);
        let (origins, transformations) = (has(OPTIONS[1]), has(OPTIONS[2]));
        (origins || transformations).then(|| BuildMetadata { root: root.clone(), project, origins, transformations })
    }
}

impl BuildMetadata<'_> {
    /// An object was read from `file`.
    pub(crate) fn read(&self, resource: &mut Resource, file: &RelPath) {
        set(resource, ORIGIN_ANNOTATION, format!("path: {}\n", file.relative_to(&self.root)));
    }

    /// An object was made by a generator of the kustomization `file`.
    pub(crate) fn made(&self, resource: &mut Resource, file: &RelPath) {
        let kind = if resource.gvk().kind == "Secret" { "SecretGenerator" } else { "ConfigMapGenerator" };
        set(resource, ORIGIN_ANNOTATION, self.configured(file, &builtin(kind), ""));
    }

    /// An object was made by a generator that is configured by an object of its own.
    pub(crate) fn made_by(&self, resource: &mut Resource, plugin: &Resource) {
        if let Some(file) = self.project.file_at(plugin.origin) {
            set(resource, ORIGIN_ANNOTATION, self.configured(&file.path, &identity(plugin), ""));
        }
    }

    /// A step of the kustomization `file` went over the objects, as `count` transformers of kustomize do.
    pub(crate) fn step(
        &self,
        resources: &mut Resources,
        transformer: &str,
        count: usize,
        (file, work): (&RelPath, &WorkCounter),
    ) -> Result<(), Diagnostic> {
        let entry = self.configured(file, &builtin(transformer), "- ").repeat(count);
        resources.iter_mut().try_for_each(|resource| append(resource, &entry, work))
    }

    /// A transformer that is configured by an object of its own went over the objects.
    pub(crate) fn changed_by(
        &self,
        resources: &mut Resources,
        plugin: &Resource,
        work: &WorkCounter,
    ) -> Result<(), Diagnostic> {
        let Some(file) = self.project.file_at(plugin.origin) else { return Ok(()) };
        let entry = self.configured(&file.path, &identity(plugin), "- ");
        resources.iter_mut().try_for_each(|resource| append(resource, &entry, work))
    }

    fn configured(&self, file: &RelPath, by: &[(&str, &str)], dash: &str) -> String {
        let indent = " ".repeat(dash.len());
        let mut text = format!("{dash}configuredIn: {}\n{indent}configuredBy:\n", file.relative_to(&self.root));
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

fn append(resource: &mut Resource, entry: &str, work: &WorkCounter) -> Result<(), Diagnostic> {
    let before = resource.node.str_at(&["metadata", "annotations", TRANSFORMATIONS_ANNOTATION]).unwrap_or("");
    work.text(before.len() + entry.len()).map_err(|error| resource.within(error))?;
    let text = format!("{before}{entry}");
    set(resource, TRANSFORMATIONS_ANNOTATION, text);
    Ok(())
}

fn set(resource: &mut Resource, key: &str, value: String) {
    let annotations = resource.node.map_entry("metadata").and_then(|metadata| metadata.map_entry("annotations"));
    if let Some(annotations) = annotations.and_then(Node::as_map_mut) {
        annotations.insert(key, Node::str(value));
    }
}
