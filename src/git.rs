//! The committed output at a ref, read with the program `git`. Nothing is fetched and nothing is written.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::RelPath;
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where a history left that of the trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fork {
    /// The newest commit that both have, which is the trunk itself where nothing was added to it since.
    At(String),
    /// There is a trunk somewhere, but not here, or not as far back.
    Unseen,
    /// Nothing to leave: no repository, no commit, no `origin`, or no `git`.
    Nowhere,
}

/// Where the history of the workspace `root` left that of the trunk, the first of `trunks` that is there. A merge that is
/// on its way counts as done. Whoever has no `.git` in the workspace or above it is not made to wait for an answer. A
/// repository that git does not read because it is somebody else's is an error.
pub fn fork(root: &Path, trunks: &[&str]) -> Result<Fork, Diagnostic> {
    if !root.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(Fork::Nowhere);
    }
    if let Some(commit) = left(root, trunks) {
        return Ok(Fork::At(commit));
    }
    let Ok(remotes) = run(root, &["remote"], b"") else { return Ok(Fork::Nowhere) };
    owned(&remotes)?;
    let has_origin = String::from_utf8_lossy(&remotes.stdout).lines().any(|name| name == "origin");
    Ok(if has_origin && commit(root, "HEAD").is_ok() { Fork::Unseen } else { Fork::Nowhere })
}

fn left(root: &Path, trunks: &[&str]) -> Option<String> {
    let (last, others) = trunks.split_last()?;
    let trunk = others.iter().find(|trunk| commit(root, trunk).is_ok()).unwrap_or(last);
    let with = |heads: &[&str]| {
        let found = run(root, &[&["merge-base", trunk], heads].concat(), b"").ok();
        let found = found.filter(|found| found.status.success())?;
        Some(String::from_utf8_lossy(&found.stdout).trim().to_owned()).filter(|commit| !commit.is_empty())
    };
    with(&["HEAD", "MERGE_HEAD"]).or_else(|| with(&["HEAD"]))
}

/// The files of the output at a commit. They are listed once and read when they are asked for.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    commit: String,
    output: RelPath,
    /// The ids of their contents, by their paths in the output.
    ids: BTreeMap<RelPath, String>,
}

impl Files {
    /// The files that `reference` has in the folder `output` of the workspace `root`; those that are `wanted`.
    pub fn at(
        root: &Path,
        reference: &str,
        output: &RelPath,
        wanted: impl Fn(&RelPath) -> bool,
    ) -> Result<Self, Diagnostic> {
        let commit = commit(root, reference)?;
        let listed = expect(run(root, &["ls-tree", "-r", "-z", &commit, "--", output.as_str()], b"")?)?;
        let listed = String::from_utf8_lossy(&listed);
        let files = listed.split('\0').filter_map(|line| blob(line, output)).filter(|(_, path)| wanted(path));
        let ids = files.map(|(id, path)| (path, id.to_owned())).collect();
        Ok(Files { root: root.to_owned(), commit, output: output.clone(), ids })
    }

    /// The files that were there before the last change of the output, and since then are no more as they were; those that
    /// are `wanted`. That change is the newest in the line of first parents, in which each is what was merged at once.
    /// `None` if nothing was there before, or a shallow clone begins there.
    pub fn before(&self, wanted: impl Fn(&RelPath) -> bool) -> Result<Option<Self>, Diagnostic> {
        let args =
            ["--literal-pathspecs", "rev-list", "-1", "--first-parent", &self.commit, "--", self.output.as_str()];
        let last = expect(run(&self.root, &args, b"")?)?;
        let Ok(parent) = commit(&self.root, &format!("{}^1", String::from_utf8_lossy(&last).trim())) else {
            return Ok(None);
        };
        let args = ["--literal-pathspecs", "diff-tree", "-r", "-z", "--relative", "--no-renames", "--diff-filter=DMT"];
        let args = [&args[..], &["--no-abbrev", &parent, &self.commit, "--", self.output.as_str()]].concat();
        let listed = expect(run(&self.root, &args, b"")?)?;
        let listed = String::from_utf8_lossy(&listed);
        let mut words = listed.split('\0');
        let lines = std::iter::from_fn(|| Some((words.next()?, words.next()?)));
        let files = lines.filter_map(|(change, path)| replaced(change, path, &self.output));
        let files = files.filter(|(_, path)| wanted(path)).map(|(id, path)| (path, id.to_owned()));
        let (root, output, ids) = (self.root.clone(), self.output.clone(), files.collect());
        Ok(Some(Files { root, commit: parent, output, ids }))
    }

