//! Scenarios that `apply` must handle in every zone, in memory and on real servers. Each safety rule has a mutant of the
//! zone without it, for which a scenario must fail.

use crate::apply::action::{RefusalReason, WriteKind};
use crate::apply::entry::{DesiredState, NameEntry};
use crate::apply::fence::FenceNames;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::reconcile::{DesiredZone, Permissions, Reconciler};
use crate::apply::retry::{Moment, Retry, RetryPolicy};
use crate::apply::zone::DnsZone;
use crate::dns::ownership::{self, Owner, OwnershipRecord};
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use crate::tests::apply::beside::records_of_others_beside_ours;
use crate::tests::apply::faults::{Fault, FaultyZone, InterruptedZone, Mutation};
use crate::tests::apply::memory::MemoryZone;
use crate::tests::apply::repositories::ids_of_repositories;
use crate::tests::apply::table::every_table_row;
use std::collections::BTreeMap;
use std::time::Duration;

/// Records and TTLs by name.
pub(crate) type ZoneContent = BTreeMap<DnsName, (RecordSets, u32)>;

/// The zone `dev.example.com` of a scenario.
pub(crate) trait TestZone: Sync {
    /// The zone as `apply` sees it.
    fn open(&self) -> Box<dyn DnsZone + Send>;
    /// The same with faults at some of its messages.
    fn open_with_faults(&self, faults: Vec<(usize, Fault)>) -> Box<dyn DnsZone + Send> {
        Box::new(FaultyZone::new(self.open(), faults))
    }
    /// Replaces the records of names without conditions, as a person would.
    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32);
    /// Adds a record of a type that branches cannot have, such as MX, to a name.
    fn put_foreign(&self, name: &DnsName, kind: &str, data: &str);
    /// All records of the types that pleach knows.
    fn content(&self) -> ZoneContent;
    /// A number that increases with every change of the zone.
    fn writes(&self) -> usize;
    /// Whether the zone supports records of a type.
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

/// The name of the ownership record of a host.
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

pub(crate) fn ownership_records(owner: impl Into<Owner>, branch: &str, ttl: u32, of: &RecordSets) -> RecordSets {
    OwnershipRecord { owner: owner.into(), branch: branch.into(), ttl, digests: of.digests() }.records()
}

pub(crate) fn desired_zone(owner: impl Into<Owner>, entries: &[(&str, &str, DesiredState)]) -> DesiredZone {
    let owner = owner.into();
    let entry = |(front, branch, state): &(&str, &str, DesiredState)| NameEntry {
        host: n(front),
        ownership: ownership_name(front),
        owner: owner.clone(),
        branch: (*branch).into(),
        state: state.clone(),
        proxied: None,
    };
    let fence = FenceNames::of(&owner, &zone()).unwrap();
    let entries = entries.iter().map(entry).collect();
    DesiredZone { zone: zone(), fence, entries, owner }
}

/// The TTL of records in scenarios, which every provider supports.
pub(crate) const TTL: u32 = 600;

pub(crate) const RETRY_POLICY: RetryPolicy = RetryPolicy {
    tries: 6,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(20),
    answer_timeout: Duration::from_secs(10),
};

/// The outcomes of the entries, in order, and of the zone.
pub(crate) fn apply(zone: &mut dyn DnsZone, desired: &DesiredZone, rev: u64) -> (Vec<NameOutcome>, ZoneOutcome) {
    apply_with(zone, desired, rev, &Permissions::default())
}

