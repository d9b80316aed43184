//! The name of an object's file: `NN-kind-name.yaml`.
//!
//! `NN` is the rank of the kind. `kubectl apply -f` on a folder applies the files in the order of their names, so an
//! object is applied after the objects that it needs. A name depends on the objects of its own folder only.

use crate::resource::Resource;
use crate::schema::Gvk;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The order in which kinds are applied: rank, API group, kinds (empty for all of the group). The first match counts.
const ORDER: &[(u8, &str, &[&str])] = &[
    (0, "", &["Namespace"]),
    (5, "apiextensions.k8s.io", &[]),
    (5, "storage.k8s.io", &[]),
    (5, "scheduling.k8s.io", &[]),
    (5, "node.k8s.io", &[]),
    (5, "networking.k8s.io", &["IngressClass"]),
    (10, "", &["ResourceQuota", "LimitRange"]),
    (12, "networking.k8s.io", &["NetworkPolicy"]),
    (15, "", &["ServiceAccount"]),
    (20, "rbac.authorization.k8s.io", &["Role", "ClusterRole"]),
    (21, "rbac.authorization.k8s.io", &[]),
    (25, "external-secrets.io", &["SecretStore", "ClusterSecretStore"]),
    (26, "external-secrets.io", &[]),
    (26, "", &["Secret"]),
    (26, "bitnami.com", &["SealedSecret"]),
    (26, "secrets-store.csi.x-k8s.io", &[]),
    (26, "cert-manager.io", &[]),
    (30, "", &["ConfigMap"]),
    (35, "", &["PersistentVolume", "PersistentVolumeClaim"]),
    (40, "", &["Service", "Endpoints"]),
    (40, "discovery.k8s.io", &[]),
    (50, "", &["Pod", "ReplicationController"]),
    (50, "apps", &[]),
    (50, "batch", &[]),
    (50, "argoproj.io", &["Rollout"]),
    (50, "serving.knative.dev", &[]),
    (60, "autoscaling", &[]),
    (60, "autoscaling.k8s.io", &[]),
    (60, "keda.sh", &[]),
    (60, "policy", &[]),
    (70, "networking.k8s.io", &["Ingress"]),
    (70, "extensions", &["Ingress"]),
    (70, "gateway.networking.k8s.io", &[]),
    (70, "route.openshift.io", &[]),
    (80, "monitoring.coreos.com", &[]),
    // A webhook whose server does not run yet refuses all objects.
    (99, "admissionregistration.k8s.io", &[]),
    (99, "apiregistration.k8s.io", &[]),
];

/// The rank of kinds that are not in [`ORDER`]: custom resources, after the objects that they may need.
const OTHERS: u8 = 90;

/// The maximum number of characters of an object's name in a file name, so that the file name has less than 255 bytes.
const MAX_NAME: usize = 150;

fn rank(gvk: &Gvk) -> u8 {
    ORDER
        .iter()
        .find(|(_, group, kinds)| *group == gvk.group && (kinds.is_empty() || kinds.contains(&gvk.kind.as_str())))
        .map_or(OTHERS, |(rank, ..)| *rank)
}

/// The file names of the objects of a folder, in the order of the objects.
///
/// Characters that are not allowed in file names are replaced, and long names are cut. Then `-` and 8 hex digits of the
/// SHA-256 of the object's group, kind and name are appended, also if two objects would have the same file name because
/// only their API groups differ.
pub(super) fn names(resources: &[Resource]) -> Vec<String> {
    let objects: Vec<(Gvk, &str)> = resources.iter().map(|resource| (resource.gvk(), resource.name())).collect();
    let stems: Vec<(String, bool)> = objects.iter().map(|(gvk, name)| stem(gvk, name)).collect();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (stem, _) in &stems {
        *seen.entry(stem).or_default() += 1;
    }
    let name = |((stem, exact), (gvk, name)): (&(String, bool), &(Gvk, &str))| {
        if *exact && seen[stem.as_str()] == 1 {
            return format!("{stem}.yaml");
        }
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(format!("{}/{}/{name}", gvk.group, gvk.kind)));
        format!("{stem}-{:08x}.yaml", u32::from_be_bytes([a, b, c, d]))
    };
    stems.iter().zip(&objects).map(name).collect()
}

