//! What branches use in common: databases, services and third-party endpoints, by name.

use super::section::{Section, text};
use super::{BranchSettings, Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::name::DnsName;
use crate::node::Node;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What branches use in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// All of it, as templates see it.
    pub node: Option<Node>,
    /// The services, which branches may have under a name of their own namespace.
    pub services: BTreeMap<SmolStr, Remote>,
}

/// A service somewhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    /// Where it is.
    pub host: DnsName,
    /// Its port, a number.
    pub port: Option<Node>,
    /// Where it is written.
    pub at: Location,
}

impl Shared {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let Some(section) = top.section("shared") else { return Shared::default() };
        let mut services = BTreeMap::new();
        for entry in section.map("services").into_iter().flatten() {
            let (name, remote) = (&entry.key.text, Section::new("sharedService", &entry.value));
            if !super::service::is_service(name) {
                let error = spec_error(format!("`{name}` is no name for a Service")).at(entry.key.at);
                faults.push(
                    error.help(
                        "it takes at most 63 of a-z, 0-9 and `-`, begins with a letter and does not end with `-`",
                    ),
                );
            }
            let Some(host) = remote.node("host").and_then(text).filter(|host| !host.is_empty()) else { continue };
            match DnsName::host(&host) {
                Ok(host) if !host.is_wildcard() => {
                    let port = remote.node("port").cloned();
                    services.insert(name.clone(), Remote { host, port, at: entry.key.at });
                }
                Ok(_) => faults.push(
                    spec_error(format!("`{host}` is no host that a Service could lead to")).at(remote.place("host")),
                ),
                Err(error) => faults.push(error.at(remote.place("host"))),
            }
        }
        // The schema asks for no less: who has nothing of a kind has an empty mapping of it in templates.
        let mut node = top.node("shared").cloned();
        for key in ["databases", "endpoints", "services"] {
            node.as_mut().and_then(|node| node.map_entry(key));
        }
        Shared { node, services }
    }

    /// Refuses names in `uses` that stand for no service.
    pub(super) fn check<'a>(&self, settings: impl Iterator<Item = &'a BranchSettings>, faults: &mut Vec<Diagnostic>) {
        for name in settings.flat_map(|settings| settings.uses.iter().flatten()) {
            if !self.services.contains_key(&name.value) {
                faults.push(self.unknown(name));
            }
        }
    }

    fn unknown(&self, name: &Placed<SmolStr>) -> Diagnostic {
        let error = spec_error(format!("`shared.services` has no `{}`", name.value)).at(name.at);
        let is_in = |key: &str| self.node.as_ref().and_then(|node| node.at_path(&[key, &name.value])).is_some();
        match ["databases", "endpoints"].into_iter().find(|key| is_in(key)) {
            Some(key) => error.help(format!(
                "`uses` makes Services; templates of every branch see `shared.{key}.{}` as it is",
                name.value
            )),
            None => error.suggest(&name.value, self.services.keys().map(SmolStr::as_str)),
        }
    }
}
