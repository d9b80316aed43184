//! How providers spell the data of records: as a zone file does (RFC 1035 5.1), with two ways of writing a byte by number.

use super::provider::Record;
use crate::dns::export::octal;
use crate::record::{RecordData, RecordType};
use std::net::{Ipv4Addr, Ipv6Addr};

/// How a byte that is no plain character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// `\DDD` in decimal, as zone files have it.
    Decimal,
    /// `\OOO` in octal, as Route 53 has it.
    Octal,
}

impl Escape {
    fn radix(self) -> u32 {
        match self {
            Escape::Decimal => 10,
            Escape::Octal => 8,
        }
    }
}

/// The data of a record as a provider is told it.
pub(super) fn written(kind: RecordType, data: &RecordData, escape: Escape) -> String {
    match escape {
        Escape::Decimal => data.presentation(kind),
        Escape::Octal => octal(kind, data),
    }
}

/// The data that a provider tells. What cannot be read becomes data that is equal to nothing that pleach writes.
pub(super) fn read(kind: RecordType, text: &str, escape: Escape) -> RecordData {
    known(kind, text, escape).unwrap_or_else(|| RecordData::from_wire([b"\0unreadable ", text.as_bytes()].concat()))
}

/// The data that a provider tells, and how it spells it if that is not as we would.
pub(super) fn heard(kind: RecordType, text: &str, escape: Escape) -> (RecordData, Option<String>) {
    let data = read(kind, text, escape);
    let other = written(kind, &data, escape) != text;
    (data, other.then(|| text.to_owned()))
}

/// The data of a record as the provider spelled it.
pub(super) fn again(record: &Record, escape: Escape) -> String {
    record.raw.clone().unwrap_or_else(|| written(record.kind, &record.data, escape))
}

fn known(kind: RecordType, text: &str, escape: Escape) -> Option<RecordData> {
    match kind {
        RecordType::A => Some(RecordData::from_wire(text.trim().parse::<Ipv4Addr>().ok()?.octets())),
        RecordType::Aaaa => Some(RecordData::from_wire(text.trim().parse::<Ipv6Addr>().ok()?.octets())),
        RecordType::Cname => Some(RecordData::from_wire(super::provider::name(text.trim())?.wire())),
        RecordType::Txt => {
            let strings = strings(text, escape)?;
            let mut wire = Vec::new();
            for string in strings {
                wire.push(u8::try_from(string.len()).ok()?);
                wire.extend(string);
            }
            Some(RecordData::from_wire(wire))
        }
        RecordType::Caa => {
            let mut words = text.trim().splitn(3, ' ');
            let (flags, tag, value) = (words.next()?.parse::<u8>().ok()?, words.next()?, words.next()?);
            let [value] = &strings(value, escape)?[..] else { return None };
            let len = u8::try_from(tag.len()).ok()?;
            Some(RecordData::from_wire([&[flags, len], tag.to_ascii_lowercase().as_bytes(), value].concat()))
        }
    }
}

/// Character strings, in quotes or bare, with white space between them.
fn strings(text: &str, escape: Escape) -> Option<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    let mut bytes = text.bytes().peekable();
    while let Some(first) = bytes.next() {
        if first.is_ascii_whitespace() {
            continue;
        }
        let (mut string, mut next) = if first == b'"' { (Vec::new(), bytes.next()?) } else { (Vec::new(), first) };
        let quoted = first == b'"';
        loop {
            match next {
                b'"' if quoted => break,
                b'\\' => {
                    let escaped = bytes.next()?;
                    if escaped.is_ascii_digit() {
                        let digits = [escaped, bytes.next()?, bytes.next()?];
                        let digits = std::str::from_utf8(&digits).ok()?;
                        string.push(u8::from_str_radix(digits, escape.radix()).ok()?);
                    } else {
                        string.push(escaped);
                    }
                }
                byte if !quoted && byte.is_ascii_whitespace() => break,
                byte => string.push(byte),
            }
            next = match bytes.next() {
                Some(byte) => byte,
                None if quoted => return None,
                None => break,
            };
        }
        strings.push(string);
    }
    (!strings.is_empty()).then_some(strings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_value_are_one_value() {
        let same = [
            (RecordType::A, "192.0.2.1", "192.0.2.1"),
            (RecordType::Aaaa, "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            (RecordType::Cname, "Ingress.Example.COM.", "ingress.example.com"),
            (RecordType::Txt, "\"a b\"", "a b"),
            (RecordType::Caa, "0 ISSUE \"ca.example.net\"", "0 issue \"ca.example.net\""),
            (RecordType::Caa, "0 issue ca.example.net", "0 issue \"ca.example.net\""),
        ];
        for (kind, told, value) in same {
            assert_eq!(read(kind, told, Escape::Decimal), RecordData::parse(kind, value).unwrap(), "{told}");
        }
        let long = RecordData::parse(RecordType::Txt, &"x".repeat(300)).unwrap();
        assert_eq!(read(RecordType::Txt, &written(RecordType::Txt, &long, Escape::Octal), Escape::Octal), long);
        for (kind, told) in
            [(RecordType::A, "dualstack.lb.example.net."), (RecordType::Txt, "\"open"), (RecordType::Txt, "\"\\9\"")]
        {
            assert!(read(kind, told, Escape::Decimal).wire().starts_with(b"\0unreadable"), "{told}");
        }
        let accent = RecordData::parse(RecordType::Txt, "é").unwrap();
        assert_eq!(written(RecordType::Txt, &accent, Escape::Octal), "\"\\303\\251\"");
        assert_eq!(written(RecordType::Txt, &accent, Escape::Decimal), "\"\\195\\169\"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "\\PC{0,80}", octal: bool) {
            let escape = if octal { Escape::Octal } else { Escape::Decimal };
            let data = RecordData::parse(RecordType::Txt, &text).unwrap();
            prop_assert_eq!(read(RecordType::Txt, &written(RecordType::Txt, &data, escape), escape), data);
        }
    }
}
