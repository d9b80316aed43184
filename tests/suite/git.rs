//! Which repository is read, and what a hostile one, an old Git or a hook cannot change.

use crate::git;
use crate::output::HistoryParents;
use crate::tests::kit::Workspace;
use std::path::Path;

const SPEC: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: [\"{{ branch.slug }}.dev.example.com\"]\n\
                    zones: {dev.example.com: {ttl: 60, A: [203.0.113.7]}}\nbranches:\n- name: main\n- name: old\n";

/// A repository with a workspace in `envs/`, whose output and two branches are committed and published.
fn repository() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("envs/branches.yaml", SPEC);
    workspace.write("envs/base/kustomization.yaml", "configMapGenerator: [{name: app, literals: [a=b]}]\n");
    let done = workspace.shell(
        "cd envs && pleach build >/dev/null && cd .. && git init -q -b main && git add -A && git commit -qm one && \
         git update-ref refs/remotes/origin/main HEAD",
    );
    assert_eq!(done, "");
    workspace
}

/// What `check` and `diff` report about a change that removes a branch without its records.
fn reports(workspace: &Workspace, before: &str) -> String {
    reports_in(workspace, "envs", before)
}

fn reports_in(workspace: &Workspace, folder: &str, before: &str) -> String {
    let commands = ["check", "check --base origin/main", "diff --base origin/main --format summary"];
    let commands = commands.map(|command| format!("{before} pleach {command}; echo status $?"));
    workspace.shell(&format!("cd {folder}; {}", commands.join("; ")))
}

/// Removes the branch `old`, and what records it.
fn remove_old(workspace: &Workspace) {
    let done = workspace.shell(
        "cd envs && pleach branch remove old && pleach build && rm -rf out/teardown out/dns/dev.example.com/old.yaml && \
         git add -A && git commit -qm remove",
    );
    assert!(done.contains("removed old"), "{done}");
}

/// Adds files to `envs/` that make it look like a bare repository in which the branch never existed, with these settings.
fn add_bare_repository(workspace: &Workspace, settings: &str) {
    let done = workspace.shell(
        "cp -r envs copy && (cd copy && rm -rf out/namespaces/old && git init -q -b main && git add -A && git commit -qm evil && \
         git clone -q --bare . ../evil.git) && cp -r evil.git/HEAD evil.git/objects evil.git/refs envs/ && \
         git --git-dir=evil.git rev-parse main > evil && mkdir -p envs/refs/heads envs/refs/remotes/origin && \
         cp evil envs/refs/heads/main && cp evil envs/refs/remotes/origin/main && rm -rf copy evil evil.git",
    );
    assert_eq!(done, "");
    workspace.write("envs/config", format!("[core]\n\trepositoryformatversion = 1\n\tbare = true\n{settings}"));
}

/// Git waits without end for a pipe, and reads a device without end.
#[test]
fn a_file_of_git_that_is_not_a_regular_file_is_an_error() {
    for file in ["HEAD", "config", "commondir", "packed-refs", "index", "shallow", "objects/info/alternates"] {
        for put in ["mkfifo", "ln -s /dev/zero", "mkdir"] {
            let workspace = repository();
            workspace.shell(&format!("rm -f .git/{file}; {put} .git/{file}"));
            let printed = workspace.shell("cd envs; timeout 20 pleach check --base origin/main 2>&1; echo status $?");
            assert!(printed.contains(&format!(".git/{file}` is not a regular file")), "{put} {file}: {printed}");
            assert!(printed.ends_with("status 2\n"), "{put} {file}: {printed}");
        }
    }
}

#[test]
fn a_folder_that_looks_like_a_bare_repository_is_not_read() {
    let workspace = repository();
    remove_old(&workspace);
    let honest = reports(&workspace, "");
    assert!(honest.contains("out/dns/dev.example.com/old.yaml") && honest.contains("old: removed"), "{honest}");
    add_bare_repository(&workspace, "");
    assert_eq!(reports(&workspace, ""), honest);
    let synced = workspace.shell("cd envs; pleach branch sync --from git; echo status $?");
    assert!(synced.contains("looks like a bare repository") && synced.contains("status 3"), "{synced}");
}

#[test]
fn a_folder_that_looks_like_a_bare_repository_hides_no_dropped_record() {
    let workspace = repository();
    let drop = "cd envs && pleach branch remove old > /dev/null && pleach build > /dev/null && git add -A && git commit -qm remove && \
                git update-ref refs/remotes/origin/main HEAD && git rm -q out/teardown/old.yaml && git commit -qm drop";
    assert_eq!(workspace.shell(drop), "");
    let honest = reports(&workspace, "");
    assert_eq!(honest.matches("missing    out/teardown/old.yaml\n").count(), 2, "{honest}");
    assert_eq!(honest.matches("status 1\n").count(), 2, "{honest}");
    add_bare_repository(&workspace, "");
    assert_eq!(reports(&workspace, ""), honest);
}

