//! The decision about one name, from what a file says, the ownership record and the records in the zone.
//!
//! It is a pure function, so the plan is what is applied, and tests cover every row of its table.

use super::action::{NameAction, Permission, RefusalReason, WriteKind};
use super::entry::{DesiredState, NameEntry};
use super::zone::{NameContent, PairState, ProviderGuarantee};
use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::RecordSets;

/// What to do with `entry`. `wanted_by` says whether the files of a branch require the name or, if it must be absent, also
/// list it as absent: a name may have moved between branches in commits that were never applied.
pub(crate) fn decide(
    entry: &NameEntry,
    found: &PairState,
    (permission, guarantee): (Permission, ProviderGuarantee),
    wanted_by: impl Fn(&str) -> bool,
) -> NameAction {
    let action = by_table(entry, found, (permission, guarantee), wanted_by);
    let is_hidden = !found.host.foreign.is_empty();
    match (action, &found.host.below_delegation) {
        (NameAction::Write(WriteKind::Create | WriteKind::Restore), Some(delegation)) => below(delegation),
        (NameAction::Write(_) | NameAction::Refuse(RefusalReason::InUse), Some(delegation)) if is_hidden => {
            below(delegation)
        }
        (NameAction::Write(kind), _) if kind.changes_records() || kind == WriteKind::Unmark => {
            match &found.host.in_the_way(entry.records())[..] {
                [] => NameAction::Write(kind),
                sets => NameAction::Refuse(RefusalReason::InTheWay(sets.iter().copied().cloned().collect())),
            }
        }
        (action, _) => action,
    }
}

fn below(delegation: &DnsName) -> NameAction {
    NameAction::Refuse(RefusalReason::BelowDelegation(delegation.clone()))
}

/// The row of the table in the documentation.
fn by_table(
    entry: &NameEntry,
    found: &PairState,
    (permission, guarantee): (Permission, ProviderGuarantee),
    wanted_by: impl Fn(&str) -> bool,
) -> NameAction {
    let claim = match &found.ownership {
        NameContent { foreign, .. } if !foreign.is_empty() => ParsedRecord::Unreadable,
        content => OwnershipRecord::read(&content.records),
    };
    match &entry.state {
        DesiredState::Pending => NameAction::Refuse(RefusalReason::Pending),
        DesiredState::Unusable(reason) => NameAction::Refuse(RefusalReason::Address(reason.clone())),
        DesiredState::Absent if permission == Permission::Forget => match claim {
            ParsedRecord::Absent => NameAction::Refuse(RefusalReason::NotOwned),
            ParsedRecord::Unreadable => NameAction::Refuse(RefusalReason::Unreadable),
            ParsedRecord::Valid(ownership) if !entry.owner.has_record_of(&ownership.owner) => {
                NameAction::Refuse(RefusalReason::OtherOwner(ownership.owner))
            }
            ParsedRecord::Valid(ownership) => absent(&ownership, &found.host.records),
        },
        DesiredState::Absent => match claim {
            ParsedRecord::Valid(ownership) if !entry.owner.has_record_of(&ownership.owner) => NameAction::Keep,
            ParsedRecord::Valid(ownership) if ownership.branch != entry.branch && wanted_by(&ownership.branch) => {
                NameAction::Keep
            }
            ParsedRecord::Valid(ownership) => absent(&ownership, &found.host.records),
            ParsedRecord::Absent | ParsedRecord::Unreadable => NameAction::Keep,
        },
        DesiredState::Present(records, ttl) => match claim {
            ParsedRecord::Unreadable => NameAction::Refuse(RefusalReason::Unreadable),
            ParsedRecord::Absent => without_ownership(records, &found.host, permission),
            ParsedRecord::Valid(ownership) if !entry.owner.has_record_of(&ownership.owner) => {
                NameAction::Refuse(RefusalReason::OtherOwner(ownership.owner))
            }
            ParsedRecord::Valid(ownership) if ownership.branch != entry.branch && wanted_by(&ownership.branch) => {
                NameAction::Refuse(RefusalReason::OtherBranch(ownership.branch))
            }
            ParsedRecord::Valid(ownership) => owned(
                &ownership,
                &entry.ownership_record(records, *ttl),
                (records, entry.proxied),
                &found.host,
                (permission, guarantee),
            ),
        },
    }
}

