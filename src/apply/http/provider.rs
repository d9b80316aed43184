//! What a provider is: a translator. It turns questions and changes into requests and replies into records, says what it
//! promises and what it cannot hold, and sends nothing itself.

use super::message::{Reply, Request};
use crate::apply::zone::{Failure, Promise};
use crate::dns::ownership;
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::time::Duration;

/// One record as a provider keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name.
    pub name: DnsName,
    /// Its type.
    pub kind: RecordType,
    /// Its data.
    pub data: RecordData,
    /// Its lifetime in seconds.
    pub ttl: u32,
    /// The data as the provider spells it, if it wants to hear it so again and pleach would spell it otherwise.
    pub raw: Option<String>,
    /// What the provider calls the record, if it has a name for single records.
    pub id: SmolStr,
}

/// A part of what a zone holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Records of the types that pleach knows.
    pub records: Vec<Record>,
    /// Names with records of other types, or with something that is no plain record.
    pub others: Vec<DnsName>,
    /// What to ask for the next part with, if there is one.
    pub next: Option<String>,
    /// How many records this part has and how many all parts have, if that is told.
    pub counted: Option<(usize, usize)>,
}

/// What a name is to pleach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A host of a branch.
    Host,
    /// The place of a marker.
    OwnershipRecord,
    /// The place of a fence.
    Fence,
}

impl Role {
    /// The role of a name.
    pub fn of(name: &DnsName) -> Role {
        match name.labels().next() {
            Some(first) if first == ownership::FENCE => Role::Fence,
            _ if name.labels().any(|label| label == ownership::LABEL) => Role::OwnershipRecord,
            _ => Role::Host,
        }
    }
}

/// One name that is to hold something else.
#[derive(Clone, Debug)]
pub struct Swap {
    /// The name.
    pub name: DnsName,
    /// What it is to pleach.
    pub role: Role,
    /// All that it holds of the known types.
    pub gone: Vec<Record>,
    /// What it holds from then on; the same as before if the swap is there for its condition only.
    pub come: RecordSets,
    /// The lifetime of that.
    pub ttl: u32,
    /// Lifetimes of single sets that are others: of a name that is a condition only, every set keeps its own.
    pub own_ttl: BTreeMap<RecordType, u32>,
}

/// A record set of a swap: those that go and those that come.
pub struct Exchange<'a> {
    /// The type.
    pub kind: RecordType,
    /// What goes.
    pub gone: Vec<&'a Record>,
    /// What comes.
    pub come: Vec<&'a RecordData>,
    /// The lifetime of that.
    pub ttl: u32,
}

impl Exchange<'_> {
    /// Whether it changes nothing.
    pub fn is_idle(&self) -> bool {
        self.gone.len() == self.come.len()
            && self.gone.iter().all(|record| record.ttl == self.ttl && self.come.contains(&&record.data))
    }
}

impl Swap {
    /// The lifetime of what comes of a type.
    pub fn lifetime(&self, kind: RecordType) -> u32 {
        self.own_ttl.get(&kind).copied().unwrap_or(self.ttl)
    }

    /// The swap by type, in the order of the types; types that neither go nor come are left out.
    pub fn exchanges(&self) -> impl Iterator<Item = Exchange<'_>> {
        RecordType::ALL.into_iter().filter_map(|kind| {
            let gone: Vec<&Record> = self.gone.iter().filter(|record| record.kind == kind).collect();
            let come: Vec<&RecordData> = self.come.get(kind).into_iter().flatten().collect();
            (!gone.is_empty() || !come.is_empty()).then_some(Exchange { kind, gone, come, ttl: self.lifetime(kind) })
        })
    }
}

/// How much fits into one change.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Records, those that go and those that come.
    pub records: usize,
    /// Characters of their data.
    pub characters: usize,
}

impl Room {
    /// What is left of it when a swap is put in; `None` if that does not fit.
    pub fn take(self, swap: &Swap) -> Option<Room> {
        let come = swap.come.iter().map(|(kind, data)| data.presentation(kind).len());
        let gone = swap.gone.iter().map(|record| record.data.presentation(record.kind).len());
        let records = self.records.checked_sub(swap.gone.len() + swap.come.iter().count())?;
        let characters = self.characters.checked_sub(come.sum::<usize>() + gone.sum::<usize>())?;
        Some(Room { records, characters })
    }
}

/// What a provider can hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// What it is called in complaints.
    pub provider: &'static str,
    /// The shortest and the longest lifetime.
    pub ttl: (u32, u32),
    /// Another lifetime that it takes for one of its own choice.
    pub automatic: Option<u32>,
    /// The types.
    pub types: &'static [RecordType],
    /// How many characters a text may have.
    pub text: usize,
}

