//! A run over all zones: plan, check the limits, apply.
//!
//! Every zone is read and all limits are checked before anything is written. A zone that cannot be read or written stops no
//! other one.

use super::action::NameAction;
use super::entry::{DesiredState, NameEntry};
use super::fence::{FenceState, LastRevision};
use super::outcome::{NameOutcome, ZoneOutcome};
use super::reconcile::{DesiredZone, Permissions, Reconciler, ZonePlan};
use super::retry::{Moment, Retry};
use super::summary::{NameCounts, ZoneFailure, ZoneSummary};
use super::zone::{DnsZone, PairState};
use crate::diagnostic::{Code, Diagnostic};
use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::hex;
use crate::name::DnsName;
use crate::record::RecordSets;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

/// A zone of a run.
pub(crate) struct OpenZone {
    /// What the files say about it.
    pub(crate) desired: DesiredZone,
    /// The zone itself.
    pub(crate) zone: Box<dyn DnsZone + Send>,
    /// How often and how long it is tried.
    pub(crate) retry: Retry,
}

/// The options of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApplyOptions {
    /// `--adopt`, `--overwrite` and `--forget`.
    pub(crate) permissions: Permissions,
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
    /// The slug of the branch; of a name that is to be forgotten, the branch of its ownership record.
    pub(crate) fn branch(&self) -> SmolStr {
        match OwnershipRecord::read(&self.found.ownership.records) {
            ParsedRecord::Valid(ownership) if self.entry.branch.is_empty() => ownership.branch,
            _ => self.entry.branch.clone(),
        }
    }

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

    /// The TTL before the run, as the ownership record has it; `None` if the records are not those that it has, so that their TTL is
    /// not known.
    pub(crate) fn ttl_before(&self) -> Option<u32> {
        match OwnershipRecord::read(&self.found.ownership.records) {
            ParsedRecord::Valid(ownership) if ownership.digests == self.before().digests() => Some(ownership.ttl),
            _ => None,
        }
        .filter(|_| !self.before().is_empty())
    }

    /// Whether the new records are proxied; `None` if the provider has no proxy, or if some of them are.
    pub(crate) fn proxied_after(&self) -> Option<bool> {
        let found = &self.found.host;
        self.entry.proxied.or(found.proxied).filter(|_| self.entry.records().has_address())
    }
}

/// For every zone what was read in it and what to do, or why it could not be read.
#[derive(Clone, Debug)]
pub(crate) struct ApplyPlan(Vec<Result<ZonePlan, ZoneFailure>>);

/// Reads every zone and decides. Zones share the time until `end`: each has its part of what the ones before it left.
pub(crate) fn plan(open_zones: &mut [OpenZone], permissions: &Permissions, end: Moment) -> ApplyPlan {
    let mut left = open_zones.len();
    let zone_plan = |OpenZone { desired, zone, retry }: &mut OpenZone| {
        retry.end_at(end.next_of(left));
        left -= 1;
        let reconciler = Reconciler::new(desired, permissions, retry.clone());
        reconciler.plan(&mut **zone).map_err(|error| ZoneFailure::unread(error.to_string(), retry))
    };
    ApplyPlan(open_zones.iter_mut().map(zone_plan).collect())
}

impl ApplyPlan {
    /// A report about each name of the zones that were read, zone by zone.
    pub(crate) fn reports<'a>(&'a self, open_zones: &'a [OpenZone]) -> impl Iterator<Item = NameReport<'a>> {
        self.zone_plans(open_zones).flat_map(|(desired, zone_plan)| zone_reports(desired, zone_plan))
    }

