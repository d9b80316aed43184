//! Names that a zone remembers as ours and no file mentions any more.
//!
//! They are only told of: what no file lists under `absent` is never deleted.

use super::run::Site;
use super::zone::Failure;
use crate::dns::marker::{self, Claim, Marker};
use crate::name::DnsName;
use std::collections::BTreeSet;

/// The hosts with a marker of ours that no file mentions, and those markers. Needs the right to list the zone.
pub fn find(site: &mut Site) -> Result<Vec<(DnsName, Marker)>, Failure> {
    let known: BTreeSet<&DnsName> = site.work.entries.iter().map(|entry| &entry.host).collect();
    let orphan = |(place, records)| {
        let host = marker::host(&place, &site.work.zone).filter(|host| !known.contains(host))?;
        match Marker::read(&records) {
            Claim::By(marker) if marker.owner == site.work.owner => Some((host, marker)),
            _ => None,
        }
    };
    Ok(site.zone.list()?.into_iter().filter_map(orphan).collect())
}
