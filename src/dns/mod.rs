//! DNS: the hosts of branches as zone change files.
//!
//! [`wanted_names()`] finds the names that the spec wants, and [`zone_change::decide()`] makes zone change files of these and of
//! the previous output. `apply` changes the zones. Nothing here uses a network.

mod certificate;
pub(crate) mod endpoint;
pub(crate) mod export;
pub(crate) mod ownership;
mod present_name;
mod wanted_names;
pub(crate) mod zone_change;

pub(crate) use present_name::{ADDRESS_KINDS, AddressObject, PresentName};
pub(crate) use wanted_names::{WantedNames, wanted_names};
