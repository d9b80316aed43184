//! A run over all zones: the plan, its limits, and the deed.
//!
//! Everything is read and decided, and the limits are asked, before anything is written anywhere.

use super::decide::{Action, Entry, Write};
use super::patience::Patience;
use super::walk::{self, End, Outcome, Permits, Place, Survey, Walk, Work};
use super::zone::{Standing, Zone};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::hex;
use crate::name::DnsName;
use crate::record::RecordSets;
use sha2::{Digest, Sha256};

/// A zone of a run.
pub struct Site {
    /// What the files say of it.
    pub work: Work,
    /// The zone itself.
    pub zone: Box<dyn Zone + Send>,
}

/// What holds for all zones of a run.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What an operator has allowed.
    pub permits: Permits,
    /// How often and how long to try.
    pub patience: Patience,
    /// How new the files are.
    pub rev: Option<u64>,
    /// How many names may be deleted.
    pub max_delete: usize,
    /// The digest of the plan that was approved.
    pub expect: Option<String>,
}

/// What is said of one name.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The zone.
    pub zone: &'a DnsName,
    /// What the file says.
    pub entry: &'a Entry,
    /// What was found.
    pub found: &'a Standing,
    /// What became of it, or will.
    pub outcome: Outcome,
}

impl Line<'_> {
    /// What the name held, if anything.
    pub fn before(&self) -> &RecordSets {
        self.found.host.records()
    }

    /// What the name holds from then on; `None` if it is left as it is.
    pub fn after(&self) -> Option<RecordSets> {
        match (&self.outcome, &self.entry.wish) {
            (Outcome::Planned(_) | Outcome::Done(_), super::decide::Wish::Present(records, _)) => Some(records.clone()),
            (Outcome::Planned(_) | Outcome::Done(_), _) => Some(RecordSets::default()),
            _ => None,
        }
    }
}

/// What every zone was found to hold, and what is to be done.
#[derive(Clone, Debug)]
pub struct Plan(Vec<Survey>);

/// Reads every zone and decides.
pub fn plan(sites: &mut [Site], rules: &Rules) -> Result<Plan, Diagnostic> {
    let survey = |Site { work, zone }: &mut Site| {
        let walk = Walk::new(work, &rules.permits, &rules.patience);
        walk.survey(&mut **zone).map_err(|failure| remote(&work.zone, &failure.to_string()))
    };
    sites.iter_mut().map(survey).collect::<Result<_, _>>().map(Plan)
}

fn remote(zone: &DnsName, reason: &str) -> Diagnostic {
    Diagnostic::new(Code::Remote, format!("zone `{zone}`: {reason}"))
}

impl Plan {
    /// What will become of each name, zone by zone.
    pub fn lines<'a>(&'a self, sites: &'a [Site]) -> impl Iterator<Item = Line<'a>> {
        sites.iter().zip(&self.0).flat_map(|(site, survey)| {
            site.work.entries.iter().zip(&survey.items).map(|(entry, (found, action))| {
                let outcome = match action {
                    Action::Keep => Outcome::Kept,
                    Action::Write(write) => Outcome::Planned(*write),
                    Action::Leave(reason) => Outcome::Refused(reason.clone()),
                };
                Line { zone: &site.work.zone, entry, found, outcome }
            })
        })
    }

    /// The survey of each zone.
    pub fn surveys(&self) -> &[Survey] {
        &self.0
    }

    /// 16 hexadecimal digits that stand for everything that will be written and what it replaces.
    pub fn digest(&self, sites: &[Site]) -> String {
        let mut hash = Sha256::new();
        for line in self.lines(sites) {
            if let Outcome::Planned(write) = line.outcome {
                let (before, after) = (line.before().digests(), line.after().map(|records| records.digests()));
                let ttl = &line.entry.wish;
                let line = format!("{} {} {} {before:?} {after:?}\n", line.zone, line.entry.host, write.word());
                hash.update(line);
                if let super::decide::Wish::Present(_, ttl) = ttl {
                    hash.update(ttl.to_be_bytes());
                }
            }
        }
        hex::encode(&hash.finalize()[..8])
    }

    /// How many names would be deleted.
    pub fn deletions(&self) -> usize {
        self.0.iter().map(Survey::deletions).sum()
    }

