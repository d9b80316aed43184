//! Records as a server compares them: types, canonical rdata, and the sets that one name holds.
//!
//! Everything that is compared, digested or sent is the canonical wire form (RFC 4034 6.2), so that two spellings of one
//! address are one address. Only the types that a branch may have are known.

use crate::diagnostic::{Code, Diagnostic};
use crate::hex;
use crate::name::DnsName;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A record type that a branch may have; in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Who may issue certificates (RFC 8659).
    Caa,
    /// Another name for a name.
    Cname,
    /// Text.
    Txt,
}

impl Type {
    /// All of them.
    pub const ALL: [Type; 5] = [Type::A, Type::Aaaa, Type::Caa, Type::Cname, Type::Txt];

    /// The name in zone files.
    pub fn name(self) -> &'static str {
        match self {
            Type::A => "A",
            Type::Aaaa => "AAAA",
            Type::Caa => "CAA",
            Type::Cname => "CNAME",
            Type::Txt => "TXT",
        }
    }

    /// The number on the wire.
    pub fn code(self) -> u16 {
        match self {
            Type::A => 1,
            Type::Aaaa => 28,
            Type::Caa => 257,
            Type::Cname => 5,
            Type::Txt => 16,
        }
    }

    /// The type of that name.
    pub fn of_name(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The type of that number.
    pub fn of_code(code: u16) -> Option<Type> {
        Type::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The canonical rdata of one record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Data(Box<[u8]>);

/// The property tags that certificate authorities know (RFC 8659, 8657, 9495 and the baseline requirements).
const CAA_TAGS: [&str; 7] = ["issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"];

impl Data {
    /// The bytes.
    pub fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as a server sent them; the caller has expanded and lowered compressed names.
    pub fn from_wire(wire: impl Into<Box<[u8]>>) -> Self {
        Data(wire.into())
    }

    /// The rdata of a value as a zone change file has it: an address, a name, `FLAGS TAG "VALUE"` for CAA, and for TXT the
    /// text itself.
    pub fn parse(kind: Type, value: &str) -> Result<Self, Diagnostic> {
        let fault = |reason: &str| Diagnostic::new(Code::Dns, format!("`{value}` is no value of {kind}: {reason}"));
        let wire = match kind {
            Type::A => {
                let ip: Ipv4Addr = value.parse().map_err(|_| fault("it is no IPv4 address"))?;
                let bad = ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast();
                if bad {
                    return Err(fault("nobody else can reach that address"));
                }
                ip.octets().to_vec()
            }
            Type::Aaaa => {
                let ip: Ipv6Addr = value.parse().map_err(|_| fault("it is no IPv6 address"))?;
                if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
                    return Err(fault("nobody else can reach that address"));
                }
                if ip.to_ipv4_mapped().is_some() {
                    return Err(fault("it is an IPv4 address").help("write an A record"));
                }
                ip.octets().to_vec()
            }
            Type::Cname => {
                let target = DnsName::target(value)?;
                if target.is_wildcard() {
                    return Err(fault("a wildcard is nobody's other name"));
                }
                target.wire()
            }
            Type::Caa => caa(value).map_err(|reason| fault(&reason))?,
            Type::Txt => txt(value.as_bytes()).ok_or_else(|| fault("it has more than 4,000 bytes"))?,
        };
        Ok(Data(wire.into()))
    }

    /// The value as [`Data::parse`] reads it, for rdata that is one.
    pub fn value(&self, kind: Type) -> String {
        match kind {
            Type::Txt => String::from_utf8_lossy(&self.strings().concat()).into_owned(),
            _ => self.presentation(kind).trim_end_matches('.').to_owned(),
        }
    }

    /// The record's data as a zone file has it. Rdata that is not of its type is written as RFC 3597 says.
    pub fn presentation(&self, kind: Type) -> String {
        self.known(kind).unwrap_or_else(|| {
            let (length, digits) = (self.0.len(), hex::encode(&self.0));
            format!("\\# {length} {digits}")
        })
    }

    fn known(&self, kind: Type) -> Option<String> {
        match kind {
            Type::A => Some(Ipv4Addr::from(<[u8; 4]>::try_from(&*self.0).ok()?).to_string()),
            Type::Aaaa => Some(Ipv6Addr::from(<[u8; 16]>::try_from(&*self.0).ok()?).to_string()),
            Type::Cname => Some(format!("{}.", DnsName::from_wire(&self.0)?)),
            Type::Caa => {
                let [flags, len, rest @ ..] = &*self.0 else { return None };
                let (tag, value) = rest.split_at_checked((*len).into())?;
                let tag = std::str::from_utf8(tag).ok().filter(|tag| tag.bytes().all(|b| b.is_ascii_alphanumeric()))?;
                Some(format!("{flags} {tag} {}", quoted(value)))
            }
            Type::Txt => Some(self.strings().iter().map(|string| quoted(string)).collect::<Vec<_>>().join(" ")),
        }
    }

    /// The character strings of a TXT record.
    pub fn strings(&self) -> Vec<&[u8]> {
        let mut strings = Vec::new();
        let mut rest = &*self.0;
        while let Some((&len, tail)) = rest.split_first() {
            let (string, tail) = tail.split_at(usize::from(len).min(tail.len()));
            strings.push(string);
            rest = tail;
        }
        strings
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// A character string in quotes (RFC 1035 5.1).
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => write!(text, "\\{}", char::from(byte)),
            b' '..=b'~' => write!(text, "{}", char::from(byte)),
            _ => write!(text, "\\{byte:03}"),
        }
        .expect("a string takes all");
    }
    text.push('"');
    text
}

