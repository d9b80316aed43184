//! The stories on real name servers, with everything allowed and with only what is needed, and what only real servers
//! can show.
#![expect(clippy::disallowed_methods, reason = "a test may know what time it is")]

use crate::apply::decide::{DesiredState, NameAction, WriteKind};
use crate::apply::reconcile::{NameOutcome, Permissions, Reconciler, ZoneOutcome};
use crate::apply::retry::RetryPolicy;
use crate::apply::rfc2136::{Rfc2136Zone, key};
use crate::apply::zone::ZoneError;
use crate::record::RecordType;
use crate::tests::apply::scenarios::{
    RETRY_POLICY, SCENARIOS, TestZone, apply, cname, desired_zone, n, ownership_name, ownership_records, set, zone,
};
use crate::tests::apply::server::{Access, Kind, Running};
use std::time::{Duration, Instant};

fn every_story_holds(kind: Kind, access: Access) {
    if !kind.is_here() {
        return;
    }
    for (name, scenario) in SCENARIOS {
        let running = Running::start(kind, access, "");
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario(&running)));
        assert!(told.is_ok(), "\"{name}\" on {kind:?} with {access:?} access\n{}", running.log());
    }
}

#[test]
fn every_story_holds_on_bind_with_least_access() {
    every_story_holds(Kind::Bind, Access::Least);
}

#[test]
fn every_story_holds_on_bind_with_open_access() {
    every_story_holds(Kind::Bind, Access::Open);
}

#[test]
fn every_story_holds_on_knot_with_least_access() {
    every_story_holds(Kind::Knot, Access::Least);
}

#[test]
fn every_story_holds_on_knot_with_open_access() {
    every_story_holds(Kind::Knot, Access::Open);
}

#[test]
fn every_story_holds_on_power_dns_with_least_access() {
    every_story_holds(Kind::PowerDns, Access::Least);
}

#[test]
fn every_story_holds_on_power_dns_with_open_access() {
    every_story_holds(Kind::PowerDns, Access::Open);
}

fn servers(access: Access, more: &str, test: impl Fn(&mut Running)) {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_here()) {
        test(&mut Running::start(kind, access, more));
    }
}

fn present(target: &str) -> DesiredState {
    DesiredState::Present(cname(target), 60)
}

#[test]
fn a_wildcard_above_neither_fools_nor_is_harmed() {
    let wild = "* CNAME wild.example.net.\n*.shop TXT \"pleach/2\"\n*.shop A 192.0.2.9\n";
    servers(Access::Least, wild, |server| {
        let answer = |server: &Running, front: &str, kind| server.dig(&[n(front).as_str(), kind, "+short"]);
        assert_eq!(answer(server, "a.shop", "A"), "192.0.2.9\n", "{:?}", server.kind);
        let names = ["a.shop", "b.shop", "c.d.shop"];
        let create = desired_zone("shop", &names.map(|front| (front, "b", present("ours.example.net"))));
        let (outcomes, end) = apply(&mut *server.open(), &create, 1);
        assert_eq!(
            (outcomes, end),
            (vec![NameOutcome::Done(WriteKind::Create); 3], ZoneOutcome::Complete),
            "{:?}",
            server.kind
        );
        assert!(apply(&mut *server.open(), &create, 1).0.iter().all(|outcome| *outcome == NameOutcome::Kept));
        assert_eq!(answer(server, "a.shop", "CNAME"), "ours.example.net.\n");
        assert_eq!(answer(server, "other.shop", "A"), "192.0.2.9\n", "markers take nothing out of the wildcard");
        assert_eq!(answer(server, "elsewhere", "CNAME"), "wild.example.net.\n");
        let delete = desired_zone("shop", &names.map(|front| (front, "b", DesiredState::Absent)));
        let (outcomes, end) = apply(&mut *server.open(), &delete, 2);
        assert_eq!(
            (outcomes, end),
            (vec![NameOutcome::Done(WriteKind::Delete); 3], ZoneOutcome::Complete),
            "{:?}",
            server.kind
        );
        assert_eq!(answer(server, "a.shop", "A"), "192.0.2.9\n");
    });
}

#[test]
fn a_server_that_dies_half_way_and_comes_back_is_waited_for() {
    servers(Access::Least, "", |server| {
        let fronts: Vec<String> = (0..400).map(|i| format!("n{i}.shop")).collect();
        let entries: Vec<_> = fronts.iter().map(|front| (front.as_str(), "b", present("x.example.net"))).collect();
        let desired = desired_zone("shop", &entries);
        let longest_pause = Duration::from_secs(1);
        let patient = RetryPolicy { tries: 12, first_pause: Duration::from_millis(50), longest_pause, ..RETRY_POLICY };
        let mut zone = server.ours(patient);
        let (permissions, mut outcomes) = (Permissions::default(), vec![None; 400]);
        let reconciler = Reconciler::new(&desired, &permissions, &patient);
        let plan = reconciler.plan(&mut zone).unwrap();
        let end = std::thread::scope(|scope| {
            let run = scope
                .spawn(|| reconciler.apply(&mut zone, plan, 1, &mut |at, _, outcome| outcomes[at] = Some(outcome)));
            while server.writes() < 3 {}
            server.kill();
            std::thread::sleep(Duration::from_millis(300));
            server.restart();
            run.join().unwrap()
        });
        assert_eq!(end, ZoneOutcome::Complete, "{:?}", server.kind);
        assert!(outcomes.iter().all(|outcome| *outcome == Some(NameOutcome::Done(WriteKind::Create))), "{outcomes:?}");
        let content = server.content();
        assert!(
            fronts.iter().all(|front| content.contains_key(&n(front)) && content.contains_key(&ownership_name(front)))
        );
        assert_eq!(content.len(), 801, "{:?}", server.kind);
    });
}