pub(crate) fn apply_with(
    zone: &mut dyn DnsZone,
    desired: &DesiredZone,
    rev: u64,
    permissions: &Permissions,
) -> (Vec<NameOutcome>, ZoneOutcome) {
    let reconciler = Reconciler::new(desired, permissions, RETRY_POLICY);
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

/// The content of a zone that was empty before these runs.
fn content_from_empty(desired_zones: &[(&DesiredZone, u64)]) -> ZoneContent {
    let memory = MemoryZone::default();
    for (desired, rev) in desired_zones {
        let (outcomes, end) = apply(&mut *memory.open(), desired, *rev);
        assert!(end == ZoneOutcome::Complete && all_done(&outcomes));
    }
    memory.content()
}

/// The content with the same TTL for all ownership records and fences, because providers have different minimums.
pub(crate) fn with_equal_ttls(mut content: ZoneContent) -> ZoneContent {
    for (name, (_, ttl)) in &mut content {
        if name.labels().any(|label| label == ownership::LABEL) {
            *ttl = 60;
        }
    }
    content
}

/// The content without ownership records and fences.
fn hosts(content: &ZoneContent) -> ZoneContent {
    let host = |name: &DnsName| !name.labels().any(|label| label == ownership::LABEL);
    content.iter().filter(|(name, _)| host(name)).map(|(name, held)| (name.clone(), held.clone())).collect()
}

pub(crate) fn present(target: &str) -> DesiredState {
    DesiredState::Present(cname(target), TTL)
}

/// What a user may permit beyond the table.
pub(crate) fn permissions(test_zone: &dyn TestZone) {
    let (new, hand) = (cname("new.example.net"), set(RecordType::A, &["192.0.2.66"]));
    let ownership = (ownership_name("drift.shop"), ownership_records("shop", "b", TTL, &new));
    let before =
        [(n("adopt.shop"), new.clone()), (n("other.shop"), hand.clone()), (n("drift.shop"), hand.clone()), ownership];
    test_zone.put(&before, TTL);
    test_zone.put(&before[..1], 2 * TTL);
    let entries = ["adopt.shop", "other.shop", "drift.shop"].map(|front| (front, "b", present("new.example.net")));
    let desired = desired_zone("shop", &entries);
    let permissions = Permissions {
        adopt: [n("adopt.shop"), n("other.shop")].into(),
        overwrite: [n("drift.shop"), n("other.shop")].into(),
        ..Permissions::default()
    };
    let (outcomes, end) = apply_with(&mut *test_zone.open(), &desired, 1, &permissions);
    assert_eq!(end, ZoneOutcome::Complete);
    let want = [
        NameOutcome::Done(WriteKind::Adopt),
        NameOutcome::Refused(RefusalReason::InUse),
        NameOutcome::Done(WriteKind::Overwrite),
    ];
    assert_eq!(outcomes, want);
    assert_eq!(test_zone.content()[&n("adopt.shop")], (new.clone(), TTL), "the TTL is the one of the file");
    assert_eq!(test_zone.content()[&n("drift.shop")].0, new);
    assert_eq!(test_zone.content()[&n("other.shop")].0, hand);
}

/// A run with an older revision than the fence changes nothing.
pub(crate) fn out_of_order(test_zone: &dyn TestZone) {
    let newer = desired_zone(
        "shop",
        &[("a.shop", "b", present("new.example.net")), ("removed.shop", "b", DesiredState::Absent)],
    );
    let older =
        desired_zone("shop", &[("a.shop", "b", present("old.example.net")), ("removed.shop", "b", present("x.net"))]);
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

/// A newer run begins and ends before each message of an older one: the older run stops, and the newer state remains.
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
        assert_eq!(
            hosts(&test_zone.content()),
            hosts(&content_from_empty(&[(&newer(rev), rev)])),
            "before message {at}"
        );
        assert_eq!(
            apply(&mut *test_zone.open(), &newer(rev), rev).0.iter().filter(|o| **o != NameOutcome::Kept).count(),
            0
        );
    }
}

/// The run is killed before or after each message: the next run has the same result as an uninterrupted one.
pub(crate) fn killed(test_zone: &dyn TestZone) {
    let (old, removed) = (cname("old.example.net"), cname("removed.example.net"));
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
                (desired.fence.own.clone(), RecordSets::default()),
                (n("b.shop"), old.clone()),
                (ownership_name("b.shop"), ownership_records("shop", "b", TTL, &old)),
                (n("c.shop"), removed.clone()),
                (ownership_name("c.shop"), ownership_records("shop", "b", TTL, &removed)),
            ],
            TTL,
        );
        let (_, end) = apply(&mut *test_zone.open_with_faults(vec![(at, fault)]), &desired, 3);
        assert!(matches!(end, ZoneOutcome::Failed(_)), "{fault:?} at {at}: {end:?}");
        let (outcomes, end) = apply(&mut *test_zone.open(), &desired, 3);
        assert_eq!(end, ZoneOutcome::Complete, "{fault:?} at {at}");
        assert!(all_done(&outcomes), "{fault:?} at {at}: {outcomes:?}");
        let want = content_from_empty(&[(&desired, 3)]);
        assert_eq!(with_equal_ttls(test_zone.content()), with_equal_ttls(want), "{fault:?} at {at}");
    }
}

