//! Namespaces that a cluster or widely used software has: no branch may own one, because its namespace is deleted with it.

/// The namespaces; `*` at the end stands for any rest.
#[rustfmt::skip]
const WELL_KNOWN: &[&str] = &[
    // Kubernetes and its distributions.
    "default", "kube-*",
    "amazon-*", "aws-*", "azure-*", "cattle-*", "fleet-*", "gke-*", "gmp-*", "local-path-storage", "olm", "openshift", "openshift-*",
    "operators", "tigera-operator",
    // Networks and certificates.
    "calico-*", "cert-manager", "cilium", "cilium-*", "consul", "contour", "envoy-gateway-system", "external-dns", "gloo-system",
    "haproxy-controller", "ingress-nginx", "istio-*", "kong", "linkerd", "linkerd-*", "metallb-system", "nginx-gateway",
    "nginx-ingress", "projectcontour", "traefik", "tailscale",
    // Deployment.
    "argo", "argo-*", "argocd", "crossplane-system", "flagger-system", "flux-system", "tekton-*",
    // Secrets and policies.
    "external-secrets", "gatekeeper-system", "kyverno", "sealed-secrets", "trivy-system", "vault",
    // Metrics and logs.
    "datadog", "elastic-system", "grafana", "jaeger", "logging", "loki", "monitoring", "observability",
    "opentelemetry-operator-system", "prometheus", "tempo",
    // Storage and databases.
    "cnpg-system", "longhorn-system", "rook-ceph", "velero",
    // Platforms.
    "actions-runner-system", "arc-runners", "arc-systems", "cnrm-system", "dapr-system", "gpu-operator", "harbor", "karpenter", "keda",
    "knative-*", "kubernetes-dashboard", "kubevirt",
];

/// Whether a cluster or widely used software has a namespace of this name.
pub(crate) fn is_well_known(name: &str) -> bool {
    WELL_KNOWN.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    })
}

#[cfg(test)]
mod tests {
    use super::is_well_known;

    #[test]
    fn names() {
        for name in [
            "default",
            "kube-system",
            "argocd",
            "flux-system",
            "cert-manager",
            "istio-system",
            "monitoring",
            "ingress-nginx",
        ] {
            assert!(is_well_known(name), "{name}");
        }
        for name in ["shop-default", "kubernetes", "default-shop", "monitoring-main", "istio", ""] {
            assert!(!is_well_known(name), "{name}");
        }
    }
}
