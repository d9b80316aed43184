//! Names that have an ownership record of this project and are in no zone change file.
//!
//! They are only reported. `apply` deletes nothing that no file lists under `absent`.

use super::run::OpenZone;
use super::zone::ZoneError;
use crate::dns::ownership::{self, OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use std::collections::BTreeSet;

/// The orphans of a zone with their ownership records. The credential must allow listing the zone.
pub(crate) fn find_orphans(open_zone: &mut OpenZone) -> Result<Vec<(DnsName, OwnershipRecord)>, ZoneError> {
    let desired = &open_zone.desired;
    let known: BTreeSet<&DnsName> = desired.entries.iter().map(|entry| &entry.host).collect();
    let orphan = |(name, records)| {
        let host = ownership::host_name(&name, &desired.zone).filter(|host| !known.contains(host))?;
        match OwnershipRecord::read(&records) {
            ParsedRecord::Valid(ownership) if desired.owner.has_record_of(&ownership.owner) => Some((host, ownership)),
            _ => None,
        }
    };
    Ok(open_zone.zone.list()?.into_iter().filter_map(orphan).collect())
}
