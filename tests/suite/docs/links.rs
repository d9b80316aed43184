//! Relative links of the documentation lead to files and headings that exist, and the table of contents has every page.

use crate::tests::kit::{files, root};
use std::collections::{BTreeMap, BTreeSet};

/// The documents that are checked, by their paths from the root of the repository.
fn documents() -> BTreeMap<String, String> {
    let mut paths: Vec<String> = files(&root().join("docs")).into_keys().map(|path| format!("docs/{path}")).collect();
    paths.extend(["README.md", "CONTRIBUTING.md", "GLOSSARY.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(str::to_owned));
    paths.extend(["tests/README.md", "tests/bench/README.md"].map(str::to_owned));
    let is_page = |path: &String| path.strip_suffix(".md").is_some();
    let read = |path: String| std::fs::read_to_string(root().join(&path)).map(|text| (path, text)).unwrap();
    paths.into_iter().filter(is_page).map(read).collect()
}

/// The text without blocks of code and without code in lines.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let outside = line.split('`').step_by(2);
            prose.extend(outside.chain(["\n"]));
        }
    }
    prose
}

/// The targets of links and images.
fn targets(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in prose(text).split("](").skip(1) {
        found.extend(part.split([')', ' ']).next().map(str::to_owned));
    }
    for attribute in [" src=\"", " srcset=\"", " href=\""] {
        found.extend(prose(text).split(attribute).skip(1).filter_map(|part| Some(part.split_once('"')?.0.to_owned())));
    }
    found
}

/// The anchors of the headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let Some((marks, heading)) = line.split_once(' ').filter(|_| !is_code) else { continue };
        if !marks.is_empty() && marks.chars().all(|c| c == '#') {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            found.insert(kept.collect::<String>().trim().to_lowercase().replace(' ', "-"));
        }
    }
    found
}

/// A path with the folders `.` and `..` resolved.
fn resolved(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn links_lead_to_files_and_headings() {
    let documents = documents();
    let mut faults = Vec::new();
    for (path, text) in &documents {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in targets(text) {
            // The links of ARCHITECTURE.md to modules are checked by rustdoc.
            if target.contains("://") || target.starts_with("mailto:") || target.starts_with("mod@") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = if file.is_empty() { path.clone() } else { resolved(folder, file) };
            let is_missing = !root().join(&file).exists();
            let heading = |text: &String| anchor.is_empty() || anchors(text).contains(anchor);
            if is_missing || !documents.get(&file).is_none_or(heading) {
                faults.push(format!("{path}: {target}"));
            }
        }
    }
    assert!(faults.is_empty(), "these links lead nowhere:\n{}", faults.join("\n"));
}

/// The paths of the repository that a text has as code: from the top, without placeholders and patterns.
fn paths(text: &str) -> BTreeSet<String> {
    let is_path = |code: &&str| {
        let folders = ["src/", "tests/", "docs/", ".ci/"];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        folders.iter().any(|folder| code.starts_with(folder)) && code.chars().all(is_plain)
    };
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(is_path).map(str::to_owned).collect()
}

#[test]
fn paths_of_the_repository_exist() {
    let mut faults = Vec::new();
    for (document, text) in documents().iter().filter(|(document, _)| *document != "CHANGELOG.md") {
        let is_missing = |path: &String| !root().join(path).exists();
        faults.extend(paths(text).into_iter().filter(is_missing).map(|path| format!("{document}: {path}")));
    }
    assert!(faults.is_empty(), "these paths do not exist:\n{}", faults.join("\n"));
}

#[test]
fn table_of_contents_has_every_page() {
    let contents = std::fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    let listed: BTreeSet<String> = targets(&contents).into_iter().collect();
    let pages = files(&root().join("docs/src")).into_keys();
    let pages: BTreeSet<String> =
        pages.filter(|path| path.strip_suffix(".md").is_some() && path != "SUMMARY.md").collect();
    assert_eq!(listed, pages);
}
