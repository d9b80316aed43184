//! What zone change files want, in the formats of other programs.
//!
//! Each is a function of the files alone: what stands in a zone is not known here, so names that must be gone are left out
//! wherever a format would have to say what they hold. Markers are left out too: another program keeps its own books.

mod clouddns;
mod dnsendpoint;
mod json;
mod octodns;
mod route53;
mod zone;

pub use route53::octal;

use super::zone_change::{PresentName, ZoneChangeFile};
use crate::diagnostic::Result;
use crate::name::DnsName;
use std::collections::BTreeMap;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A zone file (RFC 1035 5) without SOA and NS.
    Zone,
    /// The configuration of a zone for octoDNS.
    OctoDns,
    /// `DNSEndpoint` objects for external-dns.
    DnsEndpoint,
    /// Change batches for `aws route53 change-resource-record-sets`.
    Route53,
    /// Record sets for `gcloud dns record-sets import`.
    CloudDns,
    /// All that the files say, for programs.
    Json,
}

impl Format {
    /// Whether a text of that format speaks of one zone only.
    pub fn is_of_one_zone(self) -> bool {
        match self {
            Format::Zone | Format::OctoDns | Format::Route53 | Format::CloudDns => true,
            Format::DnsEndpoint | Format::Json => false,
        }
    }
}

/// The files in a format. Names whose address is not known yet are left out.
pub fn export(files: &[ZoneChangeFile], format: Format) -> Result<String> {
    match format {
        Format::Zone => Ok(zone::write(files)),
        Format::OctoDns => octodns::write(files),
        Format::DnsEndpoint => dnsendpoint::write(files),
        Format::Route53 => Ok(route53::write(files)),
        Format::CloudDns => clouddns::write(files),
        Format::Json => Ok(json::write(files)),
    }
}

/// The names of all files, in order, that hold what is known.
fn names(files: &[ZoneChangeFile]) -> BTreeMap<&DnsName, &PresentName> {
    let all = files.iter().flat_map(|file| &file.change.present);
    all.filter(|(_, present)| present.address_from.is_none()).collect()
}
