//! The scenarios with the API of every provider, as far as its guarantees allow, and tests that need an API.

use crate::apply::action::{RefusalReason, WriteKind};
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::zone::{ProviderGuarantee, ZoneError};
use crate::record::{RecordSets, RecordType};
use crate::spec::ZoneProvider;
use crate::tests::apply::http::cloud_apis::{CloudDns, Route53};
use crate::tests::apply::http::json_apis::{CANARY, Cloudflare, GoDaddy, PowerDns};
use crate::tests::apply::http::{FakeServer, ReceivedRequest, ServerFault};
use crate::tests::apply::scenarios::{
    SCENARIOS, TestZone, apply, apply_with, cname, desired_zone, n, ownership_name, ownership_records, set,
};
use crate::tests::kit;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub(crate) const ALL: [ZoneProvider; 5] = [
    ZoneProvider::CloudDns,
    ZoneProvider::Route53,
    ZoneProvider::Cloudflare,
    ZoneProvider::PowerDns,
    ZoneProvider::GoDaddy,
];

/// A server of a provider with small pages.
pub(crate) fn fake(provider: ZoneProvider) -> FakeServer {
    match provider {
        ZoneProvider::CloudDns => FakeServer::start(CloudDns { page: Some(7), account: None }),
        ZoneProvider::Route53 => FakeServer::start(Route53 { page: 7, session: true, bare_errors: false }),
        ZoneProvider::Cloudflare => FakeServer::start(Cloudflare { page: 7, plan: "free" }),
        ZoneProvider::PowerDns => FakeServer::start(PowerDns),
        ZoneProvider::GoDaddy => FakeServer::start(GoDaddy),
        ZoneProvider::Rfc2136 => unreachable!("it has no API"),
    }
}

fn every_scenario_passes(provider: ZoneProvider) {
    for (name, scenario) in SCENARIOS {
        let fake = fake(provider);
        // Simultaneous runs need compare-and-set.
        if name == "racing" && !fake.open().guarantee().compare_and_set {
            continue;
        }
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario(&fake)));
        assert!(result.is_ok(), "\"{name}\" with {provider:?}");
    }
}

#[test]
fn every_scenario_passes_with_cloud_dns() {
    every_scenario_passes(ZoneProvider::CloudDns);
}

#[test]
fn every_scenario_passes_with_route53() {
    every_scenario_passes(ZoneProvider::Route53);
}

#[test]
fn every_scenario_passes_with_cloudflare() {
    every_scenario_passes(ZoneProvider::Cloudflare);
}

#[test]
fn every_scenario_passes_with_the_api_of_power_dns() {
    every_scenario_passes(ZoneProvider::PowerDns);
}

#[test]
fn every_scenario_passes_with_godaddy() {
    every_scenario_passes(ZoneProvider::GoDaddy);
}

fn present(target: &str) -> DesiredState {
    DesiredState::Present(cname(target), 600)
}

/// This number of names to create.
fn many(count: usize) -> Vec<(String, &'static str, DesiredState)> {
    (0..count).map(|i| (format!("n{i:03}.shop"), "b", present("x.example.net"))).collect()
}

