//! What pleach records in a zone: an ownership record for each DNS name that it wrote, and one fence per project.
//!
//! Both are TXT records below `_pleach` and never below a host. Below a host they would create an empty non-terminal, and a
//! wildcard would no longer answer for the host. What an ownership record allows is decided in `apply`.

mod fence;
mod owner;
mod ownership_record;

pub(crate) use fence::Fence;
pub(crate) use owner::Owner;
pub(crate) use ownership_record::OwnershipRecord;

use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use std::iter::Peekable;
use std::str::Split;

/// The label that all ownership records and fences are below.
pub(crate) const LABEL: &str = "_pleach";
/// The first label of a fence.
pub(crate) const FENCE: &str = "_rev";
/// The label of an ownership record for `*`.
const WILDCARD: &str = "_wildcard";
/// The first word of every ownership record and fence: the version of the format.
const FORMAT: &str = "pleach/1";

/// The result of reading an ownership record or a fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParsedRecord<T> {
    /// The name has no records.
    Absent,
    /// An ownership record or a fence.
    Valid(T),
    /// The records have another format.
    Unreadable,
}

/// The name of the ownership record of a host.
pub(crate) fn record_name(host: &DnsName, zone: &DnsName) -> Result<DnsName, Diagnostic> {
    let Some(front) = host.below(zone) else {
        return Err(Diagnostic::new(Code::Dns, format!("`{host}` is not below the zone `{zone}`")));
    };
    let front = match front.strip_prefix('*') {
        Some(rest) => format!("{WILDCARD}{rest}"),
        None => front.to_owned(),
    };
    let record = zone.prefixed(&format!("{front}.{LABEL}"));
    record.map_err(|_| {
        let message = format!("`{host}` is too long: the name of its ownership record has 8 characters more");
        Diagnostic::new(Code::Dns, message)
    })
}

/// The host whose ownership record has this name; `None` if it is not the name of an ownership record.
pub(crate) fn host_name(record: &DnsName, zone: &DnsName) -> Option<DnsName> {
    let front = record.below(zone)?.strip_suffix(LABEL)?.strip_suffix('.')?;
    match front.strip_prefix(WILDCARD) {
        Some("") => zone.prefixed("*").ok(),
        Some(rest) if rest.starts_with('.') => zone.prefixed(&format!("*{rest}")).ok(),
        _ => DnsName::host(&format!("{front}.{zone}")).ok(),
    }
}

/// The name of the fence of an owner.
pub(crate) fn fence_name(owner: &Owner, zone: &DnsName) -> Result<DnsName, Diagnostic> {
    let Owner { project, id } = owner;
    let id = id.as_ref().map(|id| format!("{id}.")).unwrap_or_default();
    zone.prefixed(&format!("{FENCE}.{id}{project}.{LABEL}")).map_err(|_| {
        let message =
            format!("the zone `{zone}` is too long: the name of the fence of the project `{project}` is below it");
        Diagnostic::new(Code::Dns, message)
    })
}

fn txt(text: &str) -> RecordSets {
    RecordSets::one(RecordType::Txt, RecordData::parse(RecordType::Txt, text).expect("the text is short"))
}

/// The words of a record after the format.
type Words<'t> = Peekable<Split<'t, char>>;

