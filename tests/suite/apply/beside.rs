//! Records of types that branches cannot have, beside the records of a branch.

use crate::apply::action::{RefusalReason, WriteKind};
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::zone::ForeignSet;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::scenarios::{
    TTL, TestZone, apply, desired_zone, n, ownership_name, ownership_records, present, set,
};

/// Types with a value each.
const FOREIGN: [(&str, &str); 13] = [
    ("MX", "10 mail.example.net."),
    ("NS", "ns.example.net."),
    ("SRV", "0 5 5060 sip.example.net."),
    ("HTTPS", "1 . alpn=h2"),
    ("SVCB", "1 svc.example.net."),
    ("TLSA", "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"),
    ("NAPTR", "100 10 \"S\" \"SIP+D2U\" \"\" _sip._udp.example.net."),
    ("SSHFP", "1 1 dd465c09cfa51fb45020cc83316fff21b9ec74ac"),
    ("LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
    ("PTR", "host.example.net."),
    ("URI", "10 1 \"https://www.example.net/\""),
    ("CERT", "1 0 0 AQID"),
    ("CDS", "12345 8 2 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"),
];

/// With each type beside our address: a CNAME is refused and nothing is written, another address is written, and a removed
/// branch takes only its own records.
pub(crate) fn records_of_others_beside_ours(test_zone: &dyn TestZone) {
    let address = |text: &str| set(RecordType::A, &[text]);
    let (old, new) = (address("192.0.2.1"), address("192.0.2.2"));
    let front = |kind: &str, what: &str| format!("{}-{what}.shop", kind.to_lowercase());
    for (kind, data) in FOREIGN {
        let owned = ["cname", "address", "gone"].map(|what| front(kind, what));
        let owned_records = |front: &String| {
            [(n(front), old.clone()), (ownership_name(front), ownership_records("shop", "b", TTL, &old))]
        };
        test_zone.put(&owned.iter().flat_map(owned_records).collect::<Vec<_>>(), TTL);
        for front in owned.iter().chain([&front(kind, "free")]) {
            test_zone.put_foreign(&n(front), kind, data);
        }
    }
    let names: Vec<(String, DesiredState)> = FOREIGN
        .iter()
        .flat_map(|(kind, _)| {
            [
                (front(kind, "cname"), present("new.example.net")),
                (front(kind, "address"), DesiredState::Present(new.clone(), TTL)),
                (front(kind, "gone"), DesiredState::Absent),
                (front(kind, "free"), present("new.example.net")),
            ]
        })
        .collect();
    let entries: Vec<_> = names.iter().map(|(front, state)| (front.as_str(), "b", state.clone())).collect();
    let desired = desired_zone("shop", &entries);
    let refused = |kind: &str| {
        let set = ForeignSet { kind: kind.into(), special: "" };
        NameOutcome::Refused(RefusalReason::InTheWay(vec![set]))
    };
    for is_first in [true, false] {
        let done = |kind| if is_first { NameOutcome::Done(kind) } else { NameOutcome::Kept };
        let (outcomes, end) = apply(&mut *test_zone.open(), &desired, 1);
        assert_eq!(end, ZoneOutcome::Complete);
        for ((kind, _), outcomes) in FOREIGN.iter().zip(outcomes.chunks(4)) {
            let (update, delete) = match *kind {
                "NS" => (refused(kind), refused(kind)),
                _ => (done(WriteKind::Update), done(WriteKind::Delete)),
            };
            assert_eq!(outcomes, [refused(kind), update, delete, NameOutcome::Refused(RefusalReason::InUse)], "{kind}");
        }
    }
    let content = test_zone.content();
    let records = |front: &str| content.get(&n(front)).map(|(records, _)| records.clone()).unwrap_or_default();
    for (kind, _) in FOREIGN.into_iter().filter(|(kind, _)| *kind != "NS") {
        assert_eq!(records(&front(kind, "cname")), old, "{kind}");
        assert_eq!(records(&front(kind, "address")), new, "{kind}");
        assert_eq!(records(&front(kind, "gone")), RecordSets::EMPTY, "{kind}");
    }
    // The records of others are still there: a new name is in use.
    let gone: Vec<String> = FOREIGN.iter().map(|(kind, _)| front(kind, "gone")).collect();
    let entries: Vec<_> = gone.iter().map(|front| (front.as_str(), "b", present("new.example.net"))).collect();
    let (outcomes, _) = apply(&mut *test_zone.open(), &desired_zone("shop", &entries), 2);
    for ((kind, _), outcome) in FOREIGN.iter().zip(&outcomes).filter(|((kind, _), _)| *kind != "NS") {
        assert_eq!(*outcome, NameOutcome::Refused(RefusalReason::InUse), "{kind}");
    }
}