fn borrowed<'a>(entries: &'a [(String, &'static str, DesiredState)]) -> Vec<(&'a str, &'a str, DesiredState)> {
    entries.iter().map(|(front, branch, state)| (front.as_str(), *branch, state.clone())).collect()
}

fn changes(fake: &FakeServer) -> usize {
    fake.log().iter().filter(|got| got.method != "GET").count()
}

#[test]
fn guarantees_equal_the_documentation() {
    let guarantee = |compare_and_set, atomic| ProviderGuarantee { compare_and_set, atomic };
    for (provider, want) in ALL.into_iter().zip([
        guarantee(true, true),
        guarantee(true, true),
        guarantee(false, true),
        guarantee(false, true),
        guarantee(false, false),
    ]) {
        assert_eq!(fake(provider).open().guarantee(), want, "{provider:?}");
    }
}

#[test]
fn faults_of_single_requests_do_not_affect_the_result() {
    let faults = [
        ServerFault::TooMany(Some(1)),
        ServerFault::TooMany(None),
        ServerFault::Fail,
        ServerFault::FailAfter,
        ServerFault::Cut,
        ServerFault::CutAfter,
    ];
    let old = cname("old.example.net");
    for provider in ALL {
        for fault in faults {
            for at in 0..5 {
                let fake = fake(provider);
                let before =
                    [(n("b.shop"), old.clone()), (ownership_name("b.shop"), ownership_records("shop", "b", 600, &old))];
                fake.put(&before, 600);
                let desired = desired_zone(
                    "shop",
                    &[("a.shop", "b", present("a.example.net")), ("b.shop", "b", DesiredState::Absent)],
                );
                fake.set_faults(&[(at, fault)]);
                fake.set_read_faults(&[(at, fault)]);
                let (outcomes, end) = apply(&mut *fake.open(), &desired, 1);
                let text = format!("{provider:?} {fault:?} at {at}: {outcomes:?} {end:?}");
                assert_eq!(end, ZoneOutcome::Complete, "{text}");
                assert!(outcomes.iter().all(|o| matches!(o, NameOutcome::Done(_) | NameOutcome::Kept)), "{text}");
                let content = fake.content();
                let names: Vec<String> = content.keys().map(ToString::to_string).collect();
                assert_eq!(
                    names,
                    ["_rev.shop._pleach", "a.shop._pleach", "a.shop"].map(|front| n(front).to_string()),
                    "{text}"
                );
                assert_eq!(content[&n("a.shop")].0, cname("a.example.net"), "{text}");
            }
        }
    }
}

#[test]
fn a_late_response_is_not_awaited() {
    for provider in ALL {
        let fake = fake(provider);
        fake.set_faults(&[(0, ServerFault::Silent), (2, ServerFault::Silent)]);
        fake.set_read_faults(&[(0, ServerFault::Silent)]);
        let desired =
            desired_zone("shop", &[("a.shop", "b", present("a.example.net")), ("b.shop", "b", DesiredState::Absent)]);
        let (outcomes, end) = apply(&mut *fake.open_with_short_timeout(), &desired, 1);
        assert_eq!(end, ZoneOutcome::Complete, "{provider:?} {outcomes:?}");
        assert_eq!(fake.content()[&n("a.shop")].0, cname("a.example.net"), "{provider:?}");
        assert_eq!(fake.content().len(), 3, "{provider:?}");
    }
}

#[test]
fn a_provider_that_always_fails_ends_the_run() {
    for provider in ALL {
        let fake = fake(provider);
        let always: Vec<(usize, ServerFault)> = (0..100).map(|at| (at, ServerFault::TooMany(None))).collect();
        fake.set_read_faults(&always);
        let desired = desired_zone("shop", &[("a.shop", "b", present("a.example.net"))]);
        let (_, end) = apply(&mut *fake.open(), &desired, 1);
        assert!(matches!(&end, ZoneOutcome::Failed(why) if why.contains("too many requests")), "{provider:?} {end:?}");
        assert_eq!(fake.log().len(), 6, "{provider:?}: as often as patience says");
        fake.set_read_faults(&[]);
        fake.set_faults(&always);
        let (outcomes, end) = apply(&mut *fake.open(), &desired, 1);
        assert!(
            matches!(end, ZoneOutcome::Failed(_)) && outcomes == [NameOutcome::Skipped],
            "{provider:?} {outcomes:?} {end:?}"
        );
        assert_eq!(fake.writes(), 0);
    }
}

#[test]
fn a_refused_connection_is_an_error() {
    for provider in ALL {
        let port = fake(provider).port;
        let stopped = fake(provider);
        let mut zone = stopped.open();
        drop(stopped);
        let desired = desired_zone("shop", &[("a.shop", "b", present("a.example.net"))]);
        let (_, end) = apply(&mut *zone, &desired, 1);
        assert!(matches!(&end, ZoneOutcome::Failed(why) if why.contains("127.0.0.1")), "{provider:?} {port} {end:?}");
    }
}

#[test]
fn many_names_are_sent_in_few_changes_and_a_refused_one_does_not_block_the_others() {
    for (provider, most) in [
        (ZoneProvider::CloudDns, 2),
        (ZoneProvider::Route53, 4),
        // A batch has 200 records: two for the fence and two for each name.
        (ZoneProvider::Cloudflare, 5),
        (ZoneProvider::PowerDns, 2),
    ] {
        let fake = fake(provider);
        let entries = many(300);
        let (outcomes, end) = apply(&mut *fake.open(), &desired_zone("shop", &borrowed(&entries)), 1);
        assert_eq!((end, outcomes.len()), (ZoneOutcome::Complete, 300));
        assert!(outcomes.iter().all(|o| *o == NameOutcome::Done(WriteKind::Create)), "{provider:?} {outcomes:?}");
        assert!(changes(&fake) <= most, "{provider:?} {}", changes(&fake));
        assert_eq!(fake.content().len(), 601);
        assert!(
            apply(&mut *fake.open(), &desired_zone("shop", &borrowed(&entries)), 1)
                .0
                .iter()
                .all(|o| *o == NameOutcome::Kept)
        );
    }
    // One name has a conflict that appeared after it was read.
    for provider in [ZoneProvider::CloudDns, ZoneProvider::Route53] {
        let fake = fake(provider);
        let entries = many(40);
        let act = || fake.put(&[(n("n017.shop"), set(RecordType::A, &["192.0.2.1"]))], 600);
        let mut zone = Late { zone: fake.open(), act: Some(&act), after: 1 };
        let (outcomes, end) = apply(&mut zone, &desired_zone("shop", &borrowed(&entries)), 1);
        assert_eq!(end, ZoneOutcome::Complete);
        for (at, outcome) in outcomes.iter().enumerate() {
            let want = if at == 17 {
                NameOutcome::Refused(RefusalReason::InUse)
            } else {
                NameOutcome::Done(WriteKind::Create)
            };
            assert_eq!(*outcome, want, "{provider:?} {at}");
        }
    }
}

/// A zone with an action before the first write.
struct Late<'a> {
    zone: Box<dyn crate::apply::zone::DnsZone + Send>,
    act: Option<&'a dyn Fn()>,
    after: usize,
}

