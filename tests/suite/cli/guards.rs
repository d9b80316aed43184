//! Guards against lists that are not lists of branches, and against runs that delete too much.

use crate::tests::kit::Workspace;
use std::io::Write;
use std::process::Stdio;

/// Nine branches, of which one is pinned, and their output.
fn nine_branches() -> Workspace {
    let workspace = Workspace::small();
    let branches: String = (1..9).map(|n| format!("- name: feature/{n}\n")).collect();
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n";
    workspace.write("branches.yaml", format!("{head}- {{name: main, pin: {{reason: base}}}}\n{branches}"));
    workspace.run(&["build"]).exits(0);
    workspace
}

/// Runs `sync` with a list on standard input. Returns exit status, output and errors.
pub(super) fn sync(workspace: &Workspace, list: impl AsRef<[u8]>, more: &[&str]) -> (i32, String, String) {
    let mut command = workspace.command();
    command.args(["branch", "sync", "--from", "-"]).args(more);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(list.as_ref()).unwrap();
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

/// Asserts that a list is refused with these messages, and nothing is written.
#[track_caller]
fn is_refused(workspace: &Workspace, list: &str, messages: &[&str]) {
    let spec = workspace.read("branches.yaml");
    let (status, out, err) = sync(workspace, list, &[]);
    assert_eq!((status, out.as_str()), (3, ""), "{list:?}: {err}");
    for message in messages {
        assert!(err.contains(message), "{list:?}: no `{message}` in {err}");
    }
    assert_eq!(workspace.read("branches.yaml"), spec, "{list:?}");
}

#[test]
fn a_list_of_one_word_removes_no_branch() {
    let workspace = nine_branches();
    is_refused(
        &workspace,
        "Unauthorized\n",
        &[
            "the spec does not have `Unauthorized`, the only name in the list of branches",
            "these would be deleted: `feature/1`, `feature/2`",
            "to remove branches anyway, run `pleach branch remove NAME...`",
        ],
    );
    let before = workspace.files("out");
    workspace.run(&["build"]).exits(0);
    assert_eq!(workspace.files("out"), before);
    // One branch is enough for this guard.
    let two = Workspace::small();
    two.write("branches.yaml", two.read("branches.yaml").replace("- name: feature/search\n", ""));
    is_refused(&two, "Unauthorized\n", &["the spec does not have `Unauthorized`"]);
}

#[test]
fn no_number_of_deletions_is_recommended_for_a_list_that_is_refused() {
    let workspace = nine_branches();
    for list in ["Unauthorized\n", "feature/1\na..b\n", "other\nanother\n"] {
        for more in [&[][..], &["--allow-delete", "8"], &["--allow-delete", "7"]] {
            let (status, _, err) = sync(&workspace, list, more);
            assert_eq!(status, 3, "{list:?}: {err}");
            assert!(!err.contains("--allow-delete"), "{list:?}: {err}");
        }
    }
    // What the help recommends works.
    let names: Vec<String> = (1..9).map(|n| format!("feature/{n}")).collect();
    let names: Vec<&str> = ["branch", "remove"].into_iter().chain(names.iter().map(String::as_str)).collect();
    workspace.run(&names).exits(0);
}

#[test]
fn a_page_of_html_removes_no_branch() {
    let workspace = nine_branches();
    let page =
        "<!DOCTYPE html>\n<html>\n<body>\n<p>You must log in.</p>\n<p>Go <a href='/'>home</a></p>\n</body>\n</html>\n";
    is_refused(
        &workspace,
        page,
        &[
            "3 lines of the list of branches are not branches, such as line 1: `<!DOCTYPE html>`",
            "the spec has none of the 4 names in the list of branches: `</body>`, `</html>`, `<body>`, `<html>`",
            "these would be deleted: `feature/1`, `feature/2`",
        ],
    );
    is_refused(&workspace, "Proxy error\n", &["line 1 of the list of branches is not a branch: `Proxy error`"]);
}

#[test]
fn a_list_with_names_that_git_does_not_allow_is_refused() {
    let workspace = nine_branches();
    let all: String = (1..9).map(|n| format!("feature/{n}\n")).collect();
    is_refused(&workspace, &format!("{all}a..b\n"), &["invalid branch name `a..b` in the list of branches"]);
    let many: String = (0..12).map(|n| format!("x{n}~1\n")).collect();
    is_refused(
        &workspace,
        &format!("{all}{many}"),
        &["12 invalid branch names in the list of branches", "`x0~1`, `x1~1`", "and 2 more"],
    );
    is_refused(&workspace, &format!("{all}[{{\"name\": \"a b\"}}]\n"), &["is not a branch"]);
    is_refused(&workspace, "[{\"name\": \"a b\"}]", &["invalid branch name `a b`"]);
}

#[test]
fn an_empty_list_removes_no_branch() {
    let workspace = nine_branches();
    for list in ["", "\n", "[]", "[] []", "{}", "null", "[null]"] {
        is_refused(&workspace, list, &["the list of branches"]);
    }
}

#[test]
fn refs_that_are_not_branches_are_skipped() {
    let workspace = nine_branches();
    let mut list: String = (1..9).map(|n| format!("feature/{n}\n")).collect();
    list += "main\nHEAD\norigin\norigin/HEAD\norigin/main\norigin/feature/1\n12/merge\ngh-readonly-queue/main/pr-1-abc\nrefs/tags/v1\n";
    let (status, out, err) = sync(&workspace, &list, &[]);
    assert_eq!(status, 0, "{err}");
    assert_eq!(
        out,
        "skipped 12/merge: it is a ref of pull request 12, not a branch
skipped HEAD: it is the current commit, not a branch
skipped gh-readonly-queue/main/pr-1-abc: it is a branch of a merge queue
skipped origin: it is a remote
skipped origin/HEAD: it is the remote-tracking branch of `HEAD`
skipped origin/feature/1: it is the remote-tracking branch of `feature/1`
skipped origin/main: it is the remote-tracking branch of `main`
skipped refs/tags/v1: only refs in `refs/heads/` are branches
"
    );
    // Names of remote-tracking branches alone are no branches.
    is_refused(&workspace, "origin/feature/1\norigin/main\n", &["the list of branches has no branch"]);
}

#[test]
fn invisible_characters_are_shown_escaped() {
    let workspace = nine_branches();
    let mut list: String = (1..9).map(|n| format!("feature/{n}\n")).collect();
    list += "a\u{202e}b\nc\u{200b}d\n";
    let (status, out, err) = sync(&workspace, &list, &[]);
    assert_eq!((status, out.as_str()), (0, "added a\\u{202e}b\nadded c\\u{200b}d\npinned main\n"), "{err}");
    let listed = workspace.run(&["branch", "list"]).exits(0).out();
    assert!(listed.contains("a\\u{202e}b") && !listed.contains('\u{202e}'), "{listed}");
    let warning = workspace.run(&["branch", "remove", "x\u{202e}y"]).exits(0).err();
    assert!(warning.contains("`x\\u{202e}y` does not exist"), "{warning}");
    let short =
        workspace.run(&["--message-format", "short", "branch", "set", "x\u{202e}y", "--owner", "me"]).exits(2).err();
    assert!(short.contains("`x\\u{202e}y` does not exist"), "{short}");
}

#[test]
fn more_than_two_branches_and_thirty_percent_are_refused() {
    let workspace = nine_branches();
    let list = |kept: i32| (1..=kept).map(|n| format!("feature/{n}\n")).collect::<String>();
    is_refused(&workspace, &list(5), &["3 of 9 branches would be deleted", "`feature/6`, `feature/7`, `feature/8`"]);
    let (status, out, _) = sync(&workspace, list(5), &["--allow-delete", "3", "--dry-run"]);
    assert_eq!((status, out.lines().count()), (0, 4), "{out}");
    let (status, out, _) = sync(&workspace, list(6), &[]);
    assert_eq!((status, out.as_str()), (0, "removed feature/7\nremoved feature/8\npinned main\n"));
    workspace.run(&["build"]).exits(0);
    // A run that removes nothing meets no guard.
    assert_eq!(sync(&workspace, list(6), &[]), (0, "pinned main\n".to_owned(), String::new()));
}

#[test]
fn a_build_removes_at_most_two_branches_or_thirty_percent() {
    let workspace = nine_branches();
    let before = workspace.files("out");
    workspace.run(&["branch", "remove", "feature/1", "feature/2", "feature/3"]).exits(0);
    let err = workspace.run(&["build"]).exits(3).err();
    assert!(
        err.contains("3 of 9 branches in the output would be deleted") && err.contains("--allow-delete 3"),
        "{err}"
    );
    assert_eq!(workspace.files("out"), before);
    workspace.run(&["build", "--allow-delete", "2"]).exits(3);
    workspace.run(&["build", "--allow-delete", "3"]).exits(0);
    workspace.run(&["build"]).exits(0);
}

/// A pipeline passes the options always.
#[test]
fn options_that_allow_deletions_do_not_require_them() {
    let workspace = nine_branches();
    let allowed = ["--allow-delete", "3"];
    workspace.run(&["build", "--allow-delete", "3", "--allow-delete-names", "5"]).exits(0);
    let all: String = (1..9).map(|n| format!("feature/{n}\n")).collect();
    assert_eq!(sync(&workspace, &all, &allowed), (0, "pinned main\n".to_owned(), String::new()));
    workspace.run(&["branch", "expire", "--as-of", "2026-11-29", "--allow-delete", "3"]).exits(0);
    // Another number is still refused.
    is_refused(&workspace, "feature/1\n", &["7 of 9 branches would be deleted"]);
    assert_eq!(sync(&workspace, "feature/1\n", &allowed).0, 3);
}

/// `sync` and the build after it count the same branches.
#[test]
fn branches_on_app_engine_count() {
    let workspace = Workspace::small();
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones: {example.com: {provider: rfc2136, ttl: 60, A: [203.0.113.1]}}\nhosts: ['{{ branch.slug }}.example.com']\nbranches:\n";
    let kubernetes = |n: u32| format!("- {{name: k{n}}}\n");
    let engine = |n: u32| format!("- {{name: e{n}, appEngine: {{project: example-project}}}}\n");
    let spec: String = (0..6).map(kubernetes).chain((0..4).map(engine)).collect();
    workspace.write("branches.yaml", format!("{head}{spec}"));
    workspace.run(&["build"]).exits(0);
    let list = |kubernetes: u32, engine: u32| -> String {
        (0..kubernetes).map(|n| format!("k{n}\n")).chain((0..engine).map(|n| format!("e{n}\n"))).collect()
    };
    let before = workspace.read("branches.yaml");
    // Three of ten are 30 %, of which the build sees three folders of six.
    assert_eq!(sync(&workspace, list(3, 4), &[]).0, 0);
    workspace.run(&["build"]).exits(0);
    workspace.write("branches.yaml", &before);
    workspace.run(&["build"]).exits(0);
    is_refused(&workspace, &list(6, 0), &["4 of 10 branches would be deleted"]);
    assert_eq!(sync(&workspace, list(6, 0), &["--allow-delete", "4"]).0, 0);
    let error = workspace.run(&["build"]).exits(3).err();
    assert!(error.contains("4 of 10 branches in the output would be deleted"), "{error}");
    workspace.run(&["build", "--allow-delete", "4", "--allow-delete-names", "4"]).exits(0);
    workspace.run(&["build"]).exits(0);
}

/// A branch on App Engine has no objects, so no images.
#[test]
fn sync_sets_no_images_on_app_engine() {
    let workspace = Workspace::small();
    workspace.write(
        "base/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: web}]}\n",
    );
    let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nsync: {images: {web: ':{{ branch.tag }}'}}\nbranches:\n- name: main\n- name: legacy\n  appEngine: {project: example-project}\n";
    workspace.write("branches.yaml", spec);
    let (status, out, err) = sync(&workspace, "main\nlegacy\nnew\n", &[]);
    assert_eq!((status, out.as_str(), err.as_str()), (0, "added new\nchanged main\n", ""));
    let text = workspace.read("branches.yaml");
    assert_eq!(text.matches("images: {web: \":").count(), 2, "{text}");
    assert!(text.contains("- name: legacy\n  appEngine: {project: example-project}\n"), "{text}");
    workspace.run(&["build"]).exits(0);
}

#[test]
fn an_empty_spec_removes_no_output() {
    let workspace = nine_branches();
    let before = workspace.files("out");
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n";
    for branches in ["branches: []\n", "branches:\n", ""] {
        workspace.write("branches.yaml", format!("{head}{branches}"));
        let err = workspace.run(&["build"]).exits(3).err();
        assert!(err.contains("the spec has no branch: 9 of 9 branches in the output would be deleted"), "{err}");
        assert_eq!(workspace.files("out"), before);
    }
    // One branch is enough for this guard, and a file of branches.d/ is a branch.
    let one = Workspace::small();
    one.write("branches.yaml", format!("{head}branches: [{{name: main}}]\n"));
    one.run(&["build"]).exits(0);
    one.write("branches.yaml", format!("{head}branches: []\n"));
    one.run(&["build"]).exits(3);
    one.run(&["build", "--allow-delete", "1"]).exits(0);
    one.run(&["build"]).exits(0);
    // Other errors of such a spec do not take the place of the guard.
    workspace.write("branches.yaml", format!("{head}baseline: main\naliases: {{www: main}}\nbranches: []\n"));
    let err = workspace.run(&["build"]).exits(3).err();
    assert!(err.starts_with("error[guard]: the spec has no branch: 9 of 9 branches in the output"), "{err}");
    assert!(err.contains("unknown baseline branch `main`"), "{err}");
    assert_eq!(workspace.files("out"), before);
    workspace.run(&["build", "--allow-delete", "9"]).exits(2);
    workspace.write("branches.yaml", format!("{head}branches: []\n"));
    workspace.write("branches.d/main.yaml", "name: main\n");
    let err = workspace.run(&["build"]).exits(3).err();
    assert!(err.contains("8 of 9 branches in the output would be deleted"), "{err}");
}

/// Branches and DNS names in one run.
#[test]
fn all_guards_of_a_build_are_reported() {
    let workspace = nine_branches();
    let zone = "hosts: ['{{ branch.slug }}.example.com', 'x-{{ branch.slug }}.example.com']\nzones: {example.com: {provider: rfc2136, ttl: 60, A: [203.0.113.1]}}\nbranches:\n";
    workspace.edit("branches.yaml", "branches:\n", zone);
    workspace.run(&["build"]).exits(0);
    let before = workspace.files("out");
    workspace.run(&["branch", "remove", "feature/1", "feature/2", "feature/3", "feature/4"]).exits(0);
    let err = workspace.run(&["build"]).exits(3).err();
    assert!(err.contains("4 of 9 branches in the output would be deleted"), "{err}");
    assert!(err.contains("8 of 18 names in DNS would be deleted"), "{err}");
    assert_eq!(workspace.files("out"), before);
    workspace.run(&["build", "--allow-delete", "4", "--allow-delete-names", "8"]).exits(0);
}