    /// Their paths in the output.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> {
        self.ids.keys()
    }

    /// Those of `paths` that there are.
    pub fn read<'p>(&self, paths: impl IntoIterator<Item = &'p RelPath>) -> Result<Tree, Diagnostic> {
        let files: Vec<(&RelPath, &str)> =
            paths.into_iter().filter_map(|path| Some((path, self.ids.get(path)?.as_str()))).collect();
        if files.is_empty() {
            return Ok(Tree::default());
        }
        let ids: Vec<&str> = files.iter().map(|(_, id)| *id).collect();
        let contents = expect(run(&self.root, &["cat-file", "--batch"], ids.join("\n").as_bytes())?)?;

        let mut tree = Tree::default();
        let mut rest = contents.as_slice();
        for (path, _) in files {
            let (content, after) = object(rest).ok_or_else(|| broken("it does not give what it lists"))?;
            tree.insert(path.clone(), String::from_utf8_lossy(content));
            rest = after;
        }
        Ok(tree)
    }
}

/// The id of the commit that `reference` names.
fn commit(root: &Path, reference: &str) -> Result<String, Diagnostic> {
    let commit = format!("{reference}^{{commit}}");
    let found = run(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], b"")?;
    owned(&found)?;
    if !found.status.success() {
        let said = String::from_utf8_lossy(&found.stderr);
        let why =
            said.lines().next().map_or_else(String::new, |line| format!(": {}", line.trim_start_matches("fatal: ")));
        return Err(Diagnostic::new(
            Code::Usage,
            format!("`{reference}` is neither a folder nor a commit of this repository{why}"),
        )
        .help("in a shallow clone, fetch the branch first: `git fetch --depth=1 origin BRANCH:BRANCH`"));
    }
    Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned())
}

/// The branches of the repository at `repo`, a line `commit name` each: those of `remote` in a clone, its own in a bare
/// one. A repository that cannot be read, or that does not fetch all branches, is a reason to change nothing.
pub fn heads(repo: &Path, remote: &str) -> Result<String, Diagnostic> {
    let unseen = |error: Diagnostic| {
        Diagnostic::new(Code::Guard, format!("the branches of `{}` cannot be seen: {error}", repo.display()))
            .help("`--repo` names a clone or a bare mirror, `--remote` one of its remotes")
    };
    let ask = |args: &[&str]| {
        let output = run(repo, args, b"").and_then(expect).map_err(unseen)?;
        Ok::<_, Diagnostic>(String::from_utf8_lossy(&output).into_owned())
    };
    let bare = ask(&["rev-parse", "--is-bare-repository"])?.trim() == "true";
    let prefix = if bare { "refs/heads/".to_owned() } else { format!("refs/remotes/{remote}/") };
    let listed = ask(&["for-each-ref", "--format=%(objectname) %(refname) %(symref)", &prefix])?;
    let heads: String = listed
        .lines()
        .filter_map(|line| {
            // What leads to another ref, such as `origin/HEAD`, is no branch.
            let (commit, name) = line.trim_end().split_once(' ').filter(|(_, rest)| !rest.contains(' '))?;
            Some(format!("{commit} {}\n", name.strip_prefix(&prefix)?))
        })
        .collect();
    if heads.is_empty() {
        return Err(unseen(broken(&format!("there is nothing below `{prefix}`"))));
    }
    // It ends with status 1 where there are none.
    let refspecs = run(repo, &["config", "--get-all", &format!("remote.{remote}.fetch")], b"")?;
    let refspecs = String::from_utf8_lossy(&refspecs.stdout);
    // So `--depth` leaves even a mirror, and so do the checkouts of pipelines, whatever their refspecs say.
    let cut = heads.lines().count() == 1 && ask(&["rev-parse", "--is-shallow-repository"])?.trim() == "true";
    let all = fetches_all(&refspecs, (!bare).then_some(&prefix));
    if cut || !all {
        let message = format!("`{}` may not have all branches of `{remote}`", repo.display());
        let error = Diagnostic::new(Code::Guard, message)
            .help("a branch that was never fetched would be taken for deleted; nothing was written");
        return Err(error.help(if all {
            format!("it is shallow and has a single branch: `git fetch --unshallow {remote}` fetches the rest")
        } else {
            format!("fetch all: `git remote set-branches {remote} '*' && git fetch {remote}`, or use a bare mirror")
        }));
    }
    Ok(heads)
}

