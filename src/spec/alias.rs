//! Stable names for branches: an alias replaces the slug in the hosts that all branches have.

use super::section::{Section, text};
use super::{BranchEntry, HostsEntry, Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::schema::name::is_label;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A stable name that points to a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    /// The name of the branch.
    pub(crate) branch: Placed<SmolStr>,
    /// Where the alias is written.
    pub(crate) at: Location,
}

/// Reads the aliases. Each points to one of `branches`, by a host of `hosts` that contains the slug.
pub(super) fn aliases(
    top: &Section,
    branches: &[BranchEntry],
    hosts: &HostsEntry,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<SmolStr, Alias> {
    let branches: BTreeMap<&str, &BranchEntry> = branches.iter().map(|b| (b.name.as_str(), b)).collect();
    let mut aliases = BTreeMap::new();
    for entry in top.map("aliases").into_iter().flatten() {
        let (name, at) = (&entry.key.text, entry.key.at);
        let Some(branch) = text(&entry.value) else { continue };
        let alias = Alias { branch: Placed { value: branch, at: entry.value.at }, at };
        match check(name, &alias, &branches, hosts) {
            Ok(()) => drop(aliases.insert(name.clone(), alias)),
            Err(error) => faults.push(error),
        }
    }
    aliases
}

fn check(
    name: &str,
    alias: &Alias,
    branches: &BTreeMap<&str, &BranchEntry>,
    hosts: &HostsEntry,
) -> Result<(), Diagnostic> {
    if !is_label(name) {
        let error = spec_error(format!("`{name}` is not a valid alias")).at(alias.at);
        return Err(error.help(
            "an alias is a DNS label: at most 63 of a-z, 0-9 and `-`, and it begins and ends with a letter or digit",
        ));
    }
    if !hosts.names.iter().flatten().any(|host| host.name.has_slug()) {
        let error = spec_error(format!("no host of `defaults` contains the slug, so the alias `{name}` has no host"))
            .at(alias.at);
        return Err(error.help("add a host with `{{ branch.slug }}` to `defaults.hosts`; the alias replaces the slug"));
    }
    let to = &alias.branch;
    let Some(branch) = branches.get(to.value.as_str()) else {
        let error = spec_error(format!("the alias `{name}` points to the unknown branch `{}`", to.value));
        let error = error.at(to.at).suggest_known(&to.value, "branches", branches.keys().copied());
        return Err(error.help("if the branch was removed, remove the alias too, or point it to another branch"));
    };
    if branch.settings.hosts.names.as_ref().is_some_and(Vec::is_empty) {
        let error = spec_error(format!("the alias `{name}` points to `{}`, which has no hosts", branch.name)).at(to.at);
        return Err(error.note(branch.at, "the branch is defined here").help("remove `hosts: []` from the branch"));
    }
    Ok(())
}
