//! Zones behind an HTTP API.
//!
//! A provider is a translator ([`provider`]); what is sent goes one way (`wire`); and this is the zone between them and
//! the walk. It remembers what it has read, since most providers want to hear again what they are to take away, and
//! puts as many names into one change as fit. A change of many names that is refused is looked at again and cut in halves,
//! so that one name does not stand in the way of the others.

mod auth;
mod aws;
mod base_url;
mod clock;
mod google;
pub mod message;
pub mod open;
pub mod provider;
mod secret;
mod spelling;
mod wire;

pub mod clouddns;
pub mod cloudflare;
pub mod godaddy;
pub mod powerdns;
pub mod route53;

pub use wire::Trace;

use super::patience::Patience;
use super::zone::{Ask, Change, Edit, Failure, Held, Promise, Standing, Zone};
use crate::name::DnsName;
use crate::record::RecordSets;
use message::{Reply, Request};
use provider::{Provider, Record, Role, Room, Swap};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use wire::{Lost, Wire};

/// What was read of one name.
#[derive(Clone, Debug, Default)]
struct Name {
    records: Vec<Record>,
    /// Whether there are records that pleach does not know.
    others: bool,
}

impl Name {
    fn held(&self) -> Held {
        let mut records = RecordSets::default();
        for record in &self.records {
            records.insert(record.kind, record.data.clone());
        }
        if records.is_empty() && self.others { Held::Others } else { records.into() }
    }
}

/// A zone behind the API of a provider.
pub struct Api {
    provider: Box<dyn Provider>,
    wire: Wire,
    patience: Patience,
    /// Whether it is known what the provider calls the zone.
    located: bool,
    names: BTreeMap<DnsName, Name>,
}

/// Up to how many names are asked for one by one; for more, the whole zone is.
const FEW: usize = 6;

/// Where the results of changes are put.
type Outcomes = [Option<Result<(), Failure>>];

