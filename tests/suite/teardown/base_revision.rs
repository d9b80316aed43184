//! Where the previous output is: what a removed branch leaves is recorded, or the build reports that it is not known.

use crate::teardown::TeardownPlan;
use crate::tests::kit::{Ran, Workspace};

/// A folder with the workspace `w`, which may have repositories beside it.
struct Folder(Workspace);

const SPEC: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                    zones: {dev.example.com: {CNAME: [ingress.example.net]}}\n\
                    cleanup: {databases: [schema/main/main, schema/main/old], images: {repositories: [r.example.com/web]}}\n";

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations: {pleach.dev/database: 'schema/main/{{ branch.slug }}'}\n\
                   spec: {containers: [{name: web, image: 'r.example.com/web:{{ branch.slug }}'}]}\n";

impl Folder {
    fn new() -> Self {
        let folder = Folder(Workspace::empty());
        folder.0.write("w/base/pod.yaml.j2", POD);
        folder.spec("", &["main", "old"]);
        folder
    }

    /// The workspace is a repository with one commit, a clone of the bare repository `o`.
    fn cloned() -> Self {
        let folder = Folder::new();
        folder.shell("git init -q --bare -b main o && git -C w init -q -b main && git -C w remote add origin ../o");
        folder.commit("w");
        folder.shell("git -C w push -q -u origin main 2> /dev/null && git -C w remote set-head origin main");
        folder
    }

    /// A clone in which the branch `old` was added, and the change was reverted.
    fn reverted() -> Self {
        let folder = Folder::cloned();
        folder.spec("", &["main"]);
        folder.build(&[]);
        folder.commit("w");
        folder.spec("", &["main", "old"]);
        folder.build(&[]);
        folder.commit("w");
        folder.shell("git -C w revert --no-edit HEAD > /dev/null && git -C w push -q 2> /dev/null");
        folder
    }

    /// Writes a spec with these branches; `more` is added to it.
    fn spec(&self, more: &str, branches: &[&str]) {
        let branches: String = branches.iter().map(|name| format!("- name: {name}\n")).collect();
        self.0.write("w/branches.yaml", format!("{SPEC}{more}branches:\n{branches}"));
    }

    #[track_caller]
    fn shell(&self, line: &str) {
        assert_eq!(self.0.shell(line), "", "{line}");
    }

    #[track_caller]
    fn commit(&self, repository: &str) {
        self.shell(&format!("cd {repository} && git add -A && git commit -qm one"));
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.0.run(&[&["-C", "w"], args].concat())
    }

    /// Builds, and returns the warnings.
    #[track_caller]
    fn build(&self, args: &[&str]) -> String {
        self.run(&[&["build"], args].concat()).exits(0).err()
    }

    /// Runs a command without `git` on the path.
    #[track_caller]
    fn without_git(&self, command: &str) -> String {
        self.run_without_git(&[command]).exits(0).err()
    }

    fn run_without_git(&self, args: &[&str]) -> Ran {
        let nowhere = self.0.path().join("nowhere");
        Ran(self.0.command().args(["-C", "w"]).args(args).env("PATH", nowhere).output().unwrap())
    }

    /// The output folder `output` has the whole footprint of the branch `old`, and `check` accepts it.
    #[track_caller]
    fn assert_recorded(&self, output: &str) {
        let text = self.0.read(&format!("{output}/teardown/old.yaml"));
        let footprint = TeardownPlan::parse(&text).unwrap().footprint;
        let numbers =
            [footprint.namespaces.len(), footprint.names.len(), footprint.databases.len(), footprint.images.len()];
        assert_eq!(numbers, [1; 4], "{text}");
        let zone_change = self.0.read(&format!("{output}/dns/dev.example.com/old.yaml"));
        assert!(zone_change.contains("absent:\n- old.dev.example.com\n"), "{zone_change}");
        assert!(!self.0.path().join(output).join("namespaces/old").exists());
    }
}

