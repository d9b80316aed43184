//! Claims of hosts: Ingresses, routes of gateways, DNS records and certificates.

use super::reader::{ClaimReader, compact, host_name, items, public_host};
use super::{ADDRESS_RECORD, ALL_HOSTS, ClaimPart, Claimed, RouteHost, SharedProxy};
use crate::node::Node;
use smol_str::SmolStr;

/// The annotations of external-dns with host names, separated by commas.
const DNS_ANNOTATIONS: [&str; 2] =
    ["external-dns.alpha.kubernetes.io/hostname", "external-dns.alpha.kubernetes.io/internal-hostname"];
const SET_ANNOTATION: &str = "external-dns.alpha.kubernetes.io/set-identifier";
/// With another value than `dns-controller`, external-dns ignores the object.
const CONTROLLER_ANNOTATION: &str = "external-dns.alpha.kubernetes.io/controller";
/// A canary shares host and path with the Ingress that it is a canary of.
const CANARY_ANNOTATION: &str = "nginx.ingress.kubernetes.io/canary";

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
/// Ingresses with the same value share a load balancer of AWS.
const GROUP_ANNOTATION: &str = "alb.ingress.kubernetes.io/group.name";
/// Classes whose controllers give each Ingress a load balancer.
const OWN_LOAD_BALANCER: [&str; 3] = ["alb", "gce", "gce-internal"];

/// A proxy that is not the branch's, and the part of it that a route is attached to.
type ProxyPart = (SharedProxy, ClaimPart);
/// A path of a route, as messages show it, and further conditions.
type RoutePath = (SmolStr, SmolStr);

/// Reads the claims of hosts.
pub(super) fn read(reader: &mut ClaimReader) {
    annotations(reader);
    let Some(spec) = reader.spec() else { return };
    let (group, kind) = (reader.gvk.group.clone(), reader.gvk.kind.clone());
    match (group.as_str(), kind.as_str()) {
        ("networking.k8s.io" | "extensions", "Ingress") => ingress(reader, spec),
        ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute") => {
            gateway_route(reader, spec);
        }
        ("gateway.networking.k8s.io", "Gateway") => {
            let names = items(spec, "listeners").map(|listener| (listener, listener.get("hostname")));
            names.for_each(|(listener, name)| listener_host(reader, listener, name));
        }
        ("networking.istio.io", "VirtualService") => virtual_service(reader, spec),
        ("networking.istio.io", "Gateway") => istio_servers(reader, spec),
        ("route.openshift.io", "Route") => {
            one_host(reader, spec.get("host"), prefix(spec.str_at(&["path"]).unwrap_or("/")));
        }
        ("projectcontour.io", "HTTPProxy") => one_host(reader, spec.at_path(&["virtualhost", "fqdn"]), prefix("/")),
        ("serving.knative.dev", "DomainMapping") => {
            one_host(reader, reader.node.at_path(&["metadata", "name"]), prefix("/"));
        }
        ("traefik.io" | "traefik.containo.us", "IngressRoute" | "IngressRouteTCP") => traefik_route(reader, spec),
        ("externaldns.k8s.io", "DNSEndpoint") => dns_endpoint(reader, spec),
        ("cert-manager.io", "Certificate") => {
            items(spec, "dnsNames").chain(spec.get("commonName")).for_each(|name| certificate(reader, name));
        }
        ("networking.gke.io", "ManagedCertificate") => {
            items(spec, "domains").for_each(|name| certificate(reader, name));
        }
        _ => {}
    }
}

fn one_host(reader: &mut ClaimReader, host: Option<&Node>, path: RoutePath) {
    if let Some(host) = host {
        named(reader, host, &[path]);
    }
}

/// Claims a host with some paths.
fn named(reader: &mut ClaimReader, host: &Node, paths: &[RoutePath]) {
    let Some(name) = host.as_text().and_then(host_name) else { return };
    for (path, condition) in paths {
        let host_name = RouteHost::Name(name.clone());
        reader.claim(host, Claimed::Route { host: host_name, path: path.clone(), condition: condition.clone() });
    }
}

fn listener_host(reader: &mut ClaimReader, listener: &Node, name: Option<&Node>) {
    match name.and_then(Node::as_text).and_then(host_name).filter(|name| name != ALL_HOSTS) {
        Some(host) => reader.serves(listener, &host),
        None => reader.serves_all(listener),
    }
}

/// A path and all paths below it.
fn prefix(path: &str) -> RoutePath {
    let path = path.trim_end_matches('/');
    (if path.is_empty() { "/" } else { path }.into(), SmolStr::default())
}

