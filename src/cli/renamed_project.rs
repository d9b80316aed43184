//! A renamed project. Its namespaces, DNS names and databases would all get other names, and DNS names another owner, so a build is
//! refused while the base revision has an output of the old name.

use super::base::{Base, BaseFinder, BaseOrigin, BaseRevision};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::spec;

/// An error if the project had another name at the base revision, which still has records of it.
pub(super) fn check(finder: &BaseFinder, base: &Base) -> Result<()> {
    let commit = match (&base.revision, &base.origin) {
        (BaseRevision::Folder(..), BaseOrigin::Named) => None,
        (revision, _) => revision.spec_commit(&finder.workspace.root)?,
    };
    let (Some(history), Some(commit)) = (finder.history(), commit) else { return Ok(()) };
    let old = history.at(&commit)?.and_then(|at| at.project());
    let new = &finder.spec.project;
    let Some(old) = old.filter(|old| old != new) else { return Ok(()) };
    if !base.revision.has_records_of_others(new)? {
        return Ok(());
    }
    let message =
        format!("the project `{new}` is `{old}` at the base revision, whose output still has records of `{old}`");
    let error = Diagnostic::new(Code::Spec, message).at(spec::project_location(&finder.workspace.project));
    Err(error
        .help(format!(
            "go back to `project: {old}`, remove all branches, carry out and prune the teardown plans, and merge this; then rename the \
             project and add its branches (see \"Rename a project\" in the guide about teardown)"
        ))
        .help("if nothing was ever published, name an empty folder with `--base DIR`")
        .into())
}
