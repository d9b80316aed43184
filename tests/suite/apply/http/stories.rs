//! The stories over every provider's API, as far as its promises go, and what only an API can show.

use crate::apply::decide::{Reason, Wish, Write};
use crate::apply::walk::{End, Outcome};
use crate::apply::zone::{Failure, Promise};
use crate::record::{RecordSets, RecordType};
use crate::spec::ZoneProvider;
use crate::tests::apply::http::clouds::{CloudDns, Route53};
use crate::tests::apply::http::rules::{CANARY, Cloudflare, GoDaddy, PowerDns};
use crate::tests::apply::http::{Accident, Fake, Got};
use crate::tests::apply::stories::{Field, STORIES, apply, apply_with, cname, mark, n, place, set, work};
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

/// A server of a provider with small replies, so that all have parts.
pub(crate) fn fake(provider: ZoneProvider) -> Fake {
    match provider {
        ZoneProvider::CloudDns => Fake::start(CloudDns { page: Some(7), account: None }),
        ZoneProvider::Route53 => Fake::start(Route53 { page: 7, session: true }),
        ZoneProvider::Cloudflare => Fake::start(Cloudflare { page: 7, plan: "free" }),
        ZoneProvider::PowerDns => Fake::start(PowerDns),
        ZoneProvider::GoDaddy => Fake::start(GoDaddy),
        ZoneProvider::Rfc2136 => unreachable!("it has no API"),
    }
}

fn every_story_holds(provider: ZoneProvider) {
    for (name, story) in STORIES {
        let fake = fake(provider);
        // Forty at one moment: that is what comparing is for.
        if name == "racing" && !fake.open().promise().compares {
            continue;
        }
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| story(&fake)));
        assert!(told.is_ok(), "\"{name}\" with {provider:?}");
    }
}

#[test]
fn every_story_holds_with_cloud_dns() {
    every_story_holds(ZoneProvider::CloudDns);
}

#[test]
fn every_story_holds_with_route53() {
    every_story_holds(ZoneProvider::Route53);
}

#[test]
fn every_story_holds_with_cloudflare() {
    every_story_holds(ZoneProvider::Cloudflare);
}

#[test]
fn every_story_holds_with_the_api_of_power_dns() {
    every_story_holds(ZoneProvider::PowerDns);
}

#[test]
fn every_story_holds_with_godaddy() {
    every_story_holds(ZoneProvider::GoDaddy);
}

fn present(target: &str) -> Wish {
    Wish::Present(cname(target), 600)
}

/// Names to be created, as many as are wanted.
fn many(count: usize) -> Vec<(String, &'static str, Wish)> {
    (0..count).map(|i| (format!("n{i:03}.shop"), "b", present("x.example.net"))).collect()
}