/// Whether refspecs of a remote, one a line, fetch all its branches: those of a clone to below `prefix`. A bare clone has
/// no refspecs and its own branches.
fn fetches_all(refspecs: &str, prefix: Option<&String>) -> bool {
    let leaves_out = |refspec: &str| refspec.strip_prefix('^').is_some_and(|name| name.starts_with("refs/heads/"));
    let all = |refspec: &str| {
        let (from, to) = refspec.trim_start_matches('+').split_once(':').unwrap_or((refspec, ""));
        match prefix {
            Some(prefix) => from == "refs/heads/*" && to.strip_suffix('*') == Some(prefix),
            None => matches!(from, "refs/heads/*" | "refs/*"),
        }
    };
    !refspecs.lines().any(leaves_out) && (refspecs.lines().any(all) || prefix.is_none() && refspecs.trim().is_empty())
}

/// Id and path, below `output`, of a file in a line of `git ls-tree`: `mode blob id TAB path`.
fn blob<'a>(line: &'a str, output: &RelPath) -> Option<(&'a str, RelPath)> {
    let (meta, path) = line.split_once('\t')?;
    let mut words = meta.split(' ');
    let (mode, _, id) = (words.next()?, words.next().filter(|kind| *kind == "blob")?, words.next()?);
    file(mode, id, path, output)
}

/// The same of what a change in the output of `git diff-tree` replaced: `:mode mode id id letter`, and then the path.
fn replaced<'a>(change: &'a str, path: &str, output: &RelPath) -> Option<(&'a str, RelPath)> {
    let mut words = change.strip_prefix(':')?.split(' ');
    let (mode, id) = (words.next()?, words.nth(1)?);
    file(mode, id, path, output)
}

fn file<'a>(mode: &str, id: &'a str, path: &str, output: &RelPath) -> Option<(&'a str, RelPath)> {
    let path = path.strip_prefix(output.as_str())?.strip_prefix('/')?;
    // A link is no file of pleach's, nor is a repository.
    mode.starts_with("100").then_some((id, RelPath::new(path)?))
}

