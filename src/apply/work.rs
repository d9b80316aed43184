//! From the files of a tree to the names of each zone, with addresses filled in.

use super::address::Addresses;
use super::decide::{Entry, Wish};
use super::walk::Work;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::dns::zone_change::{PresentName, ZoneChange, ZoneChangeFile};
use crate::dns::{ownership, zone_change};
use crate::name::DnsName;
use crate::source::{Found, Project, RelPath};
use crate::spec::{Range, Zone};
use std::collections::BTreeMap;

/// Reads every `<zone>/<slug>.yaml` of a folder and checks them together.
pub fn files(project: &Project, folder: &RelPath) -> Result<Vec<ZoneChangeFile>> {
    let mut found = Vec::new();
    for zone in names(project, folder)? {
        let zone = folder.join(&zone).expect("a name in a folder stays inside");
        for name in names(project, &zone)? {
            found.push(zone.join(&name).expect("a name in a folder stays inside"));
        }
    }
    let files = gather(&found, |path| file(project, path))?;
    zone_change::check(&files)?;
    Ok(files)
}

/// What stands in a folder but for hidden files; nothing where no folder is.
fn names(project: &Project, folder: &RelPath) -> Result<Vec<String>, Diagnostic> {
    match project.look(folder) {
        Found::Folder(names) => Ok(names.iter().filter(|name| !name.starts_with('.')).cloned().collect()),
        Found::Nothing => Ok(Vec::new()),
        Found::File(file) => {
            let message = "this is no folder of a zone, and pleach does not know what to do with it";
            Err(Diagnostic::new(Code::Dns, message).at(file.place()))
        }
        Found::Unreadable(why) => Err(Diagnostic::new(Code::Disk, format!("`{folder}` cannot be read: {why}"))),
    }
}

fn file(project: &Project, path: &RelPath) -> Result<ZoneChangeFile> {
    let file = match project.look(path) {
        Found::File(file) => file,
        Found::Unreadable(why) => {
            return Err(Diagnostic::new(Code::Disk, format!("`{path}` cannot be read: {why}")).into());
        }
        Found::Folder(_) | Found::Nothing => {
            return Err(Diagnostic::new(Code::Dns, format!("`{path}` is no zone change file")).into());
        }
    };
    let Some(slug) = path.name().strip_suffix(".yaml") else {
        return Err(Diagnostic::new(Code::Dns, "a zone change file is called by the slug of its branch and `.yaml`")
            .at(file.place())
            .into());
    };
    let change = ZoneChange::read(&file)?;
    if path.parent().name() != change.zone.as_str() {
        let message = format!("a file of the zone `{}` stands in the folder of another", change.zone);
        return Err(Diagnostic::new(Code::Dns, message).at(file.place()).into());
    }
    Ok(ZoneChangeFile { slug: slug.into(), change, at: file.place() })
}

/// The names of each zone, in order. What comes from an object that has no address yet is pending.
pub fn works(files: &[ZoneChangeFile], zones: &BTreeMap<DnsName, Zone>, addresses: &Addresses) -> Result<Vec<Work>> {
    let mut works: BTreeMap<&DnsName, Work> = BTreeMap::new();
    let mut faults = Vec::new();
    for file in files {
        let ZoneChange { zone, owner, present, absent, .. } = &file.change;
        let ranges = zones.get(zone).map(|zone| zone.addresses.as_slice()).unwrap_or_default();
        let entries = present
            .iter()
            .map(|(host, present)| (host, wish(host, present, addresses, ranges)))
            .chain(absent.iter().map(|host| (host, Ok(Wish::Absent))));
        for (host, wish) in entries {
            match wish.and_then(|wish| Ok((wish, ownership::record_name(host, zone)?))) {
                Err(error) => faults.push(error.at(file.at)),
                Ok((wish, marker)) => {
                    let fence = ownership::fence_name(owner, zone)?;
                    let work = works.entry(zone).or_insert_with(|| Work {
                        zone: zone.clone(),
                        owner: owner.clone(),
                        fence,
                        entries: Vec::new(),
                    });
                    let (host, owner, branch) = (host.clone(), owner.clone(), file.slug.clone());
                    work.entries.push(Entry { host, marker, owner, branch, wish });
                }
            }
        }
    }
    Diagnostics::check(faults, works.into_values().collect())
}

/// The files with the addresses filled in that are known.
pub fn resolved(
    files: Vec<ZoneChangeFile>,
    zones: &BTreeMap<DnsName, Zone>,
    addresses: &Addresses,
) -> Result<Vec<ZoneChangeFile>> {
    let mut faults = Vec::new();
    let mut all = files;
    for ZoneChangeFile { change, at, .. } in &mut all {
        let ranges = zones.get(&change.zone).map(|zone| zone.addresses.as_slice()).unwrap_or_default();
        for (host, present) in &mut change.present {
            match wish(host, present, addresses, ranges) {
                Ok(Wish::Present(records, _)) => {
                    present.records = records;
                    present.address_from = None;
                }
                Ok(Wish::Pending | Wish::Absent) => {}
                Err(error) => faults.push(error.at(*at)),
            }
        }
    }
    Diagnostics::check(faults, all)
}

fn wish(host: &DnsName, present: &PresentName, addresses: &Addresses, ranges: &[Range]) -> Result<Wish, Diagnostic> {
    let mut records = present.records.clone();
    if let Some(object) = &present.address_from {
        let Some(found) = addresses.resolve(object, ranges)? else { return Ok(Wish::Pending) };
        records.merge(found);
        records.check().map_err(|error| Diagnostic::new(Code::Dns, format!("`{host}`: {error}")))?;
    }
    Ok(Wish::Present(records, present.ttl))
}
