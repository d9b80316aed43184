//! The scenario with every row of the table in the documentation, at a name of its own.

use crate::apply::action::{RefusalReason, WriteKind};
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::zone::ProviderGuarantee;
use crate::dns::ownership::{self, Fence};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::scenarios::{
    TTL, TestZone, ZoneContent, apply, cname, desired_zone, n, ownership_name, ownership_records, present, set,
    with_equal_ttls, zone,
};

/// A name, what the file says, the ownership record, the records, and the outcome.
type Row = (&'static str, DesiredState, Option<RecordSets>, Option<RecordSets>, NameOutcome);

/// The record sets of the rows.
struct Samples {
    new: RecordSets,
    old: RecordSets,
    /// What somebody else wrote.
    manual: RecordSets,
    /// Record sets of several types.
    many: RecordSets,
}

impl Samples {
    fn of(test_zone: &dyn TestZone) -> Self {
        let mut many = set(RecordType::A, &["192.0.2.1", "192.0.2.2"]);
        many.merge(set(RecordType::Txt, &["a \"text\"; with \\ everything é"]));
        if test_zone.takes(RecordType::Caa) {
            many.merge(set(RecordType::Caa, &["0 issue \"ca.example.net\""]));
        }
        many.merge(set(RecordType::Aaaa, &["2001:db8::1"]));
        let manual = set(RecordType::A, &["192.0.2.66"]);
        Samples { new: cname("new.example.net"), old: cname("old.example.net"), manual, many }
    }
}

fn desired(records: &RecordSets) -> DesiredState {
    DesiredState::Present(records.clone(), TTL)
}

fn own(records: &RecordSets) -> RecordSets {
    ownership_records("shop", "b", TTL, records)
}

fn of_other_project(records: &RecordSets) -> RecordSets {
    ownership_records("blog", "b", TTL, records)
}

fn of_removed_branch(records: &RecordSets) -> RecordSets {
    ownership_records("shop", "removed", TTL, records)
}

fn present_rows(Samples { new, old, manual, many }: &Samples, guarantee: ProviderGuarantee) -> Vec<Row> {
    let (done, refused) = (NameOutcome::Done, NameOutcome::Refused);
    // An interrupted run leaves this if a name and its ownership record do not change together.
    let interrupted = if guarantee.atomic { refused(RefusalReason::Drift) } else { done(WriteKind::Mark) };
    let some = |records: &RecordSets| Some(records.clone());
    let unreadable = Some(set(RecordType::Txt, &["pleach/2"]));
    let other_owner = RefusalReason::OtherOwner("blog".into());
    vec![
        ("create", desired(new), None, None, done(WriteKind::Create)),
        ("create-many", desired(many), None, None, done(WriteKind::Create)),
        ("kept", desired(new), Some(own(new)), some(new), NameOutcome::Kept),
        ("kept-many", desired(many), Some(own(many)), some(many), NameOutcome::Kept),
        ("update", desired(new), Some(own(old)), some(old), done(WriteKind::Update)),
        ("update-many", desired(many), Some(own(new)), some(new), done(WriteKind::Update)),
        ("update-few", desired(new), Some(own(many)), some(many), done(WriteKind::Update)),
        ("a-to-cname", desired(new), Some(own(manual)), some(manual), done(WriteKind::Update)),
        ("cname-to-a", desired(manual), Some(own(new)), some(new), done(WriteKind::Update)),
        ("ttl", DesiredState::Present(new.clone(), 900), Some(own(new)), some(new), done(WriteKind::Update)),
        ("wanted", desired(new), Some(own(old)), some(new), interrupted),
        ("restore", desired(new), Some(own(new)), None, done(WriteKind::Restore)),
        ("drift", desired(new), Some(own(new)), some(manual), refused(RefusalReason::Drift)),
        ("drift-beside", desired(manual), Some(own(manual)), some(many), refused(RefusalReason::Drift)),
        ("in-use", desired(new), None, some(manual), refused(RefusalReason::InUse)),
        ("in-use-same", desired(new), None, some(new), refused(RefusalReason::InUse)),
        ("in-use-cname", desired(manual), None, some(new), refused(RefusalReason::InUse)),
        ("owner", desired(new), Some(of_other_project(new)), some(new), refused(other_owner)),
        ("moved", desired(new), Some(of_removed_branch(new)), some(new), done(WriteKind::Mark)),
        ("unreadable", desired(new), unreadable, None, refused(RefusalReason::Unreadable)),
        ("*", desired(new), None, None, done(WriteKind::Create)),
        ("*.deep", desired(many), None, None, done(WriteKind::Create)),
    ]
}

fn other_rows(Samples { old, manual, many, .. }: &Samples) -> Vec<Row> {
    use DesiredState::{Absent, Pending};
    let (done, refused) = (NameOutcome::Done, NameOutcome::Refused);
    let some = |records: &RecordSets| Some(records.clone());
    vec![
        ("delete", Absent, Some(own(old)), some(old), done(WriteKind::Delete)),
        ("delete-many", Absent, Some(own(many)), some(many), done(WriteKind::Delete)),
        ("unmark", Absent, Some(own(old)), None, done(WriteKind::Unmark)),
        ("absent-drift", Absent, Some(own(old)), some(manual), refused(RefusalReason::Drift)),
        ("absent-manual", Absent, None, some(manual), NameOutcome::Kept),
        ("absent-free", Absent, None, None, NameOutcome::Kept),
        ("absent-owner", Absent, Some(of_other_project(old)), some(old), NameOutcome::Kept),
        ("absent-moved", Absent, Some(of_removed_branch(old)), some(old), done(WriteKind::Delete)),
        ("pending", Pending, Some(own(old)), some(old), refused(RefusalReason::Pending)),
        ("pending-free", Pending, None, None, refused(RefusalReason::Pending)),
    ]
}

fn host((name, ..): &Row) -> String {
    format!("{name}.shop")
}

/// The records before the run.
fn content_before(rows: &[Row]) -> Vec<(DnsName, RecordSets)> {
    let records = |row: &Row| {
        let (_, _, ownership, records, _) = row;
        let host = host(row);
        let pair = [(n(&host), records.clone()), (ownership_name(&host), ownership.clone())];
        pair.into_iter().filter_map(|(name, records)| Some((name, records?)))
    };
    rows.iter().flat_map(records).collect()
}

/// The content after a run with revision 7.
fn content_after(rows: &[Row]) -> ZoneContent {
    let before = content_before(rows).into_iter();
    let mut content: ZoneContent = before.map(|(name, records)| (name, (records, TTL))).collect();
    for row in rows.iter().filter(|row| matches!(row.4, NameOutcome::Done(_))) {
        let (name, ownership) = (n(&host(row)), ownership_name(&host(row)));
        if let DesiredState::Present(records, ttl) = &row.1 {
            content.insert(name, (records.clone(), *ttl));
            content.insert(ownership, (ownership_records("shop", "b", *ttl, records), 60));
        } else {
            content.remove(&name);
            content.remove(&ownership);
        }
    }
    let fence = ownership::fence_name(&"shop".into(), &zone()).unwrap();
    content.insert(fence, (Fence { owner: "shop".into(), rev: 7 }.records(), 60));
    content
}

/// Every row of the table in the documentation.
pub(crate) fn every_table_row(test_zone: &dyn TestZone) {
    let samples = Samples::of(test_zone);
    let guarantee = test_zone.open().guarantee();
    let rows = [present_rows(&samples, guarantee), other_rows(&samples)].concat();
    test_zone.put(&content_before(&rows), TTL);
    test_zone.put_foreign(&n("other.shop"), "MX", "10 mail.example.net.");
    let hosts: Vec<String> = rows.iter().map(host).collect();
    let mut entries: Vec<_> = rows.iter().zip(&hosts).map(|(row, host)| (host.as_str(), "b", row.1.clone())).collect();
    entries.push(("other.shop", "b", present("new.example.net")));
    let want = with_equal_ttls(content_after(&rows));

    let desired = desired_zone("shop", &entries);
    let (outcomes, end) = apply(&mut *test_zone.open(), &desired, 7);
    assert_eq!(end, ZoneOutcome::Complete);
    for (row, outcome) in rows.iter().zip(&outcomes) {
        assert_eq!(*outcome, row.4, "{}", row.0);
    }
    assert_eq!(outcomes.last(), Some(&NameOutcome::Refused(RefusalReason::InUse)), "a name with other types is in use");
    assert_eq!(with_equal_ttls(test_zone.content()), want);

    let writes = test_zone.writes();
    let (again, end) = apply(&mut *test_zone.open(), &desired, 7);
    assert_eq!(end, ZoneOutcome::Complete);
    for (first, second) in outcomes.iter().zip(&again) {
        let unchanged = if let NameOutcome::Done(_) = first { &NameOutcome::Kept } else { first };
        assert_eq!(second, unchanged);
    }
    assert_eq!(test_zone.writes(), writes, "a second run writes nothing");
    assert_eq!(with_equal_ttls(test_zone.content()), want);
}