fn borrowed<'a>(entries: &'a [(String, &'static str, Wish)]) -> Vec<(&'a str, &'a str, Wish)> {
    entries.iter().map(|(front, branch, wish)| (front.as_str(), *branch, wish.clone())).collect()
}

fn changes(fake: &Fake) -> usize {
    fake.log().iter().filter(|got| got.method != "GET").count()
}

#[test]
fn what_is_promised_is_what_the_documentation_says() {
    let promise = |compares, atomic| Promise { compares, atomic };
    for (provider, want) in ALL.into_iter().zip([
        promise(true, true),
        promise(true, true),
        promise(false, true),
        promise(false, true),
        promise(false, false),
    ]) {
        assert_eq!(fake(provider).open().promise(), want, "{provider:?}");
    }
}

#[test]
fn accidents_of_single_requests_do_not_show_in_the_end() {
    let accidents = [
        Accident::TooMany(Some(1)),
        Accident::TooMany(None),
        Accident::Fail,
        Accident::FailAfter,
        Accident::Cut,
        Accident::CutAfter,
    ];
    let old = cname("old.example.net");
    for provider in ALL {
        for accident in accidents {
            for at in 0..5 {
                let fake = fake(provider);
                let stood = [(n("b.shop"), old.clone()), (place("b.shop"), mark("shop", "b", 600, &old))];
                fake.put(&stood, 600);
                let work = work("shop", &[("a.shop", "b", present("a.example.net")), ("b.shop", "b", Wish::Absent)]);
                fake.strike(&[(at, accident)]);
                fake.strike_questions(&[(at, accident)]);
                let (outcomes, end) = apply(&mut *fake.open(), &work, 1);
                let told = format!("{provider:?} {accident:?} at {at}: {outcomes:?} {end:?}");
                assert_eq!(end, End::Complete, "{told}");
                assert!(outcomes.iter().all(|o| matches!(o, Outcome::Done(_) | Outcome::Kept)), "{told}");
                let content = fake.content();
                let names: Vec<String> = content.keys().map(ToString::to_string).collect();
                assert_eq!(
                    names,
                    ["_rev.shop._pleach", "a.shop._pleach", "a.shop"].map(|front| n(front).to_string()),
                    "{told}"
                );
                assert_eq!(content[&n("a.shop")].0, cname("a.example.net"), "{told}");
            }
        }
    }
}

#[test]
fn who_does_not_answer_in_time_is_not_waited_for() {
    for provider in ALL {
        let fake = fake(provider);
        fake.strike(&[(0, Accident::Silent), (2, Accident::Silent)]);
        fake.strike_questions(&[(0, Accident::Silent)]);
        let work = work("shop", &[("a.shop", "b", present("a.example.net")), ("b.shop", "b", Wish::Absent)]);
        let (outcomes, end) = apply(&mut *fake.open_shortly(), &work, 1);
        assert_eq!(end, End::Complete, "{provider:?} {outcomes:?}");
        assert_eq!(fake.content()[&n("a.shop")].0, cname("a.example.net"), "{provider:?}");
        assert_eq!(fake.content().len(), 3, "{provider:?}");
    }
}

#[test]
fn a_provider_that_never_answers_well_is_given_up() {
    for provider in ALL {
        let fake = fake(provider);
        let always: Vec<(usize, Accident)> = (0..100).map(|at| (at, Accident::TooMany(None))).collect();
        fake.strike_questions(&always);
        let work = work("shop", &[("a.shop", "b", present("a.example.net"))]);
        let (_, end) = apply(&mut *fake.open(), &work, 1);
        assert!(matches!(&end, End::Failed(why) if why.contains("too many requests")), "{provider:?} {end:?}");
        assert_eq!(fake.log().len(), 6, "{provider:?}: as often as patience says");
        fake.strike_questions(&[]);
        fake.strike(&always);
        let (outcomes, end) = apply(&mut *fake.open(), &work, 1);
        assert!(matches!(end, End::Failed(_)) && outcomes == [Outcome::Skipped], "{provider:?} {outcomes:?} {end:?}");
        assert_eq!(fake.writes(), 0);
    }
}

#[test]
fn nobody_there_is_a_failure() {
    for provider in ALL {
        let port = fake(provider).port;
        let gone = fake(provider);
        let mut zone = gone.open();
        drop(gone);
        let work = work("shop", &[("a.shop", "b", present("a.example.net"))]);
        let (_, end) = apply(&mut *zone, &work, 1);
        assert!(matches!(&end, End::Failed(why) if why.contains("127.0.0.1")), "{provider:?} {port} {end:?}");
    }
}

#[test]
fn many_names_go_into_few_changes_and_one_that_is_refused_does_not_stop_the_others() {
    for (provider, most) in [
        (ZoneProvider::CloudDns, 2),
        (ZoneProvider::Route53, 4),
        // 200 records in a batch, of which two are the fence and two a name.
        (ZoneProvider::Cloudflare, 5),
        (ZoneProvider::PowerDns, 2),
    ] {
        let fake = fake(provider);
        let entries = many(300);
        let (outcomes, end) = apply(&mut *fake.open(), &work("shop", &borrowed(&entries)), 1);
        assert_eq!((end, outcomes.len()), (End::Complete, 300));
        assert!(outcomes.iter().all(|o| *o == Outcome::Done(Write::Create)), "{provider:?} {outcomes:?}");
        assert!(changes(&fake) <= most, "{provider:?} {}", changes(&fake));
        assert_eq!(fake.content().len(), 601);
        assert!(apply(&mut *fake.open(), &work("shop", &borrowed(&entries)), 1).0.iter().all(|o| *o == Outcome::Kept));
    }
    // Something stands in the way of one name that was not there when it was read.
    for provider in [ZoneProvider::CloudDns, ZoneProvider::Route53] {
        let fake = fake(provider);
        let entries = many(40);
        let act = || fake.put(&[(n("n017.shop"), set(RecordType::A, &["192.0.2.1"]))], 600);
        let mut zone = Late { zone: fake.open(), act: Some(&act), after: 1 };
        let (outcomes, end) = apply(&mut zone, &work("shop", &borrowed(&entries)), 1);
        assert_eq!(end, End::Complete);
        for (at, outcome) in outcomes.iter().enumerate() {
            let want = if at == 17 { Outcome::Refused(Reason::InUse) } else { Outcome::Done(Write::Create) };
            assert_eq!(*outcome, want, "{provider:?} {at}");
        }
    }
}

/// A zone in which something happens once before a call that writes.
struct Late<'a> {
    zone: Box<dyn crate::apply::zone::Zone + Send>,
    act: Option<&'a dyn Fn()>,
    after: usize,
}

