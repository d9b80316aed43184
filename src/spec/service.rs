//! `services:`, the services of the application.

use super::section::Section;
use super::settings::{Overlay, SettingsReader};
use super::spec_error;
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::schema::name::is_label_with_letter;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A service of the application.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Service {
    /// The name in the spec.
    pub(crate) name: SmolStr,
    /// The overlay with its workload.
    pub(crate) overlay: Option<Overlay>,
    /// The name of its Kubernetes Service.
    pub(crate) service: SmolStr,
    /// The `ports:` of the Service.
    pub(crate) ports: Option<Node>,
    /// Where it is written.
    pub(crate) at: Location,
}

/// Reads the services in the order of the file, which is the order of their overlays.
pub(super) fn services(top: &Section, reader: &mut SettingsReader, faults: &mut Vec<Diagnostic>) -> Vec<Service> {
    let mut services = Vec::new();
    let mut known: BTreeMap<SmolStr, Location> = BTreeMap::new();
    for entry in top.map("services").into_iter().flatten().filter(|entry| entry.value.as_map().is_some()) {
        let (name, at) = (&entry.key.text, entry.key.at);
        let section = Section::new("service", &entry.value);
        let service = section.text("service").unwrap_or_else(|| name.clone());
        if !is_label_with_letter(&service) {
            let error =
                spec_error(format!("`{service}` is not a valid Service name")).at(section.place("service").or(at));
            faults.push(error.help(
                "a Service name has at most 63 of a-z, 0-9 and `-`, begins with a letter and does not end with `-`; set `service:` to another name",
            ));
        }
        if let Some(first) = known.insert(service.clone(), at) {
            let error = spec_error(format!("duplicate Service `{service}`")).at(at);
            faults.push(error.note(first, "first used here").help("set `service:` to a different name"));
        }
        let ports = section.node("ports").filter(|ports| ports.as_seq().is_some());
        if let Some(second) = ports.and_then(Node::as_seq).filter(|ports| ports.len() > 1) {
            let unnamed = second.iter().find(|port| port.as_map().is_some() && port.get("name").is_none());
            faults.extend(unnamed.map(|port| {
                spec_error("a port has no `name`".to_owned())
                    .at(port.at)
                    .help("name each port if a Service has several")
            }));
        }
        let overlay = section.node("overlay").and_then(|node| reader.overlay(node, faults));
        services.push(Service { name: name.clone(), overlay, service, ports: ports.cloned(), at });
    }
    services
}