/// Without a complete layout, an old Git must not take the folder for a repository either, nor run what its settings say.
#[test]
fn an_old_git_runs_nothing() {
    let workspace = repository();
    remove_old(&workspace);
    let honest = reports(&workspace, "");
    let touched = workspace.path().join("touched");
    add_bare_repository(
        &workspace,
        &format!(
            "[protocol \"ext\"]\n\tallow = always\n[remote \"origin\"]\n\turl = ext::sh -c touch% {}\n\tpromisor = true\n\
             [extensions]\n\tpartialClone = origin\n[core]\n\tfsmonitor = touch {0}\n",
            touched.display()
        ),
    );
    // Versions before 2.38 do not know `safe.bareRepository`, those before 2.45 not the variable.
    workspace.write(
        "bin/git",
        "#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nfor arg do\n  shift\n  case $arg in safe.bareRepository=*) arg=x.y=z ;; esac\n  \
         set -- \"$@\" \"$arg\"\ndone\nPATH=${PATH#*bin:}\nexec git \"$@\"\n",
    );
    workspace.shell("chmod +x bin/git");
    let old = format!("PATH={}/bin:$PATH", workspace.path().display());
    assert_eq!(reports(&workspace, &old), honest);
    // An attack that leaves out one of the three names.
    workspace.shell("mv envs/refs envs/refs-2");
    assert_eq!(reports(&workspace, &old), honest);
    assert!(!touched.exists());
}

#[test]
fn variables_of_a_hook_name_no_other_repository() {
    let (workspace, other) = (repository(), repository());
    remove_old(&workspace);
    let honest = reports(&workspace, "");
    let git = other.path().join(".git").display().to_string();
    for variables in [
        format!("GIT_DIR={git}"),
        format!("GIT_DIR={git} GIT_WORK_TREE={}", other.path().display()),
        format!("GIT_INDEX_FILE={git}/index"),
        format!("GIT_OBJECT_DIRECTORY={git}/objects GIT_COMMON_DIR={git}"),
        "GIT_NAMESPACE=x GIT_PREFIX=envs/".to_owned(),
    ] {
        assert_eq!(reports(&workspace, &variables), honest, "{variables}");
    }
    // As Git runs it.
    workspace.write(".git/hooks/pre-commit", "#!/bin/sh\ncd envs && pleach check > ../hook.txt 2>&1\n");
    workspace.shell("chmod +x .git/hooks/pre-commit && git commit -q --allow-empty -m two");
    assert!(honest.starts_with(&workspace.read("hook.txt")), "{}", workspace.read("hook.txt"));
}

#[test]
fn worktrees_and_submodules_are_repositories() {
    let workspace = repository();
    remove_old(&workspace);
    let honest = reports(&workspace, "");
    workspace.shell("git worktree add -q --detach tree");
    assert!(workspace.path().join("tree/.git").is_file());
    assert_eq!(reports_in(&workspace, "tree/envs", ""), honest);

    let outer = Workspace::empty();
    let url = workspace.path().display().to_string();
    outer.shell(&format!(
        "git init -q -b main && git -c protocol.file.allow=always submodule add -q '{url}' sub && git commit -qm outer && \
         cd sub && git update-ref refs/remotes/origin/main HEAD^"
    ));
    assert!(outer.path().join("sub/.git").is_file());
    assert_eq!(reports_in(&outer, "sub/envs", ""), honest);
}

#[test]
fn a_git_file_that_names_another_repository_is_read_as_git_reads_it() {
    let (workspace, other) = (repository(), Workspace::empty());
    other.write("envs/branches.yaml", SPEC);
    other.write(".git", format!("gitdir: {}/nowhere\n", workspace.path().display()));
    let error = other.shell("cd envs; mkdir base; touch base/a.yaml; pleach check; echo status $?");
    assert!(error.contains("`git` failed") && error.contains("status 4"), "{error}");
}

#[test]
fn an_object_that_a_partial_clone_does_not_have_is_an_error() {
    let workspace = repository();
    workspace.shell("git config uploadpack.allowFilter true; git config uploadpack.allowAnySHA1InWant true");
    workspace.shell("cd envs && pleach branch remove old && pleach build && git add -A && git commit -qm remove");
    for filter in ["blob:none", "tree:0"] {
        let clone = Workspace::empty();
        let url = workspace.path().display().to_string();
        // The files of the last commit are checked out, but those before it are not there.
        clone.shell(&format!("git clone -q --filter={filter} 'file://{url}' ."));
        let text = clone.shell("cd envs; pleach build --base HEAD~1; echo status $?");
        assert!(text.contains("git fetch --refetch --no-filter") && text.contains("status 4"), "{filter}: {text}");
        assert!(Path::new(&clone.path().join("envs/out/teardown/old.yaml")).exists(), "nothing was written");
        clone.shell("git fetch -q --refetch --no-filter");
        let text = clone.shell("cd envs; pleach build --base HEAD~1; echo status $?");
        assert!(text.contains("status 0"), "{filter}: {text}");
    }
}

