//! Reconciles one zone: reads it, decides, and writes name by name.
//!
//! `plan` is the first half. The second half never repeats a change blindly: a change that did not happen, or may not have
//! happened, is read and decided again.

use super::action::{NameAction, Permission, RefusalReason, WriteKind};
use super::change;
use super::decide;
use super::entry::{DesiredState, NameEntry};
use super::fence::{FenceContent, FenceNames, FenceState};
use super::outcome::{NameOutcome, OutcomeCallback, ZoneOutcome};
use super::pending::{PendingWrite, RetryQueue, report_all};
use super::retry::Retry;
use super::zone::{AtomicChange, DnsZone, NameChange, NamePair, PairQuery, PairState, ProviderGuarantee, ZoneError};
use crate::diagnostic::Diagnostic;
use crate::dns::ownership::{self, Fence, Owner};
use crate::name::DnsName;
use std::collections::{BTreeMap, BTreeSet};

/// What the zone change files say about one zone.
#[derive(Clone, Debug)]
pub(crate) struct DesiredZone {
    /// The zone.
    pub(crate) zone: DnsName,
    /// The owner of the names.
    pub(crate) owner: Owner,
    /// The names of the owner's fences.
    pub(crate) fence: FenceNames,
    /// The names.
    pub(crate) entries: Vec<NameEntry>,
}

impl DesiredZone {
    /// A zone in which no file has a name.
    pub(crate) fn without_names(zone: &DnsName, owner: &Owner) -> Result<Self, Diagnostic> {
        let fence = FenceNames::of(owner, zone)?;
        Ok(DesiredZone { zone: zone.clone(), owner: owner.clone(), fence, entries: Vec::new() })
    }

    /// Adds a name that no file lists, and that must be absent. Its branch is the one of its ownership record.
    pub(crate) fn forget(&mut self, host: &DnsName) -> Result<(), Diagnostic> {
        let ownership = ownership::record_name(host, &self.zone)?;
        let (host, owner) = (host.clone(), self.owner.clone());
        self.entries.push(NameEntry {
            host,
            ownership,
            owner,
            branch: "".into(),
            state: DesiredState::Absent,
            proxied: None,
        });
        Ok(())
    }
}

/// The names for which the user permits more than the rules of [`decide`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Permissions {
    /// Names to take over.
    pub(crate) adopt: BTreeSet<DnsName>,
    /// Names of this project to overwrite.
    pub(crate) overwrite: BTreeSet<DnsName>,
    /// Names of this project to delete that no file lists.
    pub(crate) forget: BTreeSet<DnsName>,
}

impl Permissions {
    fn of(&self, host: &DnsName) -> Permission {
        if self.forget.contains(host) {
            Permission::Forget
        } else if self.overwrite.contains(host) {
            Permission::Overwrite
        } else if self.adopt.contains(host) {
            Permission::Adopt
        } else {
            Permission::None
        }
    }
}

/// What was read in a zone, and what to do.
#[derive(Clone, Debug)]
pub(crate) struct ZonePlan {
    /// The version of the zone before it was read.
    version: Option<u32>,
    /// The fence.
    pub(crate) fence: FenceContent,
    /// For each entry its state in the zone, and the action.
    pub(crate) items: Vec<PlannedName>,
}

/// The state of a name in the zone, and the action.
pub(crate) type PlannedName = (PairState, NameAction);

impl ZonePlan {
    /// The number of names to delete.
    pub(crate) fn deletions(&self) -> usize {
        self.items.iter().filter(|(_, action)| *action == NameAction::Write(WriteKind::Delete)).count()
    }
}

/// Plans and applies the changes of one zone.
pub(crate) struct Reconciler<'a> {
    desired: &'a DesiredZone,
    permissions: &'a Permissions,
    retry: Retry,
    /// The names that must be present, each with its branch.
    present: BTreeMap<&'a DnsName, &'a str>,
    /// The names that must be absent, each with every branch that lists it.
    absent: BTreeSet<(&'a DnsName, &'a str)>,
}

/// How many times other runs may raise the fence before a run gives up.
const MOST_FENCE_CONFLICTS: u32 = 1000;

/// Why a name that would have to be deleted after all is not written.
const UNPLANNED_DELETION: &str = "it would be deleted now, which was not planned";

/// Why a name without an ownership record is not deleted.
const HALF_DELETED: &str = "its ownership record is gone but its records are still there, so nothing shows whose they are: delete them by hand";