impl Api {
    fn new(provider: Box<dyn Provider>, wire: Wire, patience: Patience) -> Self {
        Api { provider, wire, patience, located: false, names: BTreeMap::new() }
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Failure> {
        self.wire.ask(request, |reply| self.provider.failure(request, reply))
    }

    /// Has the provider say what it calls the zone.
    fn locate(&mut self) -> Result<(), Failure> {
        if !self.located {
            if let Some(request) = self.provider.lookup() {
                let reply = self.ask(&request)?;
                self.provider.found(&reply).map_err(|why| self.wire.plain(Failure::Refused(why)))?;
            }
            self.located = true;
        }
        Ok(())
    }

    /// Reads all parts of an answer.
    fn pages(&mut self, name: Option<&DnsName>, each: &mut dyn FnMut(DnsName, Option<Record>)) -> Result<(), Failure> {
        self.locate()?;
        let mut next: Option<String> = None;
        let mut seen = 0;
        loop {
            let request = self.provider.question(name, next.as_deref());
            let reply = self.ask(&request)?;
            let page = self.provider.answer(&reply);
            let page = page.map_err(|why| self.wire.plain(Failure::Refused(format!("the reply is odd: {why}"))))?;
            let past = |found: &DnsName| self.provider.answers_from() && name.is_some_and(|name| name != found);
            let enough = page.others.iter().any(past) || page.records.iter().any(|record| past(&record.name));
            seen += page.counted.map_or(0, |(count, _)| count);
            let whole = page.counted.is_none_or(|(_, total)| total == seen);
            page.others.into_iter().for_each(|name| each(name, None));
            page.records.into_iter().for_each(|record| each(record.name.clone(), Some(record)));
            if page.next.is_some() && page.next == next {
                return Err(Failure::Refused("the reply is odd: a part of it comes after itself".into()));
            }
            next = page.next.filter(|_| !enough);
            match next {
                Some(_) => {}
                None if whole => return Ok(()),
                // Parts that are counted move while somebody writes: one may have been seen twice, or not at all.
                None => return Err(Failure::Moved),
            }
        }
    }

    /// Reads what stands at names, again if it changed in the meantime.
    fn refresh(&mut self, names: &BTreeSet<DnsName>) -> Result<(), Failure> {
        for next in 1..=self.patience.tries {
            match self.look(names) {
                Err(Failure::Moved) => self.patience.wait(next, Duration::ZERO),
                result => return result,
            }
        }
        Err(Failure::Busy("the zone changes faster than it can be read".into(), None))
    }

    fn look(&mut self, names: &BTreeSet<DnsName>) -> Result<(), Failure> {
        let mut found: BTreeMap<DnsName, Name> = names.iter().map(|name| (name.clone(), Name::default())).collect();
        let mut each = |name: DnsName, record: Option<Record>| {
            if let Some(held) = found.get_mut(&name) {
                held.others |= record.is_none();
                // Most names hold one record, and there may be many names.
                held.records.reserve_exact(1);
                held.records.extend(record);
            }
        };
        if names.len() <= FEW && self.provider.answers_names() {
            for name in names {
                self.pages(Some(name), &mut each)?;
            }
        } else {
            self.pages(None, &mut each)?;
        }
        self.names.append(&mut found);
        Ok(())
    }

    fn held(&self, name: &DnsName) -> Held {
        self.names.get(name).map_or(Held::Nothing, Name::held)
    }

    /// What stands at a pair. Where that is as it was guessed, the guess is told, which shares its records with the file.
    fn standing(&self, ask: &Ask) -> Standing {
        let host = ask.pair.host.as_ref().map_or(Held::Nothing, |host| self.held(host));
        let found = Standing { host, marker: self.held(&ask.pair.marker) };
        if found == ask.guess { ask.guess.clone() } else { found }
    }

    fn stands(&self, Change(edits): &Change) -> bool {
        edits.iter().all(|edit| self.held(&edit.name) == edit.before)
    }

    /// The swap for an edit; `None` if it is a condition that the provider cannot be asked to look at.
    fn swap(&self, edit: &Edit) -> Option<Swap> {
        let role = Role::of(&edit.name);
        let gone = self.names.get(&edit.name).map(|name| name.records.clone()).unwrap_or_default();
        let mut own_ttl = BTreeMap::new();
        let (come, ttl) = if let Some((records, ttl)) = &edit.after {
            (records.clone(), *ttl)
        } else {
            for record in &gone {
                own_ttl.insert(record.kind, self.provider.touch(role, record.ttl)?);
            }
            (edit.before.records().clone(), gone.first()?.ttl)
        };
        let (shortest, _) = self.provider.bounds().ttl;
        let ttl = if role == Role::Host { ttl } else { ttl.max(shortest) };
        Some(Swap { name: edit.name.clone(), role, gone, come, ttl, own_ttl })
    }

    /// What changes are to the provider; the fence, which all of them hold, once.
    fn swaps(&self, changes: &[Change], group: &[usize]) -> Vec<Swap> {
        let mut fences: BTreeSet<&DnsName> = BTreeSet::new();
        let edits = group.iter().flat_map(|at| &changes[*at].0);
        let edits = edits.filter(|edit| Role::of(&edit.name) != Role::Fence || fences.insert(&edit.name));
        edits.filter_map(|edit| self.swap(edit)).collect()
    }

    /// Cuts changes into groups that fit into one change of the provider each.
    fn groups(&self, changes: &[Change]) -> Vec<Vec<usize>> {
        let one_each = !self.provider.promise().atomic;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut left = None;
        for at in 0..changes.len() {
            // The first in a group brings the fence along.
            let (fence, names): (Vec<_>, Vec<_>) =
                self.swaps(changes, &[at]).into_iter().partition(|swap| swap.role == Role::Fence);
            let put = |room: Room, swaps: &[Swap]| swaps.iter().try_fold(room, Room::take);
            if let (Some(room), Some(last)) = (left.and_then(|room| put(room, &names)), groups.last_mut()) {
                last.push(at);
                left = Some(room);
            } else {
                groups.push(vec![at]);
                let room = put(self.provider.room(), &fence).and_then(|room| put(room, &names));
                left = room.filter(|_| !one_each);
            }
        }
        groups
    }

    /// Sends a group as one change. Nothing stands in `names` that is not known to be so afterwards.
    fn send(&mut self, swaps: &[Swap]) -> Result<(), Failure> {
        let mut made = Vec::new();
        for (at, request) in self.provider.requests(swaps).iter().enumerate() {
            let failure = match self.wire.tell(request) {
                Ok(reply) => match self.provider.failure(request, &reply) {
                    None => {
                        made.extend(self.provider.made(&reply));
                        continue;
                    }
                    Some(failure) => self.wire.plain(failure),
                },
                Err(lost) => Lost::into(lost),
            };
            return Err(match failure {
                // The first part has been done, and what that means is seen best by looking.
                Failure::Moved | Failure::Busy(..) | Failure::Impossible(_) if at > 0 => {
                    Failure::Unknown(failure.to_string())
                }
                failure => failure,
            });
        }
        for swap in swaps {
            self.settle(swap, &mut made);
        }
        Ok(())
    }

    /// Remembers what stands at a name after a swap.
    fn settle(&mut self, swap: &Swap, made: &mut Vec<Record>) {
        let name = self.names.entry(swap.name.clone()).or_default();
        let old = std::mem::take(&mut name.records);
        for (kind, data) in swap.come.iter() {
            let same = |record: &Record| record.name == swap.name && record.kind == kind && record.data == *data;
            let made = made.iter().position(same).map(|at| made.swap_remove(at));
            let ttl = swap.lifetime(kind);
            let kept = || old.iter().find(|record| same(record) && record.ttl == ttl).cloned();
            name.records.push(made.or_else(kept).unwrap_or_else(|| Record {
                name: swap.name.clone(),
                kind,
                data: data.clone(),
                ttl,
                raw: None,
                id: "".into(),
            }));
        }
    }

    /// Writes a group, in parts if it is refused as a whole.
    fn write_group(&mut self, changes: &[Change], group: Vec<usize>, outcomes: &mut Outcomes) {
        let mut fresh = !self.provider.promise().compares;
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            if fresh {
                let names = group.iter().flat_map(|at| &changes[*at].0).map(|edit| edit.name.clone()).collect();
                if let Err(failure) = self.refresh(&names) {
                    group
                        .iter()
                        .chain(groups.iter().flatten())
                        .for_each(|at| outcomes[*at] = Some(Err(failure.clone())));
                    return;
                }
            }
            let (group, moved): (Vec<_>, Vec<_>) = group.into_iter().partition(|at| self.stands(&changes[*at]));
            for at in moved {
                outcomes[at] = Some(Err(Failure::Moved));
            }
            if group.is_empty() {
                continue;
            }
            match self.send(&self.swaps(changes, &group)) {
                Err(Failure::Moved | Failure::Impossible(_)) if group.len() > 1 => {
                    let (first, second) = group.split_at(group.len() / 2);
                    groups.extend([second.to_vec(), first.to_vec()]);
                    fresh = true;
                }
                result => group.iter().for_each(|at| outcomes[*at] = Some(result.clone())),
            }
        }
    }
}