fn caa(value: &str) -> Result<Vec<u8>, String> {
    let shape = || "it is not of the form `0 issue \"ca.example.net\"`".to_owned();
    let mut words = value.splitn(3, ' ');
    let (Some(flags), Some(tag), Some(text)) = (words.next(), words.next(), words.next()) else { return Err(shape()) };
    let flags: u8 = flags.parse().map_err(|_| shape())?;
    let tag = tag.to_ascii_lowercase();
    if !CAA_TAGS.contains(&tag.as_str()) {
        return Err(format!("the tag `{tag}` is none of {}", CAA_TAGS.join(", ")));
    }
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or_else(shape)?;
    if text.contains(['"', '\\']) || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err("between the quotes stand plain characters only".into());
    }
    let len = u8::try_from(tag.len()).expect("a known tag is short");
    Ok([&[flags, len], tag.as_bytes(), text.as_bytes()].concat())
}

/// A text as character strings of at most 255 bytes; `None` if it is too long for any provider.
fn txt(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() {
        return Some(vec![0]);
    }
    let string = |part: &[u8]| [&[u8::try_from(part.len()).expect("a chunk is short")], part].concat();
    (text.len() <= 4000).then(|| text.chunks(255).flat_map(string).collect())
}

/// What one name holds of the types in [`Type`], in their order. No set is empty. Most names hold one set, and a large
/// zone has many names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(Vec<(Type, BTreeSet<Data>)>);

impl Records {
    /// A name that holds one record.
    pub fn one(kind: Type, data: Data) -> Self {
        Records(vec![(kind, BTreeSet::from([data]))])
    }

