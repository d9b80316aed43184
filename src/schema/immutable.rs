//! Fields that the API server refuses to change on an object that exists.

use crate::node::Node;

/// What can change in an object of a kind.
enum ImmutableRule {
    /// Only these fields of `spec`.
    SpecExcept(&'static [&'static str]),
    /// Not these fields.
    Fields(&'static [&'static [&'static str]]),
    /// Nothing of these fields, if `immutable: true` before.
    IfImmutable(&'static [&'static [&'static str]]),
}

/// The API group, the kind and its rules.
const RULES: &[(&str, &str, ImmutableRule)] = &[
    (
        "apps",
        "StatefulSet",
        ImmutableRule::SpecExcept(&[
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
            "revisionHistoryLimit",
        ]),
    ),
    ("apps", "Deployment", ImmutableRule::Fields(&[&["spec", "selector"]])),
    ("apps", "DaemonSet", ImmutableRule::Fields(&[&["spec", "selector"]])),
    ("apps", "ReplicaSet", ImmutableRule::Fields(&[&["spec", "selector"]])),
    (
        "batch",
        "Job",
        ImmutableRule::Fields(&[
            &["spec", "template"],
            &["spec", "selector"],
            &["spec", "completionMode"],
            &["spec", "completions"],
        ]),
    ),
    (
        "",
        "PersistentVolumeClaim",
        ImmutableRule::Fields(&[
            &["spec", "accessModes"],
            &["spec", "storageClassName"],
            &["spec", "volumeName"],
            &["spec", "volumeMode"],
            &["spec", "selector"],
            &["spec", "dataSource"],
        ]),
    ),
    ("", "Service", ImmutableRule::Fields(&[&["spec", "clusterIP"]])),
    ("", "Secret", ImmutableRule::Fields(&[&["type"]])),
    ("", "Secret", ImmutableRule::IfImmutable(&[&["data"], &["stringData"], &["immutable"]])),
    ("", "ConfigMap", ImmutableRule::IfImmutable(&[&["data"], &["binaryData"], &["immutable"]])),
    ("rbac.authorization.k8s.io", "RoleBinding", ImmutableRule::Fields(&[&["roleRef"]])),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", ImmutableRule::Fields(&[&["roleRef"]])),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        ImmutableRule::Fields(&[&["spec", "scope"], &["spec", "group"]]),
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        ImmutableRule::Fields(&[&["provisioner"], &["parameters"], &["reclaimPolicy"], &["volumeBindingMode"]]),
    ),
];

/// The paths of the immutable fields that differ.
pub(crate) fn changed(before: &Node, after: &Node) -> Vec<String> {
    let text = |key| after.get(key).and_then(Node::as_text).unwrap_or_default();
    let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let kind = text("kind");
    let rules = RULES.iter().filter(|(of_group, of_kind, _)| (*of_group, *of_kind) == (group, kind));
    rules.flat_map(|(_, _, rule)| rule.changed(before, after)).collect()
}

impl ImmutableRule {
    fn changed(&self, before: &Node, after: &Node) -> Vec<String> {
        let differ = |fields: &[&[&str]]| {
            let fields = fields.iter().filter(|path| before.at_path(path) != after.at_path(path));
            fields.map(|path| path.join(".")).collect()
        };
        match self {
            ImmutableRule::Fields(fields) => differ(fields),
            ImmutableRule::IfImmutable(fields) if before.get("immutable").and_then(Node::as_bool) == Some(true) => {
                differ(fields)
            }
            ImmutableRule::IfImmutable(_) => Vec::new(),
            ImmutableRule::SpecExcept(mutable) => {
                let keys = |object: &Node| -> Vec<String> {
                    let spec = object.get("spec").and_then(Node::as_map);
                    spec.into_iter().flatten().map(|entry| entry.key.text.to_string()).collect()
                };
                let mut keys: Vec<String> = [before, after].into_iter().flat_map(keys).collect();
                keys.sort();
                keys.dedup();
                keys.retain(|key| {
                    !mutable.contains(&key.as_str()) && before.at_path(&["spec", key]) != after.at_path(&["spec", key])
                });
                keys.iter().map(|key| format!("spec.{key}")).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::changed;
    use crate::yaml;

    #[test]
    fn changes_that_an_api_server_refuses() {
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  ";
        let secret = "apiVersion: v1\nkind: Secret\n";
        for (before, after, want) in [
            (format!("{set}replicas: 1"), format!("{set}replicas: 2"), &[][..]),
            (format!("{set}serviceName: a"), format!("{set}serviceName: b"), &["spec.serviceName"]),
            (format!("{set}replicas: 1"), format!("{set}podManagementPolicy: Parallel"), &["spec.podManagementPolicy"]),
            (format!("{secret}type: Opaque"), format!("{secret}type: x"), &["type"]),
            (format!("{secret}data: {{a: Yg==}}"), format!("{secret}data: {{a: Yw==}}"), &[]),
            (
                format!("{secret}immutable: true\ndata: {{a: Yg==}}"),
                format!("{secret}immutable: true\ndata: {{a: Yw==}}"),
                &["data"],
            ),
            ("kind: Service\nspec: {clusterIP: None}".into(), "kind: Service\nspec: {}".into(), &["spec.clusterIP"]),
        ] {
            let object = |text: &str| yaml::objects(text).unwrap().remove(0);
            assert_eq!(changed(&object(&before), &object(&after)), want, "{before}\n{after}");
        }
    }
}
