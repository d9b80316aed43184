//! DNS: the hosts of branches as zone change files.
//!
//! A zone change file says which names must be present and which must be absent; `apply` makes a zone so. Nothing here
//! knows a network.

pub mod change;
pub mod check;
pub mod marker;
pub mod record;

pub use crate::name;
