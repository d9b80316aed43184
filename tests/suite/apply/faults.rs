//! Zones with faults: lost messages, simultaneous changes, and mutants without one of the safety rules.

use crate::apply::zone::{AtomicChange, DnsZone, NameContent, NamePair, PairQuery, PairState, ZoneError};
use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::RecordSets;
use crate::tests::apply::memory::MemoryZone;
use crate::tests::apply::scenarios::{TestZone, ZoneContent};
use std::collections::BTreeMap;

/// A zone with an action before one of the messages.
pub(crate) struct InterruptedZone<'a> {
    zone: Box<dyn DnsZone + Send>,
    at: Option<usize>,
    act: &'a dyn Fn(),
}

impl<'a> InterruptedZone<'a> {
    /// Calls `act` before message number `at`.
    pub(crate) fn new(zone: Box<dyn DnsZone + Send>, at: usize, act: &'a dyn Fn()) -> Self {
        InterruptedZone { zone, at: Some(at), act }
    }
}

impl DnsZone for InterruptedZone<'_> {
    fn version(&mut self) -> Result<Option<u32>, ZoneError> {
        self.zone.version()
    }

    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        self.zone.read(queries)
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        let one = |change| {
            if self.at == Some(0) {
                (self.act)();
            }
            self.at = self.at.and_then(|at| at.checked_sub(1));
            self.zone.write(std::slice::from_ref(change)).remove(0)
        };
        changes.iter().map(one).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        self.zone.list()
    }
}

/// The fault of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is applied, and the answer is lost.
    LostAnswer,
    /// It is lost.
    LostRequest,
    /// The server is busy.
    Busy,
    /// The run is killed before it.
    Dead,
    /// The run is killed after it.
    DeadAfter,
}

/// A zone with faults at some of its messages.
pub(crate) struct FaultyZone {
    zone: Box<dyn DnsZone + Send>,
    faults: Vec<(usize, Fault)>,
    sent: usize,
    dead: bool,
}

impl FaultyZone {
    /// Faults by the number of the message.
    pub(crate) fn new(zone: Box<dyn DnsZone + Send>, faults: Vec<(usize, Fault)>) -> Self {
        FaultyZone { zone, faults, sent: 0, dead: false }
    }

    fn send(&mut self, change: &AtomicChange) -> Result<(), ZoneError> {
        let lost = || Err(ZoneError::OutcomeUnknown("no answer".into()));
        let fault = self.faults.iter().find(|(at, _)| *at == self.sent).map(|(_, fault)| *fault);
        self.sent += 1;
        if self.dead {
            return lost();
        }
        self.dead = matches!(fault, Some(Fault::Dead | Fault::DeadAfter));
        let mut send = || self.zone.write(std::slice::from_ref(change)).remove(0);
        match fault {
            None => send(),
            Some(Fault::LostAnswer | Fault::DeadAfter) => send().and_then(|()| lost()),
            Some(Fault::LostRequest | Fault::Dead) => lost(),
            Some(Fault::Busy) => Err(ZoneError::Unavailable("busy".into(), None)),
        }
    }
}

impl DnsZone for FaultyZone {
    fn version(&mut self) -> Result<Option<u32>, ZoneError> {
        self.zone.version()
    }

    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        if self.dead { Err(ZoneError::OutcomeUnknown("no answer".into())) } else { self.zone.read(queries) }
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        changes.iter().map(|change| self.send(change)).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        self.zone.list()
    }
}

/// The missing safety rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// Changes are not conditioned on the fence.
    NoFence,
    /// Digests are not compared.
    ConstantDigest,
    /// Owners are not compared.
    NoOwner,
    /// Records and ownership record are sent in two messages.
    TwoMessages,
    /// Changes are not conditioned on what was read.
    NoConditions,
}

impl Mutation {
    /// A zone in memory without this rule.
    pub(crate) fn test_zone(self) -> impl TestZone {
        MutantTestZone { memory: MemoryZone::default(), mutation: self }
    }
}

struct MutantTestZone {
    memory: MemoryZone,
    mutation: Mutation,
}

impl TestZone for MutantTestZone {
    fn open(&self) -> Box<dyn DnsZone + Send> {
        self.open_with_faults(Vec::new())
    }

    fn open_with_faults(&self, faults: Vec<(usize, Fault)>) -> Box<dyn DnsZone + Send> {
        let zone = FaultyZone::new(self.memory.open(), faults);
        Box::new(Mutant { zone, mutation: self.mutation, truth: BTreeMap::new() })
    }

    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32) {
        self.memory.put(names, ttl);
    }

    fn put_foreign(&self, name: &DnsName, kind: &str, data: &str) {
        self.memory.put_foreign(name, kind, data);
    }

    fn content(&self) -> ZoneContent {
        self.memory.content()
    }

    fn writes(&self) -> usize {
        self.memory.writes()
    }
}

struct Mutant {
    zone: FaultyZone,
    mutation: Mutation,
    /// The real content of ownership records that are misread.
    truth: BTreeMap<DnsName, NameContent>,
}

impl Mutant {
    /// The ownership record as the mutant reads it.
    fn misread(&self, query: &PairQuery, found: &PairState) -> Option<NameContent> {
        let ParsedRecord::Valid(mut ownership) = OwnershipRecord::read(&found.ownership.records) else { return None };
        match (self.mutation, OwnershipRecord::read(&query.expected.ownership.records)) {
            (Mutation::ConstantDigest, _) => ownership.digests = found.host.records.digests(),
            (Mutation::NoOwner, ParsedRecord::Valid(wanted)) => ownership.owner = wanted.owner,
            _ => return None,
        }
        Some(ownership.records().into())
    }

    fn current_content(&mut self, name: &DnsName) -> NameContent {
        let pair = NamePair { host: None, ownership: name.clone() };
        self.zone
            .read(&[PairQuery { pair, expected: PairState::EMPTY }])
            .map_or(NameContent::EMPTY, |mut found| found.remove(0).ownership)
    }

    fn send(&mut self, change: &AtomicChange) -> Result<(), ZoneError> {
        let AtomicChange(mut changes) = change.clone();
        for change in &mut changes {
            if let Some(truth) = self.truth.get(&change.name) {
                change.before = truth.clone();
            }
            if self.mutation == Mutation::NoConditions {
                change.before = self.current_content(&change.name);
            }
        }
        if self.mutation == Mutation::NoFence && changes.len() > 1 {
            changes.remove(0);
        }
        if self.mutation == Mutation::TwoMessages && changes.len() > 2 {
            let ownership = changes.pop().expect("there are three");
            self.zone.send(&AtomicChange(changes))?;
            changes = vec![ownership];
        }
        self.zone.send(&AtomicChange(changes))
    }
}

impl DnsZone for Mutant {
    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        let mut found = self.zone.read(queries)?;
        for (query, found) in queries.iter().zip(&mut found) {
            if let Some(misread) = self.misread(query, found) {
                self.truth.insert(query.pair.ownership.clone(), std::mem::replace(&mut found.ownership, misread));
            }
        }
        Ok(found)
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        changes.iter().map(|change| self.send(change)).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        self.zone.list()
    }
}