#[test]
fn an_ignored_output_on_the_disk_is_the_previous_output() {
    let folder = Folder::cloned();
    folder.0.write("w/.gitignore", "/out/\n");
    folder.commit("w");
    assert_eq!(folder.build(&[]), "");
    folder.spec("", &["main"]);
    assert_eq!(folder.build(&[]), "");
    folder.assert_recorded("w/out");
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null");
    assert_eq!(folder.build(&[]), "");
    folder.assert_recorded("w/out");
    folder.run(&["check"]).exits(0);
}

#[test]
fn a_removal_of_which_no_output_is_known_is_refused() {
    let folder = Folder::cloned();
    folder.0.write("w/.gitignore", "out\n");
    folder.commit("w");
    assert_eq!(folder.build(&[]), "", "the first build needs no options");
    folder.shell("mv w/out published");
    assert_eq!(folder.build(&[]), "", "no branch was removed");
    folder.shell("rm -r w/out && mkdir empty");
    folder.spec("", &["main"]);
    for command in ["build", "check", "diff"] {
        let output = folder.run(&[command]).exits(2).err();
        let want = "error[output]: what the removed `old` leaves is not known: no earlier output has it";
        assert!(output.contains(want) && output.contains("`--base DIR`"), "{output}");
    }
    // The same after the removal is merged.
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null");
    folder.run(&["build"]).exits(2);
    folder.build(&["--base", "../published"]);
    folder.assert_recorded("w/out");
    folder.shell("rm -r w/out");
    folder.build(&["--base", "../empty"]);
    assert!(!folder.0.path().join("w/out/teardown").exists());
}

#[test]
fn an_output_in_a_worktree_of_another_branch_is_compared_there() {
    let folder = Folder::cloned();
    folder.shell(
        "git -C w worktree add -q --detach ../rendered && cd rendered && git checkout -q --orphan rendered && git rm -rqf .",
    );
    folder.spec("output: ../rendered\n", &["main", "old"]);
    assert_eq!(folder.build(&[]), "");
    folder.commit("rendered");
    folder.spec("output: ../rendered\n", &["main"]);
    assert_eq!(folder.build(&[]), "");
    folder.assert_recorded("rendered");
    // The committed output counts, whatever happened to the files.
    folder.shell("rm -r rendered/namespaces rendered/teardown rendered/dns");
    folder.build(&[]);
    folder.assert_recorded("rendered");
    folder.commit("rendered");
    folder.run(&["check"]).exits(0);
    assert!(folder.run(&["teardown"]).exits(0).out().contains("old.dev.example.com"));
    // The history of the other branch is searched for what a change removed without a record.
    folder.spec("output: ../rendered\n", &["main", "old"]);
    folder.build(&[]);
    folder.commit("rendered");
    folder.shell("git -C rendered rm -rq namespaces/old dns/dev.example.com/old.yaml");
    folder.commit("rendered");
    folder.spec("output: ../rendered\n", &["main"]);
    assert!(folder.run(&["check"]).exits(0).err().contains("`../rendered/teardown/old.yaml`"));
    folder.build(&[]);
    folder.assert_recorded("rendered");
}

#[test]
fn a_worktree_inside_of_the_workspace_is_a_repository_of_its_own() {
    let folder = Folder::cloned();
    folder.0.write("w/.gitignore", "out/\n");
    folder.commit("w");
    folder.shell(
        "cd w && git worktree add -q --detach out && cd out && git checkout -q --orphan rendered && git rm -rqf .",
    );
    folder.build(&[]);
    folder.commit("w/out");
    folder.shell("rm -r w/out/namespaces w/out/dns");
    folder.spec("", &["main"]);
    assert_eq!(folder.build(&[]), "");
    folder.assert_recorded("w/out");
}