impl crate::apply::zone::Zone for Late<'_> {
    fn read(&mut self, asks: &[crate::apply::zone::Ask]) -> Result<Vec<crate::apply::zone::Standing>, Failure> {
        self.zone.read(asks)
    }

    fn write(&mut self, changes: &[crate::apply::zone::Change]) -> Vec<Result<(), Failure>> {
        if self.after == 0 {
            self.act.take().into_iter().for_each(|act| act());
        }
        self.after = self.after.saturating_sub(1);
        self.zone.write(changes)
    }

    fn list(&mut self) -> Result<Vec<(crate::name::DnsName, RecordSets)>, Failure> {
        self.zone.list()
    }
}

/// Taking a name over writes a marker and leaves the records as they are, each set with its own lifetime.
#[test]
fn a_name_that_is_taken_over_keeps_its_lifetimes() {
    for provider in ALL {
        let fake = fake(provider);
        let (a, txt) = (set(RecordType::A, &["192.0.2.1"]), set(RecordType::Txt, &["text"]));
        fake.change(|table| {
            table.put(n("a.shop").as_str(), "A", 700, ["192.0.2.1".to_owned()]);
            table.put(n("a.shop").as_str(), "TXT", 800, ["\"text\"".to_owned()]);
        });
        let mut both = a;
        both.merge(txt);
        let work = work("shop", &[("a.shop", "b", Wish::Present(both.clone(), 600))]);
        let permits = crate::apply::walk::Permits { adopt: [n("a.shop")].into(), ..Default::default() };
        let (outcomes, end) = apply_with(&mut *fake.open(), &work, 1, &permits);
        assert_eq!((outcomes, end), (vec![Outcome::Done(Write::Adopt)], End::Complete), "{provider:?}");
        fake.change(|table| {
            let ttl = |kind| table.get(n("a.shop").as_str(), kind).unwrap().ttl;
            assert_eq!((ttl("A"), ttl("TXT")), (700, 800), "{provider:?}");
            assert!(table.get(place("a.shop").as_str(), "TXT").is_some());
        });
    }
}

