//! What each kind of object claims, and which claims exclude each other.

use crate::claims::{claims, contested};
use crate::name::DnsName;
use crate::resource::Resource;
use crate::schema::scope::Scopes;
use crate::source::Location;
use crate::spec::{CommonClaim, SharedClaim};
use crate::yaml::{self, Dialect};

/// What branches with the namespaces `a`, `b`, … and these objects claim: the errors, then the warnings.
fn found(branches: &[&str]) -> Vec<String> {
    found_with(branches, &[])
}

/// The same with what branches may have in common.
fn found_with(branches: &[&str], allowed: &[SharedClaim]) -> Vec<String> {
    let claims: Vec<_> = ["a", "b", "c"]
        .iter()
        .zip(branches)
        .map(|(branch, text)| {
            let nodes = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
            let resources: Vec<Resource> = nodes.into_iter().map(Resource::new).collect();
            (*branch, claims(&resources, &Scopes::default(), branch))
        })
        .collect();
    match contested(claims.iter().map(|(branch, claims)| (*branch, claims.as_slice())), allowed) {
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

fn ingress_with(spec: &str) -> String {
    object("networking.k8s.io/v1", "Ingress", spec)
}

const GATEWAY: &str = "gateway.networking.k8s.io/v1";
const ISTIO: &str = "networking.istio.io/v1";

#[test]
#[expect(clippy::too_many_lines, reason = "a table of objects and claims")]
fn each_kind_of_claim_is_compared() {
    let ingress = |rules: &str| ingress_with(&format!("{{rules: [{rules}]}}"));
    for (text, want) in [
        (ingress("{host: A.example.com}"), "several branches route `a.example.com/`"),
        (
            ingress("{host: a.example.com, http: {paths: [{path: /api/, pathType: Prefix}]}}"),
            "several branches route `a.example.com/api`",
        ),
        (
            ingress("{host: a.example.com, http: {paths: [{path: /api, pathType: Exact}]}}"),
            "several branches route `a.example.com/api` (exact path)",
        ),
        (
            object(GATEWAY, "HTTPRoute", "{parentRefs: [{name: g}], hostnames: [a.example.com], rules: [{}]}"),
            "several branches route `a.example.com/`",
        ),
        (
            object(
                GATEWAY,
                "HTTPRoute",
                "{parentRefs: [{name: g}], hostnames: [a.example.com], rules: [{matches: [{path: {value: /x}, headers: [{name: h, value: v}]}]}]}",
            ),
            "several branches route `a.example.com/x` (headers=name=h value=v)",
        ),
        (
            object(GATEWAY, "HTTPRoute", "{parentRefs: [{name: g, namespace: infra}], rules: [{}]}"),
            "several branches route `/` of all hosts of the gateway `infra/g`",
        ),
        (
            object(GATEWAY, "GRPCRoute", "{parentRefs: [{name: g}], hostnames: [a.example.com]}"),
            "several branches route `a.example.com` (GRPC)",
        ),
        (
            object(
                "gateway.networking.k8s.io/v1alpha2",
                "TLSRoute",
                "{parentRefs: [{name: g}], hostnames: [a.example.com]}",
            ),
            "several branches route `a.example.com` (TLS)",
        ),
        (
            object(ISTIO, "VirtualService", "{gateways: [infra/g], hosts: [a.example.com], http: [{}]}"),
            "several branches route `a.example.com/`",
        ),
        (
            object(
                ISTIO,
                "VirtualService",
                "{gateways: [infra/g], hosts: ['*'], http: [{match: [{uri: {prefix: /a}}]}]}",
            ),
            "several branches route `/a` of all hosts of the gateway `infra/g`",
        ),
        (object("route.openshift.io/v1", "Route", "{host: a.example.com}"), "several branches route `a.example.com/`"),
        (
            object("traefik.io/v1alpha1", "IngressRoute", "{routes: [{match: Host(`a.example.com`)}]}"),
            "several branches route `a.example.com` (Host(`a.example.com`))",
        ),
        (
            object(
                "externaldns.k8s.io/v1alpha1",
                "DNSEndpoint",
                "{endpoints: [{dnsName: a.example.com, recordType: A}]}",
            ),
            "several branches have DNS records for `a.example.com`",
        ),
        (
            object(
                "externaldns.k8s.io/v1alpha1",
                "DNSEndpoint",
                "{endpoints: [{dnsName: a.example.com, recordType: TXT}]}",
            ),
            "several branches have TXT records for `a.example.com`",
        ),
        (
            annotated("v1", "Service", "external-dns.alpha.kubernetes.io/hostname: a.example.com", "{}"),
            "several branches have DNS records for `a.example.com`",
        ),
        (
            object("cert-manager.io/v1", "Certificate", "{commonName: a.example.com, dnsNames: [a.example.com]}"),
            "several branches have a certificate for `a.example.com`",
        ),
        (
            object("v1", "Service", "{type: NodePort, ports: [{port: 80, nodePort: 30080}]}"),
            "several branches use the node port 30080/TCP",
        ),
        (
            object("v1", "Service", "{type: LoadBalancer, loadBalancerIP: 192.0.2.7, ports: [{port: 80}]}"),
            "several branches use the load balancer address `192.0.2.7`",
        ),
        (
            annotated(
                "v1",
                "Service",
                "metallb.io/loadBalancerIPs: '192.0.2.7'",
                "{type: LoadBalancer, ports: [{port: 80}]}",
            ),
            "several branches use the load balancer address `192.0.2.7`",
        ),
        (
            object("v1", "PersistentVolumeClaim", "{volumeName: pv-7}"),
            "several branches use the PersistentVolume `pv-7`",
        ),
        (
            object("apps/v1", "StatefulSet", "{volumeClaimTemplates: [{spec: {volumeName: pv-7}}]}"),
            "several branches use the PersistentVolume `pv-7`",
        ),
        (
            ingress_with("{ingressClassName: nginx, rules: [{http: {paths: [{path: /api}]}}]}"),
            "several branches route `/api` of all hosts of the ingress class `nginx`",
        ),
        (
            annotated("networking.k8s.io/v1", "Ingress", "kubernetes.io/ingress.class: nginx", "{defaultBackend: {}}"),
            "several branches route `/` of all hosts of the ingress class `nginx`",
        ),
        (
            ingress("{http: {paths: [{path: /}]}}"),
            "warning: several branches route `/` of all hosts of the default ingress class",
        ),
        (
            annotated(
                "networking.k8s.io/v1",
                "Ingress",
                "alb.ingress.kubernetes.io/group.name: shop",
                "{ingressClassName: alb, rules: [{}]}",
            ),
            "several branches route `/` of all hosts of the ingress group `shop`",
        ),
        (
            annotated(
                "networking.k8s.io/v1",
                "Ingress",
                "kubernetes.io/ingress.global-static-ip-name: shop",
                "{ingressClassName: gce, rules: [{}]}",
            ),
            "several branches use the load balancer address `shop`",
        ),
        (ingress("{host: localhost}"), "several branches route `localhost/`"),
        (
            object(
                "gateway.networking.k8s.io/v1alpha2",
                "TCPRoute",
                "{parentRefs: [{name: g, namespace: infra, sectionName: db}], rules: [{}]}",
            ),
            "several branches route all hosts of the gateway `infra/g` (TCP)",
        ),
        (
            object("traefik.io/v1alpha1", "IngressRoute", "{routes: [{match: PathPrefix(`/api`)}]}"),
            "several branches route all hosts of Traefik (PathPrefix(`/api`))",
        ),
        (
            object("traefik.io/v1alpha1", "IngressRouteTCP", "{entryPoints: [db], routes: [{match: HostSNI(`*`)}]}"),
            "several branches route all hosts of Traefik (HostSNI(`*`))",
        ),
        (
            object(GATEWAY, "Gateway", "{addresses: [{type: IPAddress, value: 192.0.2.7}]}"),
            "several branches use the load balancer address `192.0.2.7`",
        ),
        (
            object("v1", "Service", "{clusterIP: 10.96.0.20, ports: [{port: 80}]}"),
            "several branches use the cluster IP `10.96.0.20`",
        ),
        (
            object("v1", "Service", "{externalIPs: [192.0.2.7], ports: [{port: 80}]}"),
            "several branches use the load balancer address `192.0.2.7`",
        ),
        (object("v1", "PersistentVolume", "{}"), "several branches write the same `PersistentVolume x`"),
        (
            object("apps/v1", "Deployment", "{template: {spec: {containers: [{ports: [{hostPort: 8080}]}]}}}"),
            "warning: several branches use the port 8080/TCP of their nodes",
        ),
    ] {
        assert_eq!(found(&[&text, &text]), [want], "{text}");
        assert_eq!(found(&[&text]), [""; 0], "{text}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of objects")]
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
        ingress_with(&spec)
    };
    let node_port = |protocol: &str| {
        let spec = format!("{{type: NodePort, ports: [{{port: 53, nodePort: 30053, protocol: {protocol}}}]}}");
        object("v1", "Service", &spec)
    };
    let open_ingress = |class: &str| {
        let spec = format!("{{{class}, rules: [{{http: {{paths: [{{path: /}}]}}}}]}}");
        ingress_with(&spec)
    };
    let gateway_route = |section: &str| {
        let spec = format!("{{parentRefs: [{{name: g, namespace: infra, {section}}}], rules: [{{}}]}}");
        object(GATEWAY, "HTTPRoute", &spec)
    };
    let traefik_route = |entry_points: &str| {
        let spec = format!("{{{entry_points}, routes: [{{match: PathPrefix(`/`)}}]}}");
        object("traefik.io/v1alpha1", "IngressRoute", &spec)
    };
    let external_ip =
        |port: &str| object("v1", "Service", &format!("{{externalIPs: [192.0.2.7], ports: [{{port: {port}}}]}}"));
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
        same(object(ISTIO, "VirtualService", "{gateways: [mesh, istio-egress], hosts: [a.example.com], http: [{}]}")),
        same(ingress_with("{ingressClassName: gce, rules: [{http: {paths: [{path: /}]}}]}")),
        same(annotated("networking.k8s.io/v1", "Ingress", "kubernetes.io/ingress.class: alb", "{defaultBackend: {}}")),
        (open_ingress("ingressClassName: one"), open_ingress("ingressClassName: two")),
        (open_ingress("ingressClassName: one"), open_ingress("x: y")),
        (
            open_ingress("ingressClassName: nginx").replace("path: /", "path: /a"),
            open_ingress("ingressClassName: nginx"),
        ),
        (gateway_route("sectionName: one"), gateway_route("sectionName: two")),
        (traefik_route("entryPoints: [web]"), traefik_route("entryPoints: [other]")),
        same(object("traefik.io/v1alpha1", "IngressRoute", "{routes: [{match: HostRegexp(`.+`)}]}")),
        (external_ip("80"), external_ip("81")),
        same(object("v1", "Service", "{clusterIP: None, ports: [{port: 80}]}")),
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
        assert_eq!(found(&[&one, &other]), ["several branches use the load balancer address `192.0.2.7`"], "{other}");
    }
}

