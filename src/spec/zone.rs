//! The declared DNS zones.

use super::range::Range;
use super::section::{Section, text};
use crate::error::Error;
use crate::name::DnsName;
use crate::source::Place;
use smol_str::SmolStr;
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
    /// The server that takes changes, as the provider wants it: `HOST:PORT`, or the address of an API.
    pub server: Option<SmolStr>,
    /// The addresses that a cluster may give to its hosts.
    pub addresses: Vec<Range>,
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
            let server = zone.text("server").filter(|server| !server.is_empty());
            let addresses = ranges(&zone, faults);
            zones.insert(name, Zone { provider, ttl, cname, server, addresses, at: entry.key.at });
        }
    }
    zones
}

fn ranges(zone: &Section, faults: &mut Vec<Error>) -> Vec<Range> {
    let mut ranges = Vec::new();
    for node in zone.list("addresses").unwrap_or_default() {
        match text(node).map(|text| Range::parse(&text)) {
            Some(Ok(range)) => ranges.push(range),
            Some(Err(error)) => faults.push(error.at(node.at)),
            None => {}
        }
    }
    ranges
}
