//! The decision at one name: what a file says, what the marker says and what stands there, to what is done.
//!
//! One function of values and the whole table, so that the plan is what is applied and every row can be tested. Nothing
//! here reads or writes.

use super::zone::{Change, Edit, Held, Standing};
use crate::dns::ownership::{OwnershipRecord, ParsedRecord};
use crate::name::DnsName;
use crate::record::RecordSets;
use smol_str::SmolStr;

/// What a file says of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It holds these records with this lifetime.
    Present(RecordSets, u32),
    /// It holds something that is not known yet: an address that the cluster has not given out.
    Pending,
    /// It is gone.
    Absent,
}

/// A name in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub host: DnsName,
    /// The place of its marker.
    pub marker: DnsName,
    /// The project.
    pub owner: SmolStr,
    /// The slug of the branch.
    pub branch: SmolStr,
    /// What the file says.
    pub wish: Wish,
}

/// What an operator has allowed for one name beyond the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permit {
    /// Nothing.
    #[default]
    None,
    /// Taking over a name that already holds exactly what the file says and has no marker (`--adopt`).
    Adopt,
    /// Writing over what somebody else made of a name of ours (`--overwrite`).
    Overwrite,
}

/// What is done at a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: it is as the file says, or not ours and not wanted.
    Keep,
    /// It is written.
    Write(Write),
    /// It is left alone and reported.
    Leave(Reason),
}

/// The ways of writing a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Write {
    /// Records and marker where nothing stood.
    Create,
    /// Other records, lifetime or marker where ours stood.
    Update,
    /// A new marker beside records that are as wanted.
    Mark,
    /// A marker beside records that somebody else wrote.
    Adopt,
    /// Records beside a marker that lost them.
    Restore,
    /// Records in place of what somebody else made of ours.
    Overwrite,
    /// Records and marker go.
    Delete,
    /// A marker that lost its records goes.
    Unmark,
}

impl Write {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Write::Create => "create",
            Write::Update => "update",
            Write::Mark => "mark",
            Write::Adopt => "adopt",
            Write::Restore => "restore",
            Write::Overwrite => "overwrite",
            Write::Delete => "delete",
            Write::Unmark => "unmark",
        }
    }
}

/// Why a name is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is ours and does not hold what we wrote.
    Drift,
    /// It is in use and has no marker.
    InUse,
    /// It belongs to another project.
    Owner(SmolStr),
    /// It belongs to another branch that still wants it.
    Branch(SmolStr),
    /// Something stands at the place of the marker that this version does not understand.
    Unreadable,
    /// Its address is not known yet.
    Pending,
}

/// What is done at `entry`. `wanted_by` says whether the files of a branch want the name or, for one that must be gone,
/// list it themselves: a name may have moved from branch to branch in commits that were never applied.
pub fn decide(entry: &Entry, found: &Standing, permit: Permit, wanted_by: impl Fn(&str) -> bool) -> Action {
    let claim = match &found.marker {
        Held::Others => ParsedRecord::Unreadable,
        held => OwnershipRecord::read(held.records()),
    };
    match &entry.wish {
        Wish::Pending => Action::Leave(Reason::Pending),
        Wish::Absent => match claim {
            ParsedRecord::Valid(marker) if marker.owner != entry.owner => Action::Keep,
            ParsedRecord::Valid(marker) if marker.branch != entry.branch && wanted_by(&marker.branch) => Action::Keep,
            ParsedRecord::Valid(marker) => absent(&marker, &found.host),
            ParsedRecord::Absent | ParsedRecord::Unreadable => Action::Keep,
        },
        Wish::Present(records, ttl) => match claim {
            ParsedRecord::Unreadable => Action::Leave(Reason::Unreadable),
            ParsedRecord::Absent => unmarked(records, &found.host, permit),
            ParsedRecord::Valid(marker) if marker.owner != entry.owner => Action::Leave(Reason::Owner(marker.owner)),
            ParsedRecord::Valid(marker) if marker.branch != entry.branch && wanted_by(&marker.branch) => {
                Action::Leave(Reason::Branch(marker.branch))
            }
            ParsedRecord::Valid(marker) => {
                ours(&marker, &wanted_marker(entry, records, *ttl), records, &found.host, permit)
            }
        },
    }
}

fn absent(marker: &OwnershipRecord, host: &Held) -> Action {
    match host {
        Held::Nothing | Held::Others => Action::Write(Write::Unmark),
        Held::Records(records) if records.digests() == marker.digests => Action::Write(Write::Delete),
        Held::Records(_) => Action::Leave(Reason::Drift),
    }
}

fn unmarked(wanted: &RecordSets, host: &Held, permit: Permit) -> Action {
    match host {
        Held::Nothing => Action::Write(Write::Create),
        Held::Records(records) if records == wanted && permit == Permit::Adopt => Action::Write(Write::Adopt),
        Held::Records(_) | Held::Others => Action::Leave(Reason::InUse),
    }
}

