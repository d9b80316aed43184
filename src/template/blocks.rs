//! The blocks of a template, such as `{% if … %}` with `{% endif %}`, found without compiling it.

use super::tags;
use std::ops::Range;

/// The tags that begin a block. `set` begins one if it has no `=`.
const OPENING: &[&str] = &["if", "for", "with", "set", "filter", "block", "macro", "call", "raw"];
/// The tags that are neither the start nor the end of a block.
const OTHER: &[&str] = &["else", "elif", "include", "import", "from", "extends", "do"];

/// A tag with a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockTag<'s> {
    /// The first word.
    pub(super) word: &'s str,
    /// Where it is.
    pub(super) range: Range<usize>,
}

/// What is wrong with the blocks of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BlockError<'s> {
    /// A block is not closed.
    Unclosed(BlockTag<'s>),
    /// A tag closes another block than the innermost open one, or none.
    Mismatched { end: BlockTag<'s>, open: Option<BlockTag<'s>> },
    /// An `else` or `elif` is not in a block that has one.
    Misplaced(BlockTag<'s>),
    /// A comment is not closed.
    UnclosedComment(usize),
    /// There is no such tag.
    Unknown(BlockTag<'s>),
}

/// All tags with statements.
pub(super) fn known_tags() -> impl Iterator<Item = &'static str> {
    OPENING.iter().chain(OTHER).copied()
}

/// The first error of the blocks before the offset `until`. Without an offset, a block that is not closed is an error too.
pub(super) fn first_error(source: &str, until: Option<usize>) -> Option<BlockError<'_>> {
    let mut open: Vec<BlockTag> = Vec::new();
    let mut from = 0;
    while let Some(start) = tags::next(source, from).filter(|start| until.is_none_or(|until| *start < until)) {
        let end = tags::end(source, start);
        from = end;
        if source[start..].starts_with("{#") && !source[..end].ends_with("#}") {
            return Some(BlockError::UnclosedComment(start));
        }
        if !source[start..].starts_with("{%") {
            continue;
        }
        let tag = BlockTag { word: tags::first_word(tags::inner(source, start..end)), range: start..end };
        match tag.word {
            "raw" => match tags::end_of_raw(source, end) {
                Some(tag) => from = tag.end,
                None => return Some(BlockError::Unclosed(tag)),
            },
            "else" | "elif" if !open.last().is_some_and(|block| matches!(block.word, "if" | "for")) => {
                return Some(BlockError::Misplaced(tag));
            }
            "set" if tags::inner(source, start..end).contains('=') => {}
            word if OPENING.contains(&word) => open.push(tag),
            word if OTHER.contains(&word) => {}
            word => match word.strip_prefix("end").filter(|begin| OPENING.contains(begin)) {
                None => return Some(BlockError::Unknown(tag)),
                Some(begin) if open.last().is_some_and(|block| block.word == begin) => drop(open.pop()),
                Some(_) => return Some(BlockError::Mismatched { end: tag, open: open.pop() }),
            },
        }
    }
    open.pop().filter(|_| until.is_none()).map(BlockError::Unclosed)
}

#[cfg(test)]
mod tests {
    use super::{BlockError, first_error};

    fn shown(source: &str) -> String {
        match first_error(source, None) {
            None => "-".to_owned(),
            Some(BlockError::Unclosed(tag)) => format!("unclosed {} {}", tag.word, tag.range.start),
            Some(BlockError::Mismatched { end, open }) => {
                format!("{} {}", end.word, open.map_or("alone".to_owned(), |open| format!("in {}", open.word)))
            }
            Some(BlockError::Misplaced(tag)) => format!("misplaced {}", tag.word),
            Some(BlockError::UnclosedComment(at)) => format!("comment {at}"),
            Some(BlockError::Unknown(tag)) => format!("unknown {}", tag.word),
        }
    }

    #[test]
    fn the_first_error_of_blocks() {
        for (source, want) in [
            ("{% if a %}{% else %}{% endif %}", "-"),
            ("{% for a in b %}{% if c %}{% endif %}{% endfor %}", "-"),
            ("{% set a = 1 %}{% set b %}x{% endset %}", "-"),
            ("{% raw %}{% if %}{{{% endraw %}", "-"),
            ("{# {% if %} #}{{ '{% if %}' }}", "-"),
            ("a{%- if a %}", "unclosed if 1"),
            ("{% if a %}{% for a in b %}{% endfor %}", "unclosed if 0"),
            ("{% for a in b %}{% if c %}{% endfor %}", "endfor in if"),
            ("{% endif %}", "endif alone"),
            ("{% else %}", "misplaced else"),
            ("{% raw %}{% if %}", "unclosed raw 0"),
            ("{# a", "comment 0"),
            ("{% fi %}", "unknown fi"),
            ("{% end %}", "unknown end"),
        ] {
            assert_eq!(shown(source), want, "{source}");
        }
    }
}
