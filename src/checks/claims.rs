//! Objects outside of namespaces: two branches that write the same one would overwrite each other's.

use super::CheckedObject;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::resource::Resource;
use crate::schema::scope::Scopes;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// An object that one branch alone may write: API group, kind and name, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    id: [SmolStr; 3],
    at: Location,
}

/// The objects of a branch outside of namespaces.
pub(crate) fn claims(resources: &[Resource], scopes: &Scopes) -> Vec<Claim> {
    let objects = resources.iter().map(CheckedObject::new).filter(|object| scopes.is_cluster_scoped(&object.gvk));
    let claim = |object: CheckedObject| Claim {
        id: [object.gvk.group.clone(), object.gvk.kind.clone(), object.resource.name().into()],
        at: object.resource.origin,
    };
    objects.map(claim).collect()
}

/// Refuses objects that several branches, given by name, claim.
pub(crate) fn contested<'a>(branches: impl IntoIterator<Item = (&'a str, &'a [Claim])>) -> Result<()> {
    let mut by_id: BTreeMap<&[SmolStr; 3], Vec<(&str, Location)>> = BTreeMap::new();
    for (branch, claims) in branches {
        for claim in claims {
            by_id.entry(&claim.id).or_default().push((branch, claim.at));
        }
    }
    let contested = by_id.into_iter().filter(|(_, claims)| claims.len() > 1);
    let fault = |([_, kind, name], claims): (&[SmolStr; 3], Vec<(&str, Location)>)| {
        let message = format!("{} branches write the same `{kind} {name}`", claims.len());
        let error = Diagnostic::new(Code::Resource, message).at(claims[0].1).help(format!(
            "a `{kind}` is outside of namespaces: add `{{{{ branch.slug }}}}` to its name, or remove it from the branches"
        ));
        claims.iter().fold(error, |error, (branch, _)| error.in_branch(branch))
    };
    Diagnostics::check(contested.map(fault).collect(), ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, Dialect};

    fn of(text: &str) -> Vec<Claim> {
        let nodes = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
        claims(&nodes.into_iter().map(Resource::new).collect::<Vec<_>>(), &Scopes::default())
    }

    #[test]
    fn one_object_one_branch() {
        let role = |name: &str| {
            of(&format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\n"))
        };
        let config = of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
        let (one, two) = (role("x"), role("y"));
        assert!(contested([("a", &one[..]), ("b", &two), ("c", &config), ("d", &config)]).is_ok());
        let errors = contested([("a", &one[..]), ("b", &two), ("c", &one)]).unwrap_err();
        let all: Vec<&Diagnostic> = errors.iter().collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].to_string(), "2 branches write the same `ClusterRole x`");
        assert_eq!(all[0].parts().branches, ["a", "c"]);
    }
}
