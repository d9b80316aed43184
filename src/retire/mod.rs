//! What a branch that is no more leaves to be torn down: plans in `out/retired`, one for each slug.
//!
//! A plan is what the last output of the branch had, less what live branches have: namespaces, objects outside of
//! namespaces, names in DNS, databases, images. It is computed from that output alone, the tree that a build starts from,
//! and stays until it is pruned. Nothing here deletes anything.

mod base;
mod database;
mod image;
pub mod json;
pub mod kubectl;
mod left;
mod plan;
mod retirement;
pub mod script;
pub mod text;

pub use base::{Record, Records, records};
pub use database::{ANNOTATION as DATABASE_ANNOTATION, Database};
pub use left::{Left, Object, Wanted};
pub use plan::{Files, Gone, Lives, files};
pub use retirement::{Retirement, is_ours, path};
