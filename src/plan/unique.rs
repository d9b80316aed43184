//! What no two branches may share: slugs, namespaces, hosts and databases of their own. Nor may one of these be what the
//! spec says is everybody's.
//!
//! A collision is refused and never mended: a number behind a name would make a branch's output depend on other branches.

use super::{Branch, BranchDatabase, Host, Platform};
use crate::database::DatabaseMode;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Location;
use crate::spec::{Join, Spec};
use std::collections::BTreeMap;

/// The collisions, one for each pair of branches and the first thing that they share.
pub(super) fn check(spec: &Spec, branches: &[Branch]) -> Vec<Diagnostic> {
    // A pattern that all branches share says nothing; what then differs is where the branches stand.
    let shared = |at: Location| {
        at == spec.namespace.at || spec.defaults.hosts.names.iter().flatten().any(|host| host.name.at == at)
    };
    let place = |at: Location, branch: &Branch| if shared(at) { branch.at } else { at };
    let slugs = branches.iter().map(|branch| (branch.slug.as_str(), branch.at, branch, SLUG));
    let namespaces = branches.iter().filter_map(|branch| match &branch.platform {
        Platform::Kubernetes { namespace } => {
            Some((namespace.value.as_str(), place(namespace.at, branch), branch, NAMESPACE))
        }
        Platform::AppEngine { .. } => None,
    });
    let hosts = branches.iter().flat_map(|branch| {
        branch.hosts.iter().map(move |host| (host.name.as_str(), place(host.at, branch), branch, apart(host)))
    });
    let mut known = BTreeMap::new();
    collisions("slug", slugs, &mut known);
    collisions("namespace", namespaces, &mut known);
    collisions("host", hosts, &mut known);
    let databases = branches.iter().filter_map(|branch| {
        let own = branch.database.as_ref().and_then(BranchDatabase::own)?;
        Some((own.as_str(), branch.at, branch, SLUG))
    });
    collisions("database", databases, &mut known);
    let common = branches.iter().filter_map(|branch| common(spec, branch));
    known.into_values().chain(common).collect()
}

/// A complaint about a database of a branch that the spec says is everybody's, and that would go with the branch.
fn common(spec: &Spec, branch: &Branch) -> Option<Diagnostic> {
    let database = branch.database.as_ref().filter(|database| database.mode == DatabaseMode::Database)?;
    let databases = spec.shared.node.as_ref()?.get("databases")?.as_map()?;
    let entry = databases.entry(&database.name)?;
    let message = format!("the database `{}` of the branch `{}` is a shared one", database.name, branch.name);
    let note = "`shared.databases` names it here";
    Some(Diagnostic::new(Code::Name, message).at(branch.at).note(entry.key.at, note).help(SLUG_OR_SHARED))
}

/// What keeps things apart: slugs, namespaces, and hosts that are names.
const SLUG: &str = "give one of them another name in `slug:`";
const SLUG_OR_SHARED: &str = "give the branch another name in `slug:`, or the shared database another one";
const NAMESPACE: &str = "`{{ branch.slug }}` in the pattern keeps namespaces apart";
const HOST: &str = "`{{ branch.slug }}` in the pattern keeps hosts apart";

/// What keeps a host apart from others.
fn apart(host: &Host) -> &'static str {
    if host.alias.is_some() {
        return "give the alias or the branch another name";
    }
    match (&host.service, host.join) {
        (None, _) => HOST,
        (Some(_), Join::Hyphen) => "`join: \"-dot-\"` under `hosts:` keeps the hosts of services apart from others",
        (Some(_), Join::Dot | Join::Word) => "give the service or one of the branches another name",
    }
}

type BranchPair<'a> = (&'a str, &'a str);

fn collisions<'a>(
    what: &str,
    names: impl Iterator<Item = (&'a str, Location, &'a Branch, &'static str)>,
    known: &mut BTreeMap<BranchPair<'a>, Diagnostic>,
) {
    let mut first: BTreeMap<&str, (Location, &Branch, &str)> = BTreeMap::new();
    for (name, at, branch, help) in names {
        let Some((place, other, others_help)) = first.get(name) else {
            first.insert(name, (at, branch, help));
            continue;
        };
        // Of the two it is the host of a service that can move.
        let help = if help == HOST { others_help } else { help };
        let message = if other.name == branch.name {
            format!("the branch `{}` has the {what} `{name}` twice", branch.name)
        } else {
            format!("the branches `{}` and `{}` have the same {what} `{name}`", other.name, branch.name)
        };
        let note = format!("`{}` has it here", other.name);
        let error = Diagnostic::new(Code::Name, message).at(at).note(*place, note).help(help);
        known.entry((&other.name, &branch.name)).or_insert(error);
    }
}
