//! DNS: the hosts of branches as zone change files.
//!
//! [`wanted_names()`] finds the names that the spec wants, and [`zone_change::decide()`] makes zone change files of these and of
//! the previous output. `apply` changes the zones. Nothing here uses a network.

mod certificate;
pub mod endpoint;
pub mod export;
pub mod ownership;
mod present_name;
mod wanted_names;
pub mod zone_change;

pub use present_name::{ADDRESS_KINDS, AddressObject, PresentName};
pub use wanted_names::{WantedNames, wanted_names};
