//! `zones:`, the declared DNS zones.

use super::range::Range;
use super::section::{Section, text};
use super::{HostContent, Placed};
use crate::diagnostic::{Code, Diagnostic, named};
use crate::name::DnsName;
use crate::node::Node;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A zone that hosts can be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    /// The DNS provider.
    pub(crate) provider: Option<ZoneProvider>,
    /// The records of its hosts, unless a host sets its own.
    pub(crate) content: HostContent,
    /// Whether its hosts have their own records.
    pub(crate) mode: Mode,
    /// Where the records are written.
    pub(crate) backend: Backend,
    /// The names that are delegated to other name servers.
    pub(crate) delegated: Vec<Placed<DnsName>>,
    /// The names that the certificates of its hosts cover; empty if unknown.
    pub(crate) certificates: Vec<Placed<DnsName>>,
    /// The server that receives changes: `HOST:PORT` or the URL of an API, as the provider needs it.
    pub(crate) server: Option<SmolStr>,
    /// The id of the zone at the provider, if it is not derived from the name.
    pub(crate) id: Option<SmolStr>,
    /// The cloud project of the zone.
    pub(crate) project: Option<SmolStr>,
    /// The addresses that a cluster may give to its hosts.
    pub(crate) addresses: Vec<Range>,
    /// Where those of [`WRITING_KEYS`] that it sets are written.
    pub(crate) keys: BTreeMap<&'static str, Location>,
    /// Where it is written.
    pub(crate) at: Location,
}

/// The keys that only matter where records are written or addresses are read.
const WRITING_KEYS: [&str; 7] = ["ttl", "backend", "provider", "server", "id", "project", "addresses"];

/// Whether the hosts of a zone have their own records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each host has its own records.
    #[default]
    Records,
    /// A wildcard record of the zone answers for all hosts.
    Wildcard,
}

/// Where the records of a zone are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Backend {
    /// Zone change files, which `pleach dns` applies.
    #[default]
    ZoneChange,
    /// `DNSEndpoint` objects, which external-dns reads.
    DnsEndpoint,
}

/// How a zone is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ZoneProvider {
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
    const NAMES: [(&str, ZoneProvider); 6] = [
        ("rfc2136", ZoneProvider::Rfc2136),
        ("clouddns", ZoneProvider::CloudDns),
        ("route53", ZoneProvider::Route53),
        ("cloudflare", ZoneProvider::Cloudflare),
        ("powerdns", ZoneProvider::PowerDns),
        ("godaddy", ZoneProvider::GoDaddy),
    ];

    /// The keys of a zone that only some providers read.
    const KEYS: [(&'static str, &'static [ZoneProvider]); 3] = [
        ("id", &[ZoneProvider::CloudDns, ZoneProvider::Route53, ZoneProvider::Cloudflare, ZoneProvider::PowerDns]),
        ("project", &[ZoneProvider::CloudDns]),
        ("proxied", &[ZoneProvider::Cloudflare]),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, provider)| provider)
    }

    /// Its name in the spec.
    pub(crate) fn name(self) -> &'static str {
        let known = Self::NAMES.into_iter().find(|(_, provider)| *provider == self);
        known.map(|(name, _)| name).expect("every provider has a name")
    }

    /// The names in the spec.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().map(|(name, _)| name)
    }

    /// The lowest and the highest TTL that it accepts, in seconds.
    fn ttl_range(self) -> (u32, u32) {
        match self {
            ZoneProvider::Cloudflare => (60, 86_400),
            ZoneProvider::GoDaddy => (600, 86_400),
            ZoneProvider::Rfc2136 | ZoneProvider::CloudDns | ZoneProvider::Route53 | ZoneProvider::PowerDns => {
                (1, MAX_TTL)
            }
        }
    }
}

/// The highest TTL (RFC 2181, section 8), in seconds.
pub(crate) const MAX_TTL: u32 = i32::MAX as u32;
/// The TTL with which Cloudflare chooses the TTL itself, the only one of proxied records.
pub(crate) const AUTOMATIC_TTL: u32 = 1;
/// The TTL of records that set none, in seconds.
const DEFAULT_TTL: u32 = 300;

