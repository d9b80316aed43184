//! Sealed secrets: by default, one can be unsealed only with the namespace and name that it was sealed for.

use super::{CheckInput, CheckedObject, Finding};

/// The annotations that remove a restriction.
const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";
const NAMESPACE_WIDE: &str = "sealedsecrets.bitnami.com/namespace-wide";

/// A warning for each sealed secret whose template has another namespace or name than the object.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let sealed = input.objects.iter().filter(|object| object.is("bitnami.com", "SealedSecret"));
    sealed.filter_map(|object| misplaced(object, input.namespace)).collect()
}

fn misplaced(object: &CheckedObject, namespace: &str) -> Option<Finding> {
    let node = object.node();
    let has = |annotation: &str| {
        [&["metadata", "annotations"][..], &["spec", "template", "metadata", "annotations"]].iter().any(|path| {
            node.at_path(path).and_then(|annotations| annotations.get(annotation)?.as_text()) == Some("true")
        })
    };
    let sealed = |key: &str| node.at_path(&["spec", "template", "metadata", key]).filter(|_| !has(CLUSTER_WIDE));
    let differs = |key: &str, own: &str| sealed(key).filter(|sealed| sealed.as_str().is_some_and(|name| name != own));
    let other_name = differs("name", object.resource.name()).filter(|_| !has(NAMESPACE_WIDE));
    let (what, part) = match (differs("namespace", namespace), other_name) {
        (Some(part), _) => ("namespace", part),
        (None, Some(part)) => ("name", part),
        (None, None) => return None,
    };
    let sealed_for = part.as_text().unwrap_or_default();
    let message = format!("`{object}` was sealed for the {what} `{sealed_for}` and cannot be unsealed in this branch");
    Some(Finding::warning(
        object.fault(part, message).help("seal it with `kubeseal --scope cluster-wide`, or for each branch"),
    ))
}