/// How many changes are sent before their results are examined.
const BATCH_SIZE: usize = 500;

impl<'a> Reconciler<'a> {
    /// For the zone of `desired`.
    pub(crate) fn new(desired: &'a DesiredZone, permissions: &'a Permissions, retry: impl Into<Retry>) -> Self {
        let present = desired.entries.iter().filter(|entry| entry.state != DesiredState::Absent);
        let present = present.map(|entry| (&entry.host, entry.branch.as_str())).collect();
        let absent = desired.entries.iter().filter(|entry| entry.state == DesiredState::Absent);
        let absent = absent.map(|entry| (&entry.host, entry.branch.as_str())).collect();
        Reconciler { desired, permissions, retry: retry.into(), present, absent }
    }

    /// Reads the fence and every name, and decides what to do.
    pub(crate) fn plan(&self, zone: &mut dyn DnsZone) -> Result<ZonePlan, ZoneError> {
        let version = zone.version()?;
        let plan = self.plan_entries(zone, &self.desired.entries.iter().collect::<Vec<_>>())?;
        Ok(ZonePlan { version, ..plan })
    }

    fn plan_entries(&self, zone: &mut dyn DnsZone, entries: &[&NameEntry]) -> Result<ZonePlan, ZoneError> {
        let fence = |name: &DnsName| PairQuery {
            pair: NamePair { host: None, ownership: name.clone() },
            expected: PairState::EMPTY,
        };
        let fences: Vec<PairQuery> =
            std::iter::once(&self.desired.fence.own).chain(&self.desired.fence.without_id).map(fence).collect();
        let name = |entry: &&NameEntry| PairQuery {
            pair: NamePair { host: Some(entry.host.clone()), ownership: entry.ownership.clone() },
            expected: change::state_when_done(entry),
        };
        let queries: Vec<PairQuery> = fences.iter().cloned().chain(entries.iter().map(name)).collect();
        let mut found = zone.read(&queries)?.into_iter();
        let mut fences = found.by_ref().take(fences.len()).map(|state| state.ownership);
        let own = fences.next().expect("as many answers as queries");
        let fence = FenceContent { own, without_id: fences.next().unwrap_or_default() };
        drop(fences);
        let condition = NameChange::condition(self.desired.fence.own.clone(), fence.own.clone());
        let items = entries.iter().zip(found).map(|(entry, found)| {
            let action = match self.decide(entry, &found, zone.guarantee()) {
                NameAction::Write(kind) => match zone.too_large(&change::change(entry, &found, kind, &condition)) {
                    Some(reason) => NameAction::Refuse(RefusalReason::TooLarge(reason)),
                    None => NameAction::Write(kind),
                },
                action => action,
            };
            (found, action)
        });
        Ok(ZonePlan { version: None, fence, items: items.collect() })
    }

    fn decide(&self, entry: &NameEntry, found: &PairState, guarantee: ProviderGuarantee) -> NameAction {
        let wanted_by = |branch: &str| {
            let listed = entry.state == DesiredState::Absent && self.absent.contains(&(&entry.host, branch));
            listed || self.present.get(&entry.host) == Some(&branch)
        };
        decide::decide(entry, found, (self.permissions.of(&entry.host), guarantee), wanted_by)
    }

