//! Labels and annotations, of an object and of the pods it makes.

use super::{CheckInput, CheckedObject, Finding, pods};
use crate::annotation::{
    BRANCH_LABEL, BRANCH_NAME_ANNOTATION, DATABASE_ANNOTATION, KEY_PREFIX, NAME_HASH_ANNOTATION, NAMESPACE_ANNOTATION,
    PROJECT_LABEL,
};
use crate::diagnostic::Diagnostic;
use crate::node::{Map, Node};
use crate::schema::name::{LABEL, is_key, is_label_value};

const KEY: &str =
    "a key is at most 63 letters, digits, `-`, `_` and `.`, with a DNS name and `/` before it if that is wanted";

/// Checks labels and annotations of every object.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let mut faults = Vec::new();
    for object in &input.objects {
        labels_and_annotations(object, &mut faults);
    }
    let without_effect = input.objects.iter().flat_map(without_effect).map(Finding::warning);
    Finding::errors(faults).into_iter().chain(without_effect).collect()
}

/// The annotations of pleach that manifests can have.
const READ: [&str; 3] = [DATABASE_ANNOTATION, NAMESPACE_ANNOTATION, NAME_HASH_ANNOTATION];

/// The warnings about keys of pleach that it replaces or does not know.
fn without_effect(object: &CheckedObject) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (field, what, read) in [("labels", "label", &[][..]), ("annotations", "annotation", &READ)] {
        let entries = object.node().at_path(&["metadata", field]).and_then(Node::as_map).into_iter().flatten();
        for entry in entries.filter(|entry| entry.key.text.starts_with(KEY_PREFIX)) {
            let key = entry.key.text.as_str();
            let warning = |why: &str| {
                object.fault(&entry.value, format!("the {what} `{key}` of `{object}` has no effect: {why}"))
            };
            if [PROJECT_LABEL, BRANCH_LABEL, BRANCH_NAME_ANNOTATION].contains(&key) {
                warnings.push(warning("pleach sets it").help("remove it"));
            } else if !read.contains(&key) {
                let warning = warning("pleach does not know it").suggest(key, read.iter().copied());
                warnings.push(warning.help("remove it, or correct the key"));
            }
        }
    }
    warnings
}

fn labels_and_annotations(object: &CheckedObject, faults: &mut Vec<Diagnostic>) {
    of(object, object.node(), faults);
    if let Some(template) = pods::template(object) {
        of(object, template, faults);
        selector(object, template, faults);
    }
}

fn of(object: &CheckedObject, node: &Node, faults: &mut Vec<Diagnostic>) {
    for entry in mapping(object, node, "labels", faults).into_iter().flatten() {
        let (key, value) = (&entry.key, &entry.value);
        if !is_key(&key.text) {
            faults
                .push(object.fault(value, format!("`{}` is not a valid label key in `{object}`", key.text)).help(KEY));
        }
        match value.as_str() {
            Some(text) if is_label_value(text) => {}
            Some(text) => {
                let message = format!("`{text}` is not a valid value of the label `{}` in `{object}`", key.text);
                faults.push(object.fault(value, message).help(format!(
                    "a value is at most {LABEL} letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
                )));
            }
            None => {
                let message =
                    format!("the label `{}` of `{object}` must be a string, got {}", key.text, value.kind_name());
                faults.push(object.fault(value, message).help("put it in quotes"));
            }
        }
    }
    for entry in mapping(object, node, "annotations", faults).into_iter().flatten() {
        let (key, value) = (&entry.key, &entry.value);
        // A cluster looks at the key in lower case.
        if !is_key(&key.text) && !is_key(&key.text.to_ascii_lowercase()) {
            faults.push(
                object.fault(value, format!("`{}` is not a valid annotation key in `{object}`", key.text)).help(KEY),
            );
        }
        if value.as_str().is_none() {
            let message =
                format!("the annotation `{}` of `{object}` must be a string, got {}", key.text, value.kind_name());
            faults.push(object.fault(value, message).help("put it in quotes"));
        }
    }
}

/// The labels or annotations, if there are any.
fn mapping<'a>(object: &CheckedObject, node: &'a Node, key: &str, faults: &mut Vec<Diagnostic>) -> Option<&'a Map> {
    let value = node.at_path(&["metadata", key]).filter(|value| !value.is_null())?;
    if value.as_map().is_none() {
        faults.push(object.fault(value, format!("`{key}` of `{object}` must be a mapping, got {}", value.kind_name())));
    }
    value.as_map()
}

/// A workload must select the pods that it makes.
fn selector(object: &CheckedObject, template: &Node, faults: &mut Vec<Diagnostic>) {
    let Some(wanted) = object.node().at_path(&["spec", "selector", "matchLabels"]).and_then(Node::as_map) else {
        return;
    };
    if object.gvk.group != "apps" {
        return;
    }
    let labels = template.at_path(&["metadata", "labels"]).and_then(Node::as_map);
    for entry in wanted {
        if labels.and_then(|labels| labels.get(&entry.key.text)) != Some(&entry.value) {
            let pair = format!("{}: {}", entry.key.text, entry.value.as_text().unwrap_or("null"));
            let message = format!("the selector of `{object}` does not select its own pods: they have no `{pair}`");
            faults.push(object.fault(&entry.value, message));
        }
    }
}