#[test]
fn a_claim_of_two_kinds_of_routes_is_one_claim() {
    let ingress = ingress_with("{rules: [{host: a.example.com}]}");
    let route = object(GATEWAY, "HTTPRoute", "{parentRefs: [{name: g}], hostnames: [a.example.com]}");
    assert_eq!(found(&[&ingress, &route]), ["several branches route `a.example.com/`"]);
    assert_eq!(found(&[&format!("{ingress}---\n{route}")]), [""; 0]);
}

#[test]
fn a_part_excludes_the_whole() {
    let route = |section: &str| {
        let parent = format!("{{name: g, namespace: infra{section}}}");
        object(GATEWAY, "HTTPRoute", &format!("{{parentRefs: [{parent}], rules: [{{}}]}}"))
    };
    let want = "several branches route `/` of all hosts of the gateway `infra/g`";
    assert_eq!(found(&[&route(""), &route(", sectionName: https")]), [want]);
    let endpoint = |set: &str| {
        let endpoint = format!("{{dnsName: a.example.com, recordType: A{set}}}");
        object("externaldns.k8s.io/v1alpha1", "DNSEndpoint", &format!("{{endpoints: [{endpoint}]}}"))
    };
    let want = "several branches have DNS records for `a.example.com`";
    assert_eq!(found(&[&endpoint(""), &endpoint(", setIdentifier: one")]), [want]);
    let both = [endpoint(", setIdentifier: one"), endpoint(", setIdentifier: two")];
    assert_eq!(found(&[&both[0], &both[1], &endpoint("")]), [want]);
}

