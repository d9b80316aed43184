//! `pleach branch sync` with lists of pull requests.

use crate::tests::cli::guards::sync;
use crate::tests::cli::{HEAD, workspace_with_pod};

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A pull request as `gh pr list --json` prints it.
fn gh(number: u32, head: &str, more: &str) -> String {
    let fields = ["\"isCrossRepository\":false", "\"isDraft\":false", "\"labels\":[]"];
    let is_missing = |field: &&str| !more.contains(field.split(':').next().unwrap());
    let all: Vec<&str> =
        fields.into_iter().filter(is_missing).chain([more]).filter(|field| !field.is_empty()).collect();
    let more = all.join(",");
    format!(
        "{{\"number\":{number},\"headRefName\":\"{head}\",\"headRefOid\":\"{A}\",\"title\":\"Title {number}\",\"url\":\"https://git.example.com/shop/pull/{number}\",{more}}}"
    )
}

#[test]
fn pull_requests_become_branches() {
    let workspace = workspace_with_pod("sync: {images: {backend: \":{{ commit.short }}\"}}\nbranches:\n- name: main\n");
    let list = format!("[{}]", gh(42, "feat/cart", ""));
    assert_eq!(sync(&workspace, &list, &[]), (0, "added feat/cart\n".to_owned(), String::new()));
    let spec = workspace.read("branches.yaml");
    let entry = "- name: feat/cart\n  added: 2026-11-29\n  images: {backend: \":aaaaaaa\"}\n  pullRequest: {number: 42, title: Title 42, url: https://git.example.com/shop/pull/42}\n";
    assert!(spec.ends_with(entry), "{spec}");
    assert_eq!(sync(&workspace, &list, &[]).1, "nothing to do\n");
    // Templates see it, and `link` is its address.
    workspace.write(
        "base/pr.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: pr\ndata:\n  link: {{ branch.link or 'none' }}\n  pr: \"{{ branch.pullRequest.number if branch.pullRequest else 0 }} {{ branch.pullRequest.title if branch.pullRequest else 'none' }}\"\n",
    );
    workspace.run(&["build"]).exits(0);
    let all: String = workspace.files("out").values().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    assert!(all.contains("link: https://git.example.com/shop/pull/42\n") && all.contains("pr: 42 Title 42\n"), "{all}");
    let listed = workspace.run(&["branch", "list", "--format", "json"]).exits(0).out();
    assert!(listed.contains("\"link\": \"https://git.example.com/shop/pull/42\""), "{listed}");
    // A new commit and title, then the end of the pull request.
    let list = list.replace(A, B).replace("Title 42", "Cart");
    assert_eq!(sync(&workspace, &list, &[]).1, "changed feat/cart\n");
    let spec = workspace.read("branches.yaml");
    assert!(spec.contains(":bbbbbbb") && spec.contains("title: Cart,"), "{spec}");
    let closed = format!("[{},{}]", gh(42, "feat/cart", "\"state\":\"MERGED\""), gh(43, "feat/x", ""));
    assert_eq!(sync(&workspace, &closed, &[]).1, "added feat/x\nremoved feat/cart\n");
}

#[test]
fn github_and_gitlab_are_read() {
    let github = format!(
        r#"[{{"number":42,"state":"open","draft":false,"title":"T","url":"https://api.github.com/repos/o/r/pulls/42","html_url":"https://github.com/o/r/pull/42",
        "labels":[{{"name":"preview"}}],"head":{{"ref":"feat/cart","sha":"{A}","repo":{{"full_name":"o/r"}}}},"base":{{"ref":"main","repo":{{"full_name":"o/r"}}}}}}]"#
    );
    let gitlab = format!(
        r#"[{{"id":9,"iid":42,"state":"opened","draft":false,"title":"T","web_url":"https://github.com/o/r/pull/42","labels":["preview"],
        "source_branch":"feat/cart","sha":"{A}","source_project_id":1,"target_project_id":1}}]"#
    );
    for list in [github, gitlab] {
        let workspace = workspace_with_pod("branches:\n- name: main\n");
        assert_eq!(
            sync(&workspace, &list, &["--label", "preview"]),
            (0, "added feat/cart\n".to_owned(), String::new())
        );
        let spec = workspace.read("branches.yaml");
        assert!(spec.contains("pullRequest: {number: 42, title: T, url: https://github.com/o/r/pull/42}"), "{spec}");
    }
}