fn absent(ownership: &OwnershipRecord, current: &RecordSets) -> NameAction {
    if current.is_empty() {
        NameAction::Write(WriteKind::Unmark)
    } else if current.digests() == ownership.digests {
        NameAction::Write(WriteKind::Delete)
    } else {
        NameAction::Refuse(RefusalReason::Drift)
    }
}

fn without_ownership(wanted: &RecordSets, host: &NameContent, permission: Permission) -> NameAction {
    if host.is_empty() {
        NameAction::Write(WriteKind::Create)
    } else if host.records == *wanted && permission == Permission::Adopt {
        NameAction::Write(WriteKind::Adopt)
    } else {
        NameAction::Refuse(RefusalReason::InUse)
    }
}

fn owned(
    ownership: &OwnershipRecord,
    wanted: &OwnershipRecord,
    (records, proxied): (&RecordSets, Option<bool>),
    host: &NameContent,
    (permission, guarantee): (Permission, ProviderGuarantee),
) -> NameAction {
    let current = &host.records;
    let is_as_desired = current == records && (proxied.is_none() || proxied == host.proxied);
    // Only an interrupted change that is not atomic leaves the new records beside an ownership record with the old ones.
    // Otherwise somebody else wrote them, perhaps for a name of their own.
    let is_written = current.digests() == ownership.digests || current == records && !guarantee.atomic;
    if current.is_empty() {
        NameAction::Write(WriteKind::Restore)
    } else if !is_written {
        match permission {
            Permission::Overwrite => NameAction::Write(WriteKind::Overwrite),
            Permission::Adopt if current == records => NameAction::Write(WriteKind::Adopt),
            _ => NameAction::Refuse(RefusalReason::Drift),
        }
    } else if is_as_desired && ownership == wanted {
        NameAction::Keep
    } else if is_as_desired && ownership.ttl == wanted.ttl {
        NameAction::Write(WriteKind::Mark)
    } else {
        NameAction::Write(WriteKind::Update)
    }
}

#[cfg(test)]
mod tests {
    use super::super::zone::ForeignSet;
    use super::*;
    use crate::name::DnsName;
    use crate::record::{RecordData, RecordType};

    fn n(text: &str) -> DnsName {
        DnsName::target(text).unwrap()
    }

    fn records(target: &str) -> RecordSets {
        RecordSets::one(RecordType::Cname, RecordData::parse(RecordType::Cname, target).unwrap())
    }

    fn entry(state: DesiredState) -> NameEntry {
        let (host, ownership) = (n("login.example.com"), n("login._pleach.example.com"));
        NameEntry { host, ownership, owner: "shop".into(), branch: "login".into(), state, proxied: None }
    }

    fn ownership(owner: &str, branch: &str, of: &RecordSets) -> NameContent {
        OwnershipRecord { owner: owner.into(), branch: branch.into(), ttl: 60, digests: of.digests() }.records().into()
    }

    /// A row of the table in the documentation: what the file says, the ownership record, the name, the permission, and the
    /// action.
    type Row = (DesiredState, NameContent, NameContent, Permission, NameAction);

    const EMPTY: NameContent = NameContent::EMPTY;

    /// The target that the file names, the previous one, and one that somebody else wrote.
    const NEW: &str = "new.net";
    const OLD: &str = "old.net";
    const MANUAL: &str = "manual.net";

    fn present() -> DesiredState {
        DesiredState::Present(records(NEW), 60)
    }

    fn present_with_longer_ttl() -> DesiredState {
        DesiredState::Present(records(NEW), 300)
    }

    fn content(target: &str) -> NameContent {
        records(target).into()
    }

    fn text(value: &str) -> NameContent {
        RecordSets::one(RecordType::Txt, RecordData::parse(RecordType::Txt, value).unwrap()).into()
    }