/// Lost answers, lost messages and temporary refusals do not affect the result.
pub(crate) fn faults(test_zone: &dyn TestZone) {
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
    assert_eq!(with_equal_ttls(test_zone.content()), with_equal_ttls(content_from_empty(&[(&desired, 1)])));
}

/// Forty projects create one name at once: exactly one succeeds, and the zone has all of its records.
pub(crate) fn racing(test_zone: &dyn TestZone) {
    let owners: Vec<String> = (0..40).map(|i| format!("owner{i}")).collect();
    let desired_zones: Vec<DesiredZone> = owners
        .iter()
        .map(|owner| desired_zone(owner.as_str(), &[("race.shop", "b", present(&format!("{owner}.example.net")))]))
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
    assert_eq!(content[&n("race.shop._pleach")].0, ownership_records(owners[winners[0]].as_str(), "b", TTL, &won));
    for (i, outcome) in outcomes.iter().enumerate().filter(|(i, _)| *i != winners[0]) {
        assert_eq!(
            *outcome,
            [NameOutcome::Refused(RefusalReason::OtherOwner(owners[winners[0]].as_str().into()))],
            "{i}"
        );
    }
}

/// Two projects in one zone never change each other's names, nor unmanaged ones.
pub(crate) fn two_projects(test_zone: &dyn TestZone) {
    let unmanaged =
        [(n("www"), set(RecordType::A, &["192.0.2.80"])), (n("mail.shop"), set(RecordType::Txt, &["v=spf1 -all"]))];
    test_zone.put(&unmanaged, 3600);
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
    for (name, records) in &unmanaged {
        assert_eq!(content[name], (records.clone(), 3600));
    }
}

/// Somebody changes a name after it was read, before the fence is raised or before the name is written: their change remains.
pub(crate) fn changed_between(test_zone: &dyn TestZone) {
    let hand = set(RecordType::A, &["192.0.2.99"]);
    let old = cname("old.example.net");
    let states = [("u", present("new.example.net")), ("d", DesiredState::Absent), ("c", present("x.net"))];
    for (at, (kind, state)) in [0, 1].into_iter().flat_map(|at| states.clone().map(|state| (at, state))) {
        let front = &format!("{kind}{at}.shop");
        if kind != "c" {
            test_zone.put(
                &[(n(front), old.clone()), (ownership_name(front), ownership_records("shop", "b", TTL, &old))],
                TTL,
            );
        }
        let act = || test_zone.put(&[(n(front), hand.clone())], TTL);
        let mut between = InterruptedZone::new(test_zone.open(), at, &act);
        let rev = test_zone.writes() as u64 + 1;
        let (outcomes, end) = apply(&mut between, &desired_zone("shop", &[(front, "b", state)]), rev);
        let reason = if kind == "c" { RefusalReason::InUse } else { RefusalReason::Drift };
        assert_eq!((outcomes, end), (vec![NameOutcome::Refused(reason)], ZoneOutcome::Complete), "{front}");
        assert_eq!(test_zone.content()[&n(front)].0, hand, "{front}");
    }
}

