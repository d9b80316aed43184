//! Claims that several branches make.

use super::{Claim, Claimed, RouteHost};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::source::Location;
use crate::spec::SharedClaim;
use std::collections::{BTreeMap, BTreeSet};

/// At most this many locations are named beside the first one.
const NAMED: usize = 3;

/// A claim, and the branch that makes it.
type BranchClaim<'a> = (&'a str, &'a Claim);

/// Refuses what several of the branches, given by name, claim and `allowed` does not list. Returns the warnings.
pub(crate) fn contested<'a>(
    branches: impl IntoIterator<Item = (&'a str, &'a [Claim])>,
    allowed: &[SharedClaim],
) -> Result<Vec<Diagnostic>> {
    let mut by_claimed: BTreeMap<&Claimed, Vec<BranchClaim>> = BTreeMap::new();
    for (branch, claims) in branches {
        for claim in claims {
            by_claimed.entry(&claim.claimed).or_default().push((branch, claim));
        }
    }
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (claimed, claims) in by_claimed {
        if matches!(claimed, Claimed::Listener { .. }) || allowed.iter().any(|allowed| claimed.is_allowed_by(allowed)) {
            continue;
        }
        let claims: Vec<BranchClaim> =
            claims.iter().filter(|one| claims.iter().any(|other| excludes(one, other))).copied().collect();
        if claims.is_empty() {
            continue;
        }
        let found = if matches!(claimed, Claimed::HostPort { .. }) { &mut warnings } else { &mut errors };
        found.push(diagnostic(claimed, &claims));
    }
    Diagnostics::check(errors, warnings)
}

/// Whether two equal claims exclude each other.
fn excludes((branch, claim): &BranchClaim, (other_branch, other): &BranchClaim) -> bool {
    let shares = match (&claim.sharing, &other.sharing) {
        (Some(one), Some(other)) => one.key == other.key && one.ports.is_disjoint(&other.ports),
        _ => false,
    };
    branch != other_branch && !shares
}

fn diagnostic(claimed: &Claimed, claims: &[BranchClaim]) -> Diagnostic {
    let branches: BTreeSet<&str> = claims.iter().map(|(branch, _)| *branch).collect();
    let (_, first) = claims[0];
    let mut diagnostic = Diagnostic::new(Code::Resource, message(claimed, branches.len())).at(first.at);
    let mut seen: BTreeSet<Location> = BTreeSet::from([first.at]);
    for (branch, claim) in claims {
        if seen.len() <= NAMED && seen.insert(claim.at) {
            diagnostic = diagnostic.note(claim.at, format!("`{}` of `{branch}`", claim.object));
        }
    }
    branches.into_iter().fold(diagnostic.help(help(claimed)), Diagnostic::in_branch)
}

fn message(claimed: &Claimed, branches: usize) -> String {
    let what = match claimed {
        Claimed::Object { kind, name } => format!("write the same `{} {name}`", kind.kind),
        Claimed::KeptObject { kind, namespace, name } => format!("write the same `{} {namespace}/{name}`", kind.kind),
        Claimed::Route { host, path, condition } => {
            let host = match host {
                RouteHost::Name(host) => format!("`{host}{path}`"),
                RouteHost::Gateway(gateway) => format!("`{path}` of all hosts of the gateway `{gateway}`"),
            };
            let condition = if condition.is_empty() { String::new() } else { format!(" ({condition})") };
            format!("route {host}{condition}")
        }
        Claimed::Record { host, record, .. } if claimed.is_text_record() => {
            format!("have {record} records for `{host}`")
        }
        Claimed::Record { host, .. } => format!("have DNS records for `{host}`"),
        Claimed::Certificate { host } => format!("have a certificate for `{host}`"),
        Claimed::NodePort { port, protocol } => format!("use the node port {port}/{protocol}"),
        Claimed::Address { address } => format!("use the load balancer address `{address}`"),
        Claimed::Volume { name } => format!("use the PersistentVolume `{name}`"),
        Claimed::HostPort { port, protocol } => format!("use the port {port}/{protocol} of their nodes"),
        Claimed::Listener { host } => format!("serve `{host}`"),
    };
    format!("{branches} branches {what}")
}