impl crate::apply::zone::DnsZone for Late<'_> {
    fn read(
        &mut self,
        queries: &[crate::apply::zone::PairQuery],
    ) -> Result<Vec<crate::apply::zone::PairState>, ZoneError> {
        self.zone.read(queries)
    }

    fn write(&mut self, changes: &[crate::apply::zone::AtomicChange]) -> Vec<Result<(), ZoneError>> {
        if self.after == 0 {
            self.act.take().into_iter().for_each(|act| act());
        }
        self.after = self.after.saturating_sub(1);
        self.zone.write(changes)
    }

    fn list(&mut self) -> Result<Vec<(crate::name::DnsName, RecordSets)>, ZoneError> {
        self.zone.list()
    }
}

/// Adopting a name writes an ownership record, and gives the records the TTL of the file.
#[test]
fn an_adopted_name_gets_the_ttl_of_the_file() {
    for provider in ALL {
        let fake = fake(provider);
        let (a, txt) = (set(RecordType::A, &["192.0.2.1"]), set(RecordType::Txt, &["text"]));
        fake.change(|table| {
            table.put(n("a.shop").as_str(), "A", 700, ["192.0.2.1".to_owned()]);
            table.put(n("a.shop").as_str(), "TXT", 800, ["\"text\"".to_owned()]);
        });
        let mut both = a;
        both.merge(txt);
        let desired = desired_zone("shop", &[("a.shop", "b", DesiredState::Present(both.clone(), 600))]);
        let permissions = crate::apply::reconcile::Permissions { adopt: [n("a.shop")].into(), ..Default::default() };
        let (outcomes, end) = apply_with(&mut *fake.open(), &desired, 1, &permissions);
        assert_eq!((outcomes, end), (vec![NameOutcome::Done(WriteKind::Adopt)], ZoneOutcome::Complete), "{provider:?}");
        fake.change(|table| {
            let ttl = |kind| table.get(n("a.shop").as_str(), kind).unwrap().ttl;
            assert_eq!((ttl("A"), ttl("TXT")), (600, 600), "{provider:?}");
            assert!(table.get(ownership_name("a.shop").as_str(), "TXT").is_some());
        });
    }
}

