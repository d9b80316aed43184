//! Running the program `git` in a repository that was found by its `.git`.
//!
//! A pull request can add files that make a folder look like a bare repository, with a configuration of its own. So the repository is
//! named in every call, and Git never searches for one. It runs no hooks and fetches nothing, not even what a partial clone lacks.

use super::{failed, stdout};
use crate::diagnostic::{Code, Diagnostic};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{LazyLock, Mutex};

/// Where the files of a repository are.
#[derive(Clone, Debug)]
struct GitFolders {
    /// The folder with `HEAD` and `objects`.
    git: PathBuf,
    /// The folder with the checked out files. A bare repository has none.
    work: Option<PathBuf>,
}

/// The repositories that were asked for, by the folders from which they were searched.
static KNOWN: LazyLock<Mutex<BTreeMap<PathBuf, Result<GitFolders, Diagnostic>>>> = LazyLock::new(Mutex::default);

/// Settings of a repository that could run a program, reach a network or change what is printed.
const SETTINGS: [&str; 6] = [
    "safe.bareRepository=explicit",
    "protocol.allow=never",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "log.showSignature=false",
    "log.follow=false",
];

/// Variables that hooks of Git set. They name another repository, or change the objects of this one.
const VARIABLES: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
];

/// The files that Git reads before it reads a commit. It waits without end for a pipe in their place.
const FILES: [&str; 14] = [
    "HEAD",
    "commondir",
    "config",
    "config.worktree",
    "index",
    "info/exclude",
    "info/grafts",
    "info/sparse-checkout",
    "objects/info/alternates",
    "objects/info/commit-graph",
    "objects/info/commit-graphs/commit-graph-chain",
    "objects/pack/multi-pack-index",
    "packed-refs",
    "shallow",
];

/// The folder of the repository or worktree that has a path, if any.
pub(crate) fn repository(path: &Path) -> Option<&Path> {
    path.ancestors().find(|folder| folder.join(".git").exists())
}

/// Whether a folder looks like a bare repository.
pub(super) fn is_bare(folder: &Path) -> bool {
    ["HEAD", "objects", "refs"].iter().all(|name| folder.join(name).exists())
}

/// Runs Git in the repository that has the folder `folder`. Paths are relative to `folder`.
pub(super) fn run(folder: &Path, args: &[&str], input: &[u8]) -> Result<Output, Diagnostic> {
    output(&mut repository_command(folder, args)?, input)
}

/// Runs Git like [`run`], and reads the first lines that it prints, which end with NUL. `None` if there are more than `most`.
pub(super) fn first_lines(
    folder: &Path,
    args: &[&str],
    most: usize,
    mut each: impl FnMut(&str),
) -> Result<Option<Output>, Diagnostic> {
    let mut command = repository_command(folder, args)?;
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(&error.to_string()))?;
    let (stdout, mut stderr) =
        (child.stdout.take().expect("its output is a pipe"), child.stderr.take().expect("its errors are a pipe"));
    let mut lines = BufReader::new(stdout).split(0);
    let read = lines.by_ref().take(most).try_for_each(|line| {
        each(&String::from_utf8_lossy(&line?));
        Ok::<_, std::io::Error>(())
    });
    let is_cut = read.is_ok() && lines.next().is_some();
    if is_cut || read.is_err() {
        // It may have ended by itself.
        let _ = child.kill();
    }
    let mut printed = Vec::new();
    let ended = read.and_then(|()| stderr.read_to_end(&mut printed)).and_then(|_| child.wait());
    let status = ended.map_err(|error| failed(&error.to_string()))?;
    Ok((!is_cut).then_some(Output { status, stdout: Vec::new(), stderr: printed }))
}

/// Git with some arguments, in a repository that is named.
fn repository_command(folder: &Path, args: &[&str]) -> Result<Command, Diagnostic> {
    let GitFolders { git, work } = folders(folder)?;
    let mut command = git_command(folder);
    command.arg("--git-dir").arg(git);
    if let Some(work) = work {
        command.arg("--work-tree").arg(work);
    }
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(args);
    Ok(command)
}

