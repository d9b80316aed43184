//! Differences for programs. The shape is stable: fields may be added, none changes or goes.
//!
//! `{apiVersion, kind: Diff, branches: [{name, slug, change, files: [{path, change, addedLines, removedLines}]}],
//! totals: {branches, files, addedLines, removedLines}}`, where `change` is `added`, `changed` or `removed`.

use super::{BranchDiff, ChangeKind, FileDiff, Totals};
use crate::visible::visible_json;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonDiff<'a> {
    api_version: &'a str,
    kind: &'a str,
    branches: Vec<JsonBranch<'a>>,
    totals: All,
}

#[derive(Serialize)]
struct JsonBranch<'a> {
    name: &'a str,
    slug: &'a str,
    change: ChangeKind,
    files: Vec<JsonFile<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonFile<'a> {
    path: &'a str,
    change: ChangeKind,
    added_lines: usize,
    removed_lines: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct All {
    branches: usize,
    files: usize,
    added_lines: usize,
    removed_lines: usize,
}

/// One JSON document.
pub(crate) fn render(branches: &[BranchDiff]) -> String {
    let totals = Totals::of(branches);
    let document = JsonDiff {
        api_version: "pleach/v1",
        kind: "Diff",
        branches: branches.iter().map(entry).collect(),
        totals: All {
            branches: branches.len(),
            files: totals.files,
            added_lines: totals.added_lines,
            removed_lines: totals.removed_lines,
        },
    };
    let json = serde_json::to_string_pretty(&document).expect("strings and numbers make JSON");
    visible_json(&json) + "\n"
}

fn entry(branch: &BranchDiff) -> JsonBranch<'_> {
    let files = branch.files.iter().map(line).collect();
    JsonBranch { name: &branch.name, slug: &branch.slug, change: branch.change, files }
}

fn line(file: &FileDiff) -> JsonFile<'_> {
    JsonFile { path: &file.path, change: file.change, added_lines: file.added, removed_lines: file.removed }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn the_shape() {
        let text = super::render(&super::super::tests::sample()[3..]);
        let file = json!({
            "path": "out/namespaces/removed/10-a.yaml", "change": "removed", "addedLines": 0, "removedLines": 1,
        });
        let want = json!({
            "apiVersion": "pleach/v1",
            "kind": "Diff",
            "branches": [{"name": "feature/<removed|", "slug": "removed", "change": "removed", "files": [file]}],
            "totals": {"branches": 1, "files": 1, "addedLines": 0, "removedLines": 1},
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), want);
    }
}
