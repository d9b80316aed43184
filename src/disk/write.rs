//! Making the output folder the tree that it should be. What is right already is not touched.
//!
//! A new folder is written beside and renamed as a whole. In a folder that is there, each file is written beside and
//! renamed, then stale files go, then the lock is written. So a crash at any point leaves whole files that have an
//! owner, and the next run does the rest. Plans and zone change files are written before all others: they record what
//! these others had, which a next run could not know any more.

use super::claim::is_shared;
use super::hand::{Hand, beside};
use super::{Folder, How, Output, Survey};
use crate::diagnostic::{self, Diagnostic, Result};
use crate::source::RelPath;
use crate::tree::LOCK;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that are new or were changed.
    pub written: usize,
    /// Files that were right already.
    pub unchanged: usize,
    /// Files that were removed.
    pub removed: usize,
}

impl Output {
    /// Does what `survey` found to be done. Foreign files are left alone.
    pub fn write(&self, survey: &Survey) -> Result<Written> {
        self.write_by(&Hand::default(), survey)
    }

    fn write_by(&self, hand: &Hand, survey: &Survey) -> Result<Written> {
        let mut parents: BTreeSet<PathBuf> = BTreeSet::new();
        for folder in &survey.folders {
            let place = self.path.join(folder.path.as_str());
            for name in &folder.leftovers {
                clear(hand, &place.join(name)).map_err(|error| self.cannot_write(&folder.path, &error))?;
            }
            if !folder.there && !folder.files.is_empty() {
                parents.extend(place.parent().map(Path::to_owned));
            }
        }
        for parent in &parents {
            hand.make_folders(parent).map_err(|error| self.cannot_write(&RelPath::root(), &error))?;
        }
        let make = |folder: &&Folder| {
            let place = self.path.join(folder.path.as_str());
            // A folder that holds other new folders is there by now.
            let new = !folder.there && !folder.files.is_empty() && !parents.contains(&place);
            let done = if new { fill(hand, &place, folder) } else { mend(hand, &place, folder) };
            done.map_err(|error| self.cannot_write(&folder.path, &error))
        };
        let (recording, others): (Vec<&Folder>, Vec<_>) =
            survey.folders.iter().partition(|folder| is_shared(&folder.path));
        for folders in [recording, others] {
            let done: Vec<Result<(), Diagnostic>> = folders.par_iter().map(make).collect();
            diagnostic::gather(done, |done| done)?;
        }
        Ok(survey.folders.iter().fold(Written::default(), |sum, folder| Written {
            written: sum.written + folder.differing.len(),
            unchanged: sum.unchanged + folder.files.len() - folder.differing.len() - folder.taken.len(),
            removed: sum.removed + folder.stale.len(),
        }))
    }

    fn cannot_write(&self, path: &RelPath, error: &io::Error) -> Diagnostic {
        self.complaint(path, "cannot be written", error)
    }
}

/// Writes a folder that is not there.
fn fill(hand: &Hand, place: &Path, folder: &Folder) -> io::Result<()> {
    let beside = beside(place);
    match hand.make_folder(&beside) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            clear(hand, &beside)?;
            hand.make_folder(&beside)?;
        }
        made => made?,
    }
    for (name, content) in &folder.files {
        hand.create(&beside.join(name), content)?;
    }
    hand.rename(&beside, place)
}

/// Makes a folder right that is there.
fn mend(hand: &Hand, place: &Path, folder: &Folder) -> io::Result<()> {
    if let Some(lock) = &folder.first_lock {
        hand.replace(&place.join(LOCK), lock)?;
    }
    let differs = !folder.differing.is_empty();
    let contents: BTreeMap<&str, &str> = folder.files.iter().filter(|_| differs).copied().collect();
    let content = |name: &str| contents.get(name).copied().unwrap_or_default();
    let (lock, others): (Vec<_>, Vec<_>) = folder.differing.iter().partition(|(name, _)| *name == LOCK);
    let make = |(name, how): &(&str, How)| match how {
        How::Missing | How::Modified => hand.replace(&place.join(name), content(name)),
        How::Mode => hand.mend_mode(&place.join(name)),
    };
    others.iter().try_for_each(make)?;
    for name in &folder.stale {
        hand.remove_file(&place.join(name))?;
    }
    lock.iter().try_for_each(make)?;
    if folder.goes { hand.remove_empty_folder(place) } else { Ok(()) }
}