    fn foreign(kind: &str, special: &'static str) -> ForeignSet {
        ForeignSet { kind: kind.into(), special }
    }

    /// The content with a foreign set beside it.
    fn beside(content: NameContent, set: ForeignSet) -> NameContent {
        NameContent { foreign: [set].into(), ..content }
    }

    fn mail() -> NameContent {
        beside(EMPTY, foreign("MX", ""))
    }

    fn address(value: &str) -> RecordSets {
        RecordSets::one(RecordType::A, RecordData::parse(RecordType::A, value).unwrap())
    }

    fn present_address() -> DesiredState {
        DesiredState::Present(address("192.0.2.1"), 60)
    }

    fn in_the_way(kind: &str, special: &'static str) -> NameAction {
        NameAction::Refuse(RefusalReason::InTheWay(vec![foreign(kind, special)]))
    }

    /// The ownership record of the branch `login` for that target; `rival` still uses the name, `removed` does not.
    fn own(target: &str) -> NameContent {
        ownership("shop", "login", &records(target))
    }

    fn of_branch(branch: &str, target: &str) -> NameContent {
        ownership("shop", branch, &records(target))
    }

    fn of_other_project(target: &str) -> NameContent {
        ownership("blog", "login", &records(target))
    }

    #[track_caller]
    fn check(rows: impl IntoIterator<Item = Row>) {
        for (number, (state, ownership, host, permission, want)) in rows.into_iter().enumerate() {
            let found = PairState { host, ownership };
            let rules = (permission, ProviderGuarantee::FULL);
            let action = decide(&entry(state), &found, rules, |branch| branch == "rival");
            assert_eq!(action, want, "row {number}");
        }
    }

    /// The desired records beside an ownership record with others: somebody else wrote them, unless a change of the provider can
    /// be interrupted between the two.
    #[test]
    fn desired_records_that_the_ownership_record_does_not_have() {
        use Permission::{Adopt, None, Overwrite};
        let interruptible = ProviderGuarantee { compare_and_set: false, atomic: false };
        let drift = || NameAction::Refuse(RefusalReason::Drift);
        let write = NameAction::Write;
        for (state, permission, guarantee, want) in [
            (present(), None, ProviderGuarantee::FULL, drift()),
            (present(), Adopt, ProviderGuarantee::FULL, write(WriteKind::Adopt)),
            (present(), Overwrite, ProviderGuarantee::FULL, write(WriteKind::Overwrite)),
            (present_with_longer_ttl(), None, ProviderGuarantee::FULL, drift()),
            (present(), None, interruptible, write(WriteKind::Mark)),
            (present_with_longer_ttl(), None, interruptible, write(WriteKind::Update)),
        ] {
            let found = PairState { host: content(NEW), ownership: own(OLD) };
            assert_eq!(decide(&entry(state), &found, (permission, guarantee), |_| false), want, "{permission:?}");
        }
    }

    #[test]
    fn a_present_name_of_the_branch() {
        use NameAction::{Keep, Refuse, Write};
        use Permission::{Adopt, None, Overwrite};
        check([
            (present(), EMPTY, EMPTY, None, Write(WriteKind::Create)),
            (present(), EMPTY, EMPTY, Adopt, Write(WriteKind::Create)),
            (present(), own(NEW), content(NEW), None, Keep),
            (present(), own(OLD), content(OLD), None, Write(WriteKind::Update)),
            (present_with_longer_ttl(), own(NEW), content(NEW), None, Write(WriteKind::Update)),
            (present(), own(NEW), EMPTY, None, Write(WriteKind::Restore)),
            (present(), own(OLD), EMPTY, None, Write(WriteKind::Restore)),
            (present(), own(NEW), content(MANUAL), None, Refuse(RefusalReason::Drift)),
            (present(), own(OLD), content(MANUAL), Adopt, Refuse(RefusalReason::Drift)),
            (present(), own(OLD), content(MANUAL), Overwrite, Write(WriteKind::Overwrite)),
        ]);
    }

