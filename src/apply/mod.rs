//! Writes zone change files to their DNS zones. This is the only module that uses a network.
//!
//! For each zone, [`reconcile`] reads the current records, decides name by name what to do ([`decide`]), and writes each
//! name in one atomic step that fails if the name has changed since it was read ([`zone`]). All state is in the zone.

pub mod address;
pub mod context;
pub mod decide;
pub mod desired;
pub mod fence;
pub mod guarantee;
pub mod http;
pub mod open;
pub mod orphan;
pub mod reconcile;
pub mod report;
pub mod retry;
pub mod rfc2136;
pub mod run;
pub mod zone;
