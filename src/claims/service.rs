//! Claims of ports, addresses and volumes.

use super::reader::{ClaimReader, items};
use super::{AddressSharing, Claimed};
use crate::node::Node;
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
/// Annotations with addresses, separated by commas.
const ADDRESS_ANNOTATIONS: [&str; 5] = [
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
    "kube-vip.io/loadbalancerIPs",
];

/// Reads the claims of ports, addresses and volumes.
pub(super) fn read(reader: &mut ClaimReader) {
    let Some(spec) = reader.spec() else { return };
    if reader.is("", "Service") {
        service(reader, spec);
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
    let is_load_balancer = match spec.str_at(&["type"]) {
        Some("LoadBalancer") => true,
        Some("NodePort") => false,
        _ => return,
    };
    // Any host of the branch may point to the Service.
    reader.serves(spec, "*");
    for port in items(spec, "ports") {
        if let Some((node, number)) = assigned(port.get("nodePort")) {
            reader.claim(node, Claimed::NodePort { port: number.into(), protocol: protocol(port) });
        }
    }
    if let Some((node, number)) = assigned(spec.get("healthCheckNodePort")) {
        reader.claim(node, Claimed::NodePort { port: number.into(), protocol: "TCP".into() });
    }
    if is_load_balancer {
        addresses(reader, spec);
    }
}

fn addresses(reader: &mut ClaimReader, spec: &Node) {
    let key = SHARING_ANNOTATIONS.iter().find_map(|key| reader.annotation(key)?.as_text());
    let ports: BTreeSet<SmolStr> = items(spec, "ports")
        .filter_map(|port| Some(format!("{}/{}", port.get("port")?.as_text()?, protocol(port)).into()))
        .collect();
    let sharing = key.map(|key| AddressSharing { key: key.into(), ports });
    let annotations = ADDRESS_ANNOTATIONS.iter().filter_map(|key| reader.annotation(key));
    let nodes: Vec<&Node> = spec.get("loadBalancerIP").into_iter().chain(annotations).collect();
    for node in nodes {
        for text in node.as_text().unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let address = text.parse::<IpAddr>().map_or_else(|_| text.into(), |address| address.to_string().into());
            reader.claim_address(node, address, sharing.clone());
        }
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
            reader.claim(node, Claimed::HostPort { port: number.into(), protocol: protocol(port) });
        }
    }
}

/// A port with its number. For 0, the cluster assigns one.
fn assigned(port: Option<&Node>) -> Option<(&Node, &str)> {
    let node = port?;
    Some((node, node.as_text()?)).filter(|(_, number)| *number != "0")
}