fn exact(path: &str) -> RoutePath {
    (path.into(), "exact path".into())
}

fn ingress(reader: &mut ClaimReader, spec: &Node) {
    let is_canary = reader.annotation(CANARY_ANNOTATION).and_then(Node::as_text) == Some("true");
    let proxies: Vec<ProxyPart> =
        if is_canary { Vec::new() } else { ingress_proxy(reader, spec).into_iter().collect() };
    for rule in items(spec, "rules") {
        let paths = rule.get("http").into_iter().flat_map(|http| items(http, "paths"));
        let mut paths: Vec<RoutePath> = paths
            .map(|path| {
                let text = path.str_at(&["path"]).unwrap_or("/");
                if path.str_at(&["pathType"]) == Some("Exact") { exact(text) } else { prefix(text) }
            })
            .collect();
        if paths.is_empty() {
            paths.push(prefix("/"));
        }
        match rule.get("host").filter(|host| host.as_text().is_some_and(|text| !text.is_empty())) {
            Some(host) if is_canary => listener_host(reader, rule, Some(host)),
            Some(host) => named(reader, host, &paths),
            None => all_hosts(reader, rule, &proxies, &paths),
        }
    }
    if let Some(back_end) = spec.get("defaultBackend").or(spec.get("backend")) {
        // Beside rules, it is for their hosts.
        let has_rules = items(spec, "rules").next().is_some();
        all_hosts(reader, back_end, if has_rules { &[] } else { &proxies }, &[prefix("/")]);
    }
}

/// The proxy of an Ingress, unless it has a load balancer of its own.
fn ingress_proxy(reader: &ClaimReader, spec: &Node) -> Option<ProxyPart> {
    let annotation = |key| reader.annotation(key).and_then(Node::as_text);
    let class = spec.str_at(&["ingressClassName"]).or(annotation(CLASS_ANNOTATION));
    let proxy = match (annotation(GROUP_ANNOTATION), class) {
        (Some(group), _) => SharedProxy::IngressGroup(group.into()),
        (None, Some(class)) if OWN_LOAD_BALANCER.contains(&class) => return None,
        (None, Some(class)) => SharedProxy::IngressClass(class.into()),
        (None, None) => SharedProxy::DefaultIngressClass,
    };
    Some((proxy, ClaimPart::Whole))
}

/// A route of the Gateway API. One that is attached to a Service or to a mesh only has no host of its own.
fn gateway_route(reader: &mut ClaimReader, spec: &Node) {
    let of_mesh = |parent: &&Node| {
        matches!(
            parent.str_at(&["kind"]),
            Some("Service" | "ServiceImport" | "ServiceEntry" | "Hostname" | "Mesh" | "XMesh")
        )
    };
    let gateways: Vec<&Node> = items(spec, "parentRefs").filter(|parent| !of_mesh(parent)).collect();
    if gateways.is_empty() {
        return;
    }
    let kind = reader.gvk.kind.clone();
    let mut paths: Vec<RoutePath> =
        items(spec, "rules").flat_map(|rule| items(rule, "matches")).map(|found| gateway_match(&kind, found)).collect();
    let has_open_rule = items(spec, "rules").any(|rule| items(rule, "matches").next().is_none());
    if paths.is_empty() || has_open_rule {
        paths.push(match kind.as_str() {
            "HTTPRoute" => prefix("/"),
            other => (SmolStr::default(), SmolStr::from(other.trim_end_matches("Route"))),
        });
    }
    let mut names = items(spec, "hostnames").peekable();
    if names.peek().is_none() {
        let gateways: Vec<ProxyPart> = gateways.iter().filter_map(|parent| shared_gateway(reader, parent)).collect();
        all_hosts(reader, spec, &gateways, &paths);
    }
    names.for_each(|name| named(reader, name, &paths));
}

/// The gateway of a route and its listener. A gateway of the branch itself is not shared.
fn shared_gateway(reader: &ClaimReader, parent: &Node) -> Option<ProxyPart> {
    let namespace = parent.str_at(&["namespace"]).unwrap_or(reader.own_namespace);
    let name = parent.str_at(&["name"]).filter(|_| namespace != reader.namespace)?;
    let port = || Some(format!("port {}", parent.get("port")?.as_text()?));
    let listener = parent.str_at(&["sectionName"]).map(str::to_owned).or_else(port);
    Some((SharedProxy::Gateway(format!("{namespace}/{name}").into()), ClaimPart::named(listener.as_deref())))
}

