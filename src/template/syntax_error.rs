//! Syntax errors of templates: what is not closed, what other template languages write, and what to write here.

use super::blocks::{self, BlockError, BlockTag};
use super::tags;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Location, position};
use std::ops::Range;

/// What a syntax error of the engine is about.
pub(super) struct SyntaxError<'s> {
    /// The template.
    pub(super) source: &'s str,
    /// Its file.
    pub(super) file: FileId,
    /// The range that the engine reports.
    pub(super) range: Range<usize>,
    /// Whether the engine reached the end of the template.
    pub(super) is_at_end: bool,
}

impl SyntaxError<'_> {
    /// The diagnostic. `detail` is what the engine reports.
    pub(super) fn diagnostic(&self, detail: &str) -> Diagnostic {
        let (start, end) = self.tag();
        let until = (!self.is_at_end).then_some(end);
        let other = || Diagnostic::new(Code::Template, format!("template syntax error: {detail}"));
        let tag = &self.source[start..end];
        if let Some(help) = foreign_help(tag) {
            return other().help(help).help(RAW_HELP);
        }
        self.unclosed(start)
            .or_else(|| blocks::first_error(self.source, until).map(|error| self.block(error)))
            .unwrap_or_else(|| self.operator_help(other(), tag))
    }

    /// The start and end of the tag that has the error.
    fn tag(&self) -> (usize, usize) {
        let mut tag = (self.range.start, self.range.end);
        let mut from = 0;
        while let Some(start) = tags::next(self.source, from).filter(|start| *start <= self.range.start) {
            from = tags::end(self.source, start);
            tag = (start, from);
        }
        tag
    }

    /// The error of a tag that is not closed because of a quote, a bracket or missing braces.
    fn unclosed(&self, start: usize) -> Option<Diagnostic> {
        let tag = &self.source[start..];
        let (open, close) = match tag.get(..2)? {
            "{{" => ("{{", "}}"),
            "{%" => ("{%", "%}"),
            _ => return None,
        };
        let error = |message: String, at: usize, len: usize| {
            Diagnostic::new(Code::Template, message).at(self.location(start + at..start + at + len))
        };
        let unclosed = || error(format!("`{open}` is not closed"), 0, 2).help(format!("add `{close}`"));
        let mut brackets: Vec<(usize, char)> = Vec::new();
        let mut quote: Option<(usize, char)> = None;
        let mut chars = tag.char_indices().skip(2);
        while let Some((at, c)) = chars.next() {
            match (quote, c) {
                (Some(_), '\\') => drop(chars.next()),
                (Some((_, open)), c) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some((at, c)),
                (None, _) if tag[at..].starts_with(close) && brackets.last().is_none_or(|(_, c)| *c != '{') => {
                    let (at, bracket) = brackets.pop()?;
                    let help = format!("add `{}`", closing(bracket));
                    return Some(error(format!("`{bracket}` is not closed"), at, 1).help(help));
                }
                (None, '(' | '[' | '{') => brackets.push((at, c)),
                (None, ')' | ']' | '}') => match brackets.pop() {
                    Some((_, bracket)) if closing(bracket) == c => {}
                    Some((_, bracket)) => {
                        let error = error(format!("`{bracket}` is closed with `{c}`"), at, 1);
                        return Some(error.help(format!("use `{}`", closing(bracket))));
                    }
                    None if c == '}' => return Some(unclosed()),
                    None => return Some(error(format!("`{c}` closes a bracket that is not open"), at, 1)),
                },
                _ => {}
            }
        }
        Some(match quote {
            Some((at, quote)) => error(format!("the quote `{quote}` is not closed"), at, 1)
                .help(format!("add `{quote}` at the end of the string")),
            None => unclosed(),
        })
    }

    fn block(&self, error: BlockError) -> Diagnostic {
        let at =
            |message: String, range: Range<usize>| Diagnostic::new(Code::Template, message).at(self.location(range));
        match error {
            BlockError::Unclosed(BlockTag { word, range }) => {
                at(format!("`{{% {word} %}}` has no `{{% end{word} %}}`"), range)
                    .help(format!("add `{{% end{word} %}}` at the end of the block"))
            }
            BlockError::Mismatched { end, open: Some(open) } => {
                let message = format!("`{{% {} %}}` does not end `{{% {} %}}`", end.word, open.word);
                at(message, end.range)
                    .note(self.location(open.range), format!("`{{% {} %}}` begins here", open.word))
                    .help(format!("end the inner block first: `{{% end{} %}}`", open.word))
            }
            BlockError::Mismatched { end, open: None } => at(
                format!("`{{% {} %}}` ends no block", end.word),
                end.range,
            )
            .help(format!("remove it, or begin the block with `{{% {} … %}}`", end.word.trim_start_matches("end"))),
            BlockError::Misplaced(tag) => at(format!("`{{% {} %}}` is not in an `if` block", tag.word), tag.range)
                .help("begin the block with `{% if … %}`, and end it with `{% endif %}`"),
            BlockError::UnclosedComment(start) => {
                at("the comment `{#` is not closed".to_owned(), start..start + 2).help("add `#}`")
            }
            BlockError::Unknown(tag) => {
                at(format!("unknown tag `{}`", tag.word), tag.range).suggest(tag.word, blocks::known_tags())
            }
        }
    }

    /// The error with the operator of this language, if the template has that of another one.
    fn operator_help(&self, error: Diagnostic, tag: &str) -> Diagnostic {
        let found = self.source.get(self.range.start..).unwrap_or("");
        let help = [
            ("&&", "use `and`"),
            ("||", "use `or`"),
            ("?", "write a condition as `a if condition else b`"),
            ("==", ""),
            ("=", "compare with `==`"),
            ("!=", ""),
            ("!", "use `not`"),
        ]
        .into_iter()
        .find(|(operator, _)| found.starts_with(operator))
        .map(|(_, help)| help)
        .filter(|help| !help.is_empty());
        let inner = tags::inner(tag, 0..tag.len());
        match help {
            Some(help) => error.help(help),
            None if inner.is_empty() => error.help("write an expression between the braces, or remove them"),
            None if has_words_in_a_row(inner) && tag.starts_with("{{") => {
                error.help("call a function as `name(value)`, and a filter as `value | name`")
            }
            None => error,
        }
    }

    fn location(&self, range: Range<usize>) -> Location {
        location(self.source, self.file, range)
    }
}

