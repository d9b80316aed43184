//! What Git prints about changed files with the options [`RAW`].

use super::revision::is_file;

/// The options that print the modes and ids of all changed files. Before those of each commit, `git diff-tree --stdin` prints its id, and so does
/// `git log` with [`COMMIT`].
pub(super) const RAW: [&str; 4] = ["--raw", "--no-abbrev", "--no-renames", "-z"];

/// The option of `git log` that prints only the id of each commit.
pub(super) const COMMIT: &str = "--format=%H";

/// The mode of a path that does not exist.
const NO_MODE: &str = "000000";

/// A file that a commit changed.
#[derive(Clone, Copy)]
pub(super) struct ChangedFile<'a> {
    pub(super) path: &'a str,
    /// The modes before and after the change.
    modes: [&'a str; 2],
    ids: [&'a str; 2],
}

impl<'a> ChangedFile<'a> {
    /// The id of its content before the change, if it was a file.
    pub(super) fn old_id(self) -> Option<&'a str> {
        is_file(self.modes[0]).then_some(self.ids[0])
    }

    /// The id of its content after it, if it is a file.
    pub(super) fn new_id(self) -> Option<&'a str> {
        is_file(self.modes[1]).then_some(self.ids[1])
    }

    /// Whether it is neither a file nor anything else after the change.
    pub(super) fn is_deleted(self) -> bool {
        self.modes[1] == NO_MODE
    }
}

/// The changed files, by commit.
pub(super) fn changed_files(printed: &str) -> Vec<(&str, Vec<ChangedFile<'_>>)> {
    let mut lists: Vec<(&str, Vec<_>)> = Vec::new();
    let mut words = printed.split('\0');
    while let Some(word) = words.next() {
        // `git log` prints line breaks between commits.
        let word = word.trim_start_matches('\n');
        let Some(meta) = word.strip_prefix(':') else {
            if !word.is_empty() {
                lists.push((word, Vec::new()));
            }
            continue;
        };
        // `mode mode id id letter`, then the path.
        let meta: Vec<&str> = meta.split(' ').collect();
        let (&[mode, new_mode, id, new_id, _], Some(path)) = (meta.as_slice(), words.next()) else { continue };
        if let Some((_, list)) = lists.last_mut() {
            list.push(ChangedFile { path, modes: [mode, new_mode], ids: [id, new_id] });
        }
    }
    lists
}
