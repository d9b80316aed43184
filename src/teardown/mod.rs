//! What is to be torn down: plans in `out/teardown`, one for each slug, of what a branch leaves that is no more, and of what
//! a live one has replaced.
//!
//! A plan is what the earlier output of the branch had, less what live branches have: namespaces, objects outside of
//! namespaces, names in DNS, databases, images. It is computed from that output alone, the tree that a build starts from,
//! and stays until it is pruned. Nothing here deletes anything.

mod base;
mod footprint;
mod image;
pub mod json;
pub mod kubectl;
mod listed;
mod plan;
mod plan_file;
pub mod script;
pub mod text;

pub use base::{Record, Records, Replaced, is_object, records, replaced};
pub use footprint::{Footprint, Object, Wanted};
pub use image::bare;
pub use listed::Listed;
pub use plan::{Files, Gone, Lives, files};
pub use plan_file::{TeardownPlan, is_ours, path};