/// A TTL that somebody else changed is as documented: not reported and left, until the name changes.
#[test]
fn a_ttl_of_somebody_else_stays_until_the_name_changes() {
    for provider in ALL {
        let fake = fake(provider);
        let run = |target| apply(&mut *fake.open(), &desired_zone("shop", &[("a.shop", "b", present(target))]), 1).0;
        let ttl = || fake.content()[&n("a.shop")].1;
        assert_eq!(run("old.example.net"), [NameOutcome::Done(WriteKind::Create)], "{provider:?}");
        fake.put(&[(n("a.shop"), cname("old.example.net"))], 1200);
        assert_eq!((run("old.example.net"), ttl()), (vec![NameOutcome::Kept], 1200), "{provider:?}");
        assert_eq!(run("new.example.net"), [NameOutcome::Done(WriteKind::Update)], "{provider:?}");
        assert_eq!(ttl(), 600, "{provider:?}");
    }
}

/// Somebody changes a name right before a change arrives, after the last read.
#[test]
fn compare_and_set_refuses_outdated_changes() {
    let hand = "192.0.2.99";
    for provider in [ZoneProvider::CloudDns, ZoneProvider::Route53] {
        let fake = fake(provider);
        let old = cname("old.example.net");
        fake.put(
            &[(n("a.shop"), old.clone()), (ownership_name("a.shop"), ownership_records("shop", "b", 600, &old))],
            600,
        );
        let desired = desired_zone(
            "shop",
            &[("a.shop", "b", present("new.example.net")), ("b.shop", "b", present("new.example.net"))],
        );
        fake.before_change(1, |table| {
            table.put(n("a.shop").as_str(), "CNAME", 600, Vec::new());
            table.put(n("a.shop").as_str(), "A", 600, [hand.to_owned()]);
        });
        let (outcomes, end) = apply(&mut *fake.open(), &desired, 1);
        assert_eq!(end, ZoneOutcome::Complete);
        assert_eq!(
            outcomes,
            [NameOutcome::Refused(RefusalReason::Drift), NameOutcome::Done(WriteKind::Create)],
            "{provider:?}"
        );
        assert_eq!(fake.content()[&n("a.shop")].0, set(RecordType::A, &[hand]));
    }
}

/// A newer run raises the fence right before a change of an older one arrives.
#[test]
fn a_newer_run_stops_an_older_one_even_between_reading_and_writing() {
    for provider in [ZoneProvider::CloudDns, ZoneProvider::Route53, ZoneProvider::Cloudflare] {
        let fake = fake(provider);
        let desired = desired_zone("shop", &[("a.shop", "b", present("old.example.net"))]);
        fake.before_change(1, |table| {
            let fence = "\"pleach/1 owner=shop rev=2\"".to_owned();
            table.put(n("_rev.shop._pleach").as_str(), "TXT", 60, [fence]);
        });
        let (_, end) = apply(&mut *fake.open(), &desired, 1);
        assert_eq!(end, ZoneOutcome::Superseded(2), "{provider:?}");
        assert!(!fake.content().contains_key(&n("a.shop")), "{provider:?}");
    }
}

