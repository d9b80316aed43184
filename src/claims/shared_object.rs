//! Objects outside of namespaces that branches share: pleach writes each once.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::{Node, Value};
use crate::resource::Resource;
use crate::schema::Gvk;
use crate::schema::scope::{GroupKind, Scopes};
use crate::source::Location;
use crate::spec::SharedClaim;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Moves the objects that `shared.claims` lists out of the objects of a branch.
pub(crate) fn take_shared(resources: &mut Vec<Resource>, scopes: &Scopes, allowed: &[SharedClaim]) -> Vec<Resource> {
    let is_shared = |resource: &mut Resource| {
        let gvk = resource.gvk();
        scopes.is_cluster_scoped(&gvk)
            && allowed.iter().any(|allowed| allowed.claim.names(&GroupKind::of(&gvk), resource.name()))
    };
    resources.extract_if(.., is_shared).collect()
}

/// The objects that branches, given by name, share, in the order of their identities. Refuses one that two branches write
/// differently.
pub(crate) fn shared_objects<'a>(
    branches: impl IntoIterator<Item = (&'a str, &'a [Resource])>,
) -> Result<Vec<&'a Resource>> {
    let mut objects: BTreeMap<(SmolStr, SmolStr, SmolStr), (&str, &Resource)> = BTreeMap::new();
    let mut errors: BTreeMap<(SmolStr, SmolStr, SmolStr), Diagnostic> = BTreeMap::new();
    for (branch, resource) in branches.into_iter().flat_map(|(name, all)| all.iter().map(move |object| (name, object)))
    {
        let Gvk { group, kind, .. } = resource.gvk();
        let id = (group, kind, SmolStr::from(resource.name()));
        let (first_branch, first) = *objects.entry(id.clone()).or_insert((branch, resource));
        if let Some(difference) = difference(&first.node, &resource.node) {
            errors.entry(id).or_insert_with(|| differing((first_branch, first), (branch, resource), &difference));
        }
    }
    Diagnostics::check(errors.into_values().collect(), objects.into_values().map(|(_, object)| object).collect())
}

/// Where two objects differ.
struct ObjectDifference {
    path: String,
    one: Location,
    other: Location,
}

/// The first difference of two values.
fn difference(one: &Node, other: &Node) -> Option<ObjectDifference> {
    if one == other {
        return None;
    }
    let differ = |a: Option<&Node>, b: Option<&Node>| {
        let at = |node: Option<&Node>, parent: &Node| node.map_or(parent.at, |node| node.at);
        Some(ObjectDifference { path: String::new(), one: at(a, one), other: at(b, other) })
    };
    match (&one.value, &other.value) {
        (Value::Map(a), Value::Map(b)) => a.iter().chain(b.iter()).find_map(|entry| {
            let key = &entry.key.text;
            let found = match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => difference(a, b),
                (a, b) => differ(a, b),
            };
            found.map(|found| found.below(&format!(".{key}")))
        }),
        (Value::Seq(a), Value::Seq(b)) if a.len() == b.len() => {
            let mut items = a.iter().zip(b.iter()).enumerate();
            items.find_map(|(i, (a, b))| Some(difference(a, b)?.below(&format!("[{i}]"))))
        }
        // Styles, such as quotes, make no difference.
        (Value::Scalar(a), Value::Scalar(b)) if a.text == b.text && a.tag == b.tag => None,
        _ => differ(Some(one), Some(other)),
    }
}

impl ObjectDifference {
    /// The difference of the values that have this one at a step down.
    fn below(self, step: &str) -> Self {
        ObjectDifference { path: format!("{step}{}", self.path), ..self }
    }
}

fn differing(
    (branch, resource): (&str, &Resource),
    (other_branch, other): (&str, &Resource),
    difference: &ObjectDifference,
) -> Diagnostic {
    let (kind, name) = (resource.gvk().kind, resource.name());
    let message = format!(
        "branches write different objects `{kind} {name}`, which they share: `{}` differs",
        difference.path.trim_start_matches('.')
    );
    Diagnostic::new(Code::Resource, message)
        .at(difference.one.or(resource.origin))
        .note(difference.other.or(other.origin), format!("the value of `{other_branch}`"))
        .in_branch(branch)
        .in_branch(other_branch)
        .help("write it equally in all branches; or remove it from `shared.claims` and add `{{ branch.slug }}` to its name")
}
