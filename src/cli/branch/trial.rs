//! What an edit of a branch changes in its output: the branch is built with the spec before and after the edit, and nothing is
//! written.

use crate::diagnostic::{Code, Diagnostics, Result};
use crate::output::Tree;
use crate::pipeline::{self, Inputs, Progress, Selection};
use crate::source::Project;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What an edit changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The output of the branch.
    Output,
    /// Nothing in the output.
    None,
    /// The branch cannot be built, before or after.
    Unknown,
}

/// Compares the output of the branch `name` in two projects. Errors that only `after` has are returned.
pub(super) fn compare(before: &Project, after: &Project, name: &SmolStr) -> Result<Effect> {
    let alone = || Selection::Alone(name.clone());
    match (build(before, &alone()), build(after, &alone())) {
        (Ok(before), Ok(after)) => Ok(if before == after { Effect::None } else { Effect::Output }),
        (Err(_), Ok(_)) => Ok(Effect::Unknown),
        (Ok(_), Err(errors)) => Err(errors),
        (Err(known), Err(errors)) => new_errors(errors, &known).map(|()| Effect::Unknown),
    }
}

/// Builds branches that `before` does not have or has with other settings. Errors that it does not have already are returned.
pub(super) fn add(before: &Project, after: &Project, names: &[SmolStr]) -> Result<()> {
    let selection = match names {
        [] => return Ok(()),
        [name] => Selection::Alone(name.clone()),
        // No branch name has a character with a meaning in patterns.
        names => Selection::Only(names.iter().map(SmolStr::to_string).collect()),
    };
    let Err(errors) = build(after, &selection) else { return Ok(()) };
    match build(before, &Selection::All) {
        Ok(_) => Err(errors),
        Err(known) => new_errors(errors, &known),
    }
}

/// The output of the selected branches, as if there were no output yet.
fn build(project: &Project, selection: &Selection) -> Result<Tree> {
    let (spec, plan) = super::read(project)?;
    let (previous, progress) = (Tree::default(), Progress::default());
    let inputs = Inputs { project, spec: &spec, plan: &plan, previous: &previous, selection, progress: &progress };
    let build = pipeline::build(&inputs)?;
    match build.errors() {
        Some(errors) => Err(errors),
        None => Ok(build.tree),
    }
}

/// The errors that are not in `known`. Their lines may have moved.
fn new_errors(errors: Diagnostics, known: &Diagnostics) -> Result<()> {
    let known: BTreeSet<(Code, &str)> =
        known.iter().map(|error| (error.parts().code, error.parts().message.as_str())).collect();
    let is_new =
        |error: &crate::diagnostic::Diagnostic| !known.contains(&(error.parts().code, error.parts().message.as_str()));
    Diagnostics::check(errors.into_iter().filter(is_new).collect(), ())
}
