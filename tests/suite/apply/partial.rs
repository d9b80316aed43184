//! Changes that a server makes only in part, and of which the answer is lost.

use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::zone::{AtomicChange, DnsZone, NameChange, PairQuery, PairState, ZoneError};
use crate::name::DnsName;
use crate::record::RecordSets;
use crate::tests::apply::memory::MemoryZone;
use crate::tests::apply::scenarios::{TTL, TestZone, apply, cname, desired_zone, n, ownership_name, ownership_records};

/// A zone whose server drops the changes of hosts, and whose answers about names are lost.
struct HalfZone(Box<dyn DnsZone + Send>);

impl DnsZone for HalfZone {
    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        self.0.read(queries)
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        let one = |AtomicChange(names): &AtomicChange| {
            let mut names = names.clone();
            let [_, NameChange { after, .. }, _] = &mut names[..] else {
                return self.0.write(&[AtomicChange(names)]).remove(0);
            };
            *after = None;
            self.0.write(&[AtomicChange(names)]).remove(0)?;
            Err(ZoneError::OutcomeUnknown("no answer".into()))
        };
        changes.iter().map(one).collect()
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        self.0.list()
    }
}

#[test]
fn a_half_deleted_name_is_not_reported_as_deleted() {
    let memory = MemoryZone::default();
    let old = cname("old.example.net");
    let ownership = ownership_records("shop", "b", TTL, &old);
    memory.put(&[(n("gone.shop"), old.clone()), (ownership_name("gone.shop"), ownership)], TTL);
    let desired = desired_zone("shop", &[("gone.shop", "b", DesiredState::Absent)]);
    let (outcomes, end) = apply(&mut HalfZone(memory.open()), &desired, 1);
    assert_eq!(end, ZoneOutcome::Complete);
    let is_reported =
        matches!(&outcomes[..], [NameOutcome::Failed(reason)] if reason.contains("its records are still there"));
    assert!(is_reported, "{outcomes:?}");
    assert_eq!(memory.content()[&n("gone.shop")].0, old);
}