#[test]
fn an_output_in_another_repository_is_compared_with_its_upstream_branch() {
    let folder = Folder::cloned();
    folder.shell("git init -q --bare -b main r && git clone -q r rendered 2> /dev/null; echo 1 > rendered/README");
    folder.commit("rendered");
    folder.shell("git -C rendered push -q -u origin HEAD 2> /dev/null");
    let output = "output: ../rendered/shop\n";
    folder.spec(output, &["main", "old"]);
    folder.build(&[]);
    folder.commit("rendered");
    folder.spec(output, &["main"]);
    folder.run(&["build"]).exits(2);
    folder.build(&["--base", "origin/main"]);
    assert!(!folder.0.path().join("rendered/shop/teardown").exists(), "it was never pushed");
    folder.shell("git -C rendered checkout -q . && git -C rendered push -q 2> /dev/null");
    folder.build(&[]);
    folder.assert_recorded("rendered/shop");
    folder.run(&["check"]).exits(0);
    // A detached `HEAD`, as in pipelines, and a commit of that repository.
    folder.shell("cd rendered && git clean -fdq && git checkout -q . && git checkout -q --detach");
    for base in [&[][..], &["--base", "origin/main"]] {
        folder.shell("cd rendered && git clean -fdq && git checkout -q .");
        folder.build(base);
        folder.assert_recorded("rendered/shop");
    }
    #[cfg(feature = "apply")]
    for args in
        [&["dns", "export", "--format", "json"][..], &["dns", "export", "../rendered/shop/dns", "--format", "json"]]
    {
        assert!(folder.run(args).exits(0).out().contains("old.dev.example.com"));
    }
}

#[test]
fn a_pipeline_that_never_commits_its_spec_removes_a_branch() {
    let folder = Folder::new();
    let output = "output: ../rendered/shop\n";
    folder.spec(output, &["main"]);
    folder.shell("git -C w init -q -b main && git init -q --bare -b main r && git clone -q r rendered 2> /dev/null");
    folder.commit("w");
    folder.spec(output, &["main", "old"]);
    folder.build(&[]);
    folder.commit("rendered");
    folder.shell("git -C rendered push -q -u origin HEAD 2> /dev/null");
    folder.spec(output, &["main"]);
    folder.build(&[]);
    folder.assert_recorded("rendered/shop");
}

/// `git pull` on the default branch makes its earlier commits those of the second parent.
#[test]
fn a_branch_in_another_parent_of_a_merge_was_in_a_spec() {
    let folder = Folder::cloned();
    let change = |branches: &[&str]| {
        folder.spec("", branches);
        folder.build(&[]);
        folder.commit("w");
    };
    change(&["main"]);
    folder.shell("git -C w push -q 2> /dev/null && git clone -q o v 2> /dev/null && echo 1 > v/README");
    folder.commit("v");
    change(&["main", "old"]);
    change(&["main"]);
    folder.shell("git -C w push -q 2> /dev/null");
    folder.shell("git -C v pull -q --no-rebase --no-edit 2> /dev/null && git -C v push -q 2> /dev/null");
    for command in ["check", "teardown", "build"] {
        folder.0.run(&["-C", "v", command]).exits(0);
    }
    folder.assert_recorded("v/out");
}

#[test]
fn the_command_line_names_another_output_folder() {
    let folder = Folder::new();
    folder.shell("mkdir elsewhere");
    let output = folder.0.path().join("elsewhere").display().to_string();
    let output = ["--output", &output];
    assert_eq!(folder.build(&output), "");
    assert!(!folder.0.path().join("w/out").exists());
    folder.spec("", &["main"]);
    assert_eq!(folder.build(&output), "");
    folder.assert_recorded("elsewhere");
    folder.run(&[&["check"][..], &output].concat()).exits(0);
    let teardown = folder.run(&[&["teardown"][..], &output].concat()).exits(0).out();
    assert!(teardown.contains("old.dev.example.com"), "{teardown}");
    // A copy in another folder is compared with the output of the spec.
    let folder = Folder::cloned();
    folder.build(&[]);
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null");
    folder.spec("", &["main"]);
    assert_eq!(folder.build(&["--output", "../copy"]), "");
    folder.assert_recorded("copy");
}