/// Removes what a run left that did not end: a file, or a folder of files.
fn clear(hand: &Hand, place: &Path) -> io::Result<()> {
    if !place.is_dir() || place.is_symlink() {
        return hand.remove_file(place);
    }
    for entry in std::fs::read_dir(place)? {
        hand.remove_file(&entry?.path())?;
    }
    hand.remove_empty_folder(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::lock::Lock;
    use crate::tree::Tree;
    use std::fs;
    use std::sync::atomic::AtomicUsize;

    type Files = BTreeMap<String, String>;

    /// The tree of some branches, each with a lock as `emit` makes it.
    fn tree(branches: &[(&str, &[(&str, &str)])]) -> Tree {
        let path = |branch: &str, name: &str| RelPath::new(&format!("namespaces/{branch}/{name}")).unwrap();
        let mut tree = Tree::default();
        for (branch, files) in branches {
            let lock = Lock::of(branch, files.iter().copied()).write();
            tree.extend(files.iter().map(|(name, content)| (path(branch, name), (*content).into())));
            tree.insert(path(branch, LOCK), lock);
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

    struct Place(tempfile::TempDir);

    impl Place {
        fn holding(tree: &Tree) -> Self {
            let place = Place(tempfile::tempdir().unwrap());
            place.build(tree);
            assert_eq!(place.files(), wanted(tree));
            place
        }

        fn output(&self) -> Output {
            Output::new(self.0.path().join("out"), "out")
        }

        fn build(&self, tree: &Tree) -> Written {
            let output = self.output();
            output.write(&output.survey(tree, |_| true).unwrap()).unwrap()
        }

        fn put(&self, path: &str, content: &str) {
            let path = self.0.path().join("out").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn files(&self) -> Files {
            self.output()
                .read(&[RelPath::root()], |_| true)
                .unwrap()
                .iter()
                .map(|(path, text)| (path.to_string(), text.to_string()))
                .collect()
        }

        /// Foreign files and taken names.
        fn faults(&self, tree: &Tree) -> (Vec<String>, Vec<String>) {
            let output = self.output();
            let survey = output.survey(tree, |_| true).unwrap();
            let all = |list: for<'a> fn(&'a Folder<'_>) -> &'a Vec<String>| -> Vec<String> {
                let names = |folder| list(folder).iter().map(move |name| format!("{}/{name}", folder.path));
                survey.folders.iter().flat_map(names).collect()
            };
            (all(|folder| &folder.unmanaged), all(|folder| &folder.taken))
        }
    }

    fn wanted(tree: &Tree) -> Files {
        tree.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    #[test]
    fn a_tree_becomes_another() {
        let place = Place::holding(&before());
        let inode = |path: &str| {
            use std::os::unix::fs::MetadataExt;
            fs::metadata(place.0.path().join("out/namespaces").join(path)).unwrap().ino()
        };
        let untouched = ["changed/10-same.yaml", "same/10-a.yaml", "same/pleach.lock"].map(inode);
        let written = place.build(&after());
        assert_eq!(place.files(), wanted(&after()));
        assert_eq!(written, Written { written: 6, unchanged: 3, removed: 3 });
        assert_eq!(untouched, ["changed/10-same.yaml", "same/10-a.yaml", "same/pleach.lock"].map(inode));
        assert!(!place.0.path().join("out/namespaces/removed").exists());
        assert_eq!(place.build(&after()), Written { written: 0, unchanged: 9, removed: 0 });
    }

    /// Every change of the disk is once the last one before the crash; the file being written then is torn.
    #[test]
    fn a_crash_leaves_whole_files_and_the_next_run_mends_the_rest() {
        let (before, after) = (before(), after());
        let mut crashes = 0;
        loop {
            let place = Place::holding(&before);
            let output = place.output();
            let hand = Hand { changes_left: Some(AtomicUsize::new(crashes)), ..Hand::default() };
            let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let survey = output.survey(&after, |_| true).unwrap();
            let done = one_thread.install(|| output.write_by(&hand, &survey));
            let (old, new) = (wanted(&before), wanted(&after));
            for (path, content) in place.files() {
                if path.split('/').any(crate::disk::hand::is_leftover) || path.ends_with(LOCK) {
                    continue;
                }
                assert!(
                    [old.get(&path), new.get(&path)].contains(&Some(&content)),
                    "{crashes}: {path} holds {content:?}"
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
    fn a_crash_takes_nothing_away_that_is_not_recorded() {
        let plan = RelPath::new("teardown/changed.yaml").unwrap();
        let (before, mut after) = (before(), after());
        after.insert(plan.clone(), "apiVersion: pleach/v1\nkind: TeardownPlan\n");
        for crashes in 0.. {
            let place = Place::holding(&before);
            let output = place.output();
            let hand = Hand { changes_left: Some(AtomicUsize::new(crashes)), ..Hand::default() };
            let survey = output.survey(&after, |_| true).unwrap();
            let done = output.write_by(&hand, &survey);
            let (files, is_recorded) = (place.files(), output.has_file(&plan));
            assert!(is_recorded || wanted(&before).iter().all(|file| files.get(file.0) == Some(file.1)), "{crashes}");
            if done.is_ok() {
                return assert!(is_recorded && crashes > 15);
            }
        }
    }

    #[test]
    fn what_is_not_pleachs_is_found_and_kept() {
        let place = Place::holding(&before());
        for path in ["notes.txt", "namespaces/changed/notes.txt", "namespaces/removed/deep/x.yaml", "namespaces/n.yaml"]
        {
            place.put(path, "mine");
        }
        place.put(".gitattributes", "* linguist-generated\n");
        place.put("namespaces/changed/.20-old.yaml.pleach", "torn");
        place.put("namespaces/.added.pleach/10-a.yaml", "torn");
        let unmanaged =
            ["./notes.txt", "namespaces/n.yaml", "namespaces/changed/notes.txt", "namespaces/removed/deep/x.yaml"];
        assert_eq!(place.faults(&after()), (unmanaged.map(str::to_owned).to_vec(), vec![]));
        place.build(&after());
        let mut want = wanted(&after());
        for path in ["notes.txt", "namespaces/changed/notes.txt", "namespaces/removed/deep/x.yaml", "namespaces/n.yaml"]
        {
            want.insert(path.to_owned(), "mine".to_owned());
        }
        want.insert(".gitattributes".to_owned(), "* linguist-generated\n".to_owned());
        assert_eq!(place.files(), want);
    }

    #[test]
    fn a_name_that_somebody_took_is_not_overwritten() {
        let place = Place::holding(&before());
        place.put("namespaces/changed/05-more.yaml", "mine");
        place.put("namespaces/added/10-a.yaml", "mine");
        place.put("namespaces/added/20-b.yaml", "b\n");
        let taken = ["namespaces/added/10-a.yaml", "namespaces/changed/05-more.yaml"].map(str::to_owned).to_vec();
        assert_eq!(place.faults(&after()), (vec![], taken));
    }

    #[test]
    fn a_lost_or_torn_lock_is_mended() {
        for lock in [None, Some("<<<<<<< HEAD\nnonsense\n"), Some("")] {
            let place = Place::holding(&after());
            let path = place.0.path().join("out/namespaces/added").join(LOCK);
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
    fn a_part_leaves_the_rest_alone() {
        let place = Place::holding(&before());
        let output = place.output();
        let part = tree(&[("added", &[("10-a.yaml", "a\n")])]);
        place.put("namespaces/.added.pleach/20-x.yaml", "torn");
        let survey = output.survey(&part, |path| path.as_str() == "namespaces/added").unwrap();
        output.write(&survey).unwrap();
        let mut want = wanted(&before());
        want.extend(wanted(&part));
        assert_eq!(place.files(), want);
    }

    #[cfg(unix)]
    #[test]
    fn modes_and_links_are_mended() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let place = Place::holding(&after());
        let folder = place.0.path().join("out/namespaces/changed");
        let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("20-old.yaml"), 0o644);
        for (bits, mends) in [(0o755, true), (0o444, true), (0o664, false), (0o600, false)] {
            fs::set_permissions(folder.join("20-old.yaml"), fs::Permissions::from_mode(bits)).unwrap();
            assert_eq!(place.build(&after()).written, usize::from(mends), "{bits:o}");
            assert_eq!(mode("20-old.yaml"), if mends { 0o644 } else { bits });
        }
        fs::remove_file(folder.join("10-same.yaml")).unwrap();
        fs::write(place.0.path().join("elsewhere"), "same\n").unwrap();
        symlink("../../../elsewhere", folder.join("10-same.yaml")).unwrap();
        assert_eq!(place.build(&after()).written, 1);
        assert!(!folder.join("10-same.yaml").is_symlink());
        assert_eq!(fs::read_to_string(place.0.path().join("elsewhere")).unwrap(), "same\n");
    }
}
