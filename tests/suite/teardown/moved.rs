//! A workspace that was moved to another folder of its repository keeps its records, and one whose project is renamed is refused.

use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nzones: {dev.example.com: {CNAME: [gate.example.net]}}\n\
                    defaults: {hosts: ['{{ branch.slug }}.dev.example.com']}\n";

/// A repository with a workspace in a folder, whose output is published.
struct Repository(Workspace);

impl Repository {
    fn new(folder: &str) -> Self {
        let repository = Repository(Workspace::empty());
        repository.0.write(
            &format!("{folder}/base/a.yaml"),
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: app}]}\n",
        );
        repository.spec(folder, "shop", "", &["main", "old", "older"]);
        repository.run(folder, &["build"], 0);
        repository.0.commit_all();
        repository.publish();
        repository
    }

    fn spec(&self, folder: &str, project: &str, more: &str, branches: &[&str]) {
        let branches: String = branches.iter().map(|name| format!("- name: {name}\n")).collect();
        let text = format!("{HEAD}{more}project: {project}\nbranches:\n{branches}");
        self.0.write(&format!("{folder}/branches.yaml"), text);
    }

    /// Runs a command in a folder. Returns what it prints.
    #[track_caller]
    fn run(&self, folder: &str, args: &[&str], status: i32) -> String {
        let ran = self.0.run(&[&["-C", folder], args].concat()).exits(status);
        ran.out() + &ran.err()
    }

    #[track_caller]
    fn shell(&self, line: &str) {
        assert_eq!(self.0.shell(line), "", "{line}");
    }

    #[track_caller]
    fn publish(&self) {
        self.shell(
            "git add -A && git commit -q --allow-empty -m change && git update-ref refs/remotes/origin/main HEAD",
        );
    }

    /// Builds and publishes a spec.
    #[track_caller]
    fn change(&self, folder: &str, more: &str, branches: &[&str]) {
        self.spec(folder, "shop", more, branches);
        self.run(folder, &["build"], 0);
        self.publish();
    }

    /// The output has the plans of these branches and their zone changes.
    #[track_caller]
    fn assert_recorded(&self, output: &str, slugs: &[&str]) {
        for slug in slugs {
            let plan = self.0.read(&format!("{output}/teardown/{slug}.yaml"));
            assert!(plan.contains(&format!("namespaces:\n- shop-{slug}\n")), "{plan}");
            let zone_change = self.0.read(&format!("{output}/dns/dev.example.com/{slug}.yaml"));
            assert!(zone_change.contains(&format!("absent:\n- {slug}.dev.example.com\n")), "{zone_change}");
        }
    }
}

/// Moves the inputs and the output of a workspace.
fn move_all(from: &str, to: &str) -> String {
    format!("mkdir -p {to} && git mv {from}/branches.yaml {from}/base {from}/out {to}/")
}

#[test]
fn a_workspace_that_is_moved_keeps_its_records() {
    for (from, to, shown) in [(".", "env", ".."), ("env", ".", "env"), ("env/a", "env/b", "../a")] {
        let repository = Repository::new(from);
        // A branch that is removed before, in the same change and in the next one.
        repository.spec(from, "shop", "", &["main", "old", "last"]);
        repository.run(from, &["build"], 0);
        repository.publish();
        repository.shell(&move_all(from, to));
        repository.spec(to, "shop", "", &["main", "last"]);
        let warning = format!("warning[history]: the workspace was in `{shown}` at the base revision");
        for base in [&[][..], &["--base", "origin/main"]] {
            let printed = repository.run(to, &[&["build"], base].concat(), 0);
            assert!(printed.contains(&warning), "{printed}");
            repository.assert_recorded(&format!("{to}/out"), &["old", "older"]);
            let printed = repository.run(to, &[&["check", "--strict"], base].concat(), 0);
            assert!(printed.contains(&warning), "{printed}");
        }
        repository.publish();
        repository.spec(to, "shop", "", &["main"]);
        let printed = repository.run(to, &["build"], 0);
        assert!(!printed.contains("warning"), "{printed}");
        repository.assert_recorded(&format!("{to}/out"), &["old", "older", "last"]);
    }
}

#[test]
fn an_output_that_stays_where_it_was_is_found() {
    let repository = Repository::new(".");
    repository.shell("mkdir env && git mv branches.yaml base env/");
    repository.spec("env", "shop", "output: ../out\n", &["main", "old"]);
    let printed = repository.run("env", &["build"], 0);
    assert!(!printed.contains("warning"), "{printed}");
    repository.assert_recorded("out", &["older"]);
}

#[test]
fn what_earlier_specs_gave_is_known_after_several_moves_and_a_merge() {
    let repository = Repository::new(".");
    repository.change(".", "namespace: 'old-shop-{{ branch.slug }}'\n", &["main", "team"]);
    repository.change(".", "", &["main"]);
    repository.shell("git checkout -q -b change");
    repository.shell(&move_all(".", "a"));
    repository.run("a", &["build"], 0);
    repository
        .shell("git add -A && git commit -qm moved && git checkout -q main && git merge -q --no-ff --no-edit change");
    repository.publish();
    repository.shell(&move_all("a", "b"));
    repository.publish();
    let printed = repository.run("b", &["check"], 0);
    assert!(!printed.contains("warning"), "{printed}");
    assert!(repository.run("b", &["teardown"], 0).contains("namespace  old-shop-team\n"));
}

