//! The pipelines of `pleach init --ci`: every command in them runs, in real repositories, with branch names that would do
//! harm if a shell read them.

use crate::tests::kit::Workspace;
use crate::tests::scaffold::ci_files::{SYSTEMS, System, Variables};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// Names that a shell, YAML or git might take for something else.
const NAMES: [&str; 3] = ["feature/x; touch pwned", "-$(touch pwned): '*'", "it's \"a\" `touch pwned` & ${HOME} | #1"];
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The repositories of an application and of its environments, and a machine that runs jobs.
struct World {
    place: Workspace,
    system: System,
}

impl World {
    /// The sample with the pipelines of a system, committed and pushed.
    fn new(system: System) -> Self {
        let world = World { place: Workspace::empty(), system };
        let tool = |name: &str, script: &str| {
            let path = format!("bin/{name}");
            world.place.write(&path, format!("#!/bin/sh\n{script}\n"));
            std::fs::set_permissions(world.place.path().join(path), PermissionsExt::from_mode(0o755)).unwrap();
        };
        let pleach = env!("CARGO_BIN_EXE_pleach");
        // There is no server for zones: the command line is read, the help that is asked for keeps it from running.
        tool(
            "pleach",
            &format!(
                "echo \"$*\" >> '{}'\ncase \"$1 $2\" in 'dns apply') exec {pleach} \"$@\" --help > /dev/null;; esac\nexec {pleach} \"$@\"",
                world.path("calls")
            ),
        );
        tool("cargo", "[ \"$*\" = 'install --locked pleach' ]");
        tool("date", "[ \"$*\" = +%F ] && echo 2026-12-25");
        tool("sleep", "[ \"$1\" -gt 0 ]");
        for (path, content) in Workspace::sample().files(".") {
            world.place.write(&format!("first/{path}"), content);
        }
        world.place.write("calls", "");
        world.sh("first", "pleach init --ci \"$SYSTEM\" && git init -q -b main && git add -A && git commit -qm first");
        world.sh("", "git clone -q --bare first environments.git && rm -rf first");
        world.sh("", "git init -q -b main a && cd a && git commit -q --allow-empty -m a && git branch feature/search && git branch new/one");
        world.sh("", "git clone -q --bare a application.git");
        world
    }

