//! Writing the files of a build to the output folder. Unchanged files are not touched.
//!
//! A new folder is written under a temporary name and renamed as a whole. In an existing folder each file is written under a
//! temporary name and renamed, then stale files are deleted, then the lock file is written. So a crash at any point leaves whole
//! files that have an owner, and the next run does the rest. Teardown plans and zone change files are written before all others:
//! they record what the deleted files contained, which the next run cannot read any more.

use super::changes::{DiskChanges, beside};
use super::{Comparison, Difference, FolderComparison, OutputDir};
use crate::diagnostic::{self, Diagnostic, Result};
use crate::output::{LOCK_FILE, is_shared_folder};
use crate::source::RelPath;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// What a run wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WriteSummary {
    /// New and changed files.
    pub(crate) written: usize,
    /// Unchanged files.
    pub(crate) unchanged: usize,
    /// Deleted files.
    pub(crate) removed: usize,
}

impl OutputDir {
    /// Writes what differs and deletes what is stale. Unmanaged files are not touched.
    pub(crate) fn write(&self, comparison: &Comparison) -> Result<WriteSummary> {
        self.write_by(&DiskChanges::default(), comparison)
    }

    fn write_by(&self, changes: &DiskChanges, comparison: &Comparison) -> Result<WriteSummary> {
        let mut parents: BTreeSet<PathBuf> = BTreeSet::new();
        for folder in &comparison.folders {
            let place = self.path.join(folder.path.as_str());
            for name in &folder.leftovers {
                clear(changes, &place.join(name)).map_err(|error| self.cannot_write(&folder.path, &error))?;
            }
            if !folder.there && !folder.files.is_empty() {
                parents.extend(place.parent().map(Path::to_owned));
            }
        }
        for parent in &parents {
            changes.make_folders(parent).map_err(|error| self.cannot_write(&RelPath::root(), &error))?;
        }
        let make = |folder: &&FolderComparison| {
            let place = self.path.join(folder.path.as_str());
            // The parent of another new folder exists by now.
            let new = !folder.there && !folder.files.is_empty() && !parents.contains(&place);
            let done = if new { fill(changes, &place, folder) } else { update(changes, &place, folder) };
            done.map_err(|error| self.cannot_write(&folder.path, &error))
        };
        let (recording, others): (Vec<&FolderComparison>, Vec<_>) =
            comparison.folders.iter().partition(|folder| is_shared_folder(&folder.path));
        for folders in [recording, others] {
            let done: Vec<Result<(), Diagnostic>> = folders.par_iter().map(make).collect();
            diagnostic::gather(done, |done| done)?;
        }
        // Another folder may have been written in an empty one, so folders are removed when all are written, those in others first.
        let removed: BTreeSet<&RelPath> =
            comparison.folders.iter().filter(|folder| folder.is_removed).map(|folder| &folder.path).collect();
        for path in removed.into_iter().rev() {
            let done = changes.remove_empty_folder(&self.path.join(path.as_str()));
            done.map_err(|error| self.cannot_write(path, &error))?;
        }
        Ok(comparison.folders.iter().fold(WriteSummary::default(), |sum, folder| WriteSummary {
            written: sum.written + folder.differing.len(),
            unchanged: sum.unchanged + folder.files.len() - folder.differing.len() - folder.taken.len(),
            removed: sum.removed + folder.stale.len(),
        }))
    }

    fn cannot_write(&self, path: &RelPath, error: &io::Error) -> Diagnostic {
        self.error_at(path, "cannot be written", error)
    }
}

/// Writes a new folder.
fn fill(changes: &DiskChanges, place: &Path, folder: &FolderComparison) -> io::Result<()> {
    let beside = beside(place);
    match changes.make_folder(&beside) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            clear(changes, &beside)?;
            changes.make_folder(&beside)?;
        }
        made => made?,
    }
    for (name, content) in &folder.files {
        changes.create(&beside.join(name), content)?;
    }
    changes.rename(&beside, place)
}

