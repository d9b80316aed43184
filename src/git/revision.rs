//! The output at a commit.

use super::published_commit::Published;
use super::raw::{ChangedFile, is_file};
use super::tree_differences::TreeDifferences;
use super::{commit, failed, missing_object, run, stdout};
use crate::diagnostic::Diagnostic;
use crate::hex;
use crate::output::{OutputKind, OutputPath, Tree};
use crate::source::RelPath;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let (paths, whole) = ([pathspec(output)], Published { commit: commit.clone(), before: None });
        let differences = TreeDifferences::of(root, &[whole], &paths)?;
        let files = differences.files()?.into_iter().flat_map(|(_, files)| files);
        let id = |file: ChangedFile| Some((below(&file.path, output)?, file.new_id()?.to_owned()));
        let ids = files.filter_map(id).collect();
        Ok(OutputAtCommit { root: root.to_owned(), commit, output: output.clone(), ids })
    }

    /// Whether the commit has files of a build there.
    pub(crate) fn has_output(&self) -> bool {
        self.ids.keys().any(|path| path.kind() != OutputKind::Unmanaged)
    }

    /// The commit.
    pub(crate) fn commit(&self) -> &str {
        &self.commit
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
        let ids: Vec<&str> = files.iter().map(|(_, id)| *id).collect();
        let contents = contents(&self.root, &ids)?;
        Ok(files.into_iter().map(|(path, _)| path.clone()).zip(contents).collect())
    }

    /// The folder of the repository.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The output folder in the repository.
    pub(crate) fn output(&self) -> &RelPath {
        &self.output
    }

    /// The files and the ids of their contents.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&OutputPath, &str)> {
        self.ids.iter().map(|(path, id)| (path, id.as_str()))
    }

    /// The path of the output folder as an argument of Git.
    pub(super) fn pathspec(&self) -> &str {
        pathspec(&self.output)
    }
}

/// The texts of the files at `paths` in the folder `root` at a commit.
pub(crate) fn texts(root: &Path, reference: &str, paths: &[&str]) -> Result<BTreeMap<RelPath, Arc<str>>, Diagnostic> {
    let commit = commit(root, reference)?;
    let listed = stdout(run(root, &[&["ls-tree", "-z", &commit, "--"], paths].concat(), b"")?)?;
    let listed = String::from_utf8_lossy(&listed);
    let files: Vec<(&str, RelPath)> = listed.split('\0').filter_map(blob).collect();
    let ids: Vec<&str> = files.iter().map(|(id, _)| *id).collect();
    let contents = contents(root, &ids)?;
    Ok(files.into_iter().map(|(_, path)| path).zip(contents).collect())
}

fn pathspec(output: &RelPath) -> &str {
    if output.as_str().is_empty() { "." } else { output.as_str() }
}

/// The contents of blobs.
pub(super) fn contents(root: &Path, ids: &[&str]) -> Result<Vec<Arc<str>>, Diagnostic> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let printed = stdout(run(root, &["cat-file", "--batch"], ids.join("\n").as_bytes())?)?;
    let mut rest = printed.as_slice();
    let next = |_: &&str| {
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        if let Some(id) = rest[..end].strip_suffix(b" missing") {
            return Err(missing_object(&failed(&format!("there is no object `{}`", String::from_utf8_lossy(id)))));
        }
        let (content, after) = object(rest).ok_or_else(|| failed("`cat-file` does not print every object"))?;
        rest = after;
        Ok(Arc::from(String::from_utf8_lossy(content)))
    };
    ids.iter().map(next).collect()
}

/// Id and path of a file in a line of `git ls-tree`: `mode blob id TAB path`.
fn blob(line: &str) -> Option<(&str, RelPath)> {
    let (meta, path) = line.split_once('\t')?;
    let mut words = meta.split(' ');
    let (mode, _, id) = (words.next()?, words.next().filter(|kind| *kind == "blob")?, words.next()?);
    Some((id, RelPath::normal(path)?)).filter(|_| is_file(mode))
}

/// The path below `output` of a path in the repository.
pub(super) fn below(path: &str, output: &RelPath) -> Option<OutputPath> {
    let below =
        if output.as_str().is_empty() { path } else { path.strip_prefix(output.as_str())?.strip_prefix('/')? };
    Some(RelPath::normal(below)?.into())
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
    use crate::git::{ForkPoint, fork_point, repository};
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
        git(&root, &["init", "-q"]);
        git(&root, &["add", "-A"]);
        git(&root, &["commit", "-qm", "one"]);
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
        assert!(files.changes(usize::MAX, |_| true).unwrap().0.is_empty(), "it is the first");
        std::fs::remove_file(root.join("out/empty.yaml")).unwrap();
        put("out/namespaces/a b/ü.yaml", "a: 2\n");
        put("out/new.yaml", "a: 1\n");
        put("outside.yaml", "y");
        git(&root, &["add", "-A"]);
        git(&root, &["commit", "-qm", "two"]);
        put("outside.yaml", "z");
        git(&root, &["commit", "-qam", "not of the output"]);
        let files = OutputAtCommit::at(&root, "HEAD", &RelPath::new("out").unwrap()).unwrap();
        assert_eq!(
            files.changes(usize::MAX, |_| true).unwrap().0,
            std::slice::from_ref(&tree),
            "what existed and has changed"
        );
        let change = files.changes(usize::MAX, |path| *path == deep).unwrap().0.remove(0);
        assert_eq!(change.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), [deep]);
        assert_eq!(fork_point(&root).unwrap(), ForkPoint::None);
        git(&root, &["remote", "add", "origin", "nowhere"]);
        assert_eq!(fork_point(&root).unwrap(), ForkPoint::Unknown);
        git(&root, &["update-ref", "refs/remotes/origin/master", "HEAD"]);
        assert!(matches!(fork_point(&root), Ok(ForkPoint::At(_))));
        assert_eq!(repository(&root), Some(root.as_path()));
    }
}
