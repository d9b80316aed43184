//! Numbers in their one canonical form: what is left of them after kustomize's way through Go's JSON and YAML.
//!
//! Integers of any base become decimal; a float that is whole and fits in 64 bits becomes an integer; others are what
//! Go prints for `%g`, with the shortest digits that read back as the same number.

pub use super::resolve::{float as value_of_float, int as value_of_int};

use super::resolve;
use std::fmt::Write;

/// Writes the canonical form of an integer or float, or says why JSON has none.
pub fn canonical(out: &mut String, text: &str) -> Result<(), &'static str> {
    let bytes = text.as_bytes();
    if matches!(bytes, [b'1'..=b'9', rest @ ..] if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit)) {
        out.push_str(text);
        return Ok(());
    }
    if let Some(value) = resolve::int(text).or_else(|| resolve::signed_digits(text, "0o", 8)) {
        let _ = write!(out, "{value}");
        return Ok(());
    }
    match resolve::float(text) {
        Some(value) => {
            float(out, value);
            Ok(())
        }
        None => Err("JSON has no infinity and no NaN"),
    }
}

/// What Go prints for a number that it took for a float, whole or not: `1000000` is `1e+06`.
pub fn as_float(text: &str) -> Result<String, &'static str> {
    let mut out = String::new();
    #[expect(clippy::cast_precision_loss, reason = "that is what happens on the way through JSON")]
    let value = resolve::int(text).map(|value| value as f64).or_else(|| resolve::float(text));
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
pub(super) fn float(out: &mut String, value: f64) {
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

/// The significant digits and where the point stands among them: `0.00123` is `123` with the point at -2.
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

/// Go's `%g` with the shortest precision: an exponent below -4 or from 6 up, else a plain decimal.
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