/// Somebody writes right before a change arrives, which is later than anything could be read.
#[test]
fn who_compares_refuses_what_is_based_on_old_news() {
    let hand = "192.0.2.99";
    for provider in [ZoneProvider::CloudDns, ZoneProvider::Route53] {
        let fake = fake(provider);
        let old = cname("old.example.net");
        fake.put(&[(n("a.shop"), old.clone()), (place("a.shop"), mark("shop", "b", 600, &old))], 600);
        let work =
            work("shop", &[("a.shop", "b", present("new.example.net")), ("b.shop", "b", present("new.example.net"))]);
        fake.before_change(1, |table| {
            table.put(n("a.shop").as_str(), "CNAME", 600, Vec::new());
            table.put(n("a.shop").as_str(), "A", 600, [hand.to_owned()]);
        });
        let (outcomes, end) = apply(&mut *fake.open(), &work, 1);
        assert_eq!(end, End::Complete);
        assert_eq!(outcomes, [Outcome::Refused(Reason::Drift), Outcome::Done(Write::Create)], "{provider:?}");
        assert_eq!(fake.content()[&n("a.shop")].0, set(RecordType::A, &[hand]));
    }
}

/// A newer run raises the fence right before a change of an older one arrives.
#[test]
fn a_newer_run_cuts_off_an_older_one_even_between_reading_and_writing() {
    for provider in [ZoneProvider::CloudDns, ZoneProvider::Route53, ZoneProvider::Cloudflare] {
        let fake = fake(provider);
        let work = work("shop", &[("a.shop", "b", present("old.example.net"))]);
        fake.before_change(1, |table| {
            let fence = "\"pleach/1 owner=shop rev=2\"".to_owned();
            table.put(n("_rev.shop._pleach").as_str(), "TXT", 60, [fence]);
        });
        let (_, end) = apply(&mut *fake.open(), &work, 1);
        assert_eq!(end, End::Overtaken(2), "{provider:?}");
        assert!(!fake.content().contains_key(&n("a.shop")), "{provider:?}");
    }
}

/// Cloudflare takes two texts at one name: two first runs may both put up a fence.
#[test]
fn two_fences_that_were_put_up_at_the_same_moment_become_one() {
    for (other, end, outcome) in
        [(2, End::Overtaken(2), Outcome::Skipped), (0, End::Complete, Outcome::Done(Write::Create))]
    {
        let fake = fake(ZoneProvider::Cloudflare);
        let work = work("shop", &[("a.shop", "b", present("x.example.net"))]);
        let fence = format!("\"pleach/1 owner=shop rev={other}\"");
        fake.before_change(0, move |table| table.put(n("_rev.shop._pleach").as_str(), "TXT", 60, [fence]));
        assert_eq!(apply(&mut *fake.open(), &work, 1), (vec![outcome], end));
        let (outcomes, end) = apply(&mut *fake.open(), &work, 3);
        assert_eq!(end, End::Complete);
        assert!(matches!(outcomes[..], [Outcome::Done(_) | Outcome::Kept]));
        let want = crate::dns::ownership::Fence { owner: "shop".into(), rev: 3 }.records();
        assert_eq!(fake.content()[&n("_rev.shop._pleach")].0, want);
    }
}

/// The window that `--allow-no-cas` allows: it is there, and nothing else is.
#[test]
fn who_does_not_compare_writes_over_what_comes_between() {
    for provider in [ZoneProvider::PowerDns, ZoneProvider::GoDaddy] {
        let fake = fake(provider);
        let old = cname("old.example.net");
        fake.put(&[(n("a.shop"), old.clone()), (place("a.shop"), mark("shop", "b", 600, &old))], 600);
        let work = work("shop", &[("a.shop", "b", present("new.example.net"))]);
        fake.before_change(1, |table| {
            table.put(n("a.shop").as_str(), "CNAME", 600, ["hand.example.net.".to_owned()]);
        });
        let (outcomes, _) = apply(&mut *fake.open(), &work, 1);
        assert_eq!(outcomes, [Outcome::Done(Write::Update)], "{provider:?}");
        assert_eq!(fake.content()[&n("a.shop")].0, cname("new.example.net"));
    }
}