    #[test]
    fn a_present_name_of_somebody_else() {
        use NameAction::{Refuse, Write};
        use Permission::{Adopt, None, Overwrite};
        let other_owner = || Refuse(RefusalReason::OtherOwner("blog".into()));
        let other_branch = || Refuse(RefusalReason::OtherBranch("rival".into()));
        check([
            (present(), EMPTY, content(MANUAL), None, Refuse(RefusalReason::InUse)),
            (present(), EMPTY, content(MANUAL), Adopt, Refuse(RefusalReason::InUse)),
            (present(), EMPTY, content(MANUAL), Overwrite, Refuse(RefusalReason::InUse)),
            (present(), EMPTY, mail(), Adopt, Refuse(RefusalReason::InUse)),
            (present(), EMPTY, content(NEW), None, Refuse(RefusalReason::InUse)),
            (present(), EMPTY, content(NEW), Overwrite, Refuse(RefusalReason::InUse)),
            (present(), EMPTY, content(NEW), Adopt, Write(WriteKind::Adopt)),
            (present(), of_other_project(NEW), content(NEW), Overwrite, other_owner()),
            (present(), of_other_project(NEW), EMPTY, Adopt, other_owner()),
            (present(), of_branch("rival", NEW), content(NEW), None, other_branch()),
            (present(), of_branch("removed", NEW), content(NEW), None, Write(WriteKind::Mark)),
            (present(), of_branch("removed", OLD), content(OLD), None, Write(WriteKind::Update)),
            (present(), of_branch("removed", OLD), content(MANUAL), None, Refuse(RefusalReason::Drift)),
            (present(), text("pleach/2 x"), content(NEW), Adopt, Refuse(RefusalReason::Unreadable)),
            (present(), text("hello"), EMPTY, None, Refuse(RefusalReason::Unreadable)),
            (present(), mail(), EMPTY, None, Refuse(RefusalReason::Unreadable)),
        ]);
    }

    #[test]
    fn a_name_with_records_of_others_beside_its_own() {
        use DesiredState::Absent;
        use NameAction::{Keep, Refuse, Write};
        use Permission::{Adopt, None, Overwrite};
        let mx = || foreign("MX", "");
        let of = |records: &RecordSets| ownership("shop", "login", records);
        let (old, new) = (address("192.0.2.9"), address("192.0.2.1"));
        check([
            // Nothing is possible beside a CNAME, with any permission.
            (present(), of(&old), beside(old.clone().into(), mx()), None, in_the_way("MX", "")),
            (present(), own(OLD), beside(old.clone().into(), mx()), Overwrite, in_the_way("MX", "")),
            (present(), own(NEW), mail(), None, in_the_way("MX", "")),
            (present(), own(NEW), mail(), Overwrite, in_the_way("MX", "")),
            (present(), EMPTY, beside(content(NEW), foreign("TXT", "disabled")), Adopt, in_the_way("TXT", "disabled")),
            (
                present_address(),
                EMPTY,
                beside(new.clone().into(), foreign("TXT", "disabled")),
                Adopt,
                Write(WriteKind::Adopt),
            ),
            (present(), own(NEW), beside(content(NEW), foreign("TXT", "disabled")), None, Keep),
            // Addresses are possible beside most types.
            (present_address(), of(&old), beside(old.clone().into(), mx()), None, Write(WriteKind::Update)),
            (present_address(), of(&new), mail(), None, Write(WriteKind::Restore)),
            (present_address(), EMPTY, mail(), None, Refuse(RefusalReason::InUse)),
            (present_address(), of(&old), beside(old.clone().into(), foreign("NS", "")), None, in_the_way("NS", "")),
            // A set of the same type would be replaced.
            (
                present_address(),
                of(&old),
                beside(old.clone().into(), foreign("A", "disabled")),
                None,
                in_the_way("A", "disabled"),
            ),
            (
                present_address(),
                of(&old),
                beside(old.clone().into(), foreign("AAAA", "disabled")),
                None,
                Write(WriteKind::Update),
            ),
            (Absent, of(&old), beside(old.clone().into(), mx()), None, Write(WriteKind::Delete)),
            (Absent, of(&old), beside(old.clone().into(), foreign("NS", "")), None, in_the_way("NS", "")),
            (Absent, of(&old), beside(EMPTY, foreign("NS", "")), None, in_the_way("NS", "")),
            (Absent, of(&old), beside(old.into(), foreign("A", "disabled")), None, in_the_way("A", "disabled")),
        ]);
    }

