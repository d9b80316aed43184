//! Names that a zone remembers as ours and no file mentions any more.
//!
//! They are only told of: what no file lists under `absent` is never deleted.

use super::run::Site;
use super::zone::Failure;
use crate::dns::ownership::{self, OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use std::collections::BTreeSet;

/// The hosts with a marker of ours that no file mentions, and those markers. Needs the right to list the zone.
pub fn find(site: &mut Site) -> Result<Vec<(DnsName, OwnershipRecord)>, Failure> {
    let known: BTreeSet<&DnsName> = site.work.entries.iter().map(|entry| &entry.host).collect();
    let orphan = |(place, records)| {
        let host = ownership::host_name(&place, &site.work.zone).filter(|host| !known.contains(host))?;
        match OwnershipRecord::read(&records) {
            ParsedRecord::Valid(marker) if marker.owner == site.work.owner => Some((host, marker)),
            _ => None,
        }
    };
    Ok(site.zone.list()?.into_iter().filter_map(orphan).collect())
}
