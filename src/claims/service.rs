//! Claims of ports, addresses and volumes.

use super::reader::{ClaimReader, items};
use super::{ClaimPart, Claimed};
use crate::node::Node;
use crate::yaml::number;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Services with the same value of one of these annotations share an address.
const SHARING_ANNOTATIONS: [&str; 4] = [
    "metallb.io/allow-shared-ip",
    "metallb.universe.tf/allow-shared-ip",
    "lbipam.cilium.io/sharing-key",
    "io.cilium/lb-ipam-sharing-key",
];
/// Annotations with addresses or their names, separated by commas.
const ADDRESS_ANNOTATIONS: [&str; 9] = [
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
    "kube-vip.io/loadbalancerIPs",
    "purelb.io/addresses",
    "networking.gke.io/load-balancer-ip-addresses",
    "service.beta.kubernetes.io/aws-load-balancer-eip-allocations",
    "service.beta.kubernetes.io/aws-load-balancer-private-ipv4-addresses",
];
/// Annotations of Azure with an address or its name. Services with other ports share it.
const SHARED_ADDRESS_ANNOTATIONS: [&str; 4] = [
    "service.beta.kubernetes.io/azure-load-balancer-ipv4",
    "service.beta.kubernetes.io/azure-load-balancer-ipv6",
    "service.beta.kubernetes.io/azure-pip-name",
    "service.beta.kubernetes.io/azure-pip-name-ipv6",
];
/// Annotations of an Ingress with the name of an address.
const ADDRESS_NAME_ANNOTATIONS: [&str; 2] =
    ["kubernetes.io/ingress.global-static-ip-name", "kubernetes.io/ingress.regional-static-ip-name"];

/// Reads the claims of ports, addresses and volumes.
pub(super) fn read(reader: &mut ClaimReader) {
    let Some(spec) = reader.spec() else { return };
    if reader.is("", "Service") {
        service(reader, spec);
    } else if reader.is("networking.k8s.io", "Ingress") {
        let names: Vec<&Node> = ADDRESS_NAME_ANNOTATIONS.iter().filter_map(|key| reader.annotation(key)).collect();
        for name in names {
            address(reader, name, &ClaimPart::Whole);
        }
    } else if reader.is("gateway.networking.k8s.io", "Gateway") {
        let values = items(spec, "addresses").filter_map(|address| address.get("value"));
        values.for_each(|value| address(reader, value, &ClaimPart::Whole));
    } else if reader.is("", "PersistentVolumeClaim") {
        volume(reader, spec);
    } else if reader.is("", "Pod") {
        host_ports(reader, spec);
    } else if reader.gvk.group == "apps" {
        items(spec, "volumeClaimTemplates").filter_map(|claim| claim.get("spec")).for_each(|spec| volume(reader, spec));
        if let Some(pod) = spec.at_path(&["template", "spec"]) {
            host_ports(reader, pod);
        }
    }
}

fn service(reader: &mut ClaimReader, spec: &Node) {
    let ports: BTreeSet<SmolStr> = items(spec, "ports")
        .filter_map(|port| Some(format!("{}/{}", port.get("port")?.as_text()?, protocol(port)).into()))
        .collect();
    let shared_by = |key: &str| ClaimPart::Ports { key: key.into(), ports: ports.clone() };
    for node in spec.get("clusterIP").into_iter().chain(items(spec, "clusterIPs")) {
        if let Some(address) = node.as_text().and_then(|text| text.parse::<IpAddr>().ok()) {
            reader.claim(node, Claimed::ClusterIp { address: address.to_string().into() });
        }
    }
    items(spec, "externalIPs").for_each(|node| address(reader, node, &shared_by("externalIPs")));
    let is_load_balancer = match spec.str_at(&["type"]) {
        Some("LoadBalancer") => true,
        Some("NodePort") => false,
        _ => return,
    };
    // Any host of the branch may point to the Service.
    reader.serves_all(spec);
    for port in items(spec, "ports") {
        if let Some((node, number)) = assigned(port.get("nodePort")) {
            reader.claim(node, Claimed::NodePort { port: number, protocol: protocol(port) });
        }
    }
    if let Some((node, number)) = assigned(spec.get("healthCheckNodePort")) {
        reader.claim(node, Claimed::NodePort { port: number, protocol: "TCP".into() });
    }
    if is_load_balancer {
        let key = SHARING_ANNOTATIONS.iter().find_map(|key| reader.annotation(key)?.as_text());
        let part = key.map_or(ClaimPart::Whole, shared_by);
        let annotations = ADDRESS_ANNOTATIONS.iter().filter_map(|key| reader.annotation(key));
        let nodes: Vec<&Node> = spec.get("loadBalancerIP").into_iter().chain(annotations).collect();
        for node in nodes {
            address(reader, node, &part);
        }
        for (key, node) in
            SHARED_ADDRESS_ANNOTATIONS.iter().filter_map(|key| Some((key, reader.annotation(key)?))).collect::<Vec<_>>()
        {
            address(reader, node, &shared_by(key));
        }
    }
}

/// Claims the addresses of a text, separated by commas.
fn address(reader: &mut ClaimReader, node: &Node, part: &ClaimPart) {
    // `0.0.0.0` asks kube-vip for any address.
    let is_any = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    let texts = node.as_text().unwrap_or_default().split(',').map(str::trim);
    for text in texts.filter(|text| !text.is_empty() && !is_any(text)) {
        let address = text.parse::<IpAddr>().map_or_else(|_| text.into(), |address| address.to_string().into());
        reader.claim_part(node, Claimed::Address { address }, part.clone());
    }
}

fn protocol(port: &Node) -> SmolStr {
    port.str_at(&["protocol"]).unwrap_or("TCP").into()
}

fn volume(reader: &mut ClaimReader, spec: &Node) {
    let named = spec.get("volumeName").and_then(|node| Some((node, node.as_text()?)));
    if let Some((node, name)) = named.filter(|(_, name)| !name.is_empty()) {
        reader.claim(node, Claimed::Volume { name: name.into() });
    }
}

fn host_ports(reader: &mut ClaimReader, pod: &Node) {
    let is_on_host = pod.get("hostNetwork").and_then(Node::as_bool) == Some(true);
    let containers = items(pod, "initContainers").chain(items(pod, "containers"));
    for port in containers.flat_map(|container| items(container, "ports")) {
        let own = if is_on_host { port.get("hostPort").or(port.get("containerPort")) } else { port.get("hostPort") };
        if let Some((node, number)) = assigned(own) {
            reader.claim(node, Claimed::HostPort { port: number, protocol: protocol(port) });
        }
    }
}

/// A port with its number. For 0, the cluster assigns one.
fn assigned(port: Option<&Node>) -> Option<(&Node, SmolStr)> {
    let node = port?;
    let number = number::parse_int(node.as_text()?).filter(|number| *number != 0)?;
    Some((node, number.to_string().into()))
}
