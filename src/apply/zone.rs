//! The interface of a DNS zone: reading names, and changes that happen only if a name is still as it was read.
//!
//! Every provider implements [`DnsZone`], and so does the zone in memory that tests compare them with.

use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::RecordSets;
use std::fmt;
use std::time::Duration;

/// The record sets at one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameContent {
    /// No record of any type.
    Empty,
    /// Records of the types that branches may have. There may be records of other types too.
    Records(RecordSets),
    /// Only records of other types, such as MX.
    OtherTypes,
}

impl NameContent {
    /// The records of the types that branches may have.
    pub(crate) fn records(&self) -> &RecordSets {
        static NONE: std::sync::LazyLock<RecordSets> = std::sync::LazyLock::new(RecordSets::default);
        match self {
            NameContent::Records(records) => records,
            NameContent::Empty | NameContent::OtherTypes => &NONE,
        }
    }
}

impl From<RecordSets> for NameContent {
    fn from(records: RecordSets) -> Self {
        if records.is_empty() { NameContent::Empty } else { NameContent::Records(records) }
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
    pub(crate) const EMPTY: PairState = PairState { host: NameContent::Empty, ownership: NameContent::Empty };

    /// Whether the host's records differ from those in its ownership record.
    pub(crate) fn is_inconsistent(&self) -> bool {
        match OwnershipRecord::read(self.ownership.records()) {
            ParsedRecord::Valid(ownership) => ownership.digests != self.host.records().digests(),
            ParsedRecord::Absent | ParsedRecord::Unreadable => self.host != NameContent::Empty,
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
}

/// Changes of names that happen together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AtomicChange(pub(crate) Vec<NameChange>);

/// Why a zone could not be read or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ZoneError {
    /// The content is not what the change is conditioned on. Nothing was changed.
    Conflict,
    /// Nothing was changed, and a retry may succeed, at the earliest after this time.
    Unavailable(String, Option<Duration>),
    /// It is unknown whether the change happened. Read before a retry.
    OutcomeUnknown(String),
    /// The credential is wrong or lacks a permission. Nothing was changed, and a retry fails too.
    Denied(String),
    /// The provider does not accept this change. Nothing was changed.
    Rejected(String),
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZoneError::Conflict => f.write_str("it was changed at the same time by somebody else"),
            ZoneError::Unavailable(reason, _)
            | ZoneError::OutcomeUnknown(reason)
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

    /// The state of each pair, in order. Each pair is read at one moment; different pairs may be read at different ones.
    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError>;

    /// Makes each change whose conditions are met. The results are in order; one failure does not affect the others.
    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>>;

    /// All names with records of the known types.
    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError>;
}
