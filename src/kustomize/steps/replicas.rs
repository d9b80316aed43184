//! `replicas`.

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::{Make, Trail};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::replica::replica;
use crate::kustomize::model::{Kustomization, Replica};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpec;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The step `replicas`.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    gather(&kustomization.replicas, |replica| {
        apply(resources, replica, &context.specs.replicas).map_err(cause::entry(replica.at, "replicas"))
    })?;
    Ok(())
}

/// The replicas of a workload that the spec sets for a branch.
#[derive(Clone, Debug)]
pub(crate) struct BranchReplica {
    /// The workload and the number.
    pub(crate) replica: Replica,
    /// Whether the branch must have the workload.
    pub(crate) is_required: bool,
}

/// Sets the replicas of a branch. Returns the names that a workload has, and the errors.
pub(crate) fn of_branch(
    resources: &mut Resources,
    replicas: &[BranchReplica],
    context: &StepContext,
) -> (BTreeSet<SmolStr>, Vec<Diagnostic>) {
    let (specs, mut scaled, mut errors) = (&context.specs.replicas, BTreeSet::new(), Vec::new());
    for BranchReplica { replica, is_required } in replicas {
        match set(resources, replica, specs) {
            Ok(true) => drop(scaled.insert(replica.name.text.clone())),
            Ok(false) if !is_required => {}
            Ok(false) => errors.push(not_found(resources, replica, specs)),
            Err(found) => errors.extend(cause::entry(replica.at, "replicas")(found)),
        }
    }
    (scaled, errors)
}

/// Sets the number of replicas of one workload.
pub(crate) fn apply(resources: &mut Resources, replica: &Replica, specs: &[FieldSpec]) -> Result<()> {
    if set(resources, replica, specs)? { Ok(()) } else { Err(not_found(resources, replica, specs).into()) }
}

/// Sets the number of replicas of one workload, by any name it ever had, in the fields that `specs` name. Returns whether a
/// workload has the name.
fn set(resources: &mut Resources, replica: &Replica, specs: &[FieldSpec]) -> Result<bool> {
    let mut found = false;
    for spec in specs {
        let named: Vec<usize> =
            (0..resources.as_slice().len()).filter(|&i| is_meant(&resources.as_slice()[i], replica, spec)).collect();
        for i in named {
            found = true;
            let resource = &mut resources.as_mut()[i];
            if spec.fits(&resource.gvk()) {
                let value = &mut |old: &Node, _: &Trail| {
                    field::scalar(old, &spec.path)?;
                    Ok(Some(field::rewritten(old, &replica.count.to_string(), replica.at)))
                };
                field::change(&mut resource.node, spec, Make::Plain, value).map_err(|error| resource.within(error))?;
            }
        }
    }
    Ok(found)
}

/// Whether an object has or had the name, and is or was of a kind that has the field.
fn is_meant(resource: &Resource, replica: &Replica, spec: &FieldSpec) -> bool {
    let name = &replica.name.text;
    resource.name() == name && spec.fits(&resource.gvk())
        || resource.previous.iter().any(|id| id.name == *name && spec.fits(&id.gvk))
}

fn not_found(resources: &Resources, replica: &Replica, specs: &[FieldSpec]) -> Diagnostic {
    let fits = |resource: &&Resource| specs.iter().any(|spec| spec.fits(&resource.gvk()));
    let names = resources.iter().filter(fits).map(Resource::name);
    let mut kinds: Vec<&str> = specs.iter().map(|spec| spec.kind.as_str()).collect();
    kinds.dedup();
    Diagnostic::new(Code::Overlay, format!("no workload with replicas is named `{}`", replica.name))
        .at(replica.name.at.or(replica.at))
        .suggest(&replica.name, names)
        .help(format!("kinds with replicas: {}", kinds.join(", ")))
}

/// The plugin `ReplicaCountTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, _: &StepContext) -> Result<()> {
    let (replica, specs) =
        plugin::read(plugin, |fields| (plugin::entry(fields, "replica", replica), plugin::specs(fields)))?;
    apply(resources, &replica.unwrap_or_default(), &specs)
}
