//! Texts without their encodings, to search them for secrets: percent-encoding, escapes of JSON and XML, hexadecimal digits.
//!
//! It decodes more than one format allows, and refuses nothing: what is no encoding stays as it is.

use std::ops::Range;

/// A decoded text, with where each byte comes from.
pub(super) struct DecodedText {
    pub(super) bytes: Vec<u8>,
    /// For each byte the range of the original text that encodes it.
    pub(super) sources: Vec<Range<usize>>,
}

/// The longest escape.
const LONGEST: usize = 10;

impl DecodedText {
    /// The text as it is.
    pub(super) fn of(text: &str) -> Self {
        DecodedText { bytes: text.into(), sources: (0..text.len()).map(|at| at..at + 1).collect() }
    }

    /// The text without one layer of escapes. `None` if it has none.
    pub(super) fn unescaped(&self) -> Option<Self> {
        let mut decoded = DecodedText { bytes: Vec::new(), sources: Vec::new() };
        let (mut at, mut has_escapes) = (0, false);
        while let Some(first) = self.bytes.get(at) {
            let escape = escape(&self.bytes[at..self.bytes.len().min(at + LONGEST)]);
            has_escapes |= escape.is_some();
            let (length, bytes) = escape.unwrap_or_else(|| (1, vec![*first]));
            let source = self.sources[at].start..self.sources[at + length - 1].end;
            decoded.sources.extend(bytes.iter().map(|_| source.clone()));
            decoded.bytes.extend(bytes);
            at += length;
        }
        has_escapes.then_some(decoded)
    }

    /// The bytes that pairs of hexadecimal digits are, without the first `skipped` digits. Signs that separate pairs, and `0x`, are
    /// left out; any other character is a byte of its own.
    pub(super) fn hex_decoded(&self, skipped: usize) -> Self {
        let mut decoded = DecodedText { bytes: Vec::new(), sources: Vec::new() };
        let mut first: Option<(u8, usize)> = None;
        let mut left = skipped;
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            if self.bytes[at..].starts_with(b"0x") {
                at += 2;
                continue;
            }
            match (digit(*byte), first) {
                (Some(_), None) if left > 0 => left -= 1,
                (Some(high), None) => first = Some((high, at)),
                (Some(low), Some((high, from))) => {
                    decoded.bytes.push(high << 4 | low);
                    decoded.sources.push(self.sources[from].start..self.sources[at].end);
                    first = None;
                }
                (None, _) if b":-, \r\n\t".contains(byte) => {}
                (None, _) => {
                    // Another run of digits begins behind it.
                    (first, left) = (None, skipped);
                    decoded.bytes.push(0);
                    decoded.sources.push(self.sources[at].clone());
                }
            }
            at += 1;
        }
        decoded
    }
}

/// The length of the escape at the start of some bytes, and what it encodes.
fn escape(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    let byte = |digits| Some(vec![u8::try_from(number(digits, 16)?).ok()?]);
    let character = |code| Some(char::from_u32(code)?.to_string().into_bytes());
    match bytes {
        [b'%', high, low, ..] => Some((3, byte(&[*high, *low])?)),
        [b'\\', b'x', high, low, ..] => Some((4, byte(&[*high, *low])?)),
        [b'\\', b'u', digits @ ..] => Some((6, character(number(digits.get(..4)?, 16)?)?)),
        [b'\\', escaped @ (b'"' | b'\\' | b'/'), ..] => Some((2, vec![*escaped])),
        [b'&', ..] => {
            let end = bytes.iter().position(|byte| *byte == b';')?;
            let code = match &bytes[1..end] {
                [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
                [b'#', digits @ ..] => number(digits, 10)?,
                b"amp" => '&'.into(),
                b"lt" => '<'.into(),
                b"gt" => '>'.into(),
                b"quot" => '"'.into(),
                b"apos" => '\''.into(),
                _ => return None,
            };
            Some((end + 1, character(code)?))
        }
        _ => None,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    // `from_str_radix` accepts a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, radix).ok())?
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    Some(u8::try_from(digit).expect("it is less than 16"))
}
