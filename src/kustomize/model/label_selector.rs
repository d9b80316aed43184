//! Label selectors as Kubernetes writes them: `a=b, c!=d, e in (f, g), h, !i, j>1`.
//!
//! The same syntax selects by annotations. Keys and values are checked as Kubernetes checks those of labels, also for
//! annotations, as kustomize has it.

use crate::diagnostic::{Code, Diagnostic};
use crate::work::WorkCounter;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::vec::IntoIter;

/// Requirements that must all be met.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq)]
struct Requirement {
    key: SmolStr,
    is: Is,
}

#[derive(Clone, Debug, PartialEq)]
enum Is {
    In(BTreeSet<SmolStr>),
    NotIn(BTreeSet<SmolStr>),
    There,
    Missing,
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    /// Reads a selector; an empty one fits everything.
    pub(crate) fn new(text: &str) -> Result<Self, Diagnostic> {
        let mut parser = Parser { tokens: tokens(text).into_iter().peekable() };
        parser.requirements().map(LabelSelector).map_err(|message| {
            Diagnostic::new(Code::Overlay, format!("`{text}` is not a valid label selector: {message}"))
                .help("write it as in `app=web, tier in (front, back), !canary`")
        })
    }

    /// Whether the labels match. `value` returns the value of a key. It fails with the error of the work limit only.
    pub(crate) fn fits<'v>(
        &self,
        value: impl Fn(&str) -> Option<&'v str>,
        work: &WorkCounter,
    ) -> Result<bool, Diagnostic> {
        let unmet = self.0.iter().position(|requirement| !requirement.is_met(value(&requirement.key)));
        work.found(unmet.unwrap_or(self.0.len()))?;
        Ok(unmet.is_none())
    }
}

impl Requirement {
    fn is_met(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.is {
            Is::In(values) => value.is_some_and(|value| values.contains(value)),
            Is::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Is::There => value.is_some(),
            Is::Missing => value.is_none(),
            Is::Above(limit) => number().is_some_and(|number| number > *limit),
            Is::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(SmolStr),
    Sign(&'static str),
}

const SIGNS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

fn tokens(text: &str) -> Vec<Token> {
    let is_sign = |c: char| "=!(),><".contains(c);
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
        let length = if let Some(sign) = sign {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            let length = rest.find(|c: char| is_sign(c) || c.is_whitespace()).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..length].into()));
            length
        };
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
}

