//! What was applied, recorded in the zone itself: a marker beside each name, and one fence an owner.
//!
//! Both are TXT records below `_pleach` and never below a host: there they would make an empty non-terminal, which takes
//! the host out of a wildcard above it. Who may do what because of a marker is decided in `apply`.

use super::name::DnsName;
use super::record::{Data, Records, Type};
use crate::diagnostic::{Code, Diagnostic};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The label that markers stand below.
pub const LABEL: &str = "_pleach";
/// The label of the fence.
pub const FENCE: &str = "_rev";
/// The label that stands for `*`.
const WILDCARD: &str = "_wildcard";
/// The first word of every marker: the form of the rest.
const FORM: &str = "pleach/1";

/// Who wrote a name, for which branch, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The project.
    pub owner: SmolStr,
    /// The slug of the branch.
    pub branch: SmolStr,
    /// The lifetime in seconds, which prerequisites do not compare and digests leave out.
    pub ttl: u32,
    /// The digests of what was written ([`Records::digests`]).
    pub digests: BTreeMap<Type, String>,
}

/// How new the files of an owner are that a zone was last told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The project.
    pub owner: SmolStr,
    /// A number that grows with each commit or run.
    pub rev: u64,
}

/// What stands where a marker or a fence is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim<T> {
    /// Nothing.
    None,
    /// A marker or a fence.
    By(T),
    /// Something that this version does not understand.
    Unreadable,
}

/// Where the marker of a host stands.
pub fn name(host: &DnsName, zone: &DnsName) -> Result<DnsName, Diagnostic> {
    let Some(front) = host.below(zone) else {
        return Err(Diagnostic::new(Code::Dns, format!("`{host}` is not below the zone `{zone}`")));
    };
    let front = match front.strip_prefix('*') {
        Some(rest) => format!("{WILDCARD}{rest}"),
        None => front.to_owned(),
    };
    let marker = zone.prefixed(&format!("{front}.{LABEL}"));
    marker.map_err(|_| {
        Diagnostic::new(Code::Dns, format!("`{host}` is too long for a marker, which is 8 characters longer"))
    })
}

/// The host whose marker stands at `marker`; `None` for what is no place of a marker.
pub fn host(marker: &DnsName, zone: &DnsName) -> Option<DnsName> {
    let front = marker.below(zone)?.strip_suffix(LABEL)?.strip_suffix('.')?;
    match front.strip_prefix(WILDCARD) {
        Some("") => zone.prefixed("*").ok(),
        Some(rest) if rest.starts_with('.') => zone.prefixed(&format!("*{rest}")).ok(),
        _ => DnsName::host(&format!("{front}.{zone}")).ok(),
    }
}

/// Where the fence of an owner stands.
pub fn fence_name(owner: &str, zone: &DnsName) -> Result<DnsName, Diagnostic> {
    zone.prefixed(&format!("{FENCE}.{owner}.{LABEL}"))
}

impl Marker {
    /// The TXT record that says so.
    pub fn records(&self) -> Records {
        txt(&self.to_string())
    }

    /// What the TXT records at the place of a marker say.
    pub fn read(records: &Records) -> Claim<Marker> {
        read(records, |words| {
            let owner = words.next()?.strip_prefix("owner=")?.into();
            let branch = words.next()?.strip_prefix("branch=")?.into();
            let ttl = words.next()?.strip_prefix("ttl=")?.parse().ok()?;
            let digest = |word: &str| {
                let (kind, digest) = word.split_once('=')?;
                Some((Type::of_name(kind)?, digest.to_owned()))
            };
            Some(Marker { owner, branch, ttl, digests: words.map(digest).collect::<Option<_>>()? })
        })
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM} owner={} branch={} ttl={}", self.owner, self.branch, self.ttl)?;
        self.digests.iter().try_for_each(|(kind, digest)| write!(f, " {kind}={digest}"))
    }
}

impl Fence {
    /// The TXT record that says so.
    pub fn records(&self) -> Records {
        let mut text = String::new();
        write!(text, "{FORM} owner={} rev={}", self.owner, self.rev).expect("a string takes all");
        txt(&text)
    }

    /// What the TXT records at the place of a fence say. Where a provider compares nothing, two runs may have put theirs
    /// there at the same moment: the newest counts.
    pub fn read(records: &Records) -> Claim<Fence> {
        let fence = |words: &mut dyn Iterator<Item = &str>| {
            let owner = words.next()?.strip_prefix("owner=")?.into();
            let rev = words.next()?.strip_prefix("rev=")?.parse().ok()?;
            Some(Fence { owner, rev })
        };
        let mut newest: Option<Fence> = None;
        for (kind, data) in records.iter() {
            match (read(&Records::one(kind, data.clone()), fence), &newest) {
                (Claim::By(fence), Some(other)) if fence.owner != other.owner => return Claim::Unreadable,
                (Claim::By(fence), Some(other)) if fence.rev < other.rev => {}
                (Claim::By(fence), _) => newest = Some(fence),
                _ => return Claim::Unreadable,
            }
        }
        newest.map_or(Claim::None, Claim::By)
    }
}

