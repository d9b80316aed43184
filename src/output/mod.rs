//! The output as data: output paths, the files of a build, the lock file, and which files pleach owns.
//!
//! This module does not access a disk and does not generate the content of files; the stages do that.

mod lock;
mod ownership;
mod path;
mod previous;
mod tree;

pub(crate) use lock::Lock;
pub(crate) use ownership::{
    MANAGED_BY, declares_owner, is_labelled, is_shared_folder, owned_files, required_declaration, written_files,
};
pub(crate) use path::{GITOPS_TOOLS, LOCK_FILE, OutputFolder, OutputKind, OutputPath, SHARED_SLUG};
pub(crate) use previous::{HistoryParents, OutputHistory, PreviousOutput, is_corrected};
pub(crate) use tree::Tree;
