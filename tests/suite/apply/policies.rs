//! Update policies of `PowerDNS`, which drops the records that they forbid without an error, and a missing key.

use crate::apply::action::{RefusalReason, WriteKind};
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::reconcile::Permissions;
use crate::apply::rfc2136::{Rfc2136Zone, key};
use crate::apply::zone::DnsZone;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::scenarios::{
    RETRY_POLICY, TestZone, apply, apply_with, desired_zone, n, ownership_name, ownership_records, set, zone,
};
use crate::tests::apply::server::{Access, Kind, Running, apply_key};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const OLD: &str = "192.0.2.1";
const NEW: &str = "192.0.2.2";

fn address(value: &str) -> RecordSets {
    set(RecordType::A, &[value])
}

fn present(value: &str, ttl: u32) -> DesiredState {
    DesiredState::Present(address(value), ttl)
}

/// Whether each name failed because of the policy.
fn all_dropped(outcomes: &[NameOutcome]) -> bool {
    let is_dropped =
        |outcome: &NameOutcome| matches!(outcome, NameOutcome::Failed(reason) if reason.contains("update policy"));
    outcomes.iter().all(is_dropped)
}

/// `PowerDNS` with an update policy, if it is installed.
fn power_dns(policy: &str) -> Option<Running> {
    Kind::PowerDns.is_installed().then(|| {
        let mut server = Running::start(Kind::PowerDns, Access::Least, "");
        server.set_policy(policy);
        server
    })
}

/// Whichever of the two names of a change the server drops, the zone is as before, with TTLs that somebody has changed.
#[test]
fn a_change_of_one_name_only_is_undone_to_exactly_what_was_before() {
    let fence = "if name:equal('_rev.shop._pleach.dev.example.com') then return true end\n";
    for policy in [
        "return name:isPartOf(newDN('shop.dev.example.com'))",
        "return name:isPartOf(newDN('_pleach.dev.example.com'))",
        "return kind ~= pdns.A",
    ] {
        let Some(mut server) = power_dns(&format!("{fence}{policy}")) else { return };
        let owned = ["updated.shop", "deleted.shop", "ttl.shop", "overwritten.shop"];
        server.put(&owned.map(|front| (n(front), address(OLD))), 777);
        server.put(&owned.map(|front| (ownership_name(front), ownership_records("shop", "b", 600, &address(OLD)))), 60);
        server.put(&[(n("overwritten.shop"), address("192.0.2.99"))], 888);
        server.put(&[(n("adopted.shop"), address(NEW))], 999);
        server.put(&[(ownership_name("restored.shop"), ownership_records("shop", "b", 60, &address(OLD)))], 60);
        let desired = desired_zone(
            "shop",
            &[
                ("updated.shop", "b", present(NEW, 60)),
                ("deleted.shop", "b", DesiredState::Absent),
                ("ttl.shop", "b", present(OLD, 60)),
                ("overwritten.shop", "b", present(NEW, 60)),
                ("adopted.shop", "b", present(NEW, 60)),
                ("restored.shop", "b", present(NEW, 60)),
                ("created.shop", "b", present(NEW, 60)),
            ],
        );
        let permissions = Permissions {
            adopt: [n("adopted.shop")].into(),
            overwrite: [n("overwritten.shop")].into(),
            ..Permissions::default()
        };
        let before = server.content();
        for _ in 0..2 {
            let (outcomes, end) = apply_with(&mut *server.open(), &desired, 1, &permissions);
            assert_eq!((all_dropped(&outcomes), end), (true, ZoneOutcome::Complete), "{policy}: {outcomes:?}");
            let mut after = server.content();
            after.remove(&desired.fence.own);
            assert_eq!(after, before, "{policy}");
        }
        server.set_policy("return true");
        let (outcomes, end) = apply_with(&mut *server.open(), &desired, 1, &permissions);
        let is_done = outcomes.iter().all(|outcome| matches!(outcome, NameOutcome::Done(_)));
        assert_eq!((is_done, end), (true, ZoneOutcome::Complete), "{policy}: {outcomes:?}");
        assert!(server.content().values().all(|(_, ttl)| *ttl == 60), "{policy}");
    }
}

