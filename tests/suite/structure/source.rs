//! The sources of the repository, with code, comments and string literals told apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text files below a folder of the repository by their path from its root.
pub(super) fn texts(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return found };
    for entry in entries {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            found.extend(texts(&path));
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.insert(path, text);
        }
    }
    found
}

/// The files of `src/` without their unit tests, by path below `src/`.
pub(super) fn sources() -> BTreeMap<String, Source> {
    let files = texts("src").into_iter().filter(|(path, _)| path.strip_suffix(".rs").is_some());
    let files = files.map(|(path, text)| (path.trim_start_matches("src/").to_owned(), text));
    files.filter(|(path, _)| !is_test(path)).map(|(path, text)| (path, Source::of(without_tests(&text)))).collect()
}

/// Whether a file below `src/` contains unit tests only.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "test_kit.rs"))
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap()
}

/// A source in three texts of the same lines: in each, everything else is blank.
pub(super) struct Source {
    pub(super) text: String,
    pub(super) code: String,
    pub(super) comments: String,
    pub(super) strings: String,
}

/// What a character of a source belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Comment,
    Text,
}

impl Source {
    pub(super) fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let parts = parts(&chars);
        let only = |part: Part| {
            let keep = chars.iter().zip(&parts).map(|(&c, &of)| if of == part || c == '\n' { c } else { ' ' });
            keep.collect::<String>()
        };
        Source {
            text: text.to_owned(),
            code: only(Part::Code),
            comments: only(Part::Comment),
            strings: only(Part::Text),
        }
    }
}

fn parts(chars: &[char]) -> Vec<Part> {
    let mut parts = vec![Part::Code; chars.len()];
    let mut at = 0;
    while at < chars.len() {
        let (end, part) = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => (end_of_line(chars, at), Part::Comment),
            '"' => (end_of_string(chars, at + 1), Part::Text),
            'r' if !continues_a_word(chars, at) => match end_of_raw_string(chars, at + 1) {
                Some(end) => (end, Part::Text),
                None => (at + 1, Part::Code),
            },
            // A character literal; a lifetime has no quote behind its first character.
            '\'' if chars.get(at + 1) == Some(&'\\') => {
                (at + 3 + chars[at + 3..].iter().position(|&c| c == '\'').unwrap() + 1, Part::Text)
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => (at + 3, Part::Text),
            _ => (at + 1, Part::Code),
        };
        parts[at..end].fill(part);
        at = end;
    }
    parts
}

fn continues_a_word(chars: &[char], at: usize) -> bool {
    // The `b` of a raw byte string is no word that the `r` continues.
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b'
}

fn end_of_line(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|&c| c == '\n').map_or(chars.len(), |length| at + length)
}

fn end_of_string(chars: &[char], mut at: usize) -> usize {
    while chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// `at` is behind the `r`.
fn end_of_raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|&&c| c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let begin = at + hashes + 1;
    let is_end =
        |&i: &usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    (begin..chars.len()).find(is_end).map(|end| end + 1 + hashes)
}

/// The number of the line at a byte of a text.
pub(super) fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The name that a text begins with; empty if it begins with something else.
pub(super) fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
}
