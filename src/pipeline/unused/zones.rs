//! Zones, and settings of zones and of the records of hosts, that no host of a branch uses.

use super::UsedParts;
use crate::diagnostic::{Code, Diagnostic};
use crate::dns::WantedNames;
use crate::name::DnsName;
use crate::output::{OutputKind, Tree};
use crate::pipeline::Inputs;
use crate::plan::{Branch, BranchHost};
use crate::record::RecordType;
use crate::source::Location;
use crate::spec::{Backend, HostContent, Mode, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// The zones that all branches write records to, and those with addresses that only a cluster knows.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct WrittenZones {
    written: BTreeSet<DnsName>,
    addressed: BTreeSet<DnsName>,
}

impl WrittenZones {
    /// The zones of these names.
    pub(in crate::pipeline) fn of(names: &[WantedNames]) -> Self {
        let addressed = names.iter().filter(|names| !names.objects.is_empty());
        WrittenZones {
            written: names.iter().map(|names| names.zone.clone()).collect(),
            addressed: addressed.map(|names| names.zone.clone()).collect(),
        }
    }
}

/// The warnings about zones, about records of hosts, and about domains of App Engine.
pub(super) fn warnings(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    let used: BTreeSet<&DnsName> = hosts(build.inputs).map(|(_, _, zone, _)| zone).collect();
    let changed = changed_zones(build.tree);
    // An unused zone is reported as a whole once it is known what is pruned.
    let zones = spec.zones.iter().map(|(name, zone)| (name, zone, changed.contains(name.as_str())));
    let zones = zones.filter(|(name, _, has_file)| *has_file || used.contains(name));
    let zones = zones.flat_map(|(name, zone, has_file)| of_zone(build, name, zone, has_file));
    zones.chain(empty_records(build)).chain(domains(build)).collect()
}

/// The hosts of all branches that are in a zone of the spec.
pub(in crate::pipeline) fn hosts<'a>(
    inputs: &Inputs<'a>,
) -> impl Iterator<Item = (&'a Branch, &'a BranchHost, &'a DnsName, &'a Zone)> {
    let (spec, plan) = (inputs.spec, inputs.plan);
    let all = plan.branches.iter().flat_map(|branch| branch.hosts.iter().map(move |host| (branch, host)));
    all.filter_map(|(branch, host)| {
        let (name, zone) = Zone::of(&spec.zones, &host.name)?;
        Some((branch, host, name, zone))
    })
}

/// The names of the zones that a tree has zone changes of.
pub(in crate::pipeline) fn changed_zones(tree: &Tree) -> BTreeSet<String> {
    let files = tree.iter().filter(|(path, _)| path.kind() == OutputKind::ZoneChange);
    files.map(|(path, _)| path.parent().name().to_owned()).collect()
}

/// Keys of a zone without effect. `has_file` says whether it has a zone change, which may be about removed names only.
fn of_zone(build: &UsedParts, name: &DnsName, zone: &Zone, has_file: bool) -> Vec<Diagnostic> {
    let mut unread: Vec<(&str, &str)> = Vec::new();
    if zone.mode == Mode::Wildcard && !build.zones.written.contains(name) {
        let why = "a wildcard covers the hosts of the zone, and none has records of its own";
        unread.extend([("ttl", why), ("backend", why)]);
        unread.extend(["provider", "server", "id", "project"].map(|key| (key, why)).iter().filter(|_| !has_file));
    } else if zone.backend == Backend::DnsEndpoint && !has_file {
        let why = "external-dns writes the records of the zone";
        unread.extend(["server", "id", "project"].map(|key| (key, why)));
    }
    // Those beside `addressFrom` of the zone are for hosts to come, too.
    if !build.zones.addressed.contains(name) && zone.content.address_from.is_none() {
        unread.push(("addresses", "no host of the zone has `addressFrom`"));
    }
    let warning = |(key, why): (&str, &str)| {
        let message = format!("`{key}` of the zone `{}` has no effect: {why}", name.as_str());
        Some(Diagnostic::new(Code::Spec, message).at(*zone.keys.get(key)?).help("remove it"))
    };
    unread.into_iter().filter_map(warning).collect()
}

/// Empty lists of records that remove nothing of a zone, in any branch.
fn empty_records(build: &UsedParts) -> Vec<Diagnostic> {
    let mut removed: BTreeMap<Location, (RecordType, &str, bool)> = BTreeMap::new();
    for (_, host, name, zone) in hosts(build.inputs) {
        let sets = host.content.iter().flat_map(|content| &content.sets);
        for (kind, set) in sets.filter(|(_, set)| set.value.is_empty()) {
            let (_, _, removes) = removed.entry(set.at).or_insert((*kind, name.as_str(), false));
            *removes |= zone.content.sets.get(kind).is_some_and(|set| !set.value.is_empty());
        }
    }
    let warning = |(at, (kind, zone, _)): (&Location, &(RecordType, &str, bool))| {
        let message =
            format!("`{kind}: []` has no effect: it removes the {kind} records of a zone, and `{zone}` has none");
        Diagnostic::new(Code::Spec, message).at(*at).help("remove it")
    };
    removed.iter().filter(|(_, (.., removes))| !removes).map(warning).collect()
}

/// Domains of App Engine that no host is an alias in.
fn domains(build: &UsedParts) -> Vec<Diagnostic> {
    let is_alias = |host: &BranchHost| !host.content.as_deref().is_some_and(HostContent::locates);
    let used: BTreeSet<&str> =
        hosts(build.inputs).filter(|(_, host, ..)| is_alias(host)).map(|(branch, ..)| branch.name.as_str()).collect();
    let unread = build.inputs.spec.branches.iter().filter(|entry| !used.contains(entry.name.as_str()));
    let unread = unread.filter_map(|entry| entry.app_engine.as_ref()?.domain.as_ref());
    let warning = |at| {
        let message = "`domain` has no effect: no host of the branch gets its address from App Engine";
        Diagnostic::new(Code::Spec, message).at(at).help("remove it")
    };
    unread.map(|domain| warning(domain.at)).collect()
}