/// The first object of what `git cat-file --batch` prints, `id blob size LF content LF`, and what follows it.
fn object(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|b| *b == b'\n')?;
    let size: usize = std::str::from_utf8(&text[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let rest = &text[end + 1..];
    Some((rest.get(..size)?, rest.get(size + 1..)?))
}

fn run(root: &Path, args: &[&str], input: &[u8]) -> Result<Output, Diagnostic> {
    let mut child = Command::new("git")
        .args(args)
        .current_dir(root)
        .envs([("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| broken(&error.to_string()))?;
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    std::thread::scope(|scope| {
        // It answers while it reads; what it does not read it has no use for.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    })
    .map_err(|error| broken(&error.to_string()))
}

/// Refuses what git said of a repository that belongs to another user than the one who asks.
fn owned(output: &Output) -> Result<(), Diagnostic> {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() || !["dubious ownership", "unsafe repository"].iter().any(|word| said.contains(word)) {
        return Ok(());
    }
    Err(Diagnostic::new(Code::Usage, "git does not read this repository, because it belongs to another user").help(
        "trust it with `git config --global --add safe.directory DIR`, or take the output on the disk for the base with \
         `--base out`",
    ))
}

fn expect(output: Output) -> Result<Vec<u8>, Diagnostic> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(broken(String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("fatal: ")))
}

fn broken(why: &str) -> Diagnostic {
    Diagnostic::new(Code::Remote, format!("`git` does not work here: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(root: &Path, args: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
        let done = Command::new("git").args(identity).args(args).current_dir(root).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn refspecs_that_fetch_all() {
        let clone = "refs/remotes/origin/".to_owned();
        for (refspecs, of_clone, of_bare) in [
            ("", false, true),
            ("+refs/heads/*:refs/remotes/origin/*\n", true, true),
            ("+refs/heads/main:refs/remotes/origin/main\n+refs/heads/*:refs/remotes/origin/*\n", true, true),
            ("refs/heads/*:refs/remotes/origin/*\n+refs/pull/*/head:refs/remotes/origin/pr/*\n", true, true),
            ("+refs/heads/main:refs/remotes/origin/main\n", false, false),
            ("+refs/heads/feature/*:refs/remotes/origin/feature/*\n", false, false),
            ("+refs/heads/*:refs/remotes/origin/*\n^refs/heads/wip/*\n", false, false),
            ("+refs/heads/*:refs/remotes/origin/*\n^refs/tags/*\n", true, true),
            ("+refs/*:refs/*\n", false, true),
        ] {
            assert_eq!(fetches_all(refspecs, Some(&clone)), of_clone, "{refspecs}");
            assert_eq!(fetches_all(refspecs, None), of_bare, "{refspecs}");
        }
    }

    #[test]
    fn what_was_committed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("deep/work");
        let put = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("out/namespaces/a b/ü.yaml", "a: 1\n");
        put("out/empty.yaml", "");
        put("outside.yaml", "x");
        git(folder.path(), &["init", "-q"]);
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-qm", "one"]);
        put("out/empty.yaml", "changed");
        let all = |reference: &str, output: &str| {
            let files = Files::at(&root, reference, &RelPath::new(output).unwrap(), |_| true)?;
            files.read(files.paths())
        };
        let tree = all("HEAD", "out").unwrap();
        let files: Vec<(String, &str)> = tree.iter().map(|(path, text)| (path.to_string(), &**text)).collect();
        assert_eq!(files, [("empty.yaml".to_owned(), ""), ("namespaces/a b/ü.yaml".to_owned(), "a: 1\n")]);
        for wrong in ["nowhere", "--all", "", "HEAD:out"] {
            let error = all(wrong, "out").unwrap_err();
            assert_eq!(error.parts().code, Code::Usage, "{wrong}: {error}");
        }
        assert!(all("HEAD", "none").unwrap().is_empty());
        let [deep, none] = ["namespaces/a b/ü.yaml", "none"].map(|path| RelPath::new(path).unwrap());
        let files = Files::at(&root, "HEAD", &RelPath::new("out").unwrap(), |path| *path == deep).unwrap();
        assert_eq!(files.paths().collect::<Vec<_>>(), [&deep]);
        assert_eq!(files.read([&deep, &none]).unwrap().len(), 1);
        assert!(files.read([&none]).unwrap().is_empty());
        assert!(files.before(|_| true).unwrap().is_none(), "it is the first");
        std::fs::remove_file(root.join("out/empty.yaml")).unwrap();
        put("out/namespaces/a b/ü.yaml", "a: 2\n");
        put("out/new.yaml", "a: 1\n");
        put("outside.yaml", "y");
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-qm", "two"]);
        put("outside.yaml", "z");
        git(folder.path(), &["commit", "-qam", "not of the output"]);
        let files = Files::at(&root, "HEAD", &RelPath::new("out").unwrap(), |_| true).unwrap();
        let before = files.before(|_| true).unwrap().unwrap();
        assert_eq!(before.read(before.paths()).unwrap(), tree, "what was there and is not the same");
        let before = files.before(|path| *path == deep).unwrap().unwrap();
        assert_eq!(before.paths().collect::<Vec<_>>(), [&deep]);
        assert!(matches!(fork(&root, &["nowhere", "main"]), Ok(Fork::At(_))));
        assert_eq!(fork(&root, &["nowhere"]).unwrap(), Fork::Nowhere);
        git(folder.path(), &["remote", "add", "origin", "nowhere"]);
        assert_eq!(fork(&root, &["nowhere"]).unwrap(), Fork::Unseen);
    }
}
