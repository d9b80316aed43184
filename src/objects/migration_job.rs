//! The Job that migrates and seeds the database of a branch.
//!
//! The manifests of the base directory contain it, and the spec names it. A branch whose database belongs to the baseline does not get
//! it. [`super::job_name`] then gives it a name that changes with its pod template.

use super::ContributorInput;
use crate::database::DatabaseMode;
use crate::diagnostic::{Code, Diagnostic};
use crate::resource::Resource;
use crate::source::Location;

/// Removes the Job if the branch does not migrate its database. Otherwise the branch must have it.
pub(super) fn contribute(
    input: &ContributorInput,
    resources: &mut Vec<Resource>,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let ContributorInput { spec, branch, .. } = *input;
    let job = spec.database.as_ref().and_then(|database| database.job.as_ref());
    let (Some(job), Some(database)) = (job, &branch.database) else { return Ok(Vec::new()) };
    if !database.is_migrated {
        resources.retain(|resource| !is_migration_job(input, resource));
        return Ok(Vec::new());
    }
    if resources.iter().any(|resource| is_migration_job(input, resource)) {
        return Ok(Vec::new());
    }
    if branch.runs_all {
        let jobs = resources.iter().filter(|resource| is_job(resource)).map(Resource::name);
        let message = format!("the branch has no Job `{}` to migrate its database", job.value);
        return Err(Diagnostic::new(Code::Resource, message).at(job.at).suggest(&job.value, jobs));
    }
    // A branch that uses services of the baseline may not run the one with the Job, and then needs no database.
    Ok(branch.database_at.map(|at| unmigrated(&job.value, database.mode, at)).into_iter().collect())
}

/// Whether this is the Job that `database.job` of the spec names.
pub(super) fn is_migration_job(input: &ContributorInput, resource: &Resource) -> bool {
    let job = input.spec.database.as_ref().and_then(|database| database.job.as_ref());
    input.branch.database.is_some() && job.is_some_and(|job| is_job(resource) && resource.name() == job.value)
}

pub(super) fn is_job(resource: &Resource) -> bool {
    let gvk = resource.gvk();
    gvk.group == "batch" && gvk.kind == "Job"
}

/// A warning about a database that no Job creates.
fn unmigrated(job: &str, mode: DatabaseMode, at: Location) -> Diagnostic {
    let message = format!("the branch has a {} of its own, and no Job `{job}` to migrate it", mode.word());
    Diagnostic::new(Code::Resource, message)
        .at(at)
        .help("run the service that has the Job, which is not among the branch's `services`, or share the baseline's")
}
