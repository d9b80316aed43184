//! The walk over one zone: read, decide, and write what was decided, name by name.
//!
//! `plan` is the first half. The second half believes nothing: a change that did not happen, or may not have, is looked
//! at again and decided again, never sent again as it was.

use super::decide::{self, Action, Entry, Permit, Reason, Wish, Write};
use super::patience::Patience;
use super::zone::{Ask, Change, Edit, Failure, Held, Pair, Standing, Zone};
use crate::dns::ownership::{Fence, ParsedRecord};
use crate::name::DnsName;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the files say of one zone.
#[derive(Clone, Debug)]
pub struct Work {
    /// The zone.
    pub zone: DnsName,
    /// The project.
    pub owner: SmolStr,
    /// Where its fence stands.
    pub fence: DnsName,
    /// The names.
    pub entries: Vec<Entry>,
}

/// What an operator has allowed beyond the table.
#[derive(Clone, Debug, Default)]
pub struct Permits {
    /// Names that may be taken over.
    pub adopt: BTreeSet<DnsName>,
    /// Names of ours that may be written over.
    pub overwrite: BTreeSet<DnsName>,
}

impl Permits {
    fn of(&self, host: &DnsName) -> Permit {
        if self.overwrite.contains(host) {
            Permit::Overwrite
        } else if self.adopt.contains(host) {
            Permit::Adopt
        } else {
            Permit::None
        }
    }
}

/// What was read of a zone and what is to be done.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What stands at the place of the fence.
    pub fence: Held,
    /// For each entry what was found, and the action.
    pub items: Vec<(Standing, Action)>,
}

impl Survey {
    /// How many names would be deleted.
    pub fn deletions(&self) -> usize {
        self.items.iter().filter(|(_, action)| *action == Action::Write(Write::Delete)).count()
    }
}

/// How a zone's fence compares with the number of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing or an older number stands there.
    Ahead,
    /// The number stands there.
    Level,
    /// The number stands there beside older ones, of runs that put them there at the same moment.
    Shared,
    /// A newer one does.
    Behind(u64),
    /// Something that is not understood.
    Unreadable,
}

/// Compares what stands at the place of a fence with `rev`.
pub fn place(held: &Held, owner: &str, rev: u64) -> Place {
    match held {
        Held::Others => Place::Unreadable,
        held => match Fence::read(held.records()) {
            ParsedRecord::Absent => Place::Ahead,
            ParsedRecord::Valid(fence) if fence.owner != owner => Place::Unreadable,
            ParsedRecord::Valid(fence) if fence.rev < rev => Place::Ahead,
            ParsedRecord::Valid(fence) if fence.rev == rev && *held.records() == fence.records() => Place::Level,
            ParsedRecord::Valid(fence) if fence.rev == rev => Place::Shared,
            ParsedRecord::Valid(fence) => Place::Behind(fence.rev),
            ParsedRecord::Unreadable => Place::Unreadable,
        },
    }
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was as wanted.
    Kept,
    /// It will be written so.
    Planned(Write),
    /// It is now as wanted: this run wrote it.
    Done(Write),
    /// It is left alone.
    Refused(Reason),
    /// It could not be written, and why.
    Failed(String),
    /// It kept changing while it was looked at.
    Unsettled,
    /// It was not tried, because the run ended before.
    Skipped,
}

/// How the walk over a zone ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At its last name.
    Complete,
    /// A newer run has taken over.
    Overtaken(u64),
    /// Nothing can be written before somebody has looked at the fence.
    NoFence,
    /// The provider could not be reached or refused.
    Failed(String),
}

/// Hears what became of each entry, by its number, and what was found there.
pub type Tell<'a> = dyn FnMut(usize, &Standing, Outcome) + 'a;

/// One walk over one zone.
#[derive(Debug)]
pub struct Walk<'a> {
    work: &'a Work,
    permits: &'a Permits,
    patience: &'a Patience,
    wanted: BTreeMap<&'a DnsName, &'a str>,
    /// The names that must be gone, each with a branch that says so.
    gone: BTreeSet<(&'a DnsName, &'a str)>,
}

/// How many changes are handed over before what became of them is looked at.
const HANDFUL: usize = 500;

impl<'a> Walk<'a> {
    /// A walk over the zone of `work`.
    pub fn new(work: &'a Work, permits: &'a Permits, patience: &'a Patience) -> Self {
        let wanted = work.entries.iter().filter(|entry| entry.wish != Wish::Absent);
        let wanted = wanted.map(|entry| (&entry.host, entry.branch.as_str())).collect();
        let gone = work.entries.iter().filter(|entry| entry.wish == Wish::Absent);
        let gone = gone.map(|entry| (&entry.host, entry.branch.as_str())).collect();
        Walk { work, permits, patience, wanted, gone }
    }

