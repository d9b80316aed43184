//! `shared:`, the databases, services and third-party endpoints that branches share.

use super::section::{Section, text};
use super::{BranchSettings, CommonClaim, Placed, SharedClaim, spec_error};
use crate::diagnostic::Diagnostic;
use crate::name::DnsName;
use crate::node::Node;
use crate::schema::name::is_label_with_letter;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The databases, services and endpoints that branches share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shared {
    /// The whole section, for templates.
    pub(crate) node: Option<Node>,
    /// The services outside the namespaces, for which branches get a Service of type `ExternalName`.
    pub(crate) services: BTreeMap<SmolStr, Remote>,
    /// What branches may have in common.
    pub(crate) claims: Vec<SharedClaim>,
}

/// A service outside the namespaces of branches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Remote {
    /// The host name.
    pub(crate) host: DnsName,
    /// Its port, a number.
    pub(crate) port: Option<Node>,
    /// Where it is written.
    pub(crate) at: Location,
}

impl Shared {
    /// Whether branches may share objects.
    pub(crate) fn has_objects(&self) -> bool {
        self.claims.iter().any(|shared| matches!(shared.claim, CommonClaim::Object { .. }))
    }

    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let Some(section) = top.section("shared") else { return Shared::default() };
        let mut services = BTreeMap::new();
        for entry in section.map("services").into_iter().flatten() {
            let (name, remote) = (&entry.key.text, Section::new("sharedService", &entry.value));
            if !is_label_with_letter(name) {
                let error = spec_error(format!("`{name}` is not a valid Service name")).at(entry.key.at);
                faults.push(error.help(
                    "a Service name has at most 63 of a-z, 0-9 and `-`, begins with a letter and does not end with `-`",
                ));
            }
            let Some(host) = remote.node("host").and_then(text).filter(|host| !host.is_empty()) else { continue };
            match DnsName::host(&host) {
                Ok(host) if !host.is_wildcard() => {
                    let port = remote.node("port").cloned();
                    services.insert(name.clone(), Remote { host, port, at: entry.key.at });
                }
                Ok(_) => faults.push(
                    spec_error(format!("a Service cannot point to the wildcard `{host}`")).at(remote.place("host")),
                ),
                Err(error) => faults.push(error.at(remote.place("host"))),
            }
        }
        // Templates see an empty mapping for a part that is not set.
        let mut node = top.node("shared").cloned();
        for key in ["databases", "endpoints", "services"] {
            node.as_mut().and_then(|node| node.map_entry(key));
        }
        if let Some(map) = node.as_mut().and_then(Node::as_map_mut) {
            map.remove("claims");
        }
        Shared { node, services, claims: SharedClaim::all(&section, faults) }
    }

    /// Reports names in `uses` that are not services.
    pub(super) fn check<'a>(&self, settings: impl Iterator<Item = &'a BranchSettings>, faults: &mut Vec<Diagnostic>) {
        for name in settings.flat_map(|settings| settings.uses.iter().flatten()) {
            if !self.services.contains_key(&name.value) {
                faults.push(self.unknown(name));
            }
        }
    }

    fn unknown(&self, name: &Placed<SmolStr>) -> Diagnostic {
        let error = spec_error(format!("unknown service `shared.services.{}`", name.value)).at(name.at);
        let is_in = |key: &str| self.node.as_ref().and_then(|node| node.at_path(&[key, &name.value])).is_some();
        match ["databases", "endpoints"].into_iter().find(|key| is_in(key)) {
            Some(key) => error
                .help(format!("`uses` is for services; templates can use `shared.{key}.{}` without it", name.value)),
            None => error.suggest_known(&name.value, "services of `shared`", self.services.keys().map(SmolStr::as_str)),
        }
    }
}
