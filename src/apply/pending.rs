//! The writes that a run still has to do in a zone.

use super::action::WriteKind;
use super::outcome::{NameOutcome, OutcomeCallback};
use super::zone::{PairState, ZoneError};
use std::time::Duration;

/// A name to write.
#[derive(Clone, Debug)]
pub(super) struct PendingWrite {
    /// The index of its entry.
    pub(super) index: usize,
    /// Its state in the zone.
    pub(super) found: PairState,
    /// How it is written.
    pub(super) kind: WriteKind,
    /// How often the write failed because the name had changed.
    pub(super) conflicts: u32,
    /// Whether the provider accepted the write and did not do it.
    pub(super) was_ignored: bool,
    /// Why the write failed last; empty before the first try.
    pub(super) last_error: String,
}

impl PendingWrite {
    /// Whether the name is to be deleted, and only its ownership record was.
    pub(super) fn is_half_deleted(&self, found: &PairState) -> bool {
        let records = &self.found.host.records;
        let is_left = !records.is_empty() && found.host.records == *records;
        self.kind == WriteKind::Delete && is_left && found.ownership.is_empty()
    }
}

/// Reports the same outcome for all of the writes.
pub(super) fn report_all(writes: &[PendingWrite], report: &mut OutcomeCallback, outcome: &NameOutcome) {
    for write in writes {
        report(write.index, &write.found, outcome.clone());
    }
}

/// Writes to decide again.
#[derive(Default)]
pub(super) struct RetryQueue {
    /// The writes.
    pub(super) writes: Vec<PendingWrite>,
    /// The shortest pause before the next try, if one is needed.
    pub(super) pause: Option<Duration>,
    /// Why the last write was not done.
    pub(super) reason: String,
    /// Why the provider denied a write.
    pub(super) denied: Option<String>,
}

impl RetryQueue {
    /// Adds a write that failed.
    pub(super) fn push(&mut self, write: PendingWrite, error: ZoneError) {
        let conflicts = write.conflicts + u32::from(matches!(error, ZoneError::Conflict(_)));
        let last_error = error.to_string();
        let was_ignored = matches!(error, ZoneError::Ignored(_));
        let mut wait = |reason, asked: Option<Duration>| {
            self.pause = self.pause.max(Some(asked.unwrap_or_default()));
            self.reason = reason;
        };
        match error {
            ZoneError::Unavailable(reason, asked) => wait(reason, asked),
            ZoneError::OutcomeUnknown(reason) => wait(reason, None),
            ZoneError::Denied(reason) => self.denied = Some(reason),
            ZoneError::Conflict(_) | ZoneError::Ignored(_) | ZoneError::Rejected(_) => {}
        }
        self.writes.push(PendingWrite { conflicts, was_ignored, last_error, ..write });
    }
}