fn help(claimed: &Claimed) -> String {
    match claimed {
        Claimed::Object { kind, name } => {
            let rename = if kind.kind == "CustomResourceDefinition" {
                format!("`{name}` belongs to the whole cluster: remove it from the branches")
            } else {
                format!(
                    "a `{}` is outside of namespaces: add `{{{{ branch.slug }}}}` to its name, or remove it from the branches",
                    kind.kind
                )
            };
            format!(
                "{rename}; if all branches write it equally, add `object: {}/{name}` to `shared.claims`, and pleach writes it once",
                kind.kind
            )
        }
        Claimed::KeptObject { .. } => {
            "an object that stays in its namespace is the branch's alone: add `{{ branch.slug }}` to its name"
                .to_owned()
        }
        Claimed::Route { host: RouteHost::Gateway(_), .. } => {
            "set `hostnames` to hosts of the branch, such as `{{ branch.host }}`".to_owned()
        }
        Claimed::Route { host: RouteHost::Name(host), .. }
        | Claimed::Record { host, .. }
        | Claimed::Certificate { host }
        | Claimed::Listener { host } => format!(
            "use a host of the branch, such as `{{{{ branch.host }}}}`; if branches have it in common, add `host: \"{host}\"` to `shared.claims`"
        ),
        Claimed::NodePort { port, .. } => format!(
            "remove `nodePort`, so that the cluster assigns a port, or set it for each branch with a value; if branches have it in common, add `nodePort: {port}` to `shared.claims`"
        ),
        Claimed::Address { address } => format!(
            "remove the address, or set it for each branch with a value; if branches have it in common, add `loadBalancerIP: \"{address}\"` to `shared.claims`"
        ),
        Claimed::Volume { .. } => {
            "a PersistentVolume has one claim: remove `volumeName`, or set it for each branch with a value".to_owned()
        }
        Claimed::HostPort { .. } => {
            "a node runs one pod with this port only: use a Service, or set the port for each branch with a value"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::claims::{claims, contested};
    use crate::resource::Resource;
    use crate::schema::scope::Scopes;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    /// What branches with the namespaces `a`, `b`, … and these objects claim: the errors, then the warnings.
    fn found(branches: &[&str]) -> Vec<String> {
        let claims: Vec<_> = ["a", "b", "c"]
            .iter()
            .zip(branches)
            .map(|(branch, text)| {
                let nodes = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
                let resources: Vec<Resource> = nodes.into_iter().map(Resource::new).collect();
                (*branch, claims(&resources, &Scopes::default(), branch))
            })
            .collect();
        match contested(claims.iter().map(|(branch, claims)| (*branch, claims.as_slice())), &[]) {
            Ok(warnings) => warnings.iter().map(|warning| format!("warning: {warning}")).collect(),
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    }

    /// An object with the metadata and the spec of these lines.
    fn object(version: &str, kind: &str, spec: &str) -> String {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n")
    }

    fn annotated(version: &str, kind: &str, annotations: &str, spec: &str) -> String {
        object(version, kind, spec).replace("{name: x}", &format!("{{name: x, annotations: {{{annotations}}}}}"))
    }

    const GATEWAY: &str = "gateway.networking.k8s.io/v1";
    const ISTIO: &str = "networking.istio.io/v1";

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of objects and claims")]
    fn each_kind_of_claim_is_compared() {
        let ingress = |rules: &str| object("networking.k8s.io/v1", "Ingress", &format!("{{rules: [{rules}]}}"));
        for (text, want) in [
            (ingress("{host: A.example.com}"), "2 branches route `a.example.com/`"),
            (
                ingress("{host: a.example.com, http: {paths: [{path: /api/, pathType: Prefix}]}}"),
                "2 branches route `a.example.com/api`",
            ),
            (
                ingress("{host: a.example.com, http: {paths: [{path: /api, pathType: Exact}]}}"),
                "2 branches route `a.example.com/api` (exact path)",
            ),
            (
                object(GATEWAY, "HTTPRoute", "{parentRefs: [{name: g}], hostnames: [a.example.com], rules: [{}]}"),
                "2 branches route `a.example.com/`",
            ),
            (
                object(
                    GATEWAY,
                    "HTTPRoute",
                    "{parentRefs: [{name: g}], hostnames: [a.example.com], rules: [{matches: [{path: {value: /x}, headers: [{name: h, value: v}]}]}]}",
                ),
                "2 branches route `a.example.com/x` (headers=name=h value=v)",
            ),
            (
                object(GATEWAY, "HTTPRoute", "{parentRefs: [{name: g, namespace: infra}], rules: [{}]}"),
                "2 branches route `/` of all hosts of the gateway `infra/g`",
            ),
            (
                object(GATEWAY, "GRPCRoute", "{parentRefs: [{name: g}], hostnames: [a.example.com]}"),
                "2 branches route `a.example.com` (GRPC)",
            ),
            (
                object(
                    "gateway.networking.k8s.io/v1alpha2",
                    "TLSRoute",
                    "{parentRefs: [{name: g}], hostnames: [a.example.com]}",
                ),
                "2 branches route `a.example.com` (TLS)",
            ),
            (
                object(ISTIO, "VirtualService", "{gateways: [infra/g], hosts: [a.example.com], http: [{}]}"),
                "2 branches route `a.example.com/`",
            ),
            (
                object(
                    ISTIO,
                    "VirtualService",
                    "{gateways: [infra/g], hosts: ['*'], http: [{match: [{uri: {prefix: /a}}]}]}",
                ),
                "2 branches route `/a` of all hosts of the gateway `infra/g`",
            ),
            (object("route.openshift.io/v1", "Route", "{host: a.example.com}"), "2 branches route `a.example.com/`"),
            (
                object("traefik.io/v1alpha1", "IngressRoute", "{routes: [{match: Host(`a.example.com`)}]}"),
                "2 branches route `a.example.com` (Host(`a.example.com`))",
            ),
            (
                object(
                    "externaldns.k8s.io/v1alpha1",
                    "DNSEndpoint",
                    "{endpoints: [{dnsName: a.example.com, recordType: A}]}",
                ),
                "2 branches have DNS records for `a.example.com`",
            ),
            (
                object(
                    "externaldns.k8s.io/v1alpha1",
                    "DNSEndpoint",
                    "{endpoints: [{dnsName: a.example.com, recordType: TXT}]}",
                ),
                "2 branches have TXT records for `a.example.com`",
            ),
            (
                annotated("v1", "Service", "external-dns.alpha.kubernetes.io/hostname: a.example.com", "{}"),
                "2 branches have DNS records for `a.example.com`",
            ),
            (
                object("cert-manager.io/v1", "Certificate", "{commonName: a.example.com, dnsNames: [a.example.com]}"),
                "2 branches have a certificate for `a.example.com`",
            ),
            (
                object("v1", "Service", "{type: NodePort, ports: [{port: 80, nodePort: 30080}]}"),
                "2 branches use the node port 30080/TCP",
            ),
            (
                object("v1", "Service", "{type: LoadBalancer, loadBalancerIP: 192.0.2.7, ports: [{port: 80}]}"),
                "2 branches use the load balancer address `192.0.2.7`",
            ),
            (
                annotated(
                    "v1",
                    "Service",
                    "metallb.io/loadBalancerIPs: '192.0.2.7'",
                    "{type: LoadBalancer, ports: [{port: 80}]}",
                ),
                "2 branches use the load balancer address `192.0.2.7`",
            ),
            (object("v1", "PersistentVolumeClaim", "{volumeName: pv-7}"), "2 branches use the PersistentVolume `pv-7`"),
            (
                object("apps/v1", "StatefulSet", "{volumeClaimTemplates: [{spec: {volumeName: pv-7}}]}"),
                "2 branches use the PersistentVolume `pv-7`",
            ),
            (object("v1", "PersistentVolume", "{}"), "2 branches write the same `PersistentVolume x`"),
            (
                object("apps/v1", "Deployment", "{template: {spec: {containers: [{ports: [{hostPort: 8080}]}]}}}"),
                "warning: 2 branches use the port 8080/TCP of their nodes",
            ),
        ] {
            assert_eq!(found(&[&text, &text]), [want], "{text}");
            assert_eq!(found(&[&text]), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_several_branches_can_have_is_no_claim() {
        let service = |annotations: &str, port: &str| {
            annotated(
                "v1",
                "Service",
                annotations,
                &format!("{{type: LoadBalancer, loadBalancerIP: 192.0.2.7, ports: [{{port: {port}}}]}}"),
            )
        };
        let endpoint = |set: &str| {
            let spec = format!("{{endpoints: [{{dnsName: a.example.com, recordType: A, setIdentifier: {set}}}]}}");
            object("externaldns.k8s.io/v1alpha1", "DNSEndpoint", &spec)
        };
        let route = |header: &str| {
            let spec = format!(
                "{{parentRefs: [{{name: g}}], hostnames: [a.example.com], rules: [{{matches: [{{headers: [{{name: branch, value: {header}}}]}}]}}]}}"
            );
            object(GATEWAY, "HTTPRoute", &spec)
        };
        let path = |path: &str| {
            let spec = format!("{{rules: [{{host: a.example.com, http: {{paths: [{{path: {path}}}]}}}}]}}");
            object("networking.k8s.io/v1", "Ingress", &spec)
        };
        let node_port = |protocol: &str| {
            let spec = format!("{{type: NodePort, ports: [{{port: 53, nodePort: 30053, protocol: {protocol}}}]}}");
            object("v1", "Service", &spec)
        };
        let same = |text: String| (text.clone(), text);
        for (one, other) in [
            same(object(
                GATEWAY,
                "HTTPRoute",
                "{parentRefs: [{group: '', kind: Service, name: s}], hostnames: [a.example.com]}",
            )),
            same(object(GATEWAY, "HTTPRoute", "{parentRefs: [{name: own}], rules: [{}]}")),
            same(object(GATEWAY, "Gateway", "{listeners: [{hostname: '*.example.com'}, {port: 80}]}")),
            same(object(ISTIO, "VirtualService", "{hosts: [a.example.com], http: [{}]}")),
            same(object(ISTIO, "VirtualService", "{gateways: [mesh], hosts: [a.example.com], http: [{}]}")),
            same(object(ISTIO, "VirtualService", "{gateways: [own], hosts: ['*'], http: [{}]}")),
            same(annotated(
                "networking.k8s.io/v1",
                "Ingress",
                "nginx.ingress.kubernetes.io/canary: 'true'",
                "{rules: [{host: a.example.com}]}",
            )),
            same(object(
                ISTIO,
                "VirtualService",
                "{gateways: [mesh, istio-egress], hosts: [a.example.com], http: [{}]}",
            )),
            same(object("networking.k8s.io/v1", "Ingress", "{rules: [{http: {paths: [{path: /}]}}]}")),
            same(object(
                "cert-manager.io/v1",
                "Certificate",
                "{dnsNames: [web, web.default.svc, web.default.svc.cluster.local]}",
            )),
            same(annotated(
                "v1",
                "Service",
                "external-dns.alpha.kubernetes.io/hostname: a.example.com, external-dns.alpha.kubernetes.io/controller: none",
                "{}",
            )),
            same(object("v1", "Service", "{type: ClusterIP, ports: [{port: 80}]}")),
            same(object("v1", "Service", "{type: NodePort, ports: [{port: 80, nodePort: 0}]}")),
            same(object("v1", "PersistentVolumeClaim", "{volumeName: ''}")),
            same(object("v1", "ConfigMap", "{}")),
            (endpoint("one"), endpoint("two")),
            (route("one"), route("two")),
            (path("/one"), path("/two")),
            (node_port("TCP"), node_port("UDP")),
            (service("metallb.io/allow-shared-ip: k", "80"), service("metallb.io/allow-shared-ip: k", "81")),
        ] {
            assert_eq!(found(&[&one, &other]), [""; 0], "{one}");
        }
        // The same port, another key, or a Service that does not share.
        for other in [
            service("metallb.io/allow-shared-ip: k", "80"),
            service("metallb.io/allow-shared-ip: other", "81"),
            service("", "81"),
        ] {
            let one = service("metallb.io/allow-shared-ip: k", "80");
            assert_eq!(found(&[&one, &other]), ["2 branches use the load balancer address `192.0.2.7`"], "{other}");
        }
    }

    #[test]
    fn a_claim_of_two_kinds_of_routes_is_one_claim() {
        let ingress = object("networking.k8s.io/v1", "Ingress", "{rules: [{host: a.example.com}]}");
        let route = object(GATEWAY, "HTTPRoute", "{parentRefs: [{name: g}], hostnames: [a.example.com]}");
        assert_eq!(found(&[&ingress, &route]), ["2 branches route `a.example.com/`"]);
        assert_eq!(found(&[&format!("{ingress}---\n{route}")]), [""; 0]);
    }
}
