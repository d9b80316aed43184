//! What hosts hold: all hosts of a zone, or one host in place of what its zone says.

use super::section::{Section, text};
use super::{Pattern, Placed};
use crate::diagnostic::{Code, Diagnostic};
use crate::record::{Data, Records, Type};
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What is said of the records of hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostContent {
    /// How long they may be cached, in seconds.
    pub ttl: Option<Placed<u32>>,
    /// The record sets that are written down; an empty one says that there is none.
    pub sets: BTreeMap<Type, Placed<BTreeSet<Data>>>,
    /// The object of the cluster whose address the hosts have.
    pub address_from: Option<AddressFrom>,
}

/// An object of a cluster that has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressFrom {
    /// `Service`, `Ingress` or `Gateway`.
    pub kind: SmolStr,
    /// Its namespace, if it is not that of the branch.
    pub namespace: Option<Pattern>,
    /// Its name.
    pub name: Pattern,
    /// Where it is written.
    pub at: Location,
}

/// The types that say where a host is; one of them, or `addressFrom`, takes the place of all that a zone says of that.
const ADDRESSES: [Type; 3] = [Type::A, Type::Aaaa, Type::Cname];

impl HostContent {
    pub(super) fn of(section: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let ttl = section.node("ttl").and_then(|node| {
            let value = node.as_text()?.parse().ok()?;
            Some(Placed { value, at: node.at })
        });
        let sets = Type::ALL.into_iter().filter_map(|kind| {
            let list = section.list(kind.name())?;
            Some((kind, Placed { value: set(kind, list, faults), at: section.place(kind.name()) }))
        });
        let sets: BTreeMap<_, _> = sets.collect();
        let address_from = section.section("addressFrom").and_then(|from| AddressFrom::of(&from, faults));
        let content = HostContent { ttl, sets, address_from };
        if let Some(from) = &content.address_from
            && let Some((kind, _)) = content.sets.iter().find(|(kind, _)| ADDRESSES.contains(kind))
        {
            let message = format!("`addressFrom` and `{kind}` both say where hosts are");
            faults.push(Diagnostic::new(Code::Dns, message).at(from.at).help("keep one of the two"));
        }
        if let Err(error) = content.records(None).check() {
            faults.push(error.at(content.sets[&Type::Cname].at));
        }
        content
    }

    /// Whether it says where hosts are.
    pub fn locates(&self) -> bool {
        self.address_from.is_some() || ADDRESSES.iter().any(|kind| self.sets.contains_key(kind))
    }

    /// The records that are written down, those of `own` in place of what stands here.
    pub fn records(&self, own: Option<&HostContent>) -> Records {
        let mut records = Records::default();
        for kind in Type::ALL {
            let replaces = |own: &&HostContent| match kind {
                Type::A | Type::Aaaa | Type::Cname => own.locates(),
                Type::Txt | Type::Caa => own.sets.contains_key(&kind),
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

fn set(kind: Type, list: &[crate::node::Node], faults: &mut Vec<Diagnostic>) -> BTreeSet<Data> {
    let mut set = BTreeSet::new();
    for node in list {
        // An empty value is left to the schema.
        let Some(value) = text(node).filter(|text| !text.is_empty()) else { continue };
        match Data::parse(kind, &value) {
            Ok(data) if set.insert(data.clone()) => {}
            Ok(_) => {
                let message = format!("`{value}` stands twice in this list");
                faults.push(Diagnostic::new(Code::Dns, message).at(node.at));
            }
            Err(error) => faults.push(error.at(node.at)),
        }
    }
    set
}
