//! All tests but the case folders, in one binary. The folders mirror `src/`.
//!
//! The library has one public function, so that this binary contains the modules of `src/` instead: a test reaches them as
//! `crate::…`, and `pleach` itself by [`tests::kit`]. Their unit tests run here too.

#![expect(
    clippy::disallowed_methods,
    clippy::format_collect,
    reason = "a test may read its environment, and need not be fast"
)]
#![cfg_attr(not(feature = "apply"), allow(unused_imports))]
#![allow(dead_code, unreachable_pub, reason = "tests use a part of each module; the library is checked for dead code")]

#[path = "../../src/annotation.rs"]
mod annotation;
#[cfg(feature = "apply")]
#[path = "../../src/apply/mod.rs"]
mod apply;
#[path = "../../src/argument.rs"]
mod argument;
#[path = "../../src/branch_name.rs"]
mod branch_name;
#[path = "../../src/checks/mod.rs"]
mod checks;
#[path = "../../src/claims/mod.rs"]
mod claims;
#[path = "../../src/cli/mod.rs"]
mod cli;
#[path = "../../src/database.rs"]
mod database;
#[path = "../../src/deletion_limits.rs"]
mod deletion_limits;
#[path = "../../src/diagnostic/mod.rs"]
mod diagnostic;
#[path = "../../src/diff/mod.rs"]
mod diff;
#[path = "../../src/disk/mod.rs"]
mod disk;
#[path = "../../src/dns/mod.rs"]
mod dns;
#[path = "../../src/edit/mod.rs"]
mod edit;
#[path = "../../src/emit/mod.rs"]
mod emit;
#[path = "../../src/git/mod.rs"]
mod git;
#[path = "../../src/gitops/mod.rs"]
mod gitops;
#[path = "../../src/glob.rs"]
mod glob;
#[path = "../../src/hex.rs"]
mod hex;
#[path = "../../src/image.rs"]
mod image;
#[path = "../../src/kustomize/mod.rs"]
mod kustomize;
#[path = "../../src/limits.rs"]
mod limits;
#[path = "../../src/name.rs"]
mod name;
#[path = "../../src/node/mod.rs"]
mod node;
#[path = "../../src/objects/mod.rs"]
mod objects;
#[path = "../../src/output/mod.rs"]
mod output;
#[path = "../../src/pipeline/mod.rs"]
mod pipeline;
#[path = "../../src/plan/mod.rs"]
mod plan;
#[path = "../../src/pointer.rs"]
mod pointer;
#[path = "../../src/record/mod.rs"]
mod record;
#[path = "../../src/report/mod.rs"]
mod report;
#[path = "../../src/reserved.rs"]
mod reserved;
#[path = "../../src/resource/mod.rs"]
mod resource;
#[path = "../../src/scaffold/mod.rs"]
mod scaffold;
#[path = "../../src/schema/mod.rs"]
mod schema;
#[path = "../../src/slug.rs"]
mod slug;
#[path = "../../src/source/mod.rs"]
mod source;
#[path = "../../src/spec/mod.rs"]
mod spec;
#[path = "../../src/tag.rs"]
mod tag;
#[path = "../../src/teardown/mod.rs"]
mod teardown;
#[path = "../../src/template/mod.rs"]
mod template;
#[path = "../../src/visible.rs"]
mod visible;
#[path = "../../src/work.rs"]
mod work;
#[path = "../../src/yaml/mod.rs"]
mod yaml;

#[cfg(test)]
#[path = "."]
mod tests {
    #[cfg(feature = "apply")]
    mod apply;
    mod claims;
    mod cli;
    mod disk;
    mod dns;
    mod docs;
    mod git;
    mod gitops;
    mod kit;
    mod kustomize;
    mod limits;
    mod memory_build;
    mod nginx;
    mod plan;
    #[cfg(target_os = "linux")]
    mod purity;
    mod sample;
    #[cfg(unix)]
    mod scaffold;
    mod spec_keys;
    mod structure;
    mod teardown;

    /// What the binary calls; all code of the library is reached from here.
    #[test]
    fn library_runs_a_command_line() {
        let _ = || crate::cli::run(std::env::args_os());
    }
}
