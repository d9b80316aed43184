//! The interface of a DNS zone: reading names, and changes that happen only if a name is still as it was read.
//!
//! Every provider implements [`DnsZone`], and so does the zone in memory that tests compare them with.

use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// A record set that pleach never changes: of a type that branches cannot have, or one that is not plain records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ForeignSet {
    /// Its type, such as `MX`.
    pub(crate) kind: SmolStr,
    /// What is special about it, such as `disabled`; empty for plain records.
    pub(crate) special: &'static str,
}

impl fmt::Display for ForeignSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.special {
            "" => f.write_str(&self.kind),
            special => write!(f, "{} ({special})", self.kind),
        }
    }
}

/// The record sets at one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameContent {
    /// The records of the types that branches may have.
    pub(crate) records: RecordSets,
    /// The others. A server is asked for them only if the name is not as expected.
    pub(crate) foreign: BTreeSet<ForeignSet>,
    /// Whether its records are proxied. `None` if the provider has no proxy or they differ.
    pub(crate) proxied: Option<bool>,
    /// For a name without records, or with records that the server does not show, the name above it that is delegated: it does not
    /// resolve. Only name servers are asked for it.
    pub(crate) below_delegation: Option<DnsName>,
}

impl NameContent {
    /// No record of any type.
    pub(crate) const EMPTY: NameContent =
        NameContent { records: RecordSets::EMPTY, foreign: BTreeSet::new(), proxied: None, below_delegation: None };

    /// Whether the name has no record of any type.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.foreign.is_empty()
    }

    /// The foreign sets that rule out the records `after` at this name: nothing is possible beside a CNAME (RFC 1034 3.6.2), a
    /// delegated name has its records in another zone, and a set of a type is replaced as a whole.
    pub(crate) fn in_the_way(&self, after: &RecordSets) -> Vec<&ForeignSet> {
        let is_replaced = |kind: &str| {
            let kind = RecordType::of_name(kind);
            kind.is_some_and(|kind| self.records.get(kind).is_some() || after.get(kind).is_some())
        };
        let excludes =
            |set: &&ForeignSet| after.get(RecordType::Cname).is_some() || set.kind == "NS" || is_replaced(&set.kind);
        self.foreign.iter().filter(excludes).collect()
    }
}

impl From<RecordSets> for NameContent {
    fn from(records: RecordSets) -> Self {
        NameContent { records, ..NameContent::EMPTY }
    }
}

/// A host and the name of its ownership record. A fence is a pair without a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamePair {
    /// The host; `None` for a fence.
    pub(crate) host: Option<DnsName>,
    /// The name of the ownership record or of the fence.
    pub(crate) ownership: DnsName,
}

/// The content of both names of a pair, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PairState {
    /// The content of the host.
    pub(crate) host: NameContent,
    /// The content of the name of the ownership record.
    pub(crate) ownership: NameContent,
}

impl PairState {
    /// No record at either name.
    pub(crate) const EMPTY: PairState = PairState { host: NameContent::EMPTY, ownership: NameContent::EMPTY };

    /// Whether the host's records differ from those in its ownership record.
    pub(crate) fn is_inconsistent(&self) -> bool {
        match OwnershipRecord::read(&self.ownership.records) {
            ParsedRecord::Valid(ownership) => ownership.digests != self.host.records.digests(),
            ParsedRecord::Absent | ParsedRecord::Unreadable => !self.host.is_empty(),
        }
    }
}

/// A pair to read. A server can confirm many expected states in one request.
#[derive(Clone, Debug)]
pub(crate) struct PairQuery {
    /// The names.
    pub(crate) pair: NamePair,
    /// Their state if nothing has to be done.
    pub(crate) expected: PairState,
}

/// The change of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameChange {
    /// The name.
    pub(crate) name: DnsName,
    /// The content that the name must have for the change to happen.
    pub(crate) before: NameContent,
    /// The new records with their TTL in seconds; `None` if the name is a condition only.
    pub(crate) after: Option<(RecordSets, u32)>,
    /// Whether the new records are proxied; `None` keeps what the old ones are.
    pub(crate) proxied: Option<bool>,
}

