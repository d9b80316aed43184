//! Merges of the default branch into other commits: the earlier commits of the default branch are then those of the second parent.

use crate::tests::kit::{Ran, Workspace};

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                    zones: {dev.example.com: {CNAME: [ingress.example.net]}}\nbranches:\n- name: main\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'r.example.com/web:1'}]}\n";

/// The bare repository `o` and its clones `a` and `b`. Work in `b` has a commit that was not pushed.
struct Clones(Workspace);

impl Clones {
    fn new() -> Self {
        let clones = Clones(Workspace::empty());
        clones.0.write("a/base/pod.yaml", POD);
        clones.0.write("a/branches.yaml", HEAD);
        clones.0.run(&["-C", "a", "build"]).exits(0);
        clones.shell("git init -q --bare -b main o && git -C a init -q -b main && git -C a remote add origin ../o");
        clones.push();
        clones.shell("git -C a remote set-head origin main && git clone -q o b");
        clones.shell("cd b && echo 1 > README && git add -A && git commit -qm local");
        clones
    }

    #[track_caller]
    fn shell(&self, line: &str) {
        assert_eq!(self.0.shell(&format!("({line}) 2> /dev/null")), "", "{line}");
    }

    /// Builds a spec with these branches besides `main`, and pushes it.
    #[track_caller]
    fn change(&self, branches: &[&str]) {
        self.build("a", branches, &[]);
        self.push();
    }

    /// Builds a spec with these branches besides `main`.
    #[track_caller]
    fn build(&self, clone: &str, branches: &[&str], args: &[&str]) {
        let branches: String = branches.iter().map(|branch| format!("- {{name: {branch}}}\n")).collect();
        self.0.write(&format!("{clone}/branches.yaml"), format!("{HEAD}{branches}"));
        self.0.run(&[&["-C", clone, "build"], args].concat()).exits(0);
    }

    #[track_caller]
    fn push(&self) {
        self.shell("cd a && git add -A && git commit -q --allow-empty -m change && git push -q origin HEAD:main && git fetch -q");
    }