/// Reads exactly one record, which must have the format down to the last byte.
fn read<T>(records: &RecordSets, parse: impl Fn(&mut Words) -> Option<T>) -> ParsedRecord<T> {
    if records.is_empty() {
        return ParsedRecord::Absent;
    }
    let parsed = || {
        let [(RecordType::Txt, data)] = records.iter().collect::<Vec<_>>()[..] else { return None };
        let text = data.value(RecordType::Txt);
        let mut words = text.split(' ').peekable();
        let known = words.next() == Some(FORMAT);
        let claim = parse(&mut words).filter(|_| known)?;
        words.next().is_none().then_some(claim)
    };
    parsed().map_or(ParsedRecord::Unreadable, ParsedRecord::Valid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn n(text: &str) -> DnsName {
        DnsName::target(text).unwrap()
    }

    #[test]
    fn names_of_ownership_records() {
        let zone = n("dev.example.com");
        for (host, want) in [
            ("login.shop.dev.example.com", "login.shop._pleach.dev.example.com"),
            ("login.dev.example.com", "login._pleach.dev.example.com"),
            ("*.dev.example.com", "_wildcard._pleach.dev.example.com"),
            ("*.login.dev.example.com", "_wildcard.login._pleach.dev.example.com"),
            ("größe.dev.example.com", "xn--gre-6ka8i._pleach.dev.example.com"),
        ] {
            let record = record_name(&n(host), &zone).unwrap();
            assert_eq!(record.as_str(), want);
            assert_eq!(host_name(&record, &zone), Some(n(host)));
        }
        let of_spec = Owner { project: "shop".into(), id: Some("k3x9".into()) };
        for (owner, want) in [
            (Owner::from("shop"), "_rev.shop._pleach.dev.example.com"),
            (of_spec, "_rev.k3x9.shop._pleach.dev.example.com"),
        ] {
            let fence = fence_name(&owner, &zone).unwrap();
            assert_eq!(fence.as_str(), want);
            assert_eq!(host_name(&fence, &zone), None);
        }
        assert_eq!(host_name(&n("_pleach.dev.example.com"), &zone), None);
        assert_eq!(host_name(&n("login.dev.example.com"), &zone), None);
        assert!(record_name(&zone, &zone).unwrap_err().to_string().contains("is not below the zone"));
        let long = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(51)].join(".");
        let error = record_name(&n(&format!("{long}.dev.example.com")), &zone).unwrap_err().to_string();
        assert!(error.contains("is too long: the name of its ownership record"), "{error}");
    }

    #[test]
    fn other_formats_are_unreadable() {
        assert_eq!(OwnershipRecord::read(&RecordSets::default()), ParsedRecord::Absent);
        for text in [
            "",
            "hello",
            "pleach/2 owner=shop branch=login ttl=60 A=0",
            "pleach/1 owner=shop branch=login",
            "pleach/1 owner=shop branch=login ttl=60 A",
            "pleach/1 owner=shop branch=login ttl=60 MX=0",
            "pleach/1 owner=shop branch=login ttl=60 A=0 ",
            "pleach/1 owner=shop branch=login ttl=x A=0",
            "pleach/1 branch=login owner=shop ttl=60 A=0",
            "pleach/1 owner=shop rev=1",
            "pleach/1 id=k3x9 owner=shop branch=login ttl=60 A=0",
            "pleach/1 owner=shop id=k3x9 id=k3x9 branch=login ttl=60 A=0",
        ] {
            assert_eq!(OwnershipRecord::read(&txt(text)), ParsedRecord::Unreadable, "{text}");
        }
        for text in ["pleach/1 owner=shop rev=1 ", "pleach/1 owner=shop rev=-1", "pleach/1 owner=shop rev=1 x"] {
            assert_eq!(Fence::read(&txt(text)), ParsedRecord::Unreadable, "{text}");
        }
        let mut two = txt("pleach/1 owner=shop branch=login ttl=60 A=0");
        two.insert(RecordType::Txt, RecordData::parse(RecordType::Txt, "v=spf1").unwrap());
        assert_eq!(OwnershipRecord::read(&two), ParsedRecord::Unreadable);
    }

    #[test]
    fn the_fence_with_the_highest_revision_counts() {
        let all = |texts: &[&str]| {
            let mut records = RecordSets::default();
            for text in texts {
                records.merge(txt(text));
            }
            Fence::read(&records)
        };
        let fence = |rev| ParsedRecord::Valid(Fence { owner: "shop".into(), rev });
        assert_eq!(all(&[]), ParsedRecord::Absent);
        assert_eq!(all(&["pleach/1 owner=shop rev=9", "pleach/1 owner=shop rev=10"]), fence(10));
        assert_eq!(all(&["pleach/1 owner=shop rev=9", "pleach/1 owner=blog rev=10"]), ParsedRecord::Unreadable);
        assert_eq!(all(&["pleach/1 owner=shop rev=9", "hello"]), ParsedRecord::Unreadable);
        assert_eq!(all(&["pleach/1 owner=shop rev=9", "pleach/1 owner=shop id=k3x9 rev=8"]), ParsedRecord::Unreadable);
    }

    #[test]
    fn records_belong_to_the_project_and_its_id() {
        let owner = |project: &str, id: Option<&str>| Owner { project: project.into(), id: id.map(Into::into) };
        for (spec, record, want) in [
            (owner("shop", None), owner("shop", None), true),
            (owner("shop", Some("k3x9")), owner("shop", Some("k3x9")), true),
            (owner("shop", Some("k3x9")), owner("shop", None), true),
            (owner("shop", None), owner("shop", Some("k3x9")), false),
            (owner("shop", Some("k3x9")), owner("shop", Some("m7q2")), false),
            (owner("shop", None), owner("blog", None), false),
        ] {
            assert_eq!(spec.has_record_of(&record), want, "{spec} {record}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(project in "[a-z]([a-z0-9-]{0,61}[a-z0-9])?", id in proptest::option::of("[a-z0-9]{8,32}"), branch in "[a-z0-9-]{1,63}", ttl: u32, kinds in 0..32u8, rev: u64) {
            let chosen = RecordType::ALL.into_iter().enumerate().filter(|(bit, _)| kinds >> bit & 1 == 1);
            let digests = chosen.map(|(_, kind)| (kind, "0123456789abcdef".to_owned())).collect();
            let owner = Owner { project: project.into(), id: id.map(Into::into) };
            let record = OwnershipRecord { owner: owner.clone(), branch: branch.into(), ttl, digests };
            prop_assert_eq!(OwnershipRecord::read(&record.records()), ParsedRecord::Valid(record));
            let fence = Fence { owner, rev };
            prop_assert_eq!(Fence::read(&fence.records()), ParsedRecord::Valid(fence));
        }
    }
}