    /// Refuses a plan with more deletions than allowed, or another plan than the approved one.
    pub fn guard(&self, sites: &[Site], rules: &Rules) -> Result<(), Diagnostic> {
        let deletions = self.deletions();
        if deletions > rules.max_delete {
            let message = format!("{deletions} names would be deleted, {} are allowed", rules.max_delete);
            let help = format!("look at `pleach dns plan`, and allow it with `--max-delete {deletions}`");
            return Err(Diagnostic::new(Code::Guard, message).help(help));
        }
        let digest = self.digest(sites);
        match &rules.expect {
            Some(expected) if *expected != digest => {
                let message = format!("the plan is `{digest}` now, and `{expected}` was expected");
                Err(Diagnostic::new(Code::Guard, message)
                    .help("the zone or the files have changed: look at the plan again"))
            }
            _ => Ok(()),
        }
    }

    /// The first zone that a newer run has been at, and its number.
    pub fn stale<'a>(&self, sites: &'a [Site], rev: u64) -> Option<(&'a DnsName, u64)> {
        sites.iter().zip(&self.0).find_map(|(site, survey)| match walk::place(&survey.fence, &site.work.owner, rev) {
            Place::Behind(newer) => Some((&site.work.zone, newer)),
            _ => None,
        })
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Names that are as wanted.
    pub kept: usize,
    /// Names that were written, or would be.
    pub written: usize,
    /// Names of which some were deleted.
    pub deleted: usize,
    /// Names that are left alone because they are not as we left them, or not ours.
    pub conflicts: usize,
    /// Names whose address is not known yet.
    pub pending: usize,
    /// Names that could not be written, or were not tried.
    pub undone: usize,
    /// Whether a newer run has taken over.
    pub overtaken: bool,
    /// Whether a server or provider could not be reached or refused.
    pub failed: bool,
    /// Whether anything would be written, but only planned.
    pub planned: bool,
}

impl Tally {
    /// Counts one name.
    pub fn count(&mut self, outcome: &Outcome) {
        use super::decide::Reason;
        match outcome {
            Outcome::Kept => self.kept += 1,
            Outcome::Done(write) | Outcome::Planned(write) => {
                self.written += 1;
                self.deleted += usize::from(*write == Write::Delete);
                self.planned |= matches!(outcome, Outcome::Planned(_));
            }
            Outcome::Refused(Reason::Pending) => self.pending += 1,
            Outcome::Refused(_) | Outcome::Unsettled => self.conflicts += 1,
            Outcome::Failed(_) | Outcome::Skipped => self.undone += 1,
        }
    }

    /// The exit status: 4 a provider failed, 6 overtaken, 5 names left alone, 1 changes planned, 7 addresses pending.
    pub fn status(&self) -> u8 {
        match self {
            Tally { failed: true, .. } => 4,
            Tally { overtaken: true, .. } => 6,
            Tally { conflicts: 1.., .. } | Tally { undone: 1.., .. } => 5,
            Tally { planned: true, .. } => 1,
            Tally { pending: 1.., .. } => 7,
            _ => 0,
        }
    }
}

/// Does what was planned, zone by zone; `tell` hears of every name as soon as it is known what became of it, and every
/// complaint is returned.
pub fn apply(
    sites: &mut [Site],
    plan: Plan,
    rules: &Rules,
    rev: u64,
    tell: &mut dyn FnMut(&Line),
) -> (Tally, Vec<Diagnostic>) {
    let mut tally = Tally::default();
    let mut complaints = Vec::new();
    for (Site { work, zone }, survey) in sites.iter_mut().zip(plan.0) {
        let walk = Walk::new(work, &rules.permits, &rules.patience);
        let end = walk.apply(&mut **zone, survey, rev, &mut |at, found, outcome| {
            tally.count(&outcome);
            tell(&Line { zone: &work.zone, entry: &work.entries[at], found, outcome });
        });
        match end {
            End::Complete => {}
            End::Overtaken(newer) => {
                tally.overtaken = true;
                complaints.push(overtaken(&work.zone, rev, newer));
            }
            End::NoFence => {
                tally.failed = true;
                let message = format!("zone `{}`: the fence `{}` is not ours to read", work.zone, work.fence);
                let help = "somebody wrote or removed that TXT record: remove it, then run again";
                complaints.push(Diagnostic::new(Code::Remote, message).help(help));
            }
            End::Failed(reason) => {
                tally.failed = true;
                let help = "nothing is half done: run again when it is mended, it goes on where it stopped";
                complaints.push(remote(&work.zone, &reason).help(help));
            }
        }
    }
    (tally, complaints)
}

/// The complaint of a run that came too late.
pub fn overtaken(zone: &DnsName, rev: u64, newer: u64) -> Diagnostic {
    let message = format!("zone `{zone}` was last changed by run {newer}, and this is {rev}");
    Diagnostic::new(Code::Remote, message).help("nothing to do: the newer run has the newer files")
}
