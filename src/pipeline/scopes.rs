//! Which kinds of a workspace are outside of namespaces: those of `clusterScoped:`, those that a `CustomResourceDefinition`
//! defines, and those that pleach knows.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::scope::{GroupKind, Scope, Scopes};
use crate::source::{File, Found, Location, Project, RelPath};
use crate::spec::{OVERLAYS, Spec};
use crate::yaml::{self, Dialect};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The scopes of the spec, and of each `CustomResourceDefinition` below the base directory and the overlays. A definition that
/// only one branch has applies to all: the others have objects of its kind.
pub(super) fn of_workspace(project: &Project, spec: &Spec) -> Scopes {
    let mut scopes = Scopes::default();
    for kind in &spec.cluster_scoped {
        scopes.add(kind.value.clone(), Scope::Cluster);
    }
    for (kind, scope, _) in definitions(project, spec) {
        scopes.add(kind, scope);
    }
    scopes
}

/// A warning for each kind of `clusterScoped` whose scope a `CustomResourceDefinition` of the workspace says.
pub(super) fn warnings(project: &Project, spec: &Spec) -> Vec<Diagnostic> {
    if spec.cluster_scoped.is_empty() {
        return Vec::new();
    }
    let definitions = definitions(project, spec);
    let defined = spec.cluster_scoped.iter().filter_map(|kind| {
        let (_, scope, at) = definitions.iter().find(|(defined, ..)| *defined == kind.value)?;
        let (message, help) = match scope {
            Scope::Cluster => (
                format!("`{}` has no effect: its definition says that it is outside of namespaces", kind.value),
                "remove it",
            ),
            Scope::Namespaced => (
                format!("`{}` is in namespaces, as its definition says, but `clusterScoped` has it", kind.value),
                "remove it, or set `scope: Cluster` in the definition",
            ),
        };
        Some(Diagnostic::new(Code::Spec, message).at(kind.at).note(*at, "it is defined here").help(help))
    });
    defined.collect()
}

/// The kinds that the definitions below the base directory and the overlays define.
fn definitions(project: &Project, spec: &Spec) -> Vec<(GroupKind, Scope, Location)> {
    let mut definitions = Vec::new();
    let overlays = RelPath::root().join(OVERLAYS).expect("a folder name is a relative path");
    let (mut folders, mut seen) = (vec![spec.base.clone(), overlays], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        // Symbolic links may make a circle.
        let (Found::Folder(names), Some(real)) = (project.look(&folder), project.real(&folder)) else { continue };
        if !seen.insert(real) {
            continue;
        }
        for path in names.iter().filter_map(|name| folder.join(name)) {
            if [".yaml", ".yml", ".json"].iter().any(|ending| path.name().ends_with(ending)) {
                project.file(&path).iter().for_each(|file| add_file(file, &mut definitions));
            } else if !path.name().starts_with('.') && project.is_folder(&path) {
                folders.push(path);
            }
        }
    }
    definitions
}

/// Adds what a file defines. One that cannot be read is an error where it is used.
fn add_file(file: &Arc<File>, definitions: &mut Vec<(GroupKind, Scope, Location)>) {
    if file.text().is_ok_and(|text| text.contains("CustomResourceDefinition")) {
        let documents = yaml::documents(file, Dialect::Kubernetes).unwrap_or_default();
        let defined = documents.iter().filter_map(|document| {
            let (kind, scope) = Scope::defined_by(document)?;
            Some((kind, scope, document.at))
        });
        definitions.extend(defined);
    }
}

/// The scopes with those that the objects of a branch define. Templates and other folders may define some.
pub(super) fn with_own<'s>(scopes: &'s Scopes, resources: &[Resource]) -> Cow<'s, Scopes> {
    let mut scopes = Cow::Borrowed(scopes);
    for (kind, scope) in resources.iter().filter_map(|resource| Scope::defined_by(&resource.node)) {
        scopes.to_mut().add(kind, scope);
    }
    scopes
}

/// Removes the namespace of the objects that are outside of namespaces. The kustomize engine adds one to kinds that it does not
/// know.
pub(super) fn remove_namespaces(scopes: &Scopes, resources: &mut [Resource]) {
    for resource in resources.iter_mut().filter(|resource| scopes.is_cluster_scoped(&resource.gvk())) {
        if let Some(metadata) = resource.node.get_mut("metadata").and_then(Node::as_map_mut) {
            metadata.remove("namespace");
        }
    }
}
