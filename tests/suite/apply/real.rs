//! The stories on real name servers, with everything allowed and with only what is needed, and what only real servers
//! can show.
#![expect(clippy::disallowed_methods, reason = "a test may know what time it is")]

use crate::apply::decide::{Action, Wish, Write};
use crate::apply::patience::Patience;
use crate::apply::rfc2136::{Server, key};
use crate::apply::walk::{End, Outcome, Permits, Walk};
use crate::apply::zone::Failure;
use crate::record::RecordType;
use crate::tests::apply::server::{Access, Kind, Running};
use crate::tests::apply::stories::{Field, PATIENCE, STORIES, apply, cname, mark, n, place, set, work, zone};
use std::time::{Duration, Instant};

fn every_story_holds(kind: Kind, access: Access) {
    if !kind.is_here() {
        return;
    }
    for (name, story) in STORIES {
        let running = Running::start(kind, access, "");
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| story(&running)));
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

fn present(target: &str) -> Wish {
    Wish::Present(cname(target), 60)
}

#[test]
fn a_wildcard_above_neither_fools_nor_is_harmed() {
    let wild = "* CNAME wild.example.net.\n*.shop TXT \"pleach/2\"\n*.shop A 192.0.2.9\n";
    servers(Access::Least, wild, |server| {
        let answer = |server: &Running, front: &str, kind| server.dig(&[n(front).as_str(), kind, "+short"]);
        assert_eq!(answer(server, "a.shop", "A"), "192.0.2.9\n", "{:?}", server.kind);
        let names = ["a.shop", "b.shop", "c.d.shop"];
        let create = work("shop", &names.map(|front| (front, "b", present("ours.example.net"))));
        let (outcomes, end) = apply(&mut *server.open(), &create, 1);
        assert_eq!((outcomes, end), (vec![Outcome::Done(Write::Create); 3], End::Complete), "{:?}", server.kind);
        assert!(apply(&mut *server.open(), &create, 1).0.iter().all(|outcome| *outcome == Outcome::Kept));
        assert_eq!(answer(server, "a.shop", "CNAME"), "ours.example.net.\n");
        assert_eq!(answer(server, "other.shop", "A"), "192.0.2.9\n", "markers take nothing out of the wildcard");
        assert_eq!(answer(server, "elsewhere", "CNAME"), "wild.example.net.\n");
        let delete = work("shop", &names.map(|front| (front, "b", Wish::Absent)));
        let (outcomes, end) = apply(&mut *server.open(), &delete, 2);
        assert_eq!((outcomes, end), (vec![Outcome::Done(Write::Delete); 3], End::Complete), "{:?}", server.kind);
        assert_eq!(answer(server, "a.shop", "A"), "192.0.2.9\n");
    });
}

#[test]
fn a_server_that_dies_half_way_and_comes_back_is_waited_for() {
    servers(Access::Least, "", |server| {
        let fronts: Vec<String> = (0..400).map(|i| format!("n{i}.shop")).collect();
        let entries: Vec<_> = fronts.iter().map(|front| (front.as_str(), "b", present("x.example.net"))).collect();
        let work = work("shop", &entries);
        let longest = Duration::from_secs(1);
        let patient = Patience { tries: 12, pause: Duration::from_millis(50), longest, ..PATIENCE };
        let mut zone = server.ours(patient);
        let (permits, mut outcomes) = (Permits::default(), vec![None; 400]);
        let walk = Walk::new(&work, &permits, &patient);
        let survey = walk.survey(&mut zone).unwrap();
        let end = std::thread::scope(|scope| {
            let run =
                scope.spawn(|| walk.apply(&mut zone, survey, 1, &mut |at, _, outcome| outcomes[at] = Some(outcome)));
            while server.writes() < 3 {}
            server.kill();
            std::thread::sleep(Duration::from_millis(300));
            server.restart();
            run.join().unwrap()
        });
        assert_eq!(end, End::Complete, "{:?}", server.kind);
        assert!(outcomes.iter().all(|outcome| *outcome == Some(Outcome::Done(Write::Create))), "{outcomes:?}");
        let content = server.content();
        assert!(fronts.iter().all(|front| content.contains_key(&n(front)) && content.contains_key(&place(front))));
        assert_eq!(content.len(), 801, "{:?}", server.kind);
    });
}

