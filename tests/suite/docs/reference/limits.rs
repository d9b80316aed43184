//! The limits, from the constants of `src/limits.rs` and their comments.

use super::{HEADER, cell, code};
use crate::tests::kit::root;
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
Input may come from a stranger, such as the pull request of a fork. These limits keep any input from running without end or from
using all memory. Input that exceeds one is an error with a source location. No ordinary workspace comes near them, so they are not
settings.

A build ends at the first branch, in the order of names, that exceeds a limit on work. With `--keep-going`, the other branches are
built. There is no limit on the work of all branches together, so many branches, each just below the limits, can take long.

| limit | value | of what |
|---|---|---|
";

/// The page. Fails if a constant has a form that it cannot show.
pub(super) fn page() -> String {
    let source = std::fs::read_to_string(root().join("src/limits.rs")).unwrap();
    let mut page = format!("{HEADER}# Limits\n\n{INTRODUCTION}");
    let mut description: Vec<&str> = Vec::new();
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            description.push(text);
        } else if let Some(constant) = line.strip_prefix("pub(crate) const ") {
            let (name, rest) = constant.split_once(": ").unwrap();
            let (_, value) = rest.trim_end_matches(';').split_once(" = ").unwrap();
            let text = std::mem::take(&mut description).join(" ");
            writeln!(page, "| {} | {} | {} |", code(name), shown(value), cell(&text)).unwrap();
        }
    }
    page
}

/// A value as text for people.
fn shown(value: &str) -> String {
    if let Some(number) = value.strip_suffix(" << 20") {
        return format!("{number} MiB");
    }
    assert!(value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_'), "{value}");
    let digits = value.replace('_', "");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}
