//! The input: texts by path, and places in them.
//!
//! Everything that a build reads comes through a [`Project`], so that a build is a function of texts. Nothing here
//! parses a text or touches a disk; `disk` supplies the [`SourceReader`].

mod path;
mod project;

pub use path::RelPath;
pub use project::{File, Found, Project, Seen, SourceReader};

/// Which file of a [`Project`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub(crate) u32);

/// A stretch of one line of an input file. Lines and columns count from 1, columns and lengths in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file, if any.
    file: u32,
    /// The line.
    pub line: u32,
    /// The column of the first character.
    pub column: u16,
    /// How many characters to point at; 0 where that is not known.
    pub len: u16,
}

impl Location {
    /// The place of what no file holds.
    pub const NONE: Location = Location { file: u32::MAX, line: 0, column: 0, len: 0 };

    /// `len` characters from `line` and `column` of `file`; numbers too large for an editor are cut.
    pub fn new(file: FileId, line: usize, column: usize, len: usize) -> Self {
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Location { file: file.0, line: u32::try_from(line).unwrap_or(u32::MAX), column: short(column), len: short(len) }
    }

    /// The file, or `None` for [`Location::NONE`].
    pub fn file(&self) -> Option<FileId> {
        (self.file != u32::MAX).then_some(FileId(self.file))
    }

    /// Whether it points anywhere.
    pub fn is_some(&self) -> bool {
        self.file != u32::MAX
    }

    /// This place, or `other` if it points nowhere.
    #[must_use]
    pub fn or(self, other: Location) -> Location {
        if self.is_some() { self } else { other }
    }
}

impl Default for Location {
    /// [`Location::NONE`].
    fn default() -> Self {
        Location::NONE
    }
}
