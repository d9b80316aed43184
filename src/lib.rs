#![doc = include_str!("../ARCHITECTURE.md")]

// 0
pub mod hex;
pub mod source;
// 1
pub mod annotation;
pub mod argument;
pub mod glob;
pub mod node;
pub mod pointer;
// 2
pub mod diagnostic;
// 3
pub mod guard;
pub mod name;
pub mod yaml;
// 4
pub mod database;
pub mod image;
pub mod output;
pub mod record;
pub mod schema;
pub mod slug;
pub mod tag;
// 5
pub mod resource;
pub mod spec;
// 6
pub mod edit;
pub mod plan;
// 7
pub mod checks;
pub mod diff;
pub mod dns;
pub mod emit;
pub mod gitops;
pub mod kustomize;
pub mod objects;
pub mod teardown;
pub mod template;
// 8
pub mod pipeline;
// 9
#[cfg(feature = "apply")]
pub mod apply;
pub mod disk;
pub mod git;
pub mod scaffold;
// 10
pub mod cli;
