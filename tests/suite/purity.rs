//! The system calls of commands: pleach reads its workspace and the Git folder, writes the output and the spec, starts only `git`, and
//! uses no network.
//!
//! Skipped if strace is not installed or may not trace, unless `PLEACH_NEED_STRACE=1` requires it.

use crate::tests::kit::{Workspace, can_trace};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// System calls that change a file or folder.
const CHANGES: [&str; 14] = [
    "chmod",
    "chown",
    "fchmodat",
    "fchownat",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "unlink",
    "unlinkat",
];

/// What the loader, the allocator and the standard library read.
const SYSTEM: [&str; 7] = ["/dev/null", "/dev/urandom", "/etc/ld.so", "/lib", "/proc", "/sys/fs/cgroup", "/usr/lib"];

/// The successful system calls of one process or thread: names, arguments and results.
struct Trace(Vec<String>);

/// The traces of a command: those of pleach, and those of the programs that it starts.
struct Traced {
    pleach: Vec<Trace>,
    programs: Vec<(String, Trace)>,
}

/// Runs pleach under strace in a workspace.
fn traced(workspace: &Workspace, args: &[&str]) -> Traced {
    let logs = tempfile::tempdir().unwrap();
    let done = Command::new("strace")
        .args(["-ff", "-y", "-qq", "-z", "-s", "4096", "-e", "trace=%network,%file,fchmod,fchown,ftruncate", "-o"])
        .arg(logs.path().join("log"))
        .arg(env!("CARGO_BIN_EXE_pleach"))
        .args(args)
        .current_dir(workspace.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    let mut traced = Traced { pleach: Vec::new(), programs: Vec::new() };
    for log in std::fs::read_dir(logs.path()).unwrap() {
        let text = String::from_utf8_lossy(&std::fs::read(log.unwrap().path()).unwrap()).into_owned();
        let calls: Vec<String> = text.lines().filter(|line| line.contains('(')).map(str::to_owned).collect();
        // A child is a copy of pleach until it starts a program.
        let start = calls.iter().position(|call| call.starts_with("execve("));
        match start.and_then(|start| strings(&calls[start]).into_iter().next()) {
            Some(program) if program != env!("CARGO_BIN_EXE_pleach") => traced.programs.push((program, Trace(calls))),
            _ => traced.pleach.push(Trace(calls)),
        }
    }
    traced
}

/// The strings in quotes among the arguments of a call.
fn strings(call: &str) -> Vec<String> {
    call.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

impl Trace {
    /// The paths that were opened, and whether for writing.
    fn opened(&self) -> impl Iterator<Item = (PathBuf, bool)> + '_ {
        self.0.iter().filter(|call| call.starts_with("open")).filter_map(|call| {
            // With `-y`, the result is a descriptor with its path.
            let (_, result) = call.rsplit_once(") = ")?;
            let path = result.split_once('<')?.1.trim_end_matches('>');
            Some((path.into(), ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| call.contains(flag))))
        })
    }

    /// The paths that were changed in another way than by writing to them.
    fn changed(&self, folder: &Path) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for call in &self.0 {
            let (name, arguments) = call.split_once('(').unwrap();
            if ["fchmod", "fchown", "ftruncate"].contains(&name) {
                let path = arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path);
                paths.push(path.unwrap_or_else(|| panic!("{call}")).into());
            } else if CHANGES.contains(&name) {
                // A relative path follows its folder, as in `AT_FDCWD</folder>, "path"`.
                let folders =
                    arguments.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(path, _)| path);
                let mut folders = folders.filter(|path| path.starts_with('/'));
                for path in strings(call) {
                    paths.push(Path::new(folders.next().map_or(folder, Path::new)).join(path));
                }
            }
        }
        paths
    }

    /// The calls that use a network.
    fn sockets(&self) -> Vec<&String> {
        self.0
            .iter()
            .filter(|call| ["socket(", "connect(", "bind("].iter().any(|name| call.starts_with(name)))
            .collect()
    }
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

/// Whether a command that may write to the path `written` may write to `path`: also to the temporary file that replaces it.
fn may_write(written: &Path, path: &Path) -> bool {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let is_temporary = name(path).starts_with(&format!(".{}.", name(written))) && name(path).ends_with(".pleach");
    path.starts_with(written) || path.parent() == written.parent() && is_temporary
}

/// Checks the system calls of a command, which may write only to these paths of the workspace.
fn check(workspace: &Workspace, args: &[&str], written: &[&str]) {
    let folder = workspace.path().canonicalize().unwrap();
    let traced = traced(workspace, args);
    assert!(!traced.pleach.is_empty());
    let all = traced.pleach.iter().chain(traced.programs.iter().map(|(_, trace)| trace));
    for trace in all {
        assert_eq!(trace.sockets(), [""; 0], "{args:?} uses no network");
    }
    for (program, trace) in &traced.programs {
        assert!(program.ends_with("/git"), "{args:?} starts {program}");
        let writes = trace.opened().filter(|(path, writes)| *writes && path != Path::new("/dev/null"));
        assert_eq!(writes.collect::<Vec<_>>(), [], "git reads only");
        assert!(trace.changed(&folder).is_empty(), "git reads only");
    }
    let is_written = |path: &Path| written.iter().any(|written| may_write(&folder.join(written), path));
    for trace in &traced.pleach {
        for (path, writes) in trace.opened() {
            let is_system = SYSTEM.iter().any(|system| path.to_str().unwrap().starts_with(system));
            assert!(is_system || path.starts_with(&folder), "{args:?} opens {}", path.display());
            let may_write = path == Path::new("/dev/null") || is_written(&path);
            assert!(!writes || may_write, "{args:?} writes {}", path.display());
        }
        for path in trace.changed(&folder) {
            assert!(is_written(&normal(&path)), "{args:?} changes {}", path.display());
        }
    }
}

#[test]
fn commands_read_the_workspace_and_write_the_output_and_the_spec() {
    if !can_trace() {
        return;
    }
    let sample = Workspace::sample();
    sample.commit_all();
    assert_eq!(sample.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    check(&sample, &["check"], &[]);
    check(&sample, &["branch", "set", "feature/login", "--image", "backend=:new"], &["branches.yaml"]);
    check(&sample, &["build"], &["out"]);
    check(&sample, &["teardown"], &[]);
    check(&sample, &["diff"], &[]);
    check(&sample, &["branch", "list", "--format", "json"], &[]);
    sample.write("plain/kustomization.yaml", "configMapGenerator: [{name: app, literals: [a=b]}]\n");
    check(&sample, &["kustomize", "plain"], &[]);
    let traced = traced(&sample, &["check"]);
    assert!(!traced.programs.is_empty(), "Git is asked for the base revision");
    let listed = sample.run(&["branch", "list", "--format", "json"]).exits(0).out();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let names = listed["branches"].as_array().unwrap().iter().map(|branch| branch["name"].as_str().unwrap());
    assert_eq!(sample.shell("git remote add origin ../none"), "");
    for name in names.chain(["feature/new"]) {
        assert_eq!(sample.shell(&format!("git update-ref 'refs/remotes/origin/{name}' HEAD")), "");
    }
    check(&sample, &["branch", "sync", "--from", "git"], &["branches.yaml", "branches.d"]);
    assert!(sample.run(&["branch", "list"]).exits(0).out().contains("feature/new"));
}
