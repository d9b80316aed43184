//! Input text in messages and reports: escaped for people, unchanged in JSON.

use crate::tests::kit::Workspace;

/// A line of its own, which a CI system would read as a command, and a terminal control sequence.
const HOSTILE: &str = "a\n::error::b\u{1b}[31m\u{202e}";
const ESCAPED: &str = "a\\n::error::b\\u{1b}[31m\\u{202e}";

/// Asserts that no line begins with the command, and that the text is there escaped.
#[track_caller]
fn is_escaped(text: &str) {
    assert!(text.contains(ESCAPED), "{text:?}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']) && !text.lines().any(|line| line.starts_with("::")), "{text:?}");
}

#[test]
fn arguments_are_escaped_in_messages() {
    let workspace = Workspace::small();
    let value = format!("k={HOSTILE}");
    for args in [
        &["build", "--only", HOSTILE][..],
        &["build", "--base", HOSTILE],
        &["diff", "--base", HOSTILE],
        &["-C", HOSTILE, "build"],
        &["branch", "add", HOSTILE],
        &["branch", "set", HOSTILE, "--create"],
        &["branch", "rename", "main", HOSTILE],
        &["branch", "set", "main", "--owner", "x", "--link", HOSTILE],
        &["branch", "set", "main", "--value-json", &value],
        &["branch", "set", "main", "--label", &value],
        &["kustomize", HOSTILE],
    ] {
        for format in ["human", "short"] {
            let error = workspace.run(&[args, &["--message-format", format]].concat()).exits(2).err();
            is_escaped(&error);
        }
        let json = workspace.run(&[args, &["--message-format", "json"]].concat()).exits(2).err();
        assert_eq!(json.lines().count(), 1, "{args:?}: {json}");
        let error: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(error["message"].as_str().unwrap().contains(HOSTILE), "{json}");
    }
    is_escaped(&workspace.run(&["branch", "remove", HOSTILE]).exits(0).err());
}

#[cfg(unix)]
#[test]
fn names_of_files_are_escaped_in_messages_and_reports() {
    let workspace = Workspace::small();
    workspace.write(&format!("base/{HOSTILE}.yaml"), "a: [\n");
    for format in ["human", "short"] {
        is_escaped(&workspace.run(&["build", "--message-format", format]).exits(2).err());
    }
    let json = workspace.run(&["build", "--message-format", "json"]).exits(2).err();
    let error: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(error["location"]["file"], format!("base/{HOSTILE}.yaml"));
    workspace.write(&format!("base/{HOSTILE}.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
    is_escaped(&workspace.run(&["build", "--output", HOSTILE]).exits(0).out());
    is_escaped(&workspace.run(&["check", "--output", HOSTILE]).exits(0).out());
    workspace.run(&["build"]).exits(0);
    workspace.write(&format!("out/namespaces/main/{HOSTILE}"), "");
    is_escaped(&workspace.run(&["build", "--message-format", "short"]).exits(2).err());
    let report = workspace.run(&["check"]).exits(1).out();
    is_escaped(&report);
    // A command to copy has no file name that cannot be seen.
    assert!(report.ends_with("1 file is unmanaged: move or remove\n"), "{report}");
}

/// A name in a lock file of the base revision, which a pull request can change.
#[test]
fn names_of_the_previous_output_are_escaped_in_reports() {
    let workspace = Workspace::small();
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    workspace.run(&["build"]).exits(0);
    let lock = format!("apiVersion: pleach/v1\nkind: Lock\nbranch: {quoted}\nfiles: [x.yaml]\n");
    workspace.write("out/namespaces/old/pleach.lock", lock);
    workspace.write("out/namespaces/old/x.yaml", "a: \u{202e}\r# b\n");
    for format in ["text", "summary", "markdown"] {
        let report = workspace.run(&["diff", "--format", format]).exits(1).out();
        assert!(report.contains("::error::b") && !report.contains(['\u{1b}', '\u{202e}', '\r']), "{report:?}");
        assert!(!report.lines().any(|line| line.starts_with("::")), "{report:?}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&workspace.run(&["diff", "--format", "json"]).exits(1).out()).unwrap();
    assert_eq!(json["branches"][0]["name"], HOSTILE);
}
