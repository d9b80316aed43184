//! How the fence of a zone compares with the revision of a run.

use super::zone::NameContent;
use crate::dns::ownership::{Fence, ParsedRecord};

/// The fence, as seen by a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FenceState {
    /// There is no fence, or it has an older revision.
    Older,
    /// The fence has the revision of the run.
    Current,
    /// The revision of the run is there beside older ones, which other runs wrote at the same time.
    Shared,
    /// The fence has this newer revision.
    Newer(u64),
    /// The records are not a fence of this project.
    Unreadable,
}

impl FenceState {
    /// Compares the content of a fence's name with the revision `rev` of the project `owner`.
    pub(crate) fn of(content: &NameContent, owner: &str, rev: u64) -> FenceState {
        match Fence::read(&content.records) {
            _ if !content.foreign.is_empty() => FenceState::Unreadable,
            ParsedRecord::Absent => FenceState::Older,
            ParsedRecord::Valid(fence) if fence.owner != owner => FenceState::Unreadable,
            ParsedRecord::Valid(fence) if fence.rev < rev => FenceState::Older,
            ParsedRecord::Valid(fence) if fence.rev == rev && content.records == fence.records() => FenceState::Current,
            ParsedRecord::Valid(fence) if fence.rev == rev => FenceState::Shared,
            ParsedRecord::Valid(fence) => FenceState::Newer(fence.rev),
            ParsedRecord::Unreadable => FenceState::Unreadable,
        }
    }
}