    /// Reads the fence and every name, and decides.
    pub fn survey(&self, zone: &mut dyn Zone) -> Result<Survey, Failure> {
        self.look(zone, &self.work.entries.iter().collect::<Vec<_>>())
    }

    fn look(&self, zone: &mut dyn Zone, entries: &[&Entry]) -> Result<Survey, Failure> {
        let fence = Ask { pair: Pair { host: None, marker: self.work.fence.clone() }, guess: Standing::FREE };
        let name = |entry: &&Entry| Ask {
            pair: Pair { host: Some(entry.host.clone()), marker: entry.marker.clone() },
            guess: decide::settled(entry),
        };
        let asks: Vec<Ask> = std::iter::once(fence).chain(entries.iter().map(name)).collect();
        let mut found = zone.read(&asks)?.into_iter();
        let fence = found.next().expect("as many answers as questions").marker;
        let items = entries.iter().zip(found).map(|(entry, found)| {
            let action = self.decide(entry, &found);
            (found, action)
        });
        Ok(Survey { fence, items: items.collect() })
    }

    fn decide(&self, entry: &Entry, found: &Standing) -> Action {
        let wanted_by = |branch: &str| {
            let listed = entry.wish == Wish::Absent && self.gone.contains(&(&entry.host, branch));
            listed || self.wanted.get(&entry.host) == Some(&branch)
        };
        decide::decide(entry, found, self.permits.of(&entry.host), wanted_by)
    }

    /// Raises the fence to `rev` and does what the survey decided, deletions first. `tell` hears of each entry once, as
    /// soon as it is known what became of it.
    pub fn apply(&self, zone: &mut dyn Zone, survey: Survey, rev: u64, tell: &mut Tell) -> End {
        let mut todo: Vec<Todo> = Vec::new();
        for (at, (found, action)) in survey.items.into_iter().enumerate() {
            match action {
                Action::Keep => tell(at, &found, Outcome::Kept),
                Action::Leave(reason) => tell(at, &found, Outcome::Refused(reason)),
                Action::Write(write) => todo.push(Todo { at, found, write, moved: 0 }),
            }
        }
        let (absent, present): (Vec<_>, Vec<_>) =
            todo.into_iter().partition(|todo| self.work.entries[todo.at].wish == Wish::Absent);
        let (fence, mut end) = match self.raise(zone, survey.fence, rev) {
            Ok(fence) => (Some(fence), End::Complete),
            Err(end) => (None, end),
        };
        for todo in [absent, present] {
            for handful in todo.chunks(HANDFUL) {
                match &fence {
                    Some(fence) if end == End::Complete => end = self.write(zone, fence, handful.to_vec(), rev, tell),
                    _ => tell_all(handful, tell, &Outcome::Skipped),
                }
            }
        }
        end
    }

    /// Puts `rev` at the place of the fence unless it is there, and makes it the condition of every change to come.
    fn raise(&self, zone: &mut dyn Zone, mut held: Held, rev: u64) -> Result<Edit, End> {
        let wanted = Fence { owner: self.work.owner.clone(), rev }.records();
        let mut trouble = Failure::Moved;
        for next in 1..=self.patience.tries {
            match place(&held, &self.work.owner, rev) {
                Place::Level => return Ok(Edit { name: self.work.fence.clone(), before: held, after: None }),
                Place::Behind(newer) => return Err(End::Overtaken(newer)),
                Place::Unreadable => return Err(End::NoFence),
                Place::Ahead | Place::Shared => {}
            }
            if let Some(Err(failure)) = zone.write(&[decide::raise(&self.work.fence, &held, &wanted)]).pop() {
                trouble = failure;
            } else {
                held = wanted.clone().into();
                continue;
            }
            match &trouble {
                Failure::Moved => {}
                Failure::Busy(_, asked) => self.patience.wait(next, asked.unwrap_or_default()),
                Failure::Unknown(_) => self.patience.wait(next, Duration::ZERO),
                Failure::Refused(_) | Failure::Impossible(_) => return Err(End::Failed(trouble.to_string())),
            }
            held = self.look(zone, &[]).map_err(|failure| End::Failed(failure.to_string()))?.fence;
        }
        Err(End::Failed(format!("the fence `{}` could not be raised: {trouble}", self.work.fence)))
    }

