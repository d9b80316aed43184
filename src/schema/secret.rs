//! Where an object has the values of a Secret.

use super::Gvk;
use crate::node::Node;
use smol_str::SmolStr;

/// The fields of a Secret that have no values. An API server ignores or refuses other fields, such as a misspelled
/// `stringdata`, but their values are in the output.
const PUBLIC: [&str; 5] = ["apiVersion", "kind", "metadata", "type", "immutable"];

/// The annotation in which `kubectl apply` keeps a copy of the object.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether an object is a Secret, or has the template of one beside its encrypted values.
pub(crate) fn may_have_values(gvk: &Gvk) -> bool {
    matches!((gvk.group.as_str(), gvk.kind.as_str()), ("", "Secret") | ("bitnami.com", "SealedSecret"))
}

/// The paths of the values of an object, without empty ones. Its kind counts, in any API group.
pub(crate) fn value_paths(object: &Node) -> Vec<Vec<SmolStr>> {
    let mut paths = Vec::new();
    let mut add = |path: &[&str]| {
        if let Some(value) = object.at_path(path) {
            add_values(path, value, &mut paths);
        }
    };
    match object.get("kind").and_then(Node::as_str) {
        Some("Secret") => {
            let fields = object.as_map().into_iter().flat_map(|map| map.iter().map(|entry| entry.key.text.as_str()));
            fields.filter(|field| !PUBLIC.contains(field)).for_each(|field| add(&[field]));
            add(&["metadata", "annotations", LAST_APPLIED]);
        }
        Some("SealedSecret") => {
            add(&["spec", "template", "data"]);
            // A value with an expression is filled in from the encrypted values.
            let is_template =
                |path: &[SmolStr]| at(object, path).and_then(Node::as_text).is_some_and(|text| text.contains("{{"));
            paths.retain(|path| !is_template(path));
        }
        _ => {}
    }
    paths
}

/// Whether a field path of an object is the path of a value of a Secret.
pub(crate) fn is_value_path(gvk: &Gvk, path: &str) -> bool {
    let field = path.split(['.', '[']).next().unwrap_or_default();
    gvk.kind == "Secret" && !PUBLIC.contains(&field)
}

/// The value at a path of [`value_paths`].
pub(crate) fn at<'n>(object: &'n Node, path: &[SmolStr]) -> Option<&'n Node> {
    path.iter().try_fold(object, |node, key| node.get(key))
}

/// The value at a path of [`value_paths`], to be replaced.
pub(crate) fn at_mut<'n>(object: &'n mut Node, path: &[SmolStr]) -> Option<&'n mut Node> {
    path.iter().try_fold(object, |node, key| node.get_mut(key))
}

/// Adds the path of each entry of a mapping, or that of another value.
fn add_values(field: &[&str], value: &Node, paths: &mut Vec<Vec<SmolStr>>) {
    let path = |key: Option<&SmolStr>| field.iter().map(|key| SmolStr::from(*key)).chain(key.cloned()).collect();
    match value.as_map() {
        Some(entries) => {
            let held = entries.iter().filter(|entry| !is_empty(&entry.value));
            paths.extend(held.map(|entry| path(Some(&entry.key.text))));
        }
        None if is_empty(value) => {}
        None => paths.push(path(None)),
    }
}

/// Whether a value contains no text.
pub(crate) fn is_empty(value: &Node) -> bool {
    value.is_null() || value.as_text() == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    fn paths(text: &str) -> Vec<String> {
        let nodes = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
        value_paths(&nodes[0]).iter().map(|path| path.join("/")).collect()
    }

    #[test]
    fn every_field_of_a_secret_but_the_known_ones_has_values() {
        let head = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ntype: Opaque\nimmutable: true\n";
        for (text, want) in [
            ("data: {a: x}\nstringData: {b: x, c: 1, d: '', e: }\n", &["data/a", "stringData/b", "stringData/c"][..]),
            ("stringdata: {a: x}\nStringData: x\ndata: [x]\n", &["StringData", "data", "stringdata/a"]),
            ("data: {a: {b: x}}\n", &["data/a"]),
            ("data: \nstringData: {}\n", &[]),
        ] {
            assert_eq!(paths(&format!("{head}{text}")), want, "{text}");
        }
        let applied = format!("kind: Secret\nmetadata: {{annotations: {{{LAST_APPLIED}: '{{}}', other: x}}}}\n");
        assert_eq!(paths(&applied), [format!("metadata/annotations/{LAST_APPLIED}")]);
        assert!(paths("kind: ConfigMap\ndata: {a: x}\n").is_empty());
    }

    #[test]
    fn the_template_of_a_sealed_secret_has_values_unless_they_are_templates() {
        let text =
            "kind: SealedSecret\nspec:\n  encryptedData: {a: AgB}\n  template:\n    data: {a: x, b: 'y {{ .a }}'}\n";
        assert_eq!(paths(text), ["spec/template/data/a"]);
    }
}
