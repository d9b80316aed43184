//! A zone as the walk sees it: what stands at names, and changes that happen only if it still stands so.
//!
//! Every server and provider is put behind [`Zone`], and so is the zone in memory that the tests compare them with.
//! Nothing here decides what should stand.

use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::RecordSets;
use std::fmt;
use std::time::Duration;

/// What stands at one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing: no record of any type.
    Nothing,
    /// Records of the types that branches may have; others may stand beside them.
    Records(RecordSets),
    /// Only records of other types, such as MX.
    Others,
}

impl Held {
    /// The records as a set that may be empty.
    pub fn records(&self) -> &RecordSets {
        static NONE: std::sync::LazyLock<RecordSets> = std::sync::LazyLock::new(RecordSets::default);
        match self {
            Held::Records(records) => records,
            Held::Nothing | Held::Others => &NONE,
        }
    }
}

impl From<RecordSets> for Held {
    fn from(records: RecordSets) -> Self {
        if records.is_empty() { Held::Nothing } else { Held::Records(records) }
    }
}

/// A host and the place of its marker. A fence is a pair without a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The host, unless only a marker is meant.
    pub host: Option<DnsName>,
    /// The place of the marker.
    pub marker: DnsName,
}

/// What stands at a pair, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// At the host.
    pub host: Held,
    /// At the place of its marker.
    pub marker: Held,
}

impl Standing {
    /// Nothing at all.
    pub const FREE: Standing = Standing { host: Held::Nothing, marker: Held::Nothing };

    /// Whether a host holds what its marker does not tell of.
    pub fn is_odd(&self) -> bool {
        match OwnershipRecord::read(self.marker.records()) {
            ParsedRecord::Valid(marker) => marker.digests != self.host.records().digests(),
            ParsedRecord::Absent | ParsedRecord::Unreadable => self.host != Held::Nothing,
        }
    }
}

/// A pair to be read, and what stands there if nothing has to be done; a server can confirm many guesses at once.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Where to look.
    pub pair: Pair,
    /// What is likely to stand there.
    pub guess: Standing,
}

/// One name: what must stand there for the change to happen, and what stands there then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The name.
    pub name: DnsName,
    /// The condition.
    pub before: Held,
    /// The records from then on with their lifetime in seconds; `None` if the name is a condition only.
    pub after: Option<(RecordSets, u32)>,
}

/// Edits that happen together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change(pub Vec<Edit>);

/// Why something did not happen, or may not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// What stood there is not what the change is conditioned on. Nothing happened.
    Moved,
    /// Nothing happened, and it may be tried again, at the earliest after the time that was asked for.
    Busy(String, Option<Duration>),
    /// Nobody knows whether it happened: look before trying again.
    Unknown(String),
    /// The key is wrong or has no right. Nothing happened, nor will it.
    Refused(String),
    /// The provider cannot hold this. Nothing happened.
    Impossible(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Moved => f.write_str("it was changed by somebody else meanwhile"),
            Failure::Busy(reason, _)
            | Failure::Unknown(reason)
            | Failure::Refused(reason)
            | Failure::Impossible(reason) => f.write_str(reason),
        }
    }
}

/// What a provider promises of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Whether it refuses a change whose conditions do not hold. Without that, conditions are read right before a change
    /// is sent, and whoever writes between the two is written over.
    pub compares: bool,
    /// Whether a name and its marker change together. Without that, a run that is cut off may leave one of the two.
    pub atomic: bool,
}

impl Promise {
    /// Everything.
    pub const FULL: Promise = Promise { compares: true, atomic: true };
}

/// A zone that can be read and changed.
pub trait Zone {
    /// What is promised of a change.
    fn promise(&self) -> Promise {
        Promise::FULL
    }

    /// Why the provider cannot hold these records with that lifetime, asked before anything is sent.
    fn cannot_hold(&self, _records: &RecordSets, _ttl: u32) -> Option<String> {
        None
    }

    /// What stands at each pair, in their order; each pair at one moment, not all at the same.
    fn read(&mut self, asks: &[Ask]) -> Result<Vec<Standing>, Failure>;

    /// Makes each change on its own if its conditions hold; what became of each, in their order.
    fn write(&mut self, changes: &[Change]) -> Vec<Result<(), Failure>>;

    /// Every name that holds records of the known types.
    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, Failure>;
}
