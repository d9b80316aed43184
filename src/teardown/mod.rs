//! Teardown plans: one file per slug with what a removed branch leaves, or what an existing branch has replaced.
//!
//! A plan is the footprint that a branch had in the previous output, without everything that is in use: namespaces,
//! cluster-scoped objects, DNS names, databases, images. It exists until it is pruned. Nothing here deletes anything.

mod footprint;
mod footprint_entry;
mod image;
mod plan_file;
mod plans;
mod previous;
mod project_names;
mod refused;
pub(crate) mod report;
mod unlisted;
pub(crate) mod usage;

pub(crate) use footprint::{ClusterObject, Footprint};
pub(crate) use plan_file::TeardownPlan;
pub(crate) use plans::{TeardownFiles, plans};
pub(crate) use previous::{BranchObjects, PreviousFootprint, removed, replaced};
pub(crate) use project_names::ProjectNames;
pub(crate) use unlisted::warnings as unlisted;
