//! The decision about one name, from what a file says, the ownership record and the records in the zone.
//!
//! It is a pure function, so the plan is what is applied, and tests cover every row of its table.

use super::entry::{DesiredState, NameEntry};
use super::zone::{NameContent, PairState};
use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::record::RecordSets;
use smol_str::SmolStr;

/// What the user permits for one name beyond the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Nothing.
    #[default]
    None,
    /// Take over a name that has exactly the desired records and no ownership record (`--adopt`).
    Adopt,
    /// Overwrite a name of this project that somebody else has changed (`--overwrite`).
    Overwrite,
}

/// What to do with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameAction {
    /// Nothing: it is as the file says, or must be absent and does not belong to this branch.
    Keep,
    /// Write it.
    Write(WriteKind),
    /// Do not change it, and report why.
    Refuse(RefusalReason),
}

/// The ways to write a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WriteKind {
    /// Add records and an ownership record to an empty name.
    Create,
    /// Change the records, TTL or ownership record of an owned name.
    Update,
    /// Renew the ownership record; the records are as desired.
    Mark,
    /// Add an ownership record to records that somebody else wrote.
    Adopt,
    /// Add the missing records to an ownership record.
    Restore,
    /// Replace what somebody else wrote at an owned name.
    Overwrite,
    /// Remove records and ownership record.
    Delete,
    /// Remove an ownership record without records.
    Unmark,
}

impl WriteKind {
    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            WriteKind::Create => "create",
            WriteKind::Update => "update",
            WriteKind::Mark => "mark",
            WriteKind::Adopt => "adopt",
            WriteKind::Restore => "restore",
            WriteKind::Overwrite => "overwrite",
            WriteKind::Delete => "delete",
            WriteKind::Unmark => "unmark",
        }
    }
}

/// Why a name is not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// The branch owns it, and its records are not those in the ownership record.
    Drift,
    /// It has records and no ownership record.
    InUse,
    /// It belongs to another project.
    OtherOwner(SmolStr),
    /// It belongs to another branch that still uses it.
    OtherBranch(SmolStr),
    /// This version does not understand the ownership record.
    Unreadable,
    /// Its address is not known yet.
    Pending,
    /// Its address cannot be used, for this reason.
    Address(String),
}

/// What to do with `entry`. `wanted_by` says whether the files of a branch require the name or, if it must be absent, also
/// list it as absent: a name may have moved between branches in commits that were never applied.
pub(crate) fn decide(
    entry: &NameEntry,
    found: &PairState,
    permission: Permission,
    wanted_by: impl Fn(&str) -> bool,
) -> NameAction {
    let claim = match &found.ownership {
        NameContent::OtherTypes => ParsedRecord::Unreadable,
        content => OwnershipRecord::read(content.records()),
    };
    match &entry.state {
        DesiredState::Pending => NameAction::Refuse(RefusalReason::Pending),
        DesiredState::Unusable(reason) => NameAction::Refuse(RefusalReason::Address(reason.clone())),
        DesiredState::Absent => match claim {
            ParsedRecord::Valid(ownership) if ownership.owner != entry.owner => NameAction::Keep,
            ParsedRecord::Valid(ownership) if ownership.branch != entry.branch && wanted_by(&ownership.branch) => {
                NameAction::Keep
            }
            ParsedRecord::Valid(ownership) => absent(&ownership, &found.host),
            ParsedRecord::Absent | ParsedRecord::Unreadable => NameAction::Keep,
        },
        DesiredState::Present(records, ttl) => match claim {
            ParsedRecord::Unreadable => NameAction::Refuse(RefusalReason::Unreadable),
            ParsedRecord::Absent => without_ownership(records, &found.host, permission),
            ParsedRecord::Valid(ownership) if ownership.owner != entry.owner => {
                NameAction::Refuse(RefusalReason::OtherOwner(ownership.owner))
            }
            ParsedRecord::Valid(ownership) if ownership.branch != entry.branch && wanted_by(&ownership.branch) => {
                NameAction::Refuse(RefusalReason::OtherBranch(ownership.branch))
            }
            ParsedRecord::Valid(ownership) => {
                owned(&ownership, &entry.ownership_record(records, *ttl), records, &found.host, permission)
            }
        },
    }
}

