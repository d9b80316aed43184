//! Two repositories whose projects have the same name, in one zone: the ids of their specs keep their names apart.

use crate::apply::action::{RefusalReason, WriteKind};
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::dns::ownership::Owner;
use crate::tests::apply::scenarios::{TestZone, apply, desired_zone, n, present};

fn owner(id: Option<&str>) -> Owner {
    Owner { project: "shop".into(), id: id.map(Into::into) }
}

/// A spec gets an id; then a copy of its repository has another one.
pub(crate) fn ids_of_repositories(test_zone: &dyn TestZone) {
    let run = |id, entries: &[(&str, &str, DesiredState)], rev| {
        apply(&mut *test_zone.open(), &desired_zone(owner(id), entries), rev)
    };
    let done = |kind| (vec![NameOutcome::Done(kind)], ZoneOutcome::Complete);
    let kept = || (vec![NameOutcome::Kept], ZoneOutcome::Complete);
    let of_other = |id| (vec![NameOutcome::Refused(RefusalReason::OtherOwner(owner(Some(id))))], ZoneOutcome::Complete);
    let older = |rev| (vec![NameOutcome::Skipped], ZoneOutcome::Superseded(rev));
    let name = [("a.shop", "b", present("a.example.net"))];
    let absent = [("a.shop", "b", DesiredState::Absent)];

    assert_eq!(run(None, &name, 5), done(WriteKind::Create));
    // The records without an id belong to the project, and so does its fence.
    assert_eq!(run(Some("original1"), &name, 4).1, ZoneOutcome::Superseded(5));
    assert_eq!(run(Some("original1"), &name, 6), done(WriteKind::Mark));
    assert_eq!(run(Some("original1"), &name, 6), kept());
    // A run of the spec without the id may be older, and has no names any more.
    assert_eq!(run(None, &[("new.shop", "b", present("x.example.net"))], 5), older(6));
    assert_eq!(run(None, &name, 7), of_other("original1"));
    assert_eq!(run(None, &absent, 7), kept());

    // The copy counts its own revisions, once it has a fence.
    assert_eq!(run(Some("thecopy22"), &name, 9), of_other("original1"));
    assert_eq!(run(Some("thecopy22"), &absent, 9), kept());
    let own = [("copy.shop", "b", present("b.example.net"))];
    assert_eq!(run(Some("thecopy22"), &own, 9), done(WriteKind::Create));
    assert_eq!(run(Some("original1"), &own, 7), of_other("thecopy22"));
    assert_eq!(run(Some("original1"), &name, 8), kept());
    assert_eq!(run(Some("original1"), &absent, 9), done(WriteKind::Delete));
    assert_eq!(run(Some("original1"), &absent, 8).1, ZoneOutcome::Superseded(9));
    assert!(!test_zone.content().contains_key(&n("a.shop")));
    assert!(test_zone.content().contains_key(&n("copy.shop")));
}
