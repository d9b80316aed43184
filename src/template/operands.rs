//! Operands of arithmetic and comparisons in the tags of a template.
//!
//! The operators of the engine do not know [`SourceNumber`](super::number::SourceNumber). A filter after each operand
//! converts it. An operand that is missed is not computed, which the comparison of both renderings detects.

use super::tags;

/// The filter that converts a number of the spec to its value.
pub(super) const VALUE_FILTER: &str = "_pleach_number";

/// Operators whose operands are numbers. Longer ones are first.
const OPERATORS: [&str; 13] = ["//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "<", ">"];

/// Words that end an operand.
const WORDS: [&str; 10] = ["and", "or", "not", "is", "in", "if", "elif", "else", "set", "recursive"];

/// `source` with [`VALUE_FILTER`] after the operands of arithmetic and comparisons.
pub(super) fn with_values(source: &str) -> String {
    let mut out = String::with_capacity(source.len() * 2);
    let mut done = 0;
    for text in tags::texts(source) {
        let tag = &source[done..text.start];
        let mut from = 0;
        for end in if tag.starts_with("{#") { Vec::new() } else { operand_ends(tag) } {
            out.push_str(&tag[from..end]);
            out.push('|');
            out.push_str(VALUE_FILTER);
            from = end;
        }
        out.push_str(&tag[from..]);
        out.push_str(&source[text.clone()]);
        done = text.end;
    }
    out.push_str(&source[done..]);
    out
}

/// An expression between brackets or operators.
#[derive(Default)]
struct OperandScan {
    /// The end of the operand so far, if it has begun.
    end: Option<usize>,
    /// Whether the operator before it is one of [`OPERATORS`].
    is_computed: bool,
}

/// The ends of the operands of a tag, ascending.
fn operand_ends(tag: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut outer: Vec<OperandScan> = Vec::new();
    let mut scan = OperandScan::default();
    let mut finish = |scan: &mut OperandScan, is_computed: bool| {
        ends.extend(scan.end.filter(|_| scan.is_computed || is_computed));
        *scan = OperandScan { end: None, is_computed };
    };
    let (mut at, close) = content(tag);
    let mut previous = ' ';
    while let Some(c) = tag[..close].get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &tag[at..close];
        let mut len = c.len_utf8();
        if c == '"' || c == '\'' {
            len = string_len(rest);
            scan.end = Some(at + len);
        } else if c.is_alphanumeric() || c == '_' {
            len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if WORDS.contains(&&rest[..len]) && !matches!(previous, '.' | '|') {
                finish(&mut scan, false);
            } else {
                scan.end = Some(at + len);
            }
        } else if matches!(c, '(' | '[' | '{') {
            outer.push(std::mem::take(&mut scan));
        } else if matches!(c, ')' | ']' | '}') {
            finish(&mut scan, false);
            scan = outer.pop().unwrap_or_default();
            scan.end = Some(at + len);
        } else if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            len = operator.len();
            finish(&mut scan, true);
        } else if matches!(c, ',' | ':' | '=' | '~') {
            finish(&mut scan, false);
        }
        if !c.is_whitespace() {
            previous = c;
        }
        at += len;
    }
    finish(&mut scan, false);
    ends.sort_unstable();
    ends
}

/// The range between the braces of a tag, without the signs of white space control.
fn content(tag: &str) -> (usize, usize) {
    let bytes = tag.as_bytes();
    let start = 2 + usize::from(matches!(bytes.get(2), Some(b'-' | b'+')));
    let end = tag.len().saturating_sub(2);
    let end = end - usize::from(end > start && matches!(bytes[end - 1], b'-' | b'+'));
    (start, end.max(start).min(tag.len()))
}

/// The length of the string that `text` begins with, with its quotes.
fn string_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == bytes[0] => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_arithmetic_and_comparisons_are_values() {
        for (source, want) in [
            ("{{ a }} * b", "{{ a }} * b"),
            ("{{ a.b * 2 }}", "{{ a.b# * 2# }}"),
            ("{{ a[0]<f(b, c + 1) }}", "{{ a[0]#<f(b, c# + 1#)# }}"),
            ("{%- if a.b | int >= 1.10 and x is odd -%}", "{%- if a.b | int# >= 1.10# and x is odd -%}"),
            ("{% for i in range(a // 2) if i != b %}", "{% for i in range(a# // 2#) if i# != b# %}"),
            ("{% set x = '1 + 2' ~ a ** -b %}", "{% set x = '1 + 2' ~ a# ** -b# %}"),
            ("{# a + b #}{% raw %}{{ a + b }}{% endraw %}", "{# a + b #}{% raw %}{{ a + b }}{% endraw %}"),
            (
                "{% macro m(a=1) %}{{ {'k': a == 1}.k if not a < b else c }}",
                "{% macro m(a=1) %}{{ {'k': a# == 1#}.k if not a# < b# else c }}",
            ),
            ("{{ \"a\\\" + b\" }}{{ a", "{{ \"a\\\" + b\" }}{{ a"),
        ] {
            assert_eq!(
                with_values(source),
                want.replace('#', &format!("|{VALUE_FILTER}"))
                    .replace("{|_pleach_number ", "{# ")
                    .replace(" |_pleach_number}", " #}")
            );
        }
    }
}