#[test]
fn who_has_no_right_is_told_so_and_writes_nothing() {
    let key = |text: &str| Some(key::parse(text).unwrap());
    servers(Access::Least, "", |server| {
        let desired = desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]);
        for key in [None, key("hmac-sha256:pleach:d3Jvbmc="), key("hmac-sha256:nobody:d3Jvbmc=")] {
            let (_, end) = apply(&mut Rfc2136Zone::new(zone(), server.address(), key, RETRY_POLICY), &desired, 1);
            let told = matches!(&end, ZoneOutcome::Failed(reason) if reason.contains("the key is wrong or lacks a permission"));
            assert!(told, "{:?}: {end:?}", server.kind);
        }
        let beyond = crate::tests::apply::scenarios::desired_zone("shop", &[("www", "b", present("x.example.net"))]);
        let (outcomes, end) = apply(&mut *server.open(), &beyond, 1);
        assert!(
            matches!(&end, ZoneOutcome::Failed(reason) if reason.contains("lacks a permission")),
            "{:?}: {end:?}",
            server.kind
        );
        assert!(matches!(outcomes[..], [NameOutcome::Failed(_)]));
        let content = server.content();
        assert!(!content.contains_key(&n("www")));
        // PowerDNS drops what its policy forbids, record by record, and does the rest.
        assert!(!content.contains_key(&ownership_name("www")) || server.kind == Kind::PowerDns);
    });
}

#[test]
fn nobody_there_is_a_failure_and_an_address_of_version_six_is_an_address() {
    servers(Access::Least, "", |server| {
        let key = Some(key::parse(&crate::tests::apply::server::our_key()).unwrap());
        let mut six = Rfc2136Zone::new(zone(), format!("[::1]:{}", server.port), key, RETRY_POLICY);
        let desired = desired_zone(
            "shop",
            &[("a.shop", "b", DesiredState::Present(set(RecordType::Aaaa, &["2001:db8::1"]), 60))],
        );
        assert_eq!(apply(&mut six, &desired, 1), (vec![NameOutcome::Done(WriteKind::Create)], ZoneOutcome::Complete));
        server.kill();
        let permissions = Permissions::default();
        let error = Reconciler::new(&desired, &permissions, &RETRY_POLICY).plan(&mut six).unwrap_err();
        assert!(matches!(error, ZoneError::Unavailable(..)), "{error:?}");
    });
}

/// How often a measurement is taken at most.
const ROUNDS: usize = 5;

#[test]
fn ten_thousand_names_are_planned_in_three_times_what_dig_takes() {
    let fronts = |letter: char| -> Vec<String> { (0..10_000).map(|i| format!("{letter}{i}.shop")).collect() };
    let (free, there) = (fronts('f'), fronts('t'));
    let target = cname("x.example.net");
    let ownership = ownership_records("shop", "b", 60, &target);
    let ownership = ownership.iter().next().unwrap().1.presentation(RecordType::Txt);
    let lines =
        there.iter().map(|front| format!("{front} 60 CNAME x.example.net.\n{front}._pleach 60 TXT {ownership}"));
    servers(Access::Least, &(lines.collect::<Vec<_>>().join("\n") + "\n"), |server| {
        for (fronts, outcome) in [(&free, NameAction::Write(WriteKind::Create)), (&there, NameAction::Keep)] {
            let list: Vec<String> = fronts.iter().map(|front| format!("{} CNAME", n(front))).collect();
            let file = std::env::temp_dir().join(format!("pleach-names-{}", server.port));
            std::fs::write(&file, list.join("\n")).unwrap();
            let entries: Vec<_> = fronts.iter().map(|front| (front.as_str(), "b", present("x.example.net"))).collect();
            let desired = desired_zone("shop", &entries);
            let permissions = Permissions::default();
            // Whatever else the machine does is no fault of ours: one good round is enough.
            let good = (0..ROUNDS).any(|_| {
                let began = Instant::now();
                server.dig(&["-f", file.to_str().unwrap()]);
                let dig = began.elapsed();
                let began = Instant::now();
                let plan = Reconciler::new(&desired, &permissions, &RETRY_POLICY).plan(&mut *server.open()).unwrap();
                let ours = began.elapsed();
                assert!(plan.items.iter().all(|(_, action)| *action == outcome), "{:?}", server.kind);
                ours < 3 * dig
            });
            assert!(good, "{:?}: in {ROUNDS} rounds, none in three times what dig took", server.kind);
            std::fs::remove_file(&file).unwrap();
        }
    });
}

#[test]
fn a_longer_hash_is_as_good() {
    let name = "hmac-sha512";
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_here()) {
        let server = Running::start_with(kind, Access::Least, "", name);
        let text = crate::tests::apply::server::our_key().replace("hmac-sha256", name);
        let mut zone = Rfc2136Zone::new(zone(), server.address(), Some(key::parse(&text).unwrap()), RETRY_POLICY);
        let desired = desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]);
        assert_eq!(
            apply(&mut zone, &desired, 1),
            (vec![NameOutcome::Done(WriteKind::Create)], ZoneOutcome::Complete),
            "{kind:?}"
        );
        let wrong = key::parse(&crate::tests::apply::server::our_key()).unwrap();
        let (_, end) = apply(
            &mut Rfc2136Zone::new(crate::tests::apply::scenarios::zone(), server.address(), Some(wrong), RETRY_POLICY),
            &desired,
            2,
        );
        assert!(matches!(&end, ZoneOutcome::Failed(reason) if reason.contains("the key is wrong")), "{kind:?} {end:?}");
    }
}
