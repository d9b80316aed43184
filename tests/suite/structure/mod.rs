//! Rules about the sources that the compiler does not check; each test reports all offenders.

mod circles;
mod functions;
mod glossary;
mod layers;
mod names;
mod source;
mod tests_in_use;

/// Fails with all offenders, one a line.
#[track_caller]
fn none(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{} offenders: {rule}\n{}\n", offenders.len(), offenders.join("\n"));
}
