//! The scenarios on real name servers, with full and with least access, and tests that need a real server.
#![expect(clippy::disallowed_methods, reason = "a test may know what time it is")]

use crate::apply::action::{NameAction, RefusalReason, WriteKind};
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::reconcile::{Permissions, Reconciler};
use crate::apply::retry::{Retry, RetryPolicy};
use crate::apply::rfc2136::{Rfc2136Zone, key};
use crate::apply::zone::{AtomicChange, DnsZone, NamePair, PairQuery, PairState, ZoneError};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::faults::InterruptedZone;
use crate::tests::apply::scenarios::{
    RETRY_POLICY, SCENARIOS, TestZone, apply, cname, desired_zone, n, ownership_name, ownership_records, set, zone,
};
use crate::tests::apply::server::{self, Access, Kind, Running};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn every_scenario_passes(kind: Kind, access: Access) {
    if !kind.is_installed() {
        return;
    }
    for (name, scenario) in SCENARIOS {
        let running = Running::start(kind, access, "");
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario(&running)));
        assert!(result.is_ok(), "\"{name}\" on {kind:?} with {access:?} access\n{}", running.log());
    }
}

#[test]
fn every_scenario_passes_on_bind_with_least_access() {
    every_scenario_passes(Kind::Bind, Access::Least);
}

#[test]
fn every_scenario_passes_on_bind_with_open_access() {
    every_scenario_passes(Kind::Bind, Access::Open);
}

#[test]
fn every_scenario_passes_on_knot_with_least_access() {
    every_scenario_passes(Kind::Knot, Access::Least);
}

#[test]
fn every_scenario_passes_on_knot_with_open_access() {
    every_scenario_passes(Kind::Knot, Access::Open);
}

#[test]
fn every_scenario_passes_on_power_dns_with_least_access() {
    every_scenario_passes(Kind::PowerDns, Access::Least);
}

#[test]
fn every_scenario_passes_on_power_dns_with_open_access() {
    every_scenario_passes(Kind::PowerDns, Access::Open);
}

fn servers(access: Access, more: &str, test: impl Fn(&mut Running)) {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        test(&mut Running::start(kind, access, more));
    }
}

fn present(target: &str) -> DesiredState {
    DesiredState::Present(cname(target), 60)
}

