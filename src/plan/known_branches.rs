//! Which branches a spec has or had. A stranger's change may add files of other branches to the output.

use super::BuildPlan;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::EarlierSpecs;
use std::collections::BTreeSet;

/// The branch that an entry belongs to, as an output or a plan says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryOwner<'a> {
    /// The slug, which is part of the path of the file.
    pub(crate) slug: &'a str,
    /// The name of the branch; empty if the file does not say it.
    pub(crate) branch: &'a str,
}

impl EntryOwner<'_> {
    /// The diagnostic about a branch that no spec had.
    pub(crate) fn unknown(self, code: Code) -> Diagnostic {
        let EntryOwner { slug, branch } = self;
        let branch = if branch.is_empty() { "a branch".to_owned() } else { format!("the branch `{branch}`") };
        Diagnostic::new(code, format!("no spec had {branch} with the slug `{slug}`"))
    }
}

/// The branches of the spec and of earlier specs.
#[derive(Debug)]
pub(crate) struct KnownBranches<'a> {
    /// The slugs of the existing ones.
    existing: BTreeSet<&'a str>,
    /// The earlier specs.
    pub(crate) earlier: EarlierSpecs<'a>,
    /// Whether others may have contributed to the previous output, and all earlier specs are known. Otherwise, what only an earlier spec
    /// would show counts as known.
    pub(crate) is_published: bool,
}

impl<'a> KnownBranches<'a> {
    /// Those of a plan and of earlier specs.
    pub(crate) fn of(plan: &'a BuildPlan, earlier: EarlierSpecs<'a>, is_published: bool) -> Self {
        KnownBranches { existing: plan.slugs(), earlier, is_published }
    }

    /// Whether an earlier spec had the branch.
    pub(crate) fn had(&self, EntryOwner { slug, branch }: EntryOwner) -> bool {
        self.earlier.have_branch(slug, branch)
    }

    /// The error if the output of a branch is in the base revision and no spec had the branch.
    pub(crate) fn check(&self, owner: EntryOwner, code: Code) -> Result<(), Diagnostic> {
        if self.existing.contains(owner.slug) || !self.is_published || self.had(owner) {
            return Ok(());
        }
        Err(owner
            .unknown(code)
            .help("if the project had it, add it to the spec, and remove it again in a later change"))
    }
}
