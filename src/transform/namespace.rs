//! `namespace`.

use super::{Kustomization, Resources, Scope, Text};
use crate::error::Result;
use crate::schema::fieldspec::FieldSpec;

/// What the namespace transformer does.
pub(super) struct Namespace<'a> {
    /// The namespace.
    pub(super) namespace: &'a Text,
    /// Further fields that name it.
    pub(super) specs: &'a [FieldSpec],
    /// Whether objects that have a namespace keep it.
    pub(super) unset_only: bool,
    /// Which subjects of role bindings get it.
    pub(super) subjects: Subjects,
}

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Subjects {
    /// Those named `default`.
    #[default]
    DefaultOnly,
    /// All service accounts.
    AllServiceAccounts,
    /// None.
    None,
}

/// The step `namespace`.
pub(super) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    let Some(namespace) = &kustomization.namespace else { return Ok(()) };
    let specs = &scope.specs.namespace;
    apply(resources, &Namespace { namespace, specs, unset_only: false, subjects: Subjects::default() }, scope)
}

/// Moves all objects into a namespace.
pub(super) fn apply(_: &mut Resources, _namespace: &Namespace, _scope: &Scope) -> Result<()> {
    todo!()
}
