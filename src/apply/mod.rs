//! Zone change files made true in the zones they are for: the only code with a network.
//!
//! A walk reads what stands, decides name by name ([`decide`]) and writes each name in one atomic step that is
//! conditioned on what was read ([`zone`]). Nothing is remembered outside of the zone.

pub mod address;
pub mod decide;
pub mod http;
pub mod open;
pub mod orphan;
pub mod patience;
pub mod promise;
pub mod report;
pub mod rfc2136;
pub mod run;
pub mod walk;
pub mod work;
pub mod zone;
