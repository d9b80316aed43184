//! The objects that hosts get their addresses from and that a branch does not have itself.

use super::{CheckInput, Finding};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Location;

/// An object that has the address of a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressSource<'a> {
    /// Its kind.
    pub(crate) kind: &'a str,
    /// Its namespace.
    pub(crate) namespace: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Where the spec names it.
    pub(crate) at: Location,
}

/// A warning for each such object in the namespace of the branch. A controller may create it, so this is not an error.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let names = |kind: &str| {
        let kind = kind.to_owned();
        input.objects.iter().filter(move |object| object.gvk.kind == kind).map(|object| object.resource.name())
    };
    let missing = input.address_sources.iter().filter(|source| source.namespace == input.namespace);
    let missing = missing.filter(|source| !names(source.kind).any(|name| name == source.name));
    let warning = |source: &AddressSource| {
        let message = format!("the branch makes no {} `{}` to have an address from", source.kind, source.name);
        let warning = Diagnostic::new(Code::Dns, message).at(source.at).suggest(source.name, names(source.kind));
        Finding::warning(warning.help("its hosts stay pending until the cluster has one"))
    };
    missing.map(warning).collect()
}