fn txt(text: &str) -> Records {
    Records::one(Type::Txt, Data::parse(Type::Txt, text).expect("a marker is short"))
}

/// One record in the known form, down to the last word and byte, or a claim that is not understood.
fn read<T>(records: &Records, parse: impl Fn(&mut dyn Iterator<Item = &str>) -> Option<T>) -> Claim<T> {
    if records.is_empty() {
        return Claim::None;
    }
    let parsed = || {
        let [(Type::Txt, data)] = records.iter().collect::<Vec<_>>()[..] else { return None };
        let text = data.value(Type::Txt);
        let mut words = text.split(' ');
        let known = words.next() == Some(FORM);
        let claim = parse(&mut words).filter(|_| known)?;
        words.next().is_none().then_some(claim)
    };
    parsed().map_or(Claim::Unreadable, Claim::By)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn n(text: &str) -> DnsName {
        DnsName::target(text).unwrap()
    }

    #[test]
    fn markers_stand_below_one_label() {
        let zone = n("dev.example.com");
        for (of, want) in [
            ("login.shop.dev.example.com", "login.shop._pleach.dev.example.com"),
            ("login.dev.example.com", "login._pleach.dev.example.com"),
            ("*.dev.example.com", "_wildcard._pleach.dev.example.com"),
            ("*.login.dev.example.com", "_wildcard.login._pleach.dev.example.com"),
            ("größe.dev.example.com", "xn--gre-6ka8i._pleach.dev.example.com"),
        ] {
            let marker = name(&n(of), &zone).unwrap();
            assert_eq!(marker.as_str(), want);
            assert_eq!(host(&marker, &zone), Some(n(of)));
        }
        assert_eq!(fence_name("shop", &zone).unwrap().as_str(), "_rev.shop._pleach.dev.example.com");
        assert_eq!(host(&fence_name("shop", &zone).unwrap(), &zone), None);
        assert_eq!(host(&n("_pleach.dev.example.com"), &zone), None);
        assert_eq!(host(&n("login.dev.example.com"), &zone), None);
        assert!(name(&zone, &zone).unwrap_err().to_string().contains("is not below the zone"));
        let long = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(51)].join(".");
        let error = name(&n(&format!("{long}.dev.example.com")), &zone).unwrap_err().to_string();
        assert!(error.contains("too long for a marker"), "{error}");
    }

    #[test]
    fn what_is_not_a_marker_to_the_last_byte_is_unreadable() {
        assert_eq!(Marker::read(&Records::default()), Claim::None);
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
        ] {
            assert_eq!(Marker::read(&txt(text)), Claim::Unreadable, "{text}");
        }
        for text in ["pleach/1 owner=shop rev=1 ", "pleach/1 owner=shop rev=-1", "pleach/1 owner=shop rev=1 x"] {
            assert_eq!(Fence::read(&txt(text)), Claim::Unreadable, "{text}");
        }
        let mut two = txt("pleach/1 owner=shop branch=login ttl=60 A=0");
        two.insert(Type::Txt, Data::parse(Type::Txt, "v=spf1").unwrap());
        assert_eq!(Marker::read(&two), Claim::Unreadable);
    }

    #[test]
    fn of_several_fences_of_one_owner_the_newest_counts() {
        let all = |texts: &[&str]| {
            let mut records = Records::default();
            for text in texts {
                records.merge(txt(text));
            }
            Fence::read(&records)
        };
        let fence = |rev| Claim::By(Fence { owner: "shop".into(), rev });
        assert_eq!(all(&[]), Claim::None);
        assert_eq!(all(&["pleach/1 owner=shop rev=9", "pleach/1 owner=shop rev=10"]), fence(10));
        assert_eq!(all(&["pleach/1 owner=shop rev=9", "pleach/1 owner=blog rev=10"]), Claim::Unreadable);
        assert_eq!(all(&["pleach/1 owner=shop rev=9", "hello"]), Claim::Unreadable);
    }

    proptest! {
        #[test]
        fn a_marker_comes_back(owner in "[a-z]([a-z0-9-]{0,61}[a-z0-9])?", branch in "[a-z0-9-]{1,63}", ttl: u32, kinds in 0..32u8, rev: u64) {
            let chosen = Type::ALL.into_iter().enumerate().filter(|(bit, _)| kinds >> bit & 1 == 1);
            let digests = chosen.map(|(_, kind)| (kind, "0123456789abcdef".to_owned())).collect();
            let marker = Marker { owner: owner.as_str().into(), branch: branch.into(), ttl, digests };
            prop_assert_eq!(Marker::read(&marker.records()), Claim::By(marker));
            let fence = Fence { owner: owner.into(), rev };
            prop_assert_eq!(Fence::read(&fence.records()), Claim::By(fence));
        }
    }
}
