//! Regular expressions as Go writes them, for that is what kustomize takes image names and patch targets for.
//!
//! The `regex` crate accepts nearly the same syntax. [`compile`] translates the differences: a brace that repeats
//! nothing is a brace, `\Q…\E` quotes, classes are ASCII and do not nest, and nothing is repeated twice.

use crate::diagnostic::Diagnostic;
use crate::limits::{REGEX_BYTES, REGEX_REPETITIONS, REGEX_TEXT_BYTES};
use crate::work::WorkCounter;
use regex_automata::meta::{self, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use std::str::Chars;

/// The names allowed between `[:` and `:]`.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// The memory that every expression takes besides its size, in bytes.
const MEMORY: usize = 8 << 10;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) struct Expression(Regex);

/// The expression of a pattern, or why it is none, as one line.
pub(crate) fn compile(pattern: &str) -> Result<Expression, String> {
    if pattern.len() > REGEX_TEXT_BYTES {
        return Err(format!("it is longer than {REGEX_TEXT_BYTES} bytes"));
    }
    let translated = Translation::of(pattern)?;
    // A DFA is faster for long texts, but one that is made while it searches takes up to 2 MB for each expression.
    let config = meta::Config::new().dfa(false).hybrid(false).which_captures(WhichCaptures::None);
    let config = config.nfa_size_limit(Some(REGEX_BYTES));
    Regex::builder().configure(config).build(&translated).map(Expression).map_err(|error| {
        if let Some(limit) = error.size_limit() {
            return format!("it is larger than {limit} bytes");
        }
        let why = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
        why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

/// What was compiled. One that is not valid counts as work: it may have been too large.
pub(crate) fn checked<T>(compiled: Result<T, Diagnostic>, work: &WorkCounter) -> Result<T, Diagnostic> {
    compiled.or_else(|invalid| work.text(REGEX_BYTES).and(Err(invalid)))
}

impl Expression {
    /// Counts the memory that it takes, with that to compare it. This and [`Expression::is_match`] fail with the error of a work limit only.
    pub(crate) fn count(&self, work: &WorkCounter) -> Result<(), Diagnostic> {
        work.text(2 * self.0.memory_usage() + MEMORY)
    }

    /// Whether it matches a part of `text`.
    pub(crate) fn is_match(&self, text: &str, work: &WorkCounter) -> Result<bool, Diagnostic> {
        work.matched(text.len(), self.0.memory_usage())?;
        Ok(self.0.is_match(text))
    }
}

/// An expression on its way from one language to the other.
struct Translation<'p> {
    rest: Chars<'p>,
    /// The length of the text behind which no named class ends.
    last_class: usize,
    out: String,
    /// Whether the last thing was a repetition.
    repeated: bool,
}

impl<'p> Translation<'p> {
    fn of(pattern: &'p str) -> Result<String, String> {
        let last_class = pattern.rfind(":]").map_or(usize::MAX, |at| pattern.len() - at);
        let mut this = Translation { rest: pattern.chars(), last_class, out: String::new(), repeated: false };
        while let Some(c) = this.rest.next() {
            let repeats = match c {
                '\\' => this.escape(false)?,
                '[' => this.class()?,
                '*' | '+' | '?' => this.repeat(c.encode_utf8(&mut [0; 4]))?,
                '{' => match this.bounds() {
                    Some(bounds) => this.repeat(&bounds)?,
                    None => this.push("\\{"),
                },
                '(' => this.group()?,
                c => this.push(c.encode_utf8(&mut [0; 4])),
            };
            this.repeated = repeats;
        }
        Ok(this.out)
    }

    fn next_if(&mut self, is_wanted: impl Fn(char) -> bool) -> Option<char> {
        let next = self.rest.clone().next().filter(|c| is_wanted(*c))?;
        self.rest.next();
        Some(next)
    }

    /// Writes what repeats nothing.
    fn push(&mut self, text: &str) -> bool {
        self.out.push_str(text);
        false
    }

    /// Writes a repetition, with the `?` that makes it lazy.
    fn repeat(&mut self, operator: &str) -> Result<bool, String> {
        if self.repeated {
            return Err(format!("`{operator}` follows another repetition"));
        }
        let numbers = operator.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
        if numbers.map(|number| number.parse().unwrap_or(u32::MAX)).any(|number| number > REGEX_REPETITIONS) {
            return Err(format!("`{operator}` is more than {REGEX_REPETITIONS} repetitions"));
        }
        self.push(operator);
        if self.next_if(|c| c == '?').is_some() {
            self.push("?");
        }
        Ok(true)
    }

    /// `{2}`, `{2,}` or `{2,3}`, if that follows the brace.
    fn bounds(&mut self) -> Option<String> {
        let rest = self.rest.as_str();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',')?;
        let inner = rest[..end].to_owned();
        rest[end..].strip_prefix('}')?;
        let (low, high) = inner.split_once(',').map_or((&*inner, None), |(low, high)| (low, Some(high)));
        let number = |text: &str| {
            let is_number =
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
            is_number.then(|| text.parse::<u32>().unwrap_or(u32::MAX))
        };
        number(low)?;
        if let Some(high) = high.filter(|high| !high.is_empty()) {
            number(high)?;
        }
        self.rest.nth(inner.chars().count());
        Some(format!("{{{inner}}}"))
    }

    fn group(&mut self) -> Result<bool, String> {
        self.push("(");
        if self.next_if(|c| c == '?').is_some() {
            self.push("?");
            while let Some(flag) = self.next_if(|c| c.is_ascii_alphabetic() || c == '-') {
                if !"imsUP-".contains(flag) {
                    return Err(format!("`{flag}` is not a supported flag"));
                }
                self.out.push(flag);
            }
        }
        // A repetition needs something before it, and a parenthesis is nothing.
        Ok(false)
    }

    /// What follows a backslash, within a class or not.
    fn escape(&mut self, in_class: bool) -> Result<bool, String> {
        let Some(c) = self.rest.next() else { return Err("it ends with a backslash".to_owned()) };
        let set = match c {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => r"\t\n\f\r ",
            'D' => "^0-9",
            'W' => "^0-9A-Za-z_",
            'S' => r"^\t\n\f\r ",
            _ => "",
        };
        if !set.is_empty() {
            let bare = in_class && !set.starts_with('^');
            return Ok(if bare { self.push(set) } else { self.push(&format!("[{set}]")) });
        }
        match c {
            'Q' if !in_class => {
                let rest = self.rest.as_str();
                let quoted = rest.split_once("\\E").map_or(rest, |(quoted, _)| quoted);
                self.push(&regex_syntax::escape(quoted));
                for _ in 0..quoted.chars().count() + 2 {
                    self.rest.next();
                }
            }
            'b' if !in_class => _ = self.push("(?-u:\\b)"),
            '0'..='7' => {
                let mut digits = String::from(c);
                while digits.len() < 3 {
                    let Some(digit) = self.next_if(|c| ('0'..='7').contains(&c)) else { break };
                    digits.push(digit);
                }
                if c != '0' && digits.len() == 1 {
                    return Err(format!("`\\{c}` is a back reference, which is not supported"));
                }
                let code = u32::from_str_radix(&digits, 8).unwrap_or_default();
                self.push(&format!("\\x{{{code:x}}}"));
            }
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => _ = self.push(&format!("\\{c}")),
            'A' | 'z' | 'B' if !in_class => _ = self.push(&format!("\\{c}")),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => {
                _ = self.push(&regex_syntax::escape(c.encode_utf8(&mut [0; 4])));
            }
            c => return Err(format!("`\\{c}` is not a supported escape sequence")),
        }
        Ok(false)
    }

    /// `[…]`, in which only ranges, escapes and `[:alpha:]` mean something.
    fn class(&mut self) -> Result<bool, String> {
        self.push("[");
        if self.next_if(|c| c == '^').is_some() {
            self.push("^");
        }
        let mut first = true;
        while let Some(c) = self.rest.next() {
            match c {
                ']' if !first => {
                    self.push("]");
                    return Ok(false);
                }
                '\\' => _ = self.escape(true)?,
                '[' if self.rest.as_str().starts_with(':') => {
                    let rest = self.rest.as_str();
                    let end = if rest.len() < self.last_class { None } else { rest.find(":]") };
                    match end.filter(|at| *at > 0) {
                        Some(end) if !CLASSES.contains(&rest[1..end].trim_start_matches('^')) => {
                            return Err(format!("unknown character class `[{}`", &rest[..=end + 1]));
                        }
                        Some(end) => {
                            self.push(&format!("[{}", &rest[..=end + 1]));
                            self.rest.nth(rest[..=end].chars().count());
                        }
                        None => _ = self.push("\\["),
                    }
                }
                '-' => {
                    // At an end it is itself, between others it makes a range.
                    let literal = first || self.rest.as_str().starts_with(']');
                    self.push(if literal { "\\-" } else { "-" });
                }
                c if c.is_ascii_punctuation() => _ = self.push(&format!("\\{c}")),
                c => self.out.push(c),
            }
            first = false;
        }
        Err("a `[` has no `]`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::compile;
    use crate::work::WorkCounter;

    #[test]
    fn what_differs() {
        for (pattern, fits, other) in [
            ("^{{x}}$", "{{x}}", "x"),
            ("^a{2}$", "aa", "a{2}"),
            ("^a{,2}$", "a{,2}", "aa"),
            ("^a{02}$", "a{02}", "aa"),
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"^\Qa.b$", "a.b$", "a.b"),
            (r"^\w+$", "a_1", "é"),
            (r"^[\w.]+$", "a.b", "é"),
            (r"^[\D]$", "é", "1"),
            (r"^\d$", "1", "\u{661}"),
            (r"^[[a]$", "[", "b"),
            (r"^[a&&b]+$", "&", "c"),
            (r"^[]a]$", "]", "b"),
            (r"^[a-]$", "-", "b"),
            (r"^[[:alpha:]-]$", "-", "1"),
            (r"^\101$", "A", "1"),
            (r"^\<$", "<", ""),
            (r"^a??$", "", "aa"),
            ("^(?i)a$", "A", "b"),
            ("^(?P<n>a)$", "a", "b"),
            (r"^[\]\\]$", "\\", "a"),
        ] {
            let regex = compile(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
            let work = WorkCounter::default();
            assert!(regex.is_match(fits, &work).unwrap(), "{pattern} {fits}");
            assert!(!regex.is_match(other, &work).unwrap(), "{pattern} {other}");
        }
    }

    #[test]
    fn what_is_refused() {
        for pattern in [
            "a**",
            "a+*",
            "a{2}{3}",
            "*",
            "(",
            "[",
            "a)",
            r"\1",
            r"\u0041",
            r"\Z",
            "a\\",
            "(?x)a",
            "a{1001}",
            "[b-a]",
            "[[:foo:]]",
        ] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
