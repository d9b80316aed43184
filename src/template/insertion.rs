//! Text that is inserted in the source of a template when the engine loads it: filters, parentheses and source marks. Errors
//! have offsets in the source without it.

use super::operands::{self, COUNT_FILTER, FilteredOperands, OPERAND_FILTER, VALUE_FILTER};
use super::{concatenation, subjects, tags};
use crate::source::FileId;
use std::borrow::Cow;

/// What is inserted in the source of all templates of an environment, besides filters that count operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceChange {
    /// Nothing.
    None,
    /// Every line of text begins with a source mark.
    LineMarks,
    /// Operands of arithmetic and comparisons are values. The engine gets numbers that keep their text.
    ComputedOperands,
}

/// The texts that are inserted in the source of a template.
pub(super) struct Insertions(Vec<Insertion>);

struct Insertion {
    /// The offset in the source.
    at: usize,
    /// The offset in the changed source.
    changed: usize,
    text: Cow<'static, str>,
}

impl Insertions {
    /// The insertions of an environment with this change.
    pub(super) fn of(source: &str, change: SourceChange, file: FileId) -> Self {
        let mut all: Vec<(usize, Cow<'static, str>)> = Vec::new();
        let filtered = |operands, filter: &'static str, of_computed: &'static str| {
            let text = move |is_computed| format!("|{}", if is_computed { of_computed } else { filter }).into();
            operands::ends(source, operands).into_iter().map(move |(end, is_computed)| (end, text(is_computed)))
        };
        match change {
            SourceChange::None => {}
            SourceChange::LineMarks => {
                all.extend(tags::marks(source, file).into_iter().map(|(at, mark)| (at, mark.into())));
            }
            SourceChange::ComputedOperands => {
                all.extend(filtered(FilteredOperands::Computed, VALUE_FILTER, VALUE_FILTER));
            }
        }
        all.extend(filtered(FilteredOperands::Compound, COUNT_FILTER, OPERAND_FILTER));
        all.extend(subjects::filters(source).into_iter().map(|(at, text)| (at, text.into())));
        all.extend(parentheses(source));
        Insertions::new(all)
    }

    /// Only the parentheses without which a long concatenation is too much work.
    pub(super) fn balancing(source: &str) -> Self {
        Insertions::new(parentheses(source).collect())
    }

    fn new(mut texts: Vec<(usize, Cow<'static, str>)>) -> Self {
        // A filter stays before a parenthesis at the same offset.
        texts.sort_by_key(|(at, _)| *at);
        let mut added = 0;
        let insertion = |(at, text): (usize, Cow<'static, str>)| {
            let changed = at + added;
            added += text.len();
            Insertion { at, changed, text }
        };
        Insertions(texts.into_iter().map(insertion).collect())
    }

    /// The changed source.
    pub(super) fn apply(&self, source: &str) -> String {
        let added: usize = self.0.iter().map(|insertion| insertion.text.len()).sum();
        let mut out = String::with_capacity(source.len() + added);
        let mut from = 0;
        for insertion in &self.0 {
            out.push_str(&source[from..insertion.at]);
            out.push_str(&insertion.text);
            from = insertion.at;
        }
        out.push_str(&source[from..]);
        out
    }

    /// The offset in the source of an offset in the changed source. An offset in an inserted text is that of the text.
    pub(super) fn original(&self, offset: usize) -> usize {
        let before = self.0.partition_point(|insertion| insertion.changed < offset);
        let Some(last) = before.checked_sub(1).and_then(|last| self.0.get(last)) else { return offset };
        last.at + (offset - last.changed).saturating_sub(last.text.len())
    }
}

fn parentheses(source: &str) -> impl Iterator<Item = (usize, Cow<'static, str>)> {
    concatenation::parentheses(source).into_iter().map(|(at, text)| (at, text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_in_the_source() {
        let source = format!("{{{{ [a] + b }}}}{{{{ {}[c]~d }}}}", "c ~ ".repeat(100));
        let insertions = Insertions::of(&source, SourceChange::None, FileId(0));
        let changed = insertions.apply(&source);
        assert!(changed.starts_with("{{ [a]|_pleach_operand + b|_pleach_operand }}{{(((((( c ~"), "{changed}");
        assert!(changed.contains("( [c]|_pleach_count~d ))))))"), "{changed}");
        for (text, want) in [("[a]", 3), ("|_p", 6), ("operand", 6), (" +", 6), ("b|", 9), ("}}{{", 11)] {
            assert_eq!(insertions.original(changed.find(text).unwrap()), want, "{text}");
        }
        let at = changed.find("[c]").unwrap();
        assert_eq!(&source[insertions.original(at)..][..3], "[c]");
        assert_eq!(insertions.original(changed.len()), source.len());
    }

    #[test]
    fn source_without_operands_is_unchanged() {
        let source = "{{ a }}{# [a] #}{% raw %}{{ [a] }}{% endraw %}";
        let insertions = Insertions::of(source, SourceChange::None, FileId(0));
        assert_eq!(insertions.apply(source), source);
    }
}