#[test]
fn a_workspace_that_is_moved_with_an_ignored_output_needs_the_base_revision() {
    let repository = Repository::new(".");
    repository.shell("git rm -rq --cached out && echo out/ > .gitignore");
    repository.publish();
    repository.shell("mkdir env && git mv branches.yaml base env/ && mv out published && echo published >> .gitignore");
    repository.spec("env", "shop", "", &["main"]);
    // The history had the output.
    let printed = repository.run("env", &["build"], 0);
    assert!(printed.contains("the workspace was in `..` at the base revision"), "{printed}");
    repository.assert_recorded("env/out", &["old", "older"]);
    // It never had the output of this branch.
    repository.shell("rm -r env/out && git stash -q -u");
    repository.spec(".", "shop", "", &["main", "new"]);
    repository.publish();
    repository.shell("mkdir env && git mv branches.yaml base env/");
    repository.spec("env", "shop", "", &["main"]);
    let printed = repository.run("env", &["build"], 2);
    let want = "what the removed `new`, `old`, `older` leaves is not known";
    assert!(printed.contains("what the removed `new` leaves is not known") || printed.contains(want), "{printed}");
    assert!(printed.contains("`--base DIR`"), "{printed}");
}

/// Later builds search the history of the new folder only.
#[test]
fn records_that_a_revert_lost_before_the_move_are_required() {
    let repository = Repository::new(".");
    repository.change(".", "", &["main", "old", "older", "new"]);
    repository.shell("git revert --no-edit HEAD > /dev/null");
    let printed = repository.run(".", &["check"], 0);
    assert!(printed.contains("warning[output]: the next build adds teardown records to `out/"), "{printed}");
    repository.publish();
    repository.shell(&move_all(".", "env"));
    let printed = repository.run("env", &["check"], 1);
    assert!(printed.contains("missing    out/teardown/new.yaml"), "{printed}");
    repository.run("env", &["build"], 0);
    repository.publish();
    repository.run("env", &["check"], 0);
    repository.assert_recorded("env/out", &["new"]);
}

#[test]
fn a_workspace_of_unknown_origin_is_refused_and_a_copy_is_another_workspace() {
    let repository = Repository::new("a");
    repository.shell("cp -r a b");
    repository.publish();
    repository.shell("cp -r a c && rm -r c/out");
    repository.spec("c", "shop", "", &["main"]);
    let printed = repository.run("c", &["build"], 0);
    assert!(!printed.contains("warning") && !repository.0.path().join("c/out/teardown").exists(), "{printed}");
    repository.shell("rm -r c/out && git mv a/out c/ && git rm -rqf a b");
    let printed = repository.run("c", &["build"], 2);
    assert!(printed.contains("the base revision has the project `shop` in `a` and `b`"), "{printed}");
    repository.shell("mkdir last && git --work-tree=last restore --source=HEAD a/out");
    repository.run("c", &["build", "--base", "../last/a/out"], 0);
    repository.assert_recorded("c/out", &["old", "older"]);
}

#[test]
fn a_project_is_renamed_when_nothing_of_the_old_name_is_left() {
    for is_ignored in [false, true] {
        let repository = Repository::new(".");
        if is_ignored {
            repository.shell("git rm -rq --cached out && echo out/ > .gitignore");
            repository.publish();
        }
        rename(&repository, is_ignored);
    }
}

/// Renames the project of a repository.
fn rename(repository: &Repository, is_ignored: bool) {
    let refused = |args: &[&str], line: usize| {
        let printed = repository.run(".", args, 2);
        let want =
            "error[spec]: the project `store` is `shop` at the base revision, whose output still has records of `shop`";
        let want = format!("{want}\n --> branches.yaml:{line}:10");
        assert!(printed.contains(&want) && printed.contains("Rename a project"), "{args:?}: {printed}");
        assert_eq!(printed.matches("error").count(), 1, "{printed}");
    };
    // These would hide that all names change.
    let cleanup = "cleanup: {namespaces: ['shop-*'], hosts: ['*.dev.example.com']}\n";
    let branches = ["main", "old", "older"];
    for (more, line) in [("", 5), (cleanup, 6)] {
        repository.spec(".", "store", more, &branches);
        for args in [&["build"][..], &["check"], &["diff"]] {
            refused(args, line);
        }
        if !is_ignored {
            refused(&["build", "--base", "HEAD"], line);
        }
    }
    repository.spec(".", "shop", "", &[]);
    repository.run(".", &["build", "--allow-delete", "3"], 0);
    repository.publish();
    repository.spec(".", "store", "", &branches);
    refused(&["build"], 5);
    repository.spec(".", "shop", "", &[]);
    repository.run(".", &["build", "--prune"], 0);
    repository.publish();
    repository.spec(".", "store", "", &branches);
    let printed = repository.run(".", &["build"], 0);
    assert!(!printed.contains("warning"), "{printed}");
    assert!(!repository.0.path().join("out/teardown").exists());
    repository.run(".", &["check", "--strict"], 0);
    repository.publish();
    repository.spec(".", "store", "", &["main", "older"]);
    repository.run(".", &["build"], 0);
    assert!(repository.0.read("out/teardown/old.yaml").contains("namespaces:\n- store-old\n"));
    // An empty folder says that nothing was published.
    repository.publish();
    repository.spec(".", "shop", "", &branches);
    repository.shell("mkdir empty");
    repository.run(".", &["build", "--base", "empty"], 0);
}