#[test]
fn without_git_a_repository_gives_a_warning() {
    let folder = Folder::cloned();
    folder.build(&[]);
    for command in ["build", "check", "diff"] {
        let output = folder.without_git(command);
        let want = "warning[output]: `git` cannot be run, so the output on the disk is the base revision";
        assert!(output.contains(want), "{output}");
    }
    folder.spec("", &["main"]);
    folder.without_git("build");
    folder.assert_recorded("w/out");
    assert_eq!(Folder::new().without_git("build"), "", "there is no repository");
    // The output may be in the history, which cannot be read.
    folder.shell("rm -r w/out");
    let error = folder.run_without_git(&["build"]).exits(2).err();
    let want = "error[output]: `git` cannot be run and `out` has no earlier output, so what removed branches leave is not known";
    assert!(error.contains(want) && error.contains("install Git") && error.contains("`--base DIR`"), "{error}");
    folder.shell("mkdir empty");
    folder.run_without_git(&["build", "--base", "../empty"]).exits(0);
}

#[test]
fn a_shallow_clone_reports_that_the_history_is_not_known() {
    let folder = Folder::reverted();
    let origin = folder.0.path().join("o").display().to_string();
    for (depth, is_known) in [(1, false), (2, true)] {
        folder.shell(&format!("rm -rf w && git clone -q --depth {depth} 'file://{origin}' w"));
        if is_known {
            assert_eq!(folder.build(&[]), "");
            folder.assert_recorded("w/out");
            continue;
        }
        let want = "the clone is shallow, so what the last change of the output removed is not known";
        let error = folder.run(&["build"]).exits(2).err();
        assert!(error.contains(want) && error.contains("fetch-depth: 0") && error.contains("`--base HEAD`"), "{error}");
        // What writes nothing loses nothing.
        for command in [&["check"][..], &["diff"], &["build", "--base", "HEAD"]] {
            assert!(folder.run(command).exits(0).err().contains(&format!("warning[output]: {want}")), "{command:?}");
        }
    }
}

/// A clone whose output is ignored by Git and was removed, with `branches` in the last spec that was merged.
fn without_output(branches: &[&str]) -> Folder {
    let folder = Folder::cloned();
    folder.0.write("w/.gitignore", "out\n");
    folder.commit("w");
    folder.spec("", branches);
    folder.commit("w");
    folder.spec("", branches);
    folder.0.write("w/README.md", "1");
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null");
    folder
}

/// A build is refused because nothing is known about the branch `old`.
#[track_caller]
fn assert_refused(folder: &Folder) {
    let error = folder.run(&["build"]).exits(2).err();
    assert!(error.contains("what the removed `old` leaves is not known: no earlier output has it"), "{error}");
    folder.shell("mkdir -p empty");
    folder.build(&["--base", "../empty"]);
}

#[test]
fn a_branch_that_was_removed_long_ago_is_found_in_the_history_of_the_spec() {
    let folder = without_output(&["main"]);
    for line in ["cp -r w other", "git clone -q o clone", "git -C w worktree add -q --detach ../tree"] {
        folder.shell(line);
    }
    for workspace in ["w", "other", "clone", "tree"] {
        let error = folder.0.run(&["-C", workspace, "build"]).exits(2).err();
        assert!(error.contains("what the removed `old` leaves is not known"), "{workspace}: {error}");
    }
    assert_refused(&folder);
}

#[test]
fn an_emptied_folder_of_branches_is_not_a_first_build() {
    let folder = Folder::cloned();
    folder.0.write("w/.gitignore", "out\n");
    folder.spec("", &["main"]);
    folder.0.write("w/branches.d/old.yaml", "name: old\n");
    folder.commit("w");
    folder.shell("git -C w rm -q branches.d/old.yaml");
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null");
    assert_refused(&folder);
}

#[test]
fn a_repository_without_commits_has_no_earlier_output() {
    let folder = Folder::cloned();
    folder.shell("git init -q rendered");
    folder.spec("output: ../rendered/shop\n", &["main", "old"]);
    assert_eq!(folder.build(&[]), "", "the first build needs no options");
    folder.commit("w");
    folder.spec("output: ../rendered/shop\n", &["main"]);
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null && rm -rf rendered && git init -q rendered");
    assert_refused(&folder);
    // The same with a commit without an output.
    folder.shell("rm -r rendered/shop && echo 1 > rendered/README");
    folder.commit("rendered");
    assert_refused(&folder);
}

