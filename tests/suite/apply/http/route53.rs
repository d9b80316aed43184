//! Runs at once and errors of Route 53.

use crate::apply::action::WriteKind;
use crate::apply::context::ProviderContext;
use crate::apply::open::open_zone;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::tests::apply::http::cloud_apis::Route53;
use crate::tests::apply::http::{FakeServer, declared};
use crate::tests::apply::scenarios::{RETRY_POLICY, SCENARIOS, TestZone, apply, cname, desired_zone, n, present, zone};

fn fake(bare_errors: bool) -> FakeServer {
    FakeServer::start(Route53 { page: 7, session: true, bare_errors })
}

/// Each of twelve runs has its own revision and target. The newest wins, also if the others are faster.
fn twelve_runs_at_once(fake: &FakeServer, round: u64) {
    let revisions: Vec<u64> = (1..=12).map(|run| 100 * round + run).collect();
    let target = |revision: u64| format!("run{revision}.example.net");
    let ends: Vec<ZoneOutcome> = std::thread::scope(|scope| {
        let start = |revision: &u64| {
            let revision = *revision;
            scope.spawn(move || {
                let desired = desired_zone("shop", &[("a.shop", "b", present(&target(revision)))]);
                apply(&mut *fake.open(), &desired, revision).1
            })
        };
        revisions.iter().map(start).collect::<Vec<_>>().into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (revision, end) in revisions.iter().zip(&ends) {
        match end {
            ZoneOutcome::Complete => {}
            ZoneOutcome::Superseded(newer) => assert!(newer > revision, "{ends:?}"),
            end => panic!("{revision}: {end:?}"),
        }
    }
    let newest = *revisions.last().unwrap();
    assert_eq!(ends.last(), Some(&ZoneOutcome::Complete), "{ends:?}");
    assert_eq!(fake.content()[&n("a.shop")].0, cname(&target(newest)), "{ends:?}");
}

#[test]
fn the_newest_of_twelve_runs_wins_with_both_error_shapes_of_route53() {
    for bare_errors in [false, true] {
        let fake = fake(bare_errors);
        (0..20).for_each(|round| twelve_runs_at_once(&fake, round));
    }
}

#[test]
fn every_scenario_passes_with_route53_and_errors_without_a_code() {
    for (name, scenario) in SCENARIOS {
        let fake = fake(true);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario(&fake)));
        assert!(result.is_ok(), "{name}");
    }
}

#[test]
fn a_hosted_zone_that_does_not_exist_is_no_wrong_credential() {
    let fake = fake(false);
    let declared = declared(&format!("provider: route53, server: '{}', id: Z404", fake.base()));
    let variables = fake.variables();
    let variable = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    let context = ProviderContext { variable: &variable, file: &|_| unreachable!("no file is named"), trace: None };
    let mut zone = open_zone(&zone(), Some(&declared), &context, RETRY_POLICY).unwrap();
    let (_, end) = apply(&mut *zone, &desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]), 1);
    let ZoneOutcome::Failed(reason) = end else { panic!("{end:?}") };
    assert!(reason.starts_with("the zone does not exist in the account of this credential: "), "{reason}");
    assert!(reason.contains("(NoSuchHostedZone); check `id`"), "{reason}");
}

#[test]
fn the_id_of_a_hosted_zone_may_have_its_path() {
    for id in ["Z2PUBLIC", "/hostedzone/Z2PUBLIC", "hostedzone/Z2PUBLIC"] {
        let fake = fake(false);
        let declared = declared(&format!("provider: route53, server: '{}', id: {id}", fake.base()));
        let variables = fake.variables();
        let variable = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let context = ProviderContext { variable: &variable, file: &|_| unreachable!("no file is named"), trace: None };
        let mut zone = open_zone(&zone(), Some(&declared), &context, RETRY_POLICY).unwrap();
        let desired = desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]);
        assert_eq!(apply(&mut *zone, &desired, 1).0, [NameOutcome::Done(WriteKind::Create)], "{id}");
    }
}
