//! Collisions: branches with the same slug, namespace, host or database, and branches with a shared database as their own.
//!
//! A collision is an error. A number after a name would avoid it, but the output of a branch would then depend on other
//! branches.

use super::{Branch, BranchDatabase, BranchHost, Platform};
use crate::database::DatabaseMode;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Location;
use crate::spec::{Join, Spec};
use std::collections::BTreeMap;

/// The collisions. Each pair of branches is reported once, with the first name that they share.
pub(super) fn check(spec: &Spec, branches: &[Branch]) -> Vec<Diagnostic> {
    // The location of a pattern of all branches does not help: use the location of the branch instead.
    let shared = |at: Location| {
        at == spec.namespace.at || spec.defaults.hosts.names.iter().flatten().any(|host| host.name.at == at)
    };
    let location = |at: Location, branch: &Branch| if shared(at) { branch.at } else { at };
    let slugs = branches.iter().map(|branch| (branch.slug.as_str(), branch.at, branch, SLUG_HELP));
    let namespaces = branches.iter().filter_map(|branch| match &branch.platform {
        Platform::Kubernetes { namespace, adopted } => {
            let help = if *adopted { ADOPTED_HELP } else { NAMESPACE_HELP };
            Some((namespace.value.as_str(), location(namespace.at, branch), branch, help))
        }
        Platform::AppEngine { .. } => None,
    });
    let hosts = branches.iter().flat_map(|branch| {
        branch.hosts.iter().map(move |host| (host.name.as_str(), location(host.at, branch), branch, host_help(host)))
    });
    let mut known = BTreeMap::new();
    collisions("slug", slugs, &mut known);
    collisions("namespace", namespaces, &mut known);
    collisions("host", hosts, &mut known);
    let databases = branches.iter().filter_map(|branch| {
        let own = branch.database.as_ref().and_then(BranchDatabase::own)?;
        Some((own.as_str(), branch.at, branch, SLUG_HELP))
    });
    collisions("database", databases, &mut known);
    let shared = branches.iter().filter_map(|branch| shared_database(spec, branch));
    known.into_values().chain(shared).collect()
}

/// The error if the own database of a branch is a shared one, which would be deleted with the branch.
fn shared_database(spec: &Spec, branch: &Branch) -> Option<Diagnostic> {
    let database = branch.database.as_ref().filter(|database| database.mode == DatabaseMode::Database)?;
    let databases = spec.shared.node.as_ref()?.get("databases")?.as_map()?;
    let entry = databases.entry(&database.name)?;
    let message = format!("the database `{}` of branch `{}` is a shared database", database.name, branch.name);
    let note = "shared database here";
    Some(Diagnostic::new(Code::Name, message).at(branch.at).note(entry.key.at, note).help(SHARED_DATABASE_HELP))
}

const SLUG_HELP: &str = "set another `slug` for one of the branches";
const SHARED_DATABASE_HELP: &str = "set another `slug` for the branch, or rename the shared database";
const NAMESPACE_HELP: &str = "use `{{ branch.slug }}` in the pattern to make namespaces unique; \
     two versions in one namespace are `slots` of one branch";
const ADOPTED_HELP: &str = "one branch has a namespace that it adopts; two versions in it are `slots` of one branch";
const HOST_HELP: &str = "use `{{ branch.slug }}` in the pattern to make hosts unique";

/// How to make a host unique.
fn host_help(host: &BranchHost) -> &'static str {
    if host.alias.is_some() {
        return "rename the alias or the branch";
    }
    match (&host.service, host.join) {
        (None, _) => HOST_HELP,
        (Some(_), Join::Hyphen) => "set `hosts.join: \"-dot-\"` to make the hosts of services unique",
        (Some(_), Join::Dot | Join::Word) => "rename the service or one of the branches",
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
        let Some((other_at, other, other_help)) = first.get(name) else {
            first.insert(name, (at, branch, help));
            continue;
        };
        // If one host belongs to a service, or one namespace is adopted, its help applies.
        let help = if [HOST_HELP, NAMESPACE_HELP].contains(&help) { other_help } else { help };
        let message = if other.name == branch.name {
            format!("branch `{}` has the {what} `{name}` twice", branch.name)
        } else {
            format!("branches `{}` and `{}` have the same {what} `{name}`", other.name, branch.name)
        };
        let note = format!("the {what} of `{}`", other.name);
        let error = Diagnostic::new(Code::Name, message).at(at).note(*other_at, note).help(help);
        known.entry((&other.name, &branch.name)).or_insert(error);
    }
}