#[test]
fn an_output_that_was_removed_from_git_is_found_in_the_history() {
    for (removal, output) in [
        ("git rm -rq out", "out"),
        ("git rm -rq out && sed -i 's/^project.*/&\\noutput: rendered/' branches.yaml", "rendered"),
        ("git rm -rq out && sed -i 's/^project.*/&\\noutput: ..\\/rendered/' branches.yaml", "../rendered"),
        ("git rm -rq --cached out && rm -r out && echo /out/ > .gitignore", "out"),
    ] {
        let folder = Folder::cloned();
        folder.build(&[]);
        folder.commit("w");
        folder.shell(&format!("cd w && {removal}"));
        folder.commit("w");
        // A later commit without an output.
        folder.shell("sed -i '/name: old/d' w/branches.yaml");
        folder.commit("w");
        folder.shell("git -C w push -q 2> /dev/null");
        assert_eq!(folder.build(&[]), "", "{removal}");
        folder.assert_recorded(&format!("w/{output}"));
    }
}

#[test]
fn a_branch_that_is_newer_than_the_last_output_is_not_known() {
    let folder = Folder::cloned();
    folder.build(&[]);
    folder.commit("w");
    folder.shell("cd w && git rm -rq --cached out && rm -r out && echo /out/ > .gitignore");
    folder.spec("", &["main", "old", "new"]);
    folder.commit("w");
    folder.spec("", &["main"]);
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null");
    let error = folder.run(&["build"]).exits(2).err();
    assert!(error.contains("what the removed `new` leaves is not known: no earlier output has it"), "{error}");
}

#[test]
fn a_first_build_needs_no_options() {
    // The branches that were removed had no output, because the history would have it.
    let folder = Folder::cloned();
    folder.spec("", &["main"]);
    folder.commit("w");
    folder.shell("git -C w push -q 2> /dev/null");
    assert_eq!(folder.build(&[]), "");
    // A shallow clone of a new project.
    let origin = folder.0.path().join("o").display().to_string();
    folder.shell(&format!("rm -rf w && git clone -q --depth 1 'file://{origin}' w"));
    let want = "the clone is shallow and `out` has no earlier output, so what removed branches leave is not known";
    assert!(folder.build(&[]).contains(&format!("warning[output]: {want}")));
    // Where the output is not in Git, nothing distinguishes it from a project whose branches were removed.
    folder.shell("rm -r w/out && echo /out/ > w/.gitignore");
    let error = folder.run(&["build"]).exits(2).err();
    assert!(error.contains(&format!("error[output]: {want}")) && error.contains("fetch-depth: 0"), "{error}");
    // Nor does it matter without a commit or a repository.
    let folder = Folder::new();
    folder.shell("git -C w init -q");
    assert_eq!(folder.build(&[]), "");
    assert_eq!(Folder::new().build(&[]), "");
}

#[test]
fn a_revert_is_found_with_a_detached_head_and_without_the_head_of_origin() {
    let folder = Folder::reverted();
    for line in [
        "git checkout -q --detach",
        "git remote set-head origin --delete",
        "git update-ref refs/remotes/origin/master origin/main && git update-ref -d refs/remotes/origin/main",
        "git remote remove origin",
    ] {
        folder.shell(&format!("cd w && {line}"));
        assert_eq!(folder.build(&[]), "", "{line}");
        folder.assert_recorded("w/out");
        folder.shell("cd w && git clean -fdq && git checkout -q .");
    }
}

#[test]
fn a_deleted_output_is_read_from_git_without_a_remote() {
    let folder = Folder::new();
    folder.build(&[]);
    folder.shell("git -C w init -q -b main");
    folder.commit("w");
    folder.shell("rm -r w/out");
    folder.spec("", &["main"]);
    assert_eq!(folder.build(&[]), "");
    folder.assert_recorded("w/out");
}

