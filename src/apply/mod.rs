//! Writes zone change files to their DNS zones. This is the only module that uses a network.
//!
//! For each zone, [`reconcile`] reads the current records, decides name by name what to do ([`decide`]), and writes each
//! name in one atomic step that fails if the name has changed since it was read ([`zone`]). All state is in the zone.

pub(crate) mod action;
pub(crate) mod address;
pub(crate) mod change;
pub(crate) mod context;
pub(crate) mod decide;
pub(crate) mod desired;
pub(crate) mod entry;
pub(crate) mod fence;
pub(crate) mod guarantee;
pub(crate) mod http;
pub(crate) mod open;
pub(crate) mod orphan;
pub(crate) mod outcome;
mod pending;
pub(crate) mod permission;
pub(crate) mod reconcile;
pub(crate) mod report;
pub(crate) mod retry;
pub(crate) mod rfc2136;
pub(crate) mod run;
pub(crate) mod summary;
pub(crate) mod zone;