    fn path(&self, name: &str) -> String {
        self.place.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs a script as a machine does.
    fn run(&self, folder: &str, script: &str, variables: &Variables) -> Output {
        let path = format!("{}:{}", self.path("bin"), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script]).current_dir(self.place.path().join(folder)).envs(variables);
        for (name, value) in [("PATH", path), ("HOME", self.path("")), ("SYSTEM", self.system.name.to_owned())] {
            command.env(name, value);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.com");
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").output().unwrap()
    }

    /// Runs a script that has to succeed, and returns what it prints.
    #[track_caller]
    fn sh(&self, folder: &str, script: &str) -> String {
        let done = self.run(folder, script, &Variables::new());
        assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Runs a job in `folder` as for the branch `name`, and returns its status and what it said.
    fn job(&self, pipeline: &str, job: &str, folder: &str, name: &str) -> (i32, String) {
        let text = self.sh("", &format!("git -C environments.git show main:{pipeline}"));
        let jobs = self.system.jobs(&text);
        let scripts = jobs.get(job).unwrap_or_else(|| panic!("{pipeline} has no job `{job}`"));
        let mut said = String::new();
        for (script, variables) in scripts {
            let mut variables: Variables =
                variables.iter().map(|(key, value)| (key.clone(), expand(value, name))).collect();
            // What the system tells, and what its users set.
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
            said += &(String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr));
            if !done.status.success() {
                return (done.status.code().unwrap(), said);
            }
        }
        (0, said)
    }

    /// Runs a job of the environments in a new clone, as for the branch `name`.
    #[track_caller]
    fn in_environments(&self, job: &str, name: &str) -> String {
        self.sh("", "rm -rf work && git clone -q environments.git work");
        let (status, said) = self.job(self.system.environments, job, "work", name);
        assert_eq!(status, 0, "{}: {job}: {said}", self.system.name);
        said
    }

    /// Runs a job of the application for the branch `name`.
    #[track_caller]
    fn in_application(&self, job: &str, name: &str) {
        // On GitHub a step checks out the other repository; elsewhere the script clones it.
        let start = if self.system.name == "github" { "git clone -q environments.git work" } else { "mkdir work" };
        self.sh("", &format!("rm -rf work && {start}"));
        let (status, said) = self.job(self.system.application, job, "work", name);
        assert_eq!(status, 0, "{}: {job}: {said}", self.system.name);
    }

    /// What the trunk of the environments holds now, which must be what a build writes; the branches by name.
    #[track_caller]
    fn branches(&self) -> Vec<serde_json::Value> {
        self.sh("", "rm -rf look && git clone -q environments.git look && pleach -C look check");
        let found = self.sh("", "find . -name pwned");
        assert_eq!(found, "", "a branch name was run");
        serde_json::from_str(&self.sh("look", "pleach branch list --format json")).unwrap()
    }

    #[track_caller]
    fn names(&self) -> Vec<String> {
        self.branches().iter().map(|branch| branch["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// The value of an expression of GitHub.
fn expand(value: &str, name: &str) -> String {
    let Some(inner) = value.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")) else {
        return value.to_owned();
    };
    match inner {
        "github.ref_name" | "github.event.ref" => name,
        "github.sha" => COMMIT,
        "github.base_ref" => "main",
        secret if secret.starts_with("secrets.") => "secret",
        other => panic!("what is `{other}`?"),
    }
    .to_owned()
}

#[test]
fn github_actions() {
    every_job(&World::new(SYSTEMS[0]));
}

#[test]
fn gitlab_ci() {
    every_job(&World::new(SYSTEMS[1]));
}

#[test]
fn jenkins() {
    every_job(&World::new(SYSTEMS[2]));
}

fn every_job(world: &World) {
    a_pull_request_is_shown_and_checked(world);
    #[cfg(feature = "apply")]
    zones_are_changed_after_a_merge(world);
    a_branch_comes_is_updated_and_goes_whatever_its_name(world);
    at_night_branches_go_and_come(world);
}

fn a_pull_request_is_shown_and_checked(world: &World) {
    let system = world.system;
    let diff = if system.name == "github" { "summary.md" } else { "work/diff.md" };
    world.sh("", "git clone -q environments.git work");
    world.sh("work", "pleach branch set feature/login --value logLevel=warning && git commit -qam change");
    let (status, said) = world.job(system.environments, "check", "work", "a pull request");
    assert!(status == 1 && said.contains("run `pleach build`"), "{}: {status} {said}", system.name);
    assert!(world.place.read(diff).starts_with("| Branch | Change |"));
    world.sh("work", "pleach build && git add -A out && git commit -qm build");
    let (status, said) = world.job(system.environments, "check", "work", "a pull request");
    assert!(status == 0 && said.contains("is what a build writes"), "{}: {status} {said}", system.name);
    assert!(world.place.read(diff).contains("| feature/login | changed |"));
}

#[cfg(feature = "apply")]
fn zones_are_changed_after_a_merge(world: &World) {
    world.in_environments("dns", "main");
    let calls = world.place.read("calls");
    assert!(calls.ends_with("dns apply out/dns --rev 1\n"), "{calls}");
    // The way in which this is tried would not let a flag pass that there is none of.
    assert!(!world.run("", "pleach dns apply out/dns --revision 1", &Variables::new()).status.success());
    assert!(!world.run("", "pleach dns apply out/dns --rev one", &Variables::new()).status.success());
}

fn a_branch_comes_is_updated_and_goes_whatever_its_name(world: &World) {
    let is_jenkins = world.system.name == "jenkins";
    let before = world.names();
    let set = if is_jenkins { "environment" } else { "set" };
    for name in NAMES {
        world.in_application(set, name);
    }
    let branches = world.branches();
    let subjects = world.sh("look", "git log --format=%s");
    for name in NAMES {
        let branch = branches.iter().find(|branch| branch["name"] == name).expect(name);
        assert_eq!(branch["images"]["backend"], format!("registry.example.com/shop/backend:{COMMIT}"));
        assert!(subjects.lines().any(|subject| subject == format!("{name} is at {COMMIT}")), "{subjects}");
    }
    // The same once more is nothing new.
    let commits = world.sh("look", "git rev-list --count HEAD");
    world.in_application(set, NAMES[0]);
    assert_eq!(world.sh("environments.git", "git rev-list --count main"), commits);
    for name in NAMES {
        if is_jenkins {
            world.in_environments("remove", name);
        } else {
            world.in_application("remove", name);
        }
    }
    assert_eq!(world.names(), before);
}

fn at_night_branches_go_and_come(world: &World) {
    let said = world.in_environments("night", "main");
    assert!(said.contains("expired feature/login"), "{said}");
    assert_eq!(world.names(), ["feature/search", "main", "new/one"]);
    let gone = "out/dns/dev.example.com/feature-login-df7c7aeb.yaml";
    world.sh("look", &format!("test -f {gone} && sh ci/publish.sh 'names that are gone' pleach build --prune"));
    world.names();
    world.sh("look", &format!("! test -e {gone}"));
}

#[test]
fn jobs_at_the_same_time_lose_nothing() {
    let world = World::new(SYSTEMS[2]);
    let before = world.names().len();
    let jobs: Vec<String> = (0..6).map(|n| format!("feature/{n}")).collect();
    std::thread::scope(|scope| {
        for name in &jobs {
            let world = &world;
            scope.spawn(move || {
                let folder = name.replace('/', "-");
                world.sh("", &format!("git clone -q environments.git {folder}"));
                world.sh(&folder, &format!("sh ci/publish.sh {name} pleach branch set --create -- {name}"));
            });
        }
    });
    let names = world.names();
    assert!(jobs.iter().all(|name| names.contains(name)) && names.len() == before + 6, "{names:?}");
}

/// What was pushed to a trunk that is not the default branch of the repository is not forgotten.
#[test]
fn another_trunk_is_its_own_base() {
    let world = World::new(SYSTEMS[0]);
    world.sh("", "git -C environments.git branch envs main && git clone -q -b envs environments.git work");
    let publish = |command: &str| world.sh("work", &format!("TRUNK=envs sh ci/publish.sh message pleach {command}"));
    let plan = |word: &str| {
        world.sh(
            "work",
            &format!("git show origin/envs:out/teardown/feature-search-38e7a3a2.yaml | grep -c '{word}' || :"),
        )
    };
    publish("branch set feature/search --image backend=registry.example.com/shop/backend:x1");
    publish("branch set feature/search --image backend=registry.example.com/shop/backend:x2");
    assert_eq!(plan("backend:x1$"), "1\n", "it was pushed");
    publish("branch add new/one");
    publish("branch remove new/one");
    let told = world.sh("work", "cat out/dns/dev.example.com/new-one-*.yaml");
    assert!(told.starts_with("absent:\n- new-one-"), "{told}");
    publish("branch set feature/search --image backend=registry.example.com/shop/backend:x3");
    assert_eq!((plan("backend:x1$"), plan("backend:x2$")), ("1\n".into(), "1\n".into()));
    world.sh("work", "pleach check --base origin/envs");
    publish("build --prune");
    assert_eq!(world.sh("work", "ls out/dns/dev.example.com | grep -c new-one || :"), "0\n");
    assert_eq!(world.sh("work", "ls out/teardown | grep -c . || :"), "0\n");
    world.sh("work", "pleach check --base origin/envs && git fetch -q && git diff --quiet origin/envs");
}

#[test]
fn what_pleach_refuses_is_not_published() {
    let world = World::new(SYSTEMS[0]);
    let before = world.sh("environments.git", "git rev-parse main");
    world.sh("", "git clone -q environments.git work");
    let publish = |command: &str| {
        let done = world.run("work", &format!("sh ci/publish.sh message {command}"), &Variables::new());
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let (status, said) = publish("pleach branch remove main");
    assert!(status == Some(3) && said.contains("error[guard]"), "{status:?} {said}");
    let (status, said) = publish("sh -c 'rm base/service.yaml'");
    assert!(status == Some(2) && said.contains("no file or folder `service.yaml`"), "{status:?} {said}");
    assert_eq!(publish("pleach branch remove no-such").0, Some(0));
    assert_eq!(world.sh("environments.git", "git rev-parse main"), before);
}

#[test]
fn pipelines_are_written_where_they_belong() {
    for system in SYSTEMS {
        let workspace = Workspace::empty();
        let said = workspace.run(&["init", "--ci", system.name, "here"]).exits(0).out();
        assert!(said.contains("branches.yaml, base/") && said.contains(system.environments), "{said}");
        workspace.run(&["-C", "here", "build"]).exits(0);
        workspace.run(&["-C", "here", "check"]).exits(0);

        // Where there is a workspace, nothing but pipelines; and nothing that is there is overwritten.
        let small = Workspace::small();
        let said = small.run(&["init", "--ci", system.name]).exits(0).out();
        assert_eq!(said, format!("wrote {}, {}, ci/publish.sh\n", system.environments, system.application));
        assert_eq!(small.files(".").len(), Workspace::small().files(".").len() + 3);
        small.run(&["init", "--ci", system.name]).exits(0);
        small.write(system.environments, "mine");
        let said = small.run(&["init", "--ci", system.name]).exits(2).err();
        assert!(said.contains(&format!("`./{}` exists already", system.environments)), "{said}");
        assert_eq!(small.read(system.environments), "mine");
    }
}
