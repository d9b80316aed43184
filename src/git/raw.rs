//! What Git prints about changed files with the options [`RAW`].

/// The options that print the modes and ids of all entries that are different in two trees.
pub(super) const RAW: [&str; 4] = ["--raw", "--no-abbrev", "--no-renames", "-z"];

/// The mode of a path that does not exist.
const NO_MODE: &str = "000000";

/// A file that a commit changed.
#[derive(Clone)]
pub(super) struct ChangedFile<'a> {
    pub(super) path: String,
    /// The modes before and after the change.
    pub(super) modes: [&'a str; 2],
    pub(super) ids: [&'a str; 2],
}

impl<'a> ChangedFile<'a> {
    /// Reads `:mode mode id id letter` and the path after it.
    pub(super) fn read(meta: &'a str, path: &str) -> Option<Self> {
        let mut words = meta.strip_prefix(':')?.split(' ');
        let mut next = || words.next();
        let (modes, ids) = ([next()?, next()?], [next()?, next()?]);
        Some(ChangedFile { path: path.to_owned(), modes, ids })
    }

    /// The id of its content before the change, if it was a file.
    pub(super) fn old_id(&self) -> Option<&'a str> {
        is_file(self.modes[0]).then_some(self.ids[0])
    }

    /// The id of its content after it, if it is a file.
    pub(super) fn new_id(&self) -> Option<&'a str> {
        is_file(self.modes[1]).then_some(self.ids[1])
    }

    /// Whether it did not exist before the change.
    pub(super) fn is_added(&self) -> bool {
        self.modes[0] == NO_MODE
    }

    /// Whether it is neither a file nor anything else after the change.
    pub(super) fn is_deleted(&self) -> bool {
        self.modes[1] == NO_MODE
    }
}

/// Whether a mode is that of a file. pleach writes neither links nor submodules.
pub(super) fn is_file(mode: &str) -> bool {
    mode.starts_with("100")
}
