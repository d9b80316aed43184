//! Objects that are too large for tools that apply on the client side, which store a copy of each object in an annotation of it.

use super::{CheckInput, CheckedObject, Finding};
use crate::node::{MapEntry, Node, Scalar, Tag, Value};
use crate::schema::scope::GroupKind;
use crate::spec::ArgoCd;

/// The size limit of all annotations of an object, in bytes.
const MOST: usize = 256 * 1024;
const COPY_ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The annotation with options of Argo CD for one object, separated by commas.
const SYNC_OPTIONS_ANNOTATION: &str = "argocd.argoproj.io/sync-options";
const SERVER_SIDE_APPLY: &str = "ServerSideApply=true";
/// With one of these options, Argo CD stores no copy.
const OPTIONS_WITHOUT_COPY: [&str; 2] = [SERVER_SIDE_APPLY, "Replace=true"];

/// A warning for each such object, if Argo CD or `apply.sh` applies it on the client side.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let gitops = &input.spec.gitops;
    let has_copy = |argocd: &ArgoCd| !argocd.sync_options.iter().any(|option| stores_no_copy(option));
    let (argocd, script) = (gitops.argocd.as_ref().is_some_and(has_copy), gitops.apply.is_some());
    if !argocd && !script {
        return Vec::new();
    }
    let large = input.objects.iter().filter(|object| annotations_size(object.node()) > MOST);
    let warning = |object: &CheckedObject| {
        let (tool, help) = if argocd && !has_option_without_copy(object) {
            let help = format!(
                "add `{SERVER_SIDE_APPLY}` to `gitops.argocd.syncOptions`, or set the annotation \
                 `{SYNC_OPTIONS_ANNOTATION}: {SERVER_SIDE_APPLY}` on it"
            );
            ("Argo CD", help)
        } else if script && !is_shared(input, object) {
            ("apply.sh", "make it smaller, or divide it".to_owned())
        } else {
            return None;
        };
        let message = format!("`{object}` has more than 256 KiB, so {tool} cannot store its copy in an annotation");
        Some(Finding::warning(object.fault(object.node(), message).help(help)))
    };
    large.filter_map(warning).collect()
}

fn stores_no_copy(option: &str) -> bool {
    OPTIONS_WITHOUT_COPY.contains(&option.trim())
}

fn has_option_without_copy(object: &CheckedObject) -> bool {
    let options = object.node().str_at(&["metadata", "annotations", SYNC_OPTIONS_ANNOTATION]).unwrap_or_default();
    options.split(',').any(stores_no_copy)
}

/// Whether branches share the object. `apply.sh` applies it on the server side.
fn is_shared(input: &CheckInput, object: &CheckedObject) -> bool {
    let kind = GroupKind::of(&object.gvk);
    input.spec.shared.claims.iter().any(|shared| shared.claim.names(&kind, object.resource.name()))
}

/// The size of the annotations of an object with its copy, in bytes.
fn annotations_size(node: &Node) -> usize {
    let annotations = node.at_path(&["metadata", "annotations"]).and_then(Node::as_map);
    let size = |entry: &MapEntry| entry.key.text.len() + entry.value.as_text().map_or(0, str::len);
    annotations.into_iter().flatten().map(size).sum::<usize>() + COPY_ANNOTATION.len() + json_size(node)
}

/// The size of a value as JSON, in bytes.
fn json_size(node: &Node) -> usize {
    let brackets = 2;
    match &node.value {
        Value::Scalar(Scalar { text, tag: Tag::Str | Tag::Timestamp, .. }) => json_string_size(text),
        Value::Scalar(scalar) => scalar.text.len(),
        Value::Seq(items) => brackets + items.len().saturating_sub(1) + items.iter().map(json_size).sum::<usize>(),
        Value::Map(map) => {
            let entry = |entry: &MapEntry| json_string_size(&entry.key.text) + 1 + json_size(&entry.value);
            brackets + map.len().saturating_sub(1) + map.iter().map(entry).sum::<usize>()
        }
    }
}

/// The size of a string as Go writes it: with escapes for control characters and the special characters of HTML.
fn json_string_size(text: &str) -> usize {
    let size = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '<' | '>' | '&' | '\0'..='\u{1F}' | '\u{2028}' | '\u{2029}' => 6,
        c => c.len_utf8(),
    };
    2 + text.chars().map(size).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::json_size;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    #[test]
    fn the_size_of_json() {
        for (text, json) in [
            ("{a: [1, x, null], b: {}}", r#"{"a":[1,"x",null],"b":{}}"#),
            ("{a: \"\\\"\\\\\\n<é>\\u0001\"}", r#"{"a":"\"\\\n\u003cé\u003e\u0001"}"#),
        ] {
            let node = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().remove(0);
            assert_eq!(json_size(&node), json.len(), "{text}");
        }
    }
}