    /// The zones that were read, with their plans.
    pub(crate) fn zone_plans<'a>(
        &'a self,
        open_zones: &'a [OpenZone],
    ) -> impl Iterator<Item = (&'a DesiredZone, &'a ZonePlan)> {
        let read = open_zones.iter().zip(&self.0);
        read.filter_map(|(OpenZone { desired, .. }, read)| Some((desired, read.as_ref().ok()?)))
    }

    /// What is planned in each zone. A zone in which `apply` with the revision `rev` would write nothing has a failure.
    pub(crate) fn summaries(&self, open_zones: &[OpenZone], rev: Option<u64>) -> Vec<ZoneSummary> {
        let summary = |(OpenZone { desired, .. }, read): (&OpenZone, &Result<ZonePlan, ZoneFailure>)| match read {
            Err(failure) => ZoneSummary::unread(desired, failure.clone()),
            Ok(zone_plan) => {
                let mut names = NameCounts::default();
                zone_reports(desired, zone_plan).for_each(|report| names.count(&report.outcome));
                // Without a revision, any fence will do that can be read.
                let failure = match (FenceState::of(&zone_plan.fence, &desired.owner, rev.unwrap_or(u64::MAX)), rev) {
                    (FenceState::Newer(newer), Some(rev)) => Some(ZoneFailure::superseded(desired, rev, newer)),
                    (FenceState::Unreadable, _) => Some(ZoneFailure::no_fence(desired)),
                    _ => None,
                };
                let revision = Some(LastRevision::of(&zone_plan.fence, &desired.owner));
                ZoneSummary { zone: desired.zone.clone(), revision, names, failure }
            }
        };
        open_zones.iter().zip(&self.0).map(summary).collect()
    }

    /// 16 hexadecimal digits that identify everything that will be written and what it replaces.
    pub(crate) fn digest(&self, open_zones: &[OpenZone]) -> String {
        let mut hash = Sha256::new();
        for report in self.reports(open_zones) {
            if let NameOutcome::Planned(kind) = report.outcome {
                let (before, after) = (report.before().digests(), report.after().map(|records| records.digests()));
                let (zone, host, kind) = (report.zone, &report.entry.host, kind.word());
                let proxied = (report.found.host.proxied, report.entry.proxied);
                hash.update(format!("{zone} {host} {kind} {before:?} {after:?} {proxied:?}\n"));
                if let DesiredState::Present(_, ttl) = report.entry.state {
                    hash.update(ttl.to_be_bytes());
                }
            }
        }
        hex::encode(&hash.finalize()[..8])
    }

    /// The number of names to delete.
    pub(crate) fn deletions(&self) -> usize {
        self.0.iter().flatten().map(ZonePlan::deletions).sum()
    }

    /// Fails if the plan has more deletions than allowed, or is not the approved plan.
    pub(crate) fn guard(&self, open_zones: &[OpenZone], options: &ApplyOptions) -> Result<(), Diagnostic> {
        let deletions = self.deletions();
        if deletions > options.max_delete {
            let names = if deletions == 1 { "name" } else { "names" };
            let message = format!("{deletions} {names} would be deleted, allowed: {}", options.max_delete);
            let help = format!("check `pleach dns plan`, and allow it with `--max-delete {deletions}`");
            return Err(Diagnostic::new(Code::Guard, message).help(help));
        }
        let digest = self.digest(open_zones);
        match &options.expect {
            Some(expected) if *expected != digest => {
                let message = format!("the plan is now `{digest}`, expected `{expected}`");
                Err(Diagnostic::new(Code::Guard, message)
                    .help("the zone, the files or the options have changed: review the plan again"))
            }
            _ => Ok(()),
        }
    }
}

/// A report about each name of a zone that was read.
fn zone_reports<'a>(desired: &'a DesiredZone, zone_plan: &'a ZonePlan) -> impl Iterator<Item = NameReport<'a>> {
    desired.entries.iter().zip(&zone_plan.items).map(|(entry, (found, action))| {
        let outcome = match action {
            NameAction::Keep => NameOutcome::Kept,
            NameAction::Write(kind) => NameOutcome::Planned(*kind),
            NameAction::Refuse(reason) => NameOutcome::Refused(reason.clone()),
        };
        NameReport { zone: &desired.zone, entry, found, outcome }
    })
}

/// Reports a run that stops before it writes anything: the summaries of [`ApplyPlan::summaries`], with no write tried.
pub(crate) fn skip(
    open_zones: &[OpenZone],
    plan: &ApplyPlan,
    rev: u64,
    report: &mut dyn FnMut(&NameReport),
) -> Vec<ZoneSummary> {
    let mut zones = plan.summaries(open_zones, Some(rev));
    let read = zones.iter_mut().zip(open_zones).zip(&plan.0);
    for ((zone, OpenZone { desired, .. }), zone_plan) in read {
        let Ok(zone_plan) = zone_plan else { continue };
        zone.names = NameCounts::default();
        for mut name in zone_reports(desired, zone_plan) {
            if matches!(name.outcome, NameOutcome::Planned(_)) {
                name.outcome = NameOutcome::Skipped;
            }
            zone.names.count(&name.outcome);
            report(&name);
        }
    }
    zones
}

/// Applies the plan, zone by zone, and returns what was done in each. `report` is called for every name of the zones that were
/// read as soon as its result is known. Zones share the time as in [`plan`].
pub(crate) fn apply(
    open_zones: &mut [OpenZone],
    plan: ApplyPlan,
    (permissions, rev, end): (&Permissions, u64, Moment),
    report: &mut dyn FnMut(&NameReport),
) -> Vec<ZoneSummary> {
    let mut left = plan.0.iter().flatten().count();
    let apply_zone = |(open_zone, read): (&mut OpenZone, Result<ZonePlan, ZoneFailure>)| {
        let zone_plan = match read {
            Ok(zone_plan) => zone_plan,
            Err(failure) => return ZoneSummary::unread(&open_zone.desired, failure),
        };
        let OpenZone { desired, zone, retry } = open_zone;
        retry.end_at(end.next_of(left));
        left -= 1;
        let before = LastRevision::of(&zone_plan.fence, &desired.owner);
        let mut names = NameCounts::default();
        let reconciler = Reconciler::new(desired, permissions, retry.clone());
        let outcome = reconciler.apply(&mut **zone, zone_plan, rev, &mut |index, found, outcome| {
            names.count(&outcome);
            report(&NameReport { zone: &desired.zone, entry: &desired.entries[index], found, outcome });
        });
        let (revision, failure) = match outcome {
            ZoneOutcome::Complete => (LastRevision::Known(rev), None),
            ZoneOutcome::Superseded(newer) => {
                (LastRevision::Known(newer), Some(ZoneFailure::superseded(desired, rev, newer)))
            }
            ZoneOutcome::NoFence => (LastRevision::Unreadable, Some(ZoneFailure::no_fence(desired))),
            ZoneOutcome::Failed(reason) => (before, Some(ZoneFailure::unfinished(reason, retry))),
        };
        ZoneSummary { zone: desired.zone.clone(), revision: Some(revision), names, failure }
    };
    open_zones.iter_mut().zip(plan.0).map(apply_zone).collect()
}