    #[test]
    fn a_name_below_a_delegation() {
        use DesiredState::Absent;
        use NameAction::{Keep, Refuse, Write};
        use Permission::{Adopt, None, Overwrite};
        let below = || NameContent { below_delegation: Some(n("example.com")), ..EMPTY };
        let refused = || Refuse(RefusalReason::BelowDelegation(n("example.com")));
        // Records that the server does not show.
        let hidden = || NameContent { foreign: [foreign("unknown", "")].into(), ..below() };
        check([
            (present(), own(OLD), hidden(), None, refused()),
            (present(), EMPTY, hidden(), None, refused()),
            (Absent, own(OLD), hidden(), None, refused()),
            (Absent, EMPTY, hidden(), None, Keep),
            (present(), EMPTY, below(), None, refused()),
            (present(), EMPTY, below(), Adopt, refused()),
            (present(), own(OLD), below(), Overwrite, refused()),
            (Absent, own(OLD), below(), None, Write(WriteKind::Unmark)),
            (Absent, EMPTY, below(), None, Keep),
        ]);
    }

    #[test]
    fn a_name_to_forget() {
        use DesiredState::Absent;
        use NameAction::{Refuse, Write};
        use Permission::Forget;
        check([
            (Absent, own(OLD), content(OLD), Forget, Write(WriteKind::Delete)),
            (Absent, of_branch("rival", OLD), content(OLD), Forget, Write(WriteKind::Delete)),
            (Absent, own(OLD), EMPTY, Forget, Write(WriteKind::Unmark)),
            (Absent, own(OLD), content(MANUAL), Forget, Refuse(RefusalReason::Drift)),
            (Absent, EMPTY, content(OLD), Forget, Refuse(RefusalReason::NotOwned)),
            (Absent, EMPTY, EMPTY, Forget, Refuse(RefusalReason::NotOwned)),
            (Absent, of_other_project(OLD), content(OLD), Forget, Refuse(RefusalReason::OtherOwner("blog".into()))),
            (Absent, text("hello"), content(OLD), Forget, Refuse(RefusalReason::Unreadable)),
            (Absent, own(OLD), beside(EMPTY, foreign("NS", "")), Forget, in_the_way("NS", "")),
        ]);
    }

    #[test]
    fn an_absent_or_pending_name() {
        use DesiredState::{Absent, Pending};
        use NameAction::{Keep, Refuse, Write};
        use Permission::{None, Overwrite};
        check([
            (Absent, own(OLD), content(OLD), None, Write(WriteKind::Delete)),
            (Absent, own(OLD), EMPTY, None, Write(WriteKind::Unmark)),
            (Absent, own(OLD), mail(), None, Write(WriteKind::Unmark)),
            (Absent, own(OLD), content(MANUAL), None, Refuse(RefusalReason::Drift)),
            (Absent, own(OLD), content(MANUAL), Overwrite, Refuse(RefusalReason::Drift)),
            (Absent, EMPTY, content(OLD), Overwrite, Keep),
            (Absent, EMPTY, EMPTY, None, Keep),
            (Absent, of_other_project(OLD), content(OLD), None, Keep),
            (Absent, of_branch("rival", OLD), content(OLD), None, Keep),
            (Absent, of_branch("removed", OLD), content(OLD), None, Write(WriteKind::Delete)),
            (Absent, of_branch("removed", OLD), content(MANUAL), None, Refuse(RefusalReason::Drift)),
            (Absent, text("hello"), content(OLD), None, Keep),
            (Pending, EMPTY, EMPTY, None, Refuse(RefusalReason::Pending)),
            (Pending, own(OLD), content(OLD), None, Refuse(RefusalReason::Pending)),
            (Pending, of_other_project(OLD), content(MANUAL), None, Refuse(RefusalReason::Pending)),
        ]);
    }
}
