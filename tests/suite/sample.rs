//! The sample, which is the repository's own workspace.

use crate::tests::kit::Workspace;

#[test]
fn the_committed_output_is_what_a_build_writes() {
    let sample = Workspace::sample();
    let ran = sample.run(&["check"]).exits(0);
    assert_eq!(ran.err(), "", "the sample builds without a warning");
    let before = sample.files("out");
    assert!(before.len() > 50, "the sample has an output");
    std::fs::remove_dir_all(sample.path().join("out")).unwrap();
    sample.run(&["build"]).exits(0);
    assert_eq!(sample.files("out"), before);
}

#[test]
fn no_secret_value_stands_in_the_output() {
    for (path, content) in Workspace::sample().files("out") {
        let text = String::from_utf8(content).unwrap();
        assert!(!text.contains("kind: Secret\n"), "{path} holds a secret");
    }
}
