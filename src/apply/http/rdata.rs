//! The text form of record data in requests and responses: that of zone files (RFC 1035 5.1), with two styles of escapes.

use super::provider::ProviderRecord;
use crate::dns::export::octal;
use crate::record::{RecordData, RecordType};
use std::net::{Ipv4Addr, Ipv6Addr};

/// How a byte that is not a printable ASCII character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EscapeStyle {
    /// `\DDD` in decimal, as in zone files.
    Decimal,
    /// `\OOO` in octal, as in Route 53.
    Octal,
}

impl EscapeStyle {
    fn radix(self) -> u32 {
        match self {
            EscapeStyle::Decimal => 10,
            EscapeStyle::Octal => 8,
        }
    }
}

/// The data as text.
pub(super) fn to_text(kind: RecordType, data: &RecordData, escape: EscapeStyle) -> String {
    match escape {
        EscapeStyle::Decimal => data.presentation(kind),
        EscapeStyle::Octal => octal(kind, data),
    }
}

/// The data of a text. If it is not valid, the result differs from all data that pleach writes.
pub(super) fn from_text(kind: RecordType, text: &str, escape: EscapeStyle) -> RecordData {
    parse(kind, text, escape).unwrap_or_else(|| RecordData::from_wire([b"\0unreadable ", text.as_bytes()].concat()))
}

/// The data of a text, and the text if pleach would write it differently.
pub(super) fn parse_original(kind: RecordType, text: &str, escape: EscapeStyle) -> (RecordData, Option<String>) {
    let data = from_text(kind, text, escape);
    let differs = to_text(kind, &data, escape) != text;
    (data, differs.then(|| text.to_owned()))
}

/// The data of a record as the provider wrote it.
pub(super) fn original_text(record: &ProviderRecord, escape: EscapeStyle) -> String {
    record.raw.clone().unwrap_or_else(|| to_text(record.kind, &record.data, escape))
}

fn parse(kind: RecordType, text: &str, escape: EscapeStyle) -> Option<RecordData> {
    match kind {
        RecordType::A => Some(RecordData::from_wire(text.trim().parse::<Ipv4Addr>().ok()?.octets())),
        RecordType::Aaaa => Some(RecordData::from_wire(text.trim().parse::<Ipv6Addr>().ok()?.octets())),
        RecordType::Cname => Some(RecordData::from_wire(super::provider::parse_name(text.trim())?.wire())),
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

/// Character strings, quoted or unquoted, separated by white space.
fn strings(text: &str, escape: EscapeStyle) -> Option<Vec<Vec<u8>>> {
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
    fn different_texts_of_one_value_are_equal() {
        let same = [
            (RecordType::A, "192.0.2.1", "192.0.2.1"),
            (RecordType::Aaaa, "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            (RecordType::Cname, "Ingress.Example.COM.", "ingress.example.com"),
            (RecordType::Txt, "\"a b\"", "a b"),
            (RecordType::Caa, "0 ISSUE \"ca.example.net\"", "0 issue \"ca.example.net\""),
            (RecordType::Caa, "0 issue ca.example.net", "0 issue \"ca.example.net\""),
        ];
        for (kind, message, value) in same {
            assert_eq!(
                from_text(kind, message, EscapeStyle::Decimal),
                RecordData::parse(kind, value).unwrap(),
                "{message}"
            );
        }
        let long = RecordData::parse(RecordType::Txt, &"x".repeat(300)).unwrap();
        assert_eq!(
            from_text(RecordType::Txt, &to_text(RecordType::Txt, &long, EscapeStyle::Octal), EscapeStyle::Octal),
            long
        );
        for (kind, message) in
            [(RecordType::A, "dualstack.lb.example.net."), (RecordType::Txt, "\"open"), (RecordType::Txt, "\"\\9\"")]
        {
            assert!(from_text(kind, message, EscapeStyle::Decimal).wire().starts_with(b"\0unreadable"), "{message}");
        }
        let accent = RecordData::parse(RecordType::Txt, "é").unwrap();
        assert_eq!(to_text(RecordType::Txt, &accent, EscapeStyle::Octal), "\"\\303\\251\"");
        assert_eq!(to_text(RecordType::Txt, &accent, EscapeStyle::Decimal), "\"\\195\\169\"");
    }

    proptest! {
        #[test]
        fn text_is_parsed_to_the_same_data(text in "\\PC{0,80}", octal: bool) {
            let escape = if octal { EscapeStyle::Octal } else { EscapeStyle::Decimal };
            let data = RecordData::parse(RecordType::Txt, &text).unwrap();
            prop_assert_eq!(from_text(RecordType::Txt, &to_text(RecordType::Txt, &data, escape), escape), data);
        }
    }
}
