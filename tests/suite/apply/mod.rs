//! `pleach dns apply` and `pleach dns check` against DNS servers and provider APIs, real and simulated.

mod histories;
pub(super) mod http;
mod life;
pub(super) mod memory;
mod processes;
mod real;
pub(super) mod server;
mod spec_histories;
pub(super) mod stories;
pub(super) mod trouble;