#[test]
fn a_run_with_godaddy_that_ends_between_two_requests_is_taken_up_by_the_next() {
    let old = cname("old.example.net");
    let target = work(
        "shop",
        &[
            ("a.shop", "b", present("new.example.net")),
            ("b.shop", "b", Wish::Present(set(RecordType::A, &["192.0.2.7"]), 600)),
            ("c.shop", "b", Wish::Absent),
        ],
    );
    let mut cut = 0;
    for at in 0..9 {
        for accident in [Accident::Cut, Accident::CutAfter] {
            let fake = fake(ZoneProvider::GoDaddy);
            for front in ["b.shop", "c.shop"] {
                fake.put(&[(n(front), old.clone()), (place(front), mark("shop", "b", 600, &old))], 600);
            }
            // From that request on, nothing gets through.
            let dead: Vec<_> = (at + 1..200).map(|at| (at, Accident::Cut)).chain([(at, accident)]).collect();
            fake.strike(&dead);
            let (_, end) = apply(&mut *fake.open(), &target, 3);
            cut += usize::from(end != End::Complete);
            fake.strike(&[]);
            let (outcomes, end) = apply(&mut *fake.open(), &target, 3);
            assert_eq!(end, End::Complete, "{accident:?} at {at}");
            assert!(
                outcomes.iter().all(|o| matches!(o, Outcome::Done(_) | Outcome::Kept)),
                "{accident:?} at {at} {outcomes:?}"
            );
            let content = fake.content();
            assert_eq!(content.len(), 5, "{content:?}");
            assert_eq!(content[&n("b.shop")].0, set(RecordType::A, &["192.0.2.7"]));
            assert_eq!(content[&place("b.shop")].0, mark("shop", "b", 600, &set(RecordType::A, &["192.0.2.7"])));
        }
    }
    assert!(cut > 12, "{cut} runs were cut");
}

#[test]
fn wrong_credentials_are_told_of_and_write_nothing() {
    for provider in ALL {
        let fake = fake(provider);
        let work = work("shop", &[("a.shop", "b", present("a.example.net"))]);
        for (name, _) in fake.variables() {
            if name == "AWS_ACCESS_KEY_ID" {
                continue;
            }
            let mut zone = fake.open_with(&[(name, "wrong-and-secret-all-the-same")], None).unwrap();
            let (_, end) = apply(&mut *zone, &work, 1);
            let End::Failed(why) = end else { panic!("{provider:?} {end:?}") };
            assert!(why.contains("the credential is wrong or has no right to do this"), "{provider:?} {why}");
            assert!(!why.contains("wrong-and-secret"), "{provider:?} {why}");
        }
        assert_eq!(fake.writes(), 0, "{provider:?}");
    }
}

/// What is sent, against what the documentation of each provider says it takes.
#[test]
fn requests_are_as_the_providers_document_them() {
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
            fake.put(&[(n(front), old.clone()), (place(front), mark("shop", "b", 600, &old))], 600);
        }
        let work = work(
            "shop",
            &[
                ("*.create.shop", "b", Wish::Present(both, 600)),
                ("delete.shop", "b", Wish::Absent),
                ("update.shop", "b", Wish::Present(set(RecordType::Aaaa, &["2001:db8::1"]), 900)),
            ],
        );
        assert_eq!(apply(&mut *fake.open(), &work, 7).1, End::Complete);
        let told: String = fake.log().iter().map(shown).collect();
        let name = format!("{provider:?}.http").to_lowercase();
        kit::compare_text(&kit::root().join("tests/dns/requests").join(name), &told);
    }
}

