//! What people set at Cloudflare beside the data of a record stays: proxied, comment, tags.

use crate::apply::action::WriteKind;
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::http::json_apis::Cloudflare;
use crate::tests::apply::http::{FakeServer, Table};
use crate::tests::apply::scenarios::{
    TTL, TestZone, apply, cname, desired_zone, n, ownership_name, ownership_records, set,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HOST: &str = "a.shop";

/// A zone in which the name has `records` of pleach, each with `settings`.
fn fake(records: &RecordSets, settings: &[Value]) -> FakeServer {
    let fake = FakeServer::start(Cloudflare { page: 50, plan: "free" });
    let ownership = ownership_records("shop", "b", TTL, records);
    fake.put(&[(n(HOST), records.clone()), (ownership_name(HOST), ownership)], TTL);
    fake.change(|table| {
        let ids: Vec<String> = of_host(table).into_keys().collect();
        table.settings.extend(ids.into_iter().zip(settings.iter().cloned()));
    });
    fake
}

/// The data of the records of the name by their ids.
fn of_host(table: &Table) -> BTreeMap<String, String> {
    let records = table.records().into_iter().filter(|(name, ..)| *name == n(HOST).as_str());
    records.map(|(_, _, _, id, value)| (id, value)).collect()
}

/// The data of the records of the name, each with its settings, by their ids.
fn settings(fake: &FakeServer) -> BTreeMap<String, (String, Value)> {
    let mut found = BTreeMap::new();
    fake.change(|table| {
        let of = |(id, value): (String, String)| {
            let settings = table.settings.get(&id).cloned().unwrap_or_default();
            (id, (value, settings))
        };
        found = of_host(table).into_iter().map(of).collect();
    });
    found
}

fn addresses(values: &[&str]) -> RecordSets {
    set(RecordType::A, values)
}

/// Applies records to the name.
fn run(fake: &FakeServer, records: &RecordSets, proxied: Option<bool>, rev: u64) -> NameOutcome {
    let mut desired = desired_zone("shop", &[(HOST, "b", DesiredState::Present(records.clone(), TTL))]);
    desired.entries[0].proxied = proxied;
    let (mut outcomes, end) = apply(&mut *fake.open(), &desired, rev);
    assert_eq!(end, ZoneOutcome::Complete);
    outcomes.remove(0)
}

#[test]
fn an_update_keeps_what_people_have_set() {
    let people = json!({"proxied": true, "comment": "origin of the shop", "tags": ["team:web"]});
    let fake = fake(&addresses(&["192.0.2.1"]), std::slice::from_ref(&people));
    let (id, _) = settings(&fake).pop_first().unwrap();
    let updated = NameOutcome::Done(WriteKind::Update);

    assert_eq!(run(&fake, &addresses(&["192.0.2.2", "192.0.2.3"]), None, 1), updated);
    let found = settings(&fake);
    assert_eq!(found[&id].0, "192.0.2.2", "{found:?}");
    assert_eq!(found.len(), 2);
    assert!(found.values().all(|(_, settings)| *settings == people), "{found:?}");
    assert_eq!(run(&fake, &addresses(&["192.0.2.2", "192.0.2.3"]), None, 1), NameOutcome::Kept);

    // A record of another type is a new one.
    assert_eq!(run(&fake, &cname("gate.example.net"), None, 2), updated);
    let found: Vec<_> = settings(&fake).into_values().collect();
    assert_eq!(found, [("gate.example.net.".to_owned(), people)]);
}

#[test]
fn the_proxy_is_set_as_in_the_file() {
    let records = addresses(&["192.0.2.1", "192.0.2.2"]);
    let one_of_two = [json!({"proxied": true, "comment": "kept"}), json!({"proxied": false})];
    let fake = fake(&records, &one_of_two);
    let proxied = || settings(&fake).into_values().map(|(_, settings)| settings["proxied"] == true).collect::<Vec<_>>();
    let updated = NameOutcome::Done(WriteKind::Update);
    assert_eq!(run(&fake, &records, None, 1), NameOutcome::Kept);
    assert_eq!(proxied(), [true, false]);
    for (rev, wanted) in [(2, true), (3, false), (4, true)] {
        assert_eq!(run(&fake, &records, Some(wanted), rev), updated, "{wanted}");
        assert_eq!(proxied(), [wanted, wanted]);
        assert_eq!(run(&fake, &records, Some(wanted), rev), NameOutcome::Kept);
        assert_eq!(run(&fake, &records, None, rev), NameOutcome::Kept);
    }
    assert!(settings(&fake).values().any(|(_, settings)| settings["comment"] == "kept"));
}

#[test]
fn new_names_are_proxied_only_if_the_file_says_so() {
    for (wanted, proxied) in [(None, false), (Some(false), false), (Some(true), true)] {
        let fake = FakeServer::start(Cloudflare { page: 50, plan: "free" });
        assert_eq!(run(&fake, &cname("gate.example.net"), wanted, 1), NameOutcome::Done(WriteKind::Create));
        let found = settings(&fake);
        assert!(found.values().all(|(_, settings)| settings["proxied"] == proxied), "{wanted:?}: {found:?}");
        assert_eq!(run(&fake, &cname("gate.example.net"), wanted, 1), NameOutcome::Kept, "{wanted:?}");
    }
}
