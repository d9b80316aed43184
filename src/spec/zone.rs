//! The declared DNS zones.

use super::section::{Section, text};
use crate::error::Error;
use crate::name::DnsName;
use crate::source::Place;
use std::collections::BTreeMap;

/// A zone that hosts may lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Who serves it.
    pub provider: Option<Provider>,
    /// How long its records may be cached, in seconds.
    pub ttl: Option<u32>,
    /// What its hosts lead to.
    pub cname: Option<DnsName>,
    /// Where it is declared.
    pub at: Place,
}

/// How a zone is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// DNS UPDATE with TSIG.
    Rfc2136,
    /// Google Cloud DNS.
    CloudDns,
    /// Amazon Route 53.
    Route53,
    /// Cloudflare.
    Cloudflare,
    /// The HTTP API of `PowerDNS`.
    PowerDns,
    /// GoDaddy.
    GoDaddy,
}

impl Provider {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rfc2136" => Provider::Rfc2136,
            "clouddns" => Provider::CloudDns,
            "route53" => Provider::Route53,
            "cloudflare" => Provider::Cloudflare,
            "powerdns" => Provider::PowerDns,
            "godaddy" => Provider::GoDaddy,
            _ => return None,
        })
    }
}

pub(super) fn zones(top: &Section, faults: &mut Vec<Error>) -> BTreeMap<DnsName, Zone> {
    let mut zones = BTreeMap::new();
    for entry in top.map("zones").into_iter().flatten() {
        let mut name = |text: &str, at| match DnsName::host(text) {
            Ok(name) => Some(name),
            Err(error) => {
                faults.push(error.at(at));
                None
            }
        };
        let zone = Section::new("zone", &entry.value);
        let cname =
            zone.list("CNAME").and_then(<[_]>::first).filter(|node| text(node).is_some_and(|text| !text.is_empty()));
        let cname = cname.and_then(|node| name(&text(node)?, node.at));
        if let Some(name) = name(&entry.key.text, entry.key.at) {
            let provider = zone.text("provider").and_then(|name| Provider::named(&name));
            let ttl = zone.node("ttl").and_then(|node| node.as_text()?.parse().ok());
            zones.insert(name, Zone { provider, ttl, cname, at: entry.key.at });
        }
    }
    zones
}