/// Cloudflare accepts two TXT records at one name, so two first runs may both write a fence.
#[test]
fn two_fences_written_at_the_same_time_become_one() {
    for (other, end, outcome) in [
        (2, ZoneOutcome::Superseded(2), NameOutcome::Skipped),
        (0, ZoneOutcome::Complete, NameOutcome::Done(WriteKind::Create)),
    ] {
        let fake = fake(ZoneProvider::Cloudflare);
        let desired = desired_zone("shop", &[("a.shop", "b", present("x.example.net"))]);
        let fence = format!("\"pleach/1 owner=shop rev={other}\"");
        fake.before_change(0, move |table| table.put(n("_rev.shop._pleach").as_str(), "TXT", 60, [fence]));
        assert_eq!(apply(&mut *fake.open(), &desired, 1), (vec![outcome], end));
        let (outcomes, end) = apply(&mut *fake.open(), &desired, 3);
        assert_eq!(end, ZoneOutcome::Complete);
        assert!(matches!(outcomes[..], [NameOutcome::Done(_) | NameOutcome::Kept]));
        let want = crate::dns::ownership::Fence { owner: "shop".into(), rev: 3 }.records();
        assert_eq!(fake.content()[&n("_rev.shop._pleach")].0, want);
    }
}

/// The lost change that `--allow-no-cas` permits.
#[test]
fn without_compare_and_set_a_change_in_between_is_overwritten() {
    for provider in [ZoneProvider::PowerDns, ZoneProvider::GoDaddy] {
        let fake = fake(provider);
        let old = cname("old.example.net");
        fake.put(
            &[(n("a.shop"), old.clone()), (ownership_name("a.shop"), ownership_records("shop", "b", 600, &old))],
            600,
        );
        let desired = desired_zone("shop", &[("a.shop", "b", present("new.example.net"))]);
        fake.before_change(1, |table| {
            table.put(n("a.shop").as_str(), "CNAME", 600, ["hand.example.net.".to_owned()]);
        });
        let (outcomes, _) = apply(&mut *fake.open(), &desired, 1);
        assert_eq!(outcomes, [NameOutcome::Done(WriteKind::Update)], "{provider:?}");
        assert_eq!(fake.content()[&n("a.shop")].0, cname("new.example.net"));
    }
}

#[test]
fn an_interrupted_run_with_godaddy_is_completed_by_the_next() {
    let old = cname("old.example.net");
    let target = desired_zone(
        "shop",
        &[
            ("a.shop", "b", present("new.example.net")),
            ("b.shop", "b", DesiredState::Present(set(RecordType::A, &["192.0.2.7"]), 600)),
            ("c.shop", "b", DesiredState::Absent),
        ],
    );
    let mut cut = 0;
    for at in 0..9 {
        for fault in [ServerFault::Cut, ServerFault::CutAfter] {
            let fake = fake(ZoneProvider::GoDaddy);
            for front in ["b.shop", "c.shop"] {
                fake.put(
                    &[(n(front), old.clone()), (ownership_name(front), ownership_records("shop", "b", 600, &old))],
                    600,
                );
            }
            // Every request from this one on fails.
            let dead: Vec<_> = (at + 1..200).map(|at| (at, ServerFault::Cut)).chain([(at, fault)]).collect();
            fake.set_faults(&dead);
            let (_, end) = apply(&mut *fake.open(), &target, 3);
            cut += usize::from(end != ZoneOutcome::Complete);
            fake.set_faults(&[]);
            let (outcomes, end) = apply(&mut *fake.open(), &target, 3);
            assert_eq!(end, ZoneOutcome::Complete, "{fault:?} at {at}");
            assert!(
                outcomes.iter().all(|o| matches!(o, NameOutcome::Done(_) | NameOutcome::Kept)),
                "{fault:?} at {at} {outcomes:?}"
            );
            let content = fake.content();
            assert_eq!(content.len(), 5, "{content:?}");
            assert_eq!(content[&n("b.shop")].0, set(RecordType::A, &["192.0.2.7"]));
            assert_eq!(
                content[&ownership_name("b.shop")].0,
                ownership_records("shop", "b", 600, &set(RecordType::A, &["192.0.2.7"]))
            );
        }
    }
    assert!(cut > 12, "{cut} runs were cut");
}