fn ours(
    marker: &OwnershipRecord,
    wanted: &OwnershipRecord,
    records: &RecordSets,
    host: &Held,
    permit: Permit,
) -> Action {
    match host {
        Held::Nothing => Action::Write(Write::Restore),
        Held::Records(held) if held == records && marker == wanted => Action::Keep,
        Held::Records(held) if held == records && marker.ttl == wanted.ttl => Action::Write(Write::Mark),
        Held::Records(held) if held == records || held.digests() == marker.digests => Action::Write(Write::Update),
        Held::Records(_) if permit == Permit::Overwrite => Action::Write(Write::Overwrite),
        Held::Records(_) | Held::Others => Action::Leave(Reason::Drift),
    }
}

fn wanted_marker(entry: &Entry, records: &RecordSets, ttl: u32) -> OwnershipRecord {
    OwnershipRecord { owner: entry.owner.clone(), branch: entry.branch.clone(), ttl, digests: records.digests() }
}

/// What stands at `entry` when nothing is left to do.
pub fn settled(entry: &Entry) -> Standing {
    match &entry.wish {
        Wish::Present(records, ttl) => {
            Standing { host: records.clone().into(), marker: wanted_marker(entry, records, *ttl).records().into() }
        }
        Wish::Absent | Wish::Pending => Standing::FREE,
    }
}

/// How long a marker and a fence may be cached, in seconds: nobody asks for them but pleach, at the source.
const MARKER_TTL: u32 = 60;

/// The change that does `write` at `entry`, if what was found still stands and the fence does.
pub fn change(entry: &Entry, found: &Standing, write: Write, fence: &Edit) -> Change {
    let end = settled(entry);
    let ttl = match entry.wish {
        Wish::Present(_, ttl) => ttl,
        Wish::Absent | Wish::Pending => 0,
    };
    let host = match write {
        Write::Mark | Write::Adopt | Write::Unmark => None,
        _ => Some((end.host.records().clone(), ttl)),
    };
    let marker = Some((end.marker.records().clone(), MARKER_TTL));
    Change(vec![
        fence.clone(),
        Edit { name: entry.host.clone(), before: found.host.clone(), after: host },
        Edit { name: entry.marker.clone(), before: found.marker.clone(), after: marker },
    ])
}

