//! Texts that the tags of a template process: what has an index, a filter or a test, what a loop visits, and arguments.
//!
//! The engine visits all characters of such a text, whose length it does not count. A filter counts them, before each of these
//! operations.

use super::operands::{self, WORDS};
use super::tags;

/// The filter that counts a text.
pub(super) const TEXT_FILTER: &str = "_pleach_text";

const FILTER: &str = "|_pleach_text";
/// The filter of what is compared as a whole: the arguments of `loop.changed` and of tests.
const COMPARED: &str = "|_pleach_count";
/// The filter of what `in` looks up.
const SOUGHT: &str = "|_pleach_sought";
/// Ends the parentheses around what has an index.
const INDEXED: &str = "|_pleach_text)";
/// Ends the parentheses around what a slice is taken from, such as `a[1:]`.
const SLICED: &str = "|_pleach_sliced)";
/// Ends the parentheses around a slice.
const SLICE: &str = "|_pleach_slice)";

/// The filter of what `in` looks up.
pub(super) const SOUGHT_FILTER: &str = "_pleach_sought";
/// The filter of what a slice is taken from.
pub(super) const SLICED_FILTER: &str = "_pleach_sliced";
/// The filter of a slice.
pub(super) const SLICE_FILTER: &str = "_pleach_slice";

/// Tags whose parentheses have the names of parameters.
const PARAMETERS: [&str; 2] = ["macro", "call"];

/// The filters to add and the parentheses that they need, with their offsets, ascending.
pub(super) fn filters(source: &str) -> Vec<(usize, &'static str)> {
    let mut added = Vec::new();
    for (start, tag) in operands::tags(source) {
        let first = added.len();
        SubjectScan::of(tag, &mut added).tag();
        added[first..].iter_mut().for_each(|(at, _)| *at += start);
    }
    added.sort_by_key(|(at, _)| *at);
    added
}

/// What is between the brackets around it.
#[derive(Clone, Copy, Default)]
struct Enclosed {
    /// The range of the operand so far, without operators before it.
    operand: Option<(usize, usize)>,
    /// Whether the operand has a filter.
    is_filtered: bool,
    /// Whether the operand is the name of a test.
    is_test: bool,
    /// The filter of what is between commas, if the brackets are those of a call or an index.
    filter: Option<&'static str>,
    /// The index, if the brackets are those of one.
    index: Option<Index>,
}

/// What is between the brackets of an index.
#[derive(Clone, Copy)]
struct Index {
    /// The position of the filter of what has the index, among those that were added.
    filter: usize,
    /// Whether it is a slice, such as `1:`.
    is_slice: bool,
}

struct SubjectScan<'t, 'a> {
    tag: &'t str,
    added: &'a mut Vec<(usize, &'static str)>,
    outer: Vec<Enclosed>,
    inner: Enclosed,
    has_parameters: bool,
    is_loop: bool,
    /// Whether the next `in` is that of a loop, not an operator.
    is_before_in: bool,
}