/// Without the earlier specs, the plan of a removed branch would be one of a stranger. The change keeps the text of the plan elsewhere, so
/// that the clone has it.
#[test]
fn check_needs_the_history_that_a_partial_clone_does_not_have() {
    let workspace = repository();
    workspace.shell("git config uploadpack.allowFilter true; git config uploadpack.allowAnySHA1InWant true");
    workspace.shell("cd envs && pleach branch remove old && pleach build && git add -A && git commit -qm remove");
    workspace.shell("git checkout -q -b pull && git mv envs/out/teardown/old.yaml notes && git commit -qm move && git checkout -q -");
    let clone = Workspace::empty();
    let url = workspace.path().display().to_string();
    clone.shell(&format!("git clone -q --filter=blob:none -b pull 'file://{url}' ."));
    let base = workspace.shell("git rev-parse HEAD");
    let check = format!("cd envs; pleach check --base {}; echo status $?", base.trim());
    let text = clone.shell(&check);
    assert!(text.contains("git fetch --refetch --no-filter") && text.contains("status 4"), "{text}");
    clone.shell("git fetch -q --refetch --no-filter");
    let text = clone.shell(&check);
    assert!(text.contains("missing    out/teardown/old.yaml") && text.contains("status 1"), "{text}");
}

/// Programs that a repository names are not started, in its settings, attributes or hooks.
#[test]
fn settings_and_hooks_of_a_repository_start_nothing() {
    let workspace = repository();
    let done = workspace.shell(
        "printf '#!/bin/sh\\necho \"$0\" \"$@\" >>\"%s/started\"\\n' \"$PWD\" >evil && chmod +x evil && \
         for hook in post-index-change reference-transaction post-checkout pre-auto-gc fsmonitor-watchman; do cp evil .git/hooks/$hook; done && \
         for key in core.fsmonitor core.pager core.sshCommand core.askPass core.alternateRefsCommand diff.external diff.x.textconv diff.x.command \
         filter.x.clean filter.x.smudge filter.x.process gpg.program gpg.x509.program credential.helper uploadpack.packObjectsHook pager.log \
         pager.diff alias.log merge.x.driver interactive.diffFilter; do git config $key \"$PWD/evil\"; done && \
         git config core.hooksPath .git/hooks && git config log.showSignature true && git config protocol.ext.allow always && \
         git config remote.origin.url \"ext::$PWD/evil\" && git config remote.origin.promisor true && \
         git config remote.origin.partialclonefilter blob:none && git config filter.x.required true && \
         echo '* diff=x filter=x merge=x' >.git/info/attributes",
    );
    assert_eq!(done, "");
    workspace.write("envs/branches.yaml", SPEC.replace("ttl: 60", "ttl: 61"));
    for command in [
        "check --base origin/main",
        "check",
        "diff --base origin/main",
        "build",
        "teardown",
        "branch list",
        "branch sync --from git --dry-run",
    ] {
        workspace.shell(&format!("cd envs; pleach {command}"));
        assert!(!workspace.path().join("started").exists(), "{command}: {}", workspace.read("started"));
    }
    // The programs can be started: Git itself does.
    workspace.shell("git status; git diff; true");
    assert!(workspace.path().join("started").exists());
}

/// A pull whose result was edited, for example because of a conflict.
#[test]
fn the_text_that_a_pull_gives_a_file_is_published() {
    let workspace = Workspace::empty();
    let done = workspace.shell(
        "git init -q -b main && echo 1 > f && git add f && git commit -qm 1 && git checkout -q -b work && echo x > g && git add g && \
         git commit -qm x && git checkout -q main && echo 2 > f && git commit -qam 2 && git checkout -q work && \
         git merge -q --no-commit main 2> /dev/null && echo 3 > f && git commit -qam \"Merge branch 'main' into work\" && echo 4 > f && git commit -qam 4",
    );
    assert_eq!(done, "");
    let texts = git::versions(workspace.path(), (None, "HEAD"), HistoryParents::Published, &["f"]).unwrap();
    assert_eq!(texts.iter().map(|text| text.trim()).collect::<Vec<_>>(), ["4", "3", "2", "1"]);
}

