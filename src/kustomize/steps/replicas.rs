//! `replicas`.

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::{Make, Trail};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::replica::replica;
use crate::kustomize::model::{Kustomization, Replica};
use crate::kustomize::parsed::{self, Written};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpec;
use crate::work::WorkCounter;
use foldhash::fast::FixedState;
use smol_str::SmolStr;
use std::collections::{BTreeSet, HashMap};

/// The step `replicas`.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    let specs = &context.specs.replicas;
    let mut workloads = Workloads::new(resources, specs, context.input.work);
    gather(&kustomization.replicas, |replica| {
        workloads.scale(resources, replica).map_err(cause::entry(replica.at, "replicas"))
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
    let (mut scaled, mut errors) = (BTreeSet::new(), Vec::new());
    if replicas.is_empty() {
        return (scaled, errors);
    }
    let mut workloads = Workloads::new(resources, &context.specs.replicas, context.input.work);
    for BranchReplica { replica, is_required } in replicas {
        match workloads.set(resources, replica) {
            Ok(true) => drop(scaled.insert(replica.name.text.clone())),
            Ok(false) if !is_required => {}
            Ok(false) => errors.push(workloads.not_found(resources, replica)),
            Err(found) => errors.extend(cause::entry(replica.at, "replicas")(found)),
        }
    }
    (scaled, errors)
}

/// The objects whose replicas are set.
struct Workloads<'w> {
    /// The fields with the number of replicas.
    specs: &'w [FieldSpec],
    /// The positions of all objects by the names that they have or had.
    by_name: HashMap<SmolStr, BTreeSet<usize>, FixedState>,
    work: &'w WorkCounter,
}

impl<'w> Workloads<'w> {
    fn new(resources: &Resources, specs: &'w [FieldSpec], work: &'w WorkCounter) -> Self {
        let mut by_name: HashMap<SmolStr, BTreeSet<usize>, FixedState> = HashMap::default();
        for (i, resource) in resources.iter().enumerate() {
            for name in std::iter::once(resource.name()).chain(resource.previous.iter().map(|id| id.name.as_str())) {
                by_name.entry(name.into()).or_default().insert(i);
            }
        }
        Workloads { specs, by_name, work }
    }

    /// Sets the number of replicas of one workload.
    fn scale(&mut self, resources: &mut Resources, replica: &Replica) -> Result<()> {
        if self.set(resources, replica)? { Ok(()) } else { Err(self.not_found(resources, replica).into()) }
    }

    /// Sets the number of replicas of one workload, by any name it ever had. Returns whether a workload has the name.
    fn set(&mut self, resources: &mut Resources, replica: &Replica) -> Result<bool> {
        let Some(named) = self.by_name.get(&replica.name.text).cloned() else { return Ok(false) };
        let mut found = false;
        self.work.searched(named.len().saturating_mul(self.specs.len()), 0).map_err(|error| error.at(replica.at))?;
        for spec in self.specs {
            let meant: Vec<usize> =
                named.iter().copied().filter(|&i| is_meant(&resources.as_slice()[i], replica, spec)).collect();
            for i in meant {
                found = true;
                let resource = &mut resources.as_mut()[i];
                if spec.fits(&resource.gvk()) {
                    let value = &mut |old: &Node, _: &Trail| {
                        field::scalar(old, &spec.path)?;
                        Ok(Some(field::rewritten(old, &replica.count.to_string(), replica.at)))
                    };
                    field::change(&mut resource.node, spec, Make::Plain, self.work, value)
                        .map_err(|error| resource.within(error.limit_at(replica.at)))?;
                    // The field can be the name.
                    self.by_name.entry(resource.name().into()).or_default().insert(i);
                }
            }
        }
        parsed::follow(resources, Written::Number);
        Ok(found)
    }

    fn not_found(&self, resources: &Resources, replica: &Replica) -> Diagnostic {
        if let Err(limit) = self.work.compared(resources.as_slice().len()) {
            return limit.at(replica.at);
        }
        let kinds: BTreeSet<&str> = self.specs.iter().map(|spec| spec.kind.as_str()).collect();
        let names = resources.iter().filter(|resource| {
            let kind = resource.node.get("kind").and_then(Node::as_text).unwrap_or_default();
            kinds.contains("") || kinds.contains(kind)
        });
        let mut kinds: Vec<&str> = self.specs.iter().take(SHOWN).map(|spec| spec.kind.as_str()).collect();
        kinds.dedup();
        let more = if self.specs.len() > SHOWN { ", …" } else { "" };
        let message = format!("no workload with replicas is named `{}`", replica.name);
        let error = Diagnostic::new(Code::Overlay, message).at(replica.name.at.or(replica.at));
        let error = self.work.suggest(error, &replica.name, names.map(Resource::name));
        error.help(format!("kinds with replicas: {}{more}", kinds.join(", ")))
    }
}

/// The number of field specs whose kinds are shown.
const SHOWN: usize = 10;

/// Whether an object has or had the name, and is or was of a kind that has the field.
fn is_meant(resource: &Resource, replica: &Replica, spec: &FieldSpec) -> bool {
    let name = &replica.name.text;
    resource.name() == name && spec.fits(&resource.gvk())
        || resource.previous.iter().any(|id| id.name == *name && spec.fits(&id.gvk))
}

/// The plugin `ReplicaCountTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let (replica, specs) =
        plugin::read(plugin, |fields| (plugin::entry(fields, "replica", replica), plugin::specs(fields)))?;
    Workloads::new(resources, &specs, context.input.work).scale(resources, &replica.unwrap_or_default())
}
