//! Zones that misbehave: mishaps on the way, others at work meanwhile, and mutants that forget a part of the promise.

use crate::apply::zone::{Ask, Change, Failure, Held, Pair, Standing, Zone};
use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::RecordSets;
use crate::tests::apply::memory::Memory;
use crate::tests::apply::stories::{Content, Field};
use std::collections::BTreeMap;

/// A zone in which something happens before one of the messages.
pub(crate) struct Between<'a> {
    zone: Box<dyn Zone + Send>,
    at: Option<usize>,
    act: &'a dyn Fn(),
}

impl<'a> Between<'a> {
    /// `act` happens before message number `at`.
    pub(crate) fn new(zone: Box<dyn Zone + Send>, at: usize, act: &'a dyn Fn()) -> Self {
        Between { zone, at: Some(at), act }
    }
}

impl Zone for Between<'_> {
    fn read(&mut self, asks: &[Ask]) -> Result<Vec<Standing>, Failure> {
        self.zone.read(asks)
    }

    fn write(&mut self, changes: &[Change]) -> Vec<Result<(), Failure>> {
        let one = |change| {
            if self.at == Some(0) {
                (self.act)();
            }
            self.at = self.at.and_then(|at| at.checked_sub(1));
            self.zone.write(std::slice::from_ref(change)).remove(0)
        };
        changes.iter().map(one).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, Failure> {
        self.zone.list()
    }
}

/// What happens to a message instead of what should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It is obeyed, and the answer is lost.
    LostAnswer,
    /// It is lost.
    LostRequest,
    /// There is no time for it.
    Busy,
    /// The run ends before it.
    Dead,
    /// The run ends after it.
    DeadAfter,
}

/// A zone with mishaps at some of its messages.
pub(crate) struct Troubled {
    zone: Box<dyn Zone + Send>,
    mishaps: Vec<(usize, Mishap)>,
    sent: usize,
    dead: bool,
}

impl Troubled {
    /// Mishaps by the number of the message.
    pub(crate) fn new(zone: Box<dyn Zone + Send>, mishaps: Vec<(usize, Mishap)>) -> Self {
        Troubled { zone, mishaps, sent: 0, dead: false }
    }

    fn send(&mut self, change: &Change) -> Result<(), Failure> {
        let lost = || Err(Failure::Unknown("nobody answered".into()));
        let mishap = self.mishaps.iter().find(|(at, _)| *at == self.sent).map(|(_, mishap)| *mishap);
        self.sent += 1;
        if self.dead {
            return lost();
        }
        self.dead = matches!(mishap, Some(Mishap::Dead | Mishap::DeadAfter));
        let mut send = || self.zone.write(std::slice::from_ref(change)).remove(0);
        match mishap {
            None => send(),
            Some(Mishap::LostAnswer | Mishap::DeadAfter) => send().and_then(|()| lost()),
            Some(Mishap::LostRequest | Mishap::Dead) => lost(),
            Some(Mishap::Busy) => Err(Failure::Busy("come back later".into(), None)),
        }
    }
}

impl Zone for Troubled {
    fn read(&mut self, asks: &[Ask]) -> Result<Vec<Standing>, Failure> {
        if self.dead { Err(Failure::Unknown("nobody answered".into())) } else { self.zone.read(asks) }
    }

    fn write(&mut self, changes: &[Change]) -> Vec<Result<(), Failure>> {
        changes.iter().map(|change| self.send(change)).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, Failure> {
        self.zone.list()
    }
}

/// What a careless author might have left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// Changes are not conditioned on the fence.
    NoFence,
    /// Every set has the digest that its marker has.
    ConstantDigest,
    /// Every marker is of the project that reads it.
    NoOwner,
    /// Records and marker go in two messages.
    TwoMessages,
    /// Changes are not conditioned on what was read.
    NoConditions,
}

impl Mutation {
    /// A zone in memory, seen through the eyes of that author.
    pub(crate) fn field(self) -> impl Field {
        MutantField { memory: Memory::default(), mutation: self }
    }
}

struct MutantField {
    memory: Memory,
    mutation: Mutation,
}

impl Field for MutantField {
    fn open(&self) -> Box<dyn Zone + Send> {
        self.open_troubled(Vec::new())
    }

    fn open_troubled(&self, mishaps: Vec<(usize, Mishap)>) -> Box<dyn Zone + Send> {
        let zone = Troubled::new(self.memory.open(), mishaps);
        Box::new(Mutant { zone, mutation: self.mutation, truth: BTreeMap::new() })
    }

    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32) {
        self.memory.put(names, ttl);
    }

    fn put_other(&self, name: &DnsName) {
        self.memory.put_other(name);
    }

    fn content(&self) -> Content {
        self.memory.content()
    }

    fn writes(&self) -> usize {
        self.memory.writes()
    }
}

struct Mutant {
    zone: Troubled,
    mutation: Mutation,
    /// The markers that were read otherwise than they are.
    truth: BTreeMap<DnsName, Held>,
}

impl Mutant {
    /// The marker as the author reads it.
    fn misread(&self, ask: &Ask, found: &Standing) -> Option<Held> {
        let ParsedRecord::Valid(mut marker) = OwnershipRecord::read(found.marker.records()) else { return None };
        match (self.mutation, OwnershipRecord::read(ask.guess.marker.records())) {
            (Mutation::ConstantDigest, _) => marker.digests = found.host.records().digests(),
            (Mutation::NoOwner, ParsedRecord::Valid(wanted)) => marker.owner = wanted.owner,
            _ => return None,
        }
        Some(marker.records().into())
    }

    fn now(&mut self, name: &DnsName) -> Held {
        let pair = Pair { host: None, marker: name.clone() };
        self.zone.read(&[Ask { pair, guess: Standing::FREE }]).map_or(Held::Nothing, |mut found| found.remove(0).marker)
    }

    fn send(&mut self, change: &Change) -> Result<(), Failure> {
        let Change(mut edits) = change.clone();
        for edit in &mut edits {
            if let Some(truth) = self.truth.get(&edit.name) {
                edit.before = truth.clone();
            }
            if self.mutation == Mutation::NoConditions {
                edit.before = self.now(&edit.name);
            }
        }
        if self.mutation == Mutation::NoFence && edits.len() > 1 {
            edits.remove(0);
        }
        if self.mutation == Mutation::TwoMessages && edits.len() > 2 {
            let marker = edits.pop().expect("there are three");
            self.zone.send(&Change(edits))?;
            edits = vec![marker];
        }
        self.zone.send(&Change(edits))
    }
}

impl Zone for Mutant {
    fn read(&mut self, asks: &[Ask]) -> Result<Vec<Standing>, Failure> {
        let mut found = self.zone.read(asks)?;
        for (ask, found) in asks.iter().zip(&mut found) {
            if let Some(misread) = self.misread(ask, found) {
                self.truth.insert(ask.pair.marker.clone(), std::mem::replace(&mut found.marker, misread));
            }
        }
        Ok(found)
    }

    fn write(&mut self, changes: &[Change]) -> Vec<Result<(), Failure>> {
        changes.iter().map(|change| self.send(change)).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, Failure> {
        self.zone.list()
    }
}