impl Zone {
    /// The TTL of the records of a host in seconds. `own` is the TTL that the host sets.
    pub(crate) fn ttl(&self, own: Option<&Placed<u32>>) -> Result<u32, Diagnostic> {
        let (lowest, highest) = self.provider.map_or((1, MAX_TTL), ZoneProvider::ttl_range);
        match own.or(self.content.ttl.as_ref()) {
            None => Ok(DEFAULT_TTL.clamp(lowest, highest)),
            Some(ttl) if ttl.value == AUTOMATIC_TTL && self.provider == Some(ZoneProvider::Cloudflare) => {
                Ok(AUTOMATIC_TTL)
            }
            Some(ttl) if !(lowest..=highest).contains(&ttl.value) => {
                let message =
                    format!("`ttl` must be between {lowest} and {highest} for this provider, got {}", ttl.value);
                Err(Diagnostic::new(Code::Dns, message).at(ttl.at))
            }
            Some(ttl) => Ok(ttl.value),
        }
    }

    /// Whether the addresses of a host are proxied; `None` keeps what is set at the provider. `own` is what the host sets.
    pub(crate) fn proxied(&self, own: Option<&Placed<bool>>) -> Result<Option<bool>, Diagnostic> {
        let has_proxy = self.provider == Some(ZoneProvider::Cloudflare) && self.backend == Backend::ZoneChange;
        match own {
            Some(own) if !has_proxy => {
                let message = "`proxied` has no effect: the zone of the host has no `provider: cloudflare`";
                let help = "remove it: only Cloudflare has a proxy that is set in DNS";
                Err(Diagnostic::new(Code::Dns, message).at(own.at).note(self.at, "the zone").help(help))
            }
            _ => Ok(own.or(self.content.proxied.as_ref()).map(|proxied| proxied.value)),
        }
    }

    /// The zone that a name is in: the zone with the longest name that is equal to the name or above it.
    pub(crate) fn of<'z>(zones: &'z BTreeMap<DnsName, Zone>, name: &DnsName) -> Option<(&'z DnsName, &'z Zone)> {
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
                    let message =
                        format!("`{}` is not below the zone `{name}`, so the zone cannot delegate it", cut.value);
                    faults.push(Diagnostic::new(Code::Dns, message).at(cut.at));
                }
                let useless = read.certificates.iter().filter(|certificate| !may_cover(&certificate.value, &name));
                faults.extend(useless.map(|certificate| {
                    let message = format!("`{}` covers no host of the zone `{name}`", certificate.value);
                    let help = format!("name the certificates for this zone only, such as `*.{name}`");
                    Diagnostic::new(Code::Dns, message).at(certificate.at).help(help)
                }));
                if let Some(other) = zones.insert(name, read) {
                    let other: Zone = other;
                    let error = Diagnostic::new(Code::Dns, "duplicate zone").at(entry.key.at);
                    faults.push(error.note(other.at, "first here"));
                }
            }
        }
    }
    zones
}

/// Whether a certificate can cover the name of a zone or a name below it.
fn may_cover(certificate: &DnsName, zone: &DnsName) -> bool {
    let parent = zone.as_str().split_once('.').map(|(_, parent)| parent);
    let covers_zone = certificate == zone || certificate.as_str().strip_prefix("*.").is_some_and(|c| Some(c) == parent);
    covers_zone || certificate.below(zone).is_some()
}

fn zone(zone: &Section, at: Location, faults: &mut Vec<Diagnostic>) -> Zone {
    let mode = match zone.text("mode").as_deref() {
        Some("wildcard") => Mode::Wildcard,
        _ => Mode::Records,
    };
    if mode == Mode::Wildcard {
        let keys = ["A", "AAAA", "CNAME", "TXT", "CAA", "addressFrom"];
        let help = "remove it, or set it for a single host under `hosts:`";
        faults.extend(zone.without_effect(Code::Dns, &keys, "in a zone with `mode: wildcard`", help));
    }
    let provider = zone.text("provider").and_then(|name| ZoneProvider::named(&name));
    faults.extend(unread_keys(zone, provider));
    faults.extend(provider.and_then(|provider| wrong_server(zone, provider)));
    let backend = match zone.text("backend").as_deref() {
        Some("dnsendpoint") => Backend::DnsEndpoint,
        _ => Backend::ZoneChange,
    };
    if backend == Backend::DnsEndpoint {
        let help = "remove it: external-dns reads the addresses of Services, Ingresses and Gateways itself";
        faults.extend(zone.without_effect(Code::Dns, &["addresses"], "with `backend: dnsendpoint`", help));
        let help = "remove it: external-dns reads `external-dns.alpha.kubernetes.io/cloudflare-proxied` of Services and Ingresses";
        faults.extend(zone.without_effect(Code::Dns, &["proxied"], "with `backend: dnsendpoint`", help));
    }
    let word = |key| zone.text(key).filter(|text| !text.is_empty());
    Zone {
        provider,
        content: HostContent::of(zone, faults),
        mode,
        backend,
        delegated: names(zone, "delegated", faults),
        certificates: names(zone, "certificates", faults),
        server: word("server"),
        id: word("id"),
        project: word("project"),
        addresses: ranges(zone, faults),
        keys: WRITING_KEYS.iter().filter_map(|key| Some((*key, zone.key_place(key)?))).collect(),
        at,
    }
}

