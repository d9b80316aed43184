//! No circle of imports between the files of `src/`.
//!
//! A file imports another if a path in it (in a `use` or in code, beginning with `crate`, `super`, `self` or a child
//! module) points to an item of that file; a re-export is followed to the file it comes from. What a `mod.rs` defines is
//! for the files below it, so the import of a containing module is left out.

use super::none;
use super::source::{sources, word};
use std::collections::{BTreeMap, BTreeSet};

/// Files that form a circle because what they do is recursive, each with the reason.
const RECURSIONS: &[(&[&str], &str)] = &[
    (
        &["kustomize/build/accumulate.rs", "kustomize/build/plugins.rs"],
        "the configuration of plugins can be a folder, which is built like any other",
    ),
    (
        &["kustomize/steps/patch/irregular.rs", "kustomize/steps/patch/list.rs", "kustomize/steps/patch/strategic.rs"],
        "mappings contain lists, and lists contain mappings",
    ),
];

/// A module: its path from the root of the crate.
type Module = Vec<String>;

/// The module that a file below `src/` defines.
fn module(path: &str) -> Module {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// A path in code, with the name that it is imported as.
#[derive(Clone)]
struct Import {
    path: Vec<String>,
    name: String,
}

/// The paths of a use tree, `a::{b as c, d::e}` taken apart.
fn tree(prefix: &[String], text: &str, found: &mut Vec<Import>) {
    let mut path = prefix.to_vec();
    let mut rest = text.trim();
    loop {
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.trim_end().trim_end_matches('}');
            for item in split(list) {
                tree(&path, item, found);
            }
            return;
        }
        let part = word(rest);
        let behind = rest[part.len()..].trim_start();
        match part {
            "" => return,
            "self" if !path.is_empty() => {}
            part => path.push(part.to_owned()),
        }
        let Some(next) = behind.strip_prefix("::") else {
            let name = behind.strip_prefix("as ").map_or(path.last().map_or("", String::as_str), |name| name.trim());
            found.push(Import { name: name.to_owned(), path });
            return;
        };
        rest = next.trim_start();
    }
}

/// The items of a list, separated by commas outside of braces.
fn split(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut items) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[from..]);
    items
}

/// The `use` declarations of a file, and the paths in the rest of its code.
fn imports(code: &str) -> (Vec<Import>, Vec<Import>) {
    let (mut uses, mut inline, mut rest) = (Vec::new(), Vec::new(), String::new());
    for statement in code.split_inclusive(';') {
        let declaration = statement.rfind("use ").filter(|&at| {
            let before = statement[..at].trim_end();
            !statement[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                && (before.is_empty() || before.ends_with([')', ']', '}', '{']) || before.ends_with("pub"))
        });
        match declaration {
            Some(at) => {
                tree(&[], statement[at + "use ".len()..].trim_end_matches(';'), &mut uses);
                rest.push_str(&statement[..at]);
            }
            None => rest.push_str(statement),
        }
    }
    let mut at = 0;
    while at < rest.len() {
        let name = word(&rest[at..]);
        if name.is_empty() {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let mut path = vec![name.to_owned()];
        at += name.len();
        while let Some(next) = rest[at..].strip_prefix("::").map(word).filter(|next| !next.is_empty()) {
            path.push(next.to_owned());
            at += 2 + next.len();
        }
        if path.len() > 1 {
            inline.push(Import { name: String::new(), path });
        }
    }
    (uses, inline)
}

/// All files, by module.
struct Crate {
    files: BTreeMap<Module, String>,
    uses: BTreeMap<Module, Vec<Import>>,
}

impl Crate {
    /// A path from the root of the crate, if it is one that points into the crate.
    fn absolute(&self, from: &Module, path: &[String]) -> Option<Vec<String>> {
        let mut absolute = from.clone();
        let mut parts = path.iter().peekable();
        match path[0].as_str() {
            "crate" => {
                absolute.clear();
                parts.next();
            }
            "self" => {
                parts.next();
            }
            "super" => {
                while parts.next_if(|part| *part == "super").is_some() {
                    absolute.pop();
                }
            }
            child => {
                absolute.push(child.to_owned());
                self.files.get(&absolute)?;
                parts.next();
            }
        }
        absolute.extend(parts.cloned());
        Some(absolute)
    }

    /// The module of the item that an absolute path points to; re-exports are followed.
    fn target(&self, path: &[String], depth: usize) -> Module {
        let known = (0..=path.len()).rev().find(|&length| self.files.contains_key(&path[..length])).unwrap_or(0);
        let module = path[..known].to_vec();
        let Some(item) = path.get(known).filter(|_| depth < 8) else { return module };
        let reexport = self.uses.get(&module).and_then(|uses| uses.iter().find(|import| import.name == *item));
        match reexport.and_then(|import| self.absolute(&module, &import.path)) {
            Some(other) if other != path => self.target(&other, depth + 1),
            _ => module,
        }
    }
}

/// Which files each file imports.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let sources: Vec<(String, String)> =
        sources().into_iter().filter(|(path, _)| path != "main.rs").map(|(path, source)| (path, source.code)).collect();
    let mut all = Crate { files: BTreeMap::new(), uses: BTreeMap::new() };
    let mut paths = Vec::new();
    for (path, code) in &sources {
        let (uses, inline) = imports(code);
        all.files.insert(module(path), path.clone());
        paths.push((path, uses.iter().chain(&inline).cloned().collect::<Vec<_>>()));
        all.uses.insert(module(path), uses);
    }
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, imports) in paths {
        let from = module(path);
        let edges = graph.entry(path.clone()).or_default();
        for absolute in imports.iter().filter_map(|import| all.absolute(&from, &import.path)) {
            let target = all.target(&absolute, 0);
            if !from.starts_with(&target) {
                edges.insert(all.files[&target].clone());
            }
        }
    }
    graph
}

/// The files that can be reached from a file.
fn reached<'a>(graph: &'a BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> = graph[from].iter().map(String::as_str).collect();
    while let Some(file) = next.pop() {
        if seen.insert(file) {
            next.extend(graph[file].iter().map(String::as_str));
        }
    }
    seen
}

#[test]
fn no_circle_of_imports() {
    let graph = graph();
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 300, "imports were not found");
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|file| (file.as_str(), reached(&graph, file))).collect();
    let mut circles: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for (file, others) in reach.iter().filter(|(file, others)| others.contains(*file)) {
        circles.insert(others.iter().copied().filter(|other| reach[other].contains(file)).collect());
    }
    let mut offenders = Vec::new();
    for circle in &circles {
        if RECURSIONS.iter().any(|(files, _)| files.iter().copied().collect::<BTreeSet<_>>() == *circle) {
            continue;
        }
        offenders.push(format!("a circle of {} files:", circle.len()));
        for file in circle {
            let imported: Vec<&str> =
                graph[*file].iter().map(String::as_str).filter(|other| circle.contains(other)).collect();
            offenders.push(format!("    {file} imports {}", imported.join(", ")));
        }
    }
    for (files, _) in RECURSIONS {
        if !circles.contains(&files.iter().copied().collect()) {
            offenders.push(format!("{files:?} is not a circle any more: remove it from RECURSIONS"));
        }
    }
    none("the files of src import each other without a circle", &offenders);
}