impl Bounds {
    /// Why something cannot be held.
    pub fn refusal(&self, records: &RecordSets, ttl: u32) -> Option<String> {
        let Bounds { provider, ttl: (shortest, longest), .. } = *self;
        if !(shortest..=longest).contains(&ttl) && self.automatic != Some(ttl) {
            return Some(format!("{provider} has lifetimes of {shortest} to {longest} seconds, and this is {ttl}"));
        }
        if let Some((kind, _)) = records.sets().find(|(kind, _)| !self.types.contains(kind)) {
            return Some(format!("{provider} takes no {kind} over its API"));
        }
        let texts = records.get(RecordType::Txt).into_iter().flatten();
        let long = texts.map(|data| data.value(RecordType::Txt).chars().count()).find(|count| *count > self.text)?;
        Some(format!("{provider} takes texts of up to {} characters, and this has {long}", self.text))
    }
}

/// A translator for one zone.
pub trait Provider: Send {
    /// What is promised of a change.
    fn promise(&self) -> Promise;

    /// What can be held.
    fn bounds(&self) -> Bounds;

    /// How far apart requests are, so that the provider does not have to ask for a pause.
    fn pace(&self) -> Duration {
        Duration::ZERO
    }

    /// The request whose reply says what the provider calls the zone; `None` if that is known.
    fn lookup(&self) -> Option<Request>;

    /// Takes from the reply to that what the provider calls the zone, or says why that is not clear.
    fn found(&mut self, reply: &Reply) -> Result<(), String>;

    /// Whether it can be asked for what stands at a single name.
    fn answers_names(&self) -> bool {
        true
    }

    /// Whether it answers a question for a name with that name and all that come after it.
    fn answers_from(&self) -> bool {
        false
    }

    /// The request for what stands at a name, or for a part of the whole zone.
    fn question(&self, name: Option<&DnsName>, next: Option<&str>) -> Request;

    /// What the reply to that says.
    fn answer(&self, reply: &Reply) -> Result<Page, String>;

    /// With which lifetime a name is written again that is only a condition, so that the provider looks at the condition;
    /// `None` if writing it again would be for nothing.
    fn touch(&self, role: Role, ttl: u32) -> Option<u32>;

    /// How much fits into one change.
    fn room(&self) -> Room;

    /// The requests that make the swaps, to be sent in this order; one if the provider is atomic.
    fn requests(&self, swaps: &[Swap]) -> Vec<Request>;

    /// Why the reply to a request is no success; `None` if it is one.
    fn failure(&self, request: &Request, reply: &Reply) -> Option<Failure>;

    /// The records that the reply to a change says were made, if it says so.
    fn made(&self, _reply: &Reply) -> Vec<Record> {
        Vec::new()
    }
}

/// What a status says with every provider: wrong credentials, too many requests, and what nobody knows the outcome of.
pub(super) fn common(reply: &Reply, told: &str) -> Option<Failure> {
    let told = if told.is_empty() { String::new() } else { format!(": {told}") };
    match reply.status {
        200..=299 => None,
        401 | 403 => {
            let reason = format!("the credential is wrong or has no right to do this ({}){told}", reply.status);
            Some(Failure::Refused(reason))
        }
        429 => Some(Failure::Busy(format!("too many requests (429){told}"), reply.retry_after)),
        500..=599 => Some(Failure::Unknown(format!("the provider failed ({}){told}", reply.status))),
        status @ (300..=399 | 404 | 405) => {
            Some(Failure::Refused(format!("the provider does not know this zone or address ({status}){told}")))
        }
        status => Some(Failure::Impossible(format!("the provider refuses ({status}){told}"))),
    }
}

/// The name that a provider writes as `text`, if it is one that pleach could write.
pub(super) fn name(text: &str) -> Option<DnsName> {
    DnsName::target(&text.to_ascii_lowercase()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_told_by_name() {
        for (name, want) in [
            ("login.shop.dev.example.com", Role::Host),
            ("*.dev.example.com", Role::Host),
            ("login.shop._pleach.dev.example.com", Role::OwnershipRecord),
            ("_wildcard._pleach.dev.example.com", Role::OwnershipRecord),
            ("_rev.shop._pleach.dev.example.com", Role::Fence),
        ] {
            assert_eq!(Role::of(&DnsName::target(name).unwrap()), want, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_held_is_told() {
        let bounds = Bounds {
            provider: "Some",
            ttl: (60, 600),
            automatic: Some(1),
            types: &[RecordType::A, RecordType::Txt],
            text: 3,
        };
        let set = |kind, value: &str| RecordSets::one(kind, RecordData::parse(kind, value).unwrap());
        for (records, ttl, want) in [
            (set(RecordType::A, "192.0.2.1"), 60, None),
            (set(RecordType::A, "192.0.2.1"), 1, None),
            (set(RecordType::A, "192.0.2.1"), 59, Some("Some has lifetimes of 60 to 600 seconds, and this is 59")),
            (set(RecordType::A, "192.0.2.1"), 601, Some("Some has lifetimes of 60 to 600 seconds, and this is 601")),
            (set(RecordType::Caa, "0 issue \";\""), 60, Some("Some takes no CAA over its API")),
            (set(RecordType::Txt, "äöü"), 60, None),
            (set(RecordType::Txt, "four"), 60, Some("Some takes texts of up to 3 characters, and this has 4")),
        ] {
            assert_eq!(bounds.refusal(&records, ttl).as_deref(), want);
        }
    }
}
