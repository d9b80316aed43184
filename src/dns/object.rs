//! The objects that hosts have their addresses from, beside those that a branch makes.

use super::change::Object;
use crate::diagnostic::{Code, Diagnostic};
use crate::resource::Resource;
use crate::source::Location;
use std::collections::BTreeMap;

/// A warning for each object that is to be in the namespace of a branch and is not among its resources. A controller may
/// make it all the same, so this is no error.
pub fn missing(asked: &BTreeMap<Object, Location>, namespace: &str, resources: &[Resource]) -> Vec<Diagnostic> {
    let of_kind = |kind: &str| {
        let kind = kind.to_owned();
        resources.iter().filter(move |resource| resource.gvk().kind == kind).map(Resource::name)
    };
    let missing = asked.iter().filter(|(object, _)| object.namespace == namespace);
    let missing = missing.filter(|(object, _)| !of_kind(&object.kind).any(|name| name == object.name));
    let warning = |(object, at): (&Object, &Location)| {
        let message = format!("the branch makes no {} `{}` to have an address from", object.kind, object.name);
        let warning = Diagnostic::new(Code::Dns, message).at(*at).suggest(&object.name, of_kind(&object.kind));
        warning.help("its hosts stay pending until the cluster has one")
    };
    missing.map(warning).collect()
}
