//! Errors that concern several parts of the spec: names that are used and not defined, and settings that exclude each other.

use super::section::Section;
use super::{BranchEntry, BranchSettings, GitOps, Placed, Service, SharedDatabase, Spec, spec_error};
use crate::annotation::JANITOR_ANNOTATION;
use crate::branch_name::{self, REMOTES};
use crate::database::DatabaseMode;
use crate::diagnostic::Diagnostic;
use crate::name::LONGEST_LABEL;
use crate::source::{Found, Location, Project, is_git_folder};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Adds the errors of a spec. `top` is its mapping.
pub(super) fn check(top: &Section, spec: &Spec, project: &Project, faults: &mut Vec<Diagnostic>) {
    let Spec { branches, defaults, baseline, .. } = spec;
    repeated_names(branches, faults);
    remote_tracking_branches(branches, faults);
    services(&spec.services, baseline.as_ref(), defaults, branches, faults);
    database(spec.database.as_ref(), baseline.as_ref(), branches, faults);
    spec.shared.check(branches.iter().map(|branch| &branch.settings).chain([defaults]), faults);
    records_without_zones(top, spec, faults);
    janitor(spec, faults);
    folders(top, spec, project, faults);
    shared_name(top, spec, faults);
}

/// The error for each record of a host if the spec has no zones, and for a domain that only records have.
fn records_without_zones(top: &Section, spec: &Spec, faults: &mut Vec<Diagnostic>) {
    if top.map("zones").is_some_and(|zones| !zones.is_empty()) {
        return;
    }
    let all = spec.branches.iter().map(|branch| &branch.settings).chain([&spec.defaults]);
    let hosts = all.flat_map(|settings| settings.hosts.names.iter().flatten());
    let records = hosts.filter_map(|host| host.content.as_ref()).flat_map(|content| &content.keys);
    let engines = spec.branches.iter().filter_map(|branch| branch.app_engine.as_ref()?.domain.as_ref());
    let records = records.map(|(key, at)| (*key, *at));
    for (key, at) in records.chain(engines.map(|domain| ("domain", domain.at))) {
        let error = spec_error(format!("`{key}` has no effect, because the spec has no `zones`")).at(at);
        faults.push(error.help("declare the zone of the host in `zones`, or remove it"));
    }
}

/// The error for each branch that sets the annotation for kube-janitor, which `janitor: true` sets too.
fn janitor(spec: &Spec, faults: &mut Vec<Diagnostic>) {
    let Some(janitor) = spec.janitor else { return };
    let mut known = BTreeSet::new();
    for branch in spec.branches.iter().filter(|branch| spec.janitor_date(branch).is_some()) {
        let own = branch.settings.annotations.get(JANITOR_ANNOTATION);
        let set = own.or_else(|| spec.defaults.annotations.get(JANITOR_ANNOTATION)).and_then(Option::as_ref);
        let Some(at) = set.map(|value| value.at).filter(|at| known.insert(*at)) else { continue };
        let message = format!("`janitor: true` sets the annotation `{JANITOR_ANNOTATION}` of this branch too");
        let error = spec_error(message).at(at).note(janitor, "it is set here").in_branch(&branch.name);
        faults.push(error.help("remove one of the two: the date is that of `expires`"));
    }
}

/// The error if the project's name is too long for the name that is derived from it.
fn shared_name(top: &Section, spec: &Spec, faults: &mut Vec<Diagnostic>) {
    let name = GitOps::shared_name(&spec.project);
    let Some(at) = spec.gitops.objects().filter(|_| spec.shared.has_objects() && name.len() > LONGEST_LABEL) else {
        return;
    };
    let message = format!("`{name}` has {} characters, but at most {LONGEST_LABEL} are allowed", name.len());
    let error = spec_error(message).at(top.place("project")).note(at, "this tool uses the name as a label value");
    faults.push(error.help("use a shorter `project`"));
}

fn repeated_names(branches: &[BranchEntry], faults: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, Location> = BTreeMap::new();
    for branch in branches.iter().filter(|branch| !branch.name.is_empty()) {
        if let Some(place) = first.get(branch.name.as_str()) {
            faults.push(
                spec_error(format!("duplicate branch `{}`", branch.name))
                    .at(branch.at)
                    .note(*place, "first defined here"),
            );
        } else {
            first.insert(&branch.name, branch.at);
        }
    }
}

/// Errors about `origin/x` beside `x`: both are the same branch.
fn remote_tracking_branches(branches: &[BranchEntry], faults: &mut Vec<Diagnostic>) {
    let by_name: BTreeMap<&str, &BranchEntry> = branches.iter().rev().map(|branch| (&*branch.name, branch)).collect();
    for branch in branches {
        let local = branch_name::tracked(&branch.name, &REMOTES);
        let Some(local) = local.and_then(|name| by_name.get(name)) else { continue };
        let message = format!("`{}` is the remote-tracking branch of `{}`", branch.name, local.name);
        let error = spec_error(message).at(branch.at).note(local.at, "the branch is defined here");
        faults.push(error.help("remove one of the two: both are the same branch"));
    }
}

