//! The declared DNS zones.

use super::range::Range;
use super::section::{Section, text};
use super::{HostContent, Placed};
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A zone that hosts may lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Who serves it.
    pub provider: Option<ZoneProvider>,
    /// What its hosts hold unless they say otherwise.
    pub content: HostContent,
    /// Whether its hosts have records of their own.
    pub mode: Mode,
    /// What becomes of the records.
    pub backend: Backend,
    /// The names below which others decide.
    pub delegated: Vec<Placed<DnsName>>,
    /// What the certificates of its hosts are good for; empty if nothing is said of that.
    pub certificates: Vec<Placed<DnsName>>,
    /// The server that takes changes, as the provider wants it: `HOST:PORT`, or the address of an API.
    pub server: Option<SmolStr>,
    /// What the provider calls the zone, if its name does not say it.
    pub id: Option<SmolStr>,
    /// The project of a cloud that the zone is in.
    pub project: Option<SmolStr>,
    /// The addresses that a cluster may give to its hosts.
    pub addresses: Vec<Range>,
    /// Where it is declared.
    pub at: Location,
}

/// Whether the hosts of a zone have records of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// They do.
    #[default]
    Records,
    /// They do not: a wildcard that stands in the zone answers for them.
    Wildcard,
}

/// What becomes of the records of a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Zone change files, which `pleach dns` applies.
    #[default]
    ZoneChange,
    /// `DNSEndpoint` objects, which external-dns reads.
    DnsEndpoint,
}

/// How a zone is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneProvider {
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

impl ZoneProvider {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rfc2136" => ZoneProvider::Rfc2136,
            "clouddns" => ZoneProvider::CloudDns,
            "route53" => ZoneProvider::Route53,
            "cloudflare" => ZoneProvider::Cloudflare,
            "powerdns" => ZoneProvider::PowerDns,
            "godaddy" => ZoneProvider::GoDaddy,
            _ => return None,
        })
    }

    /// The shortest and the longest lifetime that it takes, in seconds.
    fn lifetimes(self) -> (u32, u32) {
        match self {
            ZoneProvider::Cloudflare => (60, 86_400),
            ZoneProvider::GoDaddy => (600, 86_400),
            ZoneProvider::Rfc2136 | ZoneProvider::CloudDns | ZoneProvider::Route53 | ZoneProvider::PowerDns => {
                (1, LONGEST_TTL)
            }
        }
    }
}

/// The longest lifetime that RFC 2181 8 allows, in seconds.
pub const LONGEST_TTL: u32 = i32::MAX as u32;
/// The lifetime of records where nothing is said of it, in seconds.
const TTL: u32 = 300;

impl Zone {
    /// The lifetime of a host's records in seconds, where the host says `own` of it.
    pub fn ttl(&self, own: Option<&Placed<u32>>) -> Result<u32, Diagnostic> {
        let (shortest, longest) = self.provider.map_or((1, LONGEST_TTL), ZoneProvider::lifetimes);
        match own.or(self.content.ttl.as_ref()) {
            None => Ok(TTL.clamp(shortest, longest)),
            // What Cloudflare calls automatic.
            Some(ttl) if ttl.value == 1 && self.provider == Some(ZoneProvider::Cloudflare) => Ok(1),
            Some(ttl) if !(shortest..=longest).contains(&ttl.value) => {
                let message = format!("a lifetime of {} seconds is not one that the provider takes", ttl.value);
                let error = Diagnostic::new(Code::Dns, message).at(ttl.at);
                Err(error.help(format!("it takes {shortest} to {longest} seconds")))
            }
            Some(ttl) => Ok(ttl.value),
        }
    }

    /// The zone that holds a name: of those that are above it or are it, the one with the longest name.
    pub fn of<'z>(zones: &'z BTreeMap<DnsName, Zone>, name: &DnsName) -> Option<(&'z DnsName, &'z Zone)> {
        let mut rest = name.as_str();
        loop {
            if let Some(found) = zones.get_key_value(rest) {
                return Some(found);
            }
            rest = rest.split_once('.')?.1;
        }
    }
}

pub(super) fn zones(top: &Section, faults: &mut Vec<Diagnostic>) -> BTreeMap<DnsName, Zone> {
    let mut zones = BTreeMap::new();
    for entry in top.map("zones").into_iter().flatten() {
        let zone = Section::new("zone", &entry.value);
        let read = self::zone(&zone, entry.key.at, faults);
        match DnsName::host(&entry.key.text) {
            Err(error) => faults.push(error.at(entry.key.at)),
            Ok(name) => {
                for cut in read.delegated.iter().filter(|cut| cut.value.below(&name).is_none()) {
                    let message = format!("`{}` is not below the zone `{name}`, which cannot delegate it", cut.value);
                    faults.push(Diagnostic::new(Code::Dns, message).at(cut.at));
                }
                if let Some(other) = zones.insert(name, read) {
                    let other: Zone = other;
                    let error = Diagnostic::new(Code::Dns, "this zone stands twice").at(entry.key.at);
                    faults.push(error.note(other.at, "first here"));
                }
            }
        }
    }
    zones
}

fn zone(zone: &Section, at: Location, faults: &mut Vec<Diagnostic>) -> Zone {
    let mode = match zone.text("mode").as_deref() {
        Some("wildcard") => Mode::Wildcard,
        _ => Mode::Records,
    };
    for key in ["A", "AAAA", "CNAME", "TXT", "CAA", "addressFrom"].into_iter().filter(|_| mode == Mode::Wildcard) {
        if let Some(at) = zone.key_place(key) {
            let message = format!("`{key}` means nothing in a zone whose wildcard answers for its hosts");
            let help = "a host that is to hold something else says so itself, under `hosts:`";
            faults.push(Diagnostic::new(Code::Dns, message).at(at).help(help));
        }
    }
    let word = |key| zone.text(key).filter(|text| !text.is_empty());
    Zone {
        provider: zone.text("provider").and_then(|name| ZoneProvider::named(&name)),
        content: HostContent::of(zone, faults),
        mode,
        backend: match zone.text("backend").as_deref() {
            Some("dnsendpoint") => Backend::DnsEndpoint,
            _ => Backend::ZoneChange,
        },
        delegated: names(zone, "delegated", faults),
        certificates: names(zone, "certificates", faults),
        server: word("server"),
        id: word("id"),
        project: word("project"),
        addresses: ranges(zone, faults),
        at,
    }
}

fn names(zone: &Section, key: &'static str, faults: &mut Vec<Diagnostic>) -> Vec<Placed<DnsName>> {
    let mut names = Vec::new();
    for node in zone.list(key).unwrap_or_default() {
        match text(node).filter(|text| !text.is_empty()).map(|text| DnsName::host(&text)) {
            Some(Ok(value)) => names.push(Placed { value, at: node.at }),
            Some(Err(error)) => faults.push(error.at(node.at)),
            None => {}
        }
    }
    names
}

fn ranges(zone: &Section, faults: &mut Vec<Diagnostic>) -> Vec<Range> {
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