    /// Adds the branch `old` and reverts that.
    fn revert(&self) {
        self.change(&["old"]);
        self.shell("cd a && git revert --no-edit HEAD > /dev/null && git push -q origin HEAD:main");
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> Ran {
        self.0.run(&[&["-C", "b"], args].concat()).exits(0)
    }

    /// What `teardown` lists after a build.
    #[track_caller]
    fn listed(&self) -> String {
        self.run(&["build"]);
        self.run(&["check", "--strict"]);
        self.run(&["teardown"]).out()
    }
}

const OLD: &str = "old\n  namespace  shop-old\n  dns        old.dev.example.com\n";
const NOTHING: &str = "nothing to tear down\n";

/// Commands in `b` that merge the default branch into commits that are then the default branch.
const PULLS: [&str; 4] = [
    "git pull -q --no-rebase --no-edit",
    "git fetch -q && git merge -q --no-edit origin/main",
    "git checkout -q -b work && git fetch -q && git merge -q --no-edit origin/main",
    "git checkout -q -b work && git checkout -q main && git reset -q --hard HEAD~ && git pull -q --ff-only && git checkout -q work && git merge -q --no-edit main",
];

#[test]
fn what_was_reverted_before_a_pull_is_recorded() {
    for pull in PULLS {
        let clones = Clones::new();
        clones.revert();
        clones.shell(&format!("cd b && {pull} && git push -q origin HEAD:main && git fetch -q"));
        let warning = clones.run(&["check"]).err();
        assert!(warning.contains("adds teardown records to"), "{pull}: {warning}");
        assert_eq!(clones.listed(), OLD, "{pull}");
        // Also after more such merges.
        clones.shell("cd b && git checkout -q . && git clean -fdq && echo 2 > README && git commit -qam two");
        clones.shell("cd a && git pull -q --ff-only origin main && echo 3 > OTHER");
        clones.push();
        clones.shell(
            "cd b && git pull -q --no-rebase --no-edit origin main && git push -q origin HEAD:main && git fetch -q",
        );
        assert_eq!(clones.listed(), OLD, "{pull}");
    }
}

#[test]
fn what_was_pruned_before_a_pull_does_not_come_back() {
    for pull in PULLS {
        let clones = Clones::new();
        clones.change(&["old"]);
        clones.shell(
            "cd b && git pull -q --no-rebase --no-edit && git push -q && echo 2 > README && git commit -qam two",
        );
        clones.shell("cd a && git pull -q --ff-only origin main");
        clones.change(&[]);
        clones.build("a", &[], &["--prune"]);
        clones.push();
        clones.shell(&format!("cd b && {pull} && git push -q origin HEAD:main && git fetch -q"));
        assert_eq!(clones.run(&["check", "--strict"]).err(), "", "{pull}");
        assert_eq!(clones.listed(), NOTHING, "{pull}");
    }
}

#[test]
fn a_branch_that_only_a_pull_request_had_is_not_listed() {
    for merge in
        ["git merge -q --no-ff --no-edit work", "git merge -q --squash work > /dev/null && git commit -qm squashed"]
    {
        let clones = Clones::new();
        clones.shell("cd a && git checkout -q -b work");
        for branches in [&["old"][..], &[]] {
            clones.build("a", branches, &[]);
            clones.shell("cd a && git add -A && git commit -qm part");
        }
        // The pull request has merged the default branch meanwhile.
        clones.shell("cd a && git checkout -q main && echo 4 > OTHER");
        clones.push();
        clones.shell("cd a && git checkout -q work && git merge -q --no-edit main && echo 5 > LAST && git add -A && git commit -qm last");
        clones.shell(&format!("cd a && git checkout -q main && {merge} && git push -q origin main"));
        clones.shell("cd b && git pull -q --no-rebase --no-edit && git push -q");
        assert_eq!(clones.run(&["check", "--strict"]).err(), "", "{merge}");
        assert_eq!(clones.listed(), NOTHING, "{merge}");
    }
}

/// Without the message of Git, it is not known which parent was published. A plan is still one of the project.
#[test]
fn a_plan_is_accepted_after_a_pull_with_another_message() {
    let clones = Clones::new();
    clones.change(&["old"]);
    clones.change(&[]);
    clones.shell(
        "cd b && git fetch -q && git merge -q -m sync origin/main && git push -q origin HEAD:main && git fetch -q",
    );
    assert_eq!(clones.run(&["check", "--strict"]).err(), "");
    assert_eq!(clones.listed(), OLD);
}

/// It may be the own default branch: a pull of `origin` has the same message.
#[test]
fn what_was_removed_before_a_pull_of_a_fork_is_recorded() {
    let clones = Clones::new();
    clones.shell("git clone -q --bare o fork && git clone -q fork c && cd c && echo 7 > FORK && git add -A && git commit -qm fork && git push -q");
    clones.revert();
    clones.shell("cd a && git pull -q --no-rebase --no-edit ../fork main && git push -q origin HEAD:main");
    clones.shell("cd b && git pull -q --no-rebase --no-edit && git push -q && git fetch -q");
    assert_eq!(clones.listed(), OLD);
}

#[test]
fn what_was_pruned_before_a_pull_of_a_fork_does_not_come_back() {
    let clones = Clones::new();
    clones.change(&["old"]);
    clones.shell("git clone -q --bare o fork && git clone -q fork c && cd c && echo 7 > FORK && git add -A && git commit -qm fork && git push -q");
    clones.change(&[]);
    clones.build("a", &[], &["--prune"]);
    clones.push();
    clones.shell("cd a && git pull -q --no-rebase --no-edit ../fork main && git push -q origin HEAD:main");
    clones.shell("cd b && git pull -q --no-rebase --no-edit && git push -q && git fetch -q");
    assert_eq!(clones.run(&["check", "--strict"]).err(), "");
    assert_eq!(clones.listed(), NOTHING);
}

/// `check` promises only what the next build finds, however the change is merged.
#[test]
fn records_that_a_merge_with_another_message_hides_are_a_difference() {
    let clones = Clones::new();
    clones.revert();
    clones.shell("cd b && git checkout -q -b work && git fetch -q && git merge -q -m sync origin/main");
    let report = clones.0.run(&["-C", "b", "check"]).exits(1);
    assert!(report.out().contains("missing    out/teardown/old.yaml\n"), "{}", report.out());
    clones.run(&["build"]);
    clones.run(&["check", "--strict"]);
    clones.shell("cd b && git add -A && git commit -qm build && git push -q origin HEAD:main && git fetch -q");
    assert_eq!(clones.listed(), OLD);
}

#[cfg(unix)]
#[test]
fn the_number_of_processes_of_git_does_not_depend_on_the_number_of_pulls() {
    let processes = |pulls: usize| {
        let clones = Clones::new();
        for i in 0..pulls {
            clones.change(&[&format!("pulled-{i}")]);
            clones.shell("cd b && git pull -q --no-rebase --no-edit && git push -q origin HEAD:main && git fetch -q");
            clones
                .shell("cd a && git pull -q --ff-only origin main && cd ../b && git commit -q --allow-empty -m local");
        }
        clones.0.write("bin/git", "#!/bin/sh\necho >> \"$0.runs\"\nPATH=${PATH#*:} exec git \"$@\"\n");
        let count = "chmod +x bin/git && PATH=$PWD/bin:$PATH pleach -C b check > /dev/null && wc -l < bin/git.runs";
        clones.0.shell(count).trim().parse::<usize>().unwrap()
    };
    let few = processes(2);
    // Trees are compared level by level, with one process for each level.
    assert!((10..80).contains(&few), "{few}");
    assert_eq!(processes(6), few);
}
