//! Every command in the pipelines of `pleach init --ci` runs in real repositories, with branch names that contain shell syntax.

use crate::tests::kit::Workspace;
use crate::tests::scaffold::ci_files::{SYSTEMS, System, Variables};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// Branch names that Git allows, with syntax of shells and YAML.
const NAMES: [&str; 3] =
    ["feature/x;touch${IFS}pwned", "$(touch${IFS}pwned)'{}", "it's\"a\"`touch${IFS}pwned`&${HOME}|#1"];
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The repositories of an application and of its environments, and a CI system that runs jobs.
struct CiRunner {
    folder: Workspace,
    system: System,
}

impl CiRunner {
    /// Commits and pushes the sample with the pipelines of a CI system.
    fn new(system: System) -> Self {
        let runner = CiRunner { folder: Workspace::empty(), system };
        let tool = |name: &str, script: &str| {
            let path = format!("bin/{name}");
            runner.folder.write(&path, format!("#!/bin/sh\n{script}\n"));
            std::fs::set_permissions(runner.folder.path().join(path), PermissionsExt::from_mode(0o755)).unwrap();
        };
        let pleach = env!("CARGO_BIN_EXE_pleach");
        // There is no DNS server. `--help` makes `dns apply` check its arguments without running.
        tool(
            "pleach",
            &format!(
                "echo \"$*\" >> '{}'\ncase \"$1 $2\" in 'dns apply') exec {pleach} \"$@\" --help > /dev/null;; esac\nexec {pleach} \"$@\"",
                runner.path("calls")
            ),
        );
        tool("cargo", "[ \"$*\" = 'install --locked pleach' ]");
        tool("date", "[ \"$*\" = +%F ] && echo 2026-12-25");
        tool("sleep", "[ \"$1\" -gt 0 ]");
        for (path, content) in Workspace::sample().files(".") {
            runner.folder.write(&format!("first/{path}"), content);
        }
        runner.folder.write("calls", "");
        runner.sh("first", "pleach init --ci \"$SYSTEM\" && git init -q -b main && git add -A && git commit -qm first");
        runner.sh("", "git clone -q --bare first environments.git && rm -rf first");
        runner.sh("", "git init -q -b main a && cd a && git commit -q --allow-empty -m a && for b in feature/search legacy/reports new/one release/2.4; do git branch $b; done");
        runner.sh("", "git clone -q --bare a application.git");
        runner
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs a script like a CI system.
    fn run(&self, folder: &str, script: &str, variables: &Variables) -> Output {
        let path = format!("{}:{}", self.path("bin"), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script]).current_dir(self.folder.path().join(folder)).envs(variables);
        for (name, value) in [("PATH", path), ("HOME", self.path("")), ("SYSTEM", self.system.name.to_owned())] {
            command.env(name, value);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.com");
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").output().unwrap()
    }

    /// Runs a script that must succeed. Returns its standard output.
    #[track_caller]
    fn sh(&self, folder: &str, script: &str) -> String {
        let done = self.run(folder, script, &Variables::new());
        assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Runs a job in `folder` for the branch `name`. Returns its status and output.
    fn job(&self, pipeline: &str, job: &str, folder: &str, name: &str) -> (i32, String) {
        let text = self.sh("", &format!("git -C environments.git show main:{pipeline}"));
        let jobs = self.system.jobs(&text);
        let scripts = jobs.get(job).unwrap_or_else(|| panic!("{pipeline} has no job `{job}`"));
        let mut output = String::new();
        for (script, variables) in scripts {
            let mut variables: Variables =
                variables.iter().map(|(key, value)| (key.clone(), expand(value, name))).collect();
            // The variables of the CI system and of its users.
            for (key, value) in [
                ("CI_COMMIT_BRANCH", name),
                ("BRANCH_NAME", name),
                ("REMOVE", name),
                ("CI_COMMIT_SHA", COMMIT),
                ("GIT_COMMIT", COMMIT),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                ("CHANGE_TARGET", "main"),
                ("APPLICATION", &self.path("application.git")),
                ("ENVIRONMENTS", &self.path("environments.git")),
                ("GITHUB_STEP_SUMMARY", &self.path("summary.md")),
            ] {
                variables.insert(key.to_owned(), value.to_owned());
            }
            let done = self.run(folder, script, &variables);
            output += &(String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr));
            if !done.status.success() {
                return (done.status.code().unwrap(), output);
            }
        }
        (0, output)
    }

    /// Runs a job of the environments in a new clone for the branch `name`.
    #[track_caller]
    fn in_environments(&self, job: &str, name: &str) -> String {
        self.sh("", "rm -rf work && git clone -q environments.git work");
        let (status, output) = self.job(self.system.environments, job, "work", name);
        assert_eq!(status, 0, "{}: {job}: {output}", self.system.name);
        output
    }

    /// Runs a job of the application for the branch `name`.
    #[track_caller]
    fn in_application(&self, job: &str, name: &str) {
        // In GitHub, a step checks out the other repository; otherwise the script clones it.
        let start = if self.system.name == "github" { "git clone -q environments.git work" } else { "mkdir work" };
        self.sh("", &format!("rm -rf work && {start}"));
        let (status, output) = self.job(self.system.application, job, "work", name);
        assert_eq!(status, 0, "{}: {job}: {output}", self.system.name);
    }

    /// Asserts that the output in the repository of the environments equals a build. Returns its branches.
    #[track_caller]
    fn branches(&self) -> Vec<serde_json::Value> {
        self.sh("", "rm -rf look && git clone -q environments.git look && pleach -C look check");
        let found = self.sh("", "find . -name pwned");
        assert_eq!(found, "", "a branch name was run");
        let listed = self.sh("look", "pleach branch list --format json");
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        listed["branches"].as_array().unwrap().clone()
    }

    #[track_caller]
    fn names(&self) -> Vec<String> {
        self.branches().iter().map(|branch| branch["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// Evaluates the expressions of GitHub in a value.
fn expand(value: &str, name: &str) -> String {
    let Some(inner) = value.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")) else {
        return value.to_owned();
    };
    match inner {
        "github.ref_name" | "github.event.ref" => name,
        "github.sha" => COMMIT,
        "github.base_ref || 'main'" => "main",
        secret if secret.starts_with("secrets.") => "secret",
        other => panic!("what is `{other}`?"),
    }
    .to_owned()
}

#[test]
fn github_actions() {
    every_job(&CiRunner::new(SYSTEMS[0]));
}

#[test]
fn gitlab_ci() {
    every_job(&CiRunner::new(SYSTEMS[1]));
}

#[test]
fn jenkins() {
    every_job(&CiRunner::new(SYSTEMS[2]));
}

fn every_job(runner: &CiRunner) {
    a_pull_request_is_compared_and_checked(runner);
    #[cfg(feature = "apply")]
    zones_are_changed_after_a_merge(runner);
    branches_with_any_name_are_added_updated_and_removed(runner);
    the_nightly_job_removes_and_adds_branches(runner);
    #[cfg(feature = "apply")]
    two_merged_pull_requests_are_built(runner);
}

/// A pull request that adds a branch and one that changes the base directory: both pass `check`, and Git merges them without a
/// conflict.
#[cfg(feature = "apply")]
fn two_merged_pull_requests_are_built(runner: &CiRunner) {
    runner.sh("", "rm -rf work && git clone -q environments.git work");
    for (branch, change) in
        [("add", "pleach branch add feature/merged"), ("template", "sed -i 's/ttl: 60/ttl: 300/' branches.yaml")]
    {
        let publish = "pleach build && git add -A && git commit -qm change && pleach check --base origin/main";
        runner.sh("work", &format!("git checkout -q -b {branch} origin/main && {change} && {publish}"));
    }
    runner
        .sh("work", "git checkout -q main && git merge -q --no-ff -m one add && git merge -q --no-ff -m two template");
    assert!(!runner.run("work", "pleach check", &Variables::new()).status.success(), "the output is not up to date");
    runner.sh("work", "git push -q origin main");
    let stages: &[&str] = if runner.system.name == "jenkins" { &["build", "dns"] } else { &["dns"] };
    for stage in stages {
        // The runs of one pipeline share a clone.
        let (status, output) = runner.job(runner.system.environments, stage, "work", "main");
        assert_eq!(status, 0, "{}: {stage}: {output}", runner.system.name);
    }
    assert!(runner.names().contains(&"feature/merged".to_owned()));
    let calls = runner.folder.read("calls");
    assert!(calls.lines().any(|call| call == "dns apply out/dns --rev git"), "{calls}");
    let zone_change = runner.sh("look", "cat out/dns/dev.example.com/feature-merged-*.yaml");
    assert!(zone_change.contains("ttl: 300"), "{zone_change}");
}

fn a_pull_request_is_compared_and_checked(runner: &CiRunner) {
    let system = runner.system;
    let diff = if system.name == "github" { "summary.md" } else { "work/diff.md" };
    runner.sh("", "git clone -q environments.git work");
    runner.sh("work", "pleach branch set feature/login --value logLevel=warning && git commit -qam change");
    let (status, output) = runner.job(system.environments, "check", "work", "a pull request");
    assert!(status == 1 && output.contains("run `pleach build`"), "{}: {status} {output}", system.name);
    assert!(runner.folder.read(diff).starts_with("0 environments to add, 1 to change, 0 to delete\n"));
    runner.sh("work", "pleach build && git add -A out && git commit -qm build");
    let (status, output) = runner.job(system.environments, "check", "work", "a pull request");
    assert_eq!(status, 0, "{}: {output}", system.name);
    let reports: &[&str] = match system.name {
        "gitlab" => &["work/check.json", "work/check.xml"],
        "jenkins" => &["work/check.xml"],
        _ => &[],
    };
    assert_eq!(output.contains("is what a build writes"), !reports.is_empty(), "{}: {output}", system.name);
    assert!(reports.iter().all(|report| !runner.folder.read(report).is_empty()));
    assert!(runner.folder.read(diff).contains(" in feature/login</summary>"));
}

#[cfg(feature = "apply")]
fn zones_are_changed_after_a_merge(runner: &CiRunner) {
    runner.in_environments("dns", "main");
    let calls = runner.folder.read("calls");
    assert!(calls.ends_with("dns apply out/dns --rev git\n"), "{calls}");
    // With `--help`, invalid arguments are still refused.
    assert!(!runner.run("", "pleach dns apply out/dns --revision 1", &Variables::new()).status.success());
    assert!(!runner.run("", "pleach dns apply out/dns --rev one", &Variables::new()).status.success());
}

fn branches_with_any_name_are_added_updated_and_removed(runner: &CiRunner) {
    let is_jenkins = runner.system.name == "jenkins";
    let before = runner.names();
    let set = if is_jenkins { "environment" } else { "set" };
    for name in NAMES {
        runner.in_application(set, name);
    }
    let branches = runner.branches();
    let subjects = runner.sh("look", "git log --format=%s");
    for name in NAMES {
        let branch = branches.iter().find(|branch| branch["name"] == name).expect(name);
        assert_eq!(branch["images"]["backend"], format!("registry.example.com/shop/backend:{COMMIT}"));
        assert!(subjects.lines().any(|subject| subject == format!("{name} is at {COMMIT}")), "{subjects}");
    }
    // A second run changes nothing.
    let commits = runner.sh("look", "git rev-list --count HEAD");
    runner.in_application(set, NAMES[0]);
    assert_eq!(runner.sh("environments.git", "git rev-list --count main"), commits);
    for name in NAMES {
        if is_jenkins {
            runner.in_environments("remove", name);
        } else {
            runner.in_application("remove", name);
        }
    }
    assert_eq!(runner.names(), before);
}

fn the_nightly_job_removes_and_adds_branches(runner: &CiRunner) {
    let output = runner.in_environments("night", "main");
    assert!(output.contains("expired feature/login"), "{output}");
    assert_eq!(runner.names(), ["feature/search", "legacy/reports", "main", "new/one", "release/2.4"]);
    let removed = "out/dns/dev.example.com/feature-login-df7c7aeb.yaml";
    runner.sh("look", &format!("test -f {removed} && sh ci/publish.sh 'prune the absent names' pleach build --prune"));
    runner.names();
    runner.sh("look", &format!("! test -e {removed}"));
}

#[test]
fn simultaneous_jobs_are_all_published() {
    let runner = CiRunner::new(SYSTEMS[2]);
    let before = runner.names().len();
    let jobs: Vec<String> = (0..6).map(|n| format!("feature/{n}")).collect();
    std::thread::scope(|scope| {
        for name in &jobs {
            let runner = &runner;
            scope.spawn(move || {
                let folder = name.replace('/', "-");
                runner.sh("", &format!("git clone -q environments.git {folder}"));
                runner.sh(&folder, &format!("sh ci/publish.sh {name} pleach branch set --create -- {name}"));
            });
        }
    });
    let names = runner.names();
    assert!(jobs.iter().all(|name| names.contains(name)) && names.len() == before + 6, "{names:?}");
}

/// With `TRUNK`, the base revision is that branch and not the default branch of the repository.
#[test]
fn the_base_revision_is_the_trunk() {
    let runner = CiRunner::new(SYSTEMS[0]);
    runner.sh("", "git -C environments.git branch envs main && git clone -q -b envs environments.git work");
    let publish = |command: &str| runner.sh("work", &format!("TRUNK=envs sh ci/publish.sh message pleach {command}"));
    let plan = |word: &str| {
        runner.sh(
            "work",
            &format!("git show origin/envs:out/teardown/feature-search-38e7a3a2.yaml | grep -c '{word}' || :"),
        )
    };
    publish("branch set feature/search --image backend=registry.example.com/shop/backend:x1");
    publish("branch set feature/search --image backend=registry.example.com/shop/backend:x2");
    assert_eq!(plan("backend:x1$"), "1\n", "the first image was pushed");
    publish("branch add new/one");
    publish("branch remove new/one");
    let output = runner.sh("work", "cat out/dns/dev.example.com/new-one-*.yaml");
    assert!(output.starts_with("absent:\n- new-one-"), "{output}");
    publish("branch set feature/search --image backend=registry.example.com/shop/backend:x3");
    assert_eq!((plan("backend:x1$"), plan("backend:x2$")), ("1\n".into(), "1\n".into()));
    runner.sh("work", "pleach check --base origin/envs");
    publish("build --prune");
    assert_eq!(runner.sh("work", "ls out/dns/dev.example.com | grep -c new-one || :"), "0\n");
    assert_eq!(runner.sh("work", "ls out/teardown | grep -c . || :"), "0\n");
    runner.sh("work", "pleach check --base origin/envs && git fetch -q && git diff --quiet origin/envs");
}

#[test]
fn refused_changes_are_not_published() {
    let runner = CiRunner::new(SYSTEMS[0]);
    let before = runner.sh("environments.git", "git rev-parse main");
    runner.sh("", "git clone -q environments.git work");
    let publish = |command: &str| {
        let done = runner.run("work", &format!("sh ci/publish.sh message {command}"), &Variables::new());
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let (status, output) = publish("pleach branch remove main");
    assert!(status == Some(3) && output.contains("error[guard]"), "{status:?} {output}");
    let (status, output) = publish("sh -c 'rm base/service.yaml'");
    assert!(status == Some(2) && output.contains("no file or folder `service.yaml`"), "{status:?} {output}");
    assert_eq!(publish("pleach branch remove no-such").0, Some(0));
    assert_eq!(runner.sh("environments.git", "git rev-parse main"), before);
}

#[test]
fn pipelines_are_written_into_new_and_existing_workspaces() {
    for system in SYSTEMS {
        let workspace = Workspace::empty();
        let output = workspace.run(&["init", "--ci", system.name, "here"]).exits(0).out();
        assert!(
            output.contains("branches.yaml, branches.d/, base/") && output.contains(system.environments),
            "{output}"
        );
        workspace.run(&["-C", "here", "build"]).exits(0);
        workspace.run(&["-C", "here", "check"]).exits(0);

        // In an existing workspace, only pipelines are written, and existing files are not overwritten.
        let small = Workspace::small();
        let output = small.run(&["init", "--ci", system.name]).exits(0).out();
        assert_eq!(output, format!("wrote {}, {}, ci/publish.sh\n", system.environments, system.application));
        assert_eq!(small.files(".").len(), Workspace::small().files(".").len() + 3);
        small.run(&["init", "--ci", system.name]).exits(0);
        small.write(system.environments, "mine");
        let output = small.run(&["init", "--ci", system.name]).exits(2).err();
        assert!(output.contains(&format!("`./{}` exists already", system.environments)), "{output}");
        assert_eq!(small.read(system.environments), "mine");
    }
}
