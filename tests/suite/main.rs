//! All tests but the case folders, in one binary. The folders mirror `src/`.
//!
//! The library has one public function, so that this binary contains the modules of `src/` instead: a test reaches them as
//! `crate::…`, and `pleach` itself by [`tests::kit`]. Their unit tests run here too.

#![expect(
    clippy::disallowed_methods,
    clippy::format_collect,
    reason = "a test may read its environment, and need not be fast"
)]
#![allow(unreachable_pub, reason = "the library is public as far as its binary needs it")]

#[path = "../../src/annotation.rs"]
pub mod annotation;
#[cfg(feature = "apply")]
#[path = "../../src/apply/mod.rs"]
pub mod apply;
#[path = "../../src/argument.rs"]
pub mod argument;
#[path = "../../src/checks/mod.rs"]
pub mod checks;
#[path = "../../src/cli/mod.rs"]
pub mod cli;
#[path = "../../src/database.rs"]
pub mod database;
#[path = "../../src/diagnostic/mod.rs"]
pub mod diagnostic;
#[path = "../../src/diff/mod.rs"]
pub mod diff;
#[path = "../../src/disk/mod.rs"]
pub mod disk;
#[path = "../../src/dns/mod.rs"]
pub mod dns;
#[path = "../../src/edit/mod.rs"]
pub mod edit;
#[path = "../../src/emit/mod.rs"]
pub mod emit;
#[path = "../../src/git/mod.rs"]
pub mod git;
#[path = "../../src/gitops/mod.rs"]
pub mod gitops;
#[path = "../../src/glob.rs"]
pub mod glob;
#[path = "../../src/guard.rs"]
pub mod guard;
#[path = "../../src/hex.rs"]
pub mod hex;
#[path = "../../src/image.rs"]
pub mod image;
#[path = "../../src/kustomize/mod.rs"]
pub mod kustomize;
#[path = "../../src/name.rs"]
pub mod name;
#[path = "../../src/node/mod.rs"]
pub mod node;
#[path = "../../src/objects/mod.rs"]
pub mod objects;
#[path = "../../src/output/mod.rs"]
pub mod output;
#[path = "../../src/pipeline/mod.rs"]
pub mod pipeline;
#[path = "../../src/plan/mod.rs"]
pub mod plan;
#[path = "../../src/pointer.rs"]
pub mod pointer;
#[path = "../../src/record/mod.rs"]
pub mod record;
#[path = "../../src/resource/mod.rs"]
pub mod resource;
#[path = "../../src/scaffold/mod.rs"]
pub mod scaffold;
#[path = "../../src/schema/mod.rs"]
pub mod schema;
#[path = "../../src/slug.rs"]
pub mod slug;
#[path = "../../src/source/mod.rs"]
pub mod source;
#[path = "../../src/spec/mod.rs"]
pub mod spec;
#[path = "../../src/tag.rs"]
pub mod tag;
#[path = "../../src/teardown/mod.rs"]
pub mod teardown;
#[path = "../../src/template/mod.rs"]
pub mod template;
#[path = "../../src/yaml/mod.rs"]
pub mod yaml;

#[cfg(test)]
#[path = "."]
mod tests {
    #[cfg(feature = "apply")]
    mod apply;
    mod cli;
    mod disk;
    mod dns;
    mod docs;
    mod gitops;
    mod kit;
    mod kustomize;
    mod memory_build;
    mod nginx;
    mod plan;
    mod sample;
    #[cfg(unix)]
    mod scaffold;
    mod structure;
    mod teardown;

    /// What the binary calls; all code of the library is reached from here.
    #[test]
    fn library_runs_a_command_line() {
        let _ = || crate::cli::run(std::env::args_os());
    }
}