/// The location of a range of a template.
pub(super) fn location(source: &str, file: FileId, range: Range<usize>) -> Location {
    let (line, column) = position(source, range.start);
    let len = source.get(range).and_then(|text| text.lines().next()).map_or(0, |line| line.chars().count());
    Location::new(file, line, column, len)
}

/// How to write an expression that another program evaluates.
pub(super) const RAW_HELP: &str =
    "to write an expression for another program unchanged, put it in `{% raw %}` and `{% endraw %}`";

/// What to write in place of a tag that is one of Helm or of another Go template; `None` if it is none.
pub(super) fn foreign_help(tag: &str) -> Option<String> {
    let inner = tags::inner(tag, 0..tag.len());
    if inner == "end" {
        return Some("this ends a block of a Go template; write `{% endif %}` or `{% endfor %}`".to_owned());
    }
    let mut words = inner.split_whitespace();
    let field = inner.split(|c: char| c.is_whitespace() || matches!(c, '(' | '|')).find(|word| is_go_field(word))?;
    let own = field.strip_prefix(".Values.").map(|path| format!("values.{path}"));
    Some(match (words.next().unwrap_or(""), own) {
        ("if" | "else", _) => "this is a condition of a Go template; write `{% if … %}` and `{% endif %}`".to_owned(),
        ("range", _) => "this is a loop of a Go template; write `{% for … in … %}` and `{% endfor %}`".to_owned(),
        (_, Some(own)) => format!("`{field}` is the syntax of Helm; write `{own}`"),
        (_, None) => format!("`{field}` is the syntax of Go templates; a name has no dot or `$` before it"),
    })
}

fn closing(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// Whether a word is a field or variable of a Go template: `.Values.host`, `.username`, `$labels`, `.`.
fn is_go_field(word: &str) -> bool {
    let is_name = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    word == "." || word.strip_prefix(['.', '$']).is_some_and(is_name)
}

/// Whether a tag begins with two names or a name and a string, as a call in a Go template does.
fn has_words_in_a_row(inner: &str) -> bool {
    let mut words = inner.split_whitespace();
    let is_name = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let is_operator = |word: &str| matches!(word, "if" | "is" | "in" | "not" | "and" | "or" | "else");
    let starts_value =
        |word: &str| word.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '"' | '\'' | '_'));
    match (words.next(), words.next()) {
        (Some(first), Some(second)) => is_name(first) && starts_value(second) && !is_operator(second),
        _ => false,
    }
}
