//! What `apply` promises, told as stories that hold in every zone, in memory and on real servers, and that fail for
//! every mutant of the zone that forgets one of its parts.

use crate::apply::decide::{DesiredState, NameEntry, RefusalReason, WriteKind};
use crate::apply::reconcile::{DesiredZone, NameOutcome, Permissions, Reconciler, ZoneOutcome};
use crate::apply::retry::RetryPolicy;
use crate::apply::zone::DnsZone;
use crate::dns::ownership::{self, Fence, OwnershipRecord};
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use crate::tests::apply::faults::{Fault, FaultyZone, InterruptedZone, Mutation};
use crate::tests::apply::memory::MemoryZone;
use std::collections::BTreeMap;
use std::time::Duration;

/// Records and lifetimes by name.
pub(crate) type ZoneContent = BTreeMap<DnsName, (RecordSets, u32)>;

/// A zone `dev.example.com` that a story plays in.
pub(crate) trait TestZone: Sync {
    /// The zone as `apply` sees it.
    fn open(&self) -> Box<dyn DnsZone + Send>;
    /// The same with mishaps at some of its messages.
    fn open_with_faults(&self, faults: Vec<(usize, Fault)>) -> Box<dyn DnsZone + Send> {
        Box::new(FaultyZone::new(self.open(), faults))
    }
    /// Puts records at names whatever stood there, as a person would; no records take them away.
    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32);
    /// Puts a record of a type at a name that pleach does not know.
    fn put_other(&self, name: &DnsName);
    /// All that stands there of the types that pleach knows.
    fn content(&self) -> ZoneContent;
    /// A number that every change of the zone makes greater.
    fn writes(&self) -> usize;
    /// Whether records of a type can be held.
    fn takes(&self, _kind: RecordType) -> bool {
        true
    }
}

pub(crate) fn n(front: &str) -> DnsName {
    DnsName::target(&format!("{front}.dev.example.com")).unwrap()
}

pub(crate) fn zone() -> DnsName {
    DnsName::target("dev.example.com").unwrap()
}

/// Where the marker of a name stands.
pub(crate) fn ownership_name(front: &str) -> DnsName {
    ownership::record_name(&n(front), &zone()).unwrap()
}

pub(crate) fn set(kind: RecordType, values: &[&str]) -> RecordSets {
    let mut records = RecordSets::default();
    for value in values {
        assert!(records.insert(kind, RecordData::parse(kind, value).unwrap()));
    }
    records
}

pub(crate) fn cname(target: &str) -> RecordSets {
    set(RecordType::Cname, &[target])
}

pub(crate) fn ownership_records(owner: &str, branch: &str, ttl: u32, of: &RecordSets) -> RecordSets {
    OwnershipRecord { owner: owner.into(), branch: branch.into(), ttl, digests: of.digests() }.records()
}

pub(crate) fn desired_zone(owner: &str, entries: &[(&str, &str, DesiredState)]) -> DesiredZone {
    let entry = |(front, branch, state): &(&str, &str, DesiredState)| NameEntry {
        host: n(front),
        ownership: ownership_name(front),
        owner: owner.into(),
        branch: (*branch).into(),
        state: state.clone(),
    };
    let fence = ownership::fence_name(owner, &zone()).unwrap();
    DesiredZone { zone: zone(), owner: owner.into(), fence, entries: entries.iter().map(entry).collect() }
}

/// How long records live in stories: every provider can hold that.
const TTL: u32 = 600;

pub(crate) const RETRY_POLICY: RetryPolicy = RetryPolicy {
    tries: 6,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(20),
    answer_timeout: Duration::from_secs(10),
};

/// What became of the entries in their order, and how it ended.
pub(crate) fn apply(zone: &mut dyn DnsZone, desired: &DesiredZone, rev: u64) -> (Vec<NameOutcome>, ZoneOutcome) {
    apply_with(zone, desired, rev, &Permissions::default())
}

