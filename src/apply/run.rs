//! A run over all zones: plan, check the limits, apply.
//!
//! Every zone is read and all limits are checked before anything is written.

use super::action::{NameAction, RefusalReason, WriteKind};
use super::entry::{DesiredState, NameEntry};
use super::fence::FenceState;
use super::reconcile::{DesiredZone, NameOutcome, Permissions, Reconciler, ZoneOutcome, ZonePlan};
use super::retry::RetryPolicy;
use super::zone::{DnsZone, PairState};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::hex;
use crate::name::DnsName;
use crate::record::RecordSets;
use sha2::{Digest, Sha256};

/// A zone of a run.
pub(crate) struct OpenZone {
    /// What the files say about it.
    pub(crate) desired: DesiredZone,
    /// The zone itself.
    pub(crate) zone: Box<dyn DnsZone + Send>,
}

/// The options of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApplyOptions {
    /// `--adopt` and `--overwrite`.
    pub(crate) permissions: Permissions,
    /// How often and how long to retry.
    pub(crate) retry: RetryPolicy,
    /// The revision of the files (`--rev`).
    pub(crate) rev: Option<u64>,
    /// How many names may be deleted.
    pub(crate) max_delete: usize,
    /// The digest of the approved plan.
    pub(crate) expect: Option<String>,
}

/// The report about one name.
#[derive(Clone, Debug)]
pub(crate) struct NameReport<'a> {
    /// The zone.
    pub(crate) zone: &'a DnsName,
    /// What the file says.
    pub(crate) entry: &'a NameEntry,
    /// The state in the zone before the run.
    pub(crate) found: &'a PairState,
    /// The planned or final result.
    pub(crate) outcome: NameOutcome,
}

impl NameReport<'_> {
    /// The records before the run.
    pub(crate) fn before(&self) -> &RecordSets {
        &self.found.host.records
    }

    /// The new records; `None` if the name is not written.
    pub(crate) fn after(&self) -> Option<RecordSets> {
        match (&self.outcome, &self.entry.state) {
            (NameOutcome::Planned(_) | NameOutcome::Done(_), DesiredState::Present(records, _)) => {
                Some(records.clone())
            }
            (NameOutcome::Planned(_) | NameOutcome::Done(_), _) => Some(RecordSets::default()),
            _ => None,
        }
    }
}

/// What was read in every zone, and what to do.
#[derive(Clone, Debug)]
pub(crate) struct ApplyPlan(Vec<ZonePlan>);

/// Reads every zone and decides.
pub(crate) fn plan(open_zones: &mut [OpenZone], options: &ApplyOptions) -> Result<ApplyPlan, Diagnostic> {
    let zone_plan = |OpenZone { desired, zone }: &mut OpenZone| {
        let reconciler = Reconciler::new(desired, &options.permissions, &options.retry);
        reconciler.plan(&mut **zone).map_err(|error| remote(&desired.zone, &error.to_string()))
    };
    open_zones.iter_mut().map(zone_plan).collect::<Result<_, _>>().map(ApplyPlan)
}

fn remote(zone: &DnsName, reason: &str) -> Diagnostic {
    Diagnostic::new(Code::Remote, format!("zone `{zone}`: {reason}"))
}

impl ApplyPlan {
    /// A report about each name, zone by zone.
    pub(crate) fn reports<'a>(&'a self, open_zones: &'a [OpenZone]) -> impl Iterator<Item = NameReport<'a>> {
        open_zones.iter().zip(&self.0).flat_map(|(OpenZone { desired, .. }, zone_plan)| {
            desired.entries.iter().zip(&zone_plan.items).map(|(entry, (found, action))| {
                let outcome = match action {
                    NameAction::Keep => NameOutcome::Kept,
                    NameAction::Write(kind) => NameOutcome::Planned(*kind),
                    NameAction::Refuse(reason) => NameOutcome::Refused(reason.clone()),
                };
                NameReport { zone: &desired.zone, entry, found, outcome }
            })
        })
    }

    /// The plan of each zone.
    pub(crate) fn zone_plans(&self) -> &[ZonePlan] {
        &self.0
    }

    /// 16 hexadecimal digits that identify everything that will be written and what it replaces.
    pub(crate) fn digest(&self, open_zones: &[OpenZone]) -> String {
        let mut hash = Sha256::new();
        for report in self.reports(open_zones) {
            if let NameOutcome::Planned(kind) = report.outcome {
                let (before, after) = (report.before().digests(), report.after().map(|records| records.digests()));
                let (zone, host, kind) = (report.zone, &report.entry.host, kind.word());
                hash.update(format!("{zone} {host} {kind} {before:?} {after:?}\n"));
                if let DesiredState::Present(_, ttl) = report.entry.state {
                    hash.update(ttl.to_be_bytes());
                }
            }
        }
        hex::encode(&hash.finalize()[..8])
    }

    /// The number of names to delete.
    pub(crate) fn deletions(&self) -> usize {
        self.0.iter().map(ZonePlan::deletions).sum()
    }

