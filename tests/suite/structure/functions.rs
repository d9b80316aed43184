//! How long functions may be.

use super::none;
use super::source::{line, sources, word};

const LONGEST: usize = 60;

/// The `run` of a command and the `build` of the pipeline show an order of steps, so they fit on one screen.
const LONGEST_ORDER: usize = 40;

fn longest(path: &str, name: &str) -> usize {
    let shows_an_order = path.starts_with("cli/") && name == "run" || path.starts_with("pipeline/") && name == "build";
    if shows_an_order { LONGEST_ORDER } else { LONGEST }
}

/// The end of the block that begins with the first brace of `code` outside of parentheses and brackets; `None` if a
/// semicolon ends the declaration.
fn end_of_body(code: &str) -> Option<usize> {
    let (mut depth, mut braces) = (0, 0);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces == 0 && depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn functions_are_short() {
    let mut offenders = Vec::new();
    for (path, source) in sources() {
        let code = &source.code;
        for (at, keyword) in code.match_indices("fn ") {
            let name = word(&code[at + keyword.len()..]);
            if name.is_empty() || code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let Some(end) = end_of_body(&code[at..]) else { continue };
            let lines = code[at..at + end].matches('\n').count() + 1;
            let most = longest(&path, name);
            if lines > most {
                offenders.push(format!("src/{path}:{}: `{name}` has {lines} lines, at most {most}", line(code, at)));
            }
        }
    }
    none("a function has at most 60 lines, a command's `run` and the pipeline's `build` at most 40", &offenders);
}