fn absent(ownership: &OwnershipRecord, host: &NameContent) -> NameAction {
    match host {
        NameContent::Empty | NameContent::OtherTypes => NameAction::Write(WriteKind::Unmark),
        NameContent::Records(records) if records.digests() == ownership.digests => NameAction::Write(WriteKind::Delete),
        NameContent::Records(_) => NameAction::Refuse(RefusalReason::Drift),
    }
}

fn without_ownership(wanted: &RecordSets, host: &NameContent, permission: Permission) -> NameAction {
    match host {
        NameContent::Empty => NameAction::Write(WriteKind::Create),
        NameContent::Records(records) if records == wanted && permission == Permission::Adopt => {
            NameAction::Write(WriteKind::Adopt)
        }
        NameContent::Records(_) | NameContent::OtherTypes => NameAction::Refuse(RefusalReason::InUse),
    }
}

fn owned(
    ownership: &OwnershipRecord,
    wanted: &OwnershipRecord,
    records: &RecordSets,
    host: &NameContent,
    permission: Permission,
) -> NameAction {
    match host {
        NameContent::Empty => NameAction::Write(WriteKind::Restore),
        NameContent::Records(current) if current == records && ownership == wanted => NameAction::Keep,
        NameContent::Records(current) if current == records && ownership.ttl == wanted.ttl => {
            NameAction::Write(WriteKind::Mark)
        }
        NameContent::Records(current) if current == records || current.digests() == ownership.digests => {
            NameAction::Write(WriteKind::Update)
        }
        NameContent::Records(_) if permission == Permission::Overwrite => NameAction::Write(WriteKind::Overwrite),
        NameContent::Records(_) | NameContent::OtherTypes => NameAction::Refuse(RefusalReason::Drift),
    }
}

#[cfg(test)]
mod tests {
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
        NameEntry { host, ownership, owner: "shop".into(), branch: "login".into(), state }
    }

    fn ownership(owner: &str, branch: &str, of: &RecordSets) -> NameContent {
        OwnershipRecord { owner: owner.into(), branch: branch.into(), ttl: 60, digests: of.digests() }.records().into()
    }

    /// A row of the table in the documentation: what the file says, the ownership record, the name, the permission, and the
    /// action.
    type Row = (DesiredState, NameContent, NameContent, Permission, NameAction);

    const EMPTY: NameContent = NameContent::Empty;
    const OTHER_TYPES: NameContent = NameContent::OtherTypes;

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
        NameContent::Records(records(target))
    }

    fn text(value: &str) -> NameContent {
        NameContent::Records(RecordSets::one(RecordType::Txt, RecordData::parse(RecordType::Txt, value).unwrap()))
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
            let action = decide(&entry(state), &found, permission, |branch| branch == "rival");
            assert_eq!(action, want, "row {number}");
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
            (present_with_longer_ttl(), own(OLD), content(NEW), None, Write(WriteKind::Update)),
            (present(), own(OLD), content(NEW), None, Write(WriteKind::Mark)),
            (present(), own(NEW), EMPTY, None, Write(WriteKind::Restore)),
            (present(), own(OLD), EMPTY, None, Write(WriteKind::Restore)),
            (present(), own(NEW), content(MANUAL), None, Refuse(RefusalReason::Drift)),
            (present(), own(OLD), content(MANUAL), Adopt, Refuse(RefusalReason::Drift)),
            (present(), own(OLD), content(MANUAL), Overwrite, Write(WriteKind::Overwrite)),
            (present(), own(NEW), OTHER_TYPES, Overwrite, Refuse(RefusalReason::Drift)),
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
            (present(), EMPTY, OTHER_TYPES, Adopt, Refuse(RefusalReason::InUse)),
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
            (present(), OTHER_TYPES, EMPTY, None, Refuse(RefusalReason::Unreadable)),
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
            (Absent, own(OLD), OTHER_TYPES, None, Write(WriteKind::Unmark)),
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
