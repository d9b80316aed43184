//! The CI files that `pleach init` writes.

mod ci_examples;
mod ci_files;
