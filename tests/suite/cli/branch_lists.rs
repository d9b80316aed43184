//! Lists of branches on standard input: their encoding, options that have no effect on them, records of expired branches.

use crate::tests::cli::guards::sync;
use crate::tests::kit::Workspace;

const LIST: &str = "main\nfeature/login\nfeature/search\n";

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_name() {
    let workspace = Workspace::small();
    let spec = workspace.read("branches.yaml");
    for list in [LIST.to_owned(), r#"[{"name":"main"},{"name":"feature/login"},{"name":"feature/search"}]"#.to_owned()]
    {
        assert_eq!(sync(&workspace, format!("\u{feff}{list}"), &[]), (0, "nothing to do\n".to_owned(), String::new()));
    }
    assert_eq!(workspace.read("branches.yaml"), spec);
}

#[test]
fn a_list_that_is_not_utf8_is_refused() {
    let workspace = Workspace::small();
    let utf16 = |order: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    for (list, why) in [
        (utf16(u16::to_le_bytes, &format!("\u{feff}{LIST}")), "standard input is UTF-16, not UTF-8"),
        (utf16(u16::to_be_bytes, &format!("\u{feff}{LIST}")), "standard input is UTF-16, not UTF-8"),
        (utf16(u16::to_le_bytes, LIST), "standard input is UTF-16, not UTF-8"),
        (b"main\nfeature/Gr\xf6\xdfe\n".to_vec(), "line 2 of standard input is not UTF-8"),
    ] {
        let (status, out, err) = sync(&workspace, list, &[]);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(why) && err.contains("help: write it as UTF-8"), "{err}");
    }
}

#[test]
fn options_without_effect_on_a_list_are_refused() {
    let workspace = Workspace::small();
    for (options, why) in [
        (&["--repo", "../shop"][..], "`--repo` has no effect with `--from -`"),
        (&["--remote", "upstream"], "`--remote` has no effect with `--from -`"),
        (&["--label", "preview"], "`--label` has no effect on a list of branches"),
        (&["--skip-drafts"], "`--skip-drafts` has no effect on a list of branches"),
    ] {
        let (status, out, err) = sync(&workspace, LIST, options);
        assert_eq!((status, out.as_str()), (2, ""), "{options:?}: {err}");
        assert!(err.contains(why), "{options:?}: {err}");
    }
    let error = workspace.run(&["branch", "sync", "--from", "git", "--allow-empty"]).exits(2).err();
    assert!(error.contains("`--allow-empty` has no effect with `--from git`"), "{error}");
    let expire = ["branch", "expire", "--as-of", "2026-12-24", "--from", "-", "--remote", "x"];
    let error = workspace.run(&expire).exits(2).err();
    assert!(error.contains("`--remote` has no effect"), "{error}");
}

#[test]
fn patterns_and_labels_that_select_nothing_are_warnings() {
    let workspace = Workspace::small();
    let (status, out, err) = sync(&workspace, LIST, &["--include", "feature/*", "--include", "faeture/*"]);
    assert_eq!((status, out.as_str()), (0, "nothing to do\n"), "{err}");
    assert_eq!(err, "warning[usage]: `--include faeture/*` matches no name in the list of branches\n\n");
    let list = r#"[{"number":1,"headRefName":"a","isCrossRepository":false,"labels":[{"name":"preview"}]},
        {"number":2,"headRefName":"b","isCrossRepository":false,"state":"CLOSED","labels":[{"name":"other"}]}]"#;
    let (_, out, err) = sync(&workspace, list, &["--label", "preview", "--include", "a", "--dry-run"]);
    assert_eq!((out.as_str(), err.as_str()), ("added a\n", ""));
    let (_, _, err) = sync(&workspace, list, &["--label", "other", "--include", "b", "--dry-run"]);
    assert!(err.contains("`--label other` matches no open pull request in the list of branches"), "{err}");
    assert!(err.contains("`--include b` matches no branch of an open pull request in the list"), "{err}");
}

#[test]
fn a_pattern_that_another_one_excludes_is_refused() {
    let workspace = Workspace::small();
    let (status, out, err) = sync(&workspace, LIST, &["--include", "feature/*", "--exclude", "feat*"]);
    assert_eq!((status, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("the pattern `feat*` excludes all names that `feature/*` includes"), "{err}");
}

#[test]
fn names_in_patterns_of_the_spec_that_do_not_exist_are_warnings() {
    let workspace = Workspace::small();
    let spec = workspace.read("branches.yaml");
    let with = |rules: &str| {
        workspace.write("branches.yaml", format!("{spec}sync: {rules}\n"));
        let (status, _, err) = sync(&workspace, LIST, &["--dry-run"]);
        assert_eq!(status, 0, "{err}");
        err
    };
    // `hotfix/*` may be for branches to come.
    let err = with("{include: [mian, main, hotfix/*, feature/*], exclude: [gh-pages, dependabot/*]}");
    assert_eq!(err.matches("warning[").count(), 2, "{err}");
    assert!(err.contains("`mian` in `sync.include` matches no name in the list of branches"), "{err}");
    assert!(err.contains("did you mean `main`?") && err.contains("branches.yaml:"), "{err}");
    assert!(err.contains("`gh-pages` in `sync.exclude` matches no name in the list of branches"), "{err}");
    let err = with("{include: [feature/]}");
    assert!(err.contains("a pattern is compared with the whole name: `feature/*` matches all names"), "{err}");
    let err = with("{include: [hotfix/*]}");
    assert!(err.contains("`hotfix/*` in `sync.include` matches no name in the list of branches"), "{err}");
}

#[test]
fn changes_of_the_records_of_expired_branches_are_reported() {
    let workspace = Workspace::small();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let spec = workspace.read("branches.yaml");
    workspace.write("branches.yaml", format!("{spec}expired:\n- name: removed\n- name: main\n- name: kept\n"));
    let list: String =
        ["main", "feature/login", "feature/search", "kept"].map(|name| format!("{commit} {name}\n")).concat();
    let report = "dropped the record of main\ndropped the record of removed\nrecorded the commit of kept\nskipped kept: it has expired, and has no new commit\n";
    for options in [&["--dry-run"][..], &[]] {
        assert_eq!(sync(&workspace, &list, options), (0, report.to_owned(), String::new()));
    }
    assert_eq!(workspace.read("branches.yaml"), format!("{spec}expired:\n- name: kept\n  commit: {commit}\n"));
}