    /// Fails if the plan has more deletions than allowed, or is not the approved plan.
    pub(crate) fn guard(&self, open_zones: &[OpenZone], options: &ApplyOptions) -> Result<(), Diagnostic> {
        let deletions = self.deletions();
        if deletions > options.max_delete {
            let message = format!("{deletions} names would be deleted, {} are allowed", options.max_delete);
            let help = format!("check `pleach dns plan`, and allow it with `--max-delete {deletions}`");
            return Err(Diagnostic::new(Code::Guard, message).help(help));
        }
        let digest = self.digest(open_zones);
        match &options.expect {
            Some(expected) if *expected != digest => {
                let message = format!("the plan is now `{digest}`, expected `{expected}`");
                Err(Diagnostic::new(Code::Guard, message)
                    .help("the zone or the files have changed: review the plan again"))
            }
            _ => Ok(()),
        }
    }

    /// The first zone whose fence has a newer revision than `rev`, and that revision.
    pub(crate) fn newer_run<'a>(&self, open_zones: &'a [OpenZone], rev: u64) -> Option<(&'a DnsName, u64)> {
        open_zones.iter().zip(&self.0).find_map(|(OpenZone { desired, .. }, zone_plan)| {
            match FenceState::of(&zone_plan.fence, &desired.owner, rev) {
                FenceState::Newer(newer) => Some((&desired.zone, newer)),
                _ => None,
            }
        })
    }
}

/// The results of a run, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunSummary {
    /// Names that were already as desired.
    pub(crate) kept: usize,
    /// Names that were written or are planned to be written.
    pub(crate) written: usize,
    /// How many of these were deletions.
    pub(crate) deleted: usize,
    /// Names that were not changed because they do not belong to the branch or have been changed by others.
    pub(crate) conflicts: usize,
    /// Names whose address is not known yet.
    pub(crate) pending: usize,
    /// Names that could not be written or were not tried.
    pub(crate) undone: usize,
    /// Whether a newer run has changed a zone.
    pub(crate) superseded: bool,
    /// Whether a provider could not be reached or denied a request.
    pub(crate) failed: bool,
    /// Whether writes are planned only.
    pub(crate) planned: bool,
}

impl RunSummary {
    /// Counts one name.
    pub(crate) fn count(&mut self, outcome: &NameOutcome) {
        match outcome {
            NameOutcome::Kept => self.kept += 1,
            NameOutcome::Done(kind) | NameOutcome::Planned(kind) => {
                self.written += 1;
                self.deleted += usize::from(*kind == WriteKind::Delete);
                self.planned |= matches!(outcome, NameOutcome::Planned(_));
            }
            NameOutcome::Refused(RefusalReason::Pending) => self.pending += 1,
            NameOutcome::Refused(_) | NameOutcome::Unsettled => self.conflicts += 1,
            NameOutcome::Failed(_) | NameOutcome::Skipped => self.undone += 1,
        }
    }

    /// The exit status: 4 a provider failed, 6 a newer run, 5 names not changed, 1 writes planned, 7 addresses pending.
    pub(crate) fn status(&self) -> u8 {
        match self {
            RunSummary { failed: true, .. } => 4,
            RunSummary { superseded: true, .. } => 6,
            RunSummary { conflicts: 1.., .. } | RunSummary { undone: 1.., .. } => 5,
            RunSummary { planned: true, .. } => 1,
            RunSummary { pending: 1.., .. } => 7,
            _ => 0,
        }
    }
}

/// Applies the plan, zone by zone. `report` is called for every name as soon as its result is known; the diagnostics about
/// zones are returned.
pub(crate) fn apply(
    open_zones: &mut [OpenZone],
    plan: ApplyPlan,
    options: &ApplyOptions,
    rev: u64,
    report: &mut dyn FnMut(&NameReport),
) -> (RunSummary, Vec<Diagnostic>) {
    let mut summary = RunSummary::default();
    let mut diagnostics = Vec::new();
    for (OpenZone { desired, zone }, zone_plan) in open_zones.iter_mut().zip(plan.0) {
        let reconciler = Reconciler::new(desired, &options.permissions, &options.retry);
        let end = reconciler.apply(&mut **zone, zone_plan, rev, &mut |index, found, outcome| {
            summary.count(&outcome);
            report(&NameReport { zone: &desired.zone, entry: &desired.entries[index], found, outcome });
        });
        match end {
            ZoneOutcome::Complete => {}
            ZoneOutcome::Superseded(newer) => {
                summary.superseded = true;
                diagnostics.push(superseded(&desired.zone, rev, newer));
            }
            ZoneOutcome::NoFence => {
                summary.failed = true;
                let message =
                    format!("zone `{}`: the fence `{}` is missing or unreadable", desired.zone, desired.fence.own);
                let help = "somebody changed or removed this TXT record: delete it if it exists, then run again";
                diagnostics.push(Diagnostic::new(Code::Remote, message).help(help));
            }
            ZoneOutcome::Failed(reason) => {
                summary.failed = true;
                let help = "no name is half written: fix the cause and run again, the run continues where it stopped";
                diagnostics.push(remote(&desired.zone, &reason).help(help));
            }
        }
    }
    (summary, diagnostics)
}

/// The diagnostic of a run with an older revision than the zone has.
pub(crate) fn superseded(zone: &DnsName, rev: u64, newer: u64) -> Diagnostic {
    let message = format!("zone `{zone}` was last changed by run {newer}, and this is run {rev}");
    Diagnostic::new(Code::Remote, message).help("nothing to do: the newer run has the newer files")
}
