//! All end-to-end tests in one binary; `kit` is what they share.

#![expect(
    clippy::disallowed_methods,
    clippy::format_collect,
    reason = "a test may ask where it runs, and need not be fast"
)]

mod branch;
mod check;
#[cfg(unix)]
mod ci_examples;
#[cfg(unix)]
mod ci_files;
mod cli;
mod databases;
mod disk;
mod dns_build;
#[cfg(feature = "apply")]
mod dns_cli;
#[cfg(feature = "apply")]
mod dns_documented;
#[cfg(feature = "apply")]
mod dns_export;
mod dns_git;
#[cfg(feature = "apply")]
mod dns_histories;
#[cfg(feature = "apply")]
mod dns_http;
#[cfg(feature = "apply")]
mod dns_http_cli;
#[cfg(feature = "apply")]
mod dns_http_clouds;
#[cfg(feature = "apply")]
mod dns_http_rules;
#[cfg(feature = "apply")]
mod dns_http_stories;
#[cfg(feature = "apply")]
mod dns_life;
#[cfg(feature = "apply")]
mod dns_memory;
#[cfg(feature = "apply")]
mod dns_processes;
#[cfg(feature = "apply")]
mod dns_real;
#[cfg(feature = "apply")]
mod dns_server;
#[cfg(feature = "apply")]
mod dns_spec_histories;
#[cfg(feature = "apply")]
mod dns_stories;
#[cfg(feature = "apply")]
mod dns_trouble;
mod gitops;
mod kit;
mod kustomize_laws;
mod nginx;
mod readme;
mod retire;
mod retire_build;
mod retire_git;
mod retire_live;
mod retire_model;
mod sample;
mod structure;
