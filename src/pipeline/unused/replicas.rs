//! Replicas in `defaults` of workloads that no branch has.

use super::UsedParts;
use crate::diagnostic::{Code, Diagnostic};
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpecs;
use crate::spec::Placed;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// A warning for each workload in `defaults.replicas` that no branch has.
pub(super) fn warnings(build: &UsedParts) -> Vec<Diagnostic> {
    let specs = &FieldSpecs::builtin().replicas;
    let has_replicas = |object: &&Resource| specs.iter().any(|spec| spec.fits(&object.gvk()));
    let objects = build.branches.iter().flat_map(|built| &built.objects).filter(has_replicas);
    let names: BTreeSet<&str> = objects.map(Resource::name).collect();
    let set = build.inputs.spec.defaults.replicas.iter().filter_map(|(name, count)| Some((name, count.as_ref()?)));
    let unused = set.filter(|(name, _)| !build.branches.iter().any(|built| built.scaled.contains(*name)));
    let warning = |(name, count): (&SmolStr, &Placed<u32>)| {
        let message = format!("no workload with replicas of any branch is named `{name}`");
        Diagnostic::new(Code::Spec, message).at(count.at).suggest(name, names.iter().copied())
    };
    unused.map(warning).collect()
}