impl Parser {
    fn requirements(&mut self) -> std::result::Result<Vec<Requirement>, String> {
        let mut all = Vec::new();
        if self.tokens.peek().is_none() {
            return Ok(all);
        }
        loop {
            all.push(self.requirement()?);
            match self.tokens.next() {
                None => return Ok(all),
                Some(Token::Sign(",")) => {}
                Some(other) => return Err(format!("expected a comma or the end, found {}", found(Some(&other)))),
            }
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Sign(other) if *other == sign)).is_some()
    }

    fn word(&mut self, what: &str) -> std::result::Result<SmolStr, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(format!("expected {what}, found {}", found(other.as_ref()))),
        }
    }

    fn requirement(&mut self) -> std::result::Result<Requirement, String> {
        let missing = self.take("!");
        let key = self.word("a key")?;
        check_key(&key)?;
        let ends = matches!(self.tokens.peek(), None | Some(Token::Sign(",")));
        let is = match () {
            () if missing => Is::Missing,
            () if ends => Is::There,
            () => self.operator()?,
        };
        Ok(Requirement { key, is })
    }

    fn operator(&mut self) -> std::result::Result<Is, String> {
        match self.tokens.next() {
            Some(Token::Sign("=" | "==")) => Ok(Is::In([self.value()?].into())),
            Some(Token::Sign("!=")) => Ok(Is::NotIn([self.value()?].into())),
            Some(Token::Sign(">")) => Ok(Is::Above(self.number()?)),
            Some(Token::Sign("<")) => Ok(Is::Below(self.number()?)),
            Some(Token::Word(word)) if word == "in" => Ok(Is::In(self.values()?)),
            Some(Token::Word(word)) if word == "notin" => Ok(Is::NotIn(self.values()?)),
            other => Err(format!("{} is not an operator", found(other.as_ref()))),
        }
    }

    /// A value, which may be empty before a comma or at the end.
    fn value(&mut self) -> std::result::Result<SmolStr, String> {
        let value = match self.tokens.peek() {
            None | Some(Token::Sign(",")) => SmolStr::default(),
            Some(_) => self.word("a value")?,
        };
        check_value(&value)?;
        Ok(value)
    }

    fn number(&mut self) -> std::result::Result<i64, String> {
        let value = self.value()?;
        value.parse().map_err(|_| format!("`{value}` is not an integer"))
    }

    fn values(&mut self) -> std::result::Result<BTreeSet<SmolStr>, String> {
        if !self.take("(") {
            return Err(format!("expected `(`, found {}", found(self.tokens.peek())));
        }
        if self.take(")") {
            return Err("the set is empty".to_owned());
        }
        let mut values = BTreeSet::new();
        loop {
            let value = match self.tokens.peek() {
                Some(Token::Sign("," | ")")) => SmolStr::default(),
                _ => self.word("a value")?,
            };
            check_value(&value)?;
            values.insert(value);
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(format!("expected `,` or `)`, found {}", found(self.tokens.peek())));
            }
        }
    }
}

fn found(token: Option<&Token>) -> String {
    match token {
        Some(Token::Word(word)) => format!("`{word}`"),
        Some(Token::Sign(sign)) => format!("`{sign}`"),
        None => "the end".to_owned(),
    }
}

/// Whether a text is a word of letters and digits, with `-`, `_` and `.` within.
fn is_word(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        && bytes.len() <= 63
}

fn check_key(key: &str) -> std::result::Result<(), String> {
    let (prefix, name) = key.split_once('/').unwrap_or(("x", key));
    let is_label = |label: &str| {
        is_word(label) && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_domain = prefix.len() <= 253 && prefix.split('.').all(is_label);
    if is_domain && is_word(name) { Ok(()) } else { Err(format!("`{key}` is not a valid label key")) }
}

fn check_value(value: &str) -> std::result::Result<(), String> {
    if value.is_empty() || is_word(value) { Ok(()) } else { Err(format!("`{value}` is not a valid label value")) }
}

#[cfg(test)]
mod tests {
    use super::LabelSelector;
    use crate::work::WorkCounter;

    #[test]
    fn selectors() {
        let labels = [("app", "web"), ("tier", "front"), ("n", "5"), ("x.io/a", ""), ("in", "in")];
        let value = |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        for (text, want) in [
            ("", true),
            ("app=web", true),
            (" app == web , tier in (front, back)", true),
            ("app!=web", false),
            ("other!=web", true),
            ("tier notin (front)", false),
            ("other notin (a)", true),
            ("app, !other", true),
            ("!app", false),
            ("n>4,n<6", true),
            ("n>5", false),
            ("app>1", false),
            ("x.io/a=", true),
            ("x.io/a in (,b)", true),
            ("in in (in)", true),
            ("app=,tier=front", false),
        ] {
            let fits = LabelSelector::new(text).unwrap().fits(value, &WorkCounter::default());
            assert_eq!(fits.ok(), Some(want), "{text}");
        }
        for text in [
            "=",
            "a=b=c",
            "a b",
            "a,",
            ",a",
            "a in b",
            "a in (",
            "a in ()",
            "a in (b",
            "a>b",
            "!a=b",
            "-a",
            "a/b/c",
            "A.io/x",
            "a=b c",
            "a=http://x",
            "!",
        ] {
            assert!(LabelSelector::new(text).is_err(), "{text}");
        }
    }
}