    /// Raises the fence to `rev` and does what the plan says, deletions first. `report` is called once for each entry, as
    /// soon as its result is known.
    pub(crate) fn apply(
        &self,
        zone: &mut dyn DnsZone,
        plan: ZonePlan,
        rev: u64,
        report: &mut OutcomeCallback,
    ) -> ZoneOutcome {
        let is_deletion = |(index, (_, action)): (usize, &PlannedName)| {
            (*action == NameAction::Write(WriteKind::Delete)).then_some(index)
        };
        let deletions: BTreeSet<usize> = plan.items.iter().enumerate().filter_map(is_deletion).collect();
        let raised = self.raise_fence(zone, plan.fence.clone(), rev);
        let (fence, items, mut outcome) = match raised {
            Err(outcome) => (None, plan.items, outcome),
            Ok(fence) if fence.before == plan.fence.own => (Some(fence), plan.items, ZoneOutcome::Complete),
            Ok(fence) => match self.read_again(zone, &plan) {
                Ok(items) => (Some(fence), items.unwrap_or(plan.items), ZoneOutcome::Complete),
                Err(error) => (None, plan.items, ZoneOutcome::Failed(error.to_string())),
            },
        };
        let mut writes: Vec<PendingWrite> = Vec::new();
        for (index, (found, action)) in items.into_iter().enumerate() {
            match action {
                NameAction::Keep => report(index, &found, NameOutcome::Kept),
                NameAction::Refuse(reason) => report(index, &found, NameOutcome::Refused(reason)),
                // The guard has counted the deletions, so no other write becomes one.
                NameAction::Write(WriteKind::Delete) if !deletions.contains(&index) => {
                    report(index, &found, NameOutcome::Unsettled(UNPLANNED_DELETION.to_owned()));
                }
                NameAction::Write(kind) => {
                    writes.push(PendingWrite {
                        index,
                        found,
                        kind,
                        conflicts: 0,
                        was_ignored: false,
                        last_error: String::new(),
                    });
                }
            }
        }
        let is_absent = |write: &PendingWrite| self.desired.entries[write.index].state == DesiredState::Absent;
        let (absent, present): (Vec<_>, Vec<_>) = writes.into_iter().partition(is_absent);
        for batch in [absent, present].iter().flat_map(|writes| writes.chunks(BATCH_SIZE)) {
            if outcome == ZoneOutcome::Complete && self.retry.is_over() {
                outcome = ZoneOutcome::Failed("no time is left".into());
            }
            match &fence {
                Some(fence) if outcome == ZoneOutcome::Complete => {
                    outcome = self.write(zone, fence, batch.to_vec(), rev, report);
                }
                _ => report_all(batch, report, &NameOutcome::Skipped),
            }
        }
        outcome
    }

    /// What to do after the fence was raised; `None` if it is as planned. Until then, an older run could still change names that were
    /// read before. It did not if the zone has changed only once.
    fn read_again(&self, zone: &mut dyn DnsZone, plan: &ZonePlan) -> Result<Option<Vec<PlannedName>>, ZoneError> {
        let raised_only = plan.version.map(|version| version.wrapping_add(1));
        if raised_only.is_some() && zone.version()? == raised_only {
            return Ok(None);
        }
        Ok(Some(self.plan(zone)?.items))
    }

    /// Writes `rev` to the fence unless it is there. The result is the condition of every further change.
    fn raise_fence(
        &self,
        zone: &mut dyn DnsZone,
        mut content: FenceContent,
        rev: u64,
    ) -> Result<NameChange, ZoneOutcome> {
        let fence = &self.desired.fence.own;
        let mut last_error = ZoneError::Conflict(String::new());
        let (mut tried, mut conflicts) = (0, 0);
        while tried < self.retry.tries() && conflicts < MOST_FENCE_CONFLICTS {
            match FenceState::of(&content, &self.desired.owner, rev) {
                FenceState::Current => return Ok(NameChange::condition(fence.clone(), content.own)),
                FenceState::Newer(newer) => return Err(ZoneOutcome::Superseded(newer)),
                FenceState::Unreadable => return Err(ZoneOutcome::NoFence),
                FenceState::Older | FenceState::Shared => {}
            }
            if let Some(Err(error)) =
                zone.write(&[change::fence_change(&self.desired.fence, &self.desired.owner, &content, rev)]).pop()
            {
                last_error = error;
            } else {
                content.own = Fence { owner: self.desired.owner.clone(), rev }.records().into();
                continue;
            }
            match &last_error {
                // Another run has raised the fence. Each run raises it once, so the newest one is soon alone.
                ZoneError::Conflict(_) => conflicts += 1,
                ZoneError::Unavailable(..) | ZoneError::OutcomeUnknown(_) => {
                    tried += 1;
                    if !self.retry.wait(tried, last_error.asked_pause(), &last_error) {
                        break;
                    }
                }
                ZoneError::Ignored(_) | ZoneError::Denied(_) | ZoneError::Rejected(_) => {
                    return Err(ZoneOutcome::Failed(last_error.to_string()));
                }
            }
            content = self.plan_entries(zone, &[]).map_err(|error| ZoneOutcome::Failed(error.to_string()))?.fence;
        }
        Err(ZoneOutcome::Failed(format!("the fence `{fence}` cannot be raised: {last_error}")))
    }