impl<'t, 'a> SubjectScan<'t, 'a> {
    fn of(tag: &'t str, added: &'a mut Vec<(usize, &'static str)>) -> Self {
        let name = tags::inner(tag, 0..tag.len()).split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let has_name = |names: &[&str]| tag.starts_with("{%") && names.contains(&name);
        let (has_parameters, is_loop) = (has_name(&PARAMETERS), has_name(&["for"]));
        let (outer, inner, is_before_in) = (Vec::new(), Enclosed::default(), is_loop);
        SubjectScan { tag, added, outer, inner, has_parameters, is_loop, is_before_in }
    }

    fn tag(mut self) {
        let (mut at, close) = operands::content(self.tag);
        if self.tag.starts_with("{%") {
            at += self.tag[at..].find(char::is_alphanumeric).unwrap_or_default();
            at += self.tag[at..].find(|c: char| !c.is_alphanumeric()).unwrap_or_default();
        }
        let mut previous = ' ';
        while let Some(c) = self.tag[..close].get(at..).and_then(|rest| rest.chars().next()) {
            let rest = &self.tag[at..close];
            let mut len = c.len_utf8();
            match c {
                '"' | '\'' => {
                    len = operands::string_len(rest);
                    self.extend(at, at + len);
                }
                _ if c.is_alphanumeric() || c == '_' => {
                    len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                    self.word(at, &rest[..len], previous);
                }
                '(' | '[' | '{' => self.open(at, c),
                ')' | ']' | '}' => self.close(at + len),
                '|' => {
                    self.filtered();
                    self.inner.is_filtered = true;
                }
                ',' => self.end_argument(),
                '.' => {}
                ':' => {
                    self.inner.index.iter_mut().for_each(|index| index.is_slice = true);
                    self.end();
                }
                _ if c.is_whitespace() => {}
                _ => self.end(),
            }
            previous = if c.is_whitespace() { previous } else { c };
            at += len;
        }
        if self.is_loop && self.outer.is_empty() {
            self.filtered();
        }
    }

    /// Adds the text to `end` to the operand, or begins one.
    fn extend(&mut self, start: usize, end: usize) {
        let (start, _) = self.inner.operand.unwrap_or((start, end));
        self.inner.operand = Some((start, end));
    }

    fn word(&mut self, at: usize, word: &str, previous: char) {
        let is_name = self.inner.is_test && self.inner.operand.is_none() && word != "not";
        if WORDS.contains(&word) && !is_name && !matches!(previous, '.' | '|') {
            let ends_list = self.is_loop && self.outer.is_empty() && matches!(word, "if" | "recursive");
            // In `a not in b`, the first word follows what is looked up.
            let is_sought = word == "in" && !std::mem::take(&mut self.is_before_in) || word == "not";
            if word == "is" || ends_list {
                self.filtered();
            } else if is_sought {
                self.filter(SOUGHT);
            }
            let is_test = word == "is" || word == "not" && self.inner.is_test;
            self.end();
            self.inner.is_test = is_test;
            return;
        }
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let is_number = |(start, _): (usize, usize)| is_digit(self.tag.as_bytes().get(start));
        if previous == '.' && is_digit(word.as_bytes().first()) && !self.inner.operand.is_some_and(is_number) {
            self.indexed();
        }
        self.extend(at, at + word.len());
    }

    fn open(&mut self, at: usize, bracket: char) {
        let is_postfix = self.inner.operand.is_some();
        let index = if is_postfix && bracket == '[' { self.indexed() } else { None };
        self.extend(at, at + 1);
        let is_changed =
            self.inner.operand.is_some_and(|(start, _)| self.tag[start..at].trim_end().ends_with(".changed"));
        let is_call = is_postfix && bracket == '(' && !(self.has_parameters && self.outer.is_empty());
        let filter =
            (is_call || index.is_some()).then_some(if is_changed || self.inner.is_test { COMPARED } else { FILTER });
        self.outer.push(std::mem::replace(&mut self.inner, Enclosed { filter, index, ..Enclosed::default() }));
    }

    fn close(&mut self, end: usize) {
        self.end_argument();
        let index = self.inner.index;
        self.inner = self.outer.pop().unwrap_or_default();
        self.extend(end, end);
        if let (Some(Index { filter, is_slice: true }), Some((start, _))) = (index, self.inner.operand) {
            self.added[filter].1 = SLICED;
            self.added.extend([(start, "("), (end, SLICE)]);
        }
    }

    /// Ends the operand, which may be an argument of a call.
    fn end_argument(&mut self) {
        if let Some(filter) = self.inner.filter {
            self.filter(filter);
        }
        self.end();
    }

    fn end(&mut self) {
        let Enclosed { filter, index, .. } = self.inner;
        self.inner = Enclosed { filter, index, ..Enclosed::default() };
    }

    fn filtered(&mut self) {
        self.filter(FILTER);
    }

    fn filter(&mut self, filter: &'static str) {
        self.added.extend(self.inner.operand.filter(|_| !self.inner.is_test).map(|(_, end)| (end, filter)));
    }

    /// Adds the filter of what has an index.
    fn indexed(&mut self) -> Option<Index> {
        let (start, end) = self.inner.operand.filter(|_| !self.inner.is_filtered && !self.inner.is_test)?;
        self.added.extend([(start, "("), (end, INDEXED)]);
        Some(Index { filter: self.added.len() - 1, is_slice: false })
    }
}

#[cfg(test)]
mod tests {
    use super::{COMPARED, FILTER, INDEXED, SLICE, SLICED, SOUGHT, filters};

