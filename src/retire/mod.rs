//! What is to be torn down: plans in `out/retired`, one for each slug, of what a branch leaves that is no more, and of what
//! a live one has replaced.
//!
//! A plan is what the earlier output of the branch had, less what live branches have: namespaces, objects outside of
//! namespaces, names in DNS, databases, images. It is computed from that output alone, the tree that a build starts from,
//! and stays until it is pruned. Nothing here deletes anything.

mod base;
mod database;
mod image;
pub mod json;
pub mod kubectl;
mod left;
mod listed;
mod plan;
mod retirement;
pub mod script;
pub mod text;

pub use base::{Record, Records, Replaced, is_object, records, replaced};
pub use database::{ANNOTATION as DATABASE_ANNOTATION, Database};
pub use image::bare;
pub use left::{Left, Object, Wanted};
pub use listed::Listed;
pub use plan::{Files, Gone, Lives, files};
pub use retirement::{Retirement, is_ours, path};
