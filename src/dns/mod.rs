//! DNS: the hosts of branches as zone change files.
//!
//! A zone change file says which names must be present and which must be absent; `apply` makes a zone so. [`host`] says
//! what the spec wants, [`file`](mod@file) makes files of that and of what was recorded. Nothing here knows a network.

mod certificate;
pub mod change;
pub mod check;
pub mod endpoint;
pub mod export;
pub mod file;
pub mod host;
pub mod marker;

pub use crate::{name, record};
