//! Reads zone change files, and resolves the addresses that only the cluster knows.

use super::address::ClusterAddresses;
use super::entry::{DesiredState, NameEntry};
use super::reconcile::DesiredZone;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::dns::PresentName;
use crate::dns::zone_change::{ZoneChange, ZoneChangeFile};
use crate::dns::{ownership, zone_change};
use crate::name::DnsName;
use crate::source::{Found, Project, RelPath};
use crate::spec::{Range, Zone, ZoneProvider};
use std::collections::{BTreeMap, BTreeSet};

/// Reads every `<zone>/<slug>.yaml` of the folders, and checks them together.
pub(crate) fn read_files(project: &Project, folders: &BTreeSet<RelPath>) -> Result<Vec<ZoneChangeFile>> {
    let mut found = Vec::new();
    for folder in folders {
        for zone in file_names(project, folder)? {
            let zone = folder.join(&zone).expect("a file name is a valid path");
            for name in file_names(project, &zone)? {
                found.push(zone.join(&name).expect("a file name is a valid path"));
            }
        }
    }
    let files = gather(&found, |path| read_file(project, path))?;
    zone_change::check(&files)?;
    Ok(files)
}

/// The names in a folder without hidden files; none if the folder does not exist.
fn file_names(project: &Project, folder: &RelPath) -> Result<Vec<String>, Diagnostic> {
    match project.look(folder) {
        Found::Folder(names) => Ok(names.iter().filter(|name| !name.starts_with('.')).cloned().collect()),
        Found::Nothing => Ok(Vec::new()),
        Found::File(file) => {
            let message = "this must be the folder of a zone, but it is a file";
            Err(Diagnostic::new(Code::Dns, message).at(file.location()))
        }
        Found::Unreadable(why) => Err(Diagnostic::new(Code::Disk, format!("`{folder}` cannot be read: {why}"))),
    }
}

fn read_file(project: &Project, path: &RelPath) -> Result<ZoneChangeFile> {
    let file = match project.look(path) {
        Found::File(file) => file,
        Found::Unreadable(why) => {
            return Err(Diagnostic::new(Code::Disk, format!("`{path}` cannot be read: {why}")).into());
        }
        Found::Folder(_) | Found::Nothing => {
            return Err(Diagnostic::new(Code::Dns, format!("`{path}` is not a file")).into());
        }
    };
    let Some(slug) = path.name().strip_suffix(".yaml") else {
        return Err(Diagnostic::new(Code::Dns, "a zone change file must have the name `SLUG.yaml`")
            .at(file.location())
            .into());
    };
    let change = ZoneChange::read(&file)?;
    if path.parent().name() != change.zone.as_str() {
        let message = format!("a file of the zone `{}` is in the folder of another zone", change.zone);
        return Err(Diagnostic::new(Code::Dns, message).at(file.location()).into());
    }
    Ok(ZoneChangeFile { slug: slug.into(), change, at: file.location() })
}

/// The entries of each zone, in order. A name is pending if its object has no address yet. An address that cannot be used concerns
/// its own name only.
pub(crate) fn desired_zones(
    files: &[ZoneChangeFile],
    zones: &BTreeMap<DnsName, Zone>,
    addresses: &ClusterAddresses,
) -> Result<Vec<DesiredZone>> {
    let mut desired_zones: BTreeMap<&DnsName, DesiredZone> = BTreeMap::new();
    let mut faults = Vec::new();
    for file in files {
        let ZoneChange { zone, owner, present, absent, .. } = &file.change;
        let declared = zones.get(zone);
        let ranges = declared.map(|zone| zone.addresses.as_slice()).unwrap_or_default();
        let has_proxy = declared.is_some_and(|zone| zone.provider == Some(ZoneProvider::Cloudflare));
        let entries = present
            .iter()
            .map(|(host, present)| (host, present.proxied, desired_state(host, present, addresses, ranges)))
            .chain(absent.iter().map(|host| (host, None, Ok(DesiredState::Absent))));
        let empty = DesiredZone::without_names(zone, owner)?;
        for (host, proxied, state) in entries {
            match state.and_then(|state| Ok((state, ownership::record_name(host, zone)?))) {
                Err(error) => faults.push(error.at(file.at)),
                Ok((state, ownership)) => {
                    let desired = desired_zones.entry(zone).or_insert_with(|| empty.clone());
                    let (host, owner, branch) = (host.clone(), owner.clone(), file.slug.clone());
                    if proxied.is_some() && !has_proxy {
                        let message = format!("`{host}` cannot be proxied: the zone has no `provider: cloudflare`");
                        faults.push(Diagnostic::new(Code::Dns, message).at(file.at));
                    }
                    desired.entries.push(NameEntry { host, ownership, owner, branch, state, proxied });
                }
            }
        }
    }
    Diagnostics::check(faults, desired_zones.into_values().collect())
}

/// Replaces addresses that the cluster knows. Returns a warning for each name whose address cannot be used, which keeps its
/// `addressFrom`.
pub(crate) fn resolve_addresses(
    files: &mut [ZoneChangeFile],
    zones: &BTreeMap<DnsName, Zone>,
    addresses: &ClusterAddresses,
) -> Result<BTreeMap<DnsName, Diagnostic>> {
    let (mut faults, mut unusable) = (Vec::new(), BTreeMap::new());
    for ZoneChangeFile { change, at, .. } in files {
        let ranges = zones.get(&change.zone).map(|zone| zone.addresses.as_slice()).unwrap_or_default();
        for (host, present) in &mut change.present {
            match desired_state(host, present, addresses, ranges) {
                Ok(DesiredState::Present(records, _)) => {
                    present.records = records;
                    present.address_from = None;
                }
                Ok(DesiredState::Pending | DesiredState::Absent) => {}
                Ok(DesiredState::Unusable(reason)) => {
                    let warning = Diagnostic::new(Code::Dns, format!("`{host}` is left out: {reason}")).at(*at);
                    unusable.insert(host.clone(), warning);
                }
                Err(error) => faults.push(error.at(*at)),
            }
        }
    }
    Diagnostics::check(faults, unusable)
}

fn desired_state(
    host: &DnsName,
    present: &PresentName,
    addresses: &ClusterAddresses,
    ranges: &[Range],
) -> Result<DesiredState, Diagnostic> {
    let mut records = present.records.clone();
    if let Some(object) = &present.address_from {
        match addresses.resolve(object, ranges) {
            Ok(Some(found)) => records.merge(found),
            Ok(None) => return Ok(DesiredState::Pending),
            Err(error) => {
                let help = error.parts().help.iter().flat_map(|help| ["; ", help.as_str()]).collect::<String>();
                return Ok(DesiredState::Unusable(format!("{error}{help}")));
            }
        }
        records.check().map_err(|error| Diagnostic::new(Code::Dns, format!("`{host}`: {error}")))?;
    }
    Ok(DesiredState::Present(records, present.ttl))
}