#[test]
fn wrong_credentials_are_reported_and_nothing_is_written() {
    for provider in ALL {
        let fake = fake(provider);
        let desired = desired_zone("shop", &[("a.shop", "b", present("a.example.net"))]);
        for (name, _) in fake.variables() {
            if name == "AWS_ACCESS_KEY_ID" {
                continue;
            }
            let mut zone = fake.open_with(&[(name, "wrong-and-secret-all-the-same")], None).unwrap();
            let (_, end) = apply(&mut *zone, &desired, 1);
            let ZoneOutcome::Failed(why) = end else { panic!("{provider:?} {end:?}") };
            assert!(why.contains("the credential is wrong or lacks a permission"), "{provider:?} {why}");
            assert!(!why.contains("wrong-and-secret"), "{provider:?} {why}");
        }
        assert_eq!(fake.writes(), 0, "{provider:?}");
    }
}

/// The requests, which the golden files show, follow the documentation of each provider.
#[test]
fn requests_follow_the_documentation_of_the_providers() {
    for provider in ALL {
        let fake = fake(provider);
        let (old, both) = (cname("old.example.net"), {
            let mut both = set(RecordType::A, &["192.0.2.1", "192.0.2.2"]);
            both.merge(set(RecordType::Txt, &["a \"text\"; with \\ everything é"]));
            if fake.takes(RecordType::Caa) {
                both.merge(set(RecordType::Caa, &["0 issue \"ca.example.net\""]));
            }
            both
        });
        for front in ["update.shop", "delete.shop"] {
            fake.put(
                &[(n(front), old.clone()), (ownership_name(front), ownership_records("shop", "b", 600, &old))],
                600,
            );
        }
        let desired = desired_zone(
            "shop",
            &[
                ("*.create.shop", "b", DesiredState::Present(both, 600)),
                ("delete.shop", "b", DesiredState::Absent),
                ("update.shop", "b", DesiredState::Present(set(RecordType::Aaaa, &["2001:db8::1"]), 900)),
            ],
        );
        assert_eq!(apply(&mut *fake.open(), &desired, 7).1, ZoneOutcome::Complete);
        let text: String = fake.log().iter().map(golden_text).collect();
        let name = format!("{provider:?}.http").to_lowercase();
        kit::compare_text(&kit::root().join("tests/dns/requests").join(name), &text);
    }
}

/// A request in the form of a golden file, without variable and secret parts.
fn golden_text(got: &ReceivedRequest) -> String {
    let mut text = format!("{} {}\n", got.method, got.target);
    for (name, value) in &got.headers {
        let value = match name.as_str() {
            "host" | "user-agent" | "content-length" | "accept" => continue,
            "x-amz-date" => "DATE".to_owned(),
            "authorization" => match value.split_once(", Signature=") {
                Some((front, _)) => format!("{}DATE{}, Signature=PROOF", &front[..40], &front[48..]),
                None => value.replace(CANARY, "SECRET"),
            },
            _ => value.replace(CANARY, "SECRET"),
        };
        writeln!(text, "{name}: {value}").unwrap();
    }
    let body = match serde_json::from_str::<serde_json::Value>(&got.body) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
        Err(_) => got.body.replace("><", ">\n<"),
    };
    format!("{text}\n{body}{}\n", if body.is_empty() { "" } else { "\n" })
}