#[test]
fn an_output_that_moves_takes_its_records_along() {
    for has_git in [true, false] {
        let folder = if has_git { Folder::cloned() } else { Folder::new() };
        folder.build(&[]);
        if has_git {
            folder.commit("w");
            folder.shell("git -C w push -q 2> /dev/null");
        }
        folder.spec("output: rendered/shop\n", &["main"]);
        let output = folder.build(&[]);
        let want =
            "warning[output]: the output was in `out` and is now in `rendered/shop`; no build changes `out` any more";
        assert!(output.contains(want), "{output}");
        folder.assert_recorded("w/rendered/shop");
        folder.shell("rm -r w/out");
        assert_eq!(folder.build(&[]), "");
        folder.assert_recorded("w/rendered/shop");
        if has_git {
            folder.run(&["check", "--base", "origin/main"]).exits(0);
        }
    }
}

/// The change brings the other repository, so its commits say nothing about what was published.
#[test]
fn an_output_that_becomes_a_submodule_has_the_records_of_the_workspace() {
    for output in ["out", "rendered"] {
        let folder = Folder::cloned();
        folder.build(&[]);
        folder.commit("w");
        folder.shell("git -C w push -q 2> /dev/null");
        folder.spec("", &["main"]);
        folder.build(&[]);
        folder.shell("rm -rf w/out/teardown w/out/dns/*/old.yaml && cp -r w/out sub && git -C w rm -rqf --cached out && rm -rf w/out");
        folder.shell("git -C sub init -q -b main && git -C sub add -A && git -C sub commit -qm output");
        let add = "git -C w -c protocol.file.allow=always submodule --quiet add ../sub";
        folder.shell(&format!("{add} {output} 2> /dev/null && git -C w/{output} remote set-head origin main"));
        folder.spec(&format!("output: {output}\n"), &["main"]);
        folder.shell("git -C w add -A && git -C w commit -qm submodule");
        for args in [&["check"][..], &["check", "--base", "origin/main"]] {
            let report = folder.run(args).exits(1).out();
            assert!(report.contains("old.yaml\n"), "{report}");
        }
        folder.build(&[]);
        folder.assert_recorded(&format!("w/{output}"));
        folder.shell(&format!("git -C w/{output} add -A && git -C w/{output} commit -qm records"));
        folder.shell("git -C w add -A && git -C w commit -qm more");
        folder.run(&["check", "--base", "origin/main"]).exits(0);
        // Once this is published, the history of the submodule counts.
        folder.shell(&format!(
            "git -C w push -q 2> /dev/null && git -C w/{output} update-ref refs/remotes/origin/main HEAD"
        ));
        folder.spec(&format!("output: {output}\n"), &["main", "more"]);
        folder.build(&[]);
        folder.run(&["check"]).exits(0);
        folder.assert_recorded(&format!("w/{output}"));
    }
}

#[test]
fn an_output_folder_that_is_not_separate_is_refused() {
    let folder = Folder::new();
    folder.shell("mkdir -p w/.git elsewhere && ln -s .git w/link && ln -s base w/other");
    for (output, want) in [
        (".git", "`.git` is in a folder that belongs to Git"),
        (".GIT/out", "`.GIT/out` is in a folder that belongs to Git"),
        ("../elsewhere/.git/out", "`../elsewhere/.git/out` is in a folder that belongs to Git"),
        ("..", "`..` contains the workspace"),
        (".", "`.` and the input"),
        ("../w", "`../w` contains the workspace"),
        ("../w/base", "`../w/base` and the input `base` overlap"),
        ("link/out", "`link/out` is in a folder that belongs to Git"),
        ("other", "`other` is reached through the link `other`"),
    ] {
        folder.spec(&format!("output: {output}\n"), &["main"]);
        let error = folder.run(&["build"]).exits(2).err();
        assert!(error.contains(want), "{output}: {error}");
    }
    folder.spec("", &["main"]);
    for output in [".git", "w/base", "w", "."] {
        folder.0.run(&["-C", "w", "build", "--output", &format!("../{output}")]).exits(2);
    }
    folder.spec("output: /tmp/out\n", &["main"]);
    let error = folder.run(&["build"]).exits(2).err();
    assert!(error.contains("`/tmp/out` is an absolute path"), "{error}");
}

