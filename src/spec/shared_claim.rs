//! `shared.claims`, what branches may have in common.

use super::section::{Section, text};
use super::{ObjectPattern, spec_error};
use crate::diagnostic::Diagnostic;
use crate::name::DnsName;
use crate::node::Node;
use crate::schema::scope::GroupKind;
use crate::source::Location;
use smol_str::SmolStr;
use std::fmt;
use std::net::IpAddr;

/// Something that branches may have in common, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedClaim {
    /// What it is.
    pub(crate) claim: CommonClaim,
    /// Why.
    pub(crate) reason: SmolStr,
    /// Where it is written.
    pub(crate) at: Location,
}

/// What branches have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommonClaim {
    /// A host.
    Host(DnsName),
    /// A port of the nodes.
    NodePort(SmolStr),
    /// The address of a load balancer.
    Address(SmolStr),
    /// Objects outside of namespaces.
    Object(ObjectPattern),
}

/// The keys of which an entry has one.
const KEYS: [&str; 4] = ["host", "nodePort", "loadBalancerIP", "object"];

impl SharedClaim {
    pub(super) fn all(shared: &Section, faults: &mut Vec<Diagnostic>) -> Vec<Self> {
        let mut claims: Vec<SharedClaim> = Vec::new();
        for node in shared.list("claims").unwrap_or_default().iter().filter(|node| node.as_map().is_some()) {
            let section = Section::new("sharedClaim", node);
            let keys: Vec<(&str, &Node)> = KEYS.into_iter().filter_map(|key| Some((key, section.node(key)?))).collect();
            let [(key, value)] = keys.as_slice() else {
                let count = if keys.is_empty() { "none".to_owned() } else { keys.len().to_string() };
                let message = format!("this claim has {count} of `host`, `nodePort`, `loadBalancerIP` and `object`");
                let error = spec_error(message);
                faults.push(error.at(node.at).help("set exactly one of them"));
                continue;
            };
            match CommonClaim::of(key, value) {
                Ok(Some(claim)) => {
                    if let Some(first) = claims.iter().find(|known| known.claim == claim) {
                        faults.push(
                            spec_error(format!("duplicate claim `{claim}`")).at(value.at).note(first.at, "first here"),
                        );
                    }
                    let reason = section.text("reason").unwrap_or_default();
                    claims.push(SharedClaim { claim, reason, at: value.at });
                }
                // The schema reports a wrong type.
                Ok(None) => {}
                Err(error) => faults.push(error.at(value.at)),
            }
        }
        claims
    }
}

impl CommonClaim {
    pub(super) fn of(key: &str, value: &Node) -> Result<Option<Self>, Diagnostic> {
        if key == "nodePort" {
            return Ok(value.as_text().map(|text| CommonClaim::NodePort(text.into())));
        }
        let Some(text) = text(value).filter(|text| !text.is_empty()) else { return Ok(None) };
        Ok(Some(match key {
            "host" => CommonClaim::Host(DnsName::host(&text)?),
            "loadBalancerIP" => {
                let address = text.parse::<IpAddr>();
                CommonClaim::Address(address.map_or(text, |address| address.to_string().into()))
            }
            _ => CommonClaim::Object(ObjectPattern::parse(&text)?),
        }))
    }

    /// Whether it names the object of this kind and name.
    pub(crate) fn names(&self, object: &GroupKind, object_name: &str) -> bool {
        matches!(self, CommonClaim::Object(pattern) if pattern.matches(object, object_name))
    }
}

impl fmt::Display for CommonClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommonClaim::Host(host) => write!(f, "host: {}", host.as_str()),
            CommonClaim::NodePort(port) => write!(f, "nodePort: {port}"),
            CommonClaim::Address(address) => write!(f, "loadBalancerIP: {address}"),
            CommonClaim::Object(pattern) => write!(f, "object: {pattern}"),
        }
    }
}