    /// Adds a record; whether it was not there.
    pub fn insert(&mut self, kind: Type, data: Data) -> bool {
        match self.place(kind) {
            Ok(at) => self.0[at].1.insert(data),
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (kind, BTreeSet::from([data])));
                true
            }
        }
    }

    /// Adds the records of another.
    pub fn merge(&mut self, other: Records) {
        for (kind, set) in other.0 {
            for data in set {
                self.insert(kind, data);
            }
        }
    }

    /// The set of a type.
    pub fn get(&self, kind: Type) -> Option<&BTreeSet<Data>> {
        self.place(kind).ok().map(|at| &self.0[at].1)
    }

    /// Where the set of a type is, or would be.
    fn place(&self, kind: Type) -> Result<usize, usize> {
        self.0.binary_search_by_key(&kind, |(kind, _)| *kind)
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sets in the order of their types.
    pub fn sets(&self) -> impl Iterator<Item = (Type, &BTreeSet<Data>)> {
        self.0.iter().map(|(kind, set)| (*kind, set))
    }

    /// Every record.
    pub fn iter(&self) -> impl Iterator<Item = (Type, &Data)> {
        self.sets().flat_map(|(kind, set)| set.iter().map(move |data| (kind, data)))
    }

    /// The name that a CNAME leads to.
    pub fn cname(&self) -> Option<DnsName> {
        DnsName::from_wire(self.get(Type::Cname)?.first()?.wire())
    }

    /// Refuses what no server holds: a CNAME beside anything else (RFC 1034 3.6.2).
    pub fn check(&self) -> Result<(), Diagnostic> {
        match self.get(Type::Cname) {
            Some(set) if set.len() > 1 => Err(Diagnostic::new(Code::Dns, "a name has more than one CNAME")),
            Some(_) if self.0.len() > 1 => {
                let other = self.sets().find(|(kind, _)| *kind != Type::Cname).expect("there are two").0;
                Err(Diagnostic::new(Code::Dns, format!("a name has a CNAME and {other}, a CNAME stands alone")))
            }
            _ => Ok(()),
        }
    }

    /// What is remembered of each set: the first 16 hexadecimal digits of the SHA-256 of its type and its rdata in
    /// canonical order, each behind its length. Lifetimes do not count.
    pub fn digests(&self) -> BTreeMap<Type, String> {
        self.sets().map(|(kind, set)| (kind, digest(kind, set))).collect()
    }
}

