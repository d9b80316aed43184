//! What can be done with a name: nothing, a write, or a refusal with its reason.

use super::zone::ForeignSet;
use crate::dns::ownership::Owner;
use crate::name::DnsName;
use smol_str::SmolStr;

/// What the user permits for one name beyond the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Nothing.
    #[default]
    None,
    /// Take over a name that has exactly the desired records and that its ownership record does not have (`--adopt`).
    Adopt,
    /// Overwrite a name of this project that somebody else has changed (`--overwrite`).
    Overwrite,
    /// Delete a name of this project that no file lists (`--forget`).
    Forget,
}

/// What to do with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameAction {
    /// Nothing: it is as the file says, or must be absent and does not belong to this branch.
    Keep,
    /// Write it.
    Write(WriteKind),
    /// Do not change it, and report why.
    Refuse(RefusalReason),
}

/// The ways to write a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WriteKind {
    /// Add records and an ownership record to an empty name.
    Create,
    /// Change the records, TTL or ownership record of an owned name.
    Update,
    /// Renew the ownership record; the records are as desired.
    Mark,
    /// Take over the desired records that somebody else wrote: write the ownership record, and their TTL.
    Adopt,
    /// Add the missing records to an ownership record.
    Restore,
    /// Replace what somebody else wrote at an owned name.
    Overwrite,
    /// Remove records and ownership record.
    Delete,
    /// Remove an ownership record without records.
    Unmark,
}

impl WriteKind {
    /// Whether the records of the name change, and not only its ownership record.
    pub(crate) fn changes_records(self) -> bool {
        !matches!(self, WriteKind::Mark | WriteKind::Unmark)
    }

    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            WriteKind::Create => "create",
            WriteKind::Update => "update",
            WriteKind::Mark => "mark",
            WriteKind::Adopt => "adopt",
            WriteKind::Restore => "restore",
            WriteKind::Overwrite => "overwrite",
            WriteKind::Delete => "delete",
            WriteKind::Unmark => "unmark",
        }
    }
}

/// Why a name is not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// The branch owns it, and its records are not those in the ownership record.
    Drift,
    /// It has records and no ownership record.
    InUse,
    /// It is to be forgotten, and has no ownership record.
    NotOwned,
    /// It also has these record sets, which pleach never changes, and which rule out the change.
    InTheWay(Vec<ForeignSet>),
    /// It is below this name, which is delegated to other name servers.
    BelowDelegation(DnsName),
    /// The change does not fit into one step of the provider, for this reason.
    TooLarge(String),
    /// It belongs to another project, or to another repository with the same project.
    OtherOwner(Owner),
    /// It belongs to another branch that still uses it.
    OtherBranch(SmolStr),
    /// This version does not understand the ownership record.
    Unreadable,
    /// Its address is not known yet.
    Pending,
    /// Its address cannot be used, for this reason.
    Address(String),
}