#[test]
fn claims_are_compared_in_normal_form() {
    let ingress = |host: &str| ingress_with(&format!("{{rules: [{{host: '{host}'}}]}}"));
    for (one, other, want) in [
        ("a.example.com", "A.Example.com.", "a.example.com"),
        ("größe.example.com", "xn--gre-6ka8i.example.com", "xn--gre-6ka8i.example.com"),
        ("*.example.com", "*.EXAMPLE.com", "*.example.com"),
    ] {
        assert_eq!(found(&[&ingress(one), &ingress(other)]), [format!("several branches route `{want}/`")]);
    }
    // A wildcard is for the hosts that no other route has.
    assert_eq!(found(&[&ingress("*.example.com"), &ingress("a.example.com")]), [""; 0]);
    let node_port = |port: &str| object("v1", "Service", &format!("{{type: NodePort, ports: [{{nodePort: {port}}}]}}"));
    assert_eq!(found(&[&node_port("30080"), &node_port("0x7580")]), ["several branches use the node port 30080/TCP"]);
}

#[test]
fn a_route_that_stays_in_its_namespace_uses_a_gateway_there() {
    let kept = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: NAME, namespace: infra, \
                annotations: {pleach.dev/namespace: keep}}\nspec: {parentRefs: [{name: g}], rules: [{}]}\n";
    let want = "several branches route `/` of all hosts of the gateway `infra/g`";
    assert_eq!(found(&[&kept.replace("NAME", "a"), &kept.replace("NAME", "b")]), [want]);
}

#[test]
fn all_hosts_can_be_in_common() {
    let text = ingress_with("{ingressClassName: nginx, rules: [{}]}");
    let named = ingress_with("{rules: [{host: a.example.com}]}");
    let allowed = SharedClaim {
        claim: CommonClaim::Host(DnsName::host("*").unwrap()),
        reason: "one controller for each branch".into(),
        at: Location::NONE,
    };
    assert_eq!(found_with(&[&text, &text], std::slice::from_ref(&allowed)), [""; 0]);
    assert_eq!(found_with(&[&named, &named], &[allowed]), ["several branches route `a.example.com/`"]);
}
