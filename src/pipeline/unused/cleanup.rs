//! Entries of `cleanup` that match nothing, whatever the branches leave.

use super::UsedParts;
use crate::database::Database;
use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::output::OutputKind;
use crate::schema::scope::Scope;
use crate::spec::{OwnObjects, Placed};
use crate::teardown::TeardownPlan;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Entries of `cleanup.objects` with a namespace for a kind outside of namespaces, or without one for another kind.
pub(super) fn objects(build: &UsedParts) -> Vec<Diagnostic> {
    let is_unknown = |own: &&Placed<OwnObjects>| {
        let scopes = build.scopes.of_kinds(|kind| own.value.object().has_kind(kind));
        !scopes.is_empty() && !scopes.contains(&own.value.scope())
    };
    let warning = |own: &Placed<OwnObjects>| {
        let object = own.value.object();
        let kind = object.kind();
        let (place, help) = match own.value.scope() {
            Scope::Cluster => ("in namespaces", format!("name the namespace: `{kind}/NAMESPACE/NAME`")),
            Scope::Namespaced => ("outside of namespaces", format!("leave the namespace out: `{object}`")),
        };
        let message = format!("this entry has no effect: objects of the kind `{kind}` are {place}");
        Diagnostic::new(Code::Spec, message).at(own.at).help(help)
    };
    build.inputs.spec.cleanup.objects.iter().filter(is_unknown).map(warning).collect()
}

/// Entries of `cleanup.databases` with an instance that neither `database` nor an object nor a teardown plan names.
pub(super) fn databases(build: &UsedParts) -> Vec<Diagnostic> {
    let spec = build.inputs.spec;
    if spec.cleanup.databases.is_empty() {
        return Vec::new();
    }
    let nodes = build.branches.iter().flat_map(|built| built.objects.iter().map(|object| &object.node));
    let plans = build.tree.iter().filter(|(path, _)| path.kind() == OutputKind::TeardownPlan);
    let plans = plans.filter_map(|(_, text)| TeardownPlan::parse(text).ok());
    let databases = nodes.flat_map(Database::of_object).chain(plans.flat_map(|plan| plan.footprint.databases));
    let shared = spec.database.iter().map(|shared| shared.name.clone());
    let instances: BTreeSet<SmolStr> = databases.map(|database| database.instance).chain(shared).collect();
    let is_unknown = |own: &&Placed<Database>| !instances.iter().any(|name| glob::matches(&own.value.instance, name));
    let warning = |own: &Placed<Database>| {
        let instance = &own.value.instance;
        let message = format!(
            "this entry has no effect: no branch and no teardown plan has a database in the instance `{instance}`"
        );
        let known = instances.iter().map(SmolStr::as_str);
        Diagnostic::new(Code::Spec, message).at(own.at).suggest_known(instance, "instances", known)
    };
    spec.cleanup.databases.iter().filter(is_unknown).map(warning).collect()
}
