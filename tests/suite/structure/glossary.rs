//! The words that GLOSSARY.md marks with `!` are not used.
//!
//! A marked term is one or several words. It matches in any case, as whole words, also with an ending (`s`, `es`, `ed`,
//! `d`, `ing`) on its last word: `lamp` matches "Lamps" but not "lampshade" or "clamp". Words are maximal runs of letters,
//! so punctuation, line breaks and the `//` of a comment between the words of a term do not matter.
//!
//! Searched are
//! - in Rust files: comments, string literals and the parts of identifiers (`no_lamp_here`, `NoLampHere`), because names
//!   follow the glossary too;
//! - in documentation, schemas, scripts and settings: the whole text.
//!
//! Not searched are GLOSSARY.md, which lists the words; CHANGELOG.md, which has the names of old releases; expected outputs
//! of tests, which follow from the strings in the sources; and the inputs of tests.

use super::none;
use super::source::{Source, root, texts};
use std::collections::BTreeMap;

/// The folders and files that are searched.
const SEARCHED: &[&str] =
    &["src", "tests/suite", "tests/cases", "tests/bench", "docs", "schema", ".ci", "base", "overlays"];

/// What a word of the glossary may end with.
const ENDINGS: &[&str] = &["", "s", "es", "d", "ed", "ing"];

/// The terms that the glossary marks: what is before a `!`, back to the separator before it.
fn marked() -> Vec<String> {
    let glossary = std::fs::read_to_string(root().join("GLOSSARY.md")).unwrap();
    let mut terms: Vec<String> = Vec::new();
    for line in glossary.lines() {
        for (at, _) in line.match_indices('!') {
            let before = line[..at].trim_end_matches(['"', '`']);
            let term = &before[before.rfind([',', '|', '(', '"', ';', '`', '!']).map_or(0, |from| from + 1)..];
            let term = term.trim().trim_start_matches("not ").trim_start_matches("do ").to_lowercase();
            if !term.is_empty() && term.chars().all(|c| c.is_ascii_alphabetic() || c == ' ') {
                terms.push(term);
            }
        }
    }
    terms.sort();
    terms.dedup();
    terms
}

/// The words of a text in lower case, each with its line; `NoLamp` has two.
fn words(text: &str) -> Vec<(String, usize)> {
    let mut words: Vec<(String, usize)> = Vec::new();
    let (mut line, mut before) = (1, ' ');
    for c in text.chars() {
        line += usize::from(c == '\n');
        let continues = before.is_alphabetic() && !(before.is_lowercase() && c.is_uppercase());
        if c.is_alphabetic() {
            if !continues {
                words.push((String::new(), line));
            }
            words.last_mut().expect("a word was begun").0.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

/// The lines on which a text has a term.
fn lines_with(words: &[(String, usize)], term: &str) -> Vec<usize> {
    let term: Vec<&str> = term.split_whitespace().collect();
    let matches = |window: &&[(String, usize)]| {
        window.iter().zip(&term).enumerate().all(|(i, ((word, _), part))| {
            let ending = word.strip_prefix(part);
            if i + 1 == term.len() { ending.is_some_and(|it| ENDINGS.contains(&it)) } else { word == part }
        })
    };
    words.windows(term.len()).filter(matches).map(|window| window[0].1).collect()
}

#[test]
fn terms_match_as_the_header_says() {
    let lines = |text: &str, term: &str| lines_with(&words(text), term);
    assert_eq!(lines("Lamps, lamp\nNoLamp no_lamp", "lamp"), [1, 1, 2, 2]);
    assert_eq!(lines("clamp lampshade", "lamp"), [0; 0]);
    assert_eq!(lines("// it shines\n    // on", "shines on"), [1]);
}

#[test]
fn marked_words_of_the_glossary_are_not_used() {
    let terms = marked();
    assert!(terms.len() > 5, "GLOSSARY.md marks words with `!`");
    let mut files: BTreeMap<String, String> = SEARCHED.iter().flat_map(|folder| texts(folder)).collect();
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_searched = [".md", ".toml", ".yaml"].iter().any(|end| name.ends_with(end));
        if is_searched && name != "GLOSSARY.md" && name != "CHANGELOG.md" {
            files.extend(std::fs::read_to_string(root().join(&name)).map(|text| (name, text)));
        }
    }
    let mut offenders = Vec::new();
    for (path, text) in &files {
        let parts = if path.strip_suffix(".rs").is_some() {
            let Source { code, comments, strings, .. } = Source::of(text);
            vec![code, comments, strings]
        } else {
            vec![text.clone()]
        };
        for words in parts.iter().map(|part| words(part)) {
            for term in &terms {
                offenders.extend(lines_with(&words, term).iter().map(|line| format!("{path}:{line}: {term}")));
            }
        }
    }
    none("a word that GLOSSARY.md marks with `!` is not used", &offenders);
}
