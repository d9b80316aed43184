//! The number of diagnostics that are shown.

use super::{CONFIG_MAP, workspace};

#[test]
fn a_hundred_errors_are_shown() {
    let workspace = workspace(&[("a.yaml", CONFIG_MAP)]);
    let keys: String = (0..250).map(|i| format!("key{i}: v\n")).collect();
    workspace.write("branches.yaml", workspace.read("branches.yaml") + &keys);
    for (format, first) in
        [("human", "error[spec]: unknown field `key0`"), ("short", "branches.yaml:6:1: error[spec]: unknown")]
    {
        let text = workspace.run(&["build", "--message-format", format]).exits(2).err();
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains("unknown field `key99`") && !text.contains("unknown field `key100`"), "{text}");
        assert!(text.trim_end().ends_with("error[spec]: and 150 more errors"), "{text}");
    }
    let json = workspace.run(&["build", "--message-format", "json"]).exits(2).err();
    assert_eq!(json.lines().count(), 101);
    assert!(json.ends_with("\"message\":\"and 150 more errors\"}\n"), "{json}");
}