fn digest(kind: Type, set: &BTreeSet<Data>) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.code().to_be_bytes());
    for data in set {
        let len = u16::try_from(data.wire().len()).expect("rdata has at most 65,535 bytes");
        hash.update(len.to_be_bytes());
        hash.update(data.wire());
    }
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_made_canonical() {
        for (kind, value, want) in [
            (Type::A, "192.0.2.1", "192.0.2.1"),
            (Type::Aaaa, "2001:DB8:0:0::1", "2001:db8::1"),
            (Type::Cname, "Ingress.Example.com.", "ingress.example.com."),
            (Type::Caa, "0 ISSUE \"letsencrypt.org; a=b\"", "0 issue \"letsencrypt.org; a=b\""),
            (Type::Caa, "128 issuewild \";\"", "128 issuewild \";\""),
            (Type::Txt, "say \"hi\" \\ é", "\"say \\\"hi\\\" \\\\ \\195\\169\""),
            (Type::Txt, "", "\"\""),
        ] {
            assert_eq!(Data::parse(kind, value).unwrap().presentation(kind), want);
        }
        let long = Data::parse(Type::Txt, &"x".repeat(600)).unwrap();
        assert_eq!(long.strings().iter().map(|s| s.len()).collect::<Vec<_>>(), [255, 255, 90]);
        assert_eq!(long.value(Type::Txt), "x".repeat(600));
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        for (kind, value, want) in [
            (Type::A, "300.1.1.1", "it is no IPv4 address"),
            (Type::A, "010.0.0.1", "it is no IPv4 address"),
            (Type::A, "127.0.0.1", "nobody else can reach that address"),
            (Type::A, "0.0.0.0", "nobody else can reach that address"),
            (Type::A, "224.0.0.1", "nobody else can reach that address"),
            (Type::A, "255.255.255.255", "nobody else can reach that address"),
            (Type::Aaaa, "::1", "nobody else can reach that address"),
            (Type::Aaaa, "ff02::1", "nobody else can reach that address"),
            (Type::Aaaa, "::ffff:192.0.2.1", "it is an IPv4 address"),
            (Type::Aaaa, "192.0.2.1", "it is no IPv6 address"),
            (Type::Cname, "a..b", "a label is empty"),
            (Type::Cname, "*.b", "a wildcard is nobody's other name"),
            (Type::Caa, "0 issue letsencrypt.org", "it is not of the form"),
            (Type::Caa, "256 issue \"x\"", "it is not of the form"),
            (Type::Caa, "0 isue \"x\"", "the tag `isue` is none of"),
            (Type::Caa, "0 issue \"a\"b\"", "plain characters only"),
            (Type::Txt, &"x".repeat(4001), "more than 4,000 bytes"),
        ] {
            let error = Data::parse(kind, value).unwrap_err().to_string();
            assert!(error.contains(want), "{kind} `{value}`: {error}");
        }
    }

    #[test]
    fn a_cname_stands_alone() {
        let cname = |target| Data::parse(Type::Cname, target).unwrap();
        let mut records = Records::one(Type::Cname, cname("a.example.com"));
        assert!(records.check().is_ok());
        records.insert(Type::Caa, Data::parse(Type::Caa, "0 issue \";\"").unwrap());
        assert_eq!(records.check().unwrap_err().to_string(), "a name has a CNAME and CAA, a CNAME stands alone");
        let mut two = Records::one(Type::Cname, cname("a.example.com"));
        two.insert(Type::Cname, cname("b.example.com"));
        assert_eq!(two.check().unwrap_err().to_string(), "a name has more than one CNAME");
    }

    #[test]
    fn a_digest_tells_sets_apart_that_hold_the_same_bytes() {
        let txt = |values: &[&str]| {
            let mut records = Records::default();
            for value in values {
                assert!(records.insert(Type::Txt, Data::parse(Type::Txt, value).unwrap()));
            }
            records.digests()
        };
        assert_eq!(txt(&["a", "b"]), txt(&["b", "a"]));
        let all = [txt(&["ab"]), txt(&["a", "b"]), txt(&["a"]), txt(&[""]), txt(&["", "a"])];
        for (i, one) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other != one), "{one:?}");
        }
        let same = Records::one(Type::Cname, Data::from_wire(*b"\x01a\x00")).digests();
        let bytes = Records::one(Type::Txt, Data::from_wire(*b"\x01a\x00")).digests();
        assert_ne!(same[&Type::Cname], bytes[&Type::Txt]);
        // Written in zones: it may never change.
        let known = Records::one(Type::Cname, Data::parse(Type::Cname, "ingress.dev.example.com").unwrap());
        assert_eq!(known.digests()[&Type::Cname], "e61fb005ac888335");
    }

    #[test]
    fn rdata_that_is_not_of_its_type_is_shown_all_the_same() {
        assert_eq!(Data::from_wire([1, 2]).presentation(Type::A), "\\# 2 0102");
        assert_eq!(Data::from_wire([0, 9, b'x']).presentation(Type::Caa), "\\# 3 000978");
        assert_eq!(Data::from_wire([5, b'x']).presentation(Type::Txt), "\"x\"");
    }

    proptest! {
        #[test]
        fn a_text_comes_back(text in "[^\\p{C}]{0,300}") {
            let data = Data::parse(Type::Txt, &text).unwrap();
            prop_assert_eq!(data.value(Type::Txt), text);
        }

        #[test]
        fn an_address_comes_back(bytes in any::<[u8; 16]>()) {
            let ip = Ipv6Addr::from(bytes).to_string();
            if let Ok(data) = Data::parse(Type::Aaaa, &ip) {
                prop_assert_eq!(data.value(Type::Aaaa), ip);
            }
        }

        #[test]
        fn any_bytes_can_be_shown(wire in proptest::collection::vec(any::<u8>(), 0..40)) {
            for kind in Type::ALL {
                prop_assert!(Data::from_wire(wire.clone()).presentation(kind).is_ascii());
            }
        }
    }
}