/// A connection to a server, which ends after some updates that change something, as if the run was killed.
fn killed_after(server: &Running, updates: usize) -> Rfc2136Zone {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, target) = (listener.local_addr().unwrap().to_string(), server.address());
    let left = Arc::new(AtomicUsize::new(updates));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(&target).unwrap());
            while left.load(Ordering::SeqCst) > 0 {
                let Some(request) = message(&mut client) else { break };
                server.write_all(&request).unwrap();
                let Some(answer) = message(&mut server) else { break };
                // The opcode is UPDATE, and the section with the changes has records.
                if request[4] >> 3 & 15 == 5 && request[10..12] != [0, 0] {
                    left.fetch_sub(1, Ordering::SeqCst);
                }
                let _ = client.write_all(&answer);
            }
        }
    });
    Rfc2136Zone::new(zone(), address, Some(key::parse(&apply_key()).unwrap()), RETRY_POLICY)
}

/// A DNS message with its length.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut bytes = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut bytes).ok()?;
    Some([&length[..], &bytes].concat())
}

/// A run that is killed leaves few ownership records without a host. They never make records of somebody else ours.
#[test]
fn a_killed_run_leaves_nothing_that_takes_over_records_of_others() {
    let policy = "return kind ~= pdns.A";
    let Some(mut server) = power_dns(policy) else { return };
    let fronts: Vec<String> = (0..200).map(|i| format!("n{i}.shop")).collect();
    let all = |state: DesiredState| {
        let entries: Vec<_> = fronts.iter().map(|front| (front.as_str(), "b", state.clone())).collect();
        desired_zone("shop", &entries)
    };
    // The fence and 150 names.
    let (_, end) = apply(&mut killed_after(&server, 151), &all(present(OLD, 60)), 1);
    assert!(matches!(end, ZoneOutcome::Failed(_)), "{end:?}");
    let halves: Vec<&String> =
        fronts.iter().filter(|front| server.content().contains_key(&ownership_name(front))).collect();
    assert!(!halves.is_empty() && halves.len() <= 48, "{}", halves.len());
    let (taken, free) = (halves[0], halves[1]);
    server.put(&[(n(taken), address(NEW))], 3600);
    let before = server.content();
    // The files now want what somebody else has written.
    for (rev, state) in [(2, present(NEW, 60)), (3, present(NEW, 3600)), (4, DesiredState::Absent)] {
        let (outcomes, end) = apply(&mut *server.open(), &all(state.clone()), rev);
        assert_eq!(end, ZoneOutcome::Complete);
        let at = fronts.iter().position(|front| front == taken).unwrap();
        assert_eq!(outcomes[at], NameOutcome::Refused(RefusalReason::Drift), "{state:?}");
        let mut after = server.content();
        assert_eq!(after[&n(taken)], before[&n(taken)]);
        if state == DesiredState::Absent {
            after.retain(|name, _| fronts.iter().any(|front| *name == ownership_name(front)));
            assert_eq!(after.into_keys().collect::<Vec<_>>(), [ownership_name(taken)], "the others are removed");
        } else {
            assert_eq!(after[&ownership_name(free)], before[&ownership_name(free)]);
        }
    }
    server.set_policy("return true");
    let (outcomes, _) = apply(&mut *server.open(), &all(present(OLD, 60)), 5);
    let created = outcomes.iter().filter(|outcome| **outcome == NameOutcome::Done(WriteKind::Create)).count();
    assert_eq!(created, fronts.len() - 1);
}

/// Without a key, a zone fails in the same way whether its fence has to be raised or not.
#[test]
fn a_missing_key_fails_the_zone_whatever_the_fence_is() {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start(kind, Access::Least, "");
        if kind == Kind::PowerDns {
            // The other protection: anybody may send updates, and the policy drops them.
            server.sql("delete from domainmetadata where kind = 'TSIG-ALLOW-DNSUPDATE'");
        }
        let of = |ttl| desired_zone("shop", &[("a.shop", "b", present(OLD, ttl)), ("b.shop", "b", present(OLD, ttl))]);
        assert_eq!(apply(&mut *server.open(), &of(60), 5).1, ZoneOutcome::Complete);
        let before = server.content();
        for rev in [5, 6] {
            let mut unsigned = Rfc2136Zone::new(zone(), server.address(), None, RETRY_POLICY);
            let warning = unsigned.warning().unwrap();
            assert!(warning.contains("`PLEACH_TSIG`"), "{warning}");
            let (_, end) = apply(&mut unsigned, &of(300), rev);
            let is_reported = matches!(&end, ZoneOutcome::Failed(reason) if reason.contains("no key was sent"));
            assert!(is_reported, "{kind:?} {rev}: {end:?}");
            assert_eq!(server.content(), before, "{kind:?} {rev}");
        }
    }
}
