//! The output at a commit.

use super::{commit, failed, run, stdout};
use crate::diagnostic::Diagnostic;
use crate::hex;
use crate::output::{OutputPath, Tree};
use crate::source::RelPath;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files of the output at a commit. They are listed once and read on request.
#[derive(Debug)]
pub(crate) struct OutputAtCommit {
    root: PathBuf,
    commit: String,
    output: RelPath,
    /// The ids of their contents, by their paths in the output.
    ids: BTreeMap<OutputPath, String>,
}

impl OutputAtCommit {
    /// The files that the commit `reference` has in the folder `output` of the workspace `root`.
    pub(crate) fn at(root: &Path, reference: &str, output: &RelPath) -> Result<Self, Diagnostic> {
        let commit = commit(root, reference)?;
        let listed = stdout(run(root, &["ls-tree", "-r", "-z", &commit, "--", output.as_str()], b"")?)?;
        let listed = String::from_utf8_lossy(&listed);
        let files = listed.split('\0').filter_map(|line| blob(line, output));
        let ids = files.map(|(id, path)| (path, id.to_owned())).collect();
        Ok(OutputAtCommit { root: root.to_owned(), commit, output: output.clone(), ids })
    }

    /// Those files before the last change of the output that this change modified or deleted, and that are `wanted`. The last change
    /// is the newest first-parent commit, so a merge is one change. `None` if it is the first commit, or a shallow clone begins
    /// there.
    pub(crate) fn before(&self, wanted: impl Fn(&OutputPath) -> bool) -> Result<Option<Self>, Diagnostic> {
        let args =
            ["--literal-pathspecs", "rev-list", "-1", "--first-parent", &self.commit, "--", self.output.as_str()];
        let last = stdout(run(&self.root, &args, b"")?)?;
        let Ok(parent) = commit(&self.root, &format!("{}^1", String::from_utf8_lossy(&last).trim())) else {
            return Ok(None);
        };
        let args = ["--literal-pathspecs", "diff-tree", "-r", "-z", "--relative", "--no-renames", "--diff-filter=DMT"];
        let args = [&args[..], &["--no-abbrev", &parent, &self.commit, "--", self.output.as_str()]].concat();
        let listed = stdout(run(&self.root, &args, b"")?)?;
        let listed = String::from_utf8_lossy(&listed);
        let mut words = listed.split('\0');
        let lines = std::iter::from_fn(|| Some((words.next()?, words.next()?)));
        let files = lines.filter_map(|(change, path)| replaced(change, path, &self.output));
        let files = files.filter(|(_, path)| wanted(path)).map(|(id, path)| (path, id.to_owned()));
        let (root, output, ids) = (self.root.clone(), self.output.clone(), files.collect());
        Ok(Some(OutputAtCommit { root, commit: parent, output, ids }))
    }

    /// The paths.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &OutputPath> {
        self.ids.keys()
    }

    /// The paths of the files that `tree` does not have with the same content. Git's ids are compared, no content is read.
    pub(crate) fn differing<'s>(&'s self, tree: &'s Tree) -> impl Iterator<Item = &'s OutputPath> {
        let differs = |(path, id): &(&OutputPath, &String)| tree.get(path).is_none_or(|text| !has_id(text, id));
        self.ids.iter().filter(differs).map(|(path, _)| path)
    }

    /// The files at `paths` that exist.
    pub(crate) fn read<'p>(&self, paths: impl IntoIterator<Item = &'p OutputPath>) -> Result<Tree, Diagnostic> {
        let files: Vec<(&OutputPath, &str)> =
            paths.into_iter().filter_map(|path| Some((path, self.ids.get(path)?.as_str()))).collect();
        if files.is_empty() {
            return Ok(Tree::default());
        }
        let ids: Vec<&str> = files.iter().map(|(_, id)| *id).collect();
        let contents = stdout(run(&self.root, &["cat-file", "--batch"], ids.join("\n").as_bytes())?)?;

        let mut tree = Tree::default();
        let mut rest = contents.as_slice();
        for (path, _) in files {
            let (content, after) = object(rest).ok_or_else(|| failed("`cat-file` does not print every object"))?;
            tree.insert(path.clone(), String::from_utf8_lossy(content));
            rest = after;
        }
        Ok(tree)
    }
}