pub(crate) fn apply_with(
    zone: &mut dyn DnsZone,
    desired: &DesiredZone,
    rev: u64,
    permissions: &Permissions,
) -> (Vec<NameOutcome>, ZoneOutcome) {
    let reconciler = Reconciler::new(desired, permissions, &RETRY_POLICY);
    let mut outcomes = BTreeMap::new();
    let plan = match reconciler.plan(zone) {
        Ok(plan) => plan,
        Err(error) => return (Vec::new(), ZoneOutcome::Failed(error.to_string())),
    };
    let end = reconciler.apply(zone, plan, rev, &mut |at, _, outcome| {
        assert!(outcomes.insert(at, outcome).is_none(), "one outcome each");
    });
    assert_eq!(outcomes.len(), desired.entries.len(), "every entry has an outcome");
    (outcomes.into_values().collect(), end)
}

fn all_done(outcomes: &[NameOutcome]) -> bool {
    outcomes.iter().all(|outcome| matches!(outcome, NameOutcome::Done(_) | NameOutcome::Kept))
}

/// The content that `work` leaves in an empty zone.
fn ideal(desired_zones: &[(&DesiredZone, u64)]) -> ZoneContent {
    let memory = MemoryZone::default();
    for (desired, rev) in desired_zones {
        let (outcomes, end) = apply(&mut *memory.open(), desired, *rev);
        assert!(end == ZoneOutcome::Complete && all_done(&outcomes));
    }
    memory.content()
}

/// The same with one lifetime for all markers and fences: nobody asks for them but pleach, and providers have bounds.
fn plain(mut content: ZoneContent) -> ZoneContent {
    for (name, (_, ttl)) in &mut content {
        if name.labels().any(|label| label == ownership::LABEL) {
            *ttl = 60;
        }
    }
    content
}

/// Without the markers and fences.
fn hosts(content: &ZoneContent) -> ZoneContent {
    let host = |name: &DnsName| !name.labels().any(|label| label == ownership::LABEL);
    content.iter().filter(|(name, _)| host(name)).map(|(name, held)| (name.clone(), held.clone())).collect()
}

fn present(target: &str) -> DesiredState {
    DesiredState::Present(cname(target), TTL)
}

