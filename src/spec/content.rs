//! The records of hosts: those that a zone sets for all its hosts, and those that one host sets instead.

use super::section::{Section, text};
use super::{Pattern, Placed};
use crate::diagnostic::{Code, Diagnostic};
use crate::record::{RecordData, RecordSets, RecordType};
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The records of hosts, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HostContent {
    /// The TTL in seconds.
    pub(crate) ttl: Option<Placed<u32>>,
    /// Whether the provider's proxy has the address in DNS.
    pub(crate) proxied: Option<Placed<bool>>,
    /// The record sets. An empty one removes the set that the zone has.
    pub(crate) sets: BTreeMap<RecordType, Placed<BTreeSet<RecordData>>>,
    /// The object in the cluster whose address the hosts get.
    pub(crate) address_from: Option<AddressFrom>,
    /// Where the key of each of these is written.
    pub(crate) keys: BTreeMap<&'static str, Location>,
}

/// An object in a cluster that has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddressFrom {
    /// `Service`, `Ingress` or `Gateway`.
    pub(crate) kind: SmolStr,
    /// Its namespace, if it is not that of the branch.
    pub(crate) namespace: Option<Pattern>,
    /// Its name.
    pub(crate) name: Pattern,
    /// Where it is written.
    pub(crate) at: Location,
}

/// The types that contain the address of a host. One of them, or `addressFrom`, replaces all of these that the zone sets.
const ADDRESSES: [RecordType; 3] = [RecordType::A, RecordType::Aaaa, RecordType::Cname];

impl HostContent {
    pub(super) fn of(section: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let ttl = section.node("ttl").and_then(|node| {
            let value = node.as_text()?.parse().ok()?;
            Some(Placed { value, at: node.at })
        });
        let proxied = section
            .node("proxied")
            .and_then(|node| Some(Placed { value: node.as_bool()?, at: section.key_place("proxied")? }));
        if proxied.as_ref().is_some_and(|proxied| proxied.value) {
            let help = "remove it: the provider sets the TTL of proxied records";
            faults.extend(section.without_effect(Code::Dns, &["ttl"], "with `proxied: true`", help));
        }
        let sets = RecordType::ALL.into_iter().filter_map(|kind| {
            let list = section.list(kind.name())?;
            Some((kind, Placed { value: set(kind, list, faults), at: section.place(kind.name()) }))
        });
        let sets: BTreeMap<_, _> = sets.collect();
        let address_from = section.section("addressFrom").and_then(|from| AddressFrom::of(&from, faults));
        let keys = ["ttl", "proxied", "addressFrom"].into_iter().chain(RecordType::ALL.map(RecordType::name));
        let keys = keys.filter_map(|key| Some((key, section.key_place(key)?))).collect();
        let content = HostContent { ttl, proxied, sets, address_from, keys };
        if let Some(from) = &content.address_from
            && let Some((kind, _)) = content.sets.iter().find(|(kind, _)| ADDRESSES.contains(kind))
        {
            let message = format!("`addressFrom` and `{kind}` both set the address");
            faults.push(Diagnostic::new(Code::Dns, message).at(from.at).help("remove one of the two"));
        }
        if let Err(error) = content.records(None).check() {
            faults.push(error.at(content.sets[&RecordType::Cname].at));
        }
        content
    }

    /// Whether it sets an address.
    pub(crate) fn locates(&self) -> bool {
        self.address_from.is_some() || ADDRESSES.iter().any(|kind| self.sets.contains_key(kind))
    }

    /// The records; those of `own` replace the ones of the zone.
    pub(crate) fn records(&self, own: Option<&HostContent>) -> RecordSets {
        let mut records = RecordSets::default();
        for kind in RecordType::ALL {
            let replaces = |own: &&HostContent| match kind {
                RecordType::A | RecordType::Aaaa | RecordType::Cname => own.locates(),
                RecordType::Txt | RecordType::Caa => own.sets.contains_key(&kind),
            };
            let set = own.filter(replaces).unwrap_or(self).sets.get(&kind);
            for data in set.into_iter().flat_map(|set| &set.value) {
                records.insert(kind, data.clone());
            }
        }
        records
    }
}

impl AddressFrom {
    fn of(section: &Section, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        Some(AddressFrom {
            kind: section.text("kind")?,
            namespace: Pattern::of(section, "namespace", faults),
            name: Pattern::of(section, "name", faults)?,
            at: section.at,
        })
    }
}

fn set(kind: RecordType, list: &[crate::node::Node], faults: &mut Vec<Diagnostic>) -> BTreeSet<RecordData> {
    let mut set = BTreeSet::new();
    for node in list {
        // The schema reports an empty value.
        let Some(value) = text(node).filter(|text| !text.is_empty()) else { continue };
        match RecordData::parse(kind, &value) {
            Ok(data) if set.insert(data.clone()) => {}
            Ok(_) => {
                let message = format!("duplicate value `{value}`");
                faults.push(Diagnostic::new(Code::Dns, message).at(node.at));
            }
            Err(error) => faults.push(error.at(node.at)),
        }
    }
    set
}