#[test]
fn who_has_no_right_is_told_so_and_writes_nothing() {
    let key = |text: &str| Some(key::parse(text).unwrap());
    servers(Access::Least, "", |server| {
        let work = work("shop", &[("a.shop", "b", present("x.example.net"))]);
        for key in [None, key("hmac-sha256:pleach:d3Jvbmc="), key("hmac-sha256:nobody:d3Jvbmc=")] {
            let (_, end) = apply(&mut Server::new(zone(), server.address(), key, PATIENCE), &work, 1);
            let told = matches!(&end, End::Failed(reason) if reason.contains("the key is wrong or has no right"));
            assert!(told, "{:?}: {end:?}", server.kind);
        }
        let beyond = crate::tests::apply::stories::work("shop", &[("www", "b", present("x.example.net"))]);
        let (outcomes, end) = apply(&mut *server.open(), &beyond, 1);
        assert!(matches!(&end, End::Failed(reason) if reason.contains("no right")), "{:?}: {end:?}", server.kind);
        assert!(matches!(outcomes[..], [Outcome::Failed(_)]));
        let content = server.content();
        assert!(!content.contains_key(&n("www")));
        // PowerDNS drops what its policy forbids, record by record, and does the rest.
        assert!(!content.contains_key(&place("www")) || server.kind == Kind::PowerDns);
    });
}

#[test]
fn nobody_there_is_a_failure_and_an_address_of_version_six_is_an_address() {
    servers(Access::Least, "", |server| {
        let key = Some(key::parse(&crate::tests::apply::server::our_key()).unwrap());
        let mut six = Server::new(zone(), format!("[::1]:{}", server.port), key, PATIENCE);
        let work = work("shop", &[("a.shop", "b", Wish::Present(set(RecordType::Aaaa, &["2001:db8::1"]), 60))]);
        assert_eq!(apply(&mut six, &work, 1), (vec![Outcome::Done(Write::Create)], End::Complete));
        server.kill();
        let permits = Permits::default();
        let failure = Walk::new(&work, &permits, &PATIENCE).survey(&mut six).unwrap_err();
        assert!(matches!(failure, Failure::Busy(..)), "{failure:?}");
    });
}

/// How often a measurement is taken at most.
const ROUNDS: usize = 5;

#[test]
fn ten_thousand_names_are_planned_in_three_times_what_dig_takes() {
    let fronts = |letter: char| -> Vec<String> { (0..10_000).map(|i| format!("{letter}{i}.shop")).collect() };
    let (free, there) = (fronts('f'), fronts('t'));
    let target = cname("x.example.net");
    let marker = mark("shop", "b", 60, &target);
    let marker = marker.iter().next().unwrap().1.presentation(RecordType::Txt);
    let lines = there.iter().map(|front| format!("{front} 60 CNAME x.example.net.\n{front}._pleach 60 TXT {marker}"));
    servers(Access::Least, &(lines.collect::<Vec<_>>().join("\n") + "\n"), |server| {
        for (fronts, outcome) in [(&free, Action::Write(Write::Create)), (&there, Action::Keep)] {
            let list: Vec<String> = fronts.iter().map(|front| format!("{} CNAME", n(front))).collect();
            let file = std::env::temp_dir().join(format!("pleach-names-{}", server.port));
            std::fs::write(&file, list.join("\n")).unwrap();
            let entries: Vec<_> = fronts.iter().map(|front| (front.as_str(), "b", present("x.example.net"))).collect();
            let work = work("shop", &entries);
            let permits = Permits::default();
            // Whatever else the machine does is no fault of ours: one good round is enough.
            let good = (0..ROUNDS).any(|_| {
                let began = Instant::now();
                server.dig(&["-f", file.to_str().unwrap()]);
                let dig = began.elapsed();
                let began = Instant::now();
                let survey = Walk::new(&work, &permits, &PATIENCE).survey(&mut *server.open()).unwrap();
                let ours = began.elapsed();
                assert!(survey.items.iter().all(|(_, action)| *action == outcome), "{:?}", server.kind);
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
        let mut zone = Server::new(zone(), server.address(), Some(key::parse(&text).unwrap()), PATIENCE);
        let work = work("shop", &[("a.shop", "b", present("x.example.net"))]);
        assert_eq!(apply(&mut zone, &work, 1), (vec![Outcome::Done(Write::Create)], End::Complete), "{kind:?}");
        let wrong = key::parse(&crate::tests::apply::server::our_key()).unwrap();
        let (_, end) = apply(
            &mut Server::new(crate::tests::apply::stories::zone(), server.address(), Some(wrong), PATIENCE),
            &work,
            2,
        );
        assert!(matches!(&end, End::Failed(reason) if reason.contains("the key is wrong")), "{kind:?} {end:?}");
    }
}
