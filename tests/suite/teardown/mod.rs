//! Teardown plans: what a build writes, what commands report, and how Git merges plans.

mod base_revision;
mod build;
mod commands;
mod git;
mod in_use;
mod model;
mod revert;
