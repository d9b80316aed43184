//! The rdata of one record, in the canonical wire form (RFC 4034 6.2).

use super::RecordType;
use super::caa;
use crate::diagnostic::{Code, Diagnostic};
use crate::hex;
use crate::name::DnsName;
use std::fmt::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The canonical rdata of one record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordData(Box<[u8]>);

impl RecordData {
    /// The bytes.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as a server sent them. The caller has expanded compressed names and converted them to lower case.
    pub(crate) fn from_wire(wire: impl Into<Box<[u8]>>) -> Self {
        RecordData(wire.into())
    }

    /// The rdata of a value as a zone change file has it: an address, a name, `FLAGS TAG "VALUE"` for CAA, and for TXT the
    /// text itself.
    pub(crate) fn parse(kind: RecordType, value: &str) -> Result<Self, Diagnostic> {
        let invalid = |reason: &str| Diagnostic::new(Code::Dns, format!("invalid {kind} record `{value}`: {reason}"));
        let wire = match kind {
            RecordType::A => {
                let ip: Ipv4Addr = value.parse().map_err(|_| invalid("not an IPv4 address"))?;
                let bad = ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast();
                if bad {
                    return Err(invalid("other hosts cannot reach this address"));
                }
                ip.octets().to_vec()
            }
            RecordType::Aaaa => {
                let ip: Ipv6Addr = value.parse().map_err(|_| invalid("not an IPv6 address"))?;
                if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
                    return Err(invalid("other hosts cannot reach this address"));
                }
                if ip.to_ipv4_mapped().is_some() {
                    return Err(invalid("it is an IPv4 address").help("use an A record"));
                }
                ip.octets().to_vec()
            }
            RecordType::Cname => {
                let target = DnsName::target(value)?;
                if target.is_wildcard() {
                    return Err(invalid("a CNAME cannot point to a wildcard"));
                }
                target.wire()
            }
            RecordType::Caa => caa::wire(value).map_err(|reason| invalid(&reason))?,
            RecordType::Txt => txt(value.as_bytes()).ok_or_else(|| invalid("longer than 4,000 bytes"))?,
        };
        Ok(RecordData(wire.into()))
    }

    /// The value as [`RecordData::parse`] reads it.
    pub(crate) fn value(&self, kind: RecordType) -> String {
        match kind {
            RecordType::Txt => String::from_utf8_lossy(&self.strings().concat()).into_owned(),
            _ => self.presentation(kind).trim_end_matches('.').to_owned(),
        }
    }

    /// The rdata in the format of a zone file. Rdata that is not valid for its type is in the format of RFC 3597.
    pub(crate) fn presentation(&self, kind: RecordType) -> String {
        self.valid(kind).unwrap_or_else(|| {
            let (length, digits) = (self.0.len(), hex::encode(&self.0));
            format!("\\# {length} {digits}")
        })
    }

    fn valid(&self, kind: RecordType) -> Option<String> {
        match kind {
            RecordType::A => Some(Ipv4Addr::from(<[u8; 4]>::try_from(&*self.0).ok()?).to_string()),
            RecordType::Aaaa => Some(Ipv6Addr::from(<[u8; 16]>::try_from(&*self.0).ok()?).to_string()),
            RecordType::Cname => Some(format!("{}.", DnsName::from_wire(&self.0)?)),
            RecordType::Caa => {
                let [flags, len, rest @ ..] = &*self.0 else { return None };
                let (tag, value) = rest.split_at_checked((*len).into())?;
                let tag = std::str::from_utf8(tag).ok().filter(|tag| tag.bytes().all(|b| b.is_ascii_alphanumeric()))?;
                Some(format!("{flags} {tag} {}", quoted(value)))
            }
            RecordType::Txt => Some(self.strings().iter().map(|string| quoted(string)).collect::<Vec<_>>().join(" ")),
        }
    }

    /// The character strings of a TXT record.
    pub(crate) fn strings(&self) -> Vec<&[u8]> {
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

impl fmt::Debug for RecordData {
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
        .expect("writing to a string succeeds");
    }
    text.push('"');
    text
}