/// A label that no pull request has may be misspelled, unless the pull requests of all environments are closed.
#[test]
fn an_unknown_label_removes_no_environment_of_an_open_pull_request() {
    let preview = "\"labels\":[{\"name\":\"preview\"}]";
    let workspace = workspace_with_pod("sync: {labels: [preview]}\nbranches:\n- name: main\n");
    let list = format!("[{},{}]", gh(42, "feat/cart", preview), gh(43, "feat/x", ""));
    assert_eq!(sync(&workspace, &list, &[]).1, "added feat/cart\n");
    workspace.edit("branches.yaml", "labels: [preview]", "labels: [previw]");
    let spec = workspace.read("branches.yaml");
    let refused = |options: &[&str], at: &str| {
        let (status, out, err) = sync(&workspace, &list, options);
        assert_eq!((status, out.as_str()), (3, ""), "{err}");
        assert!(err.contains("no open pull request in the list has the label `previw`"), "{err}");
        assert!(err.contains("did you mean `preview`?") && err.contains(at), "{err}");
        assert!(err.contains("although their pull requests are open: `feat/cart`"), "{err}");
        assert_eq!(workspace.read("branches.yaml"), spec);
    };
    refused(&[], "branches.yaml:4:");
    refused(&["--allow-delete", "0"], "use `--allow-delete 1`");
    refused(&["--label", "previw", "--dry-run"], "= help");
    // The last pull request has lost the label.
    assert_eq!(sync(&workspace, &list, &["--allow-delete", "1", "--dry-run"]).1, "removed feat/cart\n");
    // Another pull request has the label, or the one of the environment is closed.
    let other = format!("[{},{}]", gh(42, "feat/cart", ""), gh(43, "feat/x", preview));
    assert_eq!(sync(&workspace, &other, &["--label", "preview", "--dry-run"]).1, "added feat/x\nremoved feat/cart\n");
    let closed = format!("[{}]", gh(43, "feat/x", ""));
    let (status, out, err) = sync(&workspace, &closed, &[]);
    assert_eq!((status, out.as_str()), (0, "removed feat/cart\n"), "{err}");
    assert!(err.contains("`sync.labels: previw` matches no open pull request"), "{err}");
}

