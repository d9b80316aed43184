//! Errors of edits of the spec: they are about an option, or at a line that users can find.

use crate::tests::kit::Workspace;

/// Standard error of a command that writes nothing.
#[track_caller]
fn refused(workspace: &Workspace, args: &[&str]) -> String {
    let spec = workspace.files("branches.d");
    let main = workspace.read("branches.yaml");
    let error = workspace.run(&[&["branch"], args].concat()).exits(2).err();
    assert_eq!((workspace.files("branches.d"), workspace.read("branches.yaml")), (spec, main), "{args:?}");
    error
}

#[test]
fn an_error_about_a_setting_names_the_option() {
    let workspace = Workspace::small();
    for (args, option) in [
        (&["--replicas", "wrong=2"][..], "--replicas wrong=2"),
        (&["--owner", "me", "--link", "a link"], "--link 'a link'"),
        (&["--overlay", "none", "--overlay", "other"], "--overlay none --overlay other"),
        (&["--label", "a=b", "--label", "c=d e"], "--label 'c=d e'"),
        (&["--host", "https://example.com"], "--host https://example.com"),
        (&["--pin", ""], "--pin ''"),
        (&["--image", "none=:1"], "--image none=:1"),
        (&["--database", "own"], "--database own"),
    ] {
        for command in [&["set", "feature/login"][..], &["add", "new"], &["set", "new", "--create"]] {
            let error = refused(&workspace, &[command, args].concat());
            assert!(error.contains(&format!("= note: because of `{option}`\n")), "{command:?}: {error}");
            assert!(!error.contains("branches.yaml") && !error.contains("branches.d"), "{command:?}: {error}");
        }
    }
    workspace.write("branches.d/feature-cart.yaml", "# Cart\nname: feature/cart\nreplicas: {}\n");
    let error = refused(&workspace, &["set", "feature/cart", "--replicas", "wrong=2"]);
    assert!(error.contains("because of `--replicas wrong=2`") && !error.contains("branches.d"), "{error}");
    let json = workspace.run(&["--message-format", "json", "branch", "set", "main", "--link", "x"]).exits(2).err();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["notes"][0]["message"], "because of `--link x`");
    assert_eq!(value.get("location"), None);
}

#[test]
fn an_error_elsewhere_is_at_its_line_before_the_edit() {
    let workspace = Workspace::small();
    let spec = workspace.read("branches.yaml").replace("- name: main\n", "- name: main\n  hosts: [a.example.com]\n");
    workspace.write("branches.yaml", &spec);
    // The new line is above the other branch.
    let error = refused(&workspace, &["set", "main", "--owner", "me", "--unset", "hosts", "--host", "b..example.com"]);
    assert!(error.contains("because of `--host b..example.com`"), "{error}");
    let spec = spec + "  hosts: [b.example.com]\n";
    workspace.write("branches.yaml", &spec);
    let error = refused(&workspace, &["set", "main", "--host", "b.example.com", "--owner", "me"]);
    assert!(error.contains("branches `feature/search` and `main` have the same host `b.example.com`"), "{error}");
    assert!(error.contains("because of `--host b.example.com`"), "{error}");
    let line = format!("branches.yaml:{}:", spec.lines().count());
    assert!(error.contains(&format!("{line}11")), "{error}");
    // The locations of other files stay.
    let key = "  key: {{ values.missing if branch.name == 'new' else 1 }}";
    workspace.edit("base/config.yaml.j2", "  key: {{ branch.name }}", key);
    let error = refused(&workspace, &["add", "new", "--owner", "me", "--value", "a=1"]);
    assert!(error.contains("base/config.yaml.j2:6:"), "{error}");
}

#[test]
fn a_renamed_branch_has_errors_of_the_old_text() {
    let workspace = Workspace::small();
    let error = refused(&workspace, &["rename", "main", "12/merge"]);
    assert!(error.contains("invalid branch name `12/merge`") && !error.contains("branches.yaml"), "{error}");
    let error = refused(&workspace, &["rename", "main", "origin/feature/login"]);
    assert!(error.contains("is defined here: branches.yaml:6:9"), "{error}");
}

#[test]
fn names_that_are_not_branches_have_a_help() {
    let workspace = Workspace::small();
    for (name, help) in [
        ("12/merge", "use the name of the branch of pull request 12"),
        ("refs/heads/x", "use `x`"),
        ("refs/tags/v1", "only refs in `refs/heads/` are branches"),
        ("HEAD", "`git branch --show-current` prints it"),
        ("gh-readonly-queue/main/pr-1-abc", "it exists only until the merge"),
        ("a..b", "use a name that `git check-ref-format --branch` accepts"),
    ] {
        for args in [&["add", name][..], &["set", name, "--create"], &["rename", "main", name]] {
            let error = refused(&workspace, args);
            assert!(error.contains(help), "{args:?}: {error}");
        }
    }
}

