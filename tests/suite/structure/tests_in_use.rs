//! Each test file is part of a test binary.

use super::none;
use super::source::{root, texts};

#[test]
fn no_test_file_is_forgotten() {
    let mut offenders = Vec::new();
    for folder in ["tests/suite", "tests/cases"] {
        for path in texts(folder).keys().filter(|path| path.strip_suffix(".rs").is_some()) {
            let (parent, name) = path.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit_once('/').unwrap();
            let declares = |file: &str| {
                let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
                text.contains(&format!("mod {name};"))
            };
            let is_main = format!("{parent}/{name}") == format!("{folder}/main");
            if !is_main && !declares(&format!("{parent}/main.rs")) && !declares(&format!("{parent}/mod.rs")) {
                offenders.push(path.clone());
            }
        }
    }
    none("a test file is declared by the `mod.rs` or `main.rs` beside it", &offenders);
}
