//! Zone changes: what a build writes, how they are exported, and how Git merges them.

pub(super) mod build;
#[cfg(feature = "apply")]
mod documented;
#[cfg(feature = "apply")]
mod export;
mod git;
mod hosts;