impl Zone for Api {
    fn promise(&self) -> Promise {
        self.provider.promise()
    }

    fn cannot_hold(&self, records: &RecordSets, ttl: u32) -> Option<String> {
        let bounds = self.provider.bounds();
        // Beside the records there are the marker and the fence, before and after.
        let (count, most) = (records.iter().count(), self.provider.room().records.saturating_sub(4));
        let many = || format!("{} takes {most} records of a name in one change, and this has {count}", bounds.provider);
        bounds.refusal(records, ttl).or_else(|| (count > most).then(many))
    }

    fn read(&mut self, asks: &[Ask]) -> Result<Vec<Standing>, Failure> {
        let names = |ask: &Ask| ask.pair.host.iter().cloned().chain([ask.pair.marker.clone()]).collect::<Vec<_>>();
        self.refresh(&asks.iter().flat_map(names).collect())?;
        // A name and its marker may have been read at two moments: what does not go together is looked at again.
        let odd: BTreeSet<DnsName> = asks.iter().filter(|ask| self.standing(ask).is_odd()).flat_map(names).collect();
        if !odd.is_empty() {
            self.refresh(&odd)?;
        }
        Ok(asks.iter().map(|ask| self.standing(ask)).collect())
    }

    fn write(&mut self, changes: &[Change]) -> Vec<Result<(), Failure>> {
        let mut outcomes: Vec<Option<Result<(), Failure>>> = vec![None; changes.len()];
        let mut stopped: Option<Failure> = None;
        for group in self.groups(changes) {
            if let Some(failure) = &stopped {
                for at in group {
                    outcomes[at] = Some(Err(failure.clone()));
                }
                continue;
            }
            self.write_group(changes, group.clone(), &mut outcomes);
            // Who has no right, or is to wait, need not go on.
            let told = group.iter().filter_map(|at| outcomes[*at].as_ref()?.as_ref().err());
            stopped = told.into_iter().find(|why| matches!(why, Failure::Refused(_) | Failure::Busy(..))).cloned();
        }
        outcomes.into_iter().map(|outcome| outcome.expect("every change is in one group")).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, Failure> {
        let mut found: BTreeMap<DnsName, RecordSets> = BTreeMap::new();
        self.pages(None, &mut |name, record| {
            if let Some(record) = record {
                found.entry(name).or_default().insert(record.kind, record.data);
            }
        })?;
        Ok(found.into_iter().collect())
    }
}
