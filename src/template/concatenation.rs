//! Long concatenations in the tags of a template: `a ~ b ~ c ~ …`.
//!
//! The engine evaluates them from the left, so the work is quadratic, when it compiles them too. They get parentheses in pairs,
//! which changes nothing but the work: `(a ~ b) ~ (c ~ d)`.

use super::operands::{self, WORDS};

/// The number of operands from which a concatenation is long.
const LONG: usize = 100;

/// The parentheses to add, with their offsets, ascending.
pub(super) fn parentheses(source: &str) -> Vec<(usize, &'static str)> {
    let mut added = Vec::new();
    for (start, tag) in operands::tags(source).filter(|(_, tag)| tag.len() > LONG) {
        for operands in concatenations(tag).into_iter().filter(|operands| operands.len() >= LONG) {
            let first = added.len();
            pair(&operands, &mut added);
            added[first..].iter_mut().for_each(|(at, _)| *at += start);
        }
    }
    added.sort_by_key(|(at, _)| *at);
    added
}

/// Adds parentheses around both halves of the operands, and in them.
fn pair(operands: &[(usize, usize)], added: &mut Vec<(usize, &'static str)>) {
    let ([(start, _), ..], [.., (_, end)], [_, _, ..]) = (operands, operands, operands) else { return };
    let (left, right) = operands.split_at(operands.len() / 2);
    added.push((*start, "("));
    pair(left, added);
    pair(right, added);
    added.push((*end, ")"));
}

/// The operands of a concatenation between brackets or operators, as ranges of the tag.
#[derive(Default)]
struct Concatenation {
    operands: Vec<(usize, usize)>,
    /// The start of the operand that is not complete. `None` if it belongs to another operator.
    start: Option<usize>,
}

impl Concatenation {
    /// Ends the concatenation at `at`. Its last operand is a part of it, unless that belongs to the next operator.
    fn end(&mut self, at: usize, is_last: bool, found: &mut Vec<Vec<(usize, usize)>>) {
        self.operands.extend(self.start.take().filter(|_| is_last).map(|start| (start, at)));
        found.push(std::mem::take(&mut self.operands));
    }
}

/// The concatenations of a tag, without operands that other operators have.
fn concatenations(tag: &str) -> Vec<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    let (mut at, close) = operands::content(tag);
    let mut outer = Vec::new();
    // The tag can begin with its name.
    let mut open = Concatenation::default();
    if tag.starts_with("{{") {
        open.start = Some(at);
    }
    while let Some(c) = tag[..close].get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &tag[at..close];
        let mut len = c.len_utf8();
        match c {
            '"' | '\'' => len = operands::string_len(rest),
            '(' | '[' | '{' => {
                outer.push(std::mem::replace(
                    &mut open,
                    Concatenation { start: Some(at + 1), ..Concatenation::default() },
                ));
            }
            ')' | ']' | '}' => {
                open.end(at, true, &mut found);
                open = outer.pop().unwrap_or_default();
            }
            '~' => {
                open.operands.extend(open.start.map(|start| (start, at)));
                open.start = Some(at + 1);
            }
            ',' | ':' => {
                open.end(at, true, &mut found);
                open.start = Some(at + 1);
            }
            '=' if !rest.starts_with("==") && !tag[..at].ends_with(['=', '!', '<', '>']) => {
                open.end(at, false, &mut found);
                open.start = Some(at + 1);
            }
            '+' | '-' | '*' | '/' | '%' | '<' | '>' | '!' | '=' => open.end(at, false, &mut found),
            c if c.is_alphanumeric() || c == '_' => {
                len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                if WORDS.contains(&&rest[..len]) && !tag[..at].trim_end().ends_with(['.', '|']) {
                    open.end(at, false, &mut found);
                }
            }
            _ => {}
        }
        at += len;
    }
    open.end(close, true, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_concatenations() {
        let shown = |tag: &str| -> Vec<String> {
            let all = concatenations(tag).into_iter().filter(|operands| operands.len() > 1);
            let text = |(start, end): &(usize, usize)| tag[*start..*end].trim().to_owned();
            all.map(|operands| operands.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
        };
        for (tag, want) in [
            ("{{ a ~ b|e(x ~ y) ~ 'c ~ d' }}", &["x y", "a b|e(x ~ y) 'c ~ d'"][..]),
            ("{{ 1 + a ~ b ~ c - 2 }}", &[]),
            ("{{ 1 + a ~ b ~ c ~ d - 2 }}", &["b c"]),
            ("{% set x = a ~ b %}", &["a b"]),
            ("{% if a ~ b ~ c ~ d == e %}", &["b c"]),
            ("{{ a ~ b if c ~ d else e ~ f }}", &[]),
            ("{{ f(a ~ b, k=c ~ d) }}", &["a b", "c d"]),
        ] {
            assert_eq!(shown(tag), want, "{tag}");
        }
    }

    #[test]
    fn parentheses_of_long_concatenations() {
        let long = vec!["a"; 128].join("~");
        let source = format!("x{{{{{long}}}}}");
        let added = parentheses(&source);
        let opening: Vec<usize> = added.iter().filter(|(_, text)| *text == "(").map(|(at, _)| *at).take(10).collect();
        // The first operand is in seven pairs, as 128 is two to the power of seven.
        assert_eq!(opening, [3, 3, 3, 3, 3, 3, 3, 7, 11, 11]);
        assert_eq!(added.len(), 2 * 127);
        assert_eq!(parentheses("{{ a ~ b ~ c }}"), []);
    }
}
