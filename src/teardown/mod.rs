//! Teardown plans: one file per slug with what a removed branch leaves, or what an existing branch has replaced.
//!
//! A plan is the footprint that a branch had in the previous output, without everything that is in use: namespaces,
//! cluster-scoped objects, DNS names, databases, images. It exists until it is pruned. Nothing here deletes anything.

mod footprint;
mod image;
mod plan_file;
mod plans;
mod previous;
pub mod report;
pub mod usage;

pub use footprint::{ClusterObject, Footprint};
pub use plan_file::TeardownPlan;
pub use plans::{TeardownFiles, plans};
pub use previous::{BranchObjects, PreviousFootprint, PreviousFootprints, removed, replaced};
