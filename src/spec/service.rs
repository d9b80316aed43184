//! The parts that the application is made of, and the branch from which others take those that they do not run.

use super::section::{Section, text};
use super::settings::{Overlay, SettingsReader};
use super::{BranchEntry, BranchSettings, Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::schema::name::is_label;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A part of the application.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// What the spec calls it.
    pub name: SmolStr,
    /// What runs it.
    pub overlay: Option<Overlay>,
    /// The name of its Kubernetes Service.
    pub service: SmolStr,
    /// Entries of `ports:` as Services have them.
    pub ports: Option<Node>,
    /// Where it is written.
    pub at: Location,
}

/// What a branch lists of things that have names.
pub type ServiceNames = Vec<Placed<SmolStr>>;

/// Reads the services in the order in which they are written, which is that of their overlays.
pub(super) fn services(top: &Section, reader: &mut SettingsReader, faults: &mut Vec<Diagnostic>) -> Vec<Service> {
    let mut services = Vec::new();
    let mut known: BTreeMap<SmolStr, Location> = BTreeMap::new();
    for entry in top.map("services").into_iter().flatten().filter(|entry| entry.value.as_map().is_some()) {
        let (name, at) = (&entry.key.text, entry.key.at);
        let section = Section::new("service", &entry.value);
        let service = section.text("service").unwrap_or_else(|| name.clone());
        if !is_service(&service) {
            let error = spec_error(format!("`{service}` is no name for a Service")).at(section.place("service").or(at));
            faults.push(error.help(
                "it takes at most 63 of a-z, 0-9 and `-`, begins with a letter and does not end with `-`; `service:` may name another",
            ));
        }
        if let Some(first) = known.insert(service.clone(), at) {
            let error = spec_error(format!("two services are the Service `{service}`")).at(at);
            faults.push(error.note(first, "the first").help("`service:` names the Service of each"));
        }
        let ports = section.node("ports").filter(|ports| ports.as_seq().is_some());
        if let Some(second) = ports.and_then(Node::as_seq).filter(|ports| ports.len() > 1) {
            let unnamed = second.iter().find(|port| port.as_map().is_some() && port.get("name").is_none());
            faults.extend(unnamed.map(|port| {
                spec_error("one of several ports has no `name`".to_owned()).at(port.at).help("Kubernetes asks for one")
            }));
        }
        let overlay = section.node("overlay").and_then(|node| reader.overlay(node, faults));
        services.push(Service { name: name.clone(), overlay, service, ports: ports.cloned(), at });
    }
    services
}

/// Whether a Service may be called so (RFC 1035).
pub(super) fn is_service(name: &str) -> bool {
    is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// A list of names, none of which stands twice.
pub(super) fn names(list: &[Node], what: &str, faults: &mut Vec<Diagnostic>) -> ServiceNames {
    let mut seen = BTreeSet::new();
    let names = list.iter().filter_map(|node| {
        let name = text(node)?;
        if !seen.insert(name.clone()) {
            faults.push(spec_error(format!("the {what} `{name}` stands twice in this list")).at(node.at));
            return None;
        }
        Some(Placed { value: name, at: node.at })
    });
    names.collect()
}

/// What the services, the baseline and the branches say of one another.
pub(super) fn check(
    services: &[Service],
    baseline: Option<&Placed<SmolStr>>,
    defaults: &BranchSettings,
    branches: &[BranchEntry],
    faults: &mut Vec<Diagnostic>,
) {
    let base = baseline.and_then(|name| branches.iter().find(|branch| branch.name == name.value));
    if let Some(name) = baseline {
        faults.extend(self::baseline(name, base, services, branches));
    }
    for branch in branches {
        let Some(listed) = &branch.services else { continue };
        for name in listed.iter().filter(|name| services.iter().all(|service| service.name != name.value)) {
            let error = spec_error(format!("there is no service `{}`", name.value)).at(name.at);
            let error = error.suggest(&name.value, services.iter().map(|service| service.name.as_str()));
            faults.push(if services.is_empty() {
                error.help("`services` at the top says which there are")
            } else {
                error
            });
        }
        let absent = services.iter().find(|service| !branch.runs(&service.name));
        if let Some(service) = absent.filter(|_| baseline.is_none()) {
            let message = format!("the branch `{}` has nobody to take `{}` from", branch.name, service.name);
            faults.push(
                spec_error(message).at(branch.at).help("`baseline: main` names the branch that runs all services"),
            );
        }
    }
    let lists = branches.iter().map(|branch| &branch.settings).chain([defaults]);
    for overlay in lists.flat_map(|settings| settings.overlays.iter().flatten()) {
        let twice = services.iter().find(|s| s.overlay.as_ref().is_some_and(|own| own.value == overlay.value));
        faults.extend(twice.map(|service| {
            let message = format!("the overlay `{}` is that of the service `{}`", overlay.value.name(), service.name);
            let error = spec_error(message).at(overlay.at).note(service.at, "the service is declared here");
            error.help("leave it out: a branch has the overlays of its services before its own")
        }));
    }
}

/// What makes a branch no baseline.
fn baseline(
    name: &Placed<SmolStr>,
    branch: Option<&BranchEntry>,
    services: &[Service],
    branches: &[BranchEntry],
) -> Option<Diagnostic> {
    let Some(branch) = branch else {
        let error = spec_error(format!("unknown baseline branch `{}`", name.value)).at(name.at);
        return Some(error.suggest(&name.value, branches.iter().map(|branch| branch.name.as_str())));
    };
    if let Some(engine) = &branch.app_engine {
        let error = spec_error(format!("the baseline `{}` is served by App Engine", name.value)).at(name.at);
        return Some(
            error
                .note(engine.at, "the branch says that here")
                .help("a baseline has a namespace with the Services that others use"),
        );
    }
    let absent = services.iter().find(|service| !branch.runs(&service.name))?;
    let error = spec_error(format!("the baseline `{}` does not run `{}`", name.value, absent.name)).at(name.at);
    Some(
        error
            .note(branch.at, "the branch is written here")
            .help("the branch that others take services from has them all: leave its `services` out"),
    )
}

impl BranchEntry {
    /// Whether it runs a service itself: all of them unless it lists some.
    pub fn runs(&self, service: &str) -> bool {
        self.services.as_ref().is_none_or(|listed| listed.iter().any(|name| name.value == service))
    }
}
