//! The change that does what was decided about a name, and the state after it.

use super::action::WriteKind;
use super::entry::{DesiredState, NameEntry};
use super::fence::{FenceContent, FenceNames};
use super::zone::{AtomicChange, NameChange, NameContent, PairState};
use crate::dns::ownership::{Fence, Owner};
use crate::name::DnsName;

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
pub(super) const OWNERSHIP_TTL: u32 = 60;

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

#[cfg(test)]
mod tests {
    use super::super::action::{NameAction, Permission};
    use super::super::decide::decide;
    use super::super::zone::ProviderGuarantee;
    use super::*;
    use crate::dns::ownership::OwnershipRecord;
    use crate::record::{RecordData, RecordSets, RecordType};

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
            let rules = (permission, ProviderGuarantee::FULL);
            let NameAction::Write(kind) = decide(&entry, &found, rules, |_| false) else { panic!("{entry:?}") };
            let AtomicChange(changes) = change(&entry, &found, kind, &fence);
            let after = |change: &NameChange| match &change.after {
                Some((records, _)) => NameContent::from(records.clone()),
                None => change.before.clone(),
            };
            let done = PairState { host: after(&changes[1]), ownership: after(&changes[2]) };
            assert_eq!(done, state_when_done(&entry), "{kind:?}");
            let rules = (Permission::None, ProviderGuarantee::FULL);
            assert_eq!(decide(&entry, &done, rules, |_| false), NameAction::Keep, "{kind:?}");
            assert_eq!(changes[0], fence, "every change is conditioned on the fence");
        }
    }
}