/// Claims all hosts of proxies.
fn all_hosts(reader: &mut ClaimReader, node: &Node, proxies: &[ProxyPart], paths: &[RoutePath]) {
    reader.serves_all(node);
    for (proxy, part) in proxies {
        for (path, condition) in paths {
            let host = RouteHost::All(proxy.clone());
            let claimed = Claimed::Route { host, path: path.clone(), condition: condition.clone() };
            reader.claim_part(node, claimed, part.clone());
        }
    }
}

fn gateway_match(kind: &str, found: &Node) -> RoutePath {
    if kind == "GRPCRoute" {
        return (SmolStr::default(), format!("GRPC {}", compact(found)).into());
    }
    let value = found.str_at(&["path", "value"]).unwrap_or("/");
    let (path, how) = match found.str_at(&["path", "type"]) {
        Some("Exact") => exact(value),
        Some("RegularExpression") => (value.into(), "regular expression".into()),
        _ => prefix(value),
    };
    (path, joined(&how, &rest(found, &["path"])))
}

/// Everything in a mapping except for some keys.
fn rest(found: &Node, keys: &[&str]) -> String {
    let mut others = found.clone();
    if let Some(map) = others.as_map_mut() {
        map.retain(|entry| !keys.contains(&entry.key.text.as_str()));
    }
    compact(&others)
}

fn joined(one: &str, other: &str) -> SmolStr {
    if one.is_empty() || other.is_empty() { format!("{one}{other}") } else { format!("{one}, {other}") }.into()
}

/// A `VirtualService` of Istio. Without a gateway, it is for the mesh. An egress gateway is for the hosts of others.
fn virtual_service(reader: &mut ClaimReader, spec: &Node) {
    let is_ingress = |name: &&str| *name != "mesh" && !name.contains("egress");
    let gateways: Vec<&str> = items(spec, "gateways").filter_map(Node::as_text).filter(is_ingress).collect();
    if gateways.is_empty() {
        return;
    }
    let mut paths: Vec<RoutePath> = Vec::new();
    for rule in items(spec, "http") {
        let before = paths.len();
        paths.extend(items(rule, "match").map(istio_match));
        if paths.len() == before {
            paths.push(prefix("/"));
        }
    }
    for (key, name) in [("tls", "TLS"), ("tcp", "TCP")] {
        paths.extend(items(spec, key).map(|rule| {
            let found: Vec<String> = items(rule, "match").map(compact).collect();
            (SmolStr::default(), joined(name, &found.join(", ")))
        }));
    }
    let shared: Vec<ProxyPart> = gateways.iter().filter_map(|gateway| istio_gateway(reader, gateway)).collect();
    for name in items(spec, "hosts") {
        if name.as_text() == Some(ALL_HOSTS) {
            all_hosts(reader, name, &shared, &paths);
        } else if name.as_text().and_then(public_host).is_some() {
            named(reader, name, &paths);
        }
    }
}

/// The servers of a `Gateway` of Istio that terminate or pass on TLS. Of two with the same port and host on the same pods, Istio uses
/// one (IST0145), whatever the namespaces of the Gateways are. It merges plain HTTP servers. An egress gateway is for the hosts of others.
fn istio_servers(reader: &mut ClaimReader, spec: &Node) {
    let selector = spec.get("selector").map(compact).unwrap_or_default();
    if selector.contains("egress") {
        return;
    }
    let is_plain = |server: &Node| {
        let protocol = server.str_at(&["port", "protocol"]).unwrap_or_default().to_uppercase();
        server.get("tls").is_none()
            || protocol.starts_with("HTTP") && protocol != "HTTPS"
            || protocol.starts_with("GRPC")
    };
    for server in items(spec, "servers").filter(|server| !is_plain(server)) {
        let port = server.at_path(&["port", "number"]).and_then(Node::as_text).unwrap_or_default();
        let address = server.str_at(&["bind"]).map(|address| format!(" of {address}")).unwrap_or_default();
        let shown = SmolStr::from(format!("port {port}{address} of the Istio gateway `{selector}`"));
        for node in items(server, "hosts") {
            // The namespace before a host limits the routes, not the server.
            let host = node.as_text().unwrap_or_default();
            if let Some(host) = host_name(host.rsplit('/').next().unwrap_or_default()).filter(|host| host != ALL_HOSTS)
            {
                let (host, path) = (RouteHost::Name(host), SmolStr::default());
                reader.claim(node, Claimed::Route { host, path, condition: shown.clone() });
            } else {
                let proxy = (SharedProxy::IstioGateway(shown.clone()), ClaimPart::Whole);
                all_hosts(reader, node, &[proxy], &[RoutePath::default()]);
            }
        }
    }
}

