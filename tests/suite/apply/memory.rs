//! A zone in memory that checks every condition exactly. Real servers are compared with it.

use crate::apply::zone::{AtomicChange, DnsZone, ForeignSet, NameChange, NameContent, PairQuery, PairState, ZoneError};
use crate::name::DnsName;
use crate::record::RecordSets;
use crate::tests::apply::scenarios::{TestZone, ZoneContent};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A shared zone.
#[derive(Clone, Default)]
pub(crate) struct MemoryZone(Arc<Mutex<Table>>);

#[derive(Default)]
pub(crate) struct Table {
    names: BTreeMap<DnsName, (RecordSets, u32)>,
    foreign: BTreeMap<DnsName, BTreeSet<ForeignSet>>,
    writes: usize,
}

impl MemoryZone {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap()
    }
}

impl Table {
    fn put(&mut self, name: &DnsName, records: RecordSets, ttl: u32) {
        if records.is_empty() {
            self.names.remove(name);
        } else {
            self.names.insert(name.clone(), (records, ttl));
        }
    }

    fn content_of(&self, name: &DnsName) -> NameContent {
        let records = self.names.get(name).map(|(records, _)| records.clone()).unwrap_or_default();
        NameContent { foreign: self.foreign.get(name).cloned().unwrap_or_default(), ..records.into() }
    }

    fn change(&mut self, AtomicChange(changes): &AtomicChange) -> Result<(), ZoneError> {
        if changes.iter().any(|NameChange { name, before, .. }| self.content_of(name) != *before) {
            return Err(ZoneError::Conflict(String::new()));
        }
        self.writes += 1;
        for NameChange { name, after, .. } in changes {
            if let Some((records, ttl)) = after {
                assert!(self.content_of(name).in_the_way(records).is_empty(), "{name} has {:?}", self.foreign[name]);
                assert!(*ttl > 0 || records.is_empty(), "records without a TTL at {name}");
                self.put(name, records.clone(), *ttl);
            }
        }
        Ok(())
    }
}

impl DnsZone for MemoryZone {
    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        let table = self.table();
        let one = |PairQuery { pair, .. }: &PairQuery| PairState {
            host: pair.host.as_ref().map_or(NameContent::EMPTY, |host| table.content_of(host)),
            ownership: table.content_of(&pair.ownership),
        };
        Ok(queries.iter().map(one).collect())
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        changes.iter().map(|change| self.table().change(change)).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        Ok(self.table().names.iter().map(|(name, (records, _))| (name.clone(), records.clone())).collect())
    }
}

impl TestZone for MemoryZone {
    fn open(&self) -> Box<dyn DnsZone + Send> {
        Box::new(self.clone())
    }

    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32) {
        for (name, records) in names {
            self.table().put(name, records.clone(), ttl);
        }
    }

    fn put_foreign(&self, name: &DnsName, kind: &str, _: &str) {
        let set = ForeignSet { kind: kind.into(), special: "" };
        self.table().foreign.entry(name.clone()).or_default().insert(set);
    }

    fn content(&self) -> ZoneContent {
        self.table().names.clone()
    }

    fn writes(&self) -> usize {
        self.table().writes
    }
}