/// A token request of a service account.
#[test]
fn google_returns_a_token_for_a_signature() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let openssl = |args: &[&str]| {
        std::process::Command::new("openssl")
            .args(args)
            .current_dir(folder.path())
            .output()
            .is_ok_and(|o| o.status.success())
    };
    let made = openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem"])
        && openssl(&["rsa", "-in", "key.pem", "-RSAPublicKey_out", "-outform", "DER", "-out", "key.der"]);
    if !made {
        assert!(std::env::var_os("PLEACH_NEED_DNS").is_none(), "openssl is missing");
        return;
    }
    let read = |path: PathBuf| std::fs::read(path).unwrap();
    let key = String::from_utf8(read(path("key.pem"))).unwrap();
    let fake = FakeServer::start(CloudDns { page: None, account: Some((key.clone(), read(path("key.der")))) });
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let trace = {
        let lines = lines.clone();
        Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()))
    };
    let desired = desired_zone("shop", &[("a.shop", "b", present("a.example.net"))]);
    let mut zone = fake.open_with(&[], Some(trace)).unwrap();
    assert_eq!(apply(&mut *zone, &desired, 1), (vec![NameOutcome::Done(WriteKind::Create)], ZoneOutcome::Complete));
    let logins = fake.log().iter().filter(|got| got.path() == "/token").count();
    assert_eq!(logins, 1, "a token is used until it expires");
    let text = lines.lock().unwrap().join("\n");
    assert!(text.contains("access token") && text.contains("POST") && text.contains("\"additions\""), "{text}");
    let secret = key.lines().nth(1).unwrap();
    assert!(!text.contains(CANARY) && !text.contains(secret) && !text.contains("assertion"), "{text}");

    // The key of another account: Google refuses it, and no output contains it.
    assert!(openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "other.pem"]));
    let other = String::from_utf8(read(path("other.pem"))).unwrap();
    let fake = FakeServer::start(CloudDns { page: None, account: Some((other, read(path("key.der")))) });
    let (_, end) = apply(&mut *fake.open(), &desired, 1);
    assert_eq!(
        end,
        ZoneOutcome::Failed("Google returned no access token (400): invalid_grant Invalid JWT Signature.".into())
    );
}

#[test]
fn errors_in_credentials_of_google_do_not_contain_them() {
    for (text, want) in [
        ("secret-canary", "are not JSON"),
        ("{\"type\": \"secret-canary\"}", "have a `type` that is neither"),
        ("{}", "have no `type`"),
        ("{\"type\": \"service_account\", \"private_key\": \"secret-canary\"}", "not an RSA key in PKCS #8"),
        (
            "{\"type\": \"authorized_user\", \"client_id\": \"x\", \"client_secret\": \"secret-canary\"}",
            "have no `refresh_token`",
        ),
    ] {
        struct File(&'static str);
        impl crate::tests::apply::http::ProviderRules for File {
            fn provider(&self) -> ZoneProvider {
                ZoneProvider::CloudDns
            }
            fn variables(&self, _: &str) -> Vec<(&'static str, String)> {
                vec![("GOOGLE_APPLICATION_CREDENTIALS", "/x".into())]
            }
            fn file(&self, _: &str) -> String {
                self.0.to_owned()
            }
            fn answer(
                &self,
                _: &mut crate::tests::apply::http::Table,
                _: &ReceivedRequest,
            ) -> crate::tests::apply::http::FakeResponse {
                unreachable!("nothing is sent")
            }
        }
        let error = FakeServer::start(File(text)).open_with(&[], None).map(drop).unwrap_err();
        let text = format!("{error} {:?}", error.parts().help);
        assert!(text.contains(want) && !text.contains("secret-canary"), "{text}");
    }
}

/// The API of a real server.
struct RealApi(crate::tests::apply::server::Running);

impl TestZone for RealApi {
    fn open(&self) -> Box<dyn crate::apply::zone::DnsZone + Send> {
        self.0.open_api(crate::tests::apply::scenarios::RETRY_POLICY)
    }

    fn put(&self, names: &[(crate::name::DnsName, RecordSets)], ttl: u32) {
        self.0.put(names, ttl);
    }

    fn put_foreign(&self, name: &crate::name::DnsName, kind: &str, data: &str) {
        self.0.put_foreign(name, kind, data);
    }

    fn content(&self) -> crate::tests::apply::scenarios::ZoneContent {
        self.0.content()
    }

    fn writes(&self) -> usize {
        self.0.writes()
    }
}

#[test]
fn every_scenario_passes_with_the_api_of_a_real_power_dns() {
    use crate::tests::apply::server::{Access, Kind, Running};
    if !Kind::PowerDns.is_installed() {
        return;
    }
    for (name, scenario) in SCENARIOS.into_iter().filter(|(name, _)| *name != "racing") {
        let api = RealApi(Running::start(Kind::PowerDns, Access::Least, ""));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario(&api)));
        assert!(result.is_ok(), "\"{name}\"\n{}", api.0.log());
    }
}

