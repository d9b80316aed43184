//! The order in which kustomize writes the keys of a mapping: the natural order of go-yaml v2.
//!
//! Runs of digits are compared as numbers, and letters come last. The comparison is not transitive for some sets of keys,
//! so a library sort cannot use it. A merge sort that starts from byte order makes the result depend on the set only.

use crate::node::Map;
use regex::Regex;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// The indices of the entries of `map` in natural order. `None` if that is their byte order.
pub(super) fn order(map: &Map) -> Option<Vec<usize>> {
    let keys = map.iter().map(|entry| entry.key.text.as_str());
    if keys.clone().is_sorted_by(|a, b| natural(a, b) != Ordering::Greater) {
        return None;
    }
    let keys: Vec<&str> = keys.collect();
    let mut from: Vec<usize> = (0..keys.len()).collect();
    let mut to = from.clone();
    let mut width = 1;
    while width < keys.len() {
        for start in (0..keys.len()).step_by(2 * width) {
            let (mut left, mut right) = (start, (start + width).min(keys.len()));
            let (middle, end) = (right, (start + 2 * width).min(keys.len()));
            for slot in &mut to[start..end] {
                let take_right =
                    left == middle || right < end && natural(keys[from[right]], keys[from[left]]) == Ordering::Less;
                let side = if take_right { &mut right } else { &mut left };
                *slot = from[*side];
                *side += 1;
            }
        }
        std::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    Some(from)
}

/// Compares two keys at their first difference.
fn natural(a: &str, b: &str) -> Ordering {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // The start of the character that has the difference.
    let same = (0..=same).rev().find(|&i| a.is_char_boundary(i) && b.is_char_boundary(i)).unwrap_or(0);
    let (Some(x), Some(y)) = (a[same..].chars().next(), b[same..].chars().next()) else {
        return a.len().cmp(&b.len());
    };
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let after_digit = (x == '0' || y == '0') && a[..same].chars().rev().take_while(|&c| is_digit(c)).any(|c| c != '0');
    let start = i64::from(after_digit);
    let (number_a, digits_a) = number(&a[same..], start);
    let (number_b, digits_b) = number(&b[same..], start);
    number_a.cmp(&number_b).then(digits_a.cmp(&digits_b)).then(x.cmp(&y))
}

/// The number that `text` begins with, continued from `start`, and its length. Large numbers wrap, as in Go.
fn number(text: &str, start: i64) -> (i64, usize) {
    text.chars().take_while(|&c| is_digit(c)).fold((start, 0), |(number, length), c| {
        (number.wrapping_mul(10).wrapping_add(i64::from(u32::from(c)) - i64::from(u32::from('0'))), length + 1)
    })
}

fn is_letter(c: char) -> bool {
    static LETTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{L}$").expect("a valid expression"));
    if c.is_ascii() { c.is_ascii_alphabetic() } else { LETTER.is_match(c.encode_utf8(&mut [0; 4])) }
}

fn is_digit(c: char) -> bool {
    static DIGIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").expect("a valid expression"));
    if c.is_ascii() { c.is_ascii_digit() } else { DIGIT.is_match(c.encode_utf8(&mut [0; 4])) }
}
