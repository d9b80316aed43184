//! Operands in the tags of a template, which get a filter.
//!
//! The operators of the engine do not know [`SourceNumber`](super::number::SourceNumber). A filter after each operand of
//! arithmetic and comparisons converts it. An operand that is missed is not computed, which the comparison of both renderings
//! detects. Another filter counts the values that a template makes.

use super::tags;
use crate::limits::TAG_OPERATORS;

/// The filter that converts a number of the spec to its value.
pub(super) const VALUE_FILTER: &str = "_pleach_number";

/// The filter that counts a value.
pub(super) const COUNT_FILTER: &str = "_pleach_count";

/// The filter that counts an operand of arithmetic or a comparison. A list that the engine computes when it is used becomes a list
/// of its own: an operand of an operand would be computed in many layers.
pub(super) const OPERAND_FILTER: &str = "_pleach_operand";

/// Which operands get a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilteredOperands {
    /// Those of arithmetic and comparisons.
    Computed,
    /// The same, and all with brackets: lists, mappings and calls. A list that is an item of another is counted with it, and
    /// what a tag writes is counted there.
    Compound,
}

/// Tags whose first operand is not an expression.
const NAMING_TAGS: [&str; 8] = ["macro", "call", "do", "filter", "include", "import", "from", "extends"];

/// Operators whose operands are numbers. Longer ones are first.
const OPERATORS: [&str; 13] = ["//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "<", ">"];

/// Words that end an operand.
pub(super) const WORDS: [&str; 10] = ["and", "or", "not", "is", "in", "if", "elif", "else", "set", "recursive"];

/// The tags of `source` but comments, with their offsets.
pub(super) fn tags(source: &str) -> impl Iterator<Item = (usize, &str)> {
    tags::all(source).map(|tag| (tag.start, &source[tag])).filter(|(_, tag)| !tag.starts_with("{#"))
}

/// The ends of the operands of all tags, ascending, and whether each is an operand of arithmetic or a comparison.
pub(super) fn ends(source: &str, operands: FilteredOperands) -> Vec<(usize, bool)> {
    let of_tag = |(start, tag)| {
        operand_ends(tag, operands).0.into_iter().map(move |(end, is_computed)| (start + end, is_computed))
    };
    tags(source).flat_map(of_tag).collect()
}

/// The first tag with too many operators. The engine looks for constants in each operand of a long expression, so that the work to
/// compile it is quadratic.
pub(super) fn first_excess(source: &str) -> Option<usize> {
    let mut long = tags(source).filter(|(_, tag)| tag.len() > TAG_OPERATORS);
    long.find(|(_, tag)| operand_ends(tag, FilteredOperands::Computed).1 > TAG_OPERATORS).map(|(start, _)| start)
}

/// An expression between brackets or operators.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
struct OperandScan {
    /// The end of the operand so far, if it has begun.
    end: Option<usize>,
    /// Whether the operator before it is one of [`OPERATORS`].
    is_computed: bool,
    /// Whether it has brackets.
    is_compound: bool,
    /// Whether it is a list or mapping.
    is_literal: bool,
    /// Whether it is an item of a list or mapping.
    is_item: bool,
    /// Whether it is the name of a test, not a value.
    is_test: bool,
    /// Whether it is a name that the tag defines, not a value.
    is_name: bool,
    /// Whether it is all that the tag writes. A filter would change what `loop()` and `super()` are.
    is_written: bool,
}

impl OperandScan {
    /// The scan at the beginning of a tag.
    fn first(tag: &str) -> Self {
        let (is_name, is_written) = (is_naming(tag, true), tag.starts_with("{{"));
        OperandScan { is_name, is_written, ..OperandScan::default() }
    }

    /// The scan of the operand after this one.
    fn following(&self, is_computed: bool) -> Self {
        let OperandScan { is_name, is_item, .. } = *self;
        OperandScan { is_computed, is_item, is_name, ..OperandScan::default() }
    }

    /// The end of the operand if it gets a filter, and whether it is one of arithmetic or a comparison: before or after it is such
    /// an operator.
    fn filtered_end(&self, operands: FilteredOperands, is_before_operator: bool) -> Option<(usize, bool)> {
        let is_computed = self.is_computed || is_before_operator;
        let is_filtered = match operands {
            FilteredOperands::Computed => is_computed,
            FilteredOperands::Compound => {
                let is_value = !self.is_test && !self.is_name;
                let is_counted = self.is_compound && !(self.is_literal && self.is_item);
                is_value && (is_counted || is_computed)
            }
        };
        self.end.filter(|_| is_filtered).map(|end| (end, is_computed))
    }
}

/// The ends of the operands of a tag, ascending, with whether each is one of arithmetic or a comparison, and the number of the
/// operators of the tag besides `~`.
fn operand_ends(tag: &str, operands: FilteredOperands) -> (Vec<(usize, bool)>, usize) {
    let (mut ends, mut operators) = (Vec::new(), 0);
    let mut outer: Vec<OperandScan> = Vec::new();
    let (mut at, close) = content(tag);
    let mut scan = OperandScan::first(tag);
    let mut finish = |scan: &mut OperandScan, is_computed: bool| {
        ends.extend(scan.filtered_end(operands, is_computed));
        *scan = scan.following(is_computed);
    };
    let mut previous = ' ';
    while let Some(c) = tag[..close].get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &tag[at..close];
        let mut len = c.len_utf8();
        if c == '"' || c == '\'' {
            len = string_len(rest);
            scan.end = Some(at + len);
        } else if is_word(c) {
            len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = &rest[..len];
            let is_test_name = scan.is_test && scan.end.is_none() && word != "not";
            if WORDS.contains(&word) && !is_test_name && !matches!(previous, '.' | '|') {
                operators += 1;
                let is_test = word == "is" || word == "not" && scan.is_test && scan.end.is_none();
                finish(&mut scan, false);
                scan.is_test = is_test;
                if word == "in" && outer.is_empty() {
                    scan.is_name = is_naming(tag, false);
                }
            } else {
                scan.end = Some(at + len);
            }
        } else if matches!(c, '(' | '[' | '{') {
            scan.is_literal = scan.end.is_none() && c != '(';
            let is_item = scan.is_literal;
            outer.push(std::mem::replace(&mut scan, OperandScan { is_item, ..OperandScan::default() }));
        } else if matches!(c, ')' | ']' | '}') {
            finish(&mut scan, false);
            scan = outer.pop().unwrap_or_default();
            scan.end = Some(at + len);
            scan.is_compound = true;
        } else if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            (len, operators) = (operator.len(), operators + 1);
            finish(&mut scan, true);
        } else if matches!(c, ',' | ':' | '=' | '~') {
            // A tuple needs no brackets.
            let is_tuple = c == ',' && outer.is_empty() && operands == FilteredOperands::Compound;
            finish(&mut scan, is_tuple);
            if c == '=' && outer.is_empty() {
                scan.is_name = is_naming(tag, false);
            }
        }
        previous = if c.is_whitespace() { previous } else { c };
        at += len;
    }
    if !scan.is_written {
        finish(&mut scan, false);
    }
    ends.sort_unstable();
    (ends, operators)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the first operand of a tag is a name or a call that the tag needs unchanged. In some tags, this is so only before `=` or