/// Updates an existing folder.
fn update(changes: &DiskChanges, place: &Path, folder: &FolderComparison) -> io::Result<()> {
    if let Some(lock) = &folder.first_lock {
        changes.replace(&place.join(LOCK_FILE), lock)?;
    }
    let differs = !folder.differing.is_empty();
    let contents: BTreeMap<&str, &str> = folder.files.iter().filter(|_| differs).copied().collect();
    let content = |name: &str| contents.get(name).copied().unwrap_or_default();
    let (lock, others): (Vec<_>, Vec<_>) = folder.differing.iter().partition(|(name, _)| *name == LOCK_FILE);
    let make = |(name, _): &(&str, Difference)| changes.replace(&place.join(name), content(name));
    others.iter().try_for_each(make)?;
    for name in &folder.stale {
        changes.remove_file(&place.join(name))?;
    }
    lock.iter().try_for_each(make)
}

/// Deletes a temporary file, or a temporary folder with its files.
fn clear(changes: &DiskChanges, place: &Path) -> io::Result<()> {
    if !place.is_dir() || place.is_symlink() {
        return changes.remove_file(place);
    }
    for entry in std::fs::read_dir(place)? {
        changes.remove_file(&entry?.path())?;
    }
    changes.remove_empty_folder(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Lock, Tree};
    use std::fs;
    use std::sync::atomic::AtomicUsize;

    type FileTexts = BTreeMap<String, String>;

    /// The tree of some branches, each with a lock as `emit` makes it.
    fn tree(branches: &[(&str, &[(&str, &str)])]) -> Tree {
        let path = |branch: &str, name: &str| RelPath::new(&format!("namespaces/{branch}/{name}")).unwrap();
        let mut tree = Tree::default();
        for (branch, files) in branches {
            let lock = Lock::of(branch, files.iter().map(|(name, _)| *name)).write();
            tree.extend(files.iter().map(|(name, content)| (path(branch, name), (*content).into())));
            tree.insert(path(branch, LOCK_FILE), lock);
        }
        tree
    }

    fn before() -> Tree {
        tree(&[
            ("changed", &[("10-same.yaml", "same\n"), ("20-old.yaml", "old\n"), ("30-gone.yaml", "gone\n")]),
            ("removed", &[("10-a.yaml", "a\n")]),
            ("same", &[("10-a.yaml", "a\n")]),
        ])
    }

    fn after() -> Tree {
        tree(&[
            ("added", &[("10-a.yaml", "a\n"), ("20-b.yaml", "b\n")]),
            ("changed", &[("05-more.yaml", "more\n"), ("10-same.yaml", "same\n"), ("20-old.yaml", "new and longer\n")]),
            ("same", &[("10-a.yaml", "a\n")]),
        ])
    }

    struct TestOutput(tempfile::TempDir);

    impl TestOutput {
        fn with(tree: &Tree) -> Self {
            let place = TestOutput(tempfile::tempdir().unwrap());
            place.build(tree);
            assert_eq!(place.files(), wanted(tree));
            place
        }

        fn output(&self) -> OutputDir {
            OutputDir::new(self.0.path().join("out"), "out")
        }

        fn build(&self, tree: &Tree) -> WriteSummary {
            let output = self.output();
            output.write(&output.compare(tree, |_| true).unwrap()).unwrap()
        }

        fn put(&self, path: &str, content: &str) {
            let path = self.0.path().join("out").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn files(&self) -> FileTexts {
            self.output()
                .read(&[RelPath::root()], |_| true)
                .unwrap()
                .iter()
                .map(|(path, text)| (path.to_string(), text.to_string()))
                .collect()
        }

        /// Unmanaged files and taken names.
        fn faults(&self, tree: &Tree) -> (Vec<String>, Vec<String>) {
            let output = self.output();
            let comparison = output.compare(tree, |_| true).unwrap();
            let all = |list: for<'a> fn(&'a FolderComparison<'_>) -> &'a Vec<String>| -> Vec<String> {
                let names = |folder| list(folder).iter().map(move |name| format!("{}/{name}", folder.path));
                comparison.folders.iter().flat_map(names).collect()
            };
            (all(|folder| &folder.unmanaged), all(|folder| &folder.taken))
        }
    }

    /// The path of the temporary file or folder of a name.
    fn torn(folder: &str, name: &str) -> String {
        beside(&Path::new(folder).join(name)).to_str().unwrap().to_owned()
    }

    fn wanted(tree: &Tree) -> FileTexts {
        tree.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    #[test]
    fn a_tree_becomes_another() {
        let place = TestOutput::with(&before());
        let inode = |path: &str| {
            use std::os::unix::fs::MetadataExt;
            fs::metadata(place.0.path().join("out/namespaces").join(path)).unwrap().ino()
        };
        let untouched = ["changed/10-same.yaml", "same/10-a.yaml", "same/pleach.lock"].map(inode);
        let written = place.build(&after());
        assert_eq!(place.files(), wanted(&after()));
        assert_eq!(written, WriteSummary { written: 6, unchanged: 3, removed: 3 });
        assert_eq!(untouched, ["changed/10-same.yaml", "same/10-a.yaml", "same/pleach.lock"].map(inode));
        assert!(!place.0.path().join("out/namespaces/removed").exists());
        assert_eq!(place.build(&after()), WriteSummary { written: 0, unchanged: 9, removed: 0 });
    }

    /// Every change of the disk is once the last one before the crash; the file being written then is torn.
    #[test]
    fn a_crash_leaves_whole_files_and_the_next_run_does_the_rest() {
        let (before, after) = (before(), after());
        let mut crashes = 0;
        loop {
            let place = TestOutput::with(&before);
            let output = place.output();
            let changes = DiskChanges { changes_left: Some(AtomicUsize::new(crashes)), ..DiskChanges::default() };
            let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let comparison = output.compare(&after, |_| true).unwrap();
            let done = one_thread.install(|| output.write_by(&changes, &comparison));
            let (old, new) = (wanted(&before), wanted(&after));
            for (path, content) in place.files() {
                if path.split('/').any(crate::disk::changes::is_leftover) || path.ends_with(LOCK_FILE) {
                    continue;
                }
                assert!(
                    [old.get(&path), new.get(&path)].contains(&Some(&content)),
                    "{crashes}: {path} has {content:?}"
                );
            }
            // What was half done is not taken for somebody else's, not even if the templates changed meanwhile.
            let other = tree(&[("changed", &[("05-more.yaml", "another\n")])]);
            assert_eq!(place.faults(&other), (vec![], vec![]), "{crashes}");
            place.build(&after);
            assert_eq!(place.files(), new, "after {crashes} changes");
            if done.is_ok() {
                break;
            }
            crashes += 1;
        }
        assert!(crashes > 15, "{crashes}");
    }

    #[test]
    fn a_crash_deletes_nothing_that_is_not_recorded() {
        let plan = RelPath::new("teardown/changed.yaml").unwrap();
        let (before, mut after) = (before(), after());
        after.insert(plan.clone(), "apiVersion: pleach/v1\nkind: TeardownPlan\n");
        for crashes in 0.. {
            let place = TestOutput::with(&before);
            let output = place.output();
            let changes = DiskChanges { changes_left: Some(AtomicUsize::new(crashes)), ..DiskChanges::default() };
            let comparison = output.compare(&after, |_| true).unwrap();
            let done = output.write_by(&changes, &comparison);
            let (files, is_recorded) = (place.files(), output.path.join(plan.as_str()).is_file());
            assert!(is_recorded || wanted(&before).iter().all(|file| files.get(file.0) == Some(file.1)), "{crashes}");
            if done.is_ok() {
                return assert!(is_recorded && crashes > 15);
            }
        }
    }

    #[test]
    fn unmanaged_files_are_found_and_kept() {
        let place = TestOutput::with(&before());
        for path in ["notes.txt", "namespaces/changed/notes.txt", "namespaces/removed/deep/x.yaml", "namespaces/n.yaml"]
        {
            place.put(path, "mine");
        }
        place.put(".gitattributes", "* linguist-generated\n");
        place.put(&torn("namespaces/changed", "20-old.yaml"), "torn");
        place.put(&format!("{}/10-a.yaml", torn("namespaces", "added")), "torn");
        let unmanaged =
            ["./notes.txt", "namespaces/n.yaml", "namespaces/changed/notes.txt", "namespaces/removed/deep/x.yaml"];
        assert_eq!(place.faults(&after()), (unmanaged.map(str::to_owned).to_vec(), vec![]));
        place.build(&after());
        let mut want = wanted(&after());
        for path in ["notes.txt", "namespaces/changed/notes.txt", "namespaces/removed/deep/x.yaml", "namespaces/n.yaml"]
        {
            want.insert(path.to_owned(), "mine".to_owned());
        }
        assert_eq!(place.files(), want);
        assert!(place.output().path().join(".gitattributes").exists(), "it is not an output file");
    }

    #[test]
    fn an_unmanaged_file_is_not_overwritten() {
        let place = TestOutput::with(&before());
        place.put("namespaces/changed/05-more.yaml", "mine");
        place.put("namespaces/added/10-a.yaml", "mine");
        place.put("namespaces/added/20-b.yaml", "b\n");
        let taken = ["namespaces/added/10-a.yaml", "namespaces/changed/05-more.yaml"].map(str::to_owned).to_vec();
        assert_eq!(place.faults(&after()), (vec![], taken));
    }

    #[test]
    fn a_lost_or_broken_lock_file_is_written_again() {
        for lock in [None, Some("<<<<<<< HEAD\nnonsense\n"), Some("")] {
            let place = TestOutput::with(&after());
            let path = place.0.path().join("out/namespaces/added").join(LOCK_FILE);
            fs::remove_file(&path).unwrap();
            if let Some(text) = lock {
                fs::write(&path, text).unwrap();
            }
            assert_eq!(place.faults(&after()), (vec![], vec![]));
            assert_eq!(place.build(&after()).written, 1);
            assert_eq!(place.files(), wanted(&after()));
        }
    }

    #[test]
    fn a_selection_leaves_the_rest_alone() {
        let place = TestOutput::with(&before());
        let output = place.output();
        let part = tree(&[("added", &[("10-a.yaml", "a\n")])]);
        place.put(&format!("{}/20-x.yaml", torn("namespaces", "added")), "torn");
        let comparison = output.compare(&part, |path| path.as_str() == "namespaces/added").unwrap();
        output.write(&comparison).unwrap();
        let mut want = wanted(&before());
        want.extend(wanted(&part));
        assert_eq!(place.files(), want);
    }

    #[cfg(unix)]
    #[test]
    fn modes_and_links_are_fixed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let place = TestOutput::with(&after());
        let folder = place.0.path().join("out/namespaces/changed");
        let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("20-old.yaml"), 0o644);
        for (bits, is_fixed) in [(0o755, true), (0o444, false), (0o664, false), (0o600, false)] {
            fs::set_permissions(folder.join("20-old.yaml"), fs::Permissions::from_mode(bits)).unwrap();
            assert_eq!(place.build(&after()).written, usize::from(is_fixed), "{bits:o}");
            assert_eq!(mode("20-old.yaml"), if is_fixed { 0o644 } else { bits });
        }
        fs::remove_file(folder.join("10-same.yaml")).unwrap();
        fs::write(place.0.path().join("elsewhere"), "same\n").unwrap();
        symlink("../../../elsewhere", folder.join("10-same.yaml")).unwrap();
        assert_eq!(place.build(&after()).written, 1);
        assert!(!folder.join("10-same.yaml").is_symlink());
        assert_eq!(fs::read_to_string(place.0.path().join("elsewhere")).unwrap(), "same\n");
    }
}
