//! Which type a plain scalar has, as the readers of Kubernetes see it.
//!
//! The rules are those of go-yaml v3 (resources) and v2 (kustomizations, patches); both also decide what the emitter
//! must quote. Whether the reader of a text meant it so is not asked here.

use super::{Dialect, date};
use crate::node::Tag;

/// The type of a plain scalar.
pub fn resolve(text: &str, dialect: Dialect) -> Tag {
    match dialect {
        Dialect::Kubernetes if signed_digits(text, "0o", 8).is_some() => Tag::Int,
        Dialect::Kubernetes => core(text),
        Dialect::Yaml11 if is_old_bool(text) => Tag::Bool,
        Dialect::Yaml11 => match core(text) {
            // Read into an untyped value, v2 leaves dates the strings that they are.
            Tag::Timestamp => Tag::Str,
            tag => tag,
        },
    }
}

/// What both dialects agree on.
pub(super) fn core(text: &str) -> Tag {
    let Some(&first) = text.as_bytes().first() else { return Tag::Null };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' => word(text),
        b'.' if matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") => Tag::Float,
        b'.' if float(text).is_some() => Tag::Float,
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Tag::Str,
    }
}

fn word(text: &str) -> Tag {
    match text {
        "~" | "null" | "Null" | "NULL" => Tag::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Tag::Bool,
        _ => Tag::Str,
    }
}

fn number(text: &str) -> Tag {
    if matches!(text, "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF") {
        Tag::Float
    } else if date::parse(text).is_some() {
        Tag::Timestamp
    } else if int(text).is_some() {
        Tag::Int
    } else if float(text).is_some() {
        Tag::Float
    } else {
        Tag::Str
    }
}

/// The words that YAML 1.1 takes for booleans beyond `true` and `false`.
pub(super) fn is_old_bool(text: &str) -> bool {
    // Hardly any string is that short.
    text.len() <= 3
        && matches!(
            text,
            "y" | "Y"
                | "yes"
                | "Yes"
                | "YES"
                | "n"
                | "N"
                | "no"
                | "No"
                | "NO"
                | "on"
                | "On"
                | "ON"
                | "off"
                | "Off"
                | "OFF"
        )
}

/// The value of an integer in any base that fits in 64 bits, signed or not.
pub fn int(text: &str) -> Option<i128> {
    let plain = without_underscores(text);
    let (sign, digits) = match plain.as_bytes().first()? {
        b'+' => (Some(1), &plain[1..]),
        b'-' => (Some(-1), &plain[1..]),
        _ => (None, &*plain),
    };
    let size = base(digits).and_then(|(base, digits)| unsigned(digits, base));
    let Some(size) = size.map(i128::from) else { return signed_digits(text, "0b", 2) };
    // A number above the signed range must do without a sign.
    match sign {
        Some(sign) => Some(sign * size).filter(|&value| i64::try_from(value).is_ok()),
        None => Some(size),
    }
}

/// go-yaml takes a sign also behind `0b`, and v3 behind `0o`.
pub(super) fn signed_digits(text: &str, prefix: &str, base: u32) -> Option<i128> {
    let plain = without_underscores(text.strip_prefix(prefix)?);
    plain.strip_prefix(['+', '-']).and_then(|digits| unsigned(digits, base))?;
    i64::from_str_radix(&plain, base).ok().map(i128::from)
}

fn base(digits: &str) -> Option<(u32, &str)> {
    match digits.as_bytes() {
        [] => None,
        [b'0', b'x' | b'X', _, ..] => Some((16, &digits[2..])),
        [b'0', b'o' | b'O', _, ..] => Some((8, &digits[2..])),
        [b'0', b'b' | b'B', _, ..] => Some((2, &digits[2..])),
        [b'0', _, ..] => Some((8, &digits[1..])),
        _ => Some((10, digits)),
    }
}

fn unsigned(digits: &str, base: u32) -> Option<u64> {
    // `from_str_radix` takes a sign, which has no place here.
    digits.as_bytes().first().filter(|b| b.is_ascii_alphanumeric())?;
    u64::from_str_radix(digits, base).ok()
}

/// The value of a decimal number within the range of 64-bit floats.
pub fn float(text: &str) -> Option<f64> {
    // Go itself parses a number that begins with its point, and wants underscores to stand between digits.
    if text.starts_with('.') && !underscores_separate(text) {
        return None;
    }
    let plain = without_underscores(text);
    if !is_float_syntax(&plain) {
        return None;
    }
    plain.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Whether `text` is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
pub(super) fn is_float_syntax(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(rest);
    let mut rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix('.') {
        let part = digits(after);
        if whole + part == 0 {
            return false;
        }
        rest = &after[part..];
    } else if whole == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

/// How many digits `text` begins with.
pub(super) fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn underscores_separate(text: &str) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
    text.match_indices('_').all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1)))
}

fn without_underscores(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('_') { text.replace('_', "").into() } else { text.into() }
}
