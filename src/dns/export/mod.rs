//! Zone change files in the formats of other programs.
//!
//! An export depends on the files alone. The records in the zones are not known, so only JSON has the absent names. No export
//! has ownership records, because the other program has its own state.

mod clouddns;
mod dnsendpoint;
mod json;
mod octodns;
mod route53;
mod zone;

pub(crate) use route53::octal;

use super::PresentName;
use super::zone_change::ZoneChangeFile;
use crate::diagnostic::Result;
use crate::name::DnsName;
use std::collections::BTreeMap;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExportFormat {
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
    /// All content of the files.
    Json,
}

/// All formats with their names and descriptions.
pub(crate) const FORMATS: [(&str, &str, ExportFormat); 6] = [
    ("zone", "A zone file without SOA and NS", ExportFormat::Zone),
    ("octodns", "The configuration of a zone for octoDNS", ExportFormat::OctoDns),
    ("dnsendpoint", "`DNSEndpoint` objects for external-dns", ExportFormat::DnsEndpoint),
    ("route53", "Change batches for aws route53 change-resource-record-sets, one per line", ExportFormat::Route53),
    ("clouddns", "Record sets for gcloud dns record-sets import", ExportFormat::CloudDns),
    ("json", "All content of the files as JSON", ExportFormat::Json),
];

impl ExportFormat {
    /// Whether the format can have one zone only.
    pub(crate) fn is_of_one_zone(self) -> bool {
        match self {
            ExportFormat::Zone | ExportFormat::OctoDns | ExportFormat::Route53 | ExportFormat::CloudDns => true,
            ExportFormat::DnsEndpoint | ExportFormat::Json => false,
        }
    }
}

/// The files in a format, without names whose address is not known yet.
pub(crate) fn export(files: &[ZoneChangeFile], format: ExportFormat) -> Result<String> {
    match format {
        ExportFormat::Zone => Ok(zone::write(files)),
        ExportFormat::OctoDns => octodns::write(files),
        ExportFormat::DnsEndpoint => dnsendpoint::write(files),
        ExportFormat::Route53 => Ok(route53::write(files)),
        ExportFormat::CloudDns => clouddns::write(files),
        ExportFormat::Json => Ok(json::write(files)),
    }
}

/// The names of all files whose records are known, in order.
fn names(files: &[ZoneChangeFile]) -> BTreeMap<&DnsName, &PresentName> {
    let all = files.iter().flat_map(|file| &file.change.present);
    all.filter(|(_, present)| present.address_from.is_none()).collect()
}
