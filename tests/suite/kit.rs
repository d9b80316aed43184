//! A workspace in a temporary folder, the real binary run in it, and one switch that accepts what it did.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether expected files are to be written instead of compared: `PLEACH_BLESS=1`.
#[cfg_attr(not(feature = "apply"), allow(dead_code, reason = "in the suite, tests of DNS alone use it"))]
pub(crate) fn blessing() -> bool {
    std::env::var_os("PLEACH_BLESS").is_some_and(|value| value == "1")
}

/// A Deployment `web` with more lines in its `spec` and in its container.
pub(crate) fn deployment(spec: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n{spec}  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n{container}"
    )
}

/// The time of all tests: 2026-11-29.
pub(crate) const NOW: &str = "1795910400";

/// A temporary folder that `pleach` runs in.
pub(crate) struct Workspace(tempfile::TempDir);

impl Workspace {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        Workspace(tempfile::tempdir().unwrap())
    }

    /// Three branches, each with a `ConfigMap` that holds its name and a `Service`.
    pub(crate) fn small() -> Self {
        let workspace = Workspace::empty();
        workspace.write(
            "branches.yaml",
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n- name: main\n- name: feature/login\n- name: feature/search\n",
        );
        let object = |kind: &str, name: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n");
        workspace.write("base/config.yaml.j2", object("ConfigMap", "app") + "data:\n  key: {{ branch.name }}\n");
        workspace.write("base/service.yaml", object("Service", "web") + "spec:\n  ports:\n  - port: 80\n");
        workspace
    }

    /// A copy of a folder.
    pub(crate) fn copy_of(folder: &Path) -> Self {
        let workspace = Workspace::empty();
        for (path, content) in files(folder) {
            workspace.write(&path, content);
        }
        workspace
    }

    /// A copy of the repository's own sample.
    pub(crate) fn sample() -> Self {
        let workspace = Workspace::empty();
        for part in [".gitattributes", "branches.yaml", "base", "overlays", "schema", "out"] {
            let from = root().join(part);
            if from.is_file() {
                workspace.write(part, fs::read(&from).unwrap());
            }
            for (path, content) in files(&from) {
                workspace.write(&format!("{part}/{path}"), content);
            }
        }
        workspace
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders it needs.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Reads a file as text.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Replaces the only occurrence of `from` in a file.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// The files below a folder of the workspace.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.path().join(folder))
    }

    /// Runs `pleach` here.
    pub(crate) fn run<S: AsRef<str>>(&self, args: &[S]) -> Ran {
        let args = args.iter().map(AsRef::as_ref);
        Ran(self.command().args(args).output().unwrap())
    }

    /// What a line of shell prints here, standard output and standard error together; `pleach` is on the path.
    pub(crate) fn shell(&self, line: &str) -> String {
        let folder = Path::new(env!("CARGO_BIN_EXE_pleach")).parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("exec 2>&1; {line}")).current_dir(self.path()).env("PATH", path);
        command.env("SOURCE_DATE_EPOCH", NOW).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.com");
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    /// Makes it a repository with one commit.
    pub(crate) fn commit_all(&self) {
        assert_eq!(self.shell("git init -q -b main && git add -A && git commit -qm 'the sample'"), "");
    }

    /// `pleach` to be run here, for those who want to set more.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pleach"));
        command.current_dir(self.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.env("SOURCE_DATE_EPOCH", NOW);
        command
    }
}

/// What a run of `pleach` did.
pub(crate) struct Ran(pub(crate) Output);

impl Ran {
    /// Its exit status.
    pub(crate) fn status(&self) -> i32 {
        self.0.status.code().expect("it was not killed")
    }

    /// Its standard output.
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    /// Its standard error.
    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// The same run, after a look at its exit status.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status(), status, "standard output:\n{}\nstandard error:\n{}", self.out(), self.err());
        self
    }
}

/// Every file below a folder by its path in it; none if there is no such folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, content)| (format!("{name}/{below}"), content)));
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

/// Compares a text with a file, or writes the file when blessing.
#[track_caller]
#[cfg_attr(not(feature = "apply"), allow(dead_code, reason = "in the suite, tests of DNS alone use it"))]
pub(crate) fn compare_text(file: &Path, got: &str) {
    if blessing() {
        fs::write(file, got).unwrap();
    }
    compare_without_blessing(file, got);
}

/// Whether system calls can be traced. `PLEACH_NEED_STRACE=1` requires it.
#[allow(dead_code, reason = "golden cases use no strace")]
pub(crate) fn can_trace() -> bool {
    let can = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).status().is_ok_and(|done| done.success());
    assert!(can || std::env::var_os("PLEACH_NEED_STRACE").is_none(), "strace is not installed or may not trace");
    can
}

/// Compares a text with a file that another program writes.
#[track_caller]
#[cfg_attr(not(feature = "apply"), allow(dead_code, reason = "in the suite, tests of DNS alone use it"))]
pub(crate) fn compare_without_blessing(file: &Path, got: &str) {
    let want = fs::read_to_string(file).unwrap_or_default();
    assert!(
        got == want,
        "{} differs (PLEACH_BLESS=1 accepts what pleach writes)\n{}",
        file.display(),
        similar::TextDiff::from_lines(want.as_str(), got).unified_diff().header("expected", "got")
    );
}