/// A gateway of Istio, as `namespace/name` or as the name of one beside the route. A gateway of the branch itself is not shared.
fn istio_gateway(reader: &ClaimReader, gateway: &str) -> Option<ProxyPart> {
    let (namespace, name) = gateway.split_once('/').unwrap_or((reader.own_namespace, gateway));
    let proxy = SharedProxy::Gateway(format!("{namespace}/{name}").into());
    (namespace != reader.namespace).then_some((proxy, ClaimPart::Whole))
}

fn istio_match(found: &Node) -> RoutePath {
    let uri = |kind| found.str_at(&["uri", kind]);
    let (path, how) = match (uri("exact"), uri("prefix"), uri("regex")) {
        (Some(path), ..) => exact(path),
        (_, Some(path), _) => prefix(path),
        (.., Some(path)) => (path.into(), "regular expression".into()),
        _ => prefix("/"),
    };
    (path, joined(&how, &rest(found, &["uri", "name", "gateways"])))
}

/// A route of Traefik, whose rule is a text such as ``Host(`a.example.com`) && PathPrefix(`/api`)``.
fn traefik_route(reader: &mut ClaimReader, spec: &Node) {
    let class = reader.annotation(CLASS_ANNOTATION).and_then(Node::as_text).unwrap_or_default();
    let traefik = |part| (SharedProxy::Traefik(class.into()), part);
    let mut proxies: Vec<ProxyPart> =
        items(spec, "entryPoints").map(|name| traefik(ClaimPart::named(name.as_text()))).collect();
    if proxies.is_empty() {
        proxies.push(traefik(ClaimPart::Whole));
    }
    for route in items(spec, "routes") {
        let Some((node, rule)) = route.get("match").and_then(|node| Some((node, node.as_text()?))) else { continue };
        let hosts: Vec<SmolStr> = traefik_hosts(rule).collect();
        if hosts.iter().any(|host| host == ALL_HOSTS) || hosts.is_empty() {
            // The hosts of a regular expression are not known.
            let proxies = if rule.contains("Regexp(") { &[][..] } else { &proxies };
            all_hosts(reader, node, proxies, &[(SmolStr::default(), rule.into())]);
        }
        for host in hosts.into_iter().filter(|host| host != ALL_HOSTS) {
            let host = RouteHost::Name(host);
            reader.claim(node, Claimed::Route { host, path: SmolStr::default(), condition: rule.into() });
        }
    }
}

/// The hosts in a rule of Traefik.
fn traefik_hosts(rule: &str) -> impl Iterator<Item = SmolStr> {
    let calls = ["Host(", "HostSNI("].into_iter().flat_map(|call| rule.split(call).skip(1));
    let arguments = calls.filter_map(|text| text.split(')').next()).flat_map(|arguments| arguments.split(','));
    arguments.filter_map(|host| host_name(host.trim().trim_matches(['`', '"', '\''])))
}

fn dns_endpoint(reader: &mut ClaimReader, spec: &Node) {
    for endpoint in items(spec, "endpoints") {
        let Some(name) = endpoint.get("dnsName") else { continue };
        let record = endpoint.str_at(&["recordType"]).unwrap_or("A");
        record_set(reader, name, name.as_text(), record, endpoint.str_at(&["setIdentifier"]));
    }
}

fn annotations(reader: &mut ClaimReader) {
    let controller = reader.annotation(CONTROLLER_ANNOTATION).and_then(Node::as_text);
    if controller.is_some_and(|controller| controller != "dns-controller") {
        return;
    }
    let set = reader.annotation(SET_ANNOTATION).and_then(Node::as_text);
    for node in DNS_ANNOTATIONS.iter().filter_map(|key| reader.annotation(key)).collect::<Vec<_>>() {
        for name in node.as_text().unwrap_or_default().split(',') {
            record_set(reader, node, Some(name), "A", set);
        }
    }
}

/// Claims a record set. Records of addresses exclude each other, and a record without an identifier excludes those with one.
fn record_set(reader: &mut ClaimReader, node: &Node, name: Option<&str>, record: &str, set: Option<&str>) {
    let record = if matches!(record, "A" | "AAAA" | "CNAME") { ADDRESS_RECORD } else { record };
    if let Some(host) = name.and_then(public_host) {
        reader.claim_part(node, Claimed::Record { host, record: record.into() }, ClaimPart::named(set));
    }
}

fn certificate(reader: &mut ClaimReader, name: &Node) {
    if let Some(host) = name.as_text().and_then(public_host) {
        reader.claim(name, Claimed::Certificate { host });
    }
}
