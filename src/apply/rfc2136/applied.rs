//! What an update has done to a host and its ownership record, and the change that undoes a part.
//!
//! An undo restores exactly what was there before, with its TTL. It changes nothing that somebody else has written since.

use crate::apply::change::OWNERSHIP_TTL;
use crate::apply::zone::{AtomicChange, NameChange, NameContent};
use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::record::{RecordSets, RecordType};
use std::collections::BTreeMap;

/// The TTLs of the record sets of a name, as far as they are known.
pub(super) type Ttls = BTreeMap<RecordType, u32>;

/// What an unconfirmed change has done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// Everything; somebody else has records beside it.
    All,
    /// Nothing.
    Nothing,
    /// A part.
    Part(Undo),
    /// That is unknown, because somebody else has changed the names since.
    Unknown,
}

/// What undoes a part of a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undo {
    /// The change, on the condition that the names still have what was found.
    pub(super) change: AtomicChange,
    /// Whether somebody else has written records at the host since. They stay, and only the ownership record is undone.
    pub(super) is_in_use: bool,
}

/// How far the change of a name was made.
#[derive(Clone, Copy)]
struct NameProgress {
    /// It is as before.
    is_before: bool,
    /// It is as wanted.
    is_after: bool,
    /// It has only records from before or after the change. Otherwise somebody else has written others.
    is_known: bool,
}

impl NameProgress {
    /// From what the name has now.
    fn of(change: &NameChange, found: &RecordSets) -> Self {
        let (before, after) = (&change.before.records, change.records_after());
        let has = |records: &RecordSets, kind, data| records.get(kind).is_some_and(|set| set.contains(data));
        let is_known = found.iter().all(|(kind, data)| has(before, kind, data) || has(after, kind, data));
        NameProgress { is_before: found == before, is_after: found == after, is_known }
    }

    /// The same for a host, from its TTLs before the change and now.
    fn of_host(change: &NameChange, before: &Ttls, (found, now): (&RecordSets, &Ttls)) -> Self {
        let NameProgress { is_before, is_after, is_known } = NameProgress::of(change, found);
        let is_old = |(kind, ttl): (&RecordType, &u32)| before.get(kind).is_none_or(|before| before == ttl);
        let is_new = |found: &u32| change.after.as_ref().is_none_or(|(_, ttl)| found == ttl);
        let (is_before, is_after) = (is_before && now.iter().all(is_old), is_after && now.values().all(is_new));
        NameProgress { is_before, is_after, is_known }
    }
}

/// What `change` has done, from the TTLs of its host `before` it and `now`, and from what its names have now.
pub(super) fn applied(change: &AtomicChange, found: &[NameContent], (before, now): (&Ttls, &Ttls)) -> Applied {
    let AtomicChange(changes) = change;
    let ([fence, host, ownership], [_, host_now, ownership_now]) = (&changes[..], found) else {
        let names: Vec<_> =
            changes.iter().zip(found).map(|(name, found)| NameProgress::of(name, &found.records)).collect();
        return match () {
            () if names.iter().all(|name| name.is_after) => Applied::All,
            () if names.iter().all(|name| name.is_before) => Applied::Nothing,
            () => Applied::Unknown,
        };
    };
    let of_host = NameProgress::of_host(host, before, (&host_now.records, now));
    let of_ownership = NameProgress::of(ownership, &ownership_now.records);
    if of_host.is_after && of_ownership.is_after {
        return Applied::All;
    }
    if of_host.is_before && of_ownership.is_before {
        return Applied::Nothing;
    }
    let changes_host = of_host.is_known && !of_host.is_before;
    let changes_ownership = of_ownership.is_known && !of_ownership.is_before;
    if !of_ownership.is_known || !changes_host && !changes_ownership {
        return Applied::Unknown;
    }
    let back = |change: &NameChange, found: &NameContent, ttl: Option<u32>| NameChange {
        name: change.name.clone(),
        before: found.clone(),
        after: ttl.map(|ttl| (change.before.records.clone(), ttl)),
        proxied: None,
    };
    let names = [
        fence.clone(),
        back(host, host_now, changes_host.then(|| host_ttl(before, ownership))),
        back(ownership, ownership_now, changes_ownership.then_some(OWNERSHIP_TTL)),
    ];
    Applied::Part(Undo { change: AtomicChange(names.into()), is_in_use: !of_host.is_known })
}

