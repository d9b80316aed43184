#![doc = include_str!("../ARCHITECTURE.md")]
// Without the feature, the code that only `pleach dns` uses stays, so that its types need no conditions.
#![cfg_attr(not(feature = "apply"), allow(dead_code, unused_imports))]

// 0
mod hex;
mod limits;
mod source;
mod visible;
// 1
mod annotation;
mod argument;
mod branch_name;
mod glob;
mod node;
mod pointer;
// 2
mod diagnostic;
// 3
mod deletion_limits;
mod name;
mod report;
mod work;
mod yaml;
// 4
mod database;
mod image;
mod output;
mod record;
mod schema;
mod slug;
mod tag;
// 5
mod reserved;
mod resource;
mod spec;
// 6
mod edit;
mod plan;
// 7
mod checks;
mod claims;
mod diff;
mod dns;
mod emit;
mod gitops;
mod kustomize;
mod objects;
mod teardown;
mod template;
// 8
mod pipeline;
// 9
#[cfg(feature = "apply")]
mod apply;
mod disk;
mod git;
mod scaffold;
// 10
pub mod cli;

/// The targets of `tests/fuzz/run`, which compiles the library with `--cfg fuzzing`.
#[cfg(fuzzing)]
#[path = "../tests/fuzz/targets/mod.rs"]
pub mod fuzz;
