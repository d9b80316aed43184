//! Which replicas in `defaults` have an effect: decided once all branches are built.

use super::branch::BuiltBranch;
use super::{Inputs, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpecs;
use crate::spec::Placed;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// A warning for each workload in `defaults.replicas` that no branch has, if all branches are built.
pub(super) fn warnings(inputs: &Inputs, built: &[BuiltBranch]) -> Vec<Diagnostic> {
    let is_whole = matches!(inputs.selection, Selection::All) && built.len() == inputs.plan.branches.len();
    if !is_whole || built.iter().all(|built| built.branch.namespace().is_none()) {
        return Vec::new();
    }
    let specs = &FieldSpecs::builtin().replicas;
    let has_replicas = |object: &&Resource| specs.iter().any(|spec| spec.fits(&object.gvk()));
    let objects = built.iter().flat_map(|built| &built.objects).filter(has_replicas);
    let names: BTreeSet<&str> = objects.map(Resource::name).collect();
    let set = inputs.spec.defaults.replicas.iter().filter_map(|(name, count)| Some((name, count.as_ref()?)));
    let unused = set.filter(|(name, _)| !built.iter().any(|built| built.scaled.contains(*name)));
    let warning = |(name, count): (&SmolStr, &Placed<u32>)| {
        let message = format!("no workload with replicas of any branch is named `{name}`");
        Diagnostic::new(Code::Spec, message).at(count.at).suggest(name, names.iter().copied())
    };
    unused.map(warning).collect()
}
