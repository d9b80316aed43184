//! Secret values in a text, replaced.
//!
//! A file may have a million secret values, and a report thousands of texts. So the values are sorted, and the time for a text depends
//! on its length and hardly on their number.

use std::collections::{BTreeSet, HashSet};

/// What is shown instead of a value.
pub(crate) const REDACTED: &str = "(secret)";

/// Shorter values are replaced only where they are a whole name in backticks. They may be part of other words.
pub(crate) const DISTINCT: usize = 8;

/// Secret values, to be found in texts.
#[derive(Debug, Default)]
pub(super) struct SecretReplacement {
    /// The values of [`DISTINCT`] bytes or more, in byte order.
    distinct: Vec<String>,
    /// What they begin with.
    starts: HashSet<[u8; DISTINCT]>,
    /// The other values.
    short: BTreeSet<String>,
    /// Those of them with a backtick, which is not expected.
    quoted: Vec<String>,
}

impl SecretReplacement {
    /// The replacement of some values.
    pub(super) fn of(values: BTreeSet<String>) -> Self {
        let (distinct, short): (Vec<String>, Vec<String>) =
            values.into_iter().partition(|value| value.len() >= DISTINCT);
        let starts = distinct.iter().filter_map(|value| start(value.as_bytes())).collect();
        let (quoted, short): (Vec<String>, Vec<String>) = short.into_iter().partition(|value| value.contains('`'));
        SecretReplacement { distinct, starts, short: short.into_iter().collect(), quoted }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.distinct.is_empty() && self.short.is_empty() && self.quoted.is_empty()
    }

    /// A text with [`REDACTED`] in place of the values. Of values that overlap, nothing is left. The short ones in `line`, a line that is
    /// shown beside the text, stay: the text means those.
    pub(super) fn replace(&self, text: &str, line: &str) -> String {
        let (mut out, mut done) = (String::with_capacity(text.len()), 0);
        for at in 0..text.len() {
            let Some(length) = self.longest(&text.as_bytes()[at..]) else { continue };
            if at >= done {
                out.push_str(&text[done..at]);
                out.push_str(REDACTED);
            }
            done = done.max(at + length);
        }
        out.push_str(&text[done..]);
        self.replace_names(out, line)
    }

    /// The length of the longest distinct value that a text begins with.
    fn longest(&self, text: &[u8]) -> Option<usize> {
        if !self.starts.contains(&start(text)?) {
            return None;
        }
        let (mut values, mut longest) = (&self.distinct[..], None);
        for (index, byte) in text.iter().enumerate() {
            // Those that begin with the text up to this byte. One that ends before it is the first of them.
            values = &values[values.partition_point(|value| value.as_bytes().get(index) < Some(byte))..];
            values = &values[..values.partition_point(|value| value.as_bytes().get(index) == Some(byte))];
            match values.first() {
                None => break,
                Some(first) if first.len() == index + 1 => longest = Some(first.len()),
                Some(_) => {}
            }
        }
        longest
    }

    /// Replaces short values, which are whole names in backticks.
    fn replace_names(&self, text: String, line: &str) -> String {
        let quoted = |text: String, value: &String| text.replace(&format!("`{value}`"), &format!("`{REDACTED}`"));
        let text = self.quoted.iter().fold(text, quoted);
        if self.short.is_empty() {
            return text;
        }
        let parts: Vec<&str> = text.split('`').collect();
        let last = parts.len() - 1;
        let shown = |(index, part): (usize, &&str)| {
            let is_name = index > 0 && index < last;
            if is_name && self.short.contains(*part) && !line.contains(part) {
                REDACTED.to_owned()
            } else {
                (*part).to_owned()
            }
        };
        parts.iter().enumerate().map(shown).collect::<Vec<String>>().join("`")
    }
}

fn start(text: &[u8]) -> Option<[u8; DISTINCT]> {
    text.get(..DISTINCT)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(values: &[&str], text: &str) -> String {
        SecretReplacement::of(values.iter().map(|value| (*value).to_owned()).collect()).replace(text, "")
    }

    #[test]
    fn the_longest_value_is_replaced() {
        let values = ["hunter22", "hunter22-hunter22", "hunter22-hunter33", "Größe-日本", "x"];
        for (text, want) in [
            ("hunter22-hunter22!", "(secret)!"),
            ("hunter22-hunter2", "(secret)-hunter2"),
            ("a hunter22hunter22 b", "a (secret)(secret) b"),
            ("hunter2", "hunter2"),
            ("die Größe-日本", "die (secret)"),
            ("", ""),
        ] {
            assert_eq!(replaced(&values, text), want, "{text}");
        }
    }

    #[test]
    fn values_that_overlap_leave_nothing() {
        assert_eq!(replaced(&["abcdefgh", "efghijklmn", "ijklmnop"], "<abcdefghijklmnop>"), "<(secret)>");
    }

    #[test]
    fn short_values_are_names() {
        assert_eq!(
            replaced(&["42", "a`b"], "42 `42` `420` `42`42` `a`b` 42"),
            "42 `(secret)` `420` `(secret)`(secret)` `(secret)` 42"
        );
        assert_eq!(replaced(&["42"], "42`"), "42`");
    }

    #[test]
    fn many_values_take_no_longer() {
        let values: BTreeSet<String> = (0..200_000).map(|i| format!("{}{i}", "a".repeat(20))).collect();
        let replacement = SecretReplacement::of(values);
        let text = format!("{}199999 is a text", "a".repeat(20));
        for _ in 0..10_000 {
            assert_eq!(replacement.replace(&text, ""), "(secret) is a text");
        }
    }
}
