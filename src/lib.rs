#![doc = include_str!("../ARCHITECTURE.md")]

// 0
pub mod node;
pub mod pointer;
pub mod source;
pub mod tree;
// 1
pub mod error;
// 2
pub mod yaml;
// 3
pub mod name;
pub mod schema;
pub mod slug;
// 4
pub mod resource;
pub mod spec;
// 5
pub mod plan;
// 6
pub mod diff;
pub mod dns;
pub mod emit;
pub mod render;
pub mod secrets;
pub mod transform;
pub mod validate;
// 7
pub mod pipeline;
// 8
#[cfg(feature = "apply")]
pub mod apply;
pub mod disk;
pub mod git;
pub mod scaffold;
// 9
pub mod cli;
