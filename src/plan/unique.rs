//! What no two branches may share: slugs, namespaces and hosts.
//!
//! A collision is refused and never mended: a number behind a name would make a branch's output depend on other branches.

use super::{Branch, Platform};
use crate::error::{Error, Kind};
use crate::source::Place;
use crate::spec::Spec;
use std::collections::BTreeMap;

/// The collisions, one for each pair of branches and the first thing that they share.
pub(super) fn check(spec: &Spec, branches: &[Branch]) -> Vec<Error> {
    // A pattern that all branches share says nothing; what then differs is where the branches stand.
    let shared =
        |at: Place| at == spec.namespace.at || spec.defaults.hosts.names.iter().flatten().any(|host| host.name.at == at);
    let place = |at: Place, branch: &Branch| if shared(at) { branch.at } else { at };
    let slugs = branches.iter().map(|branch| (branch.slug.as_str(), branch.at, branch));
    let namespaces = branches.iter().filter_map(|branch| match &branch.platform {
        Platform::Kubernetes { namespace } => Some((namespace.value.as_str(), place(namespace.at, branch), branch)),
        Platform::AppEngine { .. } => None,
    });
    let hosts = branches
        .iter()
        .flat_map(|branch| branch.hosts.iter().map(move |host| (host.name.as_str(), place(host.at, branch), branch)));
    let mut known = BTreeMap::new();
    collisions("slug", slugs, "give one of them another name in `slug:`", &mut known);
    collisions("namespace", namespaces, "`{{ branch.slug }}` in the pattern keeps namespaces apart", &mut known);
    collisions("host", hosts, "`{{ branch.slug }}` in the pattern keeps hosts apart", &mut known);
    known.into_values().collect()
}

type Pair<'a> = (&'a str, &'a str);

fn collisions<'a>(
    what: &str,
    names: impl Iterator<Item = (&'a str, Place, &'a Branch)>,
    help: &str,
    known: &mut BTreeMap<Pair<'a>, Error>,
) {
    let mut first: BTreeMap<&str, (Place, &Branch)> = BTreeMap::new();
    for (name, at, branch) in names {
        let Some((place, other)) = first.get(name) else {
            first.insert(name, (at, branch));
            continue;
        };
        let message = if other.name == branch.name {
            format!("the branch `{}` has the {what} `{name}` twice", branch.name)
        } else {
            format!("the branches `{}` and `{}` have the same {what} `{name}`", other.name, branch.name)
        };
        let note = format!("`{}` has it here", other.name);
        let error = Error::new(Kind::Name, message).at(at).note(*place, note).help(help);
        known.entry((&other.name, &branch.name)).or_insert(error);
    }
}