#[test]
fn a_wildcard_above_a_name_is_not_mistaken_for_its_records() {
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
        assert_eq!(answer(server, "other.shop", "A"), "192.0.2.9\n", "ownership records do not affect the wildcard");
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
fn a_run_waits_for_a_server_that_restarts() {
    servers(Access::Least, "", |server| {
        let fronts: Vec<String> = (0..400).map(|i| format!("n{i}.shop")).collect();
        let entries: Vec<_> = fronts.iter().map(|front| (front.as_str(), "b", present("x.example.net"))).collect();
        let desired = desired_zone("shop", &entries);
        let longest_pause = Duration::from_secs(1);
        let patient = RetryPolicy { tries: 12, first_pause: Duration::from_millis(50), longest_pause, ..RETRY_POLICY };
        let mut zone = server.apply_zone(patient);
        let (permissions, mut outcomes) = (Permissions::default(), vec![None; 400]);
        let reconciler = Reconciler::new(&desired, &permissions, patient);
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
fn listing_a_zone_waits_for_a_server_that_restarts() {
    servers(Access::Open, "", |server| {
        let longest_pause = Duration::from_secs(1);
        let patient = RetryPolicy { tries: 12, first_pause: Duration::from_millis(50), longest_pause, ..RETRY_POLICY };
        let mut zone = server.admin(patient);
        server.kill();
        let listed = std::thread::scope(|scope| {
            let listed = scope.spawn(|| zone.list());
            std::thread::sleep(Duration::from_millis(300));
            server.restart();
            listed.join().unwrap()
        });
        assert!(listed.is_ok(), "{:?}: {listed:?}", server.kind);
    });
}

#[test]
fn a_zone_that_the_server_does_not_serve_is_reported() {
    servers(Access::Least, "", |server| {
        for key in [None, Some(key::parse(&server::apply_key()).unwrap())] {
            let other = DnsName::target("gone.example.org").unwrap();
            let mut zone = Rfc2136Zone::new(other, server.address(), key, RETRY_POLICY);
            let pair = NamePair { host: None, ownership: DnsName::target("a._pleach.gone.example.org").unwrap() };
            let read = zone.read(&[PairQuery { pair, expected: PairState::EMPTY }]);
            for error in [read.map(drop).unwrap_err(), zone.list().map(drop).unwrap_err()] {
                let is_reported = error.to_string().contains("or the server does not serve the zone");
                assert!(is_reported, "{:?}: {error}", server.kind);
            }
        }
    });
}

#[test]
fn a_missing_permission_is_reported_and_nothing_is_written() {
    let key = |text: &str| Some(key::parse(text).unwrap());
    servers(Access::Least, "", |server| {
        let desired = desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]);
        for (key, reason) in [
            (None, "no key was sent, because neither `PLEACH_TSIG` nor"),
            (key("hmac-sha256:pleach:d3Jvbmc="), "the key is wrong"),
            (key("hmac-sha256:nobody:d3Jvbmc="), "the key is wrong"),
        ] {
            let notices = Arc::new(Mutex::new(Vec::new()));
            let retry = {
                let notices = notices.clone();
                Retry::from(RETRY_POLICY)
                    .with_notice(Arc::new(move |text| notices.lock().unwrap().push(text.to_owned())))
            };
            let (_, end) = apply(&mut Rfc2136Zone::new(zone(), server.address(), key, retry), &desired, 1);
            let is_reported = matches!(&end, ZoneOutcome::Failed(text) if text.contains(reason));
            assert!(is_reported, "{:?}: {end:?}", server.kind);
            assert_eq!(*notices.lock().unwrap(), [""; 0], "{:?}: it is not tried again", server.kind);
        }
        assert!(server.content().is_empty());
    });
}

/// `PowerDNS` drops the records that its policy forbids, without an error, and applies the rest; the others refuse the change. Every
/// run has the same results, and changes nothing.
#[test]
fn a_name_outside_of_the_policy_is_not_half_written() {
    servers(Access::Least, "", |server| {
        let (old, new) = (cname("old.example.net"), present("new.example.net"));
        let owned = ["gone", "changed", "gone2.deep", "ttl"];
        server.put(&owned.map(|front| (n(front), old.clone())), 600);
        server.put(&owned.map(|front| (ownership_name(front), ownership_records("shop", "b", 600, &old))), 60);
        // As a run left it that was killed, or somebody has deleted the host.
        server.put(&[(ownership_name("left"), ownership_records("shop", "b", 60, &cname("new.example.net")))], 60);
        let desired = desired_zone(
            "shop",
            &[
                ("created", "b", new.clone()),
                ("left", "b", new.clone()),
                ("changed", "b", new.clone()),
                ("gone", "b", DesiredState::Absent),
                ("gone2.deep", "b", DesiredState::Absent),
                ("ttl", "b", present("old.example.net")),
                ("ours.shop", "b", new.clone()),
            ],
        );
        let before = server.content();
        for is_first in [true, false] {
            let (outcomes, end) = apply(&mut *server.open(), &desired, 1);
            assert_eq!(end, ZoneOutcome::Complete, "{:?}: {outcomes:?}", server.kind);
            for outcome in &outcomes[..6] {
                let is_reported =
                    matches!(outcome, NameOutcome::Failed(reason) if reason.contains("update policy probably forbids"));
                assert!(is_reported, "{:?}: {outcomes:?}", server.kind);
            }
            let ours = if is_first { NameOutcome::Done(WriteKind::Create) } else { NameOutcome::Kept };
            assert_eq!(outcomes[6], ours, "{:?}", server.kind);
            let mut after = server.content();
            after.retain(|name, _| before.contains_key(name) || !name.as_str().contains("shop"));
            assert_eq!(after, before, "{:?}", server.kind);
        }
    });
}

/// A name below a delegation would not resolve. The fence and the ownership record are not below it.
#[test]
fn no_name_is_created_below_a_delegation() {
    // Records below it exist, but a server does not show them.
    let delegation = "sub.shop NS ns.example.net.\nold.sub.shop A 192.0.2.7\n";
    servers(Access::Least, delegation, |server| {
        let fronts = ["x.sub.shop", "old.sub.shop", "a.shop", "b.deep.shop"];
        let desired = desired_zone("shop", &fronts.map(|front| (front, "b", present("x.example.net"))));
        let refused = NameOutcome::Refused(RefusalReason::BelowDelegation(n("sub.shop")));
        for outcome in [NameOutcome::Done(WriteKind::Create), NameOutcome::Kept] {
            let (outcomes, end) = apply(&mut *server.open(), &desired, 1);
            let want = vec![refused.clone(), refused.clone(), outcome.clone(), outcome];
            assert_eq!((outcomes, end), (want, ZoneOutcome::Complete), "{:?}", server.kind);
        }
        assert!(!server.content().contains_key(&ownership_name("x.sub.shop")), "{:?}", server.kind);
    });
}

#[test]
fn a_refused_connection_is_an_error_and_ipv6_works() {
    servers(Access::Least, "", |server| {
        let key = Some(key::parse(&crate::tests::apply::server::apply_key()).unwrap());
        let mut six = Rfc2136Zone::new(zone(), format!("[::1]:{}", server.port), key, RETRY_POLICY);
        let desired = desired_zone(
            "shop",
            &[("a.shop", "b", DesiredState::Present(set(RecordType::Aaaa, &["2001:db8::1"]), 60))],
        );
        assert_eq!(apply(&mut six, &desired, 1), (vec![NameOutcome::Done(WriteKind::Create)], ZoneOutcome::Complete));
        server.kill();
        let permissions = Permissions::default();
        let error = Reconciler::new(&desired, &permissions, RETRY_POLICY).plan(&mut six).unwrap_err();
        assert!(matches!(error, ZoneError::Unavailable(..)), "{error:?}");
    });
}

/// Messages are filled by bytes: 48 names with a kilobyte each need several, and one name may need most of a message.
#[test]
fn large_records_are_written_until_a_change_does_not_fit_into_one_message() {
    let text = |letter: char, length: usize| letter.to_string().repeat(length);
    let of = |texts: &[String]| set(RecordType::Txt, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    servers(Access::Least, "", |server| {
        let fronts: Vec<String> = (0..48).map(|i| format!("n{i}.shop")).collect();
        let all = |state: &DesiredState| {
            let entries: Vec<_> = fronts.iter().map(|front| (front.as_str(), "b", state.clone())).collect();
            desired_zone("shop", &entries)
        };
        let present = |letter| DesiredState::Present(of(&[text(letter, 1024)]), 60);
        for (state, outcome) in [
            (present('a'), NameOutcome::Done(WriteKind::Create)),
            (present('a'), NameOutcome::Kept),
            (present('b'), NameOutcome::Done(WriteKind::Update)),
            (DesiredState::Absent, NameOutcome::Done(WriteKind::Delete)),
        ] {
            let (outcomes, end) = apply(&mut *server.open(), &all(&state), 1);
            assert_eq!((outcomes, end), (vec![outcome; 48], ZoneOutcome::Complete), "{:?}", server.kind);
        }
        let many = |letter| of(&('a'..='i').map(|other| format!("{other}{}", text(letter, 3900))).collect::<Vec<_>>());
        let too_large = NameOutcome::Refused(RefusalReason::TooLarge(
            "its old and new records do not fit into one DNS message of 64 KiB: use fewer or shorter records, or several names"
                .into(),
        ));
        for (state, outcome) in [
            (DesiredState::Present(many('x'), 60), NameOutcome::Done(WriteKind::Create)),
            (DesiredState::Present(many('x'), 60), NameOutcome::Kept),
            (DesiredState::Present(many('y'), 60), too_large),
            (DesiredState::Absent, NameOutcome::Done(WriteKind::Delete)),
        ] {
            // Another name of the same run is written.
            let beside = DesiredState::Present(of(&[format!("{outcome:?}")]), 60);
            let desired = desired_zone("shop", &[("large.shop", "b", state), ("small.shop", "b", beside)]);
            let (outcomes, end) = apply(&mut *server.open(), &desired, 2);
            assert_eq!((&outcomes[0], end), (&outcome, ZoneOutcome::Complete), "{:?}", server.kind);
            assert!(matches!(outcomes[1], NameOutcome::Done(_)), "{:?}: {outcomes:?}", server.kind);
        }
    });
}

/// The most rounds of a measurement.
const ROUNDS: usize = 5;

#[test]
fn ten_thousand_names_are_planned_in_three_times_the_time_of_dig() {
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
            // Other processes slow down some rounds, so one good round is enough.
            let good = (0..ROUNDS).any(|_| {
                let began = Instant::now();
                server.dig(&["-f", file.to_str().unwrap()]);
                let dig = began.elapsed();
                let began = Instant::now();
                let plan = Reconciler::new(&desired, &permissions, RETRY_POLICY).plan(&mut *server.open()).unwrap();
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
fn longer_hashes_are_supported() {
    let name = "hmac-sha512";
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start_with(kind, Access::Least, "", name);
        let text = crate::tests::apply::server::apply_key().replace("hmac-sha256", name);
        let mut zone = Rfc2136Zone::new(zone(), server.address(), Some(key::parse(&text).unwrap()), RETRY_POLICY);
        let desired = desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]);
        assert_eq!(
            apply(&mut zone, &desired, 1),
            (vec![NameOutcome::Done(WriteKind::Create)], ZoneOutcome::Complete),
            "{kind:?}"
        );
        let wrong = key::parse(&crate::tests::apply::server::apply_key()).unwrap();
        let (_, end) = apply(
            &mut Rfc2136Zone::new(crate::tests::apply::scenarios::zone(), server.address(), Some(wrong), RETRY_POLICY),
            &desired,
            2,
        );
        assert!(matches!(&end, ZoneOutcome::Failed(reason) if reason.contains("the key is wrong")), "{kind:?} {end:?}");
    }
}

/// A zone that counts how often it is read.
struct CountedZone<Z>(Z, usize);

impl<Z: DnsZone> DnsZone for CountedZone<Z> {
    fn version(&mut self) -> Result<Option<u32>, ZoneError> {
        self.0.version()
    }

    fn read(&mut self, queries: &[PairQuery]) -> Result<Vec<PairState>, ZoneError> {
        self.1 += 1;
        self.0.read(queries)
    }

    fn write(&mut self, changes: &[AtomicChange]) -> Vec<Result<(), ZoneError>> {
        self.0.write(changes)
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, ZoneError> {
        self.0.list()
    }
}

/// The serial of the zone shows whether somebody else has written between reading and raising the fence.
#[test]
fn names_are_read_again_only_if_somebody_else_has_written() {
    servers(Access::Least, "", |server| {
        let desired = desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]);
        for (rev, is_alone) in [(1, true), (2, true), (3, false)] {
            let act = || {
                if !is_alone {
                    server.put(&[(n("other"), set(RecordType::A, &["192.0.2.1"]))], 60);
                }
            };
            let mut zone = CountedZone(InterruptedZone::new(server.open(), 0, &act), 0);
            assert_eq!(apply(&mut zone, &desired, rev).1, ZoneOutcome::Complete);
            assert_eq!(zone.1, if is_alone { 1 } else { 2 }, "{:?} {rev}", server.kind);
        }
    });
}
