//! Objects of namespaces that the branch does not own: those that stay there, and those that pleach moves.

use super::{CheckInput, CheckedObject, Finding};
use crate::annotation::{NAMESPACE_ANNOTATION, NAMESPACE_KEPT};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::node::Node;
use crate::resource::Id;
use crate::schema::scope;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Checks the annotation `pleach.dev/namespace`, and reports objects that are moved into the namespace of the branch.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let mut findings: Vec<Finding> = input.objects.iter().filter_map(annotation).collect();
    findings.extend(Finding::errors(input.objects.iter().flat_map(unnamed_accounts).collect()));
    findings.extend(moved(input).into_iter().map(Finding::warning));
    findings
}

/// Whether an object stays in the namespace of its manifest.
pub(super) fn is_kept(object: &CheckedObject) -> bool {
    object.node().str_at(&["metadata", "annotations", NAMESPACE_ANNOTATION]) == Some(NAMESPACE_KEPT)
}

/// What is wrong with the annotation of an object.
fn annotation(object: &CheckedObject) -> Option<Finding> {
    let value = object.node().at_path(&["metadata", "annotations", NAMESPACE_ANNOTATION])?;
    let error = |message: String, help: &str| {
        let diagnostic = object.fault(value, message).help(help.to_owned());
        Some(Finding { severity: Severity::Error, diagnostic })
    };
    let text = value.as_text().unwrap_or_default();
    if text != NAMESPACE_KEPT {
        let message = format!("`{text}` is not a value of the annotation `{NAMESPACE_ANNOTATION}` of `{object}`");
        return error(message, "use `keep`: the object stays in the namespace of its manifest");
    }
    if object.is("", "Namespace") {
        return error(format!("`{object}` cannot be kept: a branch has one namespace"), ONE_NAMESPACE);
    }
    if scope::is_cluster_scoped(&object.gvk) {
        let message = format!("`{NAMESPACE_ANNOTATION}` has no effect on `{object}`, which is in no namespace");
        return Some(Finding::warning(object.fault(value, message).help("remove the annotation")));
    }
    if object.resource.namespace().is_empty() {
        let message = format!("`{object}` has the annotation `{NAMESPACE_ANNOTATION}`, but no namespace");
        return error(message, "set `metadata.namespace` in its manifest, or remove the annotation");
    }
    None
}

/// The service accounts in a kept role binding without a namespace. kustomize gives them one in other bindings only.
fn unnamed_accounts<'a>(object: &'a CheckedObject) -> impl Iterator<Item = Diagnostic> + 'a {
    let is_binding = object.is("rbac.authorization.k8s.io", "RoleBinding") && is_kept(object);
    let subjects = object.node().get("subjects").and_then(Node::as_seq).filter(|_| is_binding).unwrap_or_default();
    let is_unnamed = |subject: &&Node| {
        subject.str_at(&["kind"]) == Some("ServiceAccount") && subject.str_at(&["namespace"]).is_none()
    };
    subjects.iter().filter(is_unnamed).map(move |subject| {
        let name = subject.str_at(&["name"]).unwrap_or_default();
        let message =
            format!("the service account `{name}` in `{object}`, which stays in its namespace, has no namespace");
        object.fault(subject, message).help("for the account of the branch, add `namespace: {{ branch.namespace }}`")
    })
}

/// What to do if a base directory has another `Namespace`.
const ONE_NAMESPACE: &str = "remove it and create the namespace elsewhere; objects with the annotation `pleach.dev/namespace: keep` \
                             stay in a namespace that is not the branch's";

/// The warnings about objects that are moved, one for each namespace that they come from.
fn moved(input: &CheckInput) -> Vec<Diagnostic> {
    let own = home_namespaces(input);
    let mut moved: BTreeMap<SmolStr, Vec<&CheckedObject>> = BTreeMap::new();
    for object in input.objects.iter().filter(|object| object.resource.namespace() == input.namespace) {
        if let Some(from) = left(object, input.namespace).filter(|from| !own.contains(from)) {
            moved.entry(from).or_default().push(object);
        }
    }
    moved.into_iter().map(|(from, objects)| warning(&from, &objects)).collect()
}

fn warning(from: &str, objects: &[&CheckedObject]) -> Diagnostic {
    let first = objects[0];
    let message = if let [object] = objects {
        format!("`{object}` of the namespace `{from}` is moved to the namespace of the branch")
    } else {
        format!("{} objects of the namespace `{from}` are moved to the namespace of the branch", objects.len())
    };
    let mut warning = Diagnostic::new(Code::Resource, message).at(first.resource.origin);
    if objects.len() > 1 {
        for object in objects {
            warning = warning.note(object.resource.origin, format!("`{object}`"));
        }
    }
    warning.help(
        "if it is meant to be there, set the annotation `pleach.dev/namespace: keep`; otherwise remove `metadata.namespace`, or set \
         `namespace` in the kustomization",
    )
}

/// The namespaces whose objects are meant for the branch: those of a `Namespace` in the manifests, and those that a
/// kustomization gives to objects without one.
fn home_namespaces(input: &CheckInput) -> BTreeSet<SmolStr> {
    let mut own = BTreeSet::new();
    for object in &input.objects {
        let first = object.resource.original_id();
        if object.is("", "Namespace") {
            own.insert(first.name);
        } else if first.namespace.is_empty() {
            own.extend(object.resource.ids().map(|id| id.namespace));
        }
    }
    own
}

/// The namespace of the manifest of an object, if the object was in it until it was moved to the namespace of the branch.
fn left(object: &CheckedObject, namespace: &str) -> Option<SmolStr> {
    let ids: Vec<Id> = object.resource.ids().collect();
    let first = ids.first().map(|id| &id.namespace).filter(|first| !first.is_empty() && *first != namespace)?;
    let last = ids.iter().rev().find(|id| id.namespace != namespace)?;
    (last.namespace == *first).then(|| first.clone())
}
