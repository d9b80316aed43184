//! `replicas`.

use super::{Kustomization, Replica, Resources, Scope};
use crate::error::Result;
use crate::schema::fieldspec::FieldSpec;

/// The step `replicas`.
pub(super) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    kustomization.replicas.iter().try_for_each(|replica| apply(resources, replica, &scope.specs.replicas, scope))
}

/// Sets the number of replicas of one workload in the fields that `specs` name.
pub(super) fn apply(_: &mut Resources, _replica: &Replica, _specs: &[FieldSpec], _scope: &Scope) -> Result<()> {
    todo!()
}