/// A disabled record of `PowerDNS` belongs to somebody: what would replace or delete it is refused.
#[test]
fn disabled_records_of_a_real_power_dns_are_never_changed() {
    use crate::apply::zone::ForeignSet;
    use crate::tests::apply::server::{Access, Kind, Running};
    if !Kind::PowerDns.is_installed() {
        return;
    }
    let api = RealApi(Running::start(Kind::PowerDns, Access::Least, ""));
    let address = |text: &str| set(RecordType::A, &[text]);
    let (old, new) = (address("192.0.2.1"), address("192.0.2.2"));
    let fronts = ["update.shop", "gone.shop", "alias.shop", "beside.shop"];
    let owned =
        |front: &&str| [(n(front), old.clone()), (ownership_name(front), ownership_records("shop", "b", 600, &old))];
    api.put(&fronts.iter().flat_map(owned).collect::<Vec<_>>(), 600);
    let disable = |front: &str, kind: &str, data: &str| {
        api.0.sql(&format!(
            "INSERT INTO records (domain_id, name, type, content, ttl, disabled, auth) VALUES (1, '{}', '{kind}', '{data}', 600, 1, 1)",
            n(front)
        ));
    };
    let disabled =
        [("update.shop", "A"), ("gone.shop", "A"), ("alias.shop", "TXT"), ("beside.shop", "AAAA"), ("free.shop", "A")];
    for (front, kind) in disabled {
        disable(
            front,
            kind,
            match kind {
                "A" => "192.0.2.66",
                "AAAA" => "2001:db8::66",
                _ => "\"theirs\"",
            },
        );
    }
    let desired = desired_zone(
        "shop",
        &[
            ("update.shop", "b", DesiredState::Present(new.clone(), 600)),
            ("gone.shop", "b", DesiredState::Absent),
            ("alias.shop", "b", present("new.example.net")),
            ("beside.shop", "b", DesiredState::Present(new.clone(), 600)),
            ("free.shop", "b", present("new.example.net")),
        ],
    );
    let (outcomes, end) = apply(&mut *api.open(), &desired, 1);
    assert_eq!(end, ZoneOutcome::Complete);
    let refused = |kind: &str| {
        NameOutcome::Refused(RefusalReason::InTheWay(vec![ForeignSet { kind: kind.into(), special: "disabled" }]))
    };
    let in_use = NameOutcome::Refused(RefusalReason::InUse);
    assert_eq!(outcomes, [refused("A"), refused("A"), refused("TXT"), NameOutcome::Done(WriteKind::Update), in_use]);
    // Enabled again, every record is still there.
    api.0.sql("UPDATE records SET disabled = 0");
    let content = api.content();
    for (front, kind) in disabled {
        let kind = RecordType::of_name(kind).unwrap();
        assert!(
            content[&n(front)].0.get(kind).is_some_and(|set| set
                .iter()
                .any(|data| data.value(kind).contains("66") || data.value(kind) == "theirs")),
            "{front}"
        );
    }
}