/// The change that puts `records` at the place of the fence, if what was found there still stands.
pub fn raise(place: &DnsName, found: &Held, records: &RecordSets) -> Change {
    let after = Some((records.clone(), MARKER_TTL));
    Change(vec![Edit { name: place.clone(), before: found.clone(), after }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RecordData, RecordType};

    fn n(text: &str) -> DnsName {
        DnsName::target(text).unwrap()
    }

    fn records(target: &str) -> RecordSets {
        RecordSets::one(RecordType::Cname, RecordData::parse(RecordType::Cname, target).unwrap())
    }

    fn entry(wish: Wish) -> Entry {
        let (host, marker) = (n("login.example.com"), n("login._pleach.example.com"));
        Entry { host, marker, owner: "shop".into(), branch: "login".into(), wish }
    }

    fn marked(owner: &str, branch: &str, of: &RecordSets) -> Held {
        OwnershipRecord { owner: owner.into(), branch: branch.into(), ttl: 60, digests: of.digests() }.records().into()
    }

    /// The table of the documentation: what the file says, the marker, the zone, what is permitted, what is done.
    #[test]
    fn every_row() {
        use Action::{Keep, Leave};
        use Permit::{Adopt, None, Overwrite};
        let (new, old, hand) = (records("new.net"), records("old.net"), records("hand.net"));
        let present = || Wish::Present(new.clone(), 60);
        let longer = || Wish::Present(new.clone(), 300);
        let mine = |of: &RecordSets| marked("shop", "login", of);
        let held = |of: &RecordSets| Held::Records(of.clone());
        let free = || Held::Nothing;
        let text = |value: &str| {
            Held::Records(RecordSets::one(RecordType::Txt, RecordData::parse(RecordType::Txt, value).unwrap()))
        };
        let done = Action::Write;
        for (line, wish, marker, zone, permit, want) in [
            (line!(), present(), free(), free(), None, done(Write::Create)),
            (line!(), present(), free(), free(), Adopt, done(Write::Create)),
            (line!(), present(), mine(&new), held(&new), None, Keep),
            (line!(), present(), mine(&old), held(&old), None, done(Write::Update)),
            (line!(), longer(), mine(&new), held(&new), None, done(Write::Update)),
            (line!(), longer(), mine(&old), held(&new), None, done(Write::Update)),
            (line!(), present(), mine(&old), held(&new), None, done(Write::Mark)),
            (line!(), present(), mine(&new), free(), None, done(Write::Restore)),
            (line!(), present(), mine(&old), free(), None, done(Write::Restore)),
            (line!(), present(), mine(&new), held(&hand), None, Leave(Reason::Drift)),
            (line!(), present(), mine(&old), held(&hand), Adopt, Leave(Reason::Drift)),
            (line!(), present(), mine(&old), held(&hand), Overwrite, done(Write::Overwrite)),
            (line!(), present(), mine(&new), Held::Others, Overwrite, Leave(Reason::Drift)),
            (line!(), present(), free(), held(&hand), None, Leave(Reason::InUse)),
            (line!(), present(), free(), held(&hand), Adopt, Leave(Reason::InUse)),
            (line!(), present(), free(), held(&hand), Overwrite, Leave(Reason::InUse)),
            (line!(), present(), free(), Held::Others, Adopt, Leave(Reason::InUse)),
            (line!(), present(), free(), held(&new), None, Leave(Reason::InUse)),
            (line!(), present(), free(), held(&new), Overwrite, Leave(Reason::InUse)),
            (line!(), present(), free(), held(&new), Adopt, done(Write::Adopt)),
            (
                line!(),
                present(),
                marked("blog", "login", &new),
                held(&new),
                Overwrite,
                Leave(Reason::Owner("blog".into())),
            ),
            (line!(), present(), marked("blog", "login", &new), free(), Adopt, Leave(Reason::Owner("blog".into()))),
            (
                line!(),
                present(),
                marked("shop", "rival", &new),
                held(&new),
                None,
                Leave(Reason::Branch("rival".into())),
            ),
            (line!(), present(), marked("shop", "gone", &new), held(&new), None, done(Write::Mark)),
            (line!(), present(), marked("shop", "gone", &old), held(&old), None, done(Write::Update)),
            (line!(), present(), marked("shop", "gone", &old), held(&hand), None, Leave(Reason::Drift)),
            (line!(), present(), text("pleach/2 x"), held(&new), Adopt, Leave(Reason::Unreadable)),
            (line!(), present(), text("hello"), free(), None, Leave(Reason::Unreadable)),
            (line!(), present(), Held::Others, free(), None, Leave(Reason::Unreadable)),
            (line!(), Wish::Absent, mine(&old), held(&old), None, done(Write::Delete)),
            (line!(), Wish::Absent, mine(&old), free(), None, done(Write::Unmark)),
            (line!(), Wish::Absent, mine(&old), Held::Others, None, done(Write::Unmark)),
            (line!(), Wish::Absent, mine(&old), held(&hand), None, Leave(Reason::Drift)),
            (line!(), Wish::Absent, mine(&old), held(&hand), Overwrite, Leave(Reason::Drift)),
            (line!(), Wish::Absent, free(), held(&old), Overwrite, Keep),
            (line!(), Wish::Absent, free(), free(), None, Keep),
            (line!(), Wish::Absent, marked("blog", "login", &old), held(&old), None, Keep),
            (line!(), Wish::Absent, marked("shop", "rival", &old), held(&old), None, Keep),
            (line!(), Wish::Absent, marked("shop", "gone", &old), held(&old), None, done(Write::Delete)),
            (line!(), Wish::Absent, marked("shop", "gone", &old), held(&hand), None, Leave(Reason::Drift)),
            (line!(), Wish::Absent, text("hello"), held(&old), None, Keep),
            (line!(), Wish::Pending, free(), free(), None, Leave(Reason::Pending)),
            (line!(), Wish::Pending, mine(&old), held(&old), None, Leave(Reason::Pending)),
            (line!(), Wish::Pending, marked("blog", "login", &old), held(&hand), None, Leave(Reason::Pending)),
        ] {
            let found = Standing { host: zone, marker };
            let got = decide(&entry(wish), &found, permit, |branch| branch == "rival");
            assert_eq!(got, want, "line {line}");
        }
    }

    #[test]
    fn what_was_done_needs_no_more_doing() {
        let (new, old) = (records("new.net"), records("old.net"));
        let fence = Edit { name: n("_rev.shop._pleach.example.com"), before: Held::Nothing, after: None };
        let found = [
            (Wish::Present(new.clone(), 60), Held::Nothing, Held::Nothing, Permit::None),
            (Wish::Present(new.clone(), 300), marked("shop", "login", &old), Held::Records(old.clone()), Permit::None),
            (Wish::Present(new.clone(), 60), marked("shop", "gone", &new), Held::Records(new.clone()), Permit::None),
            (Wish::Present(new.clone(), 60), marked("shop", "login", &old), Held::Nothing, Permit::None),
            (Wish::Present(new.clone(), 60), Held::Nothing, Held::Records(new.clone()), Permit::Adopt),
            (Wish::Absent, marked("shop", "login", &old), Held::Records(old.clone()), Permit::None),
            (Wish::Absent, marked("shop", "login", &old), Held::Nothing, Permit::None),
        ];
        for (wish, marker, host, permit) in found {
            let (entry, found) = (entry(wish), Standing { host, marker });
            let Action::Write(write) = decide(&entry, &found, permit, |_| false) else { panic!("{entry:?}") };
            let Change(edits) = change(&entry, &found, write, &fence);
            let after = |edit: &Edit| match &edit.after {
                Some((records, _)) => Held::from(records.clone()),
                None => edit.before.clone(),
            };
            let end = Standing { host: after(&edits[1]), marker: after(&edits[2]) };
            assert_eq!(end, settled(&entry), "{write:?}");
            assert_eq!(decide(&entry, &end, Permit::None, |_| false), Action::Keep, "{write:?}");
            assert_eq!(edits[0], fence, "every change holds the fence");
        }
    }
}
