//! Input files by path, and source locations.
//!
//! A build reads all files through a [`Project`], so it is a function of texts. This module does not parse files or access a
//! disk; `disk` implements [`FileSource`] for a workspace.

mod folder;
mod path;
mod position;
mod project;

pub(crate) use folder::{FolderPath, is_git_folder};
pub(crate) use path::{FolderSet, RelPath};
pub(crate) use position::{TextPositions, position};
pub(crate) use project::{File, FileSource, Found, Project, SourceEntry};

/// The number of a file in a [`Project`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(pub(crate) u32);

impl FileId {
    /// A text that is no file of the project, until [`Project::quote`] gives it a number.
    pub(crate) const UNNUMBERED: FileId = FileId(u32::MAX - 2);
}

/// A source location: a range of one line of an input file. Lines and columns are counted from 1, columns and lengths in
/// characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location {
    /// The file, if any.
    file: u32,
    /// The line.
    pub(crate) line: u32,
    /// The column of the first character.
    pub(crate) column: u16,
    /// The number of characters; 0 if it is not known.
    pub(crate) len: u16,
}

impl Location {
    /// The location of what is not in a file.
    pub(crate) const NONE: Location = Location { file: u32::MAX, line: 0, column: 0, len: 0 };

    /// `len` characters from `line` and `column` of `file`. Numbers that do not fit are replaced by the largest ones.
    pub(crate) fn new(file: FileId, line: usize, column: usize, len: usize) -> Self {
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Location { file: file.0, line: u32::try_from(line).unwrap_or(u32::MAX), column: short(column), len: short(len) }
    }

    /// The file, or `None` for [`Location::NONE`].
    pub(crate) fn file(&self) -> Option<FileId> {
        (self.file != u32::MAX).then_some(FileId(self.file))
    }

    /// The same range of another file.
    #[must_use]
    pub(crate) fn in_file(self, file: FileId) -> Self {
        Location { file: file.0, ..self }
    }

    /// Whether it is in a file.
    pub(crate) fn is_some(&self) -> bool {
        self.file != u32::MAX
    }

    /// This location, or `other` if this one is [`Location::NONE`].
    #[must_use]
    pub(crate) fn or(self, other: Location) -> Location {
        if self.is_some() { self } else { other }
    }
}

impl Default for Location {
    /// [`Location::NONE`].
    fn default() -> Self {
        Location::NONE
    }
}
