//! What `apply` promises, told as stories that hold in every zone, in memory and on real servers, and that fail for
//! every mutant of the zone that forgets one of its parts.

use crate::apply::decide::{Entry, Reason, Wish, Write};
use crate::apply::patience::Patience;
use crate::apply::walk::{End, Outcome, Permits, Walk, Work};
use crate::apply::zone::Zone;
use crate::dns::ownership::{self, Fence, OwnershipRecord};
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use crate::tests::apply::memory::Memory;
use crate::tests::apply::trouble::{Between, Mishap, Mutation, Troubled};
use std::collections::BTreeMap;
use std::time::Duration;

/// Records and lifetimes by name.
pub(crate) type Content = BTreeMap<DnsName, (RecordSets, u32)>;

/// A zone `dev.example.com` that a story plays in.
pub(crate) trait Field: Sync {
    /// The zone as `apply` sees it.
    fn open(&self) -> Box<dyn Zone + Send>;
    /// The same with mishaps at some of its messages.
    fn open_troubled(&self, mishaps: Vec<(usize, Mishap)>) -> Box<dyn Zone + Send> {
        Box::new(Troubled::new(self.open(), mishaps))
    }
    /// Puts records at names whatever stood there, as a person would; no records take them away.
    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32);
    /// Puts a record of a type at a name that pleach does not know.
    fn put_other(&self, name: &DnsName);
    /// All that stands there of the types that pleach knows.
    fn content(&self) -> Content;
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
pub(crate) fn place(front: &str) -> DnsName {
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

pub(crate) fn mark(owner: &str, branch: &str, ttl: u32, of: &RecordSets) -> RecordSets {
    OwnershipRecord { owner: owner.into(), branch: branch.into(), ttl, digests: of.digests() }.records()
}

pub(crate) fn work(owner: &str, entries: &[(&str, &str, Wish)]) -> Work {
    let entry = |(front, branch, wish): &(&str, &str, Wish)| Entry {
        host: n(front),
        marker: place(front),
        owner: owner.into(),
        branch: (*branch).into(),
        wish: wish.clone(),
    };
    let fence = ownership::fence_name(owner, &zone()).unwrap();
    Work { zone: zone(), owner: owner.into(), fence, entries: entries.iter().map(entry).collect() }
}

/// How long records live in stories: every provider can hold that.
const TTL: u32 = 600;

pub(crate) const PATIENCE: Patience = Patience {
    tries: 6,
    pause: Duration::from_millis(1),
    longest: Duration::from_millis(20),
    answer: Duration::from_secs(10),
};

/// What became of the entries in their order, and how it ended.
pub(crate) fn apply(zone: &mut dyn Zone, work: &Work, rev: u64) -> (Vec<Outcome>, End) {
    apply_with(zone, work, rev, &Permits::default())
}

pub(crate) fn apply_with(zone: &mut dyn Zone, work: &Work, rev: u64, permits: &Permits) -> (Vec<Outcome>, End) {
    let walk = Walk::new(work, permits, &PATIENCE);
    let mut outcomes = BTreeMap::new();
    let survey = match walk.survey(zone) {
        Ok(survey) => survey,
        Err(failure) => return (Vec::new(), End::Failed(failure.to_string())),
    };
    let end = walk.apply(zone, survey, rev, &mut |at, _, outcome| {
        assert!(outcomes.insert(at, outcome).is_none(), "one outcome each");
    });
    assert_eq!(outcomes.len(), work.entries.len(), "every entry has an outcome");
    (outcomes.into_values().collect(), end)
}

fn all_done(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_) | Outcome::Kept))
}

/// The content that `work` leaves in an empty zone.
fn ideal(works: &[(&Work, u64)]) -> Content {
    let memory = Memory::default();
    for (work, rev) in works {
        let (outcomes, end) = apply(&mut *memory.open(), work, *rev);
        assert!(end == End::Complete && all_done(&outcomes));
    }
    memory.content()
}

/// The same with one lifetime for all markers and fences: nobody asks for them but pleach, and providers have bounds.
fn plain(mut content: Content) -> Content {
    for (name, (_, ttl)) in &mut content {
        if name.labels().any(|label| label == ownership::LABEL) {
            *ttl = 60;
        }
    }
    content
}

/// Without the markers and fences.
fn hosts(content: &Content) -> Content {
    let host = |name: &DnsName| !name.labels().any(|label| label == ownership::LABEL);
    content.iter().filter(|(name, _)| host(name)).map(|(name, held)| (name.clone(), held.clone())).collect()
}

