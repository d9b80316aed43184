//! Zone change files made true in the zones they are for: the only code with a network.
//!
//! A walk reads what stands, decides name by name ([`decide`]) and writes each name in one atomic step that is
//! conditioned on what was read ([`zone`]). Nothing is remembered outside of the zone.

pub mod decide;
pub mod patience;
pub mod rfc2136;
pub mod walk;
pub mod zone;
