//! The files that `pleach init` writes for Git and for CI systems.

mod attributes;
mod ci_examples;
mod ci_files;
