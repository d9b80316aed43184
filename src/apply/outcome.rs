//! The results of a run: for each name and for each zone.

use super::action::{RefusalReason, WriteKind};
use super::zone::PairState;

/// The result for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameOutcome {
    /// It was already as desired.
    Kept,
    /// This write is planned.
    Planned(WriteKind),
    /// This write was done.
    Done(WriteKind),
    /// It was not changed, for this reason.
    Refused(RefusalReason),
    /// The write failed, for this reason.
    Failed(String),
    /// It changed repeatedly during the run. The text is the last error.
    Unsettled(String),
    /// It was not tried because the run ended before.
    Skipped,
}

/// The result for one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ZoneOutcome {
    /// Every name was processed.
    Complete,
    /// A newer run, with this revision, has changed the zone.
    Superseded(u64),
    /// The fence is missing or unreadable, so that nothing may be written.
    NoFence,
    /// The provider could not be reached or denied a request.
    Failed(String),
}

/// Receives the index of each entry, its state in the zone, and its result.
pub(crate) type OutcomeCallback<'a> = dyn FnMut(usize, &PairState, NameOutcome) + 'a;
