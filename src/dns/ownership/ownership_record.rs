//! The ownership record of a DNS name.

use super::{FORMAT, Owner, ParsedRecord, read, txt};
use crate::record::{RecordSets, RecordType};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;

/// Which project and branch wrote a name, and what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnershipRecord {
    /// The owner.
    pub(crate) owner: Owner,
    /// The slug of the branch.
    pub(crate) branch: SmolStr,
    /// The TTL in seconds. Conditions of a change do not compare it, and the digests do not include it.
    pub(crate) ttl: u32,
    /// The digests of what was written ([`RecordSets::digests`]).
    pub(crate) digests: BTreeMap<RecordType, String>,
}

impl OwnershipRecord {
    /// The TXT record.
    pub(crate) fn records(&self) -> RecordSets {
        txt(&self.to_string())
    }

    /// Reads the records at the name of an ownership record.
    pub(crate) fn read(records: &RecordSets) -> ParsedRecord<OwnershipRecord> {
        read(records, |words| {
            let owner = Owner::read(words)?;
            let branch = words.next()?.strip_prefix("branch=")?.into();
            let ttl = words.next()?.strip_prefix("ttl=")?.parse().ok()?;
            let digest = |word: &str| {
                let (kind, digest) = word.split_once('=')?;
                Some((RecordType::of_name(kind)?, digest.to_owned()))
            };
            Some(OwnershipRecord { owner, branch, ttl, digests: words.map(digest).collect::<Option<_>>()? })
        })
    }
}

impl fmt::Display for OwnershipRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORMAT} {} branch={} ttl={}", self.owner.words(), self.branch, self.ttl)?;
        self.digests.iter().try_for_each(|(kind, digest)| write!(f, " {kind}={digest}"))
    }
}
