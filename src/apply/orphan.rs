//! Names that have an ownership record of this project and are in no zone change file.
//!
//! They are only reported. `apply` deletes nothing that no file lists under `absent`, unless the user names it.

use super::reconcile::DesiredZone;
use super::retry::Moment;
use super::run::OpenZone;
use super::summary::ZoneFailure;
use super::zone::ZoneError;
use crate::diagnostic::{Code, Diagnostic};
use crate::dns::ownership::{self, OwnershipRecord, ParsedRecord};
use crate::dns::zone_change::ZoneChangeFile;
use crate::name::DnsName;
use crate::record::RecordSets;
use std::collections::BTreeSet;

/// An orphan with its ownership record.
pub(crate) type Orphan = (DnsName, OwnershipRecord);

/// The orphans of each zone, or why it could not be listed. The credential must allow listing the zone. Zones share the time until
/// `end`.
pub(crate) fn find_orphans(open_zones: &mut [OpenZone], end: Moment) -> Vec<Result<Vec<Orphan>, Diagnostic>> {
    let mut left = open_zones.len();
    let of_zone = |OpenZone { desired, zone, retry }: &mut OpenZone| {
        retry.end_at(end.next_of(left));
        left -= 1;
        let failed = |error: ZoneError| ZoneFailure::unlisted(&error, retry).error(&desired.zone);
        zone.list().map(|names| orphans(desired, names)).map_err(failed)
    };
    open_zones.iter_mut().map(of_zone).collect()
}

fn orphans(desired: &DesiredZone, names: Vec<(DnsName, RecordSets)>) -> Vec<Orphan> {
    let known: BTreeSet<&DnsName> = desired.entries.iter().map(|entry| &entry.host).collect();
    let orphan = |(name, records)| {
        let host = ownership::host_name(&name, &desired.zone).filter(|host| !known.contains(host))?;
        match OwnershipRecord::read(&records) {
            ParsedRecord::Valid(ownership) if desired.owner.has_record_of(&ownership.owner) => Some((host, ownership)),
            _ => None,
        }
    };
    names.into_iter().filter_map(orphan).collect()
}

/// Refuses to forget a name of a zone that a file lists.
pub(crate) fn check_unlisted(host: &DnsName, zone: &DnsName, files: &[ZoneChangeFile]) -> Result<(), Diagnostic> {
    for ZoneChangeFile { change, at, .. } in files.iter().filter(|file| file.change.zone == *zone) {
        let (why, help) = if change.present.contains_key(host) {
            ("has it", "remove the host from the spec and build; then `apply` deletes it")
        } else if change.absent.contains(host) {
            ("lists it as absent", "run `apply` without `--forget`, which deletes it")
        } else {
            continue;
        };
        let message = format!("`{host}` is no orphan: the file of the branch `{}` {why}", change.branch);
        return Err(Diagnostic::new(Code::Usage, message).at(*at).help(help));
    }
    Ok(())
}
