//! A zone in memory that keeps every condition to the letter: what the walk and real servers are compared with.

use crate::apply::zone::{Ask, Change, Edit, Failure, Held, Standing, Zone};
use crate::name::DnsName;
use crate::record::RecordSets;
use crate::tests::apply::stories::{Content, Field};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A zone that many hold at once.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Table>>);

#[derive(Default)]
pub(crate) struct Table {
    names: BTreeMap<DnsName, (RecordSets, u32)>,
    /// Names that hold records of other types.
    others: BTreeSet<DnsName>,
    writes: usize,
}

impl Memory {
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

    fn held(&self, name: &DnsName) -> Held {
        match self.names.get(name) {
            Some((records, _)) => Held::Records(records.clone()),
            None if self.others.contains(name) => Held::Others,
            None => Held::Nothing,
        }
    }

    fn change(&mut self, Change(edits): &Change) -> Result<(), Failure> {
        if edits.iter().any(|Edit { name, before, .. }| self.held(name) != *before) {
            return Err(Failure::Moved);
        }
        self.writes += 1;
        for Edit { name, after, .. } in edits {
            if let Some((records, ttl)) = after {
                assert!(*ttl > 0 || records.is_empty(), "records with no lifetime at {name}");
                self.put(name, records.clone(), *ttl);
            }
        }
        Ok(())
    }
}

impl Zone for Memory {
    fn read(&mut self, asks: &[Ask]) -> Result<Vec<Standing>, Failure> {
        let table = self.table();
        let one = |Ask { pair, .. }: &Ask| Standing {
            host: pair.host.as_ref().map_or(Held::Nothing, |host| table.held(host)),
            marker: table.held(&pair.marker),
        };
        Ok(asks.iter().map(one).collect())
    }

    fn write(&mut self, changes: &[Change]) -> Vec<Result<(), Failure>> {
        changes.iter().map(|change| self.table().change(change)).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, Failure> {
        Ok(self.table().names.iter().map(|(name, (records, _))| (name.clone(), records.clone())).collect())
    }
}

impl Field for Memory {
    fn open(&self) -> Box<dyn Zone + Send> {
        Box::new(self.clone())
    }

    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32) {
        for (name, records) in names {
            self.table().put(name, records.clone(), ttl);
        }
    }

    fn put_other(&self, name: &DnsName) {
        self.table().others.insert(name.clone());
    }

    fn content(&self) -> Content {
        self.table().names.clone()
    }

    fn writes(&self) -> usize {
        self.table().writes
    }
}