    /// Writes until everything in `todo` is written, left or given up.
    fn write(&self, zone: &mut dyn Zone, fence: &Edit, mut todo: Vec<Todo>, rev: u64, tell: &mut Tell) -> End {
        let mut reason = String::new();
        for next in 1..=self.patience.tries {
            let changes: Vec<Change> = todo.iter().map(|todo| self.change(todo, fence)).collect();
            let mut again = Again::default();
            for (item, result) in todo.into_iter().zip(zone.write(&changes)) {
                match result {
                    Ok(()) => tell(item.at, &item.found, Outcome::Done(item.write)),
                    Err(Failure::Impossible(reason)) => tell(item.at, &item.found, Outcome::Failed(reason)),
                    Err(failure) => again.push(item, failure),
                }
            }
            if let Some(reason) = again.refused {
                tell_all(&again.todo, tell, &Outcome::Failed(reason.clone()));
                return End::Failed(reason);
            }
            if again.todo.is_empty() {
                return End::Complete;
            }
            if let Some(asked) = again.pause {
                reason = again.reason;
                self.patience.wait(next, asked);
            }
            todo = match self.again(zone, again.todo, rev, tell) {
                Ok(todo) => todo,
                Err(end) => return end,
            };
        }
        tell_all(&todo, tell, &Outcome::Failed(reason.clone()));
        if todo.is_empty() { End::Complete } else { End::Failed(reason) }
    }

    fn change(&self, todo: &Todo, fence: &Edit) -> Change {
        decide::change(&self.work.entries[todo.at], &todo.found, todo.write, fence)
    }

    /// Looks again at what was not done for sure, and decides again; what is still to be written.
    fn again(&self, zone: &mut dyn Zone, todo: Vec<Todo>, rev: u64, tell: &mut Tell) -> Result<Vec<Todo>, End> {
        let entries: Vec<&Entry> = todo.iter().map(|item| &self.work.entries[item.at]).collect();
        let survey = match self.look(zone, &entries) {
            Ok(survey) => survey,
            Err(failure) => {
                tell_all(&todo, tell, &Outcome::Failed(failure.to_string()));
                return Err(End::Failed(failure.to_string()));
            }
        };
        let end = match place(&survey.fence, &self.work.owner, rev) {
            Place::Level => None,
            Place::Shared => self.raise(zone, survey.fence, rev).err(),
            Place::Behind(newer) => Some(End::Overtaken(newer)),
            // Somebody took the fence away: without it nothing may be written.
            Place::Ahead | Place::Unreadable => Some(End::NoFence),
        };
        if let Some(end) = end {
            tell_all(&todo, tell, &Outcome::Skipped);
            return Err(end);
        }
        let mut left = Vec::new();
        for (item, (found, action)) in todo.into_iter().zip(survey.items) {
            match action {
                // It was done after all, by this run or by one that wanted the same.
                Action::Keep => tell(item.at, &item.found, Outcome::Done(item.write)),
                Action::Leave(reason) => tell(item.at, &found, Outcome::Refused(reason)),
                Action::Write(_) if item.moved > 1 => tell(item.at, &found, Outcome::Unsettled),
                // What was no deletion when deletions were counted does not become one.
                Action::Write(Write::Delete) if item.write != Write::Delete => {
                    tell(item.at, &found, Outcome::Unsettled);
                }
                Action::Write(write) => left.push(Todo { found, write, ..item }),
            }
        }
        Ok(left)
    }
}

/// A name that is to be written.
#[derive(Clone, Debug)]
struct Todo {
    /// Which entry.
    at: usize,
    /// What was found there.
    found: Standing,
    write: Write,
    /// How often it was found changed under our hands.
    moved: u32,
}

fn tell_all(todo: &[Todo], tell: &mut Tell, outcome: &Outcome) {
    for item in todo {
        tell(item.at, &item.found, outcome.clone());
    }
}

/// What has to be looked at again.
#[derive(Default)]
struct Again {
    todo: Vec<Todo>,
    /// Whether to wait before, and at least how long.
    pause: Option<Duration>,
    /// Why it has to be.
    reason: String,
    refused: Option<String>,
}

impl Again {
    fn push(&mut self, item: Todo, failure: Failure) {
        let moved = item.moved + u32::from(failure == Failure::Moved);
        let mut wait = |reason, asked: Option<Duration>| {
            self.pause = self.pause.max(Some(asked.unwrap_or_default()));
            self.reason = reason;
        };
        match failure {
            Failure::Busy(reason, asked) => wait(reason, asked),
            Failure::Unknown(reason) => wait(reason, None),
            Failure::Refused(reason) => self.refused = Some(reason),
            Failure::Moved | Failure::Impossible(_) => {}
        }
        self.todo.push(Todo { moved, ..item });
    }
}