    /// `source` with `#` for the filter, `&` for that of what is compared, `@` for that of what is looked up, `$` for that of what a slice is taken from, and `%` for that of the slice.
    fn with_signs(source: &str) -> String {
        let mut out = String::new();
        let mut from = 0;
        for (at, text) in filters(source) {
            out += &source[from..at];
            out += match text {
                FILTER => "#",
                COMPARED => "&",
                SOUGHT => "@",
                _ => text,
            };
            from = at;
        }
        (out + &source[from..]).replace(INDEXED, "#)").replace(SLICED, "$)").replace(SLICE, "%)")
    }

    #[test]
    fn texts_that_are_processed_are_counted() {
        for (source, want) in [
            ("{{ a }}{{ a ~ b + c }}{% if a in b %}", "{{ a }}{{ a ~ b + c }}{% if a@ in b %}"),
            (
                "{% for a in b if a not in c %}{{ not a in [b] }}",
                "{% for a in b# if a@ not in c# %}{{ not a@ in [b] }}",
            ),
            ("{{ a[i] }}{{ a.b[1:][-c[0]] }}", "{{ (a#)[i#] }}{{ (((a.b$)[1:]%)#)[-(c#)[0#]#] }}"),
            ("{{ a[b[1]:c[:2]] }}{{ a[{'b': 1}.b] }}", "{{ ((a$)[(b#)[1#]:((c$)[:2#]%)#]%) }}{{ (a#)[{'b': 1}.b#] }}"),
            ("{{ a[::2] | f }}{% for c in a[1:] %}", "{{ ((a$)[::2#]%)# | f }}{% for c in ((a$)[1:]%)# %}"),
            ("{{ a.0 }}{{ 1.5 }}{{ a.b.0.c }}", "{{ (a#).0 }}{{ 1.5 }}{{ (a.b#).0.c }}"),
            ("{{ 'x'[0] }}{{ [a][0] }}{{ (a ~ b)[0] }}", "{{ ('x'#)[0#] }}{{ ([a]#)[0#] }}{{ ((a ~ b)#)[0#] }}"),
            ("{{ a | upper|default('b', c) }}", "{{ a# | upper#|default('b'#, c#) }}"),
            ("{{ f(a, k=b, *c) }}{{ f(a + b) }}", "{{ f(a#, k=b#, *c#) }}{{ f(a + b#) }}"),
            ("{{ loop.changed(a, b[c]) }}{{ d.changed }}", "{{ loop.changed(a&, (b#)[c#]&) }}{{ d.changed }}"),
            ("{% if a is defined and b is not in(c) %}", "{% if a# is defined and b# is not in(c&) %}"),
            ("{% for c in a %}{%- for a, b in c.d -%}", "{% for c in a# %}{%- for a, b in c.d# -%}"),
            ("{% for c in f(a) if c is odd %}", "{% for c in f(a#)# if c# is odd %}"),
            ("{% for c in a recursive %}{{ loop(c) }}", "{% for c in a# recursive %}{{ loop(c#) }}"),
            ("{% macro m(a, b=f(c)) %}{% call(a) m(b) %}", "{% macro m(a, b=f(c#)) %}{% call(a) m(b) %}"),
            ("{% include [a, b] %}{% set a, b = c[0] %}", "{% include [a, b] %}{% set a, b = (c#)[0#] %}"),
            ("{# a[0] #}{% raw %}{{ a[0] }}{% endraw %}", "{# a[0] #}{% raw %}{{ a[0] }}{% endraw %}"),
        ] {
            assert_eq!(with_signs(source), want);
        }
    }
}
