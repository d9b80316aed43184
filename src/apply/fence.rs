//! The last revision applied to a zone, and how it compares with the revision of a run.

use super::zone::NameContent;
use crate::diagnostic::Diagnostic;
use crate::dns::ownership::{self, Fence, Owner, ParsedRecord};
use crate::name::DnsName;

/// The names of the fences of an owner in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FenceNames {
    /// The owner's fence.
    pub(crate) own: DnsName,
    /// The fence of the same project without an id, which counts until the owner's id has a fence. `None` if the owner has no id.
    pub(crate) without_id: Option<DnsName>,
}

impl FenceNames {
    /// The names in `zone`.
    pub(crate) fn of(owner: &Owner, zone: &DnsName) -> Result<FenceNames, Diagnostic> {
        let own = ownership::fence_name(owner, zone)?;
        let without_id = owner.id.is_some().then(|| ownership::fence_name(&owner.without_id(), zone)).transpose()?;
        Ok(FenceNames { own, without_id })
    }

    /// All of them, in backticks.
    pub(crate) fn quoted(&self) -> String {
        let names: Vec<_> =
            std::iter::once(&self.own).chain(&self.without_id).map(|name| format!("`{name}`")).collect();
        names.join(" and ")
    }
}

/// What was read at the names of a fence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FenceContent {
    /// The content of the fence's name.
    pub(crate) own: NameContent,
    /// The content of the name of the fence without an id.
    pub(crate) without_id: NameContent,
}

impl FenceContent {
    /// The fence that counts for `owner`. That of somebody else is not readable.
    fn read(&self, owner: &Owner) -> ParsedRecord<Fence> {
        let fence = match Fence::read(&self.own.records) {
            _ if !self.own.foreign.is_empty() => ParsedRecord::Unreadable,
            ParsedRecord::Absent if self.without_id.foreign.is_empty() => Fence::read(&self.without_id.records),
            own => own,
        };
        match fence {
            ParsedRecord::Valid(fence) if !owner.has_record_of(&fence.owner) => ParsedRecord::Unreadable,
            fence => fence,
        }
    }
}

/// The last revision that an owner has applied to a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastRevision {
    /// There is no fence.
    None,
    /// The revision of the fence.
    Known(u64),
    /// The records are not a fence of this owner.
    Unreadable,
}

impl LastRevision {
    /// The last revision of `owner`, from its fence.
    pub(crate) fn of(content: &FenceContent, owner: &Owner) -> LastRevision {
        match content.read(owner) {
            ParsedRecord::Absent => LastRevision::None,
            ParsedRecord::Valid(fence) => LastRevision::Known(fence.rev),
            ParsedRecord::Unreadable => LastRevision::Unreadable,
        }
    }
}

/// The fence, as seen by a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FenceState {
    /// There is no fence, or it has an older revision, or it is the one without an id.
    Older,
    /// The fence has the revision of the run.
    Current,
    /// The revision of the run is there beside older ones, which other runs wrote at the same time.
    Shared,
    /// The fence has this newer revision.
    Newer(u64),
    /// The records are not a fence of this owner.
    Unreadable,
}

impl FenceState {
    /// Compares the fence with the revision `rev` of a run of `owner`.
    pub(crate) fn of(content: &FenceContent, owner: &Owner, rev: u64) -> FenceState {
        match content.read(owner) {
            ParsedRecord::Absent => FenceState::Older,
            ParsedRecord::Valid(fence) if fence.rev > rev => FenceState::Newer(fence.rev),
            ParsedRecord::Valid(fence) if fence.rev < rev || content.own.is_empty() => FenceState::Older,
            ParsedRecord::Valid(fence) if content.own.records == fence.records() => FenceState::Current,
            ParsedRecord::Valid(_) => FenceState::Shared,
            ParsedRecord::Unreadable => FenceState::Unreadable,
        }
    }
}