/// A text as character strings of at most 255 bytes; `None` if it is too long for any provider.
fn txt(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() {
        return Some(vec![0]);
    }
    let string = |part: &[u8]| [&[u8::try_from(part.len()).expect("a chunk is short")], part].concat();
    (text.len() <= 4000).then(|| text.chunks(255).flat_map(string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_made_canonical() {
        for (kind, value, want) in [
            (RecordType::A, "192.0.2.1", "192.0.2.1"),
            (RecordType::Aaaa, "2001:DB8:0:0::1", "2001:db8::1"),
            (RecordType::Cname, "Ingress.Example.com.", "ingress.example.com."),
            (RecordType::Caa, "0 ISSUE \"letsencrypt.org; a=b\"", "0 issue \"letsencrypt.org; a=b\""),
            (RecordType::Caa, "128 issuewild \";\"", "128 issuewild \";\""),
            (RecordType::Txt, "say \"hi\" \\ é", "\"say \\\"hi\\\" \\\\ \\195\\169\""),
            (RecordType::Txt, "", "\"\""),
        ] {
            assert_eq!(RecordData::parse(kind, value).unwrap().presentation(kind), want);
        }
        let long = RecordData::parse(RecordType::Txt, &"x".repeat(600)).unwrap();
        assert_eq!(long.strings().iter().map(|s| s.len()).collect::<Vec<_>>(), [255, 255, 90]);
        assert_eq!(long.value(RecordType::Txt), "x".repeat(600));
    }

    #[test]
    fn invalid_values() {
        for (kind, value, want) in [
            (RecordType::A, "300.1.1.1", "not an IPv4 address"),
            (RecordType::A, "010.0.0.1", "not an IPv4 address"),
            (RecordType::A, "127.0.0.1", "other hosts cannot reach this address"),
            (RecordType::A, "0.0.0.0", "other hosts cannot reach this address"),
            (RecordType::A, "224.0.0.1", "other hosts cannot reach this address"),
            (RecordType::A, "255.255.255.255", "other hosts cannot reach this address"),
            (RecordType::Aaaa, "::1", "other hosts cannot reach this address"),
            (RecordType::Aaaa, "ff02::1", "other hosts cannot reach this address"),
            (RecordType::Aaaa, "::ffff:192.0.2.1", "it is an IPv4 address"),
            (RecordType::Aaaa, "192.0.2.1", "not an IPv6 address"),
            (RecordType::Cname, "a..b", "a label is empty"),
            (RecordType::Cname, "*.b", "a CNAME cannot point to a wildcard"),
            (RecordType::Caa, "0 issue letsencrypt.org", "expected a value like"),
            (RecordType::Caa, "256 issue \"x\"", "expected a value like"),
            (RecordType::Caa, "0 isue \"x\"", "unknown tag `isue`, expected one of"),
            (RecordType::Caa, "0 issue \"a\"b\"", "printable ASCII characters only"),
            (RecordType::Txt, &"x".repeat(4001), "longer than 4,000 bytes"),
        ] {
            let error = RecordData::parse(kind, value).unwrap_err().to_string();
            assert!(error.contains(want), "{kind} `{value}`: {error}");
        }
    }

    #[test]
    fn invalid_rdata_has_the_format_of_rfc_3597() {
        assert_eq!(RecordData::from_wire([1, 2]).presentation(RecordType::A), "\\# 2 0102");
        assert_eq!(RecordData::from_wire([0, 9, b'x']).presentation(RecordType::Caa), "\\# 3 000978");
        assert_eq!(RecordData::from_wire([5, b'x']).presentation(RecordType::Txt), "\"x\"");
    }

    proptest! {
        #[test]
        fn reads_the_text_that_it_writes(text in "[^\\p{C}]{0,300}") {
            let data = RecordData::parse(RecordType::Txt, &text).unwrap();
            prop_assert_eq!(data.value(RecordType::Txt), text);
        }

        #[test]
        fn reads_the_address_that_it_writes(bytes in any::<[u8; 16]>()) {
            let ip = Ipv6Addr::from(bytes).to_string();
            if let Ok(data) = RecordData::parse(RecordType::Aaaa, &ip) {
                prop_assert_eq!(data.value(RecordType::Aaaa), ip);
            }
        }

        #[test]
        fn any_rdata_has_a_presentation(wire in proptest::collection::vec(any::<u8>(), 0..40)) {
            for kind in RecordType::ALL {
                prop_assert!(RecordData::from_wire(wire.clone()).presentation(kind).is_ascii());
            }
        }
    }
}
