//! The reports of one run in several formats.

use crate::tests::kit::{Ran, Workspace, compare_text, root};
use serde_json::Value as Json;
use std::fs;
use std::path::Path;

/// Runs `command` in a workspace with all formats, each to its file in `reports/`, and compares the files with those in `folder`.
pub(super) fn compare(workspace: &Workspace, command: &str, formats: &[(&str, &str)], folder: &str) -> Ran {
    let targets: Vec<String> = formats.iter().map(|(format, file)| format!("{format}=reports/{file}")).collect();
    fs::create_dir(workspace.path().join("reports")).unwrap();
    let ran = workspace.run(&[command, "--format", &targets.join(",")]);
    assert_eq!(ran.out(), "", "all reports are in files");
    let folder = root().join(folder);
    fs::create_dir_all(&folder).unwrap();
    let version = concat!("\"semanticVersion\": \"", env!("CARGO_PKG_VERSION"), "\"");
    for (_, file) in formats {
        let text = workspace.read(&format!("reports/{file}"));
        compare_text(&folder.join(file), &text.replace(version, "\"semanticVersion\": \"VERSION\""));
    }
    ran
}

/// Asserts that a report is valid by a JSON schema.
pub(super) fn is_valid(report: &str, schema: &Path) {
    let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    let schema = jsonschema::validator_for(&json(&fs::read_to_string(schema).unwrap())).unwrap();
    let errors: Vec<String> = schema.iter_errors(&json(report)).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