/// An older run is still writing when a newer one, which restores a former state, has read the zone: the newer state remains.
pub(crate) fn overtaken(test_zone: &dyn TestZone) {
    let state = |target: &str, branches: [(&'static str, DesiredState); 2]| {
        let [one, two] = branches.map(|(front, state)| (front, "b", state));
        desired_zone("shop", &[("a.shop", "b", present(target)), one, two])
    };
    let absent = || ("b.shop", DesiredState::Absent);
    let kept = || ("c.shop", present("c.example.net"));
    let newer = state("new.example.net", [absent(), kept()]);
    let older = state("old.example.net", [("b.shop", present("old.example.net")), kept()]);
    assert_eq!(apply(&mut *test_zone.open(), &newer, 1).1, ZoneOutcome::Complete);
    // The older run has raised its fence, and has not written a name yet.
    assert_eq!(apply(&mut *test_zone.open(), &desired_zone("shop", &[]), 2).1, ZoneOutcome::Complete);
    let act = || assert_eq!(apply(&mut *test_zone.open(), &older, 2).1, ZoneOutcome::Complete);
    let mut between = InterruptedZone::new(test_zone.open(), 0, &act);
    let (outcomes, end) = apply(&mut between, &newer, 3);
    let want = [
        NameOutcome::Done(WriteKind::Update),
        NameOutcome::Unsettled("it would be deleted now, which was not planned".into()),
        NameOutcome::Kept,
    ];
    assert_eq!((&outcomes[..], end), (&want[..], ZoneOutcome::Complete), "nobody has allowed another deletion");
    let (outcomes, end) = apply(&mut *test_zone.open(), &newer, 3);
    let want = [NameOutcome::Kept, NameOutcome::Done(WriteKind::Delete), NameOutcome::Kept];
    assert_eq!((&outcomes[..], end), (&want[..], ZoneOutcome::Complete));
    let want = content_from_empty(&[(&newer, 3)]);
    assert_eq!(with_equal_ttls(test_zone.content()), with_equal_ttls(want));
}

type Scenario = fn(&dyn TestZone);

/// All scenarios. Each needs a new zone.
pub(crate) const SCENARIOS: [(&str, Scenario); 12] = [
    ("every row", every_table_row),
    ("permits", permissions),
    ("out of order", out_of_order),
    ("superseded", superseded),
    ("overtaken", overtaken),
    ("killed", killed),
    ("faults", faults),
    ("racing", racing),
    ("two projects", two_projects),
    ("two repositories", ids_of_repositories),
    ("changed between", changed_between),
    ("beside", records_of_others_beside_ours),
];

#[test]
fn every_scenario_passes_in_memory() {
    for (_, scenario) in SCENARIOS {
        scenario(&MemoryZone::default());
    }
}

#[test]
fn every_mutant_fails_a_scenario() {
    for (mutation, caught_by) in [
        (Mutation::NoFence, "superseded"),
        (Mutation::ConstantDigest, "every row"),
        (Mutation::NoOwner, "two projects"),
        (Mutation::TwoMessages, "killed"),
        (Mutation::NoConditions, "changed between"),
    ] {
        let (_, scenario) = SCENARIOS.iter().find(|(name, _)| *name == caught_by).unwrap();
        let result = std::panic::catch_unwind(|| scenario(&mutation.test_zone()));
        assert!(result.is_err(), "{mutation:?} passes \"{caught_by}\"");
    }
}

/// The time is over in the middle of a run: what was not written is reported, and the next run continues.
#[test]
fn a_run_ends_when_its_time_is_over() {
    let memory = MemoryZone::default();
    let entries = ["a.shop", "b.shop", "c.shop"].map(|front| (front, "b", present("x.example.net")));
    let desired = desired_zone("shop", &entries);
    let retry = Retry::from(RETRY_POLICY);
    let end = || retry.end_at(Moment::after(Duration::ZERO));
    // The fence, `a.shop`, and then the server is busy.
    let mut zone = InterruptedZone::new(memory.open_with_faults(vec![(2, Fault::Busy)]), 2, &end);
    let permissions = Permissions::default();
    let reconciler = Reconciler::new(&desired, &permissions, retry.clone());
    let plan = reconciler.plan(&mut zone).unwrap();
    let mut outcomes = Vec::new();
    let done = reconciler.apply(&mut zone, plan.clone(), 1, &mut |_, _, outcome| outcomes.push(outcome));
    assert_eq!(done, ZoneOutcome::Failed("busy".into()));
    let written = NameOutcome::Done(WriteKind::Create);
    assert_eq!(outcomes, [written.clone(), written, NameOutcome::Failed("busy".into())]);
    // Without any time, no name is tried.
    let mut outcomes = Vec::new();
    let done = reconciler.apply(&mut zone, plan, 1, &mut |_, _, outcome| outcomes.push(outcome));
    assert_eq!(outcomes, [NameOutcome::Kept, NameOutcome::Kept, NameOutcome::Skipped]);
    assert!(matches!(done, ZoneOutcome::Failed(_)));
    let (outcomes, done) = apply(&mut *memory.open(), &desired, 1);
    assert_eq!((done, all_done(&outcomes)), (ZoneOutcome::Complete, true));
}