/// `in`.
fn is_naming(tag: &str, is_before: bool) -> bool {
    let word = tags::inner(tag, 0..tag.len()).split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    tag.starts_with("{%") && (NAMING_TAGS.contains(&word) || is_before && matches!(word, "set" | "for"))
}

/// The range between the braces of a tag, without the signs of white space control. A tag that is not closed has no braces at its
/// end.
pub(super) fn content(tag: &str) -> (usize, usize) {
    let bytes = tag.as_bytes();
    let start = 2 + usize::from(matches!(bytes.get(2), Some(b'-' | b'+')));
    let is_closed = tag.len() >= 4 && (tag.ends_with("}}") || tag.ends_with("%}"));
    let end = tag.len() - if is_closed { 2 } else { 0 };
    let end = end - usize::from(is_closed && end > start && matches!(bytes[end - 1], b'-' | b'+'));
    (start.min(tag.len()), end.max(start).min(tag.len()))
}

/// The length of the string that `text` begins with, with its quotes.
pub(super) fn string_len(text: &str) -> usize {
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

    /// `source` with `#` after the operands.
    fn with_signs(source: &str, operands: FilteredOperands) -> String {
        let ends: Vec<usize> = ends(source, operands).into_iter().map(|(end, _)| end).collect();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let ends = ends.iter().copied().chain([source.len()]);
        starts.zip(ends).map(|(start, end)| &source[start..end]).collect::<Vec<_>>().join("#")
    }

    #[test]
    fn operands_that_can_be_large_are_counted() {
        for (source, want) in [
            ("{{ f(a) }}{{ -f(a)[0] | e }}{{ loop([a]) }}", "{{ f(a) }}{{ -f(a)[0] | e# }}{{ loop([a]#) }}"),
            ("{{ a }}{% if a == b.c %}", "{{ a }}{% if a# == b.c# %}"),
            ("{% set ns.s = ns.s + ns.s %}", "{% set ns.s = ns.s# + ns.s# %}"),
            ("{% set ns.s = [ns.s, ns.s] %}", "{% set ns.s = [ns.s, ns.s]# %}"),
            ("{% set a = a, a %}{% set a, b = c %}", "{% set a = a#, a# %}{% set a, b = c %}"),
            ("{{ f({'k': a}, b=[c])[0].d | e(f) }}", "{{ f({'k': a}#, b=[c]#)[0].d | e(f) }}"),
            ("{{ [[a], {'k': [b]}, f([c])] }}", "{{ [[a], {'k': [b]}, f([c]#)#] }}"),
            ("{% macro m(a, b=[c]) %}{% call m(d, [e]) %}", "{% macro m(a, b=[c]#) %}{% call m(d, [e]#) %}"),
            ("{% for (a, b) in c(d) if a is in([b]) %}", "{% for (a, b) in c(d)# if a is in([b]#) %}"),
            ("{% include [a, b] ignore missing %}", "{% include [a, b] ignore missing %}"),
            ("{% if a is not divisibleby(2) and b(c) %}", "{% if a is not divisibleby(2) and b(c)# %}"),
        ] {
            assert_eq!(with_signs(source, FilteredOperands::Compound), want);
        }
    }

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
            assert_eq!(with_signs(source, FilteredOperands::Computed), want);
        }
    }
}