fn present(target: &str) -> Wish {
    Wish::Present(cname(target), TTL)
}

/// A name, what the file says of it, its marker, what it holds, and what becomes of it.
type Row = (&'static str, Wish, Option<RecordSets>, Option<RecordSets>, Outcome);

/// Every row of the table: what stood there, what the file says, what became of it.
pub(crate) fn every_row(field: &dyn Field) {
    let (new, old, hand) = (cname("new.example.net"), cname("old.example.net"), set(RecordType::A, &["192.0.2.66"]));
    let both = {
        let mut both = set(RecordType::A, &["192.0.2.1", "192.0.2.2"]);
        both.insert(RecordType::Txt, RecordData::parse(RecordType::Txt, "a \"text\"; with \\ everything é").unwrap());
        if field.takes(RecordType::Caa) {
            both.insert(RecordType::Caa, RecordData::parse(RecordType::Caa, "0 issue \"ca.example.net\"").unwrap());
        }
        both.insert(RecordType::Aaaa, RecordData::parse(RecordType::Aaaa, "2001:db8::1").unwrap());
        both
    };
    let want = |records: &RecordSets| Wish::Present(records.clone(), TTL);
    let mine = |of: &RecordSets| Some(mark("shop", "b", TTL, of));
    let held = |of: &RecordSets| Some(of.clone());
    let left = Outcome::Refused;
    let done = Outcome::Done;
    let rows: Vec<Row> = vec![
        ("create", want(&new), None, None, done(Write::Create)),
        ("create-many", want(&both), None, None, done(Write::Create)),
        ("kept", want(&new), mine(&new), held(&new), Outcome::Kept),
        ("kept-many", want(&both), mine(&both), held(&both), Outcome::Kept),
        ("update", want(&new), mine(&old), held(&old), done(Write::Update)),
        ("update-many", want(&both), mine(&new), held(&new), done(Write::Update)),
        ("update-few", want(&new), mine(&both), held(&both), done(Write::Update)),
        ("a-to-cname", want(&new), mine(&hand), held(&hand), done(Write::Update)),
        ("cname-to-a", want(&hand), mine(&new), held(&new), done(Write::Update)),
        ("ttl", Wish::Present(new.clone(), 900), mine(&new), held(&new), done(Write::Update)),
        ("mark", want(&new), mine(&old), held(&new), done(Write::Mark)),
        ("restore", want(&new), mine(&new), None, done(Write::Restore)),
        ("drift", want(&new), mine(&new), held(&hand), left(Reason::Drift)),
        ("drift-beside", want(&hand), mine(&hand), held(&both), left(Reason::Drift)),
        ("in-use", want(&new), None, held(&hand), left(Reason::InUse)),
        ("in-use-same", want(&new), None, held(&new), left(Reason::InUse)),
        ("in-use-cname", want(&hand), None, held(&new), left(Reason::InUse)),
        ("owner", want(&new), Some(mark("blog", "b", TTL, &new)), held(&new), left(Reason::Owner("blog".into()))),
        ("moved", want(&new), Some(mark("shop", "gone", TTL, &new)), held(&new), done(Write::Mark)),
        ("unreadable", want(&new), Some(set(RecordType::Txt, &["pleach/2"])), None, left(Reason::Unreadable)),
        ("delete", Wish::Absent, mine(&old), held(&old), done(Write::Delete)),
        ("delete-many", Wish::Absent, mine(&both), held(&both), done(Write::Delete)),
        ("unmark", Wish::Absent, mine(&old), None, done(Write::Unmark)),
        ("absent-drift", Wish::Absent, mine(&old), held(&hand), left(Reason::Drift)),
        ("absent-hand", Wish::Absent, None, held(&hand), Outcome::Kept),
        ("absent-free", Wish::Absent, None, None, Outcome::Kept),
        ("absent-owner", Wish::Absent, Some(mark("blog", "b", TTL, &old)), held(&old), Outcome::Kept),
        ("absent-moved", Wish::Absent, Some(mark("shop", "gone", TTL, &old)), held(&old), done(Write::Delete)),
        ("pending", Wish::Pending, mine(&old), held(&old), left(Reason::Pending)),
        ("pending-free", Wish::Pending, None, None, left(Reason::Pending)),
        ("*", want(&new), None, None, done(Write::Create)),
        ("*.deep", want(&both), None, None, done(Write::Create)),
    ];
    let front = |row: &str| format!("{row}.shop");
    let mut entries = Vec::new();
    let mut stood = Vec::new();
    let mut want = Content::new();
    let fronts: Vec<String> = rows.iter().map(|row| front(row.0)).collect();
    for (row, front) in rows.iter().zip(&fronts) {
        let (_, wish, marker_then, then, outcome) = row;
        let place = place(front);
        for (name, records) in [(&n(front), then), (&place, marker_then)] {
            if let Some(records) = records {
                stood.push((name.clone(), records.clone()));
                want.insert(name.clone(), (records.clone(), TTL));
            }
        }
        if let Outcome::Done(_) = outcome {
            if let Wish::Present(records, ttl) = wish {
                want.insert(n(front), (records.clone(), *ttl));
                want.insert(place, (mark("shop", "b", *ttl, records), 60));
            } else {
                want.remove(&n(front));
                want.remove(&place);
            }
        }
        entries.push((front.as_str(), "b", wish.clone()));
    }
    field.put(&stood, TTL);
    field.put_other(&n("other.shop"));
    entries.push(("other.shop", "b", present("new.example.net")));
    let fence = ownership::fence_name("shop", &zone()).unwrap();
    want.insert(fence, (Fence { owner: "shop".into(), rev: 7 }.records(), 60));

    let work = work("shop", &entries);
    let (outcomes, end) = apply(&mut *field.open(), &work, 7);
    assert_eq!(end, End::Complete);
    for (row, got) in rows.iter().zip(&outcomes) {
        assert_eq!(*got, row.4, "{}", row.0);
    }
    assert_eq!(outcomes.last(), Some(&Outcome::Refused(Reason::InUse)), "a name with other types is in use");
    assert_eq!(plain(field.content()), plain(want.clone()));

    let writes = field.writes();
    let (again, end) = apply(&mut *field.open(), &work, 7);
    assert_eq!(end, End::Complete);
    for (before, after) in outcomes.iter().zip(&again) {
        let settled = if let Outcome::Done(_) = before { &Outcome::Kept } else { before };
        assert_eq!(after, settled);
    }
    assert_eq!(field.writes(), writes, "applied twice is written once");
    assert_eq!(plain(field.content()), plain(want.clone()));
}

/// What an operator may allow beyond the table.
pub(crate) fn permits(field: &dyn Field) {
    let (new, hand) = (cname("new.example.net"), set(RecordType::A, &["192.0.2.66"]));
    let marker = (place("drift.shop"), mark("shop", "b", TTL, &new));
    let stood =
        [(n("adopt.shop"), new.clone()), (n("other.shop"), hand.clone()), (n("drift.shop"), hand.clone()), marker];
    field.put(&stood, TTL);
    let entries = ["adopt.shop", "other.shop", "drift.shop"].map(|front| (front, "b", present("new.example.net")));
    let work = work("shop", &entries);
    let permits = Permits {
        adopt: [n("adopt.shop"), n("other.shop")].into(),
        overwrite: [n("drift.shop"), n("other.shop")].into(),
    };
    let (outcomes, end) = apply_with(&mut *field.open(), &work, 1, &permits);
    assert_eq!(end, End::Complete);
    let want = [Outcome::Done(Write::Adopt), Outcome::Refused(Reason::InUse), Outcome::Done(Write::Overwrite)];
    assert_eq!(outcomes, want);
    assert_eq!(field.content()[&n("drift.shop")].0, new);
    assert_eq!(field.content()[&n("other.shop")].0, hand);
}

/// A run with an older number than the zone has seen changes nothing.
pub(crate) fn out_of_order(field: &dyn Field) {
    let newer = work("shop", &[("a.shop", "b", present("new.example.net")), ("gone.shop", "b", Wish::Absent)]);
    let older = work("shop", &[("a.shop", "b", present("old.example.net")), ("gone.shop", "b", present("x.net"))]);
    assert_eq!(apply(&mut *field.open(), &newer, 5).1, End::Complete);
    let (content, writes) = (field.content(), field.writes());
    let (outcomes, end) = apply(&mut *field.open(), &older, 4);
    assert_eq!(end, End::Overtaken(5));
    assert_eq!(outcomes, [Outcome::Skipped, Outcome::Skipped]);
    assert_eq!((field.content(), field.writes()), (content.clone(), writes));
    let (_, end) = apply(&mut *field.open(), &older, 6);
    assert_eq!(end, End::Complete);
    assert_ne!(field.content(), content);
}

/// A newer run begins and ends before each message of an older one: the older is cut off and the newer's state stands.
pub(crate) fn overtaken(field: &dyn Field) {
    let older = work(
        "shop",
        &[
            ("a.shop", "b", present("old.example.net")),
            ("b.shop", "b", present("old.example.net")),
            ("c.shop", "b", present("old.example.net")),
        ],
    );
    let newer = |rev: u64| {
        let target = format!("new{rev}.example.net");
        work(
            "shop",
            &[("a.shop", "b", present(&target)), ("b.shop", "b", Wish::Absent), ("c.shop", "b", present(&target))],
        )
    };
    for at in 0..4 {
        let rev = 10 * (at as u64 + 1);
        let act = || assert_eq!(apply(&mut *field.open(), &newer(rev), rev).1, End::Complete);
        let mut between = Between::new(field.open(), at, &act);
        let (_, end) = apply(&mut between, &older, rev - 1);
        assert_eq!(end, End::Overtaken(rev), "before message {at}");
        assert_eq!(hosts(&field.content()), hosts(&ideal(&[(&newer(rev), rev)])), "before message {at}");
        assert_eq!(apply(&mut *field.open(), &newer(rev), rev).0.iter().filter(|o| **o != Outcome::Kept).count(), 0);
    }
}

/// The run ends before or right after each message; the next run ends where an undisturbed one does.
pub(crate) fn killed(field: &dyn Field) {
    let (old, gone) = (cname("old.example.net"), cname("gone.example.net"));
    let work = work(
        "shop",
        &[
            ("a.shop", "b", present("new.example.net")),
            ("b.shop", "b", Wish::Present(set(RecordType::A, &["192.0.2.7"]), TTL)),
            ("c.shop", "b", Wish::Absent),
        ],
    );
    for (at, mishap) in (0..4).flat_map(|at| [(at, Mishap::Dead), (at, Mishap::DeadAfter)]) {
        field.put(
            &[
                (n("a.shop"), RecordSets::default()),
                (place("a.shop"), RecordSets::default()),
                (work.fence.clone(), RecordSets::default()),
                (n("b.shop"), old.clone()),
                (place("b.shop"), mark("shop", "b", TTL, &old)),
                (n("c.shop"), gone.clone()),
                (place("c.shop"), mark("shop", "b", TTL, &gone)),
            ],
            TTL,
        );
        let (_, end) = apply(&mut *field.open_troubled(vec![(at, mishap)]), &work, 3);
        assert!(matches!(end, End::Failed(_)), "{mishap:?} at {at}: {end:?}");
        let (outcomes, end) = apply(&mut *field.open(), &work, 3);
        assert_eq!(end, End::Complete, "{mishap:?} at {at}");
        assert!(all_done(&outcomes), "{mishap:?} at {at}: {outcomes:?}");
        let want = ideal(&[(&work, 3)]);
        assert_eq!(plain(field.content()), plain(want), "{mishap:?} at {at}");
    }
}

/// Lost answers, lost messages and refusals for now do not show in the end.
pub(crate) fn troubled(field: &dyn Field) {
    let work = work(
        "shop",
        &[
            ("a.shop", "b", present("a.example.net")),
            ("b.shop", "b", present("b.example.net")),
            ("c.shop", "b", present("c.example.net")),
        ],
    );
    let mishaps = [Mishap::LostAnswer, Mishap::LostRequest, Mishap::Busy];
    let mishaps = mishaps.into_iter().cycle().enumerate().take(7).collect();
    let (outcomes, end) = apply(&mut *field.open_troubled(mishaps), &work, 1);
    assert_eq!(end, End::Complete);
    assert!(all_done(&outcomes), "{outcomes:?}");
    assert_eq!(plain(field.content()), plain(ideal(&[(&work, 1)])));
}

/// Forty create one name at once, each for a branch of its own: exactly one wins, and the zone holds what the winner
/// wrote, whole.
pub(crate) fn racing(field: &dyn Field) {
    let owners: Vec<String> = (0..40).map(|i| format!("owner{i}")).collect();
    let works: Vec<Work> = owners
        .iter()
        .map(|owner| work(owner, &[("race.shop", "b", present(&format!("{owner}.example.net")))]))
        .collect();
    let outcomes: Vec<Vec<Outcome>> = std::thread::scope(|scope| {
        let runs: Vec<_> = works.iter().map(|work| scope.spawn(|| apply(&mut *field.open(), work, 1))).collect();
        let ends = runs.into_iter().map(|run| run.join().unwrap());
        ends.map(|(outcomes, end)| {
            assert_eq!(end, End::Complete);
            outcomes
        })
        .collect()
    });
    let winners: Vec<usize> = (0..40).filter(|i| outcomes[*i] == [Outcome::Done(Write::Create)]).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    let won = cname(&format!("owner{}.example.net", winners[0]));
    let content = field.content();
    assert_eq!(content[&n("race.shop")].0, won);
    assert_eq!(content[&n("race.shop._pleach")].0, mark(&owners[winners[0]], "b", TTL, &won));
    for (i, outcome) in outcomes.iter().enumerate().filter(|(i, _)| *i != winners[0]) {
        assert_eq!(*outcome, [Outcome::Refused(Reason::Owner(owners[winners[0]].as_str().into()))], "{i}");
    }
}

/// Two projects in one zone never touch each other's names, nor a stranger's.
pub(crate) fn neighbours(field: &dyn Field) {
    let strangers =
        [(n("www"), set(RecordType::A, &["192.0.2.80"])), (n("mail.shop"), set(RecordType::Txt, &["v=spf1 -all"]))];
    field.put(&strangers, 3600);
    let shop =
        work("shop", &[("a.shop", "b", present("shop.example.net")), ("b.shop", "b", present("shop.example.net"))]);
    let blog = work(
        "blog",
        &[
            ("a.shop", "b", present("blog.example.net")),
            ("b.shop", "b", Wish::Absent),
            ("www", "b", Wish::Absent),
            ("mail.shop", "b", present("blog.example.net")),
            ("c.shop", "b", present("blog.example.net")),
        ],
    );
    assert_eq!(apply(&mut *field.open(), &shop, 9).1, End::Complete);
    let (outcomes, end) = apply(&mut *field.open(), &blog, 2);
    assert_eq!(end, End::Complete, "each owner has a fence of its own");
    let shops = Outcome::Refused(Reason::Owner("shop".into()));
    let in_use = Outcome::Refused(Reason::InUse);
    assert_eq!(outcomes, [shops, Outcome::Kept, Outcome::Kept, in_use, Outcome::Done(Write::Create)]);
    assert!(apply(&mut *field.open(), &shop, 9).0.iter().all(|outcome| *outcome == Outcome::Kept));
    let content = field.content();
    for (name, records) in &strangers {
        assert_eq!(content[name], (records.clone(), 3600));
    }
}

/// Somebody edits a name between reading and writing: what they wrote stays.
pub(crate) fn edited_meanwhile(field: &dyn Field) {
    let hand = set(RecordType::A, &["192.0.2.99"]);
    let old = cname("old.example.net");
    for (front, wish) in
        [("u.shop", present("new.example.net")), ("d.shop", Wish::Absent), ("c.shop", present("x.net"))]
    {
        if front != "c.shop" {
            field.put(&[(n(front), old.clone()), (place(front), mark("shop", "b", TTL, &old))], TTL);
        }
        let act = || field.put(&[(n(front), hand.clone())], TTL);
        let mut between = Between::new(field.open(), 0, &act);
        let rev = field.writes() as u64 + 1;
        let (outcomes, end) = apply(&mut between, &work("shop", &[(front, "b", wish)]), rev);
        let reason = if front == "c.shop" { Reason::InUse } else { Reason::Drift };
        assert_eq!((outcomes, end), (vec![Outcome::Refused(reason)], End::Complete), "{front}");
        assert_eq!(field.content()[&n(front)].0, hand, "{front}");
    }
}

type Story = fn(&dyn Field);

/// All of them, each in a new field.
pub(crate) const STORIES: [(&str, Story); 9] = [
    ("every row", every_row),
    ("permits", permits),
    ("out of order", out_of_order),
    ("overtaken", overtaken),
    ("killed", killed),
    ("troubled", troubled),
    ("racing", racing),
    ("neighbours", neighbours),
    ("edited meanwhile", edited_meanwhile),
];

#[test]
fn every_story_holds_in_memory() {
    for (_, story) in STORIES {
        story(&Memory::default());
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
        let (_, story) = STORIES.iter().find(|(name, _)| *name == caught_by).unwrap();
        let told = std::panic::catch_unwind(|| story(&mutation.field()));
        assert!(told.is_err(), "{mutation:?} went through \"{caught_by}\"");
    }
}
