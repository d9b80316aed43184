//! A name in a zone change file.

use crate::dns::ownership::{Owner, OwnershipRecord};
use crate::name::DnsName;
use crate::record::RecordSets;
use smol_str::SmolStr;

/// What a file says about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DesiredState {
    /// It has these records with this TTL.
    Present(RecordSets, u32),
    /// It has an address that the cluster has not assigned yet.
    Pending,
    /// It has an address that cannot be used, for this reason.
    Unusable(String),
    /// It does not exist.
    Absent,
}

/// A name in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameEntry {
    /// The name.
    pub(crate) host: DnsName,
    /// The name of its ownership record.
    pub(crate) ownership: DnsName,
    /// The owner.
    pub(crate) owner: Owner,
    /// The slug of the branch.
    pub(crate) branch: SmolStr,
    /// What the file says.
    pub(crate) state: DesiredState,
    /// Whether its records are to be proxied; `None` keeps what they are.
    pub(crate) proxied: Option<bool>,
}

impl NameEntry {
    /// The records that the name is to have.
    pub(crate) fn records(&self) -> &RecordSets {
        static NONE: RecordSets = RecordSets::EMPTY;
        match &self.state {
            DesiredState::Present(records, _) => records,
            DesiredState::Absent | DesiredState::Pending | DesiredState::Unusable(_) => &NONE,
        }
    }

    /// The ownership record of the name with these records and this TTL.
    pub(crate) fn ownership_record(&self, records: &RecordSets, ttl: u32) -> OwnershipRecord {
        OwnershipRecord { owner: self.owner.clone(), branch: self.branch.clone(), ttl, digests: records.digests() }
    }
}