fn folders(folder: &Path) -> Result<GitFolders, Diagnostic> {
    let mut known = KNOWN.lock().expect("no thread panics while it has the lock");
    known.entry(folder.to_owned()).or_insert_with(|| find(folder)).clone()
}

/// Finds the repository of a folder, and asks Git once whether it may be read: with `--git-dir`, Git does not check its owner.
fn find(folder: &Path) -> Result<GitFolders, Diagnostic> {
    let work = repository(folder);
    let is_bare = is_bare(folder);
    let git = match work {
        Some(work) if is_bare && work != folder => {
            let error = failed("this folder looks like a bare repository, but is in another repository");
            return Err(error.help("move a bare repository elsewhere; otherwise remove `HEAD`, `objects` and `refs`"));
        }
        Some(work) => {
            let git = work.join(".git");
            if !git.is_dir() && !git.is_file() {
                let message = format!("`{}` is neither a folder nor a file", git.display());
                return Err(Diagnostic::new(Code::Usage, message).help("remove it, or clone the repository again"));
            }
            git
        }
        None if is_bare => folder.to_owned(),
        None => return Err(Diagnostic::new(Code::Usage, "this folder is not in a Git repository")),
    };
    check_files(&git)?;
    let bare = if work.is_some() { "safe.bareRepository=explicit" } else { "safe.bareRepository=all" };
    let mut searched = git_command(work.unwrap_or(folder));
    let searched = output(searched.args(["-c", bare, "rev-parse", "--absolute-git-dir"]), b"")?;
    check_owner(&searched, work.unwrap_or(folder))?;
    let mut named = git_command(folder);
    let named = output(named.arg("--git-dir").arg(&git).args(["rev-parse", "--absolute-git-dir"]), b"")?;
    if stdout(searched)? != stdout(named)? {
        let error = failed(&format!("`{}` is not the repository that Git finds there", git.display()));
        return Err(error.help("repair or remove this `.git`"));
    }
    Ok(GitFolders { git, work: work.map(Path::to_owned) })
}

/// An error if one of the [`FILES`] is anything else. Those of a worktree or submodule, whose `.git` is a file, are not checked.
fn check_files(git: &Path) -> Result<(), Diagnostic> {
    let Some(path) = FILES.iter().map(|name| git.join(name)).find(|path| path.exists() && !path.is_file()) else {
        return Ok(());
    };
    let error = Diagnostic::new(Code::Usage, format!("`{}` is not a regular file", path.display()));
    Err(error.help("remove it, or clone the repository again"))
}

/// Whether the program `git` can be run.
pub(super) fn is_installed() -> bool {
    output(Command::new("git").arg("--version"), b"").is_ok()
}

fn git_command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).envs([
        ("LC_ALL", "C"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        // No protocol at all. Versions without GIT_NO_LAZY_FETCH fetch by one, and the settings of a repository may allow it.
        ("GIT_ALLOW_PROTOCOL", ""),
    ]);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

fn output(command: &mut Command, input: &[u8]) -> Result<Output, Diagnostic> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    std::thread::scope(|scope| {
        // Git may answer before it has read all of its input, so input and output need two threads.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    })
    .map_err(|error| failed(&error.to_string()))
}

/// An error if git refused to read the repository because it belongs to another user.
fn check_owner(output: &Output, folder: &Path) -> Result<(), Diagnostic> {
    let printed = String::from_utf8_lossy(&output.stderr);
    if output.status.success() || !["dubious ownership", "unsafe repository"].iter().any(|word| printed.contains(word))
    {
        return Ok(());
    }
    let error = Diagnostic::new(Code::Usage, "git does not read this repository because it belongs to another user");
    Err(error.help(format!(
        "trust it with `git config --global --add safe.directory '{}'`, or compare with the output on the disk: `--base out`",
        folder.display()
    )))
}