/// Errors of the services of the spec, of the baseline branch and of the branches.
fn services(
    services: &[Service],
    baseline: Option<&Placed<SmolStr>>,
    defaults: &BranchSettings,
    branches: &[BranchEntry],
    faults: &mut Vec<Diagnostic>,
) {
    let base = baseline.and_then(|name| branches.iter().find(|branch| branch.name == name.value));
    if let Some(name) = baseline {
        faults.extend(self::baseline(name, base, services, branches));
    }
    let known: BTreeSet<&str> = services.iter().map(|service| &*service.name).collect();
    for branch in branches {
        let Some(listed) = &branch.services else { continue };
        for name in listed.iter().filter(|name| !known.contains(&*name.value)) {
            let error = spec_error(format!("unknown service `{}`", name.value)).at(name.at);
            let error =
                error.suggest_known(&name.value, "services", services.iter().map(|service| service.name.as_str()));
            faults.push(if services.is_empty() { error.help("define it in `services` of the spec") } else { error });
        }
        let own: BTreeSet<&str> = listed.iter().map(|name| &*name.value).collect();
        let absent = services.iter().find(|service| !own.contains(&*service.name));
        if let Some(service) = absent.filter(|_| baseline.is_none()) {
            let message = format!(
                "the branch `{}` does not run `{}`, and there is no baseline branch",
                branch.name, service.name
            );
            faults.push(spec_error(message).at(branch.at).help("set `baseline:` to the branch that runs all services"));
        }
    }
    let of_services = services.iter().rev().filter_map(|service| Some((&service.overlay.as_ref()?.value, service)));
    let of_services: BTreeMap<_, _> = of_services.collect();
    let lists = branches.iter().map(|branch| &branch.settings).chain([defaults]);
    for overlay in lists.flat_map(|settings| settings.overlays.iter().flatten()) {
        faults.extend(of_services.get(&overlay.value).map(|service| {
            let message = format!("the overlay `{}` belongs to the service `{}`", overlay.value.name(), service.name);
            let error = spec_error(message).at(overlay.at).note(service.at, "the service is defined here");
            error.help("remove it: a branch gets the overlays of its services automatically")
        }));
    }
}

/// The error if a branch cannot be the baseline branch.
fn baseline(
    name: &Placed<SmolStr>,
    branch: Option<&BranchEntry>,
    services: &[Service],
    branches: &[BranchEntry],
) -> Option<Diagnostic> {
    let Some(branch) = branch else {
        let error = spec_error(format!("unknown baseline branch `{}`", name.value)).at(name.at);
        let error = error.suggest_known(&name.value, "branches", branches.iter().map(|branch| branch.name.as_str()));
        return Some(error.help("if the branch was removed, set `baseline` to another branch"));
    };
    if let Some(engine) = &branch.app_engine {
        let error = spec_error(format!("the baseline branch `{}` runs on App Engine", name.value)).at(name.at);
        return Some(
            error
                .note(engine.at, "App Engine is configured here")
                .help("use a branch that runs on Kubernetes: others use the Services of its namespace"),
        );
    }
    let absent = services.iter().find(|service| !branch.runs(&service.name))?;
    let error = spec_error(format!("the baseline branch `{}` does not run `{}`", name.value, absent.name)).at(name.at);
    Some(
        error
            .note(branch.at, "the branch is defined here")
            .help("remove `services` from the baseline branch, so that it runs all services"),
    )
}

/// Errors of `database:` of the spec and of the branches.
fn database(
    database: Option<&SharedDatabase>,
    baseline: Option<&Placed<SmolStr>>,
    branches: &[BranchEntry],
    faults: &mut Vec<Diagnostic>,
) {
    let Some(database) = database else {
        for mode in branches.iter().filter_map(|branch| branch.database.as_ref()) {
            let error =
                spec_error("`database` has no effect, because the spec has no `database`".to_owned()).at(mode.at);
            faults.push(error.help("add `database: {name: shop}` to the spec with the name of the shared database"));
        }
        return;
    };
    let is_shared =
        |branch: &&BranchEntry| branch.app_engine.is_none() && branch.database_mode(database) == DatabaseMode::Shared;
    if let (Some(job), None, Some(branch)) = (&database.job, baseline, branches.iter().find(is_shared)) {
        let message = format!("no branch runs the Job `{}` for the shared database", job.value);
        let error =
            spec_error(message).at(job.at).note(branch.at, format!("`{}` uses the shared database", branch.name));
        faults.push(error.help("set `baseline:` to the branch that runs it"));
    }
}

/// Errors about `base` and `output`: the base directory exists, and the output folder does not overlap an input.
fn folders(top: &Section, spec: &Spec, project: &Project, faults: &mut Vec<Diagnostic>) {
    let is_needed = spec.branches.iter().any(|branch| branch.app_engine.is_none());
    let (base, output) = (&spec.base, &spec.output);
    let place = top.place("base").or(top.at);
    match project.look(base) {
        Found::Unreadable(why) if is_needed => {
            faults.push(spec_error(format!("folder `{base}` cannot be read: {why}")).at(place));
        }
        Found::File(_) | Found::Nothing if is_needed => faults.push(
            spec_error(format!("folder `{base}` does not exist"))
                .at(place)
                .help("create the folder with the manifests that all branches start from, or set `base`"),
        ),
        _ => {}
    }
    let mut refuse = |why: String| {
        let error = spec_error(why).at(top.place("output").or(top.at));
        faults.push(error.help("use a separate folder for the output, such as `out`"));
    };
    if output.names().any(is_git_folder) {
        refuse(format!("the output folder `{output}` is in a folder that belongs to Git"));
    }
    match output.inside() {
        Some(inside) => spec.overlapped_input(inside).into_iter().for_each(|input| {
            refuse(format!("the output folder `{output}` and the input `{input}` overlap"));
        }),
        None if output.contains_root() => refuse(format!("the output folder `{output}` contains the workspace")),
        None => {}
    }
}
