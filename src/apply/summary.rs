//! What was planned or done in each zone, counted, and why a zone is not done.

use super::action::{RefusalReason, WriteKind};
use super::fence::LastRevision;
use super::outcome::NameOutcome;
use super::reconcile::DesiredZone;
use super::retry::Retry;
use super::zone::ZoneError;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;

/// What was planned or done in a zone.
#[derive(Clone, Debug)]
pub(crate) struct ZoneSummary {
    /// The zone.
    pub(crate) zone: DnsName,
    /// The last revision that is known to be applied; `None` if the zone was not read.
    pub(crate) revision: Option<LastRevision>,
    /// The names by result.
    pub(crate) names: NameCounts,
    /// Why the zone is not done.
    pub(crate) failure: Option<ZoneFailure>,
}

impl ZoneSummary {
    /// A zone that was not read.
    pub(crate) fn unread(DesiredZone { zone, entries, .. }: &DesiredZone, failure: ZoneFailure) -> Self {
        let names = NameCounts { undone: entries.len(), ..NameCounts::default() };
        ZoneSummary { zone: zone.clone(), revision: None, names, failure: Some(failure) }
    }

    /// The error about the zone, if it is not done.
    pub(crate) fn error(&self) -> Option<Diagnostic> {
        Some(self.failure.as_ref()?.error(&self.zone))
    }
}

/// Why a zone is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ZoneFailure {
    /// The reason.
    pub(crate) reason: String,
    help: String,
    /// Whether a newer run has changed the zone, so that there is nothing to do.
    is_superseded: bool,
}

impl ZoneFailure {
    fn new(reason: String, help: impl Into<String>) -> Self {
        ZoneFailure { reason, help: help.into(), is_superseded: false }
    }

    /// The error about the zone.
    pub(crate) fn error(&self, zone: &DnsName) -> Diagnostic {
        let ZoneFailure { reason, help, .. } = self;
        Diagnostic::new(Code::Remote, format!("zone `{zone}`: {reason}")).help(help)
    }

    /// The zone could not be read.
    pub(crate) fn unread(reason: String, retry: &Retry) -> Self {
        Self::unless_over(
            reason,
            "nothing was written to this zone: fix the cause, or select the others with `--zone`",
            retry,
        )
    }

    /// The names of the zone could not be listed, by a command that never writes.
    pub(crate) fn unlisted(error: &ZoneError, retry: &Retry) -> Self {
        let help = "fix the cause, or select the others with `--zone`";
        Self::unless_over(format!("it cannot be listed: {error}"), help, retry)
    }

    /// The provider could not be reached or denied a request.
    pub(crate) fn unfinished(reason: String, retry: &Retry) -> Self {
        let help = "no name is half written: fix the cause and run again, the run continues where it stopped";
        Self::unless_over(reason, help, retry)
    }

    /// A failure, which the end of the time may have caused.
    fn unless_over(reason: String, help: &str, retry: &Retry) -> Self {
        if retry.is_over() {
            let help = "allow more with `--timeout`, or select the others with `--zone`; a run continues where the last one stopped";
            Self::new(format!("the time of this zone is over, and the last error is: {reason}"), help)
        } else {
            Self::new(reason, help)
        }
    }

    /// A newer run has changed the zone.
    pub(crate) fn superseded(DesiredZone { fence, .. }: &DesiredZone, rev: u64, newer: u64) -> Self {
        let help = format!(
            "there is nothing to do if run {newer} has the newer files; if your revisions now start lower, delete the TXT records \
             at {} once, then run again",
            fence.quoted()
        );
        let reason = format!("it was last changed by run {newer}, so an `apply` of run {rev} is refused");
        ZoneFailure { is_superseded: true, ..Self::new(reason, help) }
    }

    /// The fence is missing or unreadable.
    pub(crate) fn no_fence(DesiredZone { fence, .. }: &DesiredZone) -> Self {
        let help = "somebody changed or removed this TXT record: delete it if it exists, then run again";
        Self::new(format!("the fence `{}` is missing or unreadable", fence.own), help)
    }
}

/// Names by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameCounts {
    /// Names that were already as desired.
    pub(crate) kept: usize,
    /// Names that are planned to be written.
    pub(crate) planned: usize,
    /// Names that were written.
    pub(crate) done: usize,
    /// How many names of both kinds are deletions.
    pub(crate) deleted: usize,
    /// Names that were not changed because they do not belong to the branch or have been changed by others.
    pub(crate) conflicts: usize,
    /// Names whose address is not known yet.
    pub(crate) pending: usize,
    /// Names that could not be written or were not tried.
    pub(crate) undone: usize,
}

impl NameCounts {
    /// Counts one name.
    pub(crate) fn count(&mut self, outcome: &NameOutcome) {
        match outcome {
            NameOutcome::Kept => self.kept += 1,
            NameOutcome::Planned(kind) | NameOutcome::Done(kind) => {
                self.deleted += usize::from(*kind == WriteKind::Delete);
                let is_planned = matches!(outcome, NameOutcome::Planned(_));
                *(if is_planned { &mut self.planned } else { &mut self.done }) += 1;
            }
            NameOutcome::Refused(RefusalReason::Pending) => self.pending += 1,
            NameOutcome::Refused(_) | NameOutcome::Unsettled(_) => self.conflicts += 1,
            NameOutcome::Failed(_) | NameOutcome::Skipped => self.undone += 1,
        }
    }

    /// The names of all zones.
    pub(crate) fn total(zones: &[ZoneSummary]) -> Self {
        zones.iter().fold(NameCounts::default(), |sum, ZoneSummary { names, .. }| NameCounts {
            kept: sum.kept + names.kept,
            planned: sum.planned + names.planned,
            done: sum.done + names.done,
            deleted: sum.deleted + names.deleted,
            conflicts: sum.conflicts + names.conflicts,
            pending: sum.pending + names.pending,
            undone: sum.undone + names.undone,
        })
    }

    /// The exit status if no zone failed: 5 names not changed, 1 writes planned, 7 addresses pending.
    pub(crate) fn status(&self) -> u8 {
        match self {
            NameCounts { conflicts: 1.., .. } | NameCounts { undone: 1.., .. } => 5,
            NameCounts { planned: 1.., .. } => 1,
            NameCounts { pending: 1.., .. } => 7,
            _ => 0,
        }
    }
}

/// Whether a newer run has changed one of the zones.
pub(crate) fn is_superseded(zones: &[ZoneSummary]) -> bool {
    zones.iter().filter_map(|zone| zone.failure.as_ref()).any(|failure| failure.is_superseded)
}

/// The exit status: 4 a zone failed, 6 a newer run, else that of the names.
pub(crate) fn status(zones: &[ZoneSummary]) -> u8 {
    match zones.iter().filter_map(|zone| zone.failure.as_ref()).collect::<Vec<_>>() {
        failures if failures.iter().any(|failure| !failure.is_superseded) => 4,
        failures if !failures.is_empty() => 6,
        _ => NameCounts::total(zones).status(),
    }
}
