//! The legacy order of kinds: what must be there first comes first.
//!
//! kustomize sorts its output by it, and its field specs too.

use super::Gvk;

/// Kinds that stand first in legacy order.
pub const FIRST: [&str; 22] = [
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

/// Kinds that stand last in legacy order.
pub const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Where kustomize puts a kind among its field specs.
pub fn rank(gvk: &Gvk) -> (i8, String) {
    let at = |list: &[&str]| list.iter().position(|kind| *kind == gvk.kind).and_then(|i| i8::try_from(i).ok());
    let rank = match (at(&FIRST), at(&LAST)) {
        (Some(i), _) => i - 22,
        (None, Some(i)) => i + 1,
        (None, None) => 0,
    };
    (rank, text(gvk))
}

/// Group, version and kind as one text that is compared byte by byte.
pub fn text(gvk: &Gvk) -> String {
    let or = |text: &str, blank: &str| if text.is_empty() { blank.to_owned() } else { text.to_owned() };
    [or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K")].join("_")
}
