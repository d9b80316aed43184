//! Errors of the YAML parser: what is wrong in the words of the file, and what to try.

use super::super::Locator;
use super::indentation;
use super::lines::TextLine;
use super::tabs;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::position;
use granit_parser::{ErrorKind, ScanError};

/// What the reader knows when the parser fails.
pub(super) struct ParserContext<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// The source locations of its lines.
    pub(super) locate: &'t Locator<'t>,
    /// The offset of the innermost bracket or brace that is open.
    pub(super) open: Option<usize>,
    /// What to do with a template expression in the text.
    pub(super) braces_help: &'static str,
}

/// The length of a conflict marker.
const MARKER: usize = 7;

impl ParserContext<'_> {
    /// The diagnostic for an error of the parser, or for the conflict markers of a merge if the text has them.
    pub(super) fn diagnostic(&self, error: &ScanError) -> Diagnostic {
        if let Some(line) = conflict_marker(self.text) {
            return Diagnostic::new(Code::Yaml, "the file has the conflict markers of a merge")
                .at((self.locate)(line, 1, MARKER))
                .help("resolve the conflict: keep one side or join both, and delete the marked lines");
        }
        let mark = error.marker();
        let offset = mark.byte_offset().filter(|offset| self.text.is_char_boundary(*offset));
        let explained = offset.and_then(|offset| self.explained(error.kind(), offset));
        explained.unwrap_or_else(|| {
            let plain = Diagnostic::new(Code::Yaml, error.kind().to_string());
            plain.at((self.locate)(mark.line(), mark.col() + 1, 1))
        })
    }

    /// The error with a help if the text before `offset` in its line has a template expression, whose braces YAML reads as
    /// a mapping.
    pub(super) fn with_braces_help(&self, error: Diagnostic, offset: Option<usize>) -> Diagnostic {
        match offset.map(|offset| TextLine::at(self.text, offset)) {
            Some(line) if line.text.contains("{{") => error.help(self.braces_help),
            _ => error,
        }
    }

    fn explained(&self, kind: &ErrorKind, offset: usize) -> Option<Diagnostic> {
        use ErrorKind as Kind;
        let line = TextLine::at(self.text, offset);
        let found = self.text[offset..].chars().next();
        Some(match kind {
            Kind::TabInPlainScalar
            | Kind::TabInBlockIndentation
            | Kind::TabNotAllowed
            | Kind::TabInIndentation
            | Kind::TabAtBlockScalarStart => self.tab(line.start)?,
            Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => {
                let quote = found.filter(|c| matches!(c, '"' | '\''))?;
                let error = self.error(format!("the quote `{quote}` is not closed"), offset);
                error.help(format!("add `{quote}` at the end of the text")).help(quote_help(quote))
            }
            Kind::InvalidTrailingSingleQuotedScalar => {
                self.error("unexpected text after the closing quote `'`", offset).help(quote_help('\''))
            }
            Kind::InvalidTrailingDoubleQuotedScalar => {
                self.error("unexpected text after the closing quote `\"`", offset).help(quote_help('"'))
            }
            Kind::UnknownQuotedScalarEscape => self.escape(offset)?,
            Kind::UnexpectedCharacter { character } => self
                .error(format!("a value without quotes cannot begin with {}", shown(*character)), offset)
                .help("put the value in quotes"),
            Kind::MissingAnchorOrAliasName => {
                let mark = found.filter(|c| matches!(c, '*' | '&'))?;
                let what = if mark == '*' { "an alias" } else { "an anchor" };
                let error = self.error(format!("`{mark}` begins {what}, but no name follows"), offset);
                error.help(format!("put a text that begins with `{mark}` in quotes"))
            }
            Kind::InvalidBlockScalarHeader => self
                .error("unexpected text after `|` or `>`", offset)
                .help("begin the text on the next line, with more indentation"),
            Kind::MismatchedFlowCollectionEnd { open, close } => self.mismatched(*open, *close, offset),
            Kind::MisplacedFlowCollectionEnd => {
                let bracket = found?;
                let error = self.error(format!("`{bracket}` closes a bracket that is not open"), offset);
                error.help("remove it, or put the text in quotes")
            }
            Kind::UnclosedFlowCollection { open } => self.unclosed(*open, offset),
            _ if self.open.is_some() => self.in_brackets(offset)?,
            _ => return indentation::explained(&line, kind, self.text).map(|(error, at)| self.placed(error, at)),
        })
    }

    /// A tab in the indentation of the line that begins at `start` or of a later one.
    fn tab(&self, start: usize) -> Option<Diagnostic> {
        let mut start = start;
        for line in self.text[start..].split_inclusive('\n') {
            if let Some(tab) = tabs::leading(line) {
                return Some(self.placed(tabs::error(), start + tab));
            }
            start += line.len();
        }
        None
    }

    fn escape(&self, offset: usize) -> Option<Diagnostic> {
        let mut chars = self.text[offset..].char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                continue;
            }
            let (_, escaped) = chars.next()?;
            if !"0abt\tnvfre \"/\\N_LPxuU\n".contains(escaped) {
                let error = self.error(format!("unknown escape `\\{escaped}` in double quotes"), offset + at);
                return Some(error.help("write `\\\\` for a backslash, or use single quotes"));
            }
        }
        None
    }

    /// An error within brackets or braces.
    fn in_brackets(&self, offset: usize) -> Option<Diagnostic> {
        let open = self.open?;
        let bracket = self.text[open..].chars().next()?;
        let (first, line) = (TextLine::at(self.text, open), TextLine::at(self.text, offset));
        if line.start > first.start && line.indentation() <= first.indentation() {
            return Some(self.unclosed(bracket, open));
        }
        let error = self.error(format!("expected `,` or `{}`", closing(bracket)), offset);
        let error = if line.start > first.start {
            error.note(self.location(open), format!("`{bracket}` is opened here"))
        } else {
            error
        };
        let error = error.help("separate the entries with `,`, and put a text with one of `[]{},:` in quotes");
        Some(self.with_braces_help(error, Some(offset)))
    }

    fn unclosed(&self, bracket: char, open: usize) -> Diagnostic {
        let error = self.error(format!("`{bracket}` is not closed"), open);
        let kind = if bracket == '[' { "list" } else { "mapping" };
        let error = error.help(format!("add `{}` at the end of the {kind}", closing(bracket)));
        self.with_braces_help(error, Some(open))
    }

    fn mismatched(&self, open: char, close: char, offset: usize) -> Diagnostic {
        let error = self.error(format!("`{open}` is closed with `{close}`"), offset);
        let error = match self.open {
            Some(at) if at != offset => error.note(self.location(at), format!("`{open}` is opened here")),
            _ => error,
        };
        self.with_braces_help(error.help(format!("use `{}`", closing(open))), Some(offset))
    }

    fn error(&self, message: impl Into<String>, offset: usize) -> Diagnostic {
        self.placed(Diagnostic::new(Code::Yaml, message), offset)
    }

    fn placed(&self, error: Diagnostic, offset: usize) -> Diagnostic {
        error.at(self.location(offset))
    }

    fn location(&self, offset: usize) -> crate::source::Location {
        let (line, column) = position(self.text, offset);
        (self.locate)(line, column, 1)
    }
}

/// How to write a quote in a text with this quote.
fn quote_help(quote: char) -> &'static str {
    if quote == '\'' {
        "within single quotes, write `''` for `'`"
    } else {
        "within double quotes, write `\\\"` for `\"`"
    }
}

fn shown(c: char) -> String {
    if c == '`' { "a backtick".to_owned() } else { format!("`{c}`") }
}

fn closing(bracket: char) -> char {
    if bracket == '[' { ']' } else { '}' }
}

/// The line, counted from 1, of the first conflict marker, if a later line ends the conflict.
fn conflict_marker(text: &str) -> Option<usize> {
    let first = text.lines().position(|line| line.starts_with("<<<<<<< "))?;
    text.lines().skip(first).any(|line| line.starts_with(">>>>>>> ")).then_some(first + 1)
}