/// The errors about keys that the provider of a zone does not read.
fn unread_keys(zone: &Section, provider: Option<ZoneProvider>) -> Vec<Diagnostic> {
    let Some(provider) = provider else {
        // The schema reports a provider that does not exist.
        let keys: &[&str] = if zone.node("provider").is_none() { &["server", "id", "project", "proxied"] } else { &[] };
        return zone.without_effect(Code::Dns, keys, "without `provider`", "set `provider`, or remove it");
    };
    let why = format!("with `provider: {}`", provider.name());
    let of_others = ZoneProvider::KEYS.into_iter().filter(|(_, providers)| !providers.contains(&provider));
    let errors = of_others.flat_map(|(key, providers)| {
        let providers: Vec<&str> = providers.iter().map(|provider| provider.name()).collect();
        zone.without_effect(Code::Dns, &[key], &why, format!("remove it: it is for {}", named(&providers)))
    });
    errors.collect()
}

/// The error about a `server` that is a URL where the provider needs the name of a server, or the reverse, and about a URL with
/// more than scheme, host and port.
fn wrong_server(zone: &Section, provider: ZoneProvider) -> Option<Diagnostic> {
    let server = zone.placed("server").filter(|server| !server.value.is_empty())?;
    let url = server.value.split_once("://");
    let (of_name, of_url) = ("write `HOST` or `HOST:PORT`", "write `https://HOST` or `https://HOST:PORT`");
    let (what, help) = match (provider, url) {
        (ZoneProvider::Rfc2136, Some(_)) => ("is a URL, not a name server", of_name),
        (ZoneProvider::Rfc2136, None) if server.value.contains('/') => ("is not the name of a name server", of_name),
        (ZoneProvider::Rfc2136, None) => return None,
        (_, Some(("https" | "http", rest))) => {
            let authority = rest.strip_suffix('/').unwrap_or(rest);
            match authority {
                "" => ("is not the URL of an API", of_url),
                _ if authority.contains(['/', '?', '#']) => ("has a path or query", of_url),
                _ if authority.contains('@') => {
                    ("contains a user name or password", "remove it: credentials come from the environment")
                }
                _ => return None,
            }
        }
        _ => ("is not the URL of an API", of_url),
    };
    Some(Diagnostic::new(Code::Dns, format!("`{}` {what}", server.value)).at(server.at).help(help))
}

fn names(zone: &Section, key: &'static str, faults: &mut Vec<Diagnostic>) -> Vec<Placed<DnsName>> {
    let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
    for node in zone.list(key).unwrap_or_default() {
        match text(node).filter(|text| !text.is_empty()).map(|text| DnsName::host(&text)) {
            Some(Ok(value)) => {
                if !seen.insert(value.clone()) {
                    faults.push(duplicate(node));
                }
                names.push(Placed { value, at: node.at });
            }
            Some(Err(error)) => faults.push(error.at(node.at)),
            None => {}
        }
    }
    names
}

fn ranges(zone: &Section, faults: &mut Vec<Diagnostic>) -> Vec<Range> {
    let (mut ranges, mut seen) = (Vec::new(), BTreeSet::new());
    for node in zone.list("addresses").unwrap_or_default() {
        match text(node).map(|text| Range::parse(&text)) {
            Some(Ok(range)) => {
                if !seen.insert(range.to_string()) {
                    faults.push(duplicate(node));
                }
                ranges.push(range);
            }
            Some(Err(error)) => faults.push(error.at(node.at)),
            None => {}
        }
    }
    ranges
}

/// The error about an entry of a list that occurs before.
fn duplicate(node: &Node) -> Diagnostic {
    let value = text(node).unwrap_or_default();
    Diagnostic::new(Code::Dns, format!("duplicate value `{value}`")).at(node.at)
}
