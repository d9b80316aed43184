//! The legacy order of kinds, in which kustomize sorts its output and its field specs.

use super::Gvk;

/// The kinds that come first in legacy order.
pub(crate) const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// The kinds that come last in legacy order.
pub(crate) const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The sort key of a kind in the order of field specs.
pub(crate) fn rank(gvk: &Gvk) -> (i8, String) {
    let at = |list: &[&str]| list.iter().position(|kind| *kind == gvk.kind).and_then(|i| i8::try_from(i).ok());
    let rank = match (at(&FIRST), at(&LAST)) {
        (Some(i), _) => i - 22,
        (None, Some(i)) => i + 1,
        (None, None) => 0,
    };
    (rank, text(gvk))
}

/// Group, version and kind as one text that kustomize compares byte by byte.
pub(crate) fn text(gvk: &Gvk) -> String {
    let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
    [or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K")].join("_")
}
