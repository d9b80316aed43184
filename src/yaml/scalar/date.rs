//! Dates in the four layouts that go-yaml accepts.
//!
//! kustomize writes an unquoted date of a resource as a string in RFC 3339, so dates must be read and written as in Go.

use super::number;
use std::fmt::Write;

/// A point in time with its time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GoDate {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    /// The offset from UTC in minutes, positive to the east.
    offset: i32,
}

/// The date that `text` is, if it is one.
pub(crate) fn parse(text: &str) -> Option<GoDate> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    let year = text[..4].parse().ok()?;
    let mut rest = &text[5..];
    let month = one_or_two_digits(&mut rest, 12).filter(|&month| month > 0)?;
    rest = rest.strip_prefix('-')?;
    let day = one_or_two_digits(&mut rest, days_in_month(month, year)).filter(|&day| day > 0)?;
    let mut date = GoDate { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 };
    if rest.is_empty() {
        return Some(date);
    }
    let zoned = rest.starts_with(['T', 't']);
    rest = if zoned { &rest[1..] } else { rest.strip_prefix(' ')?.trim_start_matches(' ') };
    date.hour = one_or_two_digits(&mut rest, 23)?;
    rest = rest.strip_prefix(':')?;
    date.minute = one_or_two_digits(&mut rest, 59)?;
    rest = rest.strip_prefix(':')?;
    date.second = one_or_two_digits(&mut rest, 59)?;
    date.nanosecond = fraction(&mut rest);
    if zoned {
        date.offset = zone(&mut rest)?;
    }
    rest.is_empty().then_some(date)
}

/// Reads a number of one or two digits that is at most `most`.
fn one_or_two_digits(rest: &mut &str, most: u32) -> Option<u32> {
    let length = number::leading_digits(rest).min(2);
    let number = rest[..length].parse().ok().filter(|&number| number <= most)?;
    *rest = &rest[length..];
    Some(number)
}

fn days_in_month(month: u32, year: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads the fraction of a second after a point or comma, in nanoseconds. Digits after the ninth are ignored.
fn fraction(rest: &mut &str) -> u32 {
    let Some(after) = rest.strip_prefix(['.', ',']) else { return 0 };
    let length = number::leading_digits(after);
    if length == 0 {
        return 0;
    }
    *rest = &after[length..];
    let shown = length.min(9);
    let number: u32 = after[..shown].parse().unwrap_or(0);
    number * 10_u32.pow(u32::try_from(9 - shown).unwrap_or(0))
}

fn zone(rest: &mut &str) -> Option<i32> {
    if let Some(after) = rest.strip_prefix('Z') {
        *rest = after;
        return Some(0);
    }
    let &[sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = rest.as_bytes() else { return None };
    let pair = |a: u8, b: u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i32::from(a - b'0') * 10 + i32::from(b - b'0'))
    };
    // Go accepts offsets of 24 hours and of 60 minutes.
    let minutes = pair(h1, h2).filter(|&hours| hours <= 24)? * 60 + pair(m1, m2).filter(|&minutes| minutes <= 60)?;
    *rest = "";
    Some(if sign == b'-' { -minutes } else { minutes })
}

impl GoDate {
    /// Writes it as the JSON encoder of Go does: in RFC 3339, without trailing zeros of the fraction.
    pub(crate) fn write(&self, out: &mut String) -> Result<(), &'static str> {
        let GoDate { year, month, day, hour, minute, second, nanosecond, offset } = *self;
        if offset.abs() >= 24 * 60 {
            return Err("its offset from UTC is a day or more");
        }
        let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if nanosecond > 0 {
            let digits = format!("{nanosecond:09}");
            let _ = write!(out, ".{}", digits.trim_end_matches('0'));
        }
        if offset == 0 {
            out.push('Z');
        } else {
            let sign = if offset < 0 { '-' } else { '+' };
            let _ = write!(out, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
        }
        Ok(())
    }
}

/// Whether `text` looks like a date, so that some readers may read it as one.
pub(crate) fn is_like(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut is_number = |length: std::ops::RangeInclusive<usize>| {
        parts.next().is_some_and(|part| length.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    is_number(4..=4)
        && is_number(1..=2)
        && parts.next().is_some_and(|rest| {
            matches!(number::leading_digits(rest), 1..=2)
                && rest.bytes().all(|b| {
                    b.is_ascii_digit()
                        || matches!(b, b'T' | b't' | b'Z' | b' ' | b'\t' | b':' | b'.' | b',' | b'+' | b'-')
                })
        })
}
