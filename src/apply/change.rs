//! The change that does what was decided about a name, and the state after it.

use super::action::WriteKind;
use super::entry::{DesiredState, NameEntry};
use super::fence::{FenceContent, FenceNames};
use super::zone::{AtomicChange, NameChange, NameContent, PairState};
use crate::dns::ownership::{Fence, Owner, OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::RecordSets;

/// The state of `entry` when nothing is left to do.
pub(crate) fn state_when_done(entry: &NameEntry) -> PairState {
    match &entry.state {
        DesiredState::Present(records, ttl) => PairState {
            host: records.clone().into(),
            ownership: entry.ownership_record(records, *ttl).records().into(),
        },
        DesiredState::Absent | DesiredState::Pending | DesiredState::Unusable(_) => PairState::EMPTY,
    }
}

/// The TTL of ownership records and fences, in seconds. Only pleach queries them, without a cache.
const OWNERSHIP_TTL: u32 = 60;

/// The change that does `kind` at `entry`, on the condition that the state is still `found` and the fence is unchanged.
pub(crate) fn change(entry: &NameEntry, found: &PairState, kind: WriteKind, fence: &NameChange) -> AtomicChange {
    let done = state_when_done(entry);
    let ttl = match entry.state {
        DesiredState::Present(_, ttl) => ttl,
        DesiredState::Absent | DesiredState::Pending | DesiredState::Unusable(_) => 0,
    };
    let host = kind.changes_records().then_some((done.host.records, ttl));
    let ownership = Some((done.ownership.records, OWNERSHIP_TTL));
    AtomicChange(vec![
        fence.clone(),
        NameChange { name: entry.host.clone(), before: found.host.clone(), after: host, proxied: entry.proxied },
        NameChange { name: entry.ownership.clone(), before: found.ownership.clone(), after: ownership, proxied: None },
    ])
}

/// The change that raises the fence of a zone to `rev`, on the condition that its content is still `found`. The first fence with
/// an id raises the one without an id too, so that an older run of a spec without the id stops.
pub(crate) fn fence_change(names: &FenceNames, owner: &Owner, found: &FenceContent, rev: u64) -> AtomicChange {
    let change = |name: &DnsName, before: &NameContent, owner: Owner| {
        let after = Some((Fence { owner, rev }.records(), OWNERSHIP_TTL));
        NameChange { name: name.clone(), before: before.clone(), after, proxied: None }
    };
    let without_id = names.without_id.as_ref().filter(|_| found.own.is_empty() && !found.without_id.is_empty());
    let without_id = without_id.map(|name| change(name, &found.without_id, owner.without_id()));
    AtomicChange([change(&names.own, &found.own, owner.clone())].into_iter().chain(without_id).collect())
}

/// The change that undoes what `change` has done to a host and its ownership record, on the condition that the names still have
/// the contents `found`. Afterwards, a host that had no records has no ownership record either. `None` if nothing is to be undone.
pub(crate) fn undo(AtomicChange(changes): &AtomicChange, found: &[NameContent]) -> Option<AtomicChange> {
    let ([fence, host, ownership], [_, host_now, ownership_now]) = (&changes[..], found) else { return None };
    let ttl = match OwnershipRecord::read(&ownership.before.records) {
        ParsedRecord::Valid(ownership) => ownership.ttl,
        ParsedRecord::Absent | ParsedRecord::Unreadable => OWNERSHIP_TTL,
    };
    let back = |change: &NameChange, found: &NameContent, records: &RecordSets, ttl| NameChange {
        name: change.name.clone(),
        before: found.clone(),
        after: (found.records != *records).then(|| (records.clone(), ttl)),
        proxied: None,
    };
    let adds_host = host.before.records.is_empty() && host.after.is_some();
    let old_ownership = if adds_host { &RecordSets::EMPTY } else { &ownership.before.records };
    let names =
        [back(host, host_now, &host.before.records, ttl), back(ownership, ownership_now, old_ownership, OWNERSHIP_TTL)];
    let is_needed = names.iter().any(|change| change.after.is_some());
    is_needed.then(|| AtomicChange([fence.clone()].into_iter().chain(names).collect()))
}

#[cfg(test)]
mod tests {
    use super::super::action::{NameAction, Permission};
    use super::super::decide::decide;
    use super::*;
    use crate::record::{RecordData, RecordType};

    const NEW: &str = "new.net";
    const OLD: &str = "old.net";
    const EMPTY: NameContent = NameContent::EMPTY;

    fn name(text: &str) -> DnsName {
        DnsName::target(text).unwrap()
    }

    fn records(target: &str) -> RecordSets {
        RecordSets::one(RecordType::Cname, RecordData::parse(RecordType::Cname, target).unwrap())
    }

    fn content(target: &str) -> NameContent {
        records(target).into()
    }

    fn entry(state: DesiredState) -> NameEntry {
        let (host, ownership) = (name("login.example.com"), name("login._pleach.example.com"));
        NameEntry { host, ownership, owner: "shop".into(), branch: "login".into(), state, proxied: None }
    }

    /// The ownership record of a branch for that target.
    fn owned(branch: &str, target: &str) -> NameContent {
        let digests = records(target).digests();
        OwnershipRecord { owner: "shop".into(), branch: branch.into(), ttl: 60, digests }.records().into()
    }

    fn present() -> DesiredState {
        DesiredState::Present(records(NEW), 60)
    }

    fn present_with_longer_ttl() -> DesiredState {
        DesiredState::Present(records(NEW), 300)
    }

    #[test]
    fn a_second_run_keeps_what_the_first_wrote() {
        let fence = NameChange::condition(name("_rev.shop._pleach.example.com"), EMPTY);
        for (state, ownership, host, permission) in [
            (present(), EMPTY, EMPTY, Permission::None),
            (present_with_longer_ttl(), owned("login", OLD), content(OLD), Permission::None),
            (present(), owned("removed", NEW), content(NEW), Permission::None),
            (present(), owned("login", OLD), EMPTY, Permission::None),
            (present(), EMPTY, content(NEW), Permission::Adopt),
            (DesiredState::Absent, owned("login", OLD), content(OLD), Permission::None),
            (DesiredState::Absent, owned("login", OLD), EMPTY, Permission::None),
        ] {
            let (entry, found) = (entry(state), PairState { host, ownership });
            let NameAction::Write(kind) = decide(&entry, &found, permission, |_| false) else { panic!("{entry:?}") };
            let AtomicChange(changes) = change(&entry, &found, kind, &fence);
            let after = |change: &NameChange| match &change.after {
                Some((records, _)) => NameContent::from(records.clone()),
                None => change.before.clone(),
            };
            let done = PairState { host: after(&changes[1]), ownership: after(&changes[2]) };
            assert_eq!(done, state_when_done(&entry), "{kind:?}");
            assert_eq!(decide(&entry, &done, Permission::None, |_| false), NameAction::Keep, "{kind:?}");
            assert_eq!(changes[0], fence, "every change is conditioned on the fence");
        }
    }

    #[test]
    fn an_undo_puts_back_what_was_changed() {
        let fence = NameChange::condition(name("_rev.shop._pleach.example.com"), EMPTY);
        let undone = |found: PairState, kind: WriteKind, state: DesiredState, now: PairState| {
            let change = change(&entry(state), &found, kind, &fence);
            let AtomicChange(changes) = undo(&change, &[EMPTY, now.host.clone(), now.ownership.clone()])?;
            assert_eq!((&changes[0], &changes[1].before, &changes[2].before), (&fence, &now.host, &now.ownership));
            Some([changes[1].after.clone(), changes[2].after.clone()])
        };
        let pair = |host, ownership| PairState { host, ownership };
        let (old, new) = (|| pair(content(OLD), owned("login", OLD)), || pair(content(NEW), owned("login", NEW)));
        let none = || Some((RecordSets::EMPTY, OWNERSHIP_TTL));
        let old_ownership = || Some((owned("login", OLD).records, OWNERSHIP_TTL));
        for (found, kind, state, now, want) in [
            (old(), WriteKind::Delete, DesiredState::Absent, old(), None),
            (old(), WriteKind::Delete, DesiredState::Absent, pair(content(OLD), EMPTY), Some([None, old_ownership()])),
            (
                old(),
                WriteKind::Delete,
                DesiredState::Absent,
                pair(EMPTY, owned("login", OLD)),
                Some([Some((records(OLD), 60)), None]),
            ),
            (old(), WriteKind::Update, present(), pair(content(OLD), new().ownership), Some([None, old_ownership()])),
            (PairState::EMPTY, WriteKind::Create, present(), PairState::EMPTY, None),
            (PairState::EMPTY, WriteKind::Create, present(), pair(EMPTY, new().ownership), Some([None, none()])),
            (
                PairState::EMPTY,
                WriteKind::Create,
                present(),
                pair(content(NEW), EMPTY),
                Some([Some((RecordSets::EMPTY, OWNERSHIP_TTL)), None]),
            ),
            // An ownership record without a host must not stay.
            (
                pair(EMPTY, new().ownership),
                WriteKind::Restore,
                present(),
                pair(EMPTY, new().ownership),
                Some([None, none()]),
            ),
            (pair(EMPTY, old().ownership), WriteKind::Unmark, DesiredState::Absent, pair(EMPTY, old().ownership), None),
        ] {
            assert_eq!(undone(found, kind, state, now), want, "{kind:?}");
        }
    }
}
