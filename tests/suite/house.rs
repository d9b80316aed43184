//! The house rules that a compiler does not know: floors, doors, headers, and no test forgotten.

use crate::kit::{self, root};
use std::collections::BTreeMap;

/// The sources by path below `src/`.
fn sources() -> BTreeMap<String, String> {
    let files = kit::files(&root().join("src")).into_iter().filter(|(path, _)| path.strip_suffix(".rs").is_some());
    files.map(|(path, text)| (path, String::from_utf8(text).unwrap())).collect()
}

fn module(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The table of ARCHITECTURE.md: module to floor.
fn floors() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let floor = cells.next()?.trim().parse().ok()?;
        let name = cells.next()?.trim().trim_start_matches("[`").trim_start_matches("mod@").trim_end_matches("`]");
        Some((name.to_owned(), floor))
    });
    rows.collect()
}

/// The code of a source without its comments and its unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The names that follow `crate::` in a source, `crate::{a, b::c}` included.
fn named_modules(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
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
fn a_module_names_lower_floors_only() {
    let floors = floors();
    assert!(floors.len() > 15, "the table of ARCHITECTURE.md was not found");
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let module = module(&path);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let floor = floors.get(module).unwrap_or_else(|| panic!("`{module}` has no floor in ARCHITECTURE.md"));
        for name in named_modules(&code(&text)) {
            match floors.get(&name) {
                Some(other) if name != module && other >= floor => {
                    faults.push(format!("src/{path} (floor {floor}) names `{name}` (floor {other})"));
                }
                _ => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_crate_has_one_door() {
    let doors: &[(&str, &[&str])] = &[
        ("clap", &["cli"]),
        ("clap_complete", &["cli"]),
        ("minijinja", &["render"]),
        ("similar", &["diff"]),
        ("jsonschema", &["schema"]),
        ("granit_parser", &["yaml"]),
        ("serde_yaml", &["emit", "yaml"]),
        ("walkdir", &["disk"]),
        ("std::fs", &["disk"]),
        ("std::process", &["git", "main"]),
        ("anstyle", &["diagnostic", "diff", "cli"]),
        ("anstream", &["cli"]),
        ("idna", &["name"]),
        ("domain", &["apply"]),
        ("ureq", &["apply"]),
        ("mimalloc", &["main"]),
        ("ring", &["apply"]),
        ("roxmltree", &["apply"]),
    ];
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        for (name, allowed) in doors {
            let named = code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !allowed.contains(&module(&path)) {
                faults.push(format!("src/{path} names `{name}`, whose door is {allowed:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_source_says_why_it_exists_and_is_one_noun() {
    for (path, text) in sources() {
        assert!(text.starts_with("//!") || text.starts_with("#![doc"), "src/{path} has no header");
        let lines = code(&text).lines().count();
        assert!(lines <= 500, "src/{path} has {lines} lines of code: is it still one noun?");
    }
}

#[test]
fn no_test_file_is_forgotten() {
    for binary in ["suite", "cases"] {
        let main = std::fs::read_to_string(root().join("tests").join(binary).join("main.rs")).unwrap();
        for path in kit::files(&root().join("tests").join(binary)).keys() {
            let name = path.trim_end_matches(".rs");
            assert!(
                name == "main" || main.contains(&format!("mod {name};")),
                "tests/{binary}/{path} is not in main.rs"
            );
        }
    }
}
