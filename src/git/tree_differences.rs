//! The files that are different in two trees, read folder by folder.
//!
//! A tree can name the same folder many times, at every level, so that few objects have more files than can be counted. Git would list
//! them all. Here, each pair of different folders is compared once, folders that are too deep to have files of pleach are not read, and
//! files are counted before they are listed.

use super::published_commit::Published;
use super::raw::{ChangedFile, RAW};
use super::{failed, missing_object, run, stdout};
use crate::diagnostic::Diagnostic;
use crate::limits::{TREE_DEPTH, TREE_FILES};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

/// The ids of a tree and of another one that is compared with it.
type TreePair = [String; 2];

/// The files at and below some paths that commits have changed.
pub(super) struct TreeDifferences<'p> {
    /// What Git has printed, level by level.
    printed: Vec<String>,
    /// Where it has printed about two trees.
    known: HashMap<TreePair, (usize, Range<usize>)>,
    /// The commits and their trees.
    commits: Vec<(String, TreePair)>,
    scope: FileScope<'p>,
}

/// Which files are listed: those in and below some paths, which have at most so many parts.
struct FileScope<'p> {
    paths: BTreeSet<&'p str>,
    most_parts: usize,
}

/// Files of pleach are at most so many folders below the paths that are asked for: `out` has `namespaces/SLUG/FILE`.
const LEVELS: usize = 3;

/// A folder: its path, or `None` if all files in it are listed, and the number of its parts.
type Folder = (Option<String>, usize);

impl<'p> TreeDifferences<'p> {
    /// Compares some commits of the repository in the folder `root`, each with the one before it or with nothing.
    pub(super) fn of(root: &Path, commits: &[Published], paths: &[&'p str]) -> Result<Self, Diagnostic> {
        let scope = FileScope::of(paths)?;
        let (printed, known) = (Vec::new(), HashMap::new());
        let mut differences = TreeDifferences { printed, known, commits: with_trees(root, commits)?, scope };
        let top = differences.scope.top();
        let mut level: BTreeSet<(Folder, TreePair)> =
            differences.commits.iter().map(|(_, pair)| (top.clone(), pair.clone())).collect();
        while !level.is_empty() {
            let unknown = level.iter().map(|(_, pair)| pair).filter(|pair| !differences.known.contains_key(*pair));
            let unknown: BTreeSet<TreePair> = unknown.cloned().collect();
            differences.compare(root, &unknown)?;
            level = level.iter().flat_map(|(folder, pair)| differences.folders(folder, pair)).collect();
        }
        Ok(differences)
    }

    /// Whether each commit has changed a file.
    pub(super) fn has_changed(&self) -> Vec<bool> {
        self.counts().into_iter().map(|count| count > 0).collect()
    }

    /// The changed files, by commit. An error if there are too many.
    pub(super) fn files(&self) -> Result<Vec<(&str, Vec<ChangedFile<'_>>)>, Diagnostic> {
        if self.counts().into_iter().fold(0, usize::saturating_add) > TREE_FILES {
            let paths: Vec<&str> = self.scope.paths.iter().copied().collect();
            let error = failed(&format!("commits have more than {TREE_FILES} files at `{}`", paths.join("`, `")));
            return Err(error.help("no output has so many; find the commits that added them with `git log --stat`"));
        }
        let top = self.scope.top();
        let of_commit = |(commit, pair)| {
            let mut files = Vec::new();
            self.add_files("", &top, pair, &mut files);
            (commit, files)
        };
        Ok(self.commits.iter().map(|(commit, pair)| of_commit((commit.as_str(), pair))).collect())
    }

    /// The number of files that each commit has changed.
    fn counts(&self) -> Vec<usize> {
        let (top, mut known) = (self.scope.top(), HashMap::new());
        self.commits.iter().map(|(_, pair)| self.count(&top, pair, &mut known)).collect()
    }

    /// Asks Git which entries are different in pairs of trees.
    fn compare(&mut self, root: &Path, pairs: &BTreeSet<TreePair>) -> Result<(), Diagnostic> {
        if pairs.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = pairs.iter().map(|[before, after]| format!("{before} {after}\n")).collect();
        let listed = stdout(run(root, &[&["diff-tree", "--stdin"], &RAW[..]].concat(), lines.concat().as_bytes())?)?;
        let listed = String::from_utf8(listed).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into());
        let mut at = 0;
        for [before, after] in pairs {
            // The line of the input comes first.
            at += before.len() + after.len() + 2;
            let start = at;
            while let Some(entry) = listed.get(at..).filter(|rest| rest.starts_with(':')) {
                let names = entry.match_indices('\0').nth(1);
                at += names.ok_or_else(|| failed("`diff-tree` does not print every entry"))?.0 + 1;
            }
            self.known.insert([before.clone(), after.clone()], (self.printed.len(), start..at));
        }
        self.printed.push(listed);
        Ok(())
    }