#[test]
fn a_change_of_the_base_directory_and_one_of_an_image_merge_without_a_conflict() {
    let folder = Folder::new();
    let pod = |name: &str, args: &str, image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: a, image: '{image}', args: [{args}]}}]}}\n"
        )
    };
    let image = |tag: &str| format!("- name: main\n- name: old\n  images: {{web: 'r.example.com/web:{tag}'}}\n");
    let spec = |tag: &str| folder.0.write("w/branches.yaml", format!("{SPEC}branches:\n{}", image(tag)));
    folder.0.write("w/base/api.yaml", pod("api", "a", "r.example.com/api:1"));
    folder.0.write("w/base/pod.yaml.j2", pod("web", "a", "web"));
    spec("1");
    folder.build(&[]);
    folder.shell("git -C w init -q -b main");
    folder.commit("w");
    folder.shell("git -C w checkout -q -b template");
    folder.0.write("w/base/api.yaml", pod("api", "b", "r.example.com/api:1"));
    folder.build(&[]);
    folder.commit("w");
    folder.shell("git -C w checkout -q -b image main");
    spec("2");
    folder.build(&[]);
    folder.commit("w");
    folder.shell("cd w && git checkout -q main && git merge -q --no-edit image && git merge -q --no-edit template");
    folder.run(&["check"]).exits(0);
}

#[test]
fn a_folder_without_an_output_is_not_a_base_revision() {
    let folder = Folder::new();
    folder.build(&[]);
    folder.shell("mkdir -p other/sub empty/.git && echo 1 > other/sub/a && cp -r w never && rm -r never/out");
    for (base, shown) in [("../other", "../other"), ("../never", "../never"), ("base", "base")] {
        for command in ["build", "check", "diff"] {
            let error = folder.run(&[command, "--base", base]).exits(2).err();
            let want = format!("error[usage]: `{shown}` has no output of a build");
            assert!(error.contains(&want) && error.contains("name an empty folder"), "{error}");
        }
    }
    folder.build(&["--base", "../empty"]);
    folder.build(&["--base", "."]);
    let listed = folder.run(&["check", "--output", "../other"]).exits(1).out();
    assert!(listed.starts_with("`../other` has no output of a build\nmissing "), "{listed}");
}

/// A change that edits a lock file is merged: the objects of the branch become unmanaged, and its records must not be lost.
#[test]
fn a_lock_file_that_was_edited_hides_nothing_of_a_removed_branch() {
    let whole = {
        let folder = Folder::cloned();
        folder.spec("", &["main", "old"]);
        folder.build(&[]);
        folder.commit("w");
        folder.shell("git -C w push -q 2> /dev/null");
        folder.spec("", &["main"]);
        folder.build(&[]);
        folder.0.read("w/out/teardown/old.yaml")
    };
    for edit in [
        ": > $lock",
        "rm $lock",
        "sed -i /00-namespace/d $lock",
        "sed -i 's/^branch:.*/branch: other/' $lock",
        "echo '{' > $lock",
    ] {
        let folder = Folder::cloned();
        folder.spec("", &["main", "old"]);
        folder.build(&[]);
        folder.commit("w");
        folder.shell(&format!("lock=w/out/namespaces/old/pleach.lock; {edit}"));
        folder.commit("w");
        folder.shell("git -C w push -q 2> /dev/null");
        folder.spec("", &["main"]);
        let ran = folder.run(&["build"]);
        if ran.status() != 0 {
            let error = ran.exits(2).err();
            assert!(
                error.contains("pleach wrote it, but `out/namespaces/old/pleach.lock` was edited"),
                "{edit}: {error}"
            );
            folder.shell("rm -r w/out/namespaces/old");
            folder.build(&[]);
        }
        assert_eq!(folder.0.read("w/out/teardown/old.yaml"), whole, "{edit}");
        folder.run(&["check"]).exits(0);

        // Somebody removes the folder too, and the plan, in a merged change: the history has both.
        folder.shell("rm -rf w/out/teardown");
        folder.commit("w");
        folder.shell("git -C w push -q 2> /dev/null");
        folder.build(&[]);
        assert_eq!(folder.0.read("w/out/teardown/old.yaml"), whole, "{edit}, in the history");
    }
}
