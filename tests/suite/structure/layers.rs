//! The layers and crate owners of ARCHITECTURE.md, and a header in each source.

use super::none;
use super::source::{root, sources, word};
use std::collections::BTreeMap;

fn module(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The table of ARCHITECTURE.md: module to layer.
fn layers() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let layer = cells.next()?.trim().parse().ok()?;
        let name = cells.next()?.trim_matches(|c: char| !c.is_alphanumeric() && c != '_').trim_start_matches("mod@");
        Some((name.to_owned(), layer))
    });
    rows.collect()
}

/// The modules that code names behind `crate::`, `crate::{a, b::c}` included.
fn named_modules(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut first = true;
        for (i, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => first = true,
                c if first && c.is_alphanumeric() => {
                    names.push(word(&list[i..]));
                    first = false;
                }
                _ => {}
            }
        }
    }
    names
}

#[test]
fn modules_use_lower_layers_only() {
    let layers = layers();
    assert!(layers.len() > 15, "the table of ARCHITECTURE.md was not found");
    let mut offenders = Vec::new();
    for (path, source) in sources() {
        let module = module(&path);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some(layer) = layers.get(module) else {
            offenders.push(format!("src/{path}: `{module}` has no layer in ARCHITECTURE.md"));
            continue;
        };
        for name in named_modules(&source.code) {
            match layers.get(name) {
                Some(other) if name != module && other >= layer => {
                    offenders.push(format!("src/{path} (layer {layer}) uses `{name}` (layer {other})"));
                }
                _ => {}
            }
        }
    }
    none("a module uses lower layers only", &offenders);
}

/// Outside crates and parts of `std`, each with the modules that may use it.
const OWNERS: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("minijinja", &["template"]),
    ("similar", &["diff"]),
    ("jsonschema", &["schema"]),
    ("granit_parser", &["yaml"]),
    ("serde_yaml", &["emit", "yaml"]),
    ("walkdir", &["disk"]),
    ("std::fs", &["disk"]),
    ("std::process", &["git", "main"]),
    ("anstyle", &["diagnostic", "diff", "cli"]),
    ("unicode_width", &["diagnostic"]),
    ("anstream", &["cli"]),
    ("idna", &["name"]),
    ("domain", &["apply"]),
    ("httpdate", &["apply"]),
    ("ureq", &["apply"]),
    ("mimalloc", &["main"]),
    ("ring", &["apply"]),
    ("roxmltree", &["apply"]),
];

#[test]
fn outside_crates_are_used_by_their_owners_only() {
    let mut offenders = Vec::new();
    for (path, source) in sources() {
        for (name, owners) in OWNERS {
            let used = source
                .code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if used && !owners.contains(&module(&path)) {
                offenders.push(format!("src/{path} uses `{name}`, which {owners:?} own"));
            }
        }
    }
    none("an outside crate is used by its owner only", &offenders);
}

#[test]
fn each_source_has_a_header() {
    let is_bare = |text: &str| !text.starts_with("//!") && !text.starts_with("#![doc");
    let offenders: Vec<String> =
        sources().iter().filter(|(_, source)| is_bare(&source.text)).map(|(path, _)| format!("src/{path}")).collect();
    none("a source begins with a `//!` header that says why it exists", &offenders);
}

#[test]
fn no_source_is_too_long() {
    let mut offenders = Vec::new();
    for (path, source) in sources() {
        let lines = source.code.lines().filter(|line| !line.trim().is_empty()).count();
        if lines > 400 {
            offenders.push(format!("src/{path} has {lines} lines of code"));
        }
    }
    none("a source has at most 400 lines of code", &offenders);
}