impl NameChange {
    /// A condition: the name must have this content, and does not change.
    pub(crate) fn condition(name: DnsName, before: NameContent) -> Self {
        NameChange { name, before, after: None, proxied: None }
    }

    /// The records that the name has afterwards.
    pub(crate) fn records_after(&self) -> &RecordSets {
        self.after.as_ref().map_or(&self.before.records, |(records, _)| records)
    }
}

/// Changes of names that happen together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AtomicChange(pub(crate) Vec<NameChange>);

impl AtomicChange {
    /// The change of a host, between those of the fence and of its ownership record. A change of fences has none.
    pub(crate) fn host(&self) -> Option<&NameChange> {
        match &self.0[..] {
            [_, host, _] => Some(host),
            _ => None,
        }
    }
}

/// Why a zone could not be read or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ZoneError {
    /// The content is not what the change is conditioned on. Nothing was changed. The text is what the provider says, if anything.
    Conflict(String),
    /// Nothing was changed, and a retry may succeed, at the earliest after this time.
    Unavailable(String, Option<Duration>),
    /// It is unknown whether the change happened. Read before a retry.
    OutcomeUnknown(String),
    /// The provider accepted the change and did not make it.
    Ignored(String),
    /// The credential is wrong or lacks a permission. Nothing was changed, and a retry fails too.
    Denied(String),
    /// The provider does not accept this change. Nothing was changed.
    Rejected(String),
}

impl ZoneError {
    /// How long the provider asks to wait before a retry.
    pub(crate) fn asked_pause(&self) -> Duration {
        match self {
            ZoneError::Unavailable(_, asked) => asked.unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZoneError::Conflict(reason) => {
                f.write_str("it was changed at the same time by somebody else")?;
                if reason.is_empty() { Ok(()) } else { write!(f, ": {reason}") }
            }
            ZoneError::Unavailable(reason, _)
            | ZoneError::OutcomeUnknown(reason)
            | ZoneError::Ignored(reason)
            | ZoneError::Denied(reason)
            | ZoneError::Rejected(reason) => f.write_str(reason),
        }
    }
}

/// What a provider guarantees about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProviderGuarantee {
    /// Whether it refuses a change whose conditions are not met. Otherwise conditions are read right before a change is
    /// sent, and what somebody else writes in between is overwritten.
    pub(crate) compare_and_set: bool,
    /// Whether a name and its ownership record change together. Otherwise an interrupted run may leave only one of them.
    pub(crate) atomic: bool,
}

impl ProviderGuarantee {
    /// All guarantees.
    pub(crate) const FULL: ProviderGuarantee = ProviderGuarantee { compare_and_set: true, atomic: true };
}

/// A zone that can be read and changed.
pub(crate) trait DnsZone {
    /// What the provider guarantees about a change.
    fn guarantee(&self) -> ProviderGuarantee {
        ProviderGuarantee::FULL
    }

    /// Why the provider does not support these records with this TTL; `None` if it does. Nothing is sent.
    fn unsupported(&self, _records: &RecordSets, _ttl: u32) -> Option<String> {
        None
    }

    /// Why the change is too large for one step; `None` if it is not. Nothing is sent.
    fn too_large(&self, _change: &AtomicChange) -> Option<String> {
        None
    }

    /// What a user should know before `apply`, although it may be as intended. Nothing is sent.
    fn warning(&self) -> Option<String> {
        None
    }

    /// A number that each change of the zone increases by at least one, if the provider has one. It may wrap.
    fn version(&mut self) -> Result<Option<u32>, ZoneError> {
        Ok(None)
    }

    /// The state of each pair, in order. Each pair is read at one moment; different pairs may be read at different ones.
    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError>;

    /// Makes each change whose conditions are met. The results are in order; one failure does not affect the others.
    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>>;

    /// All names with records of the known types.
    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError>;
}