/// A name, what the file says of it, its marker, what it holds, and what becomes of it.
type Row = (&'static str, DesiredState, Option<RecordSets>, Option<RecordSets>, NameOutcome);

/// Every row of the table: what stood there, what the file says, what became of it.
pub(crate) fn every_table_row(test_zone: &dyn TestZone) {
    let (new, old, hand) = (cname("new.example.net"), cname("old.example.net"), set(RecordType::A, &["192.0.2.66"]));
    let both = {
        let mut both = set(RecordType::A, &["192.0.2.1", "192.0.2.2"]);
        both.insert(RecordType::Txt, RecordData::parse(RecordType::Txt, "a \"text\"; with \\ everything é").unwrap());
        if test_zone.takes(RecordType::Caa) {
            both.insert(RecordType::Caa, RecordData::parse(RecordType::Caa, "0 issue \"ca.example.net\"").unwrap());
        }
        both.insert(RecordType::Aaaa, RecordData::parse(RecordType::Aaaa, "2001:db8::1").unwrap());
        both
    };
    let want = |records: &RecordSets| DesiredState::Present(records.clone(), TTL);
    let mine = |of: &RecordSets| Some(ownership_records("shop", "b", TTL, of));
    let held = |of: &RecordSets| Some(of.clone());
    let left = NameOutcome::Refused;
    let done = NameOutcome::Done;
    let rows: Vec<Row> = vec![
        ("create", want(&new), None, None, done(WriteKind::Create)),
        ("create-many", want(&both), None, None, done(WriteKind::Create)),
        ("kept", want(&new), mine(&new), held(&new), NameOutcome::Kept),
        ("kept-many", want(&both), mine(&both), held(&both), NameOutcome::Kept),
        ("update", want(&new), mine(&old), held(&old), done(WriteKind::Update)),
        ("update-many", want(&both), mine(&new), held(&new), done(WriteKind::Update)),
        ("update-few", want(&new), mine(&both), held(&both), done(WriteKind::Update)),
        ("a-to-cname", want(&new), mine(&hand), held(&hand), done(WriteKind::Update)),
        ("cname-to-a", want(&hand), mine(&new), held(&new), done(WriteKind::Update)),
        ("ttl", DesiredState::Present(new.clone(), 900), mine(&new), held(&new), done(WriteKind::Update)),
        ("mark", want(&new), mine(&old), held(&new), done(WriteKind::Mark)),
        ("restore", want(&new), mine(&new), None, done(WriteKind::Restore)),
        ("drift", want(&new), mine(&new), held(&hand), left(RefusalReason::Drift)),
        ("drift-beside", want(&hand), mine(&hand), held(&both), left(RefusalReason::Drift)),
        ("in-use", want(&new), None, held(&hand), left(RefusalReason::InUse)),
        ("in-use-same", want(&new), None, held(&new), left(RefusalReason::InUse)),
        ("in-use-cname", want(&hand), None, held(&new), left(RefusalReason::InUse)),
        (
            "owner",
            want(&new),
            Some(ownership_records("blog", "b", TTL, &new)),
            held(&new),
            left(RefusalReason::OtherOwner("blog".into())),
        ),
        ("moved", want(&new), Some(ownership_records("shop", "gone", TTL, &new)), held(&new), done(WriteKind::Mark)),
        ("unreadable", want(&new), Some(set(RecordType::Txt, &["pleach/2"])), None, left(RefusalReason::Unreadable)),
        ("delete", DesiredState::Absent, mine(&old), held(&old), done(WriteKind::Delete)),
        ("delete-many", DesiredState::Absent, mine(&both), held(&both), done(WriteKind::Delete)),
        ("unmark", DesiredState::Absent, mine(&old), None, done(WriteKind::Unmark)),
        ("absent-drift", DesiredState::Absent, mine(&old), held(&hand), left(RefusalReason::Drift)),
        ("absent-hand", DesiredState::Absent, None, held(&hand), NameOutcome::Kept),
        ("absent-free", DesiredState::Absent, None, None, NameOutcome::Kept),
        (
            "absent-owner",
            DesiredState::Absent,
            Some(ownership_records("blog", "b", TTL, &old)),
            held(&old),
            NameOutcome::Kept,
        ),
        (
            "absent-moved",
            DesiredState::Absent,
            Some(ownership_records("shop", "gone", TTL, &old)),
            held(&old),
            done(WriteKind::Delete),
        ),
        ("pending", DesiredState::Pending, mine(&old), held(&old), left(RefusalReason::Pending)),
        ("pending-free", DesiredState::Pending, None, None, left(RefusalReason::Pending)),
        ("*", want(&new), None, None, done(WriteKind::Create)),
        ("*.deep", want(&both), None, None, done(WriteKind::Create)),
    ];
    let front = |row: &str| format!("{row}.shop");
    let mut entries = Vec::new();
    let mut stood = Vec::new();
    let mut want = ZoneContent::new();
    let fronts: Vec<String> = rows.iter().map(|row| front(row.0)).collect();
    for (row, front) in rows.iter().zip(&fronts) {
        let (_, state, ownership_before, then, outcome) = row;
        let ownership = ownership_name(front);
        for (name, records) in [(&n(front), then), (&ownership, ownership_before)] {
            if let Some(records) = records {
                stood.push((name.clone(), records.clone()));
                want.insert(name.clone(), (records.clone(), TTL));
            }
        }
        if let NameOutcome::Done(_) = outcome {
            if let DesiredState::Present(records, ttl) = state {
                want.insert(n(front), (records.clone(), *ttl));
                want.insert(ownership, (ownership_records("shop", "b", *ttl, records), 60));
            } else {
                want.remove(&n(front));
                want.remove(&ownership);
            }
        }
        entries.push((front.as_str(), "b", state.clone()));
    }
    test_zone.put(&stood, TTL);
    test_zone.put_other(&n("other.shop"));
    entries.push(("other.shop", "b", present("new.example.net")));
    let fence = ownership::fence_name("shop", &zone()).unwrap();
    want.insert(fence, (Fence { owner: "shop".into(), rev: 7 }.records(), 60));

    let desired = desired_zone("shop", &entries);
    let (outcomes, end) = apply(&mut *test_zone.open(), &desired, 7);
    assert_eq!(end, ZoneOutcome::Complete);
    for (row, got) in rows.iter().zip(&outcomes) {
        assert_eq!(*got, row.4, "{}", row.0);
    }
    assert_eq!(outcomes.last(), Some(&NameOutcome::Refused(RefusalReason::InUse)), "a name with other types is in use");
    assert_eq!(plain(test_zone.content()), plain(want.clone()));

    let writes = test_zone.writes();
    let (again, end) = apply(&mut *test_zone.open(), &desired, 7);
    assert_eq!(end, ZoneOutcome::Complete);
    for (before, after) in outcomes.iter().zip(&again) {
        let settled = if let NameOutcome::Done(_) = before { &NameOutcome::Kept } else { before };
        assert_eq!(after, settled);
    }
    assert_eq!(test_zone.writes(), writes, "applied twice is written once");
    assert_eq!(plain(test_zone.content()), plain(want.clone()));
}

/// What an operator may allow beyond the table.
pub(crate) fn permissions(test_zone: &dyn TestZone) {
    let (new, hand) = (cname("new.example.net"), set(RecordType::A, &["192.0.2.66"]));
    let ownership = (ownership_name("drift.shop"), ownership_records("shop", "b", TTL, &new));
    let stood =
        [(n("adopt.shop"), new.clone()), (n("other.shop"), hand.clone()), (n("drift.shop"), hand.clone()), ownership];
    test_zone.put(&stood, TTL);
    let entries = ["adopt.shop", "other.shop", "drift.shop"].map(|front| (front, "b", present("new.example.net")));
    let desired = desired_zone("shop", &entries);
    let permissions = Permissions {
        adopt: [n("adopt.shop"), n("other.shop")].into(),
        overwrite: [n("drift.shop"), n("other.shop")].into(),
    };
    let (outcomes, end) = apply_with(&mut *test_zone.open(), &desired, 1, &permissions);
    assert_eq!(end, ZoneOutcome::Complete);
    let want = [
        NameOutcome::Done(WriteKind::Adopt),
        NameOutcome::Refused(RefusalReason::InUse),
        NameOutcome::Done(WriteKind::Overwrite),
    ];
    assert_eq!(outcomes, want);
    assert_eq!(test_zone.content()[&n("drift.shop")].0, new);
    assert_eq!(test_zone.content()[&n("other.shop")].0, hand);
}

/// A run with an older number than the zone has seen changes nothing.
pub(crate) fn out_of_order(test_zone: &dyn TestZone) {
    let newer =
        desired_zone("shop", &[("a.shop", "b", present("new.example.net")), ("gone.shop", "b", DesiredState::Absent)]);
    let older =
        desired_zone("shop", &[("a.shop", "b", present("old.example.net")), ("gone.shop", "b", present("x.net"))]);
    assert_eq!(apply(&mut *test_zone.open(), &newer, 5).1, ZoneOutcome::Complete);
    let (content, writes) = (test_zone.content(), test_zone.writes());
    let (outcomes, end) = apply(&mut *test_zone.open(), &older, 4);
    assert_eq!(end, ZoneOutcome::Superseded(5));
    assert_eq!(outcomes, [NameOutcome::Skipped, NameOutcome::Skipped]);
    assert_eq!((test_zone.content(), test_zone.writes()), (content.clone(), writes));
    let (_, end) = apply(&mut *test_zone.open(), &older, 6);
    assert_eq!(end, ZoneOutcome::Complete);
    assert_ne!(test_zone.content(), content);
}

/// A newer run begins and ends before each message of an older one: the older is cut off and the newer's state stands.
pub(crate) fn superseded(test_zone: &dyn TestZone) {
    let older = desired_zone(
        "shop",
        &[
            ("a.shop", "b", present("old.example.net")),
            ("b.shop", "b", present("old.example.net")),
            ("c.shop", "b", present("old.example.net")),
        ],
    );
    let newer = |rev: u64| {
        let target = format!("new{rev}.example.net");
        desired_zone(
            "shop",
            &[
                ("a.shop", "b", present(&target)),
                ("b.shop", "b", DesiredState::Absent),
                ("c.shop", "b", present(&target)),
            ],
        )
    };
    for at in 0..4 {
        let rev = 10 * (at as u64 + 1);
        let act = || assert_eq!(apply(&mut *test_zone.open(), &newer(rev), rev).1, ZoneOutcome::Complete);
        let mut between = InterruptedZone::new(test_zone.open(), at, &act);
        let (_, end) = apply(&mut between, &older, rev - 1);
        assert_eq!(end, ZoneOutcome::Superseded(rev), "before message {at}");
        assert_eq!(hosts(&test_zone.content()), hosts(&ideal(&[(&newer(rev), rev)])), "before message {at}");
        assert_eq!(
            apply(&mut *test_zone.open(), &newer(rev), rev).0.iter().filter(|o| **o != NameOutcome::Kept).count(),
            0
        );
    }
}

/// The run ends before or right after each message; the next run ends where an undisturbed one does.
pub(crate) fn killed(test_zone: &dyn TestZone) {
    let (old, gone) = (cname("old.example.net"), cname("gone.example.net"));
    let desired = desired_zone(
        "shop",
        &[
            ("a.shop", "b", present("new.example.net")),
            ("b.shop", "b", DesiredState::Present(set(RecordType::A, &["192.0.2.7"]), TTL)),
            ("c.shop", "b", DesiredState::Absent),
        ],
    );
    for (at, fault) in (0..4).flat_map(|at| [(at, Fault::Dead), (at, Fault::DeadAfter)]) {
        test_zone.put(
            &[
                (n("a.shop"), RecordSets::default()),
                (ownership_name("a.shop"), RecordSets::default()),
                (desired.fence.clone(), RecordSets::default()),
                (n("b.shop"), old.clone()),
                (ownership_name("b.shop"), ownership_records("shop", "b", TTL, &old)),
                (n("c.shop"), gone.clone()),
                (ownership_name("c.shop"), ownership_records("shop", "b", TTL, &gone)),
            ],
            TTL,
        );
        let (_, end) = apply(&mut *test_zone.open_with_faults(vec![(at, fault)]), &desired, 3);
        assert!(matches!(end, ZoneOutcome::Failed(_)), "{fault:?} at {at}: {end:?}");
        let (outcomes, end) = apply(&mut *test_zone.open(), &desired, 3);
        assert_eq!(end, ZoneOutcome::Complete, "{fault:?} at {at}");
        assert!(all_done(&outcomes), "{fault:?} at {at}: {outcomes:?}");
        let want = ideal(&[(&desired, 3)]);
        assert_eq!(plain(test_zone.content()), plain(want), "{fault:?} at {at}");
    }
}

/// Lost answers, lost messages and refusals for now do not show in the end.
pub(crate) fn troubled(test_zone: &dyn TestZone) {
    let desired = desired_zone(
        "shop",
        &[
            ("a.shop", "b", present("a.example.net")),
            ("b.shop", "b", present("b.example.net")),
            ("c.shop", "b", present("c.example.net")),
        ],
    );
    let faults = [Fault::LostAnswer, Fault::LostRequest, Fault::Busy];
    let faults = faults.into_iter().cycle().enumerate().take(7).collect();
    let (outcomes, end) = apply(&mut *test_zone.open_with_faults(faults), &desired, 1);
    assert_eq!(end, ZoneOutcome::Complete);
    assert!(all_done(&outcomes), "{outcomes:?}");
    assert_eq!(plain(test_zone.content()), plain(ideal(&[(&desired, 1)])));
}

/// Forty create one name at once, each for a branch of its own: exactly one wins, and the zone holds what the winner
/// wrote, whole.
pub(crate) fn racing(test_zone: &dyn TestZone) {
    let owners: Vec<String> = (0..40).map(|i| format!("owner{i}")).collect();
    let desired_zones: Vec<DesiredZone> = owners
        .iter()
        .map(|owner| desired_zone(owner, &[("race.shop", "b", present(&format!("{owner}.example.net")))]))
        .collect();
    let outcomes: Vec<Vec<NameOutcome>> = std::thread::scope(|scope| {
        let runs: Vec<_> =
            desired_zones.iter().map(|desired| scope.spawn(|| apply(&mut *test_zone.open(), desired, 1))).collect();
        let ends = runs.into_iter().map(|run| run.join().unwrap());
        ends.map(|(outcomes, end)| {
            assert_eq!(end, ZoneOutcome::Complete);
            outcomes
        })
        .collect()
    });
    let winners: Vec<usize> = (0..40).filter(|i| outcomes[*i] == [NameOutcome::Done(WriteKind::Create)]).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    let won = cname(&format!("owner{}.example.net", winners[0]));
    let content = test_zone.content();
    assert_eq!(content[&n("race.shop")].0, won);
    assert_eq!(content[&n("race.shop._pleach")].0, ownership_records(&owners[winners[0]], "b", TTL, &won));
    for (i, outcome) in outcomes.iter().enumerate().filter(|(i, _)| *i != winners[0]) {
        assert_eq!(
            *outcome,
            [NameOutcome::Refused(RefusalReason::OtherOwner(owners[winners[0]].as_str().into()))],
            "{i}"
        );
    }
}

/// Two projects in one zone never touch each other's names, nor a stranger's.
pub(crate) fn neighbours(test_zone: &dyn TestZone) {
    let strangers =
        [(n("www"), set(RecordType::A, &["192.0.2.80"])), (n("mail.shop"), set(RecordType::Txt, &["v=spf1 -all"]))];
    test_zone.put(&strangers, 3600);
    let shop = desired_zone(
        "shop",
        &[("a.shop", "b", present("shop.example.net")), ("b.shop", "b", present("shop.example.net"))],
    );
    let blog = desired_zone(
        "blog",
        &[
            ("a.shop", "b", present("blog.example.net")),
            ("b.shop", "b", DesiredState::Absent),
            ("www", "b", DesiredState::Absent),
            ("mail.shop", "b", present("blog.example.net")),
            ("c.shop", "b", present("blog.example.net")),
        ],
    );
    assert_eq!(apply(&mut *test_zone.open(), &shop, 9).1, ZoneOutcome::Complete);
    let (outcomes, end) = apply(&mut *test_zone.open(), &blog, 2);
    assert_eq!(end, ZoneOutcome::Complete, "each owner has a fence of its own");
    let shops = NameOutcome::Refused(RefusalReason::OtherOwner("shop".into()));
    let in_use = NameOutcome::Refused(RefusalReason::InUse);
    assert_eq!(outcomes, [shops, NameOutcome::Kept, NameOutcome::Kept, in_use, NameOutcome::Done(WriteKind::Create)]);
    assert!(apply(&mut *test_zone.open(), &shop, 9).0.iter().all(|outcome| *outcome == NameOutcome::Kept));
    let content = test_zone.content();
    for (name, records) in &strangers {
        assert_eq!(content[name], (records.clone(), 3600));
    }
}

/// Somebody edits a name between reading and writing: what they wrote stays.
pub(crate) fn edited_meanwhile(test_zone: &dyn TestZone) {
    let hand = set(RecordType::A, &["192.0.2.99"]);
    let old = cname("old.example.net");
    for (front, state) in
        [("u.shop", present("new.example.net")), ("d.shop", DesiredState::Absent), ("c.shop", present("x.net"))]
    {
        if front != "c.shop" {
            test_zone.put(
                &[(n(front), old.clone()), (ownership_name(front), ownership_records("shop", "b", TTL, &old))],
                TTL,
            );
        }
        let act = || test_zone.put(&[(n(front), hand.clone())], TTL);
        let mut between = InterruptedZone::new(test_zone.open(), 0, &act);
        let rev = test_zone.writes() as u64 + 1;
        let (outcomes, end) = apply(&mut between, &desired_zone("shop", &[(front, "b", state)]), rev);
        let reason = if front == "c.shop" { RefusalReason::InUse } else { RefusalReason::Drift };
        assert_eq!((outcomes, end), (vec![NameOutcome::Refused(reason)], ZoneOutcome::Complete), "{front}");
        assert_eq!(test_zone.content()[&n(front)].0, hand, "{front}");
    }
}

type Scenario = fn(&dyn TestZone);

/// All of them, each in a new field.
pub(crate) const SCENARIOS: [(&str, Scenario); 9] = [
    ("every row", every_table_row),
    ("permits", permissions),
    ("out of order", out_of_order),
    ("overtaken", superseded),
    ("killed", killed),
    ("troubled", troubled),
    ("racing", racing),
    ("neighbours", neighbours),
    ("edited meanwhile", edited_meanwhile),
];

#[test]
fn every_story_holds_in_memory() {
    for (_, scenario) in SCENARIOS {
        scenario(&MemoryZone::default());
    }
}

#[test]
fn every_mutant_is_caught() {
    for (mutation, caught_by) in [
        (Mutation::NoFence, "overtaken"),
        (Mutation::ConstantDigest, "every row"),
        (Mutation::NoOwner, "neighbours"),
        (Mutation::TwoMessages, "killed"),
        (Mutation::NoConditions, "edited meanwhile"),
    ] {
        let (_, scenario) = SCENARIOS.iter().find(|(name, _)| *name == caught_by).unwrap();
        let told = std::panic::catch_unwind(|| scenario(&mutation.test_zone()));
        assert!(told.is_err(), "{mutation:?} went through \"{caught_by}\"");
    }
}