    /// Retries until each of the writes is done, refused or failed.
    fn write(
        &self,
        zone: &mut dyn DnsZone,
        fence: &NameChange,
        mut writes: Vec<PendingWrite>,
        rev: u64,
        report: &mut OutcomeCallback,
    ) -> ZoneOutcome {
        let mut reason = String::new();
        for tried in 1..=self.retry.tries() {
            let changes: Vec<AtomicChange> = writes.iter().map(|write| self.change(write, fence)).collect();
            let mut again = RetryQueue::default();
            for (write, result) in writes.into_iter().zip(zone.write(&changes)) {
                match result {
                    Ok(()) => report(write.index, &write.found, NameOutcome::Done(write.kind)),
                    Err(ZoneError::Rejected(reason)) => {
                        report(write.index, &write.found, NameOutcome::Failed(reason));
                    }
                    Err(ZoneError::Ignored(reason)) if write.was_ignored => {
                        report(write.index, &write.found, NameOutcome::Failed(reason));
                    }
                    Err(error) => again.push(write, error),
                }
            }
            if let Some(reason) = again.denied {
                report_all(&again.writes, report, &NameOutcome::Failed(reason.clone()));
                return ZoneOutcome::Failed(reason);
            }
            if again.writes.is_empty() {
                return ZoneOutcome::Complete;
            }
            if let Some(asked) = again.pause {
                reason = again.reason;
                if !self.retry.wait(tried, asked, &reason) {
                    writes = again.writes;
                    break;
                }
            }
            writes = match self.decide_again(zone, again.writes, rev, report) {
                Ok(writes) => writes,
                Err(outcome) => return outcome,
            };
        }
        report_all(&writes, report, &NameOutcome::Failed(reason.clone()));
        if writes.is_empty() { ZoneOutcome::Complete } else { ZoneOutcome::Failed(reason) }
    }

    fn change(&self, write: &PendingWrite, fence: &NameChange) -> AtomicChange {
        change::change(&self.desired.entries[write.index], &write.found, write.kind, fence)
    }

    /// Reads and decides again, for writes that were not done for certain. Returns those that are still needed.
    fn decide_again(
        &self,
        zone: &mut dyn DnsZone,
        writes: Vec<PendingWrite>,
        rev: u64,
        report: &mut OutcomeCallback,
    ) -> Result<Vec<PendingWrite>, ZoneOutcome> {
        let entries: Vec<&NameEntry> = writes.iter().map(|write| &self.desired.entries[write.index]).collect();
        let plan = match self.plan_entries(zone, &entries) {
            Ok(plan) => plan,
            Err(error) => {
                report_all(&writes, report, &NameOutcome::Failed(error.to_string()));
                return Err(ZoneOutcome::Failed(error.to_string()));
            }
        };
        let outcome = match FenceState::of(&plan.fence, &self.desired.owner, rev) {
            FenceState::Current => None,
            FenceState::Shared => self.raise_fence(zone, plan.fence, rev).err(),
            FenceState::Newer(newer) => Some(ZoneOutcome::Superseded(newer)),
            // Somebody removed the fence. Without it nothing may be written.
            FenceState::Older | FenceState::Unreadable => Some(ZoneOutcome::NoFence),
        };
        if let Some(outcome) = outcome {
            report_all(&writes, report, &NameOutcome::Skipped);
            return Err(outcome);
        }
        let mut needed = Vec::new();
        for (write, (found, action)) in writes.into_iter().zip(plan.items) {
            match action {
                NameAction::Keep if write.is_half_deleted(&found) => {
                    report(write.index, &found, NameOutcome::Failed(HALF_DELETED.to_owned()));
                }
                // The write was done, by this run or by another with the same files.
                NameAction::Keep => report(write.index, &write.found, NameOutcome::Done(write.kind)),
                NameAction::Refuse(reason) => report(write.index, &found, NameOutcome::Refused(reason)),
                NameAction::Write(_) if write.conflicts > 1 => {
                    report(write.index, &found, NameOutcome::Unsettled(write.last_error));
                }
                // The guard has counted the deletions, so no other write becomes one.
                NameAction::Write(WriteKind::Delete) if write.kind != WriteKind::Delete => {
                    report(write.index, &found, NameOutcome::Unsettled(write.last_error));
                }
                NameAction::Write(kind) => needed.push(PendingWrite { found, kind, ..write }),
            }
        }
        Ok(needed)
    }
}
