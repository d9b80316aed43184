//! Numbers in canonical form: as kustomize writes them, which passes them through JSON and YAML in Go.
//!
//! Integers of any base become decimal. A float that is whole and fits into 64 bits becomes an integer. Other floats are
//! written as Go does for `%g`, with the fewest digits that read back as the same number.

use std::fmt::Write;

/// Writes the canonical form of an integer or float. The error says why it has none.
pub(crate) fn write_canonical(out: &mut String, text: &str) -> Result<(), &'static str> {
    let bytes = text.as_bytes();
    if matches!(bytes, [b'1'..=b'9', rest @ ..] if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit)) {
        out.push_str(text);
        return Ok(());
    }
    if let Some(value) = parse_int(text).or_else(|| signed_digits(text, "0o", 8)) {
        let _ = write!(out, "{value}");
        return Ok(());
    }
    match parse_float(text) {
        Some(value) => {
            write_float(out, value);
            Ok(())
        }
        None => Err("JSON has no infinity and no NaN"),
    }
}

/// What Go prints for a number that it reads as a float: `1000000` is `1e+06`.
pub(crate) fn go_float(text: &str) -> Result<String, &'static str> {
    let mut out = String::new();
    #[expect(clippy::cast_precision_loss, reason = "Go reads the numbers of JSON as floats")]
    let value = parse_int(text).map(|value| value as f64).or_else(|| parse_float(text));
    let value = value.ok_or("JSON has no infinity and no NaN")?;
    let mut buffer = ryu::Buffer::new();
    let (digits, point) = decimal(buffer.format_finite(value.abs()));
    if value < 0.0 {
        out.push('-');
    }
    general(&mut out, &digits, point);
    Ok(out)
}

/// Writes a finite float.
fn write_float(out: &mut String, value: f64) {
    let mut buffer = ryu::Buffer::new();
    let shortest = buffer.format_finite(value.abs());
    let (digits, point) = decimal(shortest);
    if point - 1 < 21 && point >= i32_len(&digits) {
        let whole = format!("{digits}{}", "0".repeat(usize::try_from(point).unwrap_or(0) - digits.len()));
        let fits = if value < 0.0 {
            whole.len() < 19 || whole.as_str() <= "9223372036854775808" && whole.len() == 19
        } else {
            whole.parse::<u64>().is_ok()
        };
        if fits {
            if value < 0.0 {
                out.push('-');
            }
            out.push_str(&whole);
            return;
        }
    }
    if value < 0.0 {
        out.push('-');
    }
    general(out, &digits, point);
}

/// The significant digits and the position of the decimal point: `0.00123` is `123` with the point at -2.
fn decimal(shortest: &str) -> (String, i32) {
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{part}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0');
    if digits.is_empty() {
        return ("0".to_owned(), 1);
    }
    let exponent: i32 = exponent.parse().expect("ryu writes small exponents");
    (digits.to_owned(), i32_len(whole) + exponent - i32_len(&all[..leading]))
}

fn i32_len(text: &str) -> i32 {
    i32::try_from(text.len()).unwrap_or(i32::MAX)
}

/// Writes a float as Go's `%g` does: with an exponent if that is below -4 or at least 6, otherwise as a decimal.
fn general(out: &mut String, digits: &str, point: i32) {
    let exponent = point - 1;
    if !(-4..6).contains(&exponent) {
        out.push_str(&digits[..1]);
        if digits.len() > 1 {
            let _ = write!(out, ".{}", &digits[1..]);
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", exponent.abs());
    } else if let Ok(point @ 1..) = usize::try_from(point) {
        if digits.len() > point {
            let _ = write!(out, "{}.{}", &digits[..point], &digits[point..]);
        } else {
            let _ = write!(out, "{digits}{}", "0".repeat(point - digits.len()));
        }
    } else {
        let _ = write!(out, "0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0)));
    }
}

/// The value of an integer in any base that fits into 64 bits, signed or unsigned.
pub(crate) fn parse_int(text: &str) -> Option<i128> {
    let plain = without_underscores(text);
    let (sign, digits) = match plain.as_bytes().first()? {
        b'+' => (Some(1), &plain[1..]),
        b'-' => (Some(-1), &plain[1..]),
        _ => (None, &*plain),
    };
    let size = base(digits).and_then(|(base, digits)| unsigned(digits, base));
    let Some(size) = size.map(i128::from) else { return signed_digits(text, "0b", 2) };
    // A number above the signed range has no sign.
    match sign {
        Some(sign) => Some(sign * size).filter(|&value| i64::try_from(value).is_ok()),
        None => Some(size),
    }
}

/// The value of an integer with a sign after its prefix. go-yaml accepts one after `0b`, and v3 also after `0o`.
pub(crate) fn signed_digits(text: &str, prefix: &str, base: u32) -> Option<i128> {
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
    // `from_str_radix` accepts a sign, which is not allowed here.
    digits.as_bytes().first().filter(|b| b.is_ascii_alphanumeric())?;
    u64::from_str_radix(digits, base).ok()
}

/// The value of a decimal number within the range of 64-bit floats.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    // In a number that begins with a point, Go allows underscores only between digits.
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
pub(crate) fn is_float_syntax(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = leading_digits(rest);
    let mut rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix('.') {
        let part = leading_digits(after);
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
            !exponent.is_empty() && leading_digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

/// The number of digits at the start of `text`.
pub(crate) fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn underscores_separate(text: &str) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
    text.match_indices('_').all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1)))
}

fn without_underscores(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('_') { text.replace('_', "").into() } else { text.into() }
}