/// The file name without hash and extension, and whether it contains the object's name unchanged.
fn stem(gvk: &Gvk, name: &str) -> (String, bool) {
    let clean = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '.' | '-') => c,
        _ => '-',
    };
    let mut stem = format!("{:02}-", rank(gvk));
    stem.extend(gvk.kind.chars().take(63).map(clean));
    stem.push('-');
    let start = stem.len();
    stem.extend(name.chars().take(MAX_NAME).map(clean));
    let exact = stem[start..] == *name;
    (stem, exact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Node;

    fn object(api_version: &str, kind: &str, name: &str) -> Resource {
        let mut node = Node::map();
        let map = node.as_map_mut().unwrap();
        map.insert("apiVersion", api_version.into());
        map.insert("kind", kind.into());
        node.map_entry("metadata").unwrap().as_map_mut().unwrap().insert("name", name.into());
        Resource::new(node)
    }

    fn of(objects: &[(&str, &str, &str)]) -> Vec<String> {
        names(&objects.iter().map(|(version, kind, name)| object(version, kind, name)).collect::<Vec<_>>())
    }

    #[test]
    fn files_are_in_the_order_of_application() {
        let objects = [
            ("v1", "Namespace", "x"),
            ("v1", "ResourceQuota", "x"),
            ("v1", "ServiceAccount", "x"),
            ("rbac.authorization.k8s.io/v1", "Role", "x"),
            ("rbac.authorization.k8s.io/v1", "RoleBinding", "x"),
            ("external-secrets.io/v1", "SecretStore", "x"),
            ("external-secrets.io/v1", "ExternalSecret", "x"),
            ("v1", "ConfigMap", "x"),
            ("v1", "PersistentVolumeClaim", "x"),
            ("v1", "Service", "x"),
            ("apps/v1", "Deployment", "x"),
            ("autoscaling/v2", "HorizontalPodAutoscaler", "x"),
            ("networking.k8s.io/v1", "Ingress", "x"),
            ("monitoring.coreos.com/v1", "Probe", "x"),
            ("example.com/v1", "Thing", "x"),
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "x"),
        ];
        let names = of(&objects);
        assert!(names.is_sorted(), "{names:#?}");
        assert_eq!(names[0], "00-namespace-x.yaml");
        assert_eq!(names[10], "50-deployment-x.yaml");
    }

    #[test]
    fn names_are_safe_bounded_and_unique() {
        let long = "a".repeat(253);
        let names = of(&[
            ("rbac.authorization.k8s.io/v1", "Role", "system:Reader/../x"),
            ("rbac.authorization.k8s.io/v1", "Role", "system-reader-..-x"),
            ("v1", "Service", "web"),
            ("serving.knative.dev/v1", "Service", "web"),
            ("a.example.com/v1", "Thing", "x"),
            ("b.example.com/v1", "Thing", "x"),
            ("v1", "ConfigMap", &long),
        ]);
        let stems: Vec<&str> = names.iter().map(|name| name.strip_suffix(".yaml").unwrap()).collect();
        assert!(
            stems[0].starts_with("20-role-system-reader-..-x-") && stems[1].starts_with("20-role-system-reader-..-x-")
        );
        assert_eq!(stems[2..4], ["40-service-web", "50-service-web"]);
        assert_eq!(stems[4..6], ["90-thing-x-881c1a0d", "90-thing-x-b99565ad"]);
        assert_eq!(stems[6].len(), "30-configmap-".len() + MAX_NAME + 9);
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    }
}