/// A request as a golden file has it: without what is another every time, and without what is secret.
fn shown(got: &Got) -> String {
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

/// A service account that signs for itself.
#[test]
fn google_gives_a_token_for_a_signature() {
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
    let fake = Fake::start(CloudDns { page: None, account: Some((key.clone(), read(path("key.der")))) });
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let trace = {
        let lines = lines.clone();
        Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()))
    };
    let work = work("shop", &[("a.shop", "b", present("a.example.net"))]);
    let mut zone = fake.open_with(&[], Some(trace)).unwrap();
    assert_eq!(apply(&mut *zone, &work, 1), (vec![Outcome::Done(Write::Create)], End::Complete));
    let logins = fake.log().iter().filter(|got| got.path() == "/token").count();
    assert_eq!(logins, 1, "a token is used as long as it lives");
    let told = lines.lock().unwrap().join("\n");
    assert!(told.contains("a token is asked for") && told.contains("POST") && told.contains("\"additions\""), "{told}");
    let secret = key.lines().nth(1).unwrap();
    assert!(!told.contains(CANARY) && !told.contains(secret) && !told.contains("assertion"), "{told}");

    // Somebody else's key: Google says no, and nothing of it is shown.
    assert!(openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "other.pem"]));
    let other = String::from_utf8(read(path("other.pem"))).unwrap();
    let fake = Fake::start(CloudDns { page: None, account: Some((other, read(path("key.der")))) });
    let (_, end) = apply(&mut *fake.open(), &work, 1);
    assert_eq!(end, End::Failed("Google gives no token (400): invalid_grant Invalid JWT Signature.".into()));
}

#[test]
fn credentials_of_google_that_cannot_be_read_are_told_of_without_what_they_hold() {
    for (text, want) in [
        ("secret-canary", "are not in JSON"),
        ("{\"type\": \"secret-canary\"}", "are of a `type` other than"),
        ("{}", "have no `type`"),
        ("{\"type\": \"service_account\", \"private_key\": \"secret-canary\"}", "no RSA key in PKCS #8"),
        (
            "{\"type\": \"authorized_user\", \"client_id\": \"x\", \"client_secret\": \"secret-canary\"}",
            "have no `refresh_token`",
        ),
    ] {
        struct File(&'static str);
        impl crate::tests::apply::http::Rules for File {
            fn provider(&self) -> ZoneProvider {
                ZoneProvider::CloudDns
            }
            fn variables(&self, _: &str) -> Vec<(&'static str, String)> {
                vec![("GOOGLE_APPLICATION_CREDENTIALS", "/x".into())]
            }
            fn file(&self, _: &str) -> String {
                self.0.to_owned()
            }
            fn answer(&self, _: &mut crate::tests::apply::http::Table, _: &Got) -> crate::tests::apply::http::Told {
                unreachable!("nothing is sent")
            }
        }
        let error = Fake::start(File(text)).open_with(&[], None).map(drop).unwrap_err();
        let told = format!("{error} {:?}", error.parts().help);
        assert!(told.contains(want) && !told.contains("secret-canary"), "{told}");
    }
}

/// The API of a real server, next to the one in this process.
struct RealApi(crate::tests::apply::server::Running);

impl Field for RealApi {
    fn open(&self) -> Box<dyn crate::apply::zone::Zone + Send> {
        self.0.open_api(crate::tests::apply::stories::PATIENCE)
    }

    fn put(&self, names: &[(crate::name::DnsName, RecordSets)], ttl: u32) {
        self.0.put(names, ttl);
    }

    fn put_other(&self, name: &crate::name::DnsName) {
        self.0.put_other(name);
    }

    fn content(&self) -> crate::tests::apply::stories::Content {
        self.0.content()
    }

    fn writes(&self) -> usize {
        self.0.writes()
    }
}

#[test]
fn every_story_holds_with_the_api_of_a_real_power_dns() {
    use crate::tests::apply::server::{Access, Kind, Running};
    if !Kind::PowerDns.is_here() {
        return;
    }
    for (name, story) in STORIES.into_iter().filter(|(name, _)| *name != "racing") {
        let api = RealApi(Running::start(Kind::PowerDns, Access::Least, ""));
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| story(&api)));
        assert!(told.is_ok(), "\"{name}\"\n{}", api.0.log());
    }
}