/// A function of shell, `with FOLDER NAME ENTRY`: the id of the tree of `FOLDER` at `HEAD` with another entry of this name.
const WITH: &str = "with() { (git ls-tree \"HEAD:$1\" 2>/dev/null; printf '%s\\t%s\\n' \"$3\" \"$2\") | \
    awk -F'\\t' '{ entries[$2] = $0 } END { for (name in entries) print entries[name] }' | git mktree; }; \
    blob=$(echo 'a: b' | git hash-object -w --stdin); \
    commit() { git commit-tree -p \"$1\" -m change $(with '' envs \"040000 tree $2\"); }; ";

/// A commit after `HEAD` whose folder `envs/PARENT/` has an entry; `PARENT` has at most two names.
fn commit_with(parent: &str, name: &str, entry: &str) -> String {
    let (first, second) = parent.split_once('/').map_or((parent, None), |(first, second)| (first, Some(second)));
    let tree = match second {
        None => format!("tree=$(with envs/{first} '{name}' \"{entry}\")"),
        Some(second) => format!(
            "tree=$(with envs/{first}/{second} '{name}' \"{entry}\"); tree=$(with envs/{first} {second} \"040000 tree $tree\")"
        ),
    };
    format!("{tree}; added=$(commit HEAD $(with envs {first} \"040000 tree $tree\"))")
}

/// No file can have such a name, but a tree of a stranger may have it.
#[test]
fn names_in_a_tree_that_no_file_can_have_are_ignored() {
    let workspace = repository();
    for folder in ["out/teardown", "out/dns", "out/namespaces", "out/gitops"] {
        for name in ["..", ".", "...yaml", ".yaml"] {
            for entry in ["100644 blob $blob", "040000 tree $(printf '100644 blob %s\\tx.yaml\\n' $blob | git mktree)"]
            {
                let commit = commit_with(folder, name, entry);
                let done = workspace.shell(&format!("{WITH}{commit}; git update-ref refs/remotes/origin/main $added"));
                assert_eq!(done, "", "{folder}/{name}");
                for command in ["check --base origin/main", "diff --base origin/main", "build", "teardown"] {
                    let ran = workspace.shell(&format!("cd envs; pleach {command}; echo status $?"));
                    assert!(ran.ends_with("status 0\n"), "{folder}/{name} {entry} {command}: {ran}");
                }
            }
        }
    }
}

/// Trees with the same folder in all entries: 10 objects have 10^10 files.
#[test]
fn a_tree_with_more_files_than_can_be_listed_is_read_fast() {
    const BOMB: &str = "tree=$(for n in 0 1 2 3 4 5 6 7 8 9; do printf '100644 blob %s\\td%s.yaml\\n' $blob $n; done | git mktree); \
        for level in 2 3 4 5 6 7 8 9 10; do \
        tree=$(for n in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\td%s\\n' $tree $n; done | git mktree); done; bomb=$tree; ";
    let workspace = repository();
    for (parent, name) in
        [("out", "x"), ("out/teardown", "x"), ("out/namespaces", "x"), ("branches.d", "x"), ("branches.d", "x.yaml")]
    {
        let commit = commit_with(parent, name, "040000 tree $bomb");
        // It is in the base revision, and then only in the history.
        for base in ["$added", "$(git commit-tree -p $added -m removed HEAD^{tree})"] {
            let done =
                workspace.shell(&format!("{WITH}{BOMB}{commit}; git update-ref refs/remotes/origin/main {base}"));
            assert_eq!(done, "", "{parent}/{name}");
            for command in ["check --base origin/main", "diff --base origin/main", "build", "teardown"] {
                let ran = workspace.shell(&format!("cd envs; timeout 20 pleach {command}; echo status $?"));
                assert!(ran.ends_with("status 0\n"), "{parent}/{name} {command}: {ran}");
            }
        }
    }
}

#[test]
fn an_output_with_too_many_files_is_an_error() {
    const WIDE: &str = "list() { awk -v entry=\"$1\" -v count=$2 'BEGIN { for (n = 0; n < count; n++) printf \"%s\\tf%05d.yaml\\n\", entry, n }' | git mktree; }; \
        files=$(list \"100644 blob $blob\" 10001); wide=$(list \"040000 tree $files\" 200); ";
    let workspace = repository();
    let commit =
        "added=$(commit HEAD $(with envs out \"040000 tree $(with envs/out namespaces \"040000 tree $wide\")\"))";
    let done = workspace.shell(&format!("{WITH}{WIDE}{commit}; git update-ref refs/remotes/origin/main $added"));
    assert_eq!(done, "");
    for command in ["check --base origin/main", "diff --base origin/main"] {
        let ran = workspace.shell(&format!("cd envs; timeout 20 pleach {command}; echo status $?"));
        assert!(ran.contains("more than 2000000 files at `envs/out`"), "{command}: {ran}");
    }
}