/// Without the fields, every pull request could be one of a fork, and its environment would be removed.
#[test]
fn a_list_that_does_not_say_the_repository_is_refused() {
    let workspace = workspace_with_pod("branches: [{name: main}]\n");
    for (list, help) in [
        (
            format!(r#"[{{"number":42,"labels":[{{"name":"preview"}}],"head":{{"ref":"feat/cart","sha":"{A}"}}}}]"#),
            "GitHub's REST API has `head.ref`, `head.sha`, `head.repo.full_name`",
        ),
        (
            format!(r#"[{{"number":42,"headRefName":"feat/cart","headRefOid":"{A}"}}]"#),
            "`gh pr list` needs `--json number,headRefName,headRefOid,isCrossRepository,",
        ),
        (
            format!(r#"[{{"iid":42,"source_branch":"feat/cart","sha":"{A}","source_project_id":1}}]"#),
            "GitLab's REST API has `source_branch`, `sha`, `source_project_id`, `target_project_id`",
        ),
    ] {
        let (status, out, err) = sync(&workspace, &list, &[]);
        assert_eq!((status, out.as_str()), (3, ""), "{err}");
        assert!(err.contains("whether the branch of pull request 42 is in another repository"), "{err}");
        assert!(err.contains(help), "{err}");
    }
    // With `sync.forks`, it is an environment of its number, whatever its repository is.
    workspace.edit("branches.yaml", "branches:", "sync: {forks: true}\nbranches:");
    let list = format!(r#"[{{"number":42,"headRefName":"feat/cart","headRefOid":"{A}"}}]"#);
    assert_eq!(sync(&workspace, &list, &["--dry-run"]), (0, "added pr-42\n".to_owned(), String::new()));
}

#[test]
fn a_fork_never_matches_a_branch_of_the_same_name() {
    let fork = "\"isCrossRepository\":true";
    let spec = "sync: {images: {backend: \":{{ commit.short }}\"}}\nbranches:\n- name: main\n";
    let workspace = workspace_with_pod(spec);
    let list = format!("[{}]", gh(7, "main", fork));
    let skipped = "skipped pull request 7: its branch is in another repository, and `sync.forks` is not set\n";
    assert_eq!(sync(&workspace, &list, &[]), (0, skipped.to_owned(), String::new()));
    assert_eq!(workspace.read("branches.yaml"), format!("{HEAD}{spec}"));
    workspace.edit("branches.yaml", "sync: {", "sync: {forks: true, include: [\"feat/*\"], ");
    assert_eq!(sync(&workspace, &list, &[]).1, "added pr-7\n");
    let text = workspace.read("branches.yaml");
    assert!(text.contains("- name: main\n- name: pr-7\n") && text.contains("pullRequest: {number: 7,"), "{text}");
    // A list of branches keeps the environment, and a branch of its name is another one.
    let (status, out, err) = sync(&workspace, format!("{B} main\n{B} pr-7\n"), &["--include", "*"]);
    assert_eq!(status, 0, "{err}");
    assert_eq!(out, "changed main\nskipped pr-7: the spec has a pull-request environment of this name\n");
    assert!(
        workspace.read("branches.yaml").contains("name: pr-7\n  added: 2026-11-29\n  images: {backend: \":aaaaaaa\"}")
    );
    // So is a pull request from a branch of this repository with this name.
    let list = format!("[{},{}]", gh(7, "main", fork), gh(8, "pr-7", ""));
    let (_, out, _) = sync(&workspace, &list, &["--include", "*"]);
    assert_eq!(out, "skipped pull request 8: `pr-7` would be the name of a pull-request environment\n");
    // A branch that is named like an environment is not replaced.
    let workspace = workspace_with_pod("sync: {forks: true}\nbranches:\n- name: main\n- name: pr-7\n");
    let (_, out, _) = sync(&workspace, format!("[{}]", gh(7, "x", fork)), &[]);
    assert_eq!(out, "skipped pull request 7: the spec has a branch `pr-7` that is not its environment\n");
}

#[test]
fn labels_drafts_and_patterns_select_pull_requests() {
    let spec = "sync: {labels: [preview], drafts: false, exclude: ['wip/*']}\nbranches:\n- name: main\n";
    let workspace = workspace_with_pod(spec);
    let label = "\"labels\":[{\"name\":\"preview\"}]";
    let list = format!(
        "[{},{},{},{},{}]",
        gh(1, "a", label),
        gh(2, "b", ""),
        gh(3, "c", &format!("{label},\"isDraft\":true")),
        gh(4, "wip/d", label),
        gh(5, "a", label),
    );
    let (status, out, err) = sync(&workspace, &list, &[]);
    assert_eq!(status, 0, "{err}");
    assert_eq!(
        out,
        "added a\nskipped pull request 3: it is a draft\nskipped pull request 5: pull request 1 has the same branch\n"
    );
    let (status, _, err) = sync(&workspace, &list, &["--label", "none", "--dry-run"]);
    assert_eq!(status, 3, "{err}");
    assert!(err.contains("no open pull request in the list has the label `none`"), "{err}");
    // A list without a field that selects pull requests cannot be trusted.
    for (field, error) in [("labels", "the labels of pull request 1"), ("isDraft", "the state of pull request 1")] {
        let list = list.replace(&format!("\"{field}\""), "\"other\"");
        let (status, out, err) = sync(&workspace, &list, &[]);
        assert!(status == 3 && out.is_empty(), "{out}{err}");
        assert!(err.contains(&format!("does not have {error}")) && err.contains("--json"), "{err}");
    }
    workspace.edit("branches.yaml", "drafts: false, ", "");
    assert!(sync(&workspace, &list, &["--dry-run"]).1.starts_with("added c\n"));
    assert!(!sync(&workspace, &list, &["--dry-run", "--skip-drafts"]).1.contains("added c\n"));
}

#[test]
fn a_list_of_pull_requests_removes_only_their_branches() {
    let workspace = workspace_with_pod("branches:\n- name: main\n- name: release/2\n");
    let list = format!("[{},{}]", gh(1, "a", ""), gh(2, "b", ""));
    assert_eq!(sync(&workspace, &list, &[]).1, "added a\nadded b\n");
    workspace.run(&["branch", "set", "b", "--pin", "demo"]).exits(0);
    let (status, _, err) = sync(&workspace, "[]", &[]);
    assert_eq!(status, 3);
    assert!(err.contains("the list of branches is empty") && err.contains("`--allow-empty`"), "{err}");
    assert_eq!(sync(&workspace, "[]", &["--allow-empty"]).1, "removed a\npinned b\n");
    // Without a pull request in the spec, nothing is removed.
    workspace.run(&["branch", "set", "b", "--unset", "pullRequest"]).exits(0);
    assert_eq!(sync(&workspace, "[]", &["--allow-empty"]).1, "nothing to do\n");
    assert_eq!(sync(&workspace, "", &["--allow-empty"]).0, 3);
}

#[test]
fn too_many_closed_pull_requests_are_refused() {
    let workspace = workspace_with_pod("branches:\n- name: main\n");
    let list: Vec<String> = (1..6).map(|n| gh(n, &format!("f{n}"), "")).collect();
    assert_eq!(sync(&workspace, format!("[{}]", list.join(",")), &[]).0, 0);
    let (status, _, err) = sync(&workspace, format!("[{}]", list[0]), &[]);
    assert_eq!(status, 3);
    assert!(err.contains("4 of 6 branches would be deleted"), "{err}");
    let (status, _, err) = sync(&workspace, format!("[{},{{\"num", list[0]), &[]);
    assert!(status == 3 && err.contains("is truncated"), "{err}");
    let (status, _, err) = sync(&workspace, format!("[{}]", gh(9, "a b", "")), &[]);
    assert!(status == 3 && err.contains("invalid branch name `a b` of pull request 9"), "{err}");
}

/// A title is data: in the spec, in templates and in reports.
#[test]
fn a_title_cannot_change_a_document() {
    let workspace = workspace_with_pod("branches:\n- name: main\n");
    workspace.write(
        "base/pr.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: pr\ndata:\n  title: {{ branch.pullRequest.title if branch.pullRequest else 'none' }}\n",
    );
    for title in [
        r#"x\"\n---\nkind: ClusterRoleBinding"#,
        r"{{ 7*7 }}",
        r"a: b #c",
        r"&x *y !!binary",
        r"- a",
        r"\u202egnp.exe\u0000\u001b[31m",
        r"'",
        "",
    ] {
        let list = format!("[{}]", gh(1, "a", "").replace("Title 1", title));
        let (status, _, err) = sync(&workspace, &list, &[]);
        assert_eq!(status, 0, "{title}: {err}");
        let want: String = serde_json::from_str(&format!("\"{title}\"")).unwrap();
        let listed: serde_json::Value =
            serde_json::from_str(&workspace.run(&["branch", "list", "--format", "json"]).exits(0).out()).unwrap();
        assert_eq!(listed["branches"][0]["pullRequest"]["title"], want, "{title}");
        if !title.contains("u0000") {
            workspace.run(&["build"]).exits(0);
            workspace.run(&["check"]).exits(0);
        }
    }
}

#[test]
fn an_expired_pull_request_stays_expired() {
    let workspace =
        workspace_with_pod("defaults: {expires: 14d}\nbranches:\n- {name: main, pin: {reason: baseline}}\n");
    let list = format!("[{}]", gh(1, "a", ""));
    assert_eq!(sync(&workspace, &list, &[]).1, "added a\n");
    assert_eq!(workspace.run(&["branch", "expire", "--as-of", "2026-12-14"]).exits(0).out(), "expired a\n");
    assert!(workspace.read("branches.yaml").contains("- name: a\n  pullRequest: 1\n"));
    let skipped = "skipped a: it has expired, and has no new commit\n";
    assert_eq!(sync(&workspace, &list, &[]).1, format!("recorded the commit of a\n{skipped}"));
    assert!(workspace.read("branches.yaml").contains(&format!("commit: {A}\n")));
    assert_eq!(sync(&workspace, &list, &[]).1, "skipped a: it has expired, and has no new commit\n");
    assert_eq!(sync(&workspace, list.replace(A, B), &["--dry-run"]).1, "added a\n");
    sync(&workspace, "[]", &["--allow-empty"]);
    assert!(!workspace.read("branches.yaml").contains("expired"));
}