#[test]
fn paths_with_empty_keys_and_overwritten_settings_are_refused() {
    let workspace = Workspace::small();
    for option in ["--value", "--value-json", "--unset"] {
        for path in ["x..y", ".x", "x."] {
            let argument = if option == "--unset" { path.to_owned() } else { format!("{path}=1") };
            let error = refused(&workspace, &["set", "main", option, &argument]);
            assert!(error.contains(&format!("the path `{path}` has an empty key")), "{error}");
        }
    }
    for (settings, message) in [
        (["--value", "a=1", "--value", "a=2"], "`--value a=1` and `--value a=2` set the same key"),
        (["--value", "a.b=1", "--value-json", "a=[]"], "`--value a.b=1` and `--value-json 'a=[]'` set the same key"),
        (["--image", "a=:1", "--image", "a=:2"], "`--image a=:1` and `--image a=:2` set the same key"),
    ] {
        let error = refused(&workspace, &[&["set", "main"][..], &settings].concat());
        assert!(error.contains(message), "{error}");
    }
    for count in ["web=", "web=x", "web=-1", "web=2147483648"] {
        let error = refused(&workspace, &["set", "main", "--replicas", count]);
        assert!(error.contains("a whole number from 0 to 2147483647 is needed after `=`"), "{error}");
    }
    workspace.run(&["branch", "set", "main", "--unset", "values", "--value", "a=1"]).exits(0);
}

#[test]
fn what_cannot_be_removed_or_renamed_is_refused() {
    let workspace = Workspace::small();
    for (args, why) in [
        (&["set", "main", "--unset", "onwer"][..], "a branch has no field `onwer`"),
        (&["set", "main", "--unset", "onwer"], "did you mean `owner`?"),
        (&["set", "main", "--unset", "replica.web"], "did you mean `replicas`?"),
        (&["set", "main", "--unset", "name"], "every branch has a name"),
        (&["rename", "main", "main"], "`main` is the name of the branch already"),
    ] {
        let error = refused(&workspace, args);
        assert!(error.contains(why), "{args:?}: {error}");
    }
    assert_eq!(
        workspace.run(&["branch", "set", "main", "--unset", "owner"]).exits(0).out(),
        "main has these settings already\n"
    );
}

#[test]
fn a_pinned_branch_keeps_its_environment_when_it_is_renamed() {
    let workspace = Workspace::small();
    let pinned = "- {name: main, pin: {reason: the baseline}}\n";
    workspace.edit("branches.yaml", "branches:\n- name: main\n", &format!("baseline: main\nbranches:\n{pinned}"));
    workspace.run(&["build"]).exits(0);
    let error = workspace.run(&["branch", "rename", "main", "trunk"]).exits(3).err();
    for want in ["`main` is pinned: the baseline\n", "nothing was written; ", "`--keep-slug` keeps its slug"] {
        assert!(error.contains(want), "{want}: {error}");
    }
    assert!(workspace.read("branches.yaml").contains(pinned));
    workspace.run(&["branch", "rename", "main", "trunk", "--keep-slug"]).exits(0);
    // It has a slug now.
    workspace.run(&["branch", "rename", "trunk", "master"]).exits(0);
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), "nothing to tear down\n");
    workspace.run(&["branch", "set", "master", "--unset", "pin", "--unset", "slug"]).exits(0);
    workspace.run(&["branch", "rename", "master", "trunk"]).exits(0);
}

#[test]
fn a_dry_run_writes_nothing_and_reports_the_same() {
    let workspace = Workspace::small();
    let spec = workspace.read("branches.yaml");
    let commands = [
        &["add", "new"][..],
        &["set", "main", "--owner", "me"],
        &["set", "other", "--create"],
        &["rename", "main", "trunk"],
        &["remove", "main"],
    ];
    for command in commands {
        let run = |more: &[&str]| workspace.run(&[&["branch"], command, more].concat()).exits(0).out();
        let planned = run(&["--dry-run"]);
        assert_eq!(workspace.read("branches.yaml"), spec, "{command:?}");
        assert_eq!(planned, run(&[]), "{command:?}");
        workspace.write("branches.yaml", &spec);
    }
    // It is refused for the same reasons.
    refused(&workspace, &["add", "a..b", "--dry-run"]);
    refused(&workspace, &["rename", "main", "a..b", "--dry-run"]);
    workspace.edit("branches.yaml", "project: shop\n", "project: shop\nnamespace: shop-x\n");
    refused(&workspace, &["set", "main", "--label", "a=b c", "--dry-run"]);
}
