//! The objects of a kustomization with the field specs and the `vars` that apply to them.

use super::Resources;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::field::configuration::Configuration;
use crate::kustomize::model::{Text, Var};
use crate::resource::Id;
use crate::schema::Gvk;
use crate::source::Location;
use crate::work::WorkCounter;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What a kustomization has gathered so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accumulated {
    /// The objects.
    pub(crate) resources: Resources,
    /// The field specs.
    pub(crate) configuration: Configuration,
    /// The `vars` so far.
    pub(crate) vars: Vec<Var>,
    /// Their names, and where they are defined.
    var_names: BTreeMap<SmolStr, Location>,
}

impl Accumulated {
    /// Adds what another kustomization has gathered.
    pub(crate) fn merge(&mut self, other: Accumulated, work: &WorkCounter) -> Result<()> {
        if self.resources.as_slice().is_empty() {
            // What is added one by one is compared; what was renamed in there may have met already.
            other.resources.refuse_same_ids()?;
            self.resources = other.resources;
        } else {
            other.resources.into_vec().into_iter().try_for_each(|resource| self.resources.append(resource))?;
        }
        self.configuration.merge(&other.configuration, work)?;
        other.vars.into_iter().try_for_each(|var| self.add_var(var))
    }

    fn add_var(&mut self, var: Var) -> Result<()> {
        if let Some(first) = self.var_names.insert(var.name.text.clone(), var.at) {
            let message = format!("the var `{}` is defined twice in this build", var.name);
            return Err(Diagnostic::new(Code::Overlay, message).at(var.at).note(first, "first defined here").into());
        }
        self.vars.push(var);
        Ok(())
    }

    /// Adds the `vars` of a kustomization and marks the objects that they select, while these still have
    /// by the names that the kustomization uses.
    pub(crate) fn record(&mut self, vars: &[Var], work: &WorkCounter) -> Result<()> {
        for var in vars {
            self.resources.count_search(work).map_err(|error| error.at(var.at))?;
            let object = identity(var);
            let holders = self.resources.by_any_id(&object.name, |id| has_value(&object, id));
            if let [first, second, ..] = holders[..] {
                let message = format!("the var `{}` matches {} objects", var.name, holders.len());
                return Err(Diagnostic::new(Code::Overlay, message)
                    .at(var.at)
                    .note(self.resources.as_slice()[first].origin, "one")
                    .note(self.resources.as_slice()[second].origin, "another")
                    .into());
            }
            if let [holder] = holders[..] {
                self.resources.with_same_ids(holder).vars.push(var.name.text.clone());
            }
            self.add_var(var.clone())?;
        }
        Ok(())
    }
}

/// The object that a var names.
fn identity(var: &Var) -> Id {
    let text = |part: &Option<Text>| part.as_ref().map_or_else(SmolStr::default, |part| part.text.clone());
    let object = &var.object;
    let gvk = Gvk { group: text(&object.group), version: text(&object.version), kind: text(&object.kind) };
    Id { gvk, name: text(&object.name), namespace: text(&object.namespace) }
}

/// Whether an id is that of the object that a var names.
fn has_value(named: &Id, id: &Id) -> bool {
    if named.gvk.is_cluster_scoped() && !named.namespace.is_empty() {
        // kustomize compares the namespace as written with a constant for cluster-scoped objects.
        return false;
    }
    let anywhere = named.namespace.is_empty() && !named.gvk.is_cluster_scoped();
    if anywhere { named.gvk == id.gvk && named.name == id.name } else { named.same(id) }
}