/// The TTL of a host before a change; if the server did not say it, that in its ownership record.
fn host_ttl(before: &Ttls, ownership: &NameChange) -> u32 {
    let recorded = || match OwnershipRecord::read(&ownership.before.records) {
        ParsedRecord::Valid(ownership) => ownership.ttl,
        ParsedRecord::Absent | ParsedRecord::Unreadable => OWNERSHIP_TTL,
    };
    before.values().next().copied().unwrap_or_else(recorded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::DnsName;
    use crate::record::RecordData;

    const OLD: &str = "192.0.2.1";
    const NEW: &str = "192.0.2.2";
    /// What somebody else wrote.
    const OTHER: &str = "192.0.2.3";
    /// No record.
    const NONE: &str = "";

    fn name(text: &str) -> DnsName {
        DnsName::target(text).unwrap()
    }

    fn records(address: &str) -> RecordSets {
        RecordData::parse(RecordType::A, address).map_or(RecordSets::EMPTY, |data| RecordSets::one(RecordType::A, data))
    }

    fn owned(address: &str) -> RecordSets {
        let digests = records(address).digests();
        let record = OwnershipRecord { owner: "shop".into(), branch: "login".into(), ttl: 60, digests };
        if address == NONE { RecordSets::EMPTY } else { record.records() }
    }

    fn ttls(ttl: u32) -> Ttls {
        if ttl == 0 { Ttls::new() } else { [(RecordType::A, ttl)].into() }
    }

    /// The addresses of a host and of its ownership record, and the TTL of the host; 0 if it has none.
    type State = (&'static str, &'static str, u32);

    /// What an undo writes to the host and to its ownership record, and whether the host is in use.
    type Back = (Option<(&'static str, u32)>, Option<&'static str>, bool);

    /// What a change of everything has done.
    #[track_caller]
    fn check(before: State, after: State, rows: &[(State, Result<Back, Applied>)]) {
        let fence = NameChange::condition(name("_rev.shop._pleach.example.com"), NameContent::EMPTY);
        let new = |name: &DnsName, before: RecordSets, after: RecordSets, ttl| NameChange {
            name: name.clone(),
            before: before.into(),
            after: Some((after, ttl)),
            proxied: None,
        };
        let (host, ownership) = (name("login.example.com"), name("login._pleach.example.com"));
        let change = AtomicChange(vec![
            fence.clone(),
            new(&host, records(before.0), records(after.0), after.2),
            new(&ownership, owned(before.1), owned(after.1), OWNERSHIP_TTL),
        ]);
        for (now, want) in rows {
            let found = [NameContent::EMPTY, records(now.0).into(), owned(now.1).into()];
            let done = applied(&change, &found, (&ttls(before.2), &ttls(now.2)));
            let want = match want {
                Err(other) => other,
                Ok((host_back, ownership_back, is_in_use)) => {
                    let [_, host_now, ownership_now] = found;
                    let after = host_back.map(|(address, ttl)| (records(address), ttl));
                    let host = NameChange { name: host.clone(), before: host_now, after, proxied: None };
                    let after = ownership_back.map(|address| (owned(address), OWNERSHIP_TTL));
                    let ownership = NameChange { name: ownership.clone(), before: ownership_now, after, proxied: None };
                    let change = AtomicChange(vec![fence.clone(), host, ownership]);
                    &Applied::Part(Undo { change, is_in_use: *is_in_use })
                }
            };
            assert_eq!(done, *want, "{now:?}");
        }
    }

    #[test]
    fn a_part_of_a_change_is_undone_to_exactly_what_was_before() {
        check(
            (NONE, NONE, 0),
            (NEW, NEW, 60),
            &[
                ((NEW, NEW, 60), Err(Applied::All)),
                ((NONE, NONE, 0), Err(Applied::Nothing)),
                ((NONE, NEW, 0), Ok((None, Some(NONE), false))),
                ((NEW, NONE, 60), Ok((Some((NONE, 60)), None, false))),
            ],
        );
        check(
            (OLD, OLD, 300),
            (NEW, NEW, 60),
            &[
                ((OLD, NEW, 300), Ok((None, Some(OLD), false))),
                ((NEW, OLD, 60), Ok((Some((OLD, 300)), None, false))),
                // The old record was deleted and the new one dropped.
                ((NONE, NEW, 0), Ok((Some((OLD, 300)), Some(OLD), false))),
            ],
        );
        check(
            (OLD, OLD, 300),
            (NONE, NONE, 0),
            &[((OLD, NONE, 300), Ok((None, Some(OLD), false))), ((NONE, OLD, 0), Ok((Some((OLD, 300)), None, false)))],
        );
        // An ownership record without a host stays: somebody else has deleted the host.
        check(
            (NONE, OLD, 0),
            (NEW, NEW, 60),
            &[((NONE, NEW, 0), Ok((None, Some(OLD), false))), ((NONE, OLD, 0), Err(Applied::Nothing))],
        );
        check(
            (NONE, NEW, 0),
            (NEW, NEW, 60),
            &[((NONE, NEW, 0), Err(Applied::Nothing)), ((NEW, NEW, 60), Err(Applied::All))],
        );
    }

    #[test]
    fn a_ttl_is_a_part_of_a_change() {
        check(
            (OLD, OLD, 300),
            (OLD, NEW, 60),
            &[
                ((OLD, NEW, 60), Err(Applied::All)),
                ((OLD, OLD, 300), Err(Applied::Nothing)),
                ((OLD, NEW, 300), Ok((None, Some(OLD), false))),
                ((OLD, OLD, 60), Ok((Some((OLD, 300)), None, false))),
                // A server that does not know its TTLs.
                ((OLD, NEW, 0), Err(Applied::All)),
            ],
        );
    }

    #[test]
    fn records_that_somebody_else_has_written_since_are_not_changed() {
        check(
            (NONE, NONE, 0),
            (NEW, NEW, 60),
            &[((OTHER, NEW, 60), Ok((None, Some(NONE), true))), ((OTHER, NONE, 60), Err(Applied::Unknown))],
        );
        check(
            (OLD, OLD, 60),
            (NEW, NEW, 60),
            &[
                ((OTHER, NEW, 60), Ok((None, Some(OLD), true))),
                ((NEW, OTHER, 60), Err(Applied::Unknown)),
                ((OTHER, OTHER, 60), Err(Applied::Unknown)),
            ],
        );
    }
}
