//! A type name means one thing in the whole crate.

use super::none;
use super::source::{sources, word};
use std::collections::BTreeMap;

/// The types that a source defines: structs, enums, unions and traits anywhere, aliases outside of `impl` and `trait`.
fn types(code: &str) -> Vec<&str> {
    let defined = code.lines().filter_map(|line| {
        let mut rest = line.trim_start();
        let is_nested = rest.len() < line.len();
        if let Some(public) = rest.strip_prefix("pub") {
            rest = if public.starts_with('(') { &public[public.find(')')? + 1..] } else { public }.trim_start();
        }
        let (keyword, name) = rest.trim_start_matches("unsafe ").split_once(' ')?;
        let is_type = matches!(keyword, "struct" | "enum" | "union" | "trait") || keyword == "type" && !is_nested;
        (is_type && name.starts_with(|c: char| c.is_ascii_uppercase())).then(|| word(name))
    });
    defined.collect()
}

#[test]
fn type_names_are_unique() {
    let sources = sources();
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, source) in &sources {
        for name in types(&source.code) {
            files.entry(name).or_default().push(path);
        }
    }
    let mut offenders = Vec::new();
    for (name, files) in files.iter().filter(|(_, files)| files.len() > 1) {
        offenders.push(format!("{} types are named `{name}`: {}", files.len(), files.join(", ")));
    }
    none("a type name is unique in src", &offenders);
}