    /// The entries that are different in two trees, in the order of Git. Those with names that no file can have are left out.
    fn entries(&self, pair: &TreePair) -> impl Iterator<Item = ChangedFile<'_>> {
        let printed = self.known.get(pair).map_or("", |(level, range)| &self.printed[*level][range.clone()]);
        let mut words = printed.split('\0');
        let entries = std::iter::from_fn(move || ChangedFile::read(words.next()?, words.next()?));
        entries.filter(|entry| !matches!(entry.path.as_str(), "" | "." | "..") && !entry.path.contains('/'))
    }

    /// The folders in a folder that are different and may have files to be listed.
    fn folders<'s>(
        &'s self,
        folder: &'s Folder,
        pair: &'s TreePair,
    ) -> impl Iterator<Item = (Folder, TreePair)> + use<'s, 'p> {
        self.entries(pair).filter_map(move |entry| {
            let trees = entry.trees()?;
            Some((self.scope.below(folder, &entry.path)?, trees))
        })
    }

    /// The number of files to be listed in a folder.
    fn count(&self, folder: &Folder, pair: &TreePair, known: &mut HashMap<(Folder, TreePair), usize>) -> usize {
        let key = (folder.clone(), pair.clone());
        if let Some(count) = known.get(&key) {
            return *count;
        }
        let files = self.entries(pair).filter(|entry| entry.trees().is_none() && self.scope.lists(folder, &entry.path));
        let mut count = files.count();
        for (below, pair) in self.folders(folder, pair) {
            count = count.saturating_add(self.count(&below, &pair, known));
        }
        known.insert(key, count);
        count
    }

    fn add_files<'s>(&'s self, path: &str, folder: &Folder, pair: &TreePair, files: &mut Vec<ChangedFile<'s>>) {
        for entry in self.entries(pair) {
            let full = if path.is_empty() { entry.path.clone() } else { format!("{path}/{}", entry.path) };
            if let Some(trees) = entry.trees() {
                if let Some(below) = self.scope.below(folder, &entry.path) {
                    self.add_files(&full, &below, &trees, files);
                }
            } else if self.scope.lists(folder, &entry.path) {
                files.push(ChangedFile { path: full, ..entry });
            }
        }
    }
}

impl<'p> FileScope<'p> {
    fn of(paths: &[&'p str]) -> Result<Self, Diagnostic> {
        let parts = |path: &&str| path.split('/').filter(|part| !matches!(*part, "" | ".")).count();
        let most_parts = paths.iter().map(parts).max().unwrap_or_default() + LEVELS;
        if most_parts > TREE_DEPTH {
            return Err(failed(&format!("a path has more than {} folders", TREE_DEPTH - LEVELS)));
        }
        Ok(FileScope { paths: paths.iter().copied().collect(), most_parts })
    }

    /// The folder of the repository.
    fn top(&self) -> Folder {
        let lists_all = ["", "."].iter().any(|path| self.paths.contains(path));
        ((!lists_all).then(String::new), 0)
    }

    /// A folder in a folder, if files at or below its path are listed.
    fn below(&self, (folder, parts): &Folder, name: &str) -> Option<Folder> {
        let parts = parts + 1;
        if parts >= self.most_parts {
            return None;
        }
        let Some(folder) = folder else { return Some((None, parts)) };
        let path = joined(folder, name);
        if self.paths.contains(path.as_str()) {
            return Some((None, parts));
        }
        let start = format!("{path}/");
        let next = self.paths.range(start.as_str()..).next();
        next.is_some_and(|next| next.starts_with(&start)).then_some((Some(path), parts))
    }

    /// Whether a file in a folder is listed.
    fn lists(&self, (folder, _): &Folder, name: &str) -> bool {
        folder.as_ref().is_none_or(|folder| self.paths.contains(joined(folder, name).as_str()))
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The trees of commits, and of those before them.
fn with_trees(root: &Path, commits: &[Published]) -> Result<Vec<(String, TreePair)>, Diagnostic> {
    let ids: BTreeSet<&str> = commits
        .iter()
        .flat_map(|commit| [Some(&commit.commit), commit.before.as_ref()])
        .flatten()
        .map(String::as_str)
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lines: Vec<String> = ids.iter().map(|id| format!("{id}^{{tree}}\n")).collect();
    let printed = stdout(run(root, &["cat-file", "--batch-check=%(objectname)"], lines.concat().as_bytes())?)?;
    let printed = String::from_utf8_lossy(&printed);
    let mut trees = HashMap::new();
    for (id, tree) in ids.into_iter().zip(printed.lines()) {
        if let Some(object) = tree.strip_suffix(" missing") {
            return Err(missing_object(&failed(&format!("there is no object `{object}`"))));
        }
        trees.insert(id, tree.to_owned());
    }
    let tree = |id: &str| trees.get(id).cloned().unwrap_or_default();
    let pair = |commit: &Published| {
        let after = tree(&commit.commit);
        let before = commit.before.as_deref().map_or_else(|| no_files(&after).to_owned(), tree);
        (commit.commit.clone(), [before, after])
    };
    Ok(commits.iter().map(pair).collect())
}

/// The id of a tree without files, with as many digits as another id.
fn no_files(other: &str) -> &'static str {
    if other.len() == 40 {
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    } else {
        "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    }
}

impl ChangedFile<'_> {
    /// The ids of the trees before and after, if it is a folder.
    fn trees(&self) -> Option<TreePair> {
        const FOLDER: &str = "040000";
        let [before, after] = self.modes.map(|mode| mode == FOLDER);
        let id = |at: usize, is_tree: bool| if is_tree { self.ids[at] } else { no_files(self.ids[at]) };
        (before || after).then(|| [id(0, before), id(1, after)].map(str::to_owned))
    }
}
