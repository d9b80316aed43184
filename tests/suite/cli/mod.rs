//! The commands, run as a user runs them.

mod branch;
mod branch_effect;
mod branch_files;
mod check;
mod commands;
#[cfg(feature = "apply")]
mod dns;
#[cfg(feature = "apply")]
mod dns_http;
mod expiry;
mod guards;
mod pull_requests;