/// Id and path below `output` of a file in a line of `git ls-tree`: `mode blob id TAB path`.
fn blob<'a>(line: &'a str, output: &RelPath) -> Option<(&'a str, OutputPath)> {
    let (meta, path) = line.split_once('\t')?;
    let mut words = meta.split(' ');
    let (mode, _, id) = (words.next()?, words.next().filter(|kind| *kind == "blob")?, words.next()?);
    file(mode, id, path, output)
}

/// The same of the old side in the output of `git diff-tree`: `:mode mode id id letter`, then the path.
fn replaced<'a>(change: &'a str, path: &str, output: &RelPath) -> Option<(&'a str, OutputPath)> {
    let mut words = change.strip_prefix(':')?.split(' ');
    let (mode, id) = (words.next()?, words.nth(1)?);
    file(mode, id, path, output)
}

fn file<'a>(mode: &str, id: &'a str, path: &str, output: &RelPath) -> Option<(&'a str, OutputPath)> {
    let path = path.strip_prefix(output.as_str())?.strip_prefix('/')?;
    // pleach writes neither links nor submodules.
    mode.starts_with("100").then_some((id, RelPath::new(path)?.into()))
}

/// The first object of what `git cat-file --batch` prints, `id blob size LF content LF`, and what follows it.
fn object(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|b| *b == b'\n')?;
    let size: usize = std::str::from_utf8(&text[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let rest = &text[end + 1..];
    Some((rest.get(..size)?, rest.get(size + 1..)?))
}

/// Whether a text is the blob with this id: the SHA-1 or SHA-256 of `blob SIZE NUL text`.
fn has_id(text: &str, id: &str) -> bool {
    let header = format!("blob {}\0", text.len());
    let digest: Vec<u8> = if id.len() == 40 {
        Sha1::new().chain_update(&header).chain_update(text).finalize().to_vec()
    } else {
        Sha256::new().chain_update(&header).chain_update(text).finalize().to_vec()
    };
    hex::encode(&digest).eq_ignore_ascii_case(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::git::{ForkPoint, fork_point};
    use std::process::Command;

    fn git(root: &Path, args: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
        let done = Command::new("git").args(identity).args(args).current_dir(root).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn the_output_at_a_commit() {
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
            let files = OutputAtCommit::at(&root, reference, &RelPath::new(output).unwrap())?;
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
        let [deep, none] = ["namespaces/a b/ü.yaml", "none"].map(|path| OutputPath::from(RelPath::new(path).unwrap()));
        let files = OutputAtCommit::at(&root, "HEAD", &RelPath::new("out").unwrap()).unwrap();
        assert_eq!(files.differing(&tree).count(), 0, "ids are those of the contents");
        let other: Tree = tree.iter().map(|(path, _)| (path.clone(), "other".into())).collect();
        assert_eq!(files.differing(&other).count(), 2);
        assert_eq!(files.differing(&Tree::default()).count(), 2);
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
        let files = OutputAtCommit::at(&root, "HEAD", &RelPath::new("out").unwrap()).unwrap();
        let before = files.before(|_| true).unwrap().unwrap();
        assert_eq!(before.read(before.paths()).unwrap(), tree, "what was there and is not the same");
        let before = files.before(|path| *path == deep).unwrap().unwrap();
        assert_eq!(before.paths().collect::<Vec<_>>(), [&deep]);
        assert!(matches!(fork_point(&root, &["nowhere", "main"]), Ok(ForkPoint::At(_))));
        assert_eq!(fork_point(&root, &["nowhere"]).unwrap(), ForkPoint::None);
        git(folder.path(), &["remote", "add", "origin", "nowhere"]);
        assert_eq!(fork_point(&root, &["nowhere"]).unwrap(), ForkPoint::Unknown);
    }
}
