//! Teardown plans: what a build writes, what commands report, how Git merges plans, and what real servers do with the script.

mod adopted;
mod base_revision;
mod build;
mod carried_out;
mod commands;
mod conflict;
mod corrected;
mod earlier_specs;
mod forged_plans;
mod git;
mod in_use;
mod model;
mod moved;
mod postgresql;
mod project;
mod pull;
mod registry;
mod registry_server;
mod revert;
mod script;
