//! `pleach dns apply` and `pleach dns check` against DNS servers and provider APIs, real and simulated.

mod beside;
pub(super) mod faults;
mod histories;
pub(super) mod http;
mod lifecycle;
pub(super) mod memory;
mod partial;
mod policies;
mod processes;
mod real;
mod repositories;
pub(super) mod scenarios;
pub(super) mod server;
mod spec_histories;
mod table;
